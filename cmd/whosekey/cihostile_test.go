package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// small is a repository with a pull request of one commit; edit changes what it
// brings, and before what the base has.
func small(t *testing.T, before, edit func(h *hub)) *hub {
	h := &hub{newRepo(t), map[string]string{}, map[string]string{}, map[string]string{}}
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	h.keys["pull"], h.byRule["github-personal-access-token"] = key, "pull"
	h.write("README", "one\n")
	if before != nil {
		before(h)
	}
	h.ids["two"] = h.commit("one")
	h.git("checkout", "-q", "-b", "topic")
	edit(h)
	h.ids["head"] = h.commit("edit")
	h.git("checkout", "-q", "--detach", "main")
	h.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
	h.ids["result"] = h.git("rev-parse", "HEAD")
	h.git("update-ref", "refs/pull/7/merge", h.ids["result"])
	h.git("checkout", "-q", "main")
	return h
}

// TestPullRequestCannotSilenceItself: settings, baselines, rules and comments of the
// head do not count, those of the base do.
func TestPullRequestCannotSilenceItself(t *testing.T) {
	const allow = "[[allow]]\nreason = \"because\"\nrules = [\"github-personal-access-token\"]\n"
	leak := func(h *hub) { h.write("a.txt", h.keys["pull"]+"\n") }
	put := func(name, text string) func(*hub) { return func(h *hub) { h.write(name, text) } }
	both := func(fs ...func(*hub)) func(*hub) {
		return func(h *hub) {
			for _, f := range fs {
				f(h)
			}
		}
	}
	for _, tt := range []struct {
		name         string
		before, edit func(*hub)
		with         map[string]string
		code         int
		says         string
	}{
		{"settings of the head", nil, both(leak, put(".whosekey.toml", allow)), nil, 1, ""},
		{"settings of the head, named", nil, both(leak, put(".whosekey.toml", allow)), map[string]string{"config": ".whosekey.toml"}, 1, "does not count before it is in the base"},
		{"settings of the base", put(".whosekey.toml", allow), leak, nil, 0, ".whosekey.toml of commit"},
		{"settings of the base, named", put("conf/w.toml", allow), leak, map[string]string{"config": "conf/w.toml"}, 0, ""},
		{"settings of the base, which the head takes out", put(".whosekey.toml", allow), both(leak, func(h *hub) { os.Remove(filepath.Join(h.dir, ".whosekey.toml")) }), nil, 0, ""},
		{"settings of the base, which the head changes", put(".whosekey.toml", "[policy]\nfail_on = \"any\"\n"), both(leak, put(".whosekey.toml", allow)), nil, 1, ""},
		{"settings that are half written", put(".whosekey.toml", "[[allow]\n"), leak, nil, 2, "mend it in the base"},
		{"settings that name other files", both(put(".whosekey.toml", "[baseline]\nfile = \"sub/b.jsonl\"\n"), put("sub/b.jsonl", "# whosekey-baseline v1 salt=aaaaaaaaaaaaaaaaaaaaaaaa\n")), both(leak, put("sub/b.jsonl", "nonsense")), nil, 1, ""},
		{"settings that would verify", put(".whosekey.toml", "[verify]\nmode = \"safe\"\n"), leak, nil, 2, "is not for files of what is scanned"},
		{"a baseline with marks of a merge", put(".whosekey-baseline.jsonl", "# whosekey-baseline v1 salt=aaaaaaaaaaaaaaaaaaaaaaaa\n<<<<<<< HEAD\n"), leak, nil, 2, "a merge conflict"},
		{"a baseline of the head", nil, both(leak, put(".whosekey-baseline.jsonl", "# whosekey-baseline v1 salt=aaaaaaaaaaaaaaaaaaaaaaaa\n")), map[string]string{"baseline": ".whosekey-baseline.jsonl"}, 1, "does not count before it is in the base"},
		{"a baseline that is nowhere", nil, leak, map[string]string{"baseline": "none.jsonl"}, 2, "none.jsonl"},
		{"a comment", nil, func(h *hub) { h.write("a.txt", h.keys["pull"]+" # gitleaks:allow\n") }, nil, 1, "it came with what is searched"},
		{"a comment, allowed by the workflow", nil, func(h *hub) { h.write("a.txt", h.keys["pull"]+" # gitleaks:allow\n") }, map[string]string{"allow-inline-ignores": "true"}, 0, ""},
		{"a comment, allowed by the base", put(".whosekey.toml", "[policy]\ninline = \"on\"\n"), func(h *hub) { h.write("a.txt", h.keys["pull"]+" # gitleaks:allow\n") }, nil, 0, ""},
		{"files, with settings of the head", nil, both(leak, put(".whosekey.toml", allow)), map[string]string{"mode": "dir", "config": ".whosekey.toml"}, 1, ""},
		{"fail-on none", nil, leak, map[string]string{"fail-on": "none"}, 0, ""},
		{"an image without a name", nil, leak, map[string]string{"mode": "image"}, 2, "belong together"},
		{"an image that is not there", nil, leak, map[string]string{"mode": "image", "image": "oci-layout:none"}, 2, "none"},
		{"logs", nil, leak, map[string]string{"mode": "logs"}, 1, ""},
		{"an unknown mode", nil, leak, map[string]string{"mode": "$(touch x)"}, 2, "--mode"},
		{"no repository", nil, leak, map[string]string{"path": "/"}, 2, "not a git repository"},
		{"a folder that is not there", nil, leak, map[string]string{"path": "none"}, 2, "none"},
		{"SARIF that cannot be written", nil, leak, map[string]string{"sarif": "none/x.sarif"}, 1, "none/x.sarif"},
		{"SARIF that cannot be written, of what is clean", nil, put("b.txt", "two\n"), map[string]string{"sarif": "none/x.sarif"}, 2, "none/x.sarif"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := small(t, tt.before, tt.edit)
			r := &runner{t: t, workspace: h.checkout("refs/pull/7/merge", 0), env: []string{"GITHUB_SHA=" + h.ids["result"]}, with: tt.with}
			out := r.run("pull_request", h.payload("pull_request"))
			h.foundIn(out)
			if text := out.stdout + out.stderr; out.code != tt.code || !strings.Contains(text, tt.says) || strings.Contains(text, "whosekey-base-") {
				t.Errorf("exit code %d, want %d and %q\n%s", out.code, tt.code, tt.says, text)
			}
		})
	}
}

