package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// sarifOf reads a SARIF file: whether the run went well, and how many results it has.
func sarifOf(t *testing.T, name string) (well bool, results int) {
	t.Helper()
	var log struct {
		Runs []struct {
			Invocations []struct{ ExecutionSuccessful bool }
			Results     []json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(read(t, name)), &log); err != nil || len(log.Runs) == 0 || len(log.Runs[0].Invocations) == 0 {
		t.Fatalf("%s: %v: %s", name, err, read(t, name))
	}
	return log.Runs[0].Invocations[0].ExecutionSuccessful, len(log.Runs[0].Results)
}

// TestReportsOfThePullRequest: what a pull request puts where reports go leads them
// nowhere else, and never passes for the report of the run.
func TestReportsOfThePullRequest(t *testing.T) {
	const theirs = `{"version":"2.1.0","runs":[]}`
	outside := t.TempDir()
	victim := filepath.Join(outside, "victim")
	link := func(to, name string) func(h *hub) {
		return func(h *hub) {
			h.write("a.txt", h.keys["pull"]+"\n")
			if err := os.Symlink(to, filepath.Join(h.dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name    string
		edit    func(h *hub)
		event   string
		with    map[string]string
		code    int
		written bool // there is a report
		says    string
	}{
		{"a link to a file", link(victim, "whosekey.sarif"), "", nil, 1, true, ""},
		{"a link to nothing", link(filepath.Join(outside, "new"), "whosekey.sarif"), "", nil, 1, true, ""},
		{"a link to a device", link("/dev/null", "whosekey.sarif"), "", nil, 1, true, ""},
		{"a folder that is a link", link(outside, "out"), "", map[string]string{"sarif": "out/victim"}, 1, false, "write out/victim"},
		{"a folder of that name", func(h *hub) { h.write("a.txt", h.keys["pull"]+"\n"); h.write("whosekey.sarif/x.sarif", theirs) }, "", nil, 1, false, "write whosekey.sarif"},
		{"a report of theirs, and an event that cannot be read", func(h *hub) { h.write("whosekey.sarif", theirs) }, "{", nil, 2, true, ""},
		{"a report of theirs, and a flag that is wrong", func(h *hub) { h.write("whosekey.sarif", theirs) }, "", map[string]string{"args": "--nope"}, 2, true, "unknown flag: --nope"},
		{"a report of theirs, and a value that is wrong", func(h *hub) { h.write("whosekey.sarif", theirs) }, "", map[string]string{"annotations": "maybe"}, 2, true, "--annotations"},
		{"a report of theirs, and a level that is wrong", func(h *hub) { h.write("whosekey.sarif", theirs) }, "", map[string]string{"args": "--log-level=maybe"}, 2, true, "--log-level"},
		{"a report of theirs, and an argument too many", func(h *hub) { h.write("whosekey.sarif", theirs) }, "", map[string]string{"args": "more"}, 2, true, `"more"`},
		{"a report of theirs, and files without settings", func(h *hub) { h.write("whosekey.sarif", theirs) }, "", map[string]string{"mode": "dir", "config": "none.toml"}, 2, true, "none.toml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(victim, []byte("mine"), 0o666); err != nil {
				t.Fatal(err)
			}
			h := small(t, nil, tt.edit)
			work := h.checkout("refs/pull/7/merge", 0)
			payload := h.payload("pull_request")
			if tt.event != "" {
				payload = tt.event
			}
			out := (&runner{t: t, workspace: work, env: []string{"GITHUB_SHA=" + h.ids["result"]}, with: tt.with}).run("pull_request", payload)
			if out.code != tt.code || !strings.Contains(out.stderr, tt.says) {
				t.Errorf("exit code %d, want %d and %q:\n%s", out.code, tt.code, tt.says, out.stdout+out.stderr)
			}
			if left, err := os.ReadDir(outside); err != nil || len(left) != 1 || read(t, victim) != "mine" {
				t.Errorf("outside of the checkout there is %v %v, and %q", left, err, read(t, victim))
			}
			if name := out.outputs["sarif"]; (name != "") != tt.written {
				t.Fatalf("output sarif is %q", name)
			} else if name != "" {
				if well, results := sarifOf(t, filepath.Join(work, name)); well != (tt.code == 1) || results != map[int]int{1: 1, 2: 0}[tt.code] {
					t.Errorf("SARIF says it went well: %v; %d results", well, results)
				}
			}
			if failed := out.code == 2; failed && out.outputs["incomplete"] != "true" || !strings.Contains(out.stdout, "\n::error ") || failed && !strings.Contains(out.summary, "not searched") {
				t.Errorf("outputs %v, summary %s, %s", out.outputs, out.summary, out.stdout)
			}
			if tt.code == 1 && out.outputs["findings"] != "1" {
				t.Errorf("outputs %v", out.outputs)
			}
		})
	}
}

// TestReadOnlyCheckout: a clean run whose usual reports cannot be written where it is
// stays clean, and says where they are; one that finds something finds it. In /sys not even
// root may make a file.
func TestReadOnlyCheckout(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no folder in which nobody may write")
	}
	if _, err := os.Create("/sys/whosekey.sarif"); !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		t.Skipf("/sys: %v", err)
	}
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	r, temp := newRepo(t), t.TempDir()
	for _, v := range []string{"GITHUB_ACTIONS", "GITLAB_CI", "CI"} {
		t.Setenv(v, "")
	}
	t.Setenv("RUNNER_TEMP", temp)
	r.write("a.txt", "one\n")
	r.commit("first")
	r.write("a.txt", "two\n")
	r.commit("second")
	r.write("b.txt", key+"\n")
	r.commit("third")
	t.Chdir("/sys")
	for _, tt := range []struct {
		base, head, sarif string
		want              int
	}{{"HEAD~2", "HEAD~1", usualSARIF, 0}, {"HEAD~1", "HEAD", usualSARIF, 1}, {"HEAD~2", "HEAD~1", "mine.sarif", 2}} {
		code, _, stderr := whosekey(t, nil, "ci", "--path", r.dir, "--base", tt.base, "--head", tt.head, "--sarif", tt.sarif)
		text, err := os.ReadFile(filepath.Join(temp, tt.sarif))
		if code != tt.want || (err == nil) != (tt.sarif == usualSARIF) || strings.Contains(stderr, "it goes to") != (err == nil) {
			t.Errorf("%+v: exit code %d, %v, %d bytes\n%s", tt, code, err, len(text), stderr)
		}
	}
}
