package store

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// Notified is until when people were told what has happened; zero if they never were.
func (s *Store) Notified(ctx context.Context) (time.Time, error) {
	text, err := s.Meta(ctx, "notified")
	if err != nil || text == "" {
		return time.Time{}, err
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read when people were told: %w", err)
	}
	return unstamp(at), nil
}

// SetNotified writes down until when they were told.
func (tx *Tx) SetNotified(ctx context.Context, at time.Time) error {
	_, err := tx.Exchange(ctx, "notified", strconv.FormatInt(stamp(at), 10))
	return err
}

// Exchange sets a value, and reports whether it was another before.
func (tx *Tx) Exchange(ctx context.Context, name, value string) (bool, error) {
	n, err := tx.s.exec(ctx, tx, `insert into meta (name, value) values (?, ?) on conflict (name) do update set value = excluded.value where meta.value <> excluded.value`, name, value)
	if err != nil {
		return false, fmt.Errorf("write %s down: %w", name, err)
	}
	return n > 0, nil
}