// TestHostileRun: whatever events and names say, the runner gets no command of
// theirs, and the run does not pass.
func TestHostileRun(t *testing.T) {
	h := small(t, nil, func(h *hub) { h.write("##vso[task.complete]x,y\n::error file=a::b.txt", h.keys["pull"]+"\n") })
	work := h.checkout("refs/pull/7/merge", 0)
	good := h.payload("pull_request")
	for name, tt := range map[string]struct {
		event, payload string
		code           int
		env            []string
	}{
		"names with commands":      {"pull_request", good, 1, nil},
		"a branch":                 {"pull_request", strings.Replace(good, `"ref": "main"`, `"ref": "x\n::set-output name=findings::0\n$(touch pwned)"`, 1), 2, nil},
		"a branch for a shell":     {"pull_request", strings.Replace(good, `"ref": "main"`, `"ref": "x';touch${IFS}pwned;'"`, 1), 1, nil},
		"an event's name":          {"pull_request\n::error::x", good, 1, nil},
		"cut off":                  {"pull_request", good[:200], 2, nil},
		"missing":                  {"pull_request", good, 2, []string{"GITHUB_EVENT_PATH=/none/event.json"}},
		"a commit that is nowhere": {"pull_request", strings.ReplaceAll(good, h.ids["head"], strings.Repeat("5", 40)), 3, nil},
		"a base that is nowhere":   {"pull_request", strings.ReplaceAll(good, h.ids["two"], strings.Repeat("5", 40)), 3, []string{"GITHUB_SHA="}},
		"no git":                   {"pull_request", strings.ReplaceAll(good, h.ids["head"], strings.Repeat("5", 40)), 3, []string{"PATH=" + withoutGit(t)}},
	} {
		t.Run(name, func(t *testing.T) {
			h := &hub{&testRepo{t: t, dir: h.dir, env: h.env}, h.ids, h.keys, h.byRule}
			r := &runner{t: t, workspace: work, env: append([]string{"GITHUB_SHA=" + h.ids["result"]}, tt.env...)}
			out := r.run(tt.event, tt.payload)
			if out.code != tt.code {
				t.Errorf("exit code %d, want %d\n%s%s", out.code, tt.code, out.stdout, out.stderr)
			}
			if slices.Contains([]int{2, 3}, out.code) && out.outputs["incomplete"] != "true" {
				t.Errorf("outputs %q", out.outputs)
			}
			if _, err := os.Stat(filepath.Join(work, "pwned")); err == nil {
				t.Error("something was executed")
			}
			checkCommands(t, out)
		})
	}
}

