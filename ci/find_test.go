package ci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// site is a server's repository with a pull request:
//
//	main    1 - 2 - 3 -------- 4
//	             \              \
//	topic         t1 - t2 - t3 - M    refs/pull/7/head is t3, refs/pull/7/merge is M
type site struct {
	t   *testing.T
	dir string
	ids map[string]string
	now int
}

func (s *site) git(dir string, args ...string) string {
	s.t.Helper()
	s.now++
	when := fmt.Sprintf("%d +0000", 1_700_000_000+s.now*60)
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@a.example",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@a.example", "GIT_AUTHOR_DATE="+when, "GIT_COMMITTER_DATE="+when)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("git %v: %v\n%s", args, err, &stderr)
	}
	return strings.TrimSpace(string(out))
}

func (s *site) commit(name string) {
	s.git(s.dir, "commit", "-q", "--allow-empty", "-m", name)
	s.ids[name] = s.git(s.dir, "rev-parse", "HEAD")
}

// newSite makes main with n commits.
func newSite(t *testing.T, n int) *site {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("SKIPPED: no git")
	}
	s := &site{t: t, dir: t.TempDir(), ids: map[string]string{}}
	s.git(s.dir, "init", "-q", "-b", "main")
	var history strings.Builder
	for i := range n {
		fmt.Fprintf(&history, "commit refs/heads/main\nmark :%d\ncommitter a <a@a.example> %d +0000\ndata 1\nm\n", i+1, 1_600_000_000+i)
	}
	cmd := exec.Command("git", "-C", s.dir, "fast-import", "--quiet")
	cmd.Stdin = strings.NewReader(history.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for i := range min(n, 3) {
		s.ids[fmt.Sprint(i+1)] = s.git(s.dir, "rev-parse", fmt.Sprintf("main~%d", n-1-i))
	}
	s.git(s.dir, "reset", "-q", "--hard")
	s.git(s.dir, "checkout", "-q", "-b", "topic", "HEAD~1")
	for _, name := range []string{"t1", "t2", "t3"} {
		s.commit(name)
	}
	s.git(s.dir, "checkout", "-q", "main")
	s.commit("last")
	s.git(s.dir, "checkout", "-q", "--detach")
	s.git(s.dir, "merge", "-q", "--no-ff", "-m", "M", "topic")
	s.ids["M"] = s.git(s.dir, "rev-parse", "HEAD")
	s.git(s.dir, "update-ref", "refs/pull/7/head", s.ids["t3"])
	s.git(s.dir, "update-ref", "refs/pull/7/merge", s.ids["M"])
	s.git(s.dir, "checkout", "-q", "main")
	return s
}

