package sweep

import (
	"context"
	"fmt"
	"slices"

	"github.com/whosekey/whosekey/store"
)

// oldestFirst wants those searched again for which nothing but the rules has changed.
// They come when all that is new is wanted, and those first whose last scan is the
// longest ago: what they lack, they have lacked for longest. A listing that was broken
// off leaves them to the next one, which finds their rules changed too.
func (l *listing) oldestFirst(ctx context.Context) error {
	slices.SortStableFunc(l.aged, func(a, b *store.Repository) int { return a.ScannedAt.Compare(b.ScannedAt) })
	return inChunks(l.aged, func(part []*store.Repository) error {
		return l.w.s.Do(ctx, func(tx *store.Tx) error {
			jobs := make([]Job, len(part))
			for i, k := range part {
				if err := tx.Want(ctx, k.ID); err != nil {
					return fmt.Errorf("want a scan with other rules: %w", err)
				}
				jobs[i] = Job{Kind: Search, Repository: k.ID}
			}
			return l.w.engine.Add(ctx, tx, jobs...)
		})
	})
}
