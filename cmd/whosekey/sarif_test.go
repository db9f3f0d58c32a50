package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sarifResults is what the tests read of a report.
type sarifResults struct {
	Runs []struct {
		Results []struct {
			RuleID    string
			Locations []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
				}
			}
			PartialFingerprints map[string]string
			Properties          map[string]any
		}
		Tool struct {
			Driver struct {
				Rules []struct {
					ID         string
					Properties map[string]any
				}
			}
		}
		Invocations []struct{ ExecutionSuccessful bool }
	}
}

// TestSARIF is what code scanning wants: a report that validates, without a
// byte of a credential and without an address, and with the line hashes that
// GitHub computes itself.
func TestSARIF(t *testing.T) {
	x := newTraces()
	token := func(rule string) string {
		_, secret, err := makeToken(rule, 0, "sarif")
		if err != nil {
			t.Fatal(err)
		}
		_, other, err := makeToken(rule, 0, "other")
		if err != nil {
			t.Fatal(err)
		}
		x.plant(planted{rule, "", secret, other})
		return secret
	}
	slack, github, stripe := token("slack-bot-token"), token("github-personal-access-token"), token("stripe-secret-key")
	pem, _, err := makeToken("private-key-pem", 0, "sarif")
	if err != nil {
		t.Fatal(err)
	}
	r := newRepo(t)
	files := map[string]string{
		"a.txt":            "first\r\n  second\t\r\nx = " + slack + "\r\nlast",
		"ä ö/ü%20#?.txt":   "\uFEFFkey: " + github + " 💡\nkey: " + github + "\n\nkey: " + github,
		"same.txt":         strings.Repeat("token "+stripe+" ..........\n", 4),
		"keys/id.pem":      "# key\n" + pem,
		"old/gone.txt":     "one\ntwo " + stripe + "\n",
		"utf/sixteen.conf": "a = 1\r\nb = " + slack + "\r\n",
		"utf/lf.conf":      "a = 1\né = 2\nb = " + slack + "\nc",
	}
	raw := maps.Clone(files) // as GitHub reads them: for it everything is UTF-8
	for name, e := range map[string]string{"utf/sixteen.conf": "utf-16le", "utf/lf.conf": "utf-16be"} {
		wide, err := encodeText(files[name], e, true)
		if err != nil {
			t.Fatal(err)
		}
		raw[name] = string(wide)
	}
	for name, text := range raw {
		r.write(name, text)
	}
	r.git("config", "core.autocrlf", "false")
	r.commit("all with " + slack)
	r.git("rm", "-q", "old/gone.txt")
	r.commit("remove")

	code, out, stderr := whosekey(t, nil, "git", r.dir, "-f", "sarif")
	if code != exitFindings || stderr != "" {
		t.Fatalf("exit code %d, stderr %s", code, stderr)
	}
	x.check(t, "SARIF", out)
	var tree any
	if err := json.Unmarshal([]byte(out), &tree); err != nil {
		t.Fatal(err)
	}
	if err := sarifStandard(t).Validate(tree); err != nil {
		t.Errorf("it does not validate: %v", err)
	}
	var log sarifResults
	if err := json.Unmarshal([]byte(out), &log); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, res := range log.Runs[0].Results {
		loc := res.Locations[0].PhysicalLocation
		name := strings.NewReplacer("%20", " ", "%C3%A4", "ä", "%C3%B6", "ö", "%C3%BC", "ü", "%2520", "%20", "%23", "#", "%3F", "?").Replace(loc.ArtifactLocation.URI)
		hash := res.PartialFingerprints["primaryLocationLineHash"]
		if hash == "" {
			t.Errorf("%s in %s has no hash: each upload would be a new alert", res.RuleID, name)
		}
		if strings.HasPrefix(loc.ArtifactLocation.URI, "/") || strings.Contains(loc.ArtifactLocation.URI, "..") {
			t.Errorf("GitHub refuses the path %q", loc.ArtifactLocation.URI)
		}
		text, ok := files[name]
		if !ok {
			continue // the commit's message
		}
		seen[name]++
		if want := referenceHashes(raw[name])[loc.Region.StartLine]; hash != want {
			t.Errorf("%s:%d has the hash %q, want %q", name, loc.Region.StartLine, hash, want)
		}
		line := []rune(strings.TrimPrefix(strings.Split(text, "\n")[loc.Region.StartLine-1], "\uFEFF"))
		if name == "keys/id.pem" {
			continue
		}
		if got := string(line[loc.Region.StartColumn-1 : loc.Region.EndColumn-1]); got != slack && got != github && got != stripe {
			t.Errorf("the region %+v of %s is %q", loc.Region, name, got)
		}
	}
	want := map[string]int{"a.txt": 1, "ä ö/ü%20#?.txt": 3, "same.txt": 4, "keys/id.pem": 1, "old/gone.txt": 1, "utf/sixteen.conf": 1, "utf/lf.conf": 1}
	for name, n := range want {
		if seen[name] != n {
			t.Errorf("%s has %d results, want %d", name, seen[name], n)
		}
	}
	for _, rule := range log.Runs[0].Tool.Driver.Rules {
		severity, _ := rule.Properties["security-severity"].(string)
		if n, err := strconv.ParseFloat(severity, 64); err != nil || n <= 0 || n > 10 {
			t.Errorf("rule %s has the security-severity %q", rule.ID, severity)
		}
	}
	if !log.Runs[0].Invocations[0].ExecutionSuccessful {
		t.Error("it says that the run was not successful")
	}
}

