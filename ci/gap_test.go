package ci

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// gaps returns what is searched, by names of commits, and what cannot be.
func (s *site) gaps(j *Job, dir string, budget time.Duration) (tips []string, f *Found) {
	s.t.Helper()
	tips, f, err := s.look(j, dir, budget)
	if err != nil {
		s.t.Fatal(err)
	}
	return tips, f
}

// TestFindTagOfCheckout: an event may tell the commit of a tag that has a text in the
// checkout.
func TestFindTagOfCheckout(t *testing.T) {
	s := newSite(t, 3)
	s.git(s.dir, "tag", "-a", "-m", "text", "v1", "main")
	s.git(s.dir, "tag", "light", "main")
	s.ids["v1"] = s.git(s.dir, "rev-parse", "v1")
	for name, want := range map[string][]string{"v1": {"last", "v1"}, "light": {"last"}} {
		for _, after := range []string{s.ids["last"], s.git(s.dir, "rev-parse", name)} {
			if after == s.ids["v1"] {
				want = []string{"v1"}
			}
			j := &Job{Server: Servers()[0]}
			if err := j.push(&payload{Ref: "refs/tags/" + name, Before: strings.Repeat("0", 40), After: after}); err != nil {
				t.Fatal(err)
			}
			if tips, f := s.gaps(j, s.checkout("refs/heads/main", 0), 0); !slices.Equal(tips, want) || len(f.Gaps) > 0 {
				t.Errorf("%s, event of %s: %v, want %v, %v", name, after, tips, want, f.Gaps)
			}
		}
	}
}

// TestFindPeeledTag: actions/checkout leaves of a tag with a text only the commit
// that it is on.
func TestFindPeeledTag(t *testing.T) {
	s := newSite(t, 3)
	s.git(s.dir, "tag", "-a", "-m", "text", "v1", "main")
	s.git(s.dir, "tag", "light", "main")
	s.ids["v1"] = s.git(s.dir, "rev-parse", "v1")
	release := func(name string) *Job {
		j := &Job{Server: Servers()[0]}
		j.tag(name, "")
		j.Else, j.Tips[0].Peeled = nil, true
		return j
	}
	push := &Job{Server: Servers()[0], Kind: Added, Tips: []Rev{{Name: "refs/tags/v1", ID: s.ids["v1"], Fetch: "refs/tags/v1"}}}
	azure := &Job{Server: Servers()[2]}
	azure.tag("v1", s.ids["last"])
	// An event that tells the commit, and a checkout that has the tag on it.
	told := func(name string) *Job {
		j := &Job{Server: Servers()[0]}
		if err := j.push(&payload{Ref: "refs/tags/" + name, Before: strings.Repeat("0", 40), After: s.ids["last"]}); err != nil {
			t.Fatal(err)
		}
		return j
	}
	for _, depth := range []int{0, 1} {
		peeled := func(name string) string {
			dir := s.checkout("refs/heads/main", depth)
			s.git(dir, "update-ref", "refs/tags/"+name, s.ids["last"])
			return dir
		}
		if tips, f := s.gaps(push, peeled("v1"), time.Minute); !slices.Equal(tips, []string{"v1"}) || len(f.Gaps) > 0 {
			t.Errorf("push, depth %d: %v, %v", depth, tips, f.Gaps)
		}
		if tips, f := s.gaps(release("v1"), peeled("v1"), time.Minute); !slices.Equal(tips, []string{"v1"}) || len(f.Gaps) > 0 {
			t.Errorf("release, depth %d: %v, %v", depth, tips, f.Gaps)
		}
		if tips, f := s.gaps(release("light"), peeled("light"), time.Minute); !slices.Equal(tips, []string{"last"}) || len(f.Gaps) > 0 {
			t.Errorf("a tag without a text, depth %d: %v, %v", depth, tips, f.Gaps)
		}
		if tips, f := s.gaps(told("v1"), peeled("v1"), time.Minute); !slices.Equal(tips, []string{"last", "v1"}) || len(f.Gaps) > 0 {
			t.Errorf("push told by its commit, depth %d: %v, %v", depth, tips, f.Gaps)
		}
		if tips, f := s.gaps(told("light"), peeled("light"), time.Minute); !slices.Equal(tips, []string{"last"}) || len(f.Gaps) > 0 || len(f.Notes) > 0 {
			t.Errorf("push of a tag without a text, depth %d: %v, %v, %v", depth, tips, f.Gaps, f.Notes)
		}
		if tips, f := s.gaps(told("light"), peeled("light"), 0); depth == 0 && (!slices.Equal(tips, []string{"last"}) || len(f.Gaps) > 0 || len(f.Notes) != 1) {
			t.Errorf("push of a tag that cannot be fetched: %v, %v, %v", tips, f.Gaps, f.Notes)
		}
		if depth == 0 { // of a shallow one nothing is searched then
			if _, f := s.gaps(release("v1"), peeled("v1"), 0); len(f.Gaps) != 1 {
				t.Errorf("it cannot be fetched: %v", f.Gaps)
			}
		}
		dir := s.checkout("refs/heads/main", 1)
		if tips, f := s.gaps(azure, dir, time.Minute); !slices.Equal(tips, []string{"v1"}) || len(f.Gaps) > 0 {
			t.Errorf("a checkout without tags: %v, %v", tips, f.Gaps)
		}
	}
}

