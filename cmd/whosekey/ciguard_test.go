package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNameWithCredential: a credential in the name of a branch is found, and shown
// nowhere.
func TestNameWithCredential(t *testing.T) {
	h := small(t, nil, func(h *hub) { h.write("a.txt", "clean\n") })
	name := "fix-" + h.keys["pull"]
	h.git("branch", name, "main")
	pull := strings.Replace(h.payload("pull_request"), `"ref": "topic"`, `"ref": "`+name+`"`, 1)
	if !strings.Contains(pull, name) {
		t.Fatal("the recorded event has another branch")
	}
	for _, tt := range []struct{ name, event, payload string }{
		{"new branch", "push", h.push("refs/heads/"+name, noCommit, h.ids["two"])},
		{"tag", "push", h.push("refs/tags/"+name, noCommit, h.ids["two"])},
		{"head of a pull request", "pull_request", pull},
	} {
		r := &runner{t: t, workspace: h.checkout("refs/pull/7/merge", 0), env: []string{"GITHUB_SHA=" + h.ids["result"]}}
		out := r.run(tt.event, tt.payload)
		if found := h.foundIn(out); out.code != 1 || len(found) != 1 || !strings.Contains(out.stdout, "the name of refs/") {
			t.Errorf("%s: exit code %d, found %v\n%s%s", tt.name, out.code, found, out.stdout, out.stderr)
		}
		if strings.Contains(read(t, out.outputs["coverage"]), h.keys["pull"]) {
			t.Errorf("%s: it is in the coverage", tt.name)
		}
	}
	// One that was there before is not new; of one that is deleted nothing is said.
	for _, payload := range []string{h.push("refs/heads/"+name, h.ids["two"], h.ids["two"]), h.push("refs/heads/"+name, h.ids["two"], noCommit)} {
		r := &runner{t: t, workspace: h.checkout("refs/heads/main", 0)}
		out := r.run("push", payload)
		if h.foundIn(out); out.code != 0 {
			t.Errorf("exit code %d\n%s%s", out.code, out.stdout, out.stderr)
		}
	}
	r := &runner{t: t, workspace: h.checkout("refs/heads/main", 0)} // an error names it too
	if out := r.run("push", h.push("refs/heads/"+name, noCommit, strings.Repeat("5", 40))); out.code != 3 {
		t.Errorf("exit code %d\n%s", out.code, out.stderr)
	} else {
		h.foundIn(out)
	}
}

// TestArchiveInPull: a run looks into archives, in what a pull request brings and in all
// of a repository; what their limits keep from being searched makes it incomplete.
func TestArchiveInPull(t *testing.T) {
	h := small(t, nil, func(h *hub) {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		fmt.Fprintf(z, "key %s\n%s", h.keys["pull"], strings.Repeat("0", 4<<20))
		z.Close()
		h.write("a.gz", packed.String())
	})
	for _, tt := range []struct {
		event, args string
		code        int
	}{
		{"pull_request", "", 1},
		{"schedule", "", 1},
		{"pull_request", "+--archive-size=10", 3},
		{"pull_request", "+--archive-depth=0", 0},
	} {
		r := &runner{t: t, workspace: h.checkout("refs/pull/7/merge", 0), env: []string{"GITHUB_SHA=" + h.ids["result"]}}
		if tt.args != "" {
			r.with = map[string]string{"args": tt.args}
		}
		out := r.run(tt.event, h.payload(tt.event))
		if found := h.foundIn(out); out.code != tt.code || len(found) > 0 != (tt.code == 1) {
			t.Errorf("%s %s: exit code %d, want %d, found %v\n%s%s", tt.event, tt.args, out.code, tt.code, found, out.stdout, out.stderr)
		}
	}
}

