package verify

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/whosekey/whosekey/internal/pause"
)

const (
	defaultRate = 2.0 // calls a second to a host
	// slack keeps a host's count below its rate though calls do not all need
	// the same time to arrive.
	slack = 0.95
	// perHost is how many calls to a host are under way at once.
	perHost = 2
	// giveUp is after how many failures in a row a host is left alone.
	giveUp = 5
)

// gauge is what is known of a host during a run: how fast it may be asked, and
// whether it answers.
type gauge struct {
	slots chan struct{} // as many as may be under way
	turn  chan struct{} // of one: who waits for the bucket
	lim   *rate.Limiter

	mu       sync.Mutex
	failures int       // in a row
	until    time.Time // before that, nobody asks
	paused   time.Time // before that, the host does not want to be asked
}

func newGauge(perSecond float64) *gauge {
	// A bucket of one: calls are spaced evenly, so that in no second there are
	// more than the rate says.
	return &gauge{
		slots: make(chan struct{}, perHost), turn: make(chan struct{}, 1),
		lim: rate.NewLimiter(rate.Limit(perSecond*slack), 1),
	}
}

// pass is the permission to make one call.
type pass struct {
	// sent must be called when the request is on its way: only then somebody
	// else may make one. A connection takes time, by which calls that begin at
	// the right distance could arrive together.
	sent func()
	// leave must be called when the call is over.
	leave func()
}

// enter waits until a call may be made. all limits the calls to all hosts; a
// call that waits for its host's bucket takes none of its places.
func (g *gauge) enter(ctx context.Context, all chan struct{}, patience time.Duration) (pass, error) {
	if err := g.open(patience); err != nil {
		return pass{}, err
	}
	if err := take(ctx, g.slots); err != nil {
		return pass{}, err
	}
	if err := take(ctx, g.turn); err != nil {
		<-g.slots
		return pass{}, err
	}
	if err := g.token(ctx, all, patience); err != nil {
		<-g.turn
		<-g.slots
		return pass{}, err
	}
	sent := sync.OnceFunc(func() {
		g.delay(time.Duration(float64(time.Second) / float64(g.lim.Limit())))
		<-g.turn
	})
	return pass{sent, sync.OnceFunc(func() { sent(); <-all; <-g.slots })}, nil
}

// token waits for the bucket and then for a place among all calls. The token
// is taken last, at the moment of the call: taken earlier, two calls could
// leave together.
func (g *gauge) token(ctx context.Context, all chan struct{}, patience time.Duration) error {
	for {
		if err := g.open(patience); err != nil {
			return err
		}
		if wait := g.wait(time.Now()); wait > 0 {
			if err := pause.For(ctx, wait); err != nil {
				return err
			}
			continue
		}
		if err := take(ctx, all); err != nil {
			return err
		}
		if err := g.open(patience); err == nil && g.wait(time.Now()) <= 0 && g.lim.Allow() {
			return nil
		}
		<-all
	}
}

// wait is how long the host must not be asked yet.
func (g *gauge) wait(now time.Time) time.Duration {
	g.mu.Lock()
	wait := g.until.Sub(now)
	g.mu.Unlock()
	if missing := 1 - g.lim.TokensAt(now); missing > 0 {
		// A microsecond more, lest rounding leaves a part of a token missing.
		wait = max(wait, time.Duration(missing/float64(g.lim.Limit())*float64(time.Second))+time.Microsecond)
	}
	return wait
}

// open reports whether the host is worth asking.
func (g *gauge) open(patience time.Duration) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failures >= giveUp {
		return problem(fmt.Sprintf("not asked any more: the host failed %d times in a row", giveUp))
	}
	if wait := time.Until(g.paused); wait > patience {
		return problem("not asked: the host wants to be left alone for " + wait.Round(time.Second).String())
	}
	return nil
}

// done notes how a call went.
func (g *gauge) done(ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if ok {
		g.failures = 0
	} else {
		g.failures++
	}
}

// pause keeps everybody from asking the host for a while, as it wants.
func (g *gauge) pause(wait time.Duration) {
	g.mu.Lock()
	if until := time.Now().Add(wait); until.After(g.paused) {
		g.paused = until
	}
	g.mu.Unlock()
	g.delay(wait)
}

// delay keeps everybody from asking the host for a while.
func (g *gauge) delay(wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := time.Now().Add(wait); until.After(g.until) {
		g.until = until
	}
}

func take(ctx context.Context, slots chan struct{}) error {
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
