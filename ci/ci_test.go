package ci

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	idA   = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	idB   = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	idC   = "cccccccccccccccccccccccccccccccccccccccc"
	zeros = "0000000000000000000000000000000000000000"
)

// environment makes an Env of lines "NAME=value".
func environment(lines ...string) Env {
	m := map[string]string{}
	for _, l := range lines {
		k, v, _ := strings.Cut(l, "=")
		m[k] = v
	}
	return func(name string) string { return m[name] }
}

// event is the environment of an event.
func event(t *testing.T, kind, body string, more ...string) Env {
	t.Helper()
	name := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(name, []byte(body), 0o666); err != nil {
		t.Fatal(err)
	}
	return environment(append([]string{"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=" + kind, "GITHUB_EVENT_PATH=" + name}, more...)...)
}

// words writes a job in a line, for comparison: kind, tips, "not", known, "else".
func (j *Job) words() string {
	rev := func(r Rev) string {
		if r.ID == "" {
			return r.Ref
		}
		return r.ID[:min(4, len(r.ID))]
	}
	out := []string{[]string{"nothing", "added", "everything"}[j.Kind]}
	for _, r := range j.Tips {
		out = append(out, rev(r))
	}
	if j.Merge != "" {
		out = append(out, "merge "+j.Merge[:4]+" of "+j.MergeOf[:4])
	}
	for i, list := range [][]Rev{j.Known, j.Else} {
		for k, r := range list {
			if k == 0 {
				out = append(out, []string{"not", "else"}[i])
			}
			out = append(out, rev(r))
		}
	}
	for _, f := range []struct {
		is   bool
		word string
	}{{j.MustKnow, "must"}, {j.Review, "review"}, {j.Fork, "fork"}} {
		if f.is {
			out = append(out, f.word)
		}
	}
	return strings.Join(out, " ")
}

const pullBody = `{"action":"opened","number":7,"pull_request":{"number":7,"head":{"ref":"topic","sha":"` + idA + `","repo":{"full_name":"acme/app"}},"base":{"ref":"main","sha":"` + idB + `","repo":{"full_name":"acme/app"}}},"repository":{"full_name":"acme/app","default_branch":"main"}}`

func pushBody(ref, before, after string) string {
	return `{"ref":"` + ref + `","before":"` + before + `","after":"` + after + `","repository":{"full_name":"acme/app","default_branch":"main"}}`
}

func TestGitHub(t *testing.T) {
	fork := strings.Replace(pullBody, `"acme/app"}},"base"`, `"eve/app"}},"base"`, 1)
	gone := strings.Replace(pullBody, `{"full_name":"acme/app"}},"base"`, `null},"base"`, 1)
	for _, tt := range []struct {
		name, event, body string
		env               []string
		want              string
	}{
		{"pull request", "pull_request", pullBody, []string{"GITHUB_SHA=" + idC}, "added aaaa merge cccc of aaaa not bbbb must review"},
		{"its head is checked out", "pull_request", pullBody, []string{"GITHUB_SHA=" + idA}, "added aaaa not bbbb must review"},
		{"of a fork", "pull_request", fork, nil, "added aaaa not bbbb must review fork"},
		{"of a fork that is gone", "pull_request", gone, nil, "added aaaa not bbbb must review fork"},
		{"review", "pull_request_review", pullBody, nil, "added aaaa not bbbb must review"},
		{"push", "push", pushBody("refs/heads/main", idB, idA), nil, "added aaaa not bbbb"},
		{"push to another branch", "push", pushBody("refs/heads/x", idB, idA), nil, "added aaaa not bbbb else refs/remotes/origin/main"},
		{"new branch", "push", pushBody("refs/heads/x", zeros, idA), nil, "added aaaa else refs/remotes/origin/main"},
		{"first push", "push", pushBody("refs/heads/main", zeros, idA), nil, "added aaaa"},
		{"deleted branch", "push", pushBody("refs/heads/x", idB, zeros), nil, "nothing"},
		{"tag", "push", pushBody("refs/tags/v1", zeros, idA), nil, "added aaaa refs/tags/v1 else refs/remotes/origin/*"},
		{"deleted tag", "push", pushBody("refs/tags/v1", idB, zeros), nil, "nothing"},
		{"merge queue", "merge_group", `{"merge_group":{"head_sha":"` + idA + `","base_sha":"` + idB + `","base_ref":"refs/heads/main"}}`, nil, "added aaaa not bbbb must review"},
		{"schedule", "schedule", `{"schedule":"17 3 * * 1"}`, nil, "everything"},
		{"by hand", "workflow_dispatch", `{"inputs":null}`, nil, "everything"},
		{"run of another workflow", "workflow_run", `{"workflow_run":{"id":5,"head_sha":"` + idA + `"},"repository":{"default_branch":"main"}}`, nil, "added aaaa not refs/remotes/origin/main must review fork"},
		{"release", "release", `{"release":{"tag_name":"v1","assets":[{"name":"a.zip"}]}}`, nil, "added refs/tags/v1"},
		{"an event of another kind", "issue_comment", `{"action":"created"}`, nil, "everything"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j, err := Read(event(t, tt.event, tt.body, tt.env...), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := j.words(); got != tt.want {
				t.Errorf("%s\n is %q\nnot %q", tt.event, got, tt.want)
			}
		})
	}
}

