package store_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"testing"

	"github.com/whosekey/whosekey/store"
)

// TestCancelledIsNotAway: who ends does not wait for a database that is there.
func TestCancelledIsNotAway(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for what, err := range map[string]error{
			"beat": s.Beat(ctx, "w", "h"),
			"do":   s.Do(ctx, func(*store.Tx) error { return nil }),
			"each": func() error { _, err := s.Workers(ctx); return err }(),
			// What pgx says of a connection that its context closed.
			"on the way": fmt.Errorf("begin: %w: %w", driver.ErrBadConn, context.Canceled),
		} {
			if err == nil || store.Away(err) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}
