package gitrepo

import (
	"path/filepath"
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

// CutOff reports whether the commits that tips lead to and known do not go on
// behind where a shallow clone was cut off. All are full ids; known that are not
// there are passed over.
func (r *Repo) CutOff(tips, known []string) bool {
	if !r.Shallow() {
		return false
	}
	outs, _ := r.peelAll(known)
	ins, _ := r.peelAll(tips)
	for _, n := range r.walk(outs, ins).sorted() {
		info, err := r.commitAt(n)
		if err != nil || !r.shallow[r.store.ID(n)] {
			continue // what cannot be read is noted by the scan
		}
		for _, p := range info.Parents {
			if _, ok := r.store.Lookup(p); !ok {
				return true
			}
		}
	}
	return false
}

// Brings returns how many commits tips lead to that known do not.
func (r *Repo) Brings(tips, known []string) int {
	outs, _ := r.peelAll(known)
	ins, _ := r.peelAll(tips)
	return len(r.walk(outs, ins).sorted())
}
