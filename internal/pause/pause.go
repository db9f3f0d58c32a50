// Package pause waits. It knows nothing of what for.
package pause

import (
	"context"
	"time"
)

// For waits as long as d, or until ctx is done, whose error it then returns.
func For(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
