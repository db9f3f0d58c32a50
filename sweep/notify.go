package sweep

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/whosekey/whosekey/store"
)

// Notices stands among sources for what could not be told.
const Notices = "notices"

// busy is how long a notice waits for searches to end before it looks again, and
// maxBusy after how long it is not put off any more.
const (
	busy    = 3 * time.Second
	maxBusy = time.Hour
)

// notify is the job that tells people what has happened since they were told last. It
// waits until nothing is listed or searched. If it fails it is tried again, and tells all
// of it again.
func (w *Sweep) notify(ctx context.Context, done func(*store.Tx) error) error {
	q, err := w.engine.Queue(ctx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	if w.waits.IsZero() {
		w.waits = time.Now()
	}
	waits := time.Since(w.waits)
	w.mu.Unlock()
	if q.Waiting+q.Running > 0 && waits < maxBusy {
		return &Later{min(busy, w.cfg.Pause), "searches go on"}
	}
	since, err := w.s.Notified(ctx)
	if err != nil {
		return err
	}
	until := w.s.Now()
	if err := spared(func() error { return w.cfg.Notify(ctx, since) }); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		slog.Warn("what was found could not be told", "err", err)
		if err := w.s.Unlisted(ctx, Notices, err.Error()); err != nil {
			slog.Debug("a problem is not written down", "err", err)
		}
		return fmt.Errorf("tell what was found: %w", err)
	}
	w.mu.Lock()
	w.waits = time.Time{}
	w.mu.Unlock()
	return w.s.Do(ctx, func(tx *store.Tx) error {
		if err := tx.Relisted(ctx, Notices); err != nil {
			return err
		}
		if err := tx.SetNotified(ctx, until); err != nil {
			return err
		}
		return done(tx)
	})
}