// TestFindTagAlone: a runner checks out a tag and no branch. It is compared with all
// branches all the same: what stands on one is not the tag's.
func TestFindTagAlone(t *testing.T) {
	s := newSite(t, 250)
	s.git(s.dir, "tag", "light", "main~120")
	s.git(s.dir, "tag", "-a", "-m", "text", "text", "main~120")
	s.git(s.dir, "checkout", "-q", "--detach", "topic")
	s.commit("side")
	s.git(s.dir, "tag", "off")
	for _, srv := range Servers() {
		for _, tt := range []struct {
			tag    string
			brings int
		}{{"light", 0}, {"text", 0}, {"off", 1}} {
			for _, depth := range []int{0, 1, 20} {
				dir := s.alone(tt.tag, depth)
				id := s.git(s.dir, "rev-parse", tt.tag)
				if srv.Name != "GitHub Actions" {
					id = s.git(s.dir, "rev-parse", tt.tag+"^{commit}")
				}
				j := &Job{Server: srv}
				j.tag(tt.tag, id)
				_, f := s.gaps(j, dir, time.Minute)
				var tips []string
				for _, tip := range f.Tips {
					tips = append(tips, tip.ID)
				}
				if got := f.Repo.Brings(tips, f.Known); got != tt.brings || len(f.Gaps) > 0 {
					t.Errorf("%s, %s, depth %d: brings %d commits, %v", srv.Name, tt.tag, depth, got, f.Gaps)
				}
			}
		}
		for _, depth := range []int{0, 1} { // nothing can be fetched
			dir := s.alone("light", depth)
			s.git(dir, "remote", "set-url", "origin", "file:///nowhere/app.git")
			j := &Job{Server: srv}
			j.tag("light", s.git(s.dir, "rev-parse", "light"))
			_, _, _, err := s.find(j, dir, time.Minute)
			if m := new(Missing); !errors.As(err, &m) {
				t.Errorf("%s, depth %d: %v", srv.Name, depth, err)
			}
		}
	}
}

// alone checks out a tag, put on its commit, and nothing else.
func (s *site) alone(tag string, depth int) string {
	dir := filepath.Join(s.t.TempDir(), "work")
	s.git(s.t.TempDir(), "init", "-q", dir)
	s.git(dir, "remote", "add", "origin", "file://"+s.dir)
	args := []string{"fetch", "-q", "--no-tags"}
	if depth > 0 {
		args = append(args, fmt.Sprintf("--depth=%d", depth))
	}
	commit := s.git(s.dir, "rev-parse", tag+"^{commit}")
	s.git(dir, append(args, "origin", "+"+commit+":refs/tags/"+tag)...)
	s.git(dir, "checkout", "-q", "--detach", commit)
	return dir
}

