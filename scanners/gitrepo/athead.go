package gitrepo

import (
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// BlobsAtHead returns the ids of the files that HEAD has at some paths; what it does not
// have, and folders and submodules, are not in it.
func (r *Repo) BlobsAtHead(paths []string) map[string]string {
	out := map[string]string{}
	n, ok := r.peel(r.head)
	if r.head.IsZero() || !ok {
		return out
	}
	c := &Changes{r: r, steps: []step{{changes: make([]change, len(paths))}}}
	for i, path := range paths {
		c.steps[0].changes[i].path = path
	}
	c.eachAt(r.store.ID(n), func(path string, id gitpack.ID) { out[path] = id.String() })
	return out
}

// SetHead has HEAD of a bare repository name a branch, if it has that: a fetch leaves HEAD as
// it was when it was cloned.
func SetHead(dir, branch string) error {
	store := storageAt(dir)
	name := plumbing.NewBranchReferenceName(branch)
	if name.Validate() != nil {
		return nil
	}
	if _, err := store.Reference(name); err != nil {
		return nil
	}
	if head, err := store.Reference(plumbing.HEAD); err == nil && head.Type() == plumbing.SymbolicReference && head.Target() == name {
		return nil
	}
	return store.SetReference(plumbing.NewSymbolicReference(plumbing.HEAD, name))
}

// BlobAtHead is BlobsAtHead for one; empty if HEAD does not have it.
func (r *Repo) BlobAtHead(path string) string { return r.BlobsAtHead([]string{path})[path] }
