package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// silencing is what a branch may bring so that it is passed over: files, with the
// credential for KEY, of which those of kept are found if nothing of it counts.
var silencing = []struct {
	name     string
	files    map[string]string
	baseline bool
	args     []string
}{
	{"settings", map[string]string{".whosekey.toml": "[[allow]]\nreason = \"because\"\npaths = [\"**\"]\n"}, false, nil},
	{"settings that are named", map[string]string{".whosekey.toml": "[[allow]]\nreason = \"because\"\npaths = [\"**\"]\n"}, false, []string{"--config", ".whosekey.toml"}},
	{"policy", map[string]string{".whosekey.toml": "[policy]\nfail_on = \"none\"\ninline = \"on\"\n"}, false, nil},
	{"gitleaks' settings", map[string]string{".gitleaks.toml": "[extend]\nuseDefault = true\n[allowlist]\npaths = ['.*']\n"}, false, nil},
	{"baseline", nil, true, nil},
	{"baseline that is named", nil, true, []string{"--baseline", ".whosekey-baseline.jsonl"}},
	{"comment", map[string]string{"a.txt": "KEY # whosekey:allow because\n"}, false, nil},
}

// silenced is a repository whose branch brings a credential, and what is to silence
// it.
func silenced(t *testing.T, files map[string]string, baseline bool) *hub {
	return small(t, nil, func(h *hub) {
		h.write("a.txt", h.keys["pull"]+"\n")
		for name, text := range files {
			h.write(name, strings.ReplaceAll(text, "KEY", h.keys["pull"]))
		}
		if baseline {
			cmd := exec.Command("whosekey", "baseline", "create", "--files", "--reason", "because")
			cmd.Dir = h.dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		}
	})
}

// server is the environment of a run, and what it has checked out.
type server struct {
	name, ref string
	env       []string
}

// servers are runs of all servers that are about the branch of a hub, or have it
// checked out.
func (h *hub) servers() (list []server) {
	head, base, merge := h.ids["head"], h.ids["two"], h.ids["result"]
	add := func(name, ref string, env ...string) { list = append(list, server{name, ref, env}) }
	github := func(name, ref, event, payload, sha, of string) {
		file := filepath.Join(h.t.TempDir(), "event.json")
		if err := os.WriteFile(file, []byte(payload), 0o666); err != nil {
			h.t.Fatal(err)
		}
		add("GitHub, "+name, ref, "GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME="+event, "GITHUB_EVENT_PATH="+file, "GITHUB_SHA="+sha, "GITHUB_REF="+of, "GITHUB_REPOSITORY=acme/app")
	}
	const topic, merged = "refs/heads/topic", "refs/pull/7/merge"
	github("pull request", merged, "pull_request", h.payload("pull_request"), merge, merged)
	github("pull request of a fork", merged, "pull_request", h.payload("pull_request", "@OWNER@", "eve"), merge, merged)
	github("pull request, its head", topic, "pull_request", h.payload("pull_request"), merge, merged)
	github("review", merged, "pull_request_review", h.payload("pull_request_review"), merge, merged)
	github("merge queue", merged, "merge_group", h.payload("merge_group", "@HEAD@", merge), merge, "refs/heads/gh-readonly-queue/main/pr-7")
	github("push", topic, "push", h.push(topic, noCommit, head), head, topic)
	github("by hand", topic, "workflow_dispatch", h.payload("workflow_dispatch"), head, topic)
	github("schedule, of a merge", merged, "schedule", h.payload("schedule"), base, "refs/heads/main")
	github("comment, of the branch", topic, "issue_comment", h.payload("schedule"), base, "refs/heads/main")
	github("deployment", topic, "deployment", h.payload("schedule"), head, "")
	github("run of another workflow", topic, "workflow_run", h.payload("workflow_run"), base, "refs/heads/main")
	gitlab := []string{"GITLAB_CI=true", "CI_COMMIT_SHA=" + head, "CI_DEFAULT_BRANCH=main", "CI_COMMIT_BEFORE_SHA=" + noCommit}
	add("GitLab, merge request", topic, append(gitlab, "CI_PIPELINE_SOURCE=merge_request_event", "CI_MERGE_REQUEST_IID=3", "CI_MERGE_REQUEST_DIFF_BASE_SHA="+base)...)
	add("GitLab, push", topic, append(gitlab, "CI_PIPELINE_SOURCE=push", "CI_COMMIT_BRANCH=topic")...)
	add("GitLab, schedule", topic, append(gitlab, "CI_PIPELINE_SOURCE=schedule", "CI_COMMIT_BRANCH=topic")...)
	azure := []string{"TF_BUILD=True", "BUILD_SOURCEVERSION=" + head, "BUILD_SOURCEBRANCH=refs/heads/topic"}
	add("Azure, pull request", merged, "TF_BUILD=True", "BUILD_REASON=PullRequest", "BUILD_SOURCEVERSION="+merge, "BUILD_SOURCEBRANCH="+merged,
		"SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main", "SYSTEM_PULLREQUEST_SOURCECOMMITID="+head)
	add("Azure, push", topic, append(azure, "BUILD_REASON=IndividualCI")...)
	add("Azure, by hand", topic, append(azure, "BUILD_REASON=Manual")...)
	add("Azure, schedule", topic, append(azure, "BUILD_REASON=Schedule")...)
	bitbucket := []string{"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_COMMIT=" + head, "BITBUCKET_BRANCH=topic"}
	add("Bitbucket, pull request", topic, append(bitbucket, "BITBUCKET_PR_ID=2", "BITBUCKET_PR_DESTINATION_BRANCH=main", "BITBUCKET_PR_DESTINATION_COMMIT="+base[:12])...)
	add("Bitbucket, push", topic, bitbucket...)
	jenkins := []string{"JENKINS_URL=https://ci", "GIT_COMMIT=" + head}
	add("Jenkins, change", topic, append(jenkins, "CHANGE_ID=9", "CHANGE_TARGET=main", "BRANCH_NAME=PR-9")...)
	add("Jenkins, push", topic, append(jenkins, "BRANCH_NAME=topic")...)
	circle := []string{"CIRCLECI=true", "CIRCLE_SHA1=" + head, "CIRCLE_BRANCH=topic"}
	add("CircleCI, push", topic, circle...)
	add("CircleCI, pull request", topic, append(circle, "CIRCLE_PULL_REQUEST=https://github.com/acme/app/pull/3")...)
	buildkite := []string{"BUILDKITE=true", "BUILDKITE_COMMIT=" + head, "BUILDKITE_BRANCH=topic", "BUILDKITE_PIPELINE_DEFAULT_BRANCH=main", "BUILDKITE_PULL_REQUEST=false"}
	add("Buildkite, push", topic, buildkite...)
	add("Buildkite, schedule", topic, append(buildkite, "BUILDKITE_SOURCE=schedule")...)
	add("Buildkite, pull request", topic, append(buildkite, "BUILDKITE_PULL_REQUEST=3", "BUILDKITE_PULL_REQUEST_BASE_BRANCH=main")...)
	return list
}

