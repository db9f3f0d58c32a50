package sweep

import (
	"context"
	"slices"

	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/store"
)

// again searches everything for the rules of some providers.
func (k *searching) again(ctx context.Context, o *store.Outcome, path string, providers []string) error {
	repo, err := gitrepo.Open(path, k.w.cfg.Open) // a Source takes its repository over
	if err != nil {
		return err
	}
	defer repo.Close()
	return k.query(ctx, o, repo, gitrepo.NewHistory(repo), providers)
}

// stale are the providers that are to be asked again about what was found.
func (k *searching) stale(ctx context.Context) ([]string, error) {
	if k.w.cfg.Reverify == 0 || k.r.ScannedAt.IsZero() {
		return nil, nil
	}
	all, err := k.w.s.StaleProviders(ctx, k.r.ID, k.w.s.Now().Add(-k.w.cfg.Reverify))
	return slices.DeleteFunc(all, func(p string) bool { return k.w.cfg.Providers[p] == "" }), err
}

// Identities is the kind of a search that concludes again whose what was found is.
const Identities = "identities"

// whose is the digest of what is known of the organisation now.
func (w *Sweep) whose() (string, error) {
	if w.cfg.Whose == nil {
		return "", nil
	}
	return w.cfg.Whose()
}

// unresolved are the providers of findings whose identities are to be concluded again. It
// notes what they are concluded with. repo is nil for images.
func (k *searching) unresolved(ctx context.Context, o *store.Outcome, repo *gitrepo.Repo) (all []string, err error) {
	if o.Whose, err = k.w.whose(); err != nil {
		return nil, err
	}
	o.Owners = k.r.Owners
	if repo != nil && k.w.cfg.Owners != nil && (o.Refs != k.r.Refs || k.r.Owners == "") {
		o.Owners = k.w.cfg.Owners(ctx, repo)
	}
	if k.r.ScannedAt.IsZero() || o.Whose == k.r.Whose && o.Owners == k.r.Owners {
		return nil, nil
	}
	return k.w.s.UnresolvedProviders(ctx, k.r.ID, o.Whose, o.Owners)
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}
