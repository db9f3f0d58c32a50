package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
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
	away, none := new(gitrepo.Away), new(gitrepo.Unknown)
	for _, kept := range []string{"origin/", "pull/"} {
		if !errors.As(err, &none) {
			break
		}
		if i, e := repo.Resolve(kept + strings.TrimPrefix(name, "refs/heads/")); !errors.As(e, &none) {
			id, err = i, e
		}
	}
	rest := ci.Named(name)
	switch {
	case err == nil:
		return ci.Rev{Name: name, ID: id.String()}, nil
	case errors.As(err, &away):
		return ci.Rev{Name: name, ID: away.ID}, nil
	case isID(name):
		return ci.Rev{Name: name, ID: name}, nil
	case errors.As(err, &none) && repo.Cloned() && r.budget > 0 && r.asked[name] < len(rest):
		if r.asked == nil {
			r.asked = map[string]int{}
		}
		r.asked[name]++
		return rest[r.asked[name]-1], nil
	}
	said := fmt.Errorf("%q: %w", name, err)
	if errors.As(err, &none) && repo.Shallow() && (strings.Trim(none.Name, "0123456789abcdef") == "" || slices.ContainsFunc(rest, r.fetcher.MayHave)) {
		return ci.Rev{}, &failure{said, "the checkout is shallow: " + r.full(), exitIncomplete}
	}
	return ci.Rev{}, usage(said, "name a branch, tag or commit that is in the checkout, such as origin/main")
}
