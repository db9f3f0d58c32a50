package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSweepUnread: a forge lists what the token may not read, and answers 404 to whoever
// clones it. That is not searched, and everything that tells of the sweep says so.
func TestSweepUnread(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plantedOf(t, dir, 2, 1)
	f := newFakeForge(t, dir)
	f.names = append(f.names, "acme/hidden")
	for forge, args := range map[string][]string{
		"github": {"--github", "acme", "--github-url", f.URL},
		"gitlab": {"--gitlab", "acme", "--gitlab-url", f.URL},
		"gitea":  {"--gitea", "acme", "--gitea-url", f.URL},
	} {
		state := t.TempDir()
		for range 2 {
			code, out, errs := runSweep(t, append(args, "--state", state)...)
			if code == exitClean || !strings.Contains(out, "repository that could not be searched") || !strings.Contains(out, "acme/hidden") || strings.Contains(out, "is gone") || !strings.Contains(out, `"incomplete": true`) {
				t.Errorf("%s: exit code %d: %s\n%s", forge, code, out, errs)
			}
		}
		if status := sweepStatusOf(t, []string{"--state", state}); !strings.Contains(status, "acme/hidden") || !strings.Contains(status, "1 never searched") {
			t.Errorf("%s: the status says nothing of it: %s", forge, status)
		}
		text, err := sweeping("digest", "--state", state, "-f", "json").Output()
		if err != nil || !strings.Contains(string(text), `"troubles": 1`) {
			t.Errorf("%s: the digest says nothing of it: %s, %v", forge, text, err)
		}
	}
	// Nothing can be read, and nothing is listed: that is not clean.
	f.set(func() { f.names = []string{"acme/hidden"} })
	args := []string{"--github", "acme", "--github-url", f.URL, "--state", t.TempDir()}
	if code, out, errs := runSweep(t, args...); code != exitIncomplete {
		t.Errorf("nothing can be read: exit code %d: %s\n%s", code, out, errs)
	}
	f.set(func() { f.names = nil })
	args[len(args)-1] = t.TempDir()
	if code, out, errs := runSweep(t, args...); code != exitIncomplete || !strings.Contains(out, "lists no repository") {
		t.Errorf("nothing is listed: exit code %d: %s\n%s", code, out, errs)
	}
	for format, want := range map[string]string{"markdown": "lists no repository", "html": "lists no repository", "json": `"troubles": 1`} {
		text, err := sweeping("digest", "--state", args[len(args)-1], "-f", format).Output()
		if err != nil || !strings.Contains(string(text), want) || strings.Contains(string(text), "null,") {
			t.Errorf("nothing is listed: the digest as %s: %s, %v", format, text, err)
		}
	}
	list := filepath.Join(t.TempDir(), "list.txt")
	for text, want := range map[string]string{"nowhere\n": "nowhere", "# nothing\n": "names no repository"} {
		if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := runSweep(t, "--repos", list, "--state", t.TempDir()); code != exitIncomplete || !strings.Contains(out, want) {
			t.Errorf("%q: exit code %d: %s\n%s", text, code, out, errs)
		}
	}
	// A repository that is broken is told, and the one beside it searched.
	root := t.TempDir()
	plantedOf(t, root, 1, 1)
	if err := os.MkdirAll(filepath.Join(root, "worn", ".git", "objects"), 0o700); err != nil {
		t.Fatal(err)
	}
	code, out, errs := runSweep(t, "--dir", root, "--state", t.TempDir(), "--strict")
	if code != exitIncomplete || !strings.Contains(out, "worn is a repository that cannot be read") || !strings.Contains(out, "1 repository listed") {
		t.Errorf("a broken repository: exit code %d: %s\n%s", code, out, errs)
	}
}
