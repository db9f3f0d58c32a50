package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const moreRules = `
provider = "acme"
name = "Acme"
about = "https://acme.example/docs"
[[rule]]
id = "acme-token"
title = "Acme token"
pattern = '\b(?P<secret>acme_[0-9a-z]{24})\b'
confidence = "high"
severity = 8.0
rotate = "Delete it."
[[rule.leaks]]
text = "acme_${lower:24}"
[[rule.clean]]
text = "acme_${lower:23}"
why = "short"
`

// TestHookOnce: of several calls for one commit, each with some of the files, one
// searches; whatever is another commit is searched again.
func TestHookOnce(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: which process calls is not known here")
	}
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@a.example", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@a.example")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	for _, name := range []string{"a", "b", "c"} {
		write(name, "clean "+name)
	}
	git("add", ".")
	t.Chdir(dir)
	mark := filepath.Join(".git", onceFile)
	call := func(want int, searched bool, args ...string) {
		t.Helper()
		code, stdout, stderr := whosekey(t, nil, append([]string{"hook", "pre-commit"}, args...)...)
		if code != want || searched != (stdout+stderr != "") {
			t.Errorf("%v: exit code %d, want %d, searched %v\n%s%s", args, code, want, searched, stdout, stderr)
		}
	}
	call(0, false, "a") // by git: it says nothing, and calls once
	t.Setenv("PRE_COMMIT", "1")
	call(0, true, "a") // no commit is made
	t.Setenv("GIT_INDEX_FILE", ".git/index")
	call(0, true, "a", "b", "c") // all at once
	if _, err := os.Stat(mark); err == nil {
		t.Error("it told of a call that was the only one")
	}
	call(0, true, "a", "b")
	call(0, false, "c")
	call(0, true, "--fail-on=any", "c")
	t.Setenv("WHOSEKEY_X", "1")
	call(0, true, "c")
	write("b", "clean b2")
	git("add", ".")
	call(0, true, "c")
	call(0, false, "a")
	write("own.toml", "exclude = [\"a\"]\n[rules]\nfiles = [\"more.toml\"]\n")
	write("more.toml", moreRules)
	call(0, true, "--config=own.toml", "c")
	call(0, false, "--config=own.toml", "a")
	write("more.toml", moreRules+"# changed\n")
	call(0, true, "--config=own.toml", "a")
	call(0, false, "--config=own.toml", "b")
	write("own.toml", "exclude = [\"b\"]\n[rules]\nfiles = [\"more.toml\"]\n")
	call(0, true, "--config=own.toml", "b")
	kept, err := os.ReadFile(mark)
	if err != nil {
		t.Fatal(err)
	}
	write("outside", "what it was")
	if err := errors.Join(os.Remove(mark), os.Symlink(filepath.Join(dir, "outside"), mark)); err != nil {
		t.Fatal(err)
	}
	call(0, true, "--config=own.toml", "b")
	if now, err := os.ReadFile("outside"); err != nil || string(now) != "what it was" {
		t.Errorf("it wrote through a link: %q, %v", now, err)
	}
	if now, err := os.ReadFile(mark); err != nil || string(now) != string(kept) {
		t.Errorf("%q, %v", now, err)
	}
	if err := errors.Join(os.Remove("outside"), os.Remove("own.toml"), os.Remove("more.toml")); err != nil {
		t.Fatal(err)
	}
	git("commit", "-q", "-m", "x")
	write("b", "clean b3")
	write("c", "clean c3")
	git("add", ".")
	call(0, true, "b")
	call(0, false, "c")
	write(".git/MERGE_HEAD", strings.Repeat("0", 39)+"1\n")
	call(3, true, "c") // which is not there
	if err := os.Remove(filepath.Join(dir, ".git", "MERGE_HEAD")); err != nil {
		t.Fatal(err)
	}
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	write("b", key)
	git("add", ".")
	call(1, true, "a")
	call(1, true, "c")
	before, _ := os.ReadFile(mark)
	write(mark, "x"+string(before))
	call(1, true, "c")
}