// checkCommands looks through what was printed as the runner does.
func checkCommands(t *testing.T, out ran) {
	t.Helper()
	token := ""
	for line := range strings.Lines(out.stdout) {
		line = strings.TrimSpace(line)
		stop, isStop := strings.CutPrefix(line, "::stop-commands::")
		switch {
		case isStop && token == "":
			token = stop
		case line == "::"+token+"::" && token != "":
			token = ""
		case token != "": // no command is taken
		case strings.HasPrefix(line, "::") && !strings.HasPrefix(line, "::error file=") && !strings.HasPrefix(line, "::error title=") && !strings.HasPrefix(line, "::warning ") && !strings.HasPrefix(line, "::notice "):
			t.Errorf("a command: %q", line)
		}
	}
	if token != "" {
		t.Error("commands stay stopped")
	}
	for line := range strings.Lines(out.stderr) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
			t.Errorf("a command on standard error: %q", line)
		}
	}
}

// withoutGit is a PATH with all but git.
func withoutGit(t *testing.T) string {
	dir := t.TempDir()
	for _, name := range []string{"bash", "whosekey", "mktemp", "uname", "tr", "cat"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestPrefix: remarks on a checkout in a folder of the workspace name that, unless
// it is the repository of the run.
func TestPrefix(t *testing.T) {
	h := small(t, nil, func(h *hub) { h.write("a.txt", h.keys["pull"]+"\n") })
	work := h.checkout("refs/pull/7/merge", 0)
	r := &runner{t: t, workspace: filepath.Dir(work), env: []string{"GITHUB_SHA=" + h.ids["result"]}, with: map[string]string{"path": "app"}}
	for _, tt := range []struct{ origin, want string }{
		{"https://github.com/other/app", "::error file=app/a.txt,"},
		{"https://github.com/acme/app.git", "::error file=a.txt,"},
	} {
		(&testRepo{t: t, dir: work, env: h.env}).git("remote", "set-url", "origin", tt.origin)
		if out := r.run("pull_request", h.payload("pull_request")); !strings.Contains(out.stdout, tt.want) {
			t.Errorf("%s: no %q in\n%s%s", tt.origin, tt.want, out.stdout, out.stderr)
		}
	}
}

// TestOtherServers runs the program in the environment of every other server.
func TestOtherServers(t *testing.T) {
	h := small(t, nil, func(h *hub) { h.write("##vso[task.complete]x", h.keys["pull"]+"\n") })
	for name, tt := range map[string]struct {
		ref  string
		env  []string
		file string
		says string
	}{
		"GitLab": {"refs/heads/topic", []string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=merge_request_event", "CI_COMMIT_SHA=" + h.ids["head"], "CI_MERGE_REQUEST_IID=3", "CI_MERGE_REQUEST_DIFF_BASE_SHA=" + h.ids["two"]}, "gl-secret-detection-report.json", ""},
		"Azure": {"refs/pull/7/merge", []string{"TF_BUILD=True", "BUILD_REASON=PullRequest", "BUILD_SOURCEVERSION=" + h.ids["result"], "BUILD_SOURCEBRANCH=refs/pull/7/merge",
			"SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main", "SYSTEM_PULLREQUEST_SOURCECOMMITID=" + h.ids["head"]}, "whosekey.sarif", "##vso[task.logissue type=error;sourcepath="},
		"Bitbucket": {"refs/heads/topic", []string{"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_COMMIT=" + h.ids["head"], "BITBUCKET_PR_ID=2", "BITBUCKET_PR_DESTINATION_BRANCH=main", "BITBUCKET_PR_DESTINATION_COMMIT=" + h.ids["two"][:12]}, "whosekey-bitbucket.json", ""},
		"Jenkins":   {"refs/heads/topic", []string{"JENKINS_URL=https://ci", "GIT_COMMIT=" + h.ids["head"], "CHANGE_ID=9", "CHANGE_TARGET=main"}, "whosekey.sarif", ""},
		"CircleCI":  {"refs/heads/topic", []string{"CIRCLECI=true", "CIRCLE_SHA1=" + h.ids["head"], "CIRCLE_BRANCH=topic"}, "whosekey.sarif", ""},
		"Buildkite": {"refs/heads/topic", []string{"BUILDKITE=true", "BUILDKITE_COMMIT=" + h.ids["head"], "BUILDKITE_BRANCH=topic", "BUILDKITE_PULL_REQUEST=3", "BUILDKITE_PULL_REQUEST_BASE_BRANCH=main"}, "whosekey.sarif", ""},
		"none":      {"refs/heads/topic", []string{"WHOSEKEY_TEST_ARGS=--base=origin/main"}, "whosekey.sarif", ""},
	} {
		t.Run(name, func(t *testing.T) {
			work := h.checkout(tt.ref, 0)
			args := []string{"ci", "--no-identity"}
			if name == "none" {
				args = append(args, "--base=origin/main")
			}
			cmd := exec.Command("whosekey", args...)
			cmd.Dir, cmd.Env = work, append(append(os.Environ(), "GITHUB_ACTIONS=", "CI=true"), tt.env...)
			out, err := cmd.CombinedOutput()
			text := string(out)
			if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != exitFindings || strings.Contains(text, h.keys["pull"]) || !strings.Contains(text, tt.says) || strings.Contains(text, "##vso[task.complete]x") {
				t.Errorf("%v\n%s", err, text)
			}
			if report := read(t, filepath.Join(work, tt.file)); len(report) < 100 || strings.Contains(report, h.keys["pull"]) {
				t.Errorf("%s: %.200s", tt.file, report)
			}
		})
	}
	cmd := exec.Command("whosekey", "ci")
	cmd.Dir, cmd.Env = h.dir, append(os.Environ(), "GITHUB_ACTIONS=")
	if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != exitUsage || !strings.Contains(string(out), "--base origin/main") {
		t.Errorf("nowhere: exit code %d\n%s", cmd.ProcessState.ExitCode(), out)
	}
}

// TestInstall: a release is taken only if its checksum is right.
func TestInstall(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("SKIPPED: no curl")
	}
	dir := t.TempDir()
	release := filepath.Join(dir, "v1.2.3")
	const archive = "whosekey_1.2.3_linux_arm64.tar.gz"
	script := fmt.Sprintf("mkdir -p %[1]s && cd %[1]s && echo program >whosekey && tar -czf %[2]s whosekey && sha256sum %[2]s >checksums.txt", release, archive)
	if out, err := exec.Command("sh", "-c", script).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sum, _, _ := strings.Cut(read(t, filepath.Join(release, "checksums.txt")), " ")
	install := func(env ...string) (string, string) {
		output := filepath.Join(t.TempDir(), "output")
		cmd := exec.Command("bash", "../../scripts/action-install.sh")
		cmd.Env = append(append(os.Environ(), "RUNNER_TEMP="+t.TempDir(), "RUNNER_OS=Linux", "RUNNER_ARCH=ARM64", "GITHUB_OUTPUT="+output, "ACTION_PATH=../..", "WHOSEKEY_SHA256=", "WHOSEKEY_RELEASES=file://"+dir), env...)
		out, _ := cmd.CombinedOutput()
		text, _ := os.ReadFile(output)
		return strings.TrimSpace(strings.TrimPrefix(string(text), "program=")), string(out)
	}
	if program, out := install("WHOSEKEY_VERSION=v1.2.3", "WHOSEKEY_SHA256="+sum); program == "" || read(t, program) != "program\n" {
		t.Errorf("not installed: %q\n%s", program, out)
	}
	for _, env := range [][]string{
		{"WHOSEKEY_VERSION=v1.2.4"}, {"WHOSEKEY_VERSION=v1.2.3", "WHOSEKEY_SHA256=" + strings.Repeat("0", 64)}, {"WHOSEKEY_VERSION=v1/../x"}, {"WHOSEKEY_VERSION=latest"},
		{"WHOSEKEY_VERSION=source", "WHOSEKEY_SHA256=" + sum}, {"WHOSEKEY_VERSION=installed", "WHOSEKEY_SHA256=" + sum},
		{"WHOSEKEY_VERSION=v1.2.3", "RUNNER_ARCH=X86"}, {"WHOSEKEY_VERSION=v1.2.3", "RUNNER_OS=Plan9"},
	} {
		if program, out := install(env...); program != "" || !strings.Contains(out, "::error title=whosekey::") {
			t.Errorf("%v: installed %q\n%s", env, program, out)
		}
	}
	if err := os.WriteFile(filepath.Join(release, "checksums.txt"), []byte(strings.Repeat("0", 64)+"  "+archive+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if program, out := install("WHOSEKEY_VERSION=v1.2.3"); program != "" || !strings.Contains(out, "checksum") {
		t.Errorf("a wrong checksum: installed %q\n%s", program, out)
	}
}
