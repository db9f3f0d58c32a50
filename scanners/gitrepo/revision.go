package gitrepo

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// Resolve finds the commit that a revision names: a ref's full or short name,
// HEAD or @, a full or abbreviated id, each followed by any number of ^, ^N
// and ~N.
func (r *Repo) Resolve(rev string) (gitpack.ID, error) {
	base := rev
	if i := strings.IndexAny(rev, "^~"); i >= 0 {
		base = rev[:i]
	}
	id, err := r.resolveName(base)
	if err != nil {
		return id, err
	}
	n, ok := r.peel(id)
	if !ok {
		return id, fmt.Errorf("%q names no commit that is in the repository (%s)", base, r.missingFix())
	}
	for steps := rev[len(base):]; steps != ""; {
		kind := steps[0]
		end := 1
		for end < len(steps) && steps[end] >= '0' && steps[end] <= '9' {
			end++
		}
		count := 1
		if end > 1 {
			if count, err = strconv.Atoi(steps[1:end]); err != nil {
				return id, fmt.Errorf("revision %q: %w", rev, err)
			}
		}
		if steps = steps[end:]; kind != '^' && kind != '~' {
			return id, fmt.Errorf("revision %q: whosekey knows ^, ^N and ~N behind a name", rev)
		}
		if n, err = r.ancestor(n, kind, count); err != nil {
			return id, fmt.Errorf("revision %q: %w", rev, err)
		}
	}
	return r.store.ID(n), nil
}

// Unknown is the error of a name that is none in the repository. Who can ask another
// one for it branches on it.
type Unknown struct{ Name string }

func (u *Unknown) Error() string {
	return fmt.Sprintf("unknown revision %q: it is no branch, tag or commit of this repository", u.Name)
}

// Away is the error of a commit that another one names, and that is not in the
// repository. Who can fetch it branches on it.
type Away struct{ ID string }

func (a *Away) Error() string {
	return "commit " + a.ID + " is not in the repository; if it is a shallow clone, run git fetch --unshallow"
}

// ancestor follows ~count or ^count.
func (r *Repo) ancestor(n int, kind byte, count int) (int, error) {
	steps, parent := count, 1
	if kind == '^' {
		steps, parent = min(count, 1), count // ^0 is the commit itself
	}
	for i := range steps {
		if i > r.store.Len() { // a cycle, which a forger can make
			return 0, fmt.Errorf("there are not %d commits", steps)
		}
		info, err := r.commitAt(n)
		if err != nil {
			return 0, err
		}
		if parent > len(info.Parents) {
			return 0, fmt.Errorf("commit %s has %d parents", r.store.ID(n), len(info.Parents))
		}
		var ok bool
		if n, ok = r.store.Lookup(info.Parents[parent-1]); !ok {
			return 0, &Away{info.Parents[parent-1].String()}
		}
	}
	return n, nil
}

func (r *Repo) resolveName(name string) (gitpack.ID, error) {
	if name == "HEAD" || name == "@" || name == "" {
		if r.head.IsZero() {
			return r.head, fmt.Errorf("HEAD names no commit yet")
		}
		return r.head, nil
	}
	// The order is git's: gitrevisions(7).
	for _, form := range []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"} {
		full := fmt.Sprintf(form, name)
		for _, ref := range r.refs {
			if ref.name == full {
				return ref.id, nil
			}
		}
	}
	if id, ok := gitpack.ParseID(name); ok {
		return id, nil
	}
	if len(name) >= 4 {
		switch ids := r.store.Prefix(name, 2); len(ids) {
		case 1:
			return ids[0], nil
		case 2:
			return r.onlyCommit(name)
		}
	}
	return gitpack.ID{}, &Unknown{name}
}

// onlyCommit resolves an abbreviation that several objects share, if only one
// of them is a commit.
func (r *Repo) onlyCommit(prefix string) (found gitpack.ID, err error) {
	n := 0
	for _, id := range r.store.Prefix(prefix, 100) {
		at, _ := r.store.Lookup(id)
		if kind, err := r.store.Type(at); err == nil && (kind == gitpack.Commit || kind == gitpack.Tag) {
			found = id
			n++
		}
	}
	if n != 1 {
		return found, fmt.Errorf("revision %q is ambiguous: write more of the commit's id", prefix)
	}
	return found, nil
}

// commitAt reads a commit.
func (r *Repo) commitAt(n int) (gitpack.CommitInfo, error) {
	o, err := r.store.Read(n)
	if err == nil && o.Type != gitpack.Commit {
		err = fmt.Errorf("it is a %s", o.Type)
	}
	if err != nil {
		return gitpack.CommitInfo{}, fmt.Errorf("read commit %s: %w", r.store.ID(n), err)
	}
	info, err := gitpack.ParseCommit(o.Data)
	if err != nil {
		return info, fmt.Errorf("read commit %s: %w", r.store.ID(n), err)
	}
	return info, nil
}
