package risk

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/identity.md")

// TestDocumentation: the tables in docs/identity.md are those of the code.
func TestDocumentation(t *testing.T) {
	const name = "../../docs/identity.md"
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for mark, table := range map[string]string{"points": pointsTable(), "controls": controlsTable()} {
		before, rest, ok := strings.Cut(text, "<!-- "+mark+" -->\n")
		old, after, closed := strings.Cut(rest, "<!-- /"+mark+" -->")
		if !ok || !closed {
			t.Fatalf("no <!-- %s --> in %s", mark, name)
		}
		if old != table && !*update {
			t.Errorf("the table of %s in docs/identity.md is an older one: run make generate", mark)
		}
		text = before + "<!-- " + mark + " -->\n" + table + "<!-- /" + mark + " -->" + after
	}
	if *update {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func pointsTable() string {
	p := Default()
	var b strings.Builder
	b.WriteString("| table | most | points |\n| --- | --- | --- |\n")
	for _, table := range append(slices.Clone(factors), ByType, Caps, Bands) {
		names := slices.SortedFunc(maps.Keys(p[table]), func(x, y string) int {
			return cmp.Or(cmp.Compare(p[table][y], p[table][x]), strings.Compare(x, y))
		})
		most := ""
		if n, ok := p[Most][table]; ok {
			most = fmt.Sprint(n)
		}
		var points []string
		for _, n := range names {
			points = append(points, fmt.Sprintf("`%s` %d", n, p[table][n]))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", table, most, strings.Join(points, ", "))
	}
	return b.String()
}

// conditions say when a risk is listed.
var conditions = map[string]string{
	"NHI1":  "its owner has left, or the inventory has retired it and it is not known to be dead; or it works and was not used for 90 days",
	"NHI2":  "always; of a trap alone, and without links to other frameworks",
	"NHI3":  "a token of a third party's app, or for packages, plug-ins or tools of others; what an AI agent gives to such a tool; a third party's identity",
	"NHI4":  "a kind that its provider advises against; `alg: none`, SHA-1, MD5, short RSA keys",
	"NHI5":  "it may do more than its known uses need, where all of these can be told; it may administer, be it one service alone, make credentials, manage people or read secrets; `repo` with `workflow`",
	"NHI6":  "a long-lived cloud key in a CI job; a secret in a CI's configuration, be it in what all jobs see, or in the arguments of an image's build",
	"NHI7":  "it never ends, works for more than 398 days, is older than a year, or older than 90 days and never rotated",
	"NHI8":  "more than one environment, or production among tests; a provider's test mode is none",
	"NHI9":  "in more than one repository, or more than one workload uses it; a Secret or a service account that hands it on is none",
	"NHI10": "software uses a person's account; a service's key in a person's shell history or own settings",
}

func controlsTable() string {
	var b strings.Builder
	b.WriteString("| OWASP | listed if | linked to, by this project |\n| --- | --- | --- |\n")
	for _, id := range slices.SortedFunc(maps.Keys(OWASP), Order) {
		fmt.Fprintf(&b, "| %s %s | %s | %s |\n", id, OWASP[id], conditions[id], strings.Join(Mapping[id], ", "))
	}
	return b.String()
}
