package gitrepo

import "github.com/whosekey/whosekey/internal/gitpack"

// BlobAtHead returns the id of the file that HEAD has at a path; empty if it has
// none, or it is a folder or a submodule.
func (r *Repo) BlobAtHead(path string) string {
	if r.head.IsZero() {
		return ""
	}
	n, ok := r.peel(r.head)
	if !ok {
		return ""
	}
	e, ok := r.entryAt(r.store.ID(n), path)
	if !ok || e.id.IsZero() || e.mode == gitpack.ModeTree || e.mode == gitpack.ModeGitlink {
		return ""
	}
	return e.id.String()
}