// TestFindTagAmongBranches: a tag that somebody keeps beside the branches, or a pull
// request, is none.
func TestFindTagAmongBranches(t *testing.T) {
	s := newSite(t, 3)
	s.git(s.dir, "checkout", "-q", "--detach", "main")
	s.commit("side")
	s.git(s.dir, "tag", "v1")
	for _, ref := range []string{
		"refs/remotes/origin/v1", "refs/remotes/origin/tags/v1", "refs/remotes/origin/tags/v1-rc", "refs/remotes/x/co", "refs/remotes/tags/v1",
		"refs/remotes/pull/5/merge", "refs/remotes/origin/pr/5", "refs/heads/build",
	} {
		dir := s.checkout("refs/heads/main", 0)
		s.git(dir, "update-ref", ref, s.ids["side"])
		j := &Job{Server: Servers()[0]}
		j.tag("v1", s.ids["side"])
		if _, f := s.gaps(j, dir, 0); slices.Contains(f.Known, s.ids["side"]) || !slices.Contains(f.Known, s.ids["last"]) {
			t.Errorf("%s: known: %v", ref, f.Known)
		}
	}
}

// TestFindTagUnderItsID: what Azure's agent checks out is no branch.
func TestFindTagUnderItsID(t *testing.T) {
	s := newSite(t, 3)
	s.git(s.dir, "checkout", "-q", "--detach", "main")
	s.commit("side")
	s.git(s.dir, "tag", "v1")
	dir := s.checkout("refs/heads/main", 0)
	s.git(dir, "update-ref", "refs/remotes/origin/"+s.ids["side"], s.ids["side"])
	j := &Job{Server: Servers()[2]}
	j.tag("v1", s.ids["side"])
	if _, f := s.gaps(j, dir, 0); slices.Contains(f.Known, s.ids["side"]) || !slices.Contains(f.Known, s.ids["last"]) {
		t.Errorf("known: %v", f.Known)
	}
}

// TestFindMergeElsewhere: a leak that only the merge has is found, or the merge is
// said to be missing.
func TestFindMergeElsewhere(t *testing.T) {
	s := newSite(t, 3)
	for _, depth := range []int{0, 1} {
		dir := s.checkout("refs/pull/7/head", depth)
		if tips, f := s.gaps(s.pull(), dir, time.Minute); !slices.Equal(tips, []string{"t3", "M"}) || len(f.Gaps) > 0 {
			t.Errorf("depth %d: %v, %v", depth, tips, f.Gaps)
		}
	}
	gone := s.pull()
	gone.Merge = strings.Repeat("e", 40)
	for _, budget := range []time.Duration{0, time.Minute} {
		if tips, f := s.gaps(gone, s.checkout("refs/pull/7/head", 0), budget); !slices.Equal(tips, []string{"t3"}) || len(f.Gaps) != 1 {
			t.Errorf("nobody has it: %v, %v", tips, f.Gaps)
		}
	}
}