// checkout gets a ref as actions/checkout does.
func (s *site) checkout(ref string, depth int) string {
	dir := filepath.Join(s.t.TempDir(), "work")
	s.git(s.t.TempDir(), "init", "-q", dir)
	s.git(dir, "remote", "add", "origin", "file://"+s.dir)
	args := []string{"fetch", "-q", "--no-tags", "origin", "+" + ref + ":refs/remotes/x/head"}
	if depth > 0 {
		args = append(args, fmt.Sprintf("--depth=%d", depth))
	} else {
		args = append(args, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
	}
	s.git(dir, args...)
	s.git(dir, "checkout", "-q", "--detach", "refs/remotes/x/head")
	return dir
}

// find returns what is searched and what is known, by names of commits.
func (s *site) find(j *Job, dir string, budget time.Duration) (tips, known, notes []string, err error) {
	s.t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	f, err := j.Find(context.Background(), func() (*gitrepo.Repo, error) { return gitrepo.Open(dir, gitrepo.Options{}) }, &Fetcher{Dir: dir, Budget: budget, Log: func(l string) { s.t.Log(l) }})
	if err != nil {
		return nil, nil, nil, err
	}
	defer f.Repo.Close()
	name := func(id string) string {
		for n, known := range s.ids {
			if known == id {
				return n
			}
		}
		return id
	}
	for _, t := range f.Tips {
		tips = append(tips, name(t.ID))
	}
	for _, id := range f.Known {
		known = append(known, name(id))
	}
	slices.Sort(known)
	return tips, slices.Compact(known), f.Notes, nil
}

func (s *site) pull() *Job {
	return &Job{Server: Servers()[0], Kind: Added, Review: true, MustKnow: true, Merge: s.ids["M"], MergeOf: s.ids["t3"],
		Tips:  []Rev{{Name: "refs/pull/7/head", ID: s.ids["t3"], Fetch: "refs/pull/7/head"}},
		Known: []Rev{{Name: "the base", ID: s.ids["1"], Fetch: "refs/heads/main"}}}
}

func TestFindPullRequest(t *testing.T) {
	for _, length := range []int{3, 250} {
		s := newSite(t, length)
		for _, depth := range []int{0, 1, 2, 3} {
			tips, known, _, err := s.find(s.pull(), s.checkout("refs/pull/7/merge", depth), time.Minute)
			// The base of the event is older than that of the merge.
			if err != nil || strings.Join(tips, " ") != "t3 M" || !slices.Contains(known, "last") {
				t.Errorf("%d commits, depth %d: tips %v, known %v, %v", length, depth, tips, known, err)
			}
		}
	}
}

// TestFindOldBranch: of what is compared with a branch that has gone on for long, what
// both have is not new, wherever the checkout is cut off.
func TestFindOldBranch(t *testing.T) {
	s := newSite(t, 300)
	s.git(s.dir, "checkout", "-q", "-b", "old", s.ids["3"])
	s.commit("o1")
	old := Rev{Name: "old", ID: s.ids["o1"], Fetch: "refs/heads/old"}
	main := Rev{Name: "main", ID: s.ids["last"], Fetch: "refs/heads/main"}
	for _, tt := range []struct {
		tip, known Rev
		brings     int
	}{{old, main, 1}, {main, old, 298}} {
		for _, depth := range []int{0, 1, 2, 50} {
			for _, budget := range []time.Duration{time.Minute, 0} {
				j := &Job{Server: Servers()[0], Kind: Added, Review: true, MustKnow: true, Tips: []Rev{tt.tip}, Known: []Rev{tt.known}}
				dir := s.checkout(tt.tip.Fetch, depth)
				if budget == 0 && depth > 0 { // both are there, and where they part is not
					s.git(dir, "fetch", "-q", fmt.Sprintf("--depth=%d", depth), "origin", tt.known.Fetch)
				}
				f, err := j.Find(context.Background(), func() (*gitrepo.Repo, error) { return gitrepo.Open(dir, gitrepo.Options{}) }, &Fetcher{Dir: dir, Budget: budget})
				if budget == 0 && depth > 0 && errors.As(err, new(*Missing)) {
					continue
				} else if err != nil {
					t.Errorf("%s, depth %d, %s: %v", tt.tip.Name, depth, budget, err)
					continue
				}
				if n := f.Repo.Brings([]string{tt.tip.ID}, []string{tt.known.ID}); n != tt.brings {
					t.Errorf("%s, depth %d, %s: %d commits, want %d", tt.tip.Name, depth, budget, n, tt.brings)
				}
				f.Repo.Close()
			}
		}
	}
}

// TestFindElsewhere: what is missing is fetched into the checkout, whatever repository
// the environment names.
func TestFindElsewhere(t *testing.T) {
	s := newSite(t, 3)
	dir, other := s.checkout("refs/pull/7/merge", 1), filepath.Join(t.TempDir(), "other")
	s.git(s.dir, "init", "-q", "--bare", other)
	for name, value := range map[string]string{"GIT_DIR": other, "GIT_OBJECT_DIRECTORY": filepath.Join(other, "objects"), "GIT_NAMESPACE": "x", "GIT_SHALLOW_FILE": filepath.Join(other, "s")} {
		t.Setenv(name, value)
	}
	if tips, known, _, err := s.find(s.pull(), dir, time.Minute); err != nil || strings.Join(tips, " ") != "t3 M" || !slices.Contains(known, "last") {
		t.Errorf("tips %v, known %v, %v", tips, known, err)
	}
}

// TestFindNothingFetched: what is not there, and may not be fetched, is an error.
func TestFindNothingFetched(t *testing.T) {
	s := newSite(t, 3)
	for _, depth := range []int{1, 2} {
		tips, known, _, err := s.find(s.pull(), s.checkout("refs/pull/7/merge", depth), 0)
		if m := new(Missing); !errors.As(err, &m) {
			t.Errorf("depth %d: tips %v, known %v, %v", depth, tips, known, err)
		}
	}
	dir := s.checkout("refs/pull/7/merge", 1)
	s.git(dir, "remote", "set-url", "origin", "http://user:"+"hunter2hunter2@127.0.0.1:1/x")
	_, _, _, err := s.find(s.pull(), dir, 10*time.Second)
	if m := new(Missing); !errors.As(err, &m) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
		t.Errorf("no server: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, _, _, err := s.find(s.pull(), dir, 10*time.Second); err == nil || !strings.Contains(err.Error(), "no git program") {
		t.Errorf("no git: %v", err)
	}
}

func TestFindPush(t *testing.T) {
	s := newSite(t, 3)
	main := Rev{Name: "refs/heads/main", ID: s.ids["last"], Fetch: "refs/heads/main"}
	topic := Rev{Name: "refs/heads/topic", ID: s.ids["t3"], Fetch: "refs/heads/topic"}
	before := func(name string) []Rev { return []Rev{{Name: "before", ID: s.ids[name]}} }
	gone := []Rev{{Name: "before", ID: strings.Repeat("1", 40)}}
	guess := []Rev{{Name: "default", Ref: "refs/remotes/origin/HEAD", Guess: true}}
	for _, tt := range []struct {
		name string
		job  Job
		ref  string
		want string
		note bool
	}{
		{"push", Job{Tips: []Rev{main}, Known: before("2")}, "refs/heads/main", "last not 2", false},
		{"new branch", Job{Tips: []Rev{topic}, Else: []Rev{branch("main")}}, "refs/heads/topic", "t3 not last", false},
		{"forced, before is gone", Job{Tips: []Rev{topic}, Known: gone, Else: []Rev{branch("main")}}, "refs/heads/topic", "t3 not last", true},
		{"forced, nothing to compare with", Job{Tips: []Rev{main}, Known: gone}, "refs/heads/main", "last not", true},
		{"forced, before can be fetched", Job{Tips: []Rev{main}, Known: before("t2"), Else: []Rev{branch("main")}}, "refs/heads/main", "last not t2", false},
		{"the same commit once more", Job{Tips: []Rev{topic}, Known: before("t3"), Else: []Rev{branch("main")}}, "refs/heads/topic", "t3 not t2", true},
		{"the same merge once more", Job{Tips: []Rev{{Name: "x", ID: s.ids["M"], Fetch: "refs/pull/7/merge"}}, Known: before("M")}, "refs/pull/7/merge", "M not last t3", true},
		{"the first commit once more", Job{Tips: []Rev{{Name: "x", ID: s.ids["1"]}}, Known: before("1")}, "refs/heads/main", "1 not", true},
		{"the default branch is not known", Job{Tips: []Rev{main}, Else: guess}, "refs/heads/main", "last not", false},
	} {
		for _, depth := range []int{0, 1} {
			j := tt.job
			j.Kind, j.Server = Added, Servers()[0]
			dir := s.checkout(tt.ref, depth)
			s.git(dir, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
			tips, known, notes, err := s.find(&j, dir, time.Minute)
			if got := strings.TrimSpace(strings.Join(tips, " ") + " not " + strings.Join(known, " ")); err != nil || got != tt.want || (len(notes) > 0) != tt.note {
				t.Errorf("%s, depth %d: %q, notes %q, %v; want %q", tt.name, depth, got, notes, err, tt.want)
			}
		}
	}
	// A tip that nobody has.
	j := Job{Kind: Added, Server: Servers()[0], Tips: gone}
	if tips, _, _, err := s.find(&j, s.checkout("refs/heads/main", 0), time.Minute); !errors.As(err, new(*Missing)) {
		t.Errorf("a tip that is gone: %v, %v", tips, err)
	}
}

func TestFindTagAndAll(t *testing.T) {
	s := newSite(t, 3)
	s.git(s.dir, "checkout", "-q", "--detach", "main")
	s.commit("side")
	s.git(s.dir, "tag", "-a", "-m", "text", "v1")
	s.ids["v1"] = s.git(s.dir, "rev-parse", "v1")
	j := &Job{Server: Servers()[0]}
	j.tag("v1", s.ids["side"])
	tips, known, _, err := s.find(j, s.checkout("refs/tags/v1", 0), time.Minute)
	if err != nil || strings.Join(tips, " ") != "v1" || !slices.Contains(known, "last") || !slices.Contains(known, "t3") {
		t.Errorf("tag: %v not %v, %v", tips, known, err)
	}
	j = &Job{Server: Servers()[0], Kind: Everything}
	dir := s.checkout("refs/heads/main", 1)
	if _, _, _, err := s.find(j, dir, 0); err != nil {
		t.Errorf("all of a shallow checkout: %v", err)
	}
	if _, _, _, err := s.find(j, dir, time.Minute); err != nil || s.git(dir, "rev-parse", "--is-shallow-repository") != "false" {
		t.Errorf("it was not made complete: %v", err)
	}
}
