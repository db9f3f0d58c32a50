package ci

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// unsaid are runs of servers that do not tell the default branch, of a push to a
// branch, and whole runs of it.
func unsaid(branch, id string) map[string][]string {
	azure := []string{"TF_BUILD=True", "BUILD_SOURCEVERSION=" + id, "BUILD_SOURCEBRANCH=refs/heads/" + branch}
	jenkins := []string{"JENKINS_URL=https://ci", "GIT_COMMIT=" + id, "BRANCH_NAME=" + branch}
	buildkite := []string{"BUILDKITE=true", "BUILDKITE_COMMIT=" + id, "BUILDKITE_BRANCH=" + branch, "BUILDKITE_PULL_REQUEST=false"}
	return map[string][]string{
		"CircleCI":               {"CIRCLECI=true", "CIRCLE_SHA1=" + id, "CIRCLE_BRANCH=" + branch},
		"Bitbucket":              {"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_COMMIT=" + id, "BITBUCKET_BRANCH=" + branch},
		"Azure":                  append(azure, "BUILD_REASON=IndividualCI"),
		"Azure, by hand":         append(azure, "BUILD_REASON=Manual"),
		"Jenkins":                jenkins,
		"Jenkins, not primary":   append(jenkins, "BRANCH_IS_PRIMARY=false"),
		"Jenkins, one went well": append(jenkins, "GIT_PREVIOUS_SUCCESSFUL_COMMIT="+id),
		"Buildkite":              buildkite,
		"Buildkite, schedule":    append(buildkite, "BUILDKITE_SOURCE=schedule"),
		"GitLab":                 {"GITLAB_CI=true", "CI_PIPELINE_SOURCE=push", "CI_COMMIT_SHA=" + id, "CI_COMMIT_BEFORE_SHA=" + zeros, "CI_COMMIT_BRANCH=" + branch},
	}
}

// TestUnsaidDefault: a branch does not become the default one by its name, where git
// knows which one is.
func TestUnsaidDefault(t *testing.T) {
	for i, tt := range []struct{ standard, pushed string }{
		{"main", "master"}, {"develop", "master"}, {"develop", "main"}, {"master", "main"}, {"main", "topic"}, {"develop", "develop"}, {"main", "main"},
	} {
		s := newSite(t, 3)
		if tt.standard != "main" {
			s.git(s.dir, "branch", "-m", "main", tt.standard)
		}
		if tt.pushed != tt.standard && tt.pushed != "topic" {
			s.git(s.dir, "branch", "-m", "topic", tt.pushed)
		}
		id := s.git(s.dir, "rev-parse", tt.pushed)
		own := tt.pushed == tt.standard
		for depth := range 2 {
			known := []string{"origin/HEAD is there", "asked", "a branch is called HEAD"}[(i+depth)%3]
			dir := s.checkout("refs/heads/"+tt.pushed, depth)
			for name, env := range unsaid(tt.pushed, id) {
				switch known {
				case "origin/HEAD is there":
					s.git(dir, "symbolic-ref", originHead, "refs/remotes/origin/"+tt.standard)
				case "a branch is called HEAD": // or an earlier run left it
					s.git(dir, "update-ref", originHead, id)
				}
				what := fmt.Sprintf("default %s, %s pushed, %s, depth %d, %s", tt.standard, tt.pushed, name, depth, known)
				for _, told := range []string{"", tt.standard} {
					j, err := Read(environment(env...), Options{Default: told})
					if err != nil {
						t.Fatal(err)
					}
					if _, f := s.gaps(j, dir, time.Minute); f.Settings != s.ids["last"] || f.Proposed == own {
						t.Errorf("%s, told %q: settings of %q, proposed %v", what, told, f.Settings, f.Proposed)
					}
				}
			}
		}
	}
}

