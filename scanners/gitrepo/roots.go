package gitrepo

// FirstCommit is the id of the oldest commit that HEAD comes from, along first
// parents: it names a repository in all its clones. Empty if there is none, or if
// the history was cut off.
func (r *Repo) FirstCommit() string {
	if r.head.IsZero() || r.Shallow() {
		return ""
	}
	n, ok := r.peel(r.head)
	for range r.store.Len() { // also ends the cycles that a forger can make
		if !ok {
			return ""
		}
		info, err := r.commitAt(n)
		if err != nil {
			return ""
		}
		if len(info.Parents) == 0 {
			return r.store.ID(n).String()
		}
		n, ok = r.store.Lookup(info.Parents[0])
	}
	return ""
}
