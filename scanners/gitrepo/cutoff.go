package gitrepo

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// Ref returns the id of the object that a ref names, by its full name, such as
// refs/tags/v1; empty if there is none.
func (r *Repo) Ref(name string) string {
	for _, ref := range r.refs {
		if ref.name == name {
			return ref.id.String()
		}
	}
	return ""
}

// Symbolic returns the ref that a ref of the checkout stands for, as
// refs/remotes/origin/HEAD does for the server's default branch; empty if it stands
// for none.
func (r *Repo) Symbolic(name string) string {
	b, err := readSmall(filepath.Join(r.CommonDir, filepath.FromSlash(name)))
	target, ok := strings.CutPrefix(string(b), "ref:")
	if err != nil || !ok {
		return ""
	}
	return strings.TrimSpace(target)
}

// IsTag reports whether an object is a tag with a text of its own.
func (r *Repo) IsTag(id string) bool {
	parsed, _ := gitpack.ParseID(id)
	n, ok := r.store.Lookup(parsed)
	if !ok {
		return false
	}
	kind, err := r.store.Type(n)
	return err == nil && kind == gitpack.Tag
}

// Has reports whether an object is in the repository, by its full id.
func (r *Repo) Has(id string) bool {
	parsed, ok := gitpack.ParseID(id)
	if ok {
		_, ok = r.store.Lookup(parsed)
	}
	return ok
}

// Parents returns the ids of a commit's parents, also of those that are behind
// where a shallow clone was cut off. id is the full id of a commit or tag.
func (r *Repo) Parents(id string) ([]string, error) {
	at, err := r.Resolve(id)
	if err != nil {
		return nil, err
	}
	n, _ := r.store.Lookup(at)
	info, err := r.commitAt(n)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range info.Parents {
		out = append(out, p.String())
	}
	return out, nil
}

// CutOff reports whether it is not sure which commits tips lead to and known do not,
// as one of the two histories goes on behind where a shallow clone was cut off: that of
// tips, or that of known, if tips lead to a first commit, which known may lead to as
// well. All are full ids; known that are not there are passed over.
func (r *Repo) CutOff(tips, known []string) bool {
	if !r.Shallow() {
		return false
	}
	outs, _ := r.peelAll(known)
	ins, _ := r.peelAll(tips)
	w, first := r.walk(outs, ins), false
	for _, n := range w.sorted() {
		if r.cutAt(n) {
			return true
		}
		info, err := r.commitAt(n)
		first = first || err == nil && len(info.Parents) == 0
	}
	if first {
		for n := range w.by {
			if r.cutAt(n) {
				return true
			}
		}
	}
	return false
}

// cutAt reports whether a shallow clone was cut off behind a commit.
func (r *Repo) cutAt(n int) bool {
	info, err := r.commitAt(n)
	if err != nil || !r.shallow[r.store.ID(n)] {
		return false // what cannot be read is noted by the scan
	}
	return slices.ContainsFunc(info.Parents, func(p gitpack.ID) bool {
		_, ok := r.store.Lookup(p)
		return !ok
	})
}

// Brings returns how many commits tips lead to that known do not.
func (r *Repo) Brings(tips, known []string) int {
	outs, _ := r.peelAll(known)
	ins, _ := r.peelAll(tips)
	return len(r.walk(outs, ins).sorted())
}