func TestPullRequestTarget(t *testing.T) {
	env := event(t, "pull_request_target", pullBody)
	_, err := Read(env, Options{})
	if e := new(Error); !errors.As(err, &e) || !strings.Contains(err.Error(), "refused") || !strings.Contains(e.Hint, "--allow-pull-request-target") {
		t.Errorf("refused with %v", err)
	}
	j, err := Read(env, Options{Target: true})
	if err != nil || j.words() != "added aaaa not bbbb must review" {
		t.Errorf("allowed: %v, %v", j, err)
	}
}

// TestBadEvents: none of them is "nothing to search".
func TestBadEvents(t *testing.T) {
	big := `{"x":"` + strings.Repeat("a", maxEvent) + `"}`
	for _, tt := range []struct{ name, event, body string }{
		{"empty", "push", ""},
		{"cut off", "pull_request", pullBody[:len(pullBody)/2]},
		{"no JSON", "push", "hello"},
		{"a list", "push", "[]"},
		{"null", "push", "null"},
		{"no fields", "push", "{}"},
		{"of another event", "pull_request", pushBody("refs/heads/x", idA, idB)},
		{"null pull request", "pull_request", `{"pull_request":null}`},
		{"null base", "pull_request", strings.Replace(pullBody, `"base":{`, `"other":{`, 1)},
		{"no id", "pull_request", strings.Replace(pullBody, idA, "--upload-pack=x", 1)},
		{"half an id", "pull_request", strings.Replace(pullBody, idA, "aaaaaaaa", 1)},
		{"an option for a base", "pull_request", strings.Replace(pullBody, `"ref":"main"`, `"ref":"x\n::set-output name=a::b"`, 1)},
		{"a wrong type", "pull_request", `{"pull_request":"7"}`},
		{"number", "pull_request", strings.Replace(pullBody, `"pull_request":{"number":7`, `"pull_request":{"number":-7`, 1)},
		{"a ref with a newline", "push", pushBody(`refs/heads/a\nb`, idA, idB)},
		{"a ref that is an option", "push", pushBody(`--upload-pack=x`, idA, idB)},
		{"a ref with dots", "push", pushBody(`refs/heads/../../x`, idA, idB)},
		{"before is no id", "push", pushBody(`refs/heads/x`, "$(id)", idB)},
		{"no merge group", "merge_group", "{}"},
		{"no release", "release", "{}"},
		{"a release's tag with a newline", "release", `{"release":{"tag_name":"v1\n::error::x"}}`},
		{"no run", "workflow_run", "{}"},
		{"a default branch that is none", "workflow_run", `{"workflow_run":{"id":5,"head_sha":"` + idA + `"},"repository":{"default_branch":"a b"}}`},
		{"no name", "", pullBody},
		{"too long", "push", big},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j, err := Read(event(t, tt.event, tt.body), Options{})
			if err == nil {
				t.Fatalf("read as %q", j.words())
			}
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("the message has several lines: %q", err)
			}
		})
	}
	for _, env := range []Env{
		environment("GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=push"),
		environment("GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=push", "GITHUB_EVENT_PATH="+filepath.Join(t.TempDir(), "none")),
	} {
		if _, err := Read(env, Options{}); err == nil {
			t.Error("an event that is not there was read")
		}
	}
}

