package sweep

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/whosekey/whosekey/store"
)

// beat says that the process is alive, rescues what dead ones left, and stops
// searching what was taken from it.
func (w *Sweep) beat(ctx context.Context) {
	tick := time.NewTicker(store.Pulse)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		w.pulse(ctx)
	}
}

// pulse is one beat.
func (w *Sweep) pulse(ctx context.Context) {
	if err := w.s.Beat(ctx, w.id, w.host); err != nil {
		if ctx.Err() == nil {
			slog.Warn(awayText(err), "err", err)
		}
		return
	}
	if err := w.rescue(ctx); err != nil && ctx.Err() == nil {
		what := "looking for dead workers"
		if store.Away(err) {
			what = awayText(err)
		}
		slog.Warn(what, "err", err)
	}
	w.letGo(ctx)
}

// letGo stops what another worker has taken over, or somebody has cancelled.
func (w *Sweep) letGo(ctx context.Context) {
	w.mu.Lock()
	holds := maps.Clone(w.holds) // before the database is asked: what comes later is not in its answer
	w.mu.Unlock()
	held, err := w.s.Held(ctx, w.id)
	if err != nil {
		return
	}
	for id, h := range holds {
		if held[id] != h.fence {
			h.cancel(store.ErrFenced)
		}
	}
}

// rescue forgets workers that are dead, and has their jobs run again.
func (w *Sweep) rescue(ctx context.Context) error {
	all, err := w.s.Workers(ctx)
	if err != nil {
		return fmt.Errorf("list workers: %w", err)
	}
	return w.s.Do(ctx, func(tx *store.Tx) error {
		for _, k := range all {
			if k.ID == w.id || k.Alive && !w.deadHere(k) {
				continue
			}
			slog.Info("a worker is gone", "worker", k.ID)
			if err := tx.Bury(ctx, k.ID); err != nil {
				return fmt.Errorf("bury a worker: %w", err)
			}
		}
		n, err := w.engine.Rescue(ctx, tx)
		if n > 0 {
			slog.Info("jobs of dead workers run again", "jobs", n)
		}
		return err
	})
}

// deadHere reports whether a worker of this machine has ended, though it was heard
// of a moment ago.
func (w *Sweep) deadHere(k store.Worker) bool {
	rest, ok := strings.CutPrefix(k.ID, w.host+":")
	pid := 0
	if !ok {
		return false
	}
	if _, err := fmt.Sscanf(rest, "%d:", &pid); err != nil {
		return false
	}
	return pid != os.Getpid() && !exists(pid)
}
