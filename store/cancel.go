package store

import (
	"context"
	"fmt"
)

// Named returns the ids of the repositories with a name, of all sources.
func (s *Store) Named(ctx context.Context, name string) (ids []int64, err error) {
	err = s.each(ctx, s.db, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, `select id from repositories where name = ? order by id`, name)
	return ids, err
}

// TakeBack ends the leases of some repositories, of all if none is named: who
// searches them finds that out within a Pulse, and writes nothing down. It returns
// how many there were.
func (tx *Tx) TakeBack(ctx context.Context, ids []int64) (int64, error) {
	text, args := `update repositories set worker = '', fence = fence + 1 where worker <> ''`, []any{}
	if len(ids) > 0 {
		text += ` and id in (` + marks(len(ids)) + `)`
		for _, id := range ids {
			args = append(args, id)
		}
	}
	n, err := tx.s.exec(ctx, tx, text, args...)
	if err != nil {
		return 0, fmt.Errorf("take leases back: %w", err)
	}
	return n, nil
}