// TestFindAll: all branches and tags are fetched, or the scan is not complete.
func TestFindAll(t *testing.T) {
	s := newSite(t, 3)
	s.git(s.dir, "tag", "-a", "-m", "text", "v1", "topic")
	all := func() *Job { return &Job{Server: Servers()[1], Kind: Everything} }
	single := func(args ...string) string {
		dir := filepath.Join(t.TempDir(), "clone")
		s.git(s.dir, append(append([]string{"clone", "-q"}, args...), "file://"+s.dir, dir)...)
		return dir
	}
	for _, args := range [][]string{{"--single-branch", "-b", "main"}, {"--no-tags"}, {"--depth=1"}, {}} {
		dir := single(args...)
		if _, f := s.gaps(all(), dir, time.Minute); len(f.Gaps) > 0 || f.Repo.Ref("refs/remotes/origin/topic") == "" || !f.Repo.IsTag(f.Repo.Ref("refs/tags/v1")) {
			t.Errorf("%v: %v", args, f.Gaps)
		}
		dir = single(args...)
		s.git(dir, "remote", "set-url", "origin", "file:///nowhere/app.git")
		_, f := s.gaps(all(), dir, time.Minute)
		if got, want := len(f.Gaps) == 0 && !f.Repo.Shallow(), len(args) == 0; got != want {
			t.Errorf("%v: without the server it is taken for complete: %v", args, got)
		}
	}
	dir := single() // a tag that actions/checkout has put on the commit
	s.git(dir, "tag", "-f", "v1", "v1^{commit}")
	if _, f := s.gaps(all(), dir, time.Minute); !f.Repo.IsTag(f.Repo.Ref("refs/tags/v1")) {
		t.Error("the text of a tag is not there")
	}
	s.git(dir, "remote", "remove", "origin")
	if _, f := s.gaps(all(), dir, time.Minute); len(f.Gaps)+len(f.Notes) > 0 {
		t.Errorf("a repository without a server: %v, %v", f.Gaps, f.Notes)
	}
}

