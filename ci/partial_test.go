package ci

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestFindPartial: what a partial clone left out is fetched.
func TestFindPartial(t *testing.T) {
	s := newSite(t, 3)
	s.git(s.dir, "config", "uploadpack.allowFilter", "true")
	s.git(s.dir, "checkout", "-q", "topic")
	for i, text := range []string{"one", "two"} { // the first is in no newest tree
		if err := os.WriteFile(filepath.Join(s.dir, "a.txt"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		s.git(s.dir, "add", "a.txt")
		s.commit(fmt.Sprint("p", i))
	}
	blob := s.git(s.dir, "rev-parse", "HEAD~1:a.txt")
	s.git(s.dir, "update-ref", "refs/pull/7/head", "HEAD")
	pull := &Job{Server: Servers()[0], Kind: Added, Review: true, MustKnow: true, Pull: true,
		Tips: []Rev{{Name: "refs/pull/7/head", ID: s.ids["p1"], Fetch: "refs/pull/7/head"}}, Known: []Rev{{Name: "the base", ID: s.ids["1"], Fetch: "refs/heads/main"}}}
	for _, j := range []*Job{pull, {Server: Servers()[0], Kind: Everything}} {
		for _, filter := range []string{"blob:none", "tree:0"} {
			for _, depth := range []string{"--depth=2147483647", "--depth=1"} {
				for _, here := range []bool{true, false} {
					dir := filepath.Join(t.TempDir(), "work")
					s.git(t.TempDir(), "init", "-q", dir)
					s.git(dir, "remote", "add", "origin", "file://"+s.dir)
					s.git(dir, "fetch", "-q", "--no-tags", "--filter="+filter, depth, "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/pull/7/head:refs/remotes/pull/7/head")
					s.git(dir, "checkout", "-q", "--force", "refs/remotes/pull/7/head")
					budget := time.Minute
					if !here {
						budget = 0
					}
					_, f, err := s.look(j, dir, budget)
					if has := err == nil && f.Repo.Has(blob); has != here || err != nil && here {
						t.Errorf("%v, %s, %s, fetched %v: it has the file: %v, %v", j.Kind, filter, depth, here, has, err)
					}
				}
			}
		}
	}
}
