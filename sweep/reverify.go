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

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}