// TestNothingSilencesItself: nothing that a branch brings counts, in any mode, on any
// server and for any event. Without WHOSEKEY_ALL each is tried with one kind of
// silencing, since all are 728 runs.
func TestNothingSilencesItself(t *testing.T) {
	n := 0
	for k, kind := range silencing {
		h := silenced(t, kind.files, kind.baseline)
		at := map[string]string{"refs/heads/topic": h.checkout("refs/heads/topic", 0), "refs/pull/7/merge": h.checkout("refs/pull/7/merge", 0)}
		for i, s := range h.servers() {
			for m, mode := range []string{"auto", "full", "dir", "logs"} {
				if n++; os.Getenv("WHOSEKEY_ALL") == "" && (i+m)%len(silencing) != k {
					continue
				}
				cmd := exec.Command("whosekey", append([]string{"ci", "--no-identity", "--sarif=", "--mode", mode, "-f", "text"}, kind.args...)...)
				cmd.Dir, cmd.Env = at[s.ref], append(append(os.Environ(), "GITHUB_ACTIONS=", "GITHUB_TOKEN=", "CI=true"), s.env...)
				out, _ := cmd.CombinedOutput()
				if code := cmd.ProcessState.ExitCode(); code != exitFindings || !strings.Contains(string(out), "a.txt") {
					t.Errorf("%s, --mode %s, %s: exit code %d\n%s", s.name, mode, kind.name, code, out)
				}
			}
		}
	}
	t.Log(fmt.Sprint(n, " runs"))
}

// TestWhatDecides: the settings that count where all of a repository is searched are
// those of the default branch, also if something else is checked out.
func TestWhatDecides(t *testing.T) {
	const allow = "[[allow]]\nreason = \"because\"\nrules = [\"github-personal-access-token\"]\n"
	h := small(t, func(h *hub) { h.write(".whosekey.toml", allow) }, func(h *hub) {
		h.write("a.txt", h.keys["pull"]+"\n")
		h.write(".whosekey.toml", "")
	})
	for i, s := range h.servers() {
		for m, mode := range []string{"full", "dir"} {
			for depth := range 2 {
				if (i+m+depth)%2 == 0 {
					continue
				}
				cmd := exec.Command("whosekey", "ci", "--no-identity", "--sarif=", "--mode", mode, "-f", "text")
				cmd.Dir, cmd.Env = h.checkout(s.ref, depth), append(append(os.Environ(), "GITHUB_ACTIONS=", "GITHUB_TOKEN=", "CI=true"), s.env...)
				out, _ := cmd.CombinedOutput()
				if code := cmd.ProcessState.ExitCode(); code != exitClean {
					t.Errorf("%s, --mode %s, depth %d: exit code %d\n%s", s.name, mode, depth, code, out)
				}
			}
		}
	}
	// Nothing decides if it cannot be had, and the report says so.
	work := h.checkout("refs/pull/7/merge", 1)
	(&testRepo{t: t, dir: work, env: h.env}).git("remote", "set-url", "origin", filepath.Join(t.TempDir(), "nowhere"))
	r := &runner{t: t, workspace: work, env: []string{"GITHUB_SHA=" + h.ids["two"], "GITHUB_REF=refs/heads/main"}}
	if out := r.run("schedule", h.payload("schedule")); out.code != exitFindings || !strings.Contains(out.stdout, "no settings and no baseline count") {
		t.Errorf("nothing to ask: exit code %d\n%s%s", out.code, out.stdout, out.stderr)
	}
	// What is pushed to the default branch decides itself.
	r = &runner{t: t, workspace: h.checkout("refs/heads/main", 1), env: []string{"GITHUB_SHA=" + h.ids["two"], "GITHUB_REF=refs/heads/main"}}
	if out := r.run("push", h.push("refs/heads/main", noCommit, h.ids["two"])); out.code != exitClean || !strings.Contains(out.stdout, ".whosekey.toml of commit "+h.ids["two"][:12]) {
		t.Errorf("push to main: exit code %d\n%s%s", out.code, out.stdout, out.stderr)
	}
}