// TestLineHashVectors checks our reference against codeql-action's own tests.
func TestLineHashVectors(t *testing.T) {
	for text, want := range map[string][]string{
		"":                    {"c129715d7a2bc9a3:1"},
		" a\nb\n  \t\tc\n d":  {"271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"},
		"x\ny\nz\n":           nil,
		" a\r\nb\r\n  c\r\nd": nil,
	} {
		got := referenceHashes(text)
		for i, w := range want {
			if got[i+1] != w {
				t.Errorf("line %d of %q has the hash %s, want %s", i+1, text, got[i+1], w)
			}
		}
	}
}

// referenceHashes computes them as GitHub's codeql-action does, in the plainest way.
func referenceHashes(text string) map[int]string {
	const block, mod = 100, 37
	first := uint64(1)
	for range block {
		first *= mod
	}
	var window [block]uint64
	var mark [block]int
	var h uint64
	i, line, start, cr := 0, 0, true, false
	counts := map[string]int{}
	out := map[int]string{}
	emit := func() {
		if mark[i] != 0 {
			hex := strconv.FormatUint(h, 16)
			counts[hex]++
			out[mark[i]] = hex + ":" + strconv.Itoa(counts[hex])
			mark[i] = 0
		}
	}
	update := func(c uint64) {
		h = mod*h + c - first*window[i]
		window[i] = c
		i = (i + 1) % block
	}
	unit := func(c uint64) {
		if c == ' ' || c == '\t' || cr && c == '\n' {
			cr = false
			return
		}
		if cr = c == '\r'; cr {
			c = '\n'
		}
		emit()
		if start {
			start = false
			line++
			mark[i] = line
		}
		start = c == '\n'
		update(c)
	}
	for _, r := range text {
		if r >= 0x10000 {
			r -= 0x10000
			unit(uint64(0xD800 + r>>10))
			r = 0xDC00 + r&0x3FF
		}
		unit(uint64(r))
	}
	unit(65535)
	for range block {
		emit()
		update(0)
	}
	return out
}

// sarifStandard is the official schema, which go-sarif has as a constant.
func sarifStandard(t *testing.T) *jsonschema.Schema {
	t.Helper()
	const pkg = "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		t.Fatalf("find %s: %v", pkg, err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && len(lit.Value) > len(text) {
			text = lit.Value
		}
		return true
	})
	if text, err = strconv.Unquote(text); err != nil {
		t.Fatal(err)
	}
	tree, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`sarif-schema-2\.1\.0`).MatchString(text) {
		t.Fatal("go-sarif has another schema")
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sarif.json", tree); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
