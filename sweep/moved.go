package sweep

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/store"
)

// moved finds out which folders were known under another name: nobody gives them a
// number, as forges do. One that is new is the one that is not where it was any more, if
// all that its refs named is in it. Where several could be it, none is.
func (l *listing) moved(ctx context.Context, rs []*store.Repository) error {
	for _, r := range rs {
		if l.known[r.Name] != nil || gitrepo.IsURL(r.Address) || isImage(r) || r.Refs == "" || r.Refs == unknownRefs {
			continue
		}
		if l.away == nil {
			l.away = map[int64]*store.Repository{}
			for _, k := range l.known {
				if !gitrepo.IsURL(k.Address) && !isImage(k) && !k.ScannedAt.IsZero() && k.Refs != "" && !gitrepo.IsRepository(k.Address) {
					l.away[k.ID] = k
				}
			}
		}
		if len(l.away) == 0 {
			continue
		}
		k, err := l.same(ctx, r)
		if err != nil {
			return err
		}
		if k != nil {
			slog.Info("a repository has another name", "before", k.Name, "now", r.Name)
			r.Was = k.ID
			delete(l.away, k.ID)
		}
	}
	return nil
}

// same returns the one that is away and has become r; nil for none, or if that is not sure.
func (l *listing) same(ctx context.Context, r *store.Repository) (found *store.Repository, err error) {
	repo, err := gitrepo.Open(r.Address, l.w.cfg.Open)
	if err != nil {
		return nil, nil // its search says what is wrong
	}
	defer repo.Close()
	for _, id := range slices.Sorted(maps.Keys(l.away)) {
		k := l.away[id]
		if k.Refs != r.Refs {
			tips, err := l.w.s.Tips(ctx, id)
			if err != nil {
				return nil, fmt.Errorf("read what was searched: %w", err)
			}
			if len(tips) == 0 || slices.ContainsFunc(tips, func(tip string) bool { return !repo.Has(tip) }) {
				continue
			}
		}
		if found != nil {
			return nil, nil
		}
		found = k
	}
	return found, nil
}