// TestFetchRunsNothing: what the checkout's settings name is not run.
func TestFetchRunsNothing(t *testing.T) {
	s := newSite(t, 3)
	dir, ran := s.checkout("refs/pull/7/merge", 1), filepath.Join(t.TempDir(), "ran")
	for _, key := range []string{"core.fsmonitor", "core.alternateRefsCommand", "remote.origin.uploadpack"} {
		s.git(dir, "config", key, "touch "+ran+"; git-upload-pack")
	}
	hook := filepath.Join(dir, ".git", "hooks", "reference-transaction")
	if err := os.MkdirAll(filepath.Dir(hook), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hook, []byte("#!/bin/sh\ntouch "+ran+"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	if tips, _ := s.gaps(s.pull(), dir, time.Minute); !slices.Equal(tips, []string{"t3", "M"}) {
		t.Errorf("fetched %v", tips)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a program of the checkout's choice was run")
	}
}

// TestJudge: a branch that is not the default one does not decide on what is
// ignored: it may be the one of a pull request that the server does not tell of.
func TestJudge(t *testing.T) {
	gitlab := func(branch string, more ...string) []string {
		return append([]string{"GITLAB_CI=true", "CI_COMMIT_SHA=" + idA, "CI_COMMIT_BRANCH=" + branch, "CI_DEFAULT_BRANCH=main", "CI_COMMIT_BEFORE_SHA=" + idB}, more...)
	}
	for _, tt := range []struct {
		name string
		env  []string
		want string
	}{
		{"GitLab, open merge request", gitlab("x", "CI_PIPELINE_SOURCE=push", "CI_OPEN_MERGE_REQUESTS=a/b!3"), "refs/heads/main"},
		{"GitLab, started by hand", gitlab("x", "CI_PIPELINE_SOURCE=web"), "refs/heads/main"},
		{"GitLab, default branch", gitlab("main", "CI_PIPELINE_SOURCE=push"), ""},
		{"CircleCI", []string{"CIRCLECI=true", "CIRCLE_SHA1=" + idA, "CIRCLE_BRANCH=x"}, "HEAD"},
		{"CircleCI, main", []string{"CIRCLECI=true", "CIRCLE_SHA1=" + idA, "CIRCLE_BRANCH=main"}, "HEAD"},
		{"Azure", []string{"TF_BUILD=True", "BUILD_REASON=IndividualCI", "BUILD_SOURCEVERSION=" + idA, "BUILD_SOURCEBRANCH=refs/heads/x"}, "HEAD"},
		{"Azure, by hand", []string{"TF_BUILD=True", "BUILD_REASON=Manual", "BUILD_SOURCEVERSION=" + idA, "BUILD_SOURCEBRANCH=refs/heads/x"}, "HEAD"},
		{"Azure, by hand, of a pull request's merge", []string{"TF_BUILD=True", "BUILD_REASON=Manual", "BUILD_SOURCEVERSION=" + idA, "BUILD_SOURCEBRANCH=refs/pull/7/merge"}, "HEAD"},
		{"Azure, schedule of main", []string{"TF_BUILD=True", "BUILD_REASON=Schedule", "BUILD_SOURCEVERSION=" + idA, "BUILD_SOURCEBRANCH=refs/heads/main"}, "HEAD"},
		{"Bitbucket, a commit", []string{"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_COMMIT=" + idA}, "HEAD"},
		{"CircleCI, no branch", []string{"CIRCLECI=true", "CIRCLE_SHA1=" + idA}, "HEAD"},
		{"Buildkite, schedule", []string{"BUILDKITE=true", "BUILDKITE_COMMIT=" + idA, "BUILDKITE_BRANCH=x", "BUILDKITE_SOURCE=schedule", "BUILDKITE_PIPELINE_DEFAULT_BRANCH=dev"}, "refs/heads/dev"},
		{"Bitbucket", []string{"BITBUCKET_BUILD_NUMBER=1", "BITBUCKET_COMMIT=" + idA, "BITBUCKET_BRANCH=x"}, "HEAD"},
		{"Buildkite", []string{"BUILDKITE=true", "BUILDKITE_COMMIT=" + idA, "BUILDKITE_BRANCH=x", "BUILDKITE_PULL_REQUEST=false", "BUILDKITE_PIPELINE_DEFAULT_BRANCH=dev"}, "refs/heads/dev"},
		{"Jenkins", []string{"JENKINS_URL=x", "GIT_COMMIT=" + idA, "BRANCH_NAME=x"}, "HEAD"},
		{"Jenkins, primary branch", []string{"JENKINS_URL=x", "GIT_COMMIT=" + idA, "BRANCH_NAME=x", "BRANCH_IS_PRIMARY=true"}, ""},
		{"Jenkins, a job of one branch", []string{"JENKINS_URL=x", "GIT_COMMIT=" + idA, "GIT_BRANCH=origin/x"}, ""},
	} {
		j, err := Read(environment(tt.env...), Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if j.Judge != nil {
			got = j.Judge[0].Fetch
		}
		if got != tt.want {
			t.Errorf("%s: settings of %q, want %q", tt.name, got, tt.want)
		}
	}
	s := newSite(t, 3)
	for _, depth := range []int{0, 1} {
		for _, standard := range []string{"main", ""} {
			j := &Job{Server: Servers()[1]}
			j.pushed("topic", s.ids["t3"], s.ids["t2"], standard)
			if _, f := s.gaps(j, s.checkout("refs/heads/topic", depth), time.Minute); f.Settings != s.ids["last"] {
				t.Errorf("default branch %q, depth %d: settings of %q", standard, depth, f.Settings)
			}
		}
	}
	j := &Job{Server: Servers()[1]}
	j.pushed("topic", s.ids["t3"], s.ids["t2"], "gone")
	if _, f := s.gaps(j, s.checkout("refs/heads/topic", 0), 0); f.Settings != "" || len(f.Notes) != 1 {
		t.Errorf("no default branch: settings of %q, %q", f.Settings, f.Notes)
	}
}

func (s *site) look(j *Job, dir string, budget time.Duration) (tips []string, f *Found, err error) {
	s.t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	f, err = j.Find(context.Background(), func() (*gitrepo.Repo, error) { return gitrepo.Open(dir, gitrepo.Options{}) }, &Fetcher{Dir: dir, Budget: budget})
	if err != nil {
		return nil, nil, err
	}
	s.t.Cleanup(func() { f.Repo.Close() })
	for _, t := range f.Tips {
		for n, id := range s.ids {
			if id == t.ID {
				tips = append(tips, n)
			}
		}
	}
	return tips, f, nil
}
