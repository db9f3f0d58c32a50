package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// preCommit returns whether the program pre-commit has the names of stages that
// it has since 3.2.0: Debian 12 has an older one.
func preCommit(t *testing.T) (modern bool) {
	t.Helper()
	out, err := exec.Command("pre-commit", "--version").Output()
	if err != nil {
		const help = "pre-commit is not here, so nothing shows that the hooks run under it: sh scripts/install.sh pre-commit"
		if os.Getenv("CI") == "true" {
			t.Fatal(help)
		}
		t.Skip("SKIPPED: " + help)
	}
	version := regexp.MustCompile(`(\d+)\.(\d+)`).FindSubmatch(out)
	if version == nil {
		t.Fatalf("the version of pre-commit: %q", out)
	}
	major, _ := strconv.Atoi(string(version[1]))
	minor, _ := strconv.Atoi(string(version[2]))
	return major > 3 || major == 3 && minor >= 2
}

// oldStages gives stages the names that pre-commit knows before 3.2.0.
func oldStages(text string, modern bool) string {
	if modern {
		return text
	}
	return strings.NewReplacer("[pre-commit]", "[commit]", "[pre-push]", "[push]").Replace(text)
}

// TestPreCommit runs the hooks under the real pre-commit.
func TestPreCommit(t *testing.T) {
	t.Parallel()
	modern := preCommit(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/precommit", RequireExplicitExec: true, RequireUniqueNames: true, Cmds: commands,
		Setup: func(env *testscript.Env) error {
			if err := setup(env); err != nil {
				return err
			}
			env.Setenv("STAGE_COMMIT", strings.Trim(oldStages("[pre-commit]", modern), "[]"))
			name := filepath.Join(env.WorkDir, "config.yaml")
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			stages := strings.NewReplacer("[STAGE_COMMIT]", "[pre-commit]", "[STAGE_PUSH]", "[pre-push]").Replace(string(text))
			return os.WriteFile(name, []byte(oldStages(stages, modern)), 0o666)
		},
	})
}

// TestPreCommitManifest has the real pre-commit install and run the hooks of
// .pre-commit-hooks.yaml: it clones what is committed, and builds it with Go.
func TestPreCommitManifest(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program")
	}
	preCommit(t)
	source := copyOfSource(t)
	r := newRepo(t)
	r.env = append(r.env, goEnv(t)...)
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	rev := (&testRepo{t: t, dir: source, env: r.env}).git("rev-parse", "HEAD")
	r.write(".pre-commit-config.yaml", fmt.Sprintf("repos:\n  - repo: %s\n    rev: %s\n    hooks:\n      - id: whosekey\n      - id: whosekey-push\n      - id: whosekey-msg\n", source, rev))
	run := func(name string, args ...string) (string, error) {
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = r.dir, r.env
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("pre-commit", "install", "--install-hooks", "-t", "pre-commit", "-t", "pre-push", "-t", "commit-msg"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r.write("a.txt", key)
	r.git("add", "-A")
	out, err := run("git", "commit", "-m", "leak")
	if err == nil || !strings.Contains(out, "whosekey (staged changes)") || !strings.Contains(out, "a.txt:1:1") || strings.Contains(out, key) {
		t.Errorf("a commit with a leak: %v\n%s", err, strings.ReplaceAll(out, key, "KEY"))
	}
	r.write("a.txt", "fine")
	r.git("add", "-A")
	if out, err := run("git", "commit", "-m", "fine"); err != nil {
		t.Errorf("a commit without: %v\n%s", err, out)
	}
	if out, err := run("git", "commit", "--allow-empty", "-m", key); err == nil || !strings.Contains(out, "whosekey (commit message)") {
		t.Errorf("a message with a leak: %v\n%s", err, strings.ReplaceAll(out, key, "KEY"))
	}
	r.write("b.txt", key)
	r.git("add", "-A")
	r.git("commit", "-q", "--no-verify", "-m", "leak")
	if out, err := run("pre-commit", "run", "--all-files"); err == nil || !strings.Contains(out, "b.txt:1:1") {
		t.Errorf("all files: %v\n%s", err, strings.ReplaceAll(out, key, "KEY"))
	}
}

// copyOfSource commits what is here, and not ignored, to a repository of its own.
func copyOfSource(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = "../.."
	files, err := cmd.Output()
	if err != nil {
		t.Skip("not a checkout: ", err)
	}
	source := &testRepo{t: t, dir: filepath.Join(t.TempDir(), "whosekey"), env: append(os.Environ(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@a.example", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@a.example")}
	for name := range strings.SplitSeq(strings.Trim(string(files), "\x00"), "\x00") {
		b, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil || strings.HasSuffix(name, "_test.go") || bytes.Contains([]byte(name), []byte("testdata/")) {
			continue // deleted here, or nothing that is built
		}
		source.write(name, string(b))
	}
	source.git("init", "-q", "-b", "main")
	source.commit("what is here")
	return source.dir
}

// goEnv lets Go find what it has downloaded and built already. pre-commit gives it
// a GOPATH of its own.
func goEnv(t *testing.T) []string {
	t.Helper()
	var env []string
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(out)))
	}
	return append(env, "GOFLAGS=-mod=mod -trimpath")
}
