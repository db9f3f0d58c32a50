package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/rules"
)

// TestExplainIsTheScan: what explain says of a line is what the scan does with it, for every
// example of every rule that ships and for the generic rule beside it, and for what sounds secret
// with too little of a sign that something is assigned.
func TestExplainIsTheScan(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	ds = append(ds, detectors.Builtin(nil)...)
	byRule := map[string]detectors.Detector{}
	for _, d := range ds {
		byRule[d.Spec().Rule.ID] = d
	}
	dir := t.TempDir()
	type try struct{ file, rule string }
	var tries []try
	add := func(text, checksum, rule string) {
		made, err := rules.Expand(text, fmt.Sprint("explained", len(tries)), detectors.Checksum(checksum))
		if err != nil || strings.ContainsRune(made, 0) {
			return // no text
		}
		file := filepath.Join(dir, fmt.Sprintf("f%d.txt", len(tries)))
		if err := os.WriteFile(file, []byte(made), 0o600); err != nil {
			t.Fatal(err)
		}
		tries = append(tries, try{file, rule})
	}
	for _, p := range ps {
		for _, r := range p.Rules {
			for _, x := range r.Leaks {
				add(x.Text, r.Checksum, r.ID)
			}
			for _, x := range r.Clean {
				add(x.Text, r.Checksum, r.ID)
			}
		}
	}
	add("db.password   ${alnum:24}\n", "", rules.Generic)
	add("token ${alnum:24}\n", "", rules.Generic)

	reported := reportedLines(t, dir)
	wrong := 0
	for _, x := range tries {
		data, err := os.ReadFile(x.file)
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range []string{x.rule, rules.Generic} {
			for line := range bytes.Count(data, []byte("\n")) + 1 {
				var out bytes.Buffer
				e := explaining{app: &app{stdout: &out, stderr: &out}, flags: &ruleFlags{}, d: byRule[rule], rule: rule, set: detectorsOf(ds)}
				e.sheet.w = &out
				place := fmt.Sprintf("%s:%d", x.file, line+1)
				if err := e.run(place); err != nil {
					continue // an empty last line
				}
				// A literal may stand in another line than what is found with it.
				said, is := e.code == exitFindings, reported[filepath.Base(place)+" "+rule]
				if is && !said || said && !reported[filepath.Base(x.file)+" "+rule] {
					if wrong++; wrong < 25 {
						t.Errorf("%s: explained as reported: %v; the scan reports it: %v\n%s", rule, said, is, out.String())
					}
				}
			}
		}
	}
	if len(tries) < 2000 || wrong > 0 {
		t.Errorf("%d texts were tried, %d places are explained wrongly", len(tries), wrong)
	}
}

var explainedSet *detectors.Set

func detectorsOf(ds []detectors.Detector) *detectors.Set {
	if explainedSet == nil {
		explainedSet = detectors.NewSet(ds...)
	}
	return explainedSet
}

// reportedLines are the places and rules of all findings in a folder, as "file:line rule" and as
// "file rule".
func reportedLines(t *testing.T, dir string) map[string]bool {
	t.Helper()
	var out, stderr bytes.Buffer
	run(t.Context(), []string{"dir", dir, "-f", "jsonl", "--fail-on", "none"}, strings.NewReader(""), &out, &stderr)
	is := map[string]bool{}
	for line := range strings.Lines(out.String()) {
		var x struct {
			Finding struct {
				Rule      string
				Locations []struct {
					Path string
					Line int
				}
			}
		}
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatal(err)
		}
		for _, l := range x.Finding.Locations {
			is[filepath.Base(l.Path)+" "+x.Finding.Rule] = true
			is[fmt.Sprintf("%s:%d %s", filepath.Base(l.Path), l.Line, x.Finding.Rule)] = true
		}
	}
	return is
}
