package sweep

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/whosekey/whosekey/internal/fault"
	"github.com/whosekey/whosekey/internal/pause"
	"github.com/whosekey/whosekey/store"
)

// Pass lists all sources of the process and waits until everything that is due is
// searched, or given up. Somebody waits for it, so that what waits for a login or after a
// failure is tried at once: nobody else may be there who would say why. What another process
// took, tried and put off for long is not waited for. The process must have been started.
func (w *Sweep) Pass(ctx context.Context) (Queue, error) {
	var specs []string
	for _, s := range w.cfg.Sources {
		specs = append(specs, s.Spec())
	}
	if err := Patient(ctx, func(ctx context.Context) error {
		if err := w.s.Do(ctx, func(tx *store.Tx) error { return w.engine.Wake(ctx, tx) }); err != nil {
			return err
		}
		return w.Want(ctx, specs...)
	}); err != nil {
		return Queue{}, err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		q, err := w.engine.Queue(ctx)
		if err == nil && q.Left() == q.PutOff {
			return q, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return q, ctx.Err()
		}
	}
}

// Patient does something once the database is there, and has room.
func Patient(ctx context.Context, do func(context.Context) error) error {
	for {
		err := do(ctx)
		if err == nil || !store.Away(err) {
			return err
		}
		slog.Warn(awayText(err), "err", err)
		if err := pause.For(ctx, time.Second); err != nil {
			return err
		}
	}
}

// Cron returns when the times of a cron expression are: five fields, or @daily and
// the like.
func Cron(expression string) (func(time.Time) time.Time, error) {
	s, err := cron.ParseStandard(expression)
	if err != nil {
		return nil, fmt.Errorf("the schedule %q: %w", expression, err)
	}
	return s.Next, nil
}

// wake has what waits run at once if it may have waited for the credentials that this
// process has: those that the last one had were others.
func (w *Sweep) wake(ctx context.Context, tx *store.Tx) error {
	fresh, err := tx.Exchange(ctx, "credentials", w.cfg.Credentials)
	if err != nil || !fresh {
		return err
	}
	return w.engine.Wake(ctx, tx)
}

// spared does something of which a fault of ours ends nothing else: it is told as what
// went wrong.
func spared(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			slog.Error("a fault in whosekey", "at", string(debug.Stack()))
			err = fmt.Errorf("a fault in whosekey: %s", fault.Of(r))
		}
	}()
	return do()
}
