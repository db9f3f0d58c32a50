package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	gauges "runtime/metrics"
	"sync"
	"time"

	"github.com/whosekey/whosekey/internal/pause"
)

// leastMemory is what the search of one large repository may need, in bytes.
const leastMemory = 256_000_000

// memoryGate keeps what a sweep searches at once within a budget: another repository is begun
// only if there is room for as much as those that are searched take on average. One is always
// searched, however much it takes: what a single one may take is bounded elsewhere.
type memoryGate struct {
	limit int64        // bytes; 0: no limit
	used  func() int64 // bytes that are alive
	every time.Duration

	mu      sync.Mutex
	running int64
}

func newMemoryGate(limit int64) *memoryGate {
	return &memoryGate{limit: limit, used: aliveMemory, every: 200 * time.Millisecond}
}

// aliveMemory is what was alive when garbage was last collected, in bytes.
func aliveMemory() int64 {
	s := []gauges.Sample{{Name: "/gc/heap/live:bytes"}}
	gauges.Read(s)
	if s[0].Value.Kind() != gauges.KindUint64 {
		return 0
	}
	return int64(s[0].Value.Uint64())
}

// enter waits for room. leave is to be called when the search has ended.
func (g *memoryGate) enter(ctx context.Context, name string) (leave func(), err error) {
	for told := false; !g.begin(); told = true {
		if !told {
			slog.Info("waiting for memory", "repository", name, "used", g.used(), "budget", g.limit)
		}
		if err := pause.For(ctx, g.every); err != nil {
			return nil, err
		}
	}
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.running--
	}, nil
}

// begin reports whether another one may be searched.
func (g *memoryGate) begin() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limit > 0 && g.running > 0 {
		if used := g.used(); used+used/g.running > g.limit {
			return false
		}
	}
	g.running++
	return true
}

// memoryBudget reads --memory, and has garbage collected within it.
func (f *sweepFlags) memoryBudget() (int64, error) {
	limit, err := parseSize(f.memory)
	if err != nil {
		return 0, usage(fmt.Errorf("--memory %w", err), "")
	}
	if limit == 0 {
		return 0, nil
	}
	if limit < leastMemory {
		return 0, usage(errors.New("--memory "+f.memory+" is too little for one large repository"), "the least is 256MB")
	}
	memoryBudget = limit
	limitMemory(limit)
	return limit, nil
}
