package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestLinesOfPull: where the base has moved on in the same file, remarks are about the
// pull request's version, beside which GitHub shows them, and SARIF about the merge that
// is checked out, which it is uploaded for.
func TestLinesOfPull(t *testing.T) {
	h := &hub{newRepo(t), map[string]string{}, nil, nil}
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("line\n", 30)
	h.write("a.txt", text)
	h.ids["two"] = h.commit("one")
	h.git("checkout", "-q", "-b", "topic")
	h.write("a.txt", text+"key "+key+"\n")
	h.commit("leak")
	h.write("a.txt", text+"more\nmore\nkey "+key+"\n")
	h.ids["head"] = h.commit("moved")
	h.git("checkout", "-q", "main")
	h.write("a.txt", "new\nnew\nnew\n"+text)
	h.commit("the base moves on")
	h.git("checkout", "-q", "--detach")
	h.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
	h.ids["result"] = h.git("rev-parse", "HEAD")
	h.git("update-ref", "refs/pull/7/merge", h.ids["result"])
	h.git("update-ref", "refs/pull/7/head", h.ids["head"])
	for ref, line := range map[string]string{"refs/pull/7/merge": `"startLine":36`, "refs/pull/7/head": `"startLine":33`} {
		r := &runner{t: t, workspace: h.checkout(ref, 0), env: []string{"GITHUB_SHA=" + h.ids["result"]}}
		out := r.run("pull_request", h.payload("pull_request"))
		sarif := strings.ReplaceAll(read(t, filepath.Join(r.workspace, "whosekey.sarif")), " ", "")
		if out.code != exitFindings || !strings.Contains(out.stdout, "::error file=a.txt,line=33,") || !strings.Contains(sarif, line) || strings.Count(sarif, `"startLine"`) != 1 {
			t.Errorf("%s: exit code %d, want line 33 and %s\n%s\n%s", ref, out.code, line, out.stdout, sarif)
		}
		_, kept, _ := whosekey(t, strings.NewReader(out.report), "report", "-f", "sarif")
		if kept = strings.ReplaceAll(kept, " ", ""); !strings.Contains(kept, line) || strings.Count(kept, `"startLine"`) != 1 {
			t.Errorf("%s: of the kept run %s", ref, kept)
		}
	}
}
