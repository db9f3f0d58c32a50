package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestIgnoresLeakNothing: neither a baseline nor what is told of what it and
// comments ignore, nor a report that was imported, holds a credential.
func TestIgnoresLeakNothing(t *testing.T) {
	all := plantAll(t)
	x := newTraces()
	var lines []string
	for _, p := range all {
		x.plant(p)
		lines = append(lines, p.text, "")
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	token := all[0].secret
	for _, p := range all {
		if p.rule == "github-personal-access-token" {
			token = p.secret
		}
	}
	write("src/all.txt", strings.Join(lines, "\n"))
	write("src/said.py", "k = \""+token+"\" # gitleaks:allow not "+token+"\n"+"l = \""+token+"\" # whosekey:allow ask ann@authors.example\n")
	src, baseline := filepath.Join(dir, "src"), filepath.Join(dir, "b.jsonl")
	check := func(want int, what string, args ...string) string {
		t.Helper()
		code, stdout, stderr := whosekey(t, nil, append(args, "--log-level", "debug")...)
		if code != want {
			t.Fatalf("%s: exit code %d, stderr %.500s", what, code, stderr)
		}
		x.check(t, what, stdout, stderr)
		if strings.Contains(stdout+stderr, "ann@authors.example") {
			t.Errorf("%s: an address of a person", what)
		}
		return stdout
	}
	check(exitClean, "create", "baseline", "create", src, "--files", "--baseline", baseline)
	x.check(t, "the baseline", read(t, baseline))
	check(exitClean, "stats", "baseline", "stats", "--baseline", baseline)
	for _, f := range formatNames {
		out := check(exitClean, "scan -f "+f, "dir", src, "--baseline", baseline, "-v", "-f", f)
		if f == "text" && strings.Count(out, "ignored ") < 25 {
			t.Errorf("little is ignored: %.500s", out)
		}
	}
	report := write("gl.json", `[{"RuleID":"r","Secret":"`+token+`","Match":"k=`+token+`","File":"src/`+token+`","Author":"Ann <ann@authors.example>","StartLine":1},{"RuleID":"`+token+`","Secret":"`+token+`"}]`)
	for _, f := range formatNames {
		check(exitClean, "import -f "+f, "import", "gitleaks", report, "--source", dir, "-f", f)
	}
	check(exitUsage, "import of something else", "import", "trufflehog", write("x.json", token), "--source", filepath.Join(dir, token))
	check(exitUsage, "a damaged baseline", "dir", src, "--baseline", write("bad.jsonl", "# whosekey-baseline v1 salt=aaaaaaaaaaaaaaaa\n{\"id\":\""+token+"\"}\n"))
	check(exitUsage, "an unknown key", "dir", src, "--baseline", write("bad.jsonl", "# whosekey-baseline v1 salt=aaaaaaaaaaaaaaaa\n{\""+token+"\":1}\n"))
	check(exitUsage, "a name", "dir", src, "--baseline", filepath.Join(dir, token))
}