// TestBranchCannotSilenceItself: the settings of a branch that is not the default one
// do not count, those of the default branch do.
func TestBranchCannotSilenceItself(t *testing.T) {
	const allow = "[[allow]]\nreason = \"because\"\nrules = [\"github-personal-access-token\"]\n"
	for _, tt := range []struct {
		name, base, head, text string
		args                   []string
		code                   int
	}{
		{"settings of the branch", "", allow, "", nil, 1},
		{"settings of the branch, named", "", allow, "", []string{"--config", ".whosekey.toml"}, 1},
		{"a comment of the branch", "", "", " # whosekey:allow because", nil, 1},
		{"settings of the default branch", allow, "", "", nil, 0},
	} {
		h := small(t, func(h *hub) {
			if tt.base != "" {
				h.write(".whosekey.toml", tt.base)
			}
		}, func(h *hub) {
			if tt.head != "" {
				h.write(".whosekey.toml", tt.head)
			}
			h.write("a.txt", h.keys["pull"]+tt.text+"\n")
		})
		for name, env := range map[string][]string{
			"GitLab": {"GITLAB_CI=true", "CI_PIPELINE_SOURCE=push", "CI_COMMIT_SHA=" + h.ids["head"], "CI_COMMIT_BRANCH=topic", "CI_COMMIT_BEFORE_SHA=" + noCommit,
				"CI_DEFAULT_BRANCH=main", "CI_OPEN_MERGE_REQUESTS=acme/app!3"},
			"GitLab, by hand": {"GITLAB_CI=true", "CI_PIPELINE_SOURCE=web", "CI_COMMIT_SHA=" + h.ids["head"], "CI_COMMIT_BRANCH=topic", "CI_DEFAULT_BRANCH=main"},
			"CircleCI":        {"CIRCLECI=true", "CIRCLE_SHA1=" + h.ids["head"], "CIRCLE_BRANCH=topic"},
		} {
			cmd := exec.Command("whosekey", append([]string{"ci", "--no-identity"}, tt.args...)...)
			cmd.Dir, cmd.Env = h.checkout("refs/heads/topic", 1), append(append(os.Environ(), "GITHUB_ACTIONS=", "CI=true"), env...)
			out, _ := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != tt.code {
				t.Errorf("%s, %s: exit code %d, want %d\n%s", tt.name, name, cmd.ProcessState.ExitCode(), tt.code, out)
			}
		}
	}
}

// TestIncompleteCheckout: what a checkout lacks of tags, branches and the merge is
// searched, or the run does not pass.
func TestIncompleteCheckout(t *testing.T) {
	h := small(t, nil, func(h *hub) { h.write("a.txt", "clean\n") })
	h.git("tag", "-a", "-m", "see "+h.keys["pull"], "v1", "main")
	release := withoutAssets(h.payload("release"))
	for _, tt := range []struct {
		name, event, payload, ref, sha string
		found                          int // exit code
	}{
		{"tag", "push", h.push("refs/tags/v1", noCommit, h.git("rev-parse", "v1")), "refs/heads/main", h.ids["two"], 1},
		{"release", "release", release, "refs/heads/main", h.ids["two"], 1},
		{"schedule", "schedule", h.payload("schedule"), "refs/heads/main", h.ids["two"], 1},
		{"merge", "pull_request", h.payload("pull_request"), "refs/heads/topic", h.ids["result"], 0},
	} {
		for _, server := range []bool{true, false} {
			work := h.checkout(tt.ref, 1)
			w := &testRepo{t: t, dir: work, env: h.env}
			w.git("update-ref", "refs/tags/v1", "HEAD") // as actions/checkout leaves it
			want := tt.found
			if !server {
				w.git("remote", "set-url", "origin", filepath.Join(t.TempDir(), "nowhere"))
				want = 3
			}
			r := &runner{t: t, workspace: work, env: []string{"GITHUB_SHA=" + tt.sha}}
			out := r.run(tt.event, tt.payload)
			if h.foundIn(out); out.code != want || out.outputs["incomplete"] == "true" != (want == 3) {
				t.Errorf("%s, server %v: exit code %d, want %d, outputs %q\n%s%s", tt.name, server, out.code, want, out.outputs, out.stdout, out.stderr)
			}
		}
	}
}
