package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/ci"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// override compares with what the user named.
func (r *ciRun) override(repo *gitrepo.Repo, j *ci.Job) error {
	if r.base == "" {
		return nil
	}
	j.KeepBase() // before what the event says is replaced
	head := cmp.Or(r.head, "HEAD")
	for _, side := range []struct {
		name string
		to   *[]ci.Rev
	}{{head, &j.Tips}, {r.base, &j.Known}} {
		rev, err := r.named(repo, side.name)
		if err != nil {
			return err
		}
		*side.to = []ci.Rev{rev}
	}
	j.Kind, j.MustKnow, j.Pull, j.Else, j.Merge, j.Names = ci.Added, true, true, nil, "", nil
	j.Review = j.Review || r.mode != "push"
	j.What = fmt.Sprintf("what %q adds to %q", head, r.base)
	return nil
}

// named is the revision that the user named. One that is not in the checkout is one that
// git can be asked for, each time another that the name may mean.
func (r *ciRun) named(repo *gitrepo.Repo, name string) (ci.Rev, error) {
	id, err := repo.Resolve(name)
	// Runners check out commits, and no branch: main is origin/main then, and what
	// GitHub calls 7/merge is pull/7/merge.
	away := new(gitrepo.Away)
	for _, kept := range []string{"origin/", "pull/"} {
		if err == nil || errors.As(err, &away) {
			break
		}
		if i, e := repo.Resolve(kept + strings.TrimPrefix(name, "refs/heads/")); e == nil || errors.As(e, &away) {
			id, err = i, e
		}
	}
	rest := ci.Named(name)
	switch {
	case err == nil:
		return ci.Rev{Name: name, ID: id.String()}, nil
	case errors.As(err, &away):
		return ci.Rev{Name: name, ID: away.ID}, nil
	case isCommitID(name):
		return ci.Rev{Name: name, ID: name}, nil
	case repo.Cloned() && r.budget > 0 && r.asked[name] < len(rest):
		if r.asked == nil {
			r.asked = map[string]int{}
		}
		r.asked[name]++
		return rest[r.asked[name]-1], nil
	}
	err = fmt.Errorf("%q: %w", name, err)
	if repo.Shallow() {
		return ci.Rev{}, &failure{err, "the checkout is shallow: " + r.full(), exitIncomplete}
	}
	return ci.Rev{}, usage(err, "name a branch, tag or commit that is in the checkout, such as origin/main")
}

// isCommitID reports whether a name can only be the whole id of a commit.
func isCommitID(name string) bool {
	return (len(name) == 40 || len(name) == 64) && strings.Trim(name, "0123456789abcdef") == ""
}
