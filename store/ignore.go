package store

import (
	"context"
	"fmt"
	"slices"
)

// Judge gives findings that are from one state another: policy has changed its mind.
// Those that are not in it any more stay as they are.
func (s *Store) Judge(ctx context.Context, ids []string, from, to string) error {
	ids = slices.Sorted(slices.Values(ids)) // as every transaction does
	for part := range slices.Chunk(ids, chunk) {
		err := s.Do(ctx, func(tx *Tx) error {
			for _, id := range part {
				if err := tx.judge(ctx, id, from, to); err != nil {
					return fmt.Errorf("judge a finding: %w", err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) judge(ctx context.Context, id, from, to string) error {
	k := &known{}
	found, err := tx.s.one(ctx, tx, []any{&k.provider, &k.status, &k.state, &k.owner, &k.band},
		`select provider, status, state, owner, band from findings where id = ?`+tx.locking(), id)
	if err != nil || !found || k.state != from {
		return err
	}
	tx.counting.tally(k.tally(), -1)
	k.state = to
	tx.counting.tally(k.tally(), 1)
	_, err = tx.s.exec(ctx, tx, `update findings set state = ? where id = ?`, to, id)
	return err
}