// TestGuessedDefault: where nobody can be asked, main and master are taken for it, if
// only one of them is there, and the checkout has the other branches too.
func TestGuessedDefault(t *testing.T) {
	for _, tt := range []struct {
		name, branch string
		edit         func(s *site, dir string)
		own          bool
	}{
		{"main", "main", func(*site, string) {}, true},
		{"both are there", "main", func(s *site, dir string) { s.git(dir, "update-ref", "refs/remotes/origin/master", "HEAD~1") }, false},
		{"one branch only", "main", func(s *site, dir string) { s.git(dir, "update-ref", "-d", "refs/remotes/origin/topic") }, false},
		{"another name", "topic", func(*site, string) {}, false},
	} {
		s := newSite(t, 3)
		dir := s.checkout("refs/heads/"+tt.branch, 0)
		s.git(dir, "update-ref", "-d", "refs/remotes/x/head")
		tt.edit(s, dir)
		for name, env := range unsaid(tt.branch, s.git(dir, "rev-parse", "HEAD")) {
			j, err := Read(environment(env...), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, f := s.gaps(j, dir, 0); f.Proposed == tt.own || (f.Settings != "") != tt.own {
				t.Errorf("%s, %s: settings of %q, proposed %v", tt.name, name, f.Settings, f.Proposed)
			}
		}
	}
}

// TestBaseThatIsNone: what has the pull request already is no base of it, if there is
// another one; and if there is none, that is said.
func TestBaseThatIsNone(t *testing.T) {
	s := newSite(t, 3)
	s.git(s.dir, "checkout", "-q", "--detach", "topic")
	s.git(s.dir, "branch", "-q", "-f", "fork", "topic") // in a clone of a fork, origin/main is the fork's
	base, head := s.ids["2"], s.ids["t3"]
	bitbucket := []string{"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_COMMIT=" + head, "BITBUCKET_PR_ID=2", "BITBUCKET_BRANCH=fork", "BITBUCKET_PR_DESTINATION_BRANCH=fork"}
	gitlab := []string{"GITLAB_CI=true", "CI_PIPELINE_SOURCE=merge_request_event", "CI_COMMIT_SHA=" + head, "CI_MERGE_REQUEST_IID=3"}
	for _, tt := range []struct {
		name string
		env  []string
		none bool
	}{
		{"Bitbucket", append(bitbucket, "BITBUCKET_PR_DESTINATION_COMMIT="+base[:12]), false},
		{"Bitbucket, only the branch", bitbucket, true},
		{"Bitbucket, the head for a base", append(bitbucket, "BITBUCKET_PR_DESTINATION_COMMIT="+head[:12]), true},
		{"GitLab", append(gitlab, "CI_MERGE_REQUEST_DIFF_BASE_SHA="+base, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA="+head), false},
		{"GitLab, the head for a base", append(gitlab, "CI_MERGE_REQUEST_DIFF_BASE_SHA="+head), true},
		{"Azure", []string{"TF_BUILD=True", "BUILD_REASON=PullRequest", "BUILD_SOURCEVERSION=" + head, "BUILD_SOURCEBRANCH=refs/pull/7/merge", "SYSTEM_PULLREQUEST_TARGETBRANCH=fork"}, true},
		{"Jenkins", []string{"JENKINS_URL=x", "GIT_COMMIT=" + head, "CHANGE_ID=9", "CHANGE_TARGET=fork"}, true},
		{"Buildkite", []string{"BUILDKITE=true", "BUILDKITE_COMMIT=" + head, "BUILDKITE_PULL_REQUEST=3", "BUILDKITE_PULL_REQUEST_BASE_BRANCH=fork"}, true},
	} {
		j, err := Read(environment(tt.env...), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, depth := range []int{0, 1} {
			_, f := s.gaps(j, s.checkout("refs/heads/fork", depth), time.Minute)
			if none := len(f.Gaps) == 1 && strings.Contains(f.Gaps[0].Reason, "0 commits"); none != tt.none || !none && len(f.Gaps) > 0 {
				t.Errorf("%s, depth %d: %v, known %v", tt.name, depth, f.Gaps, f.Known)
			}
		}
	}
	j := s.pull() // an event whose base is its head
	j.Pull, j.Known[0].ID = true, head
	if _, f := s.gaps(j, s.checkout("refs/pull/7/merge", 0), time.Minute); len(f.Gaps) > 0 || f.Repo.Brings([]string{head}, f.Known) != 3 {
		t.Errorf("the merge tells the base: %v, known %v", f.Gaps, f.Known)
	}
}