func TestServers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		env    []string
		server string
		want   string
	}{
		{"merge request", []string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=merge_request_event", "CI_COMMIT_SHA=" + idA, "CI_MERGE_REQUEST_IID=3", "CI_MERGE_REQUEST_DIFF_BASE_SHA=" + idB, "CI_COMMIT_BEFORE_SHA=" + zeros, "CI_MERGE_REQUEST_PROJECT_ID=1", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=1"}, "GitLab", "added aaaa not bbbb must review"},
		{"merged results of a fork", []string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=merge_request_event", "CI_COMMIT_SHA=" + idA, "CI_MERGE_REQUEST_DIFF_BASE_SHA=" + idB, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA=" + idC, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=" + strings.Repeat("d", 40), "CI_MERGE_REQUEST_PROJECT_ID=1", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=2"}, "GitLab", "added aaaa dddd not cccc bbbb must review fork"},
		{"push", []string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=push", "CI_COMMIT_SHA=" + idA, "CI_COMMIT_BEFORE_SHA=" + idB, "CI_COMMIT_BRANCH=x", "CI_DEFAULT_BRANCH=main"}, "GitLab", "added aaaa not bbbb else refs/remotes/origin/main"},
		{"new branch", []string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=push", "CI_COMMIT_SHA=" + idA, "CI_COMMIT_BEFORE_SHA=" + zeros, "CI_COMMIT_BRANCH=x", "CI_DEFAULT_BRANCH=main"}, "GitLab", "added aaaa else refs/remotes/origin/main"},
		{"tag", []string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=push", "CI_COMMIT_SHA=" + idA, "CI_COMMIT_TAG=v1"}, "GitLab", "added aaaa else refs/remotes/origin/*"},
		{"schedule", []string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=schedule", "CI_COMMIT_SHA=" + idA, "CI_COMMIT_BRANCH=main"}, "GitLab", "everything"},
		{"Azure: pull request", []string{"TF_BUILD=True", "BUILD_REASON=PullRequest", "BUILD_SOURCEVERSION=" + idC, "BUILD_SOURCEBRANCH=refs/pull/4/merge", "SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main", "SYSTEM_PULLREQUEST_SOURCECOMMITID=" + idA, "SYSTEM_PULLREQUEST_ISFORK=True"}, "Azure Pipelines", "added aaaa merge cccc of aaaa not refs/remotes/origin/main must review fork"},
		{"Azure: push", []string{"TF_BUILD=True", "BUILD_REASON=IndividualCI", "BUILD_SOURCEVERSION=" + idA, "BUILD_SOURCEBRANCH=refs/heads/x"}, "Azure Pipelines", "added aaaa else refs/remotes/origin/HEAD"},
		{"Azure: tag", []string{"TF_BUILD=True", "BUILD_REASON=IndividualCI", "BUILD_SOURCEVERSION=" + idA, "BUILD_SOURCEBRANCH=refs/tags/v1"}, "Azure Pipelines", "added aaaa else refs/remotes/origin/*"},
		{"Azure: schedule", []string{"TF_BUILD=True", "BUILD_REASON=Schedule", "BUILD_SOURCEVERSION=" + idA, "BUILD_SOURCEBRANCH=refs/heads/main"}, "Azure Pipelines", "everything"},
		{"Bitbucket: pull request", []string{"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_COMMIT=aaaaaaaaaaaa", "BITBUCKET_PR_ID=2", "BITBUCKET_PR_DESTINATION_BRANCH=main", "BITBUCKET_PR_DESTINATION_COMMIT=bbbbbbbbbbbb"}, "Bitbucket Pipelines", "added aaaa HEAD not bbbb refs/remotes/origin/main must review"},
		{"Bitbucket: push", []string{"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_COMMIT=" + idA, "BITBUCKET_BRANCH=x"}, "Bitbucket Pipelines", "added aaaa else refs/remotes/origin/HEAD"},
		{"Bitbucket: by hand", []string{"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_COMMIT=" + idA}, "Bitbucket Pipelines", "everything"},
		{"Jenkins: change", []string{"JENKINS_URL=https://ci", "GIT_COMMIT=" + idA, "CHANGE_ID=9", "CHANGE_TARGET=main", "CHANGE_FORK=eve"}, "Jenkins", "added aaaa not refs/remotes/origin/main must review fork"},
		{"Jenkins: push", []string{"JENKINS_URL=https://ci", "GIT_COMMIT=" + idA, "BRANCH_NAME=x", "GIT_PREVIOUS_SUCCESSFUL_COMMIT=" + idB}, "Jenkins", "added aaaa not bbbb"},
		{"Jenkins: first build", []string{"JENKINS_URL=https://ci", "GIT_BRANCH=origin/x"}, "Jenkins", "added HEAD"},
		{"Jenkins: a job without a branch", []string{"JENKINS_URL=https://ci"}, "Jenkins", "everything"},
		{"CircleCI: pull request of a fork", []string{"CIRCLECI=true", "CIRCLE_SHA1=" + idA, "CIRCLE_BRANCH=pull/3", "CIRCLE_PULL_REQUEST=https://github.com/a/b/pull/3", "CIRCLE_PR_NUMBER=3"}, "CircleCI", "added aaaa not refs/remotes/origin/HEAD must review fork"},
		{"CircleCI: push", []string{"CIRCLECI=true", "CIRCLE_SHA1=" + idA, "CIRCLE_BRANCH=x"}, "CircleCI", "added aaaa else refs/remotes/origin/HEAD"},
		{"Buildkite: pull request", []string{"BUILDKITE=true", "BUILDKITE_COMMIT=" + idA, "BUILDKITE_BRANCH=x", "BUILDKITE_PULL_REQUEST=3", "BUILDKITE_PULL_REQUEST_BASE_BRANCH=main"}, "Buildkite", "added aaaa not refs/remotes/origin/main must review"},
		{"Buildkite: push", []string{"BUILDKITE=true", "BUILDKITE_COMMIT=HEAD", "BUILDKITE_BRANCH=x", "BUILDKITE_PULL_REQUEST=false", "BUILDKITE_PIPELINE_DEFAULT_BRANCH=main"}, "Buildkite", "added HEAD else refs/remotes/origin/main"},
		{"Buildkite: schedule", []string{"BUILDKITE=true", "BUILDKITE_COMMIT=HEAD", "BUILDKITE_BRANCH=main", "BUILDKITE_SOURCE=schedule"}, "Buildkite", "everything"},
		{"Buildkite: ui", []string{"BUILDKITE=true", "BUILDKITE_COMMIT=HEAD", "BUILDKITE_BRANCH=main", "BUILDKITE_SOURCE=ui"}, "Buildkite", "everything"},
		{"Buildkite: api", []string{"BUILDKITE=true", "BUILDKITE_COMMIT=HEAD", "BUILDKITE_BRANCH=main", "BUILDKITE_SOURCE=api"}, "Buildkite", "everything"},
		{"Buildkite: trigger_job", []string{"BUILDKITE=true", "BUILDKITE_COMMIT=HEAD", "BUILDKITE_BRANCH=main", "BUILDKITE_SOURCE=trigger_job"}, "Buildkite", "everything"},
		{"Buildkite: webhook", []string{"BUILDKITE=true", "BUILDKITE_COMMIT=HEAD", "BUILDKITE_BRANCH=main", "BUILDKITE_SOURCE=webhook", "BUILDKITE_PIPELINE_DEFAULT_BRANCH=dev"}, "Buildkite", "added HEAD else refs/remotes/origin/dev"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j, err := Read(environment(tt.env...), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := j.words(); got != tt.want || j.Server.Name != tt.server {
				t.Errorf("%s: %q, want %s: %q", j.Server.Name, got, tt.server, tt.want)
			}
		})
	}
}

// TestBadEnvironments: what a server forgets to say, or somebody else says for it,
// is an error.
func TestBadEnvironments(t *testing.T) {
	for _, env := range [][]string{
		{"GITLAB_CI=true"},
		{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=push"},
		{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=push", "CI_COMMIT_SHA=" + idA},
		{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=merge_request_event", "CI_COMMIT_SHA=" + idA},
		{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=push", "CI_COMMIT_SHA=--help", "CI_COMMIT_BRANCH=x"},
		{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=push", "CI_COMMIT_SHA=" + idA, "CI_COMMIT_BRANCH=x", "CI_DEFAULT_BRANCH=a\nb"},
		{"TF_BUILD=True"},
		{"TF_BUILD=True", "BUILD_REASON=PullRequest", "BUILD_SOURCEVERSION=" + idC, "BUILD_SOURCEBRANCH=refs/pull/4/merge"},
		{"BITBUCKET_BUILD_NUMBER=1"},
		{"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_COMMIT=" + idA, "BITBUCKET_PR_ID=2"},
		{"JENKINS_URL=x", "CHANGE_ID=1"},
		{"JENKINS_URL=x", "CHANGE_ID=1", "CHANGE_TARGET=a:b"},
		{"CIRCLECI=true"},
		{"BUILDKITE=true", "BUILDKITE_PULL_REQUEST=3"},
	} {
		if j, err := Read(environment(env...), Options{}); err == nil {
			t.Errorf("%v: read as %q", env, j.words())
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: the message has several lines: %q", env, err)
		}
	}
	if _, err := Read(environment("CI=true"), Options{}); !errors.Is(err, ErrNoServer) {
		t.Errorf("no server: %v", err)
	}
}

// FuzzRead: whatever an event says, what is used of it are ids and names that git
// would take.
func FuzzRead(f *testing.F) {
	f.Add("pull_request", pullBody)
	f.Add("push", pushBody("refs/heads/x", idA, idB))
	f.Add("merge_group", `{"merge_group":{"head_sha":"`+idA+`","base_sha":"`+idB+`"}}`)
	f.Add("release", `{"release":{"tag_name":"v1","assets":[{"name":"a\n::error::x"}]}}`)
	f.Add("workflow_run", `{"workflow_run":{"id":5,"head_sha":"`+idA+`"},"repository":{"default_branch":"main"}}`)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, event, body string) {
		name := filepath.Join(dir, "event")
		if err := os.WriteFile(name, []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
		j, err := Read(environment("GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME="+event, "GITHUB_EVENT_PATH="+name), Options{Target: true})
		if err != nil {
			return
		}
		if strings.ContainsAny(j.What, "\n\r") {
			t.Errorf("several lines: %q", j.What)
		}
		for _, list := range [][]Rev{j.Tips, j.Known, j.Else} {
			for _, r := range list {
				for _, spec := range r.specs() {
					if strings.HasPrefix(spec, "-") || strings.ContainsAny(spec, " \n\r\x00") {
						t.Errorf("git would be asked for %q", spec)
					}
				}
			}
		}
	})
}
