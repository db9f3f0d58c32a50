package verify_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify"
)

var update = flag.Bool("update", false, "write the table in docs/verification.md")

// TestProviderTable: the table of all providers in the documentation is that of
// the files.
func TestProviderTable(t *testing.T) {
	const file, mark = "../docs/verification.md", "<!-- table -->\n"
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, have, ok := strings.Cut(string(text), mark)
	if !ok {
		t.Fatalf("%s has no line %s", file, mark)
	}
	want := providerTable(t, ps)
	if *update {
		if err := os.WriteFile(file, []byte(head+mark+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have != want {
		t.Errorf("the table in %s is not that of the files: run make generate", file)
	}
}

func providerTable(t *testing.T, ps []*rules.Provider) string {
	slices.SortFunc(ps, func(a, b *rules.Provider) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	var b strings.Builder
	b.WriteString("\n| provider | credentials | class | call |\n| --- | --- | --- | --- |\n")
	for _, p := range ps {
		verifiers, err := verify.Compile([]*rules.Provider{p}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Verify {
			v := &p.Verify[i]
			ids := rulesOf(p, v)
			if len(ids) == 0 {
				t.Errorf("%s: verify %d is for no rule: an earlier one has them all", p.File, i+1)
				continue
			}
			class, call := string(v.Class), callOf(v, verifiers[ids[0]].Hosts())
			if v.None != "" {
				class = "–"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(p.Name), "`"+strings.Join(ids, "` `")+"`", class, call)
		}
	}
	return b.String()
}

func callOf(v *rules.Verify, hosts []string) string {
	var out []string
	switch {
	case v.None != "":
		return "unverifiable: " + cell(v.None)
	case v.Go != "":
		out = append(out, "in Go: `"+v.Go+"`")
	}
	for _, s := range v.All() {
		call := "`" + strings.Replace(s.Request, "https://", "", 1) + "`"
		if s.Extended {
			call += " (extended)"
		}
		out = append(out, call)
	}
	if whole := v.Go != "" || strings.Contains(v.Request, " https://${"); whole && len(hosts) > 0 {
		for i, h := range hosts {
			if strings.HasPrefix(h, ".") {
				hosts[i] = "*" + h
			}
		}
		const shown = 4
		at := "at `" + strings.Join(hosts[:min(len(hosts), shown)], "` `") + "`"
		if n := len(hosts) - shown; n > 0 {
			at += fmt.Sprintf(" and %d more", n)
		}
		out = append(out, at)
	} else if whole {
		out = append(out, "at a host that you allow")
	}
	if v.SelfHosted {
		out = append(out, "or your own server")
	}
	text := strings.Join(out, ", ")
	if v.Docs != "" {
		return cell(text) + " ([documentation](" + v.Docs + "))"
	}
	return cell(text) + " (not documented)"
}

// cell makes a text fit into a table of Markdown.
func cell(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "\n", " ") }
