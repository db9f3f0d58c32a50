package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/whosekey/whosekey/scanners"
)

// showAfter is how long a scan runs before it gets a progress bar.
const showAfter = time.Second

// meter is a source that knows how far it is.
type meter interface{ Progress() (done, total int64) }

// bytesOnly is the meter of sources that do not know how much is to come.
type bytesOnly struct{ n *atomic.Int64 }

func (b bytesOnly) Progress() (done, total int64) { return b.n.Load(), 0 }

// bar draws progress until it is stopped.
type bar struct {
	once sync.Once
	quit chan struct{}
	done sync.WaitGroup
}

// progress starts a bar on standard error if that is a terminal.
func (a *app) progress(src scanners.Source, searched *atomic.Int64) *bar {
	b := &bar{quit: make(chan struct{})}
	if a.quiet || !isTerminal(a.stderr) {
		return b
	}
	m, ok := src.(meter)
	if !ok {
		m = bytesOnly{searched}
	}
	b.done.Go(func() { b.draw(m, a.stderr) })
	return b
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (b *bar) draw(m meter, w io.Writer) {
	select {
	case <-time.After(showAfter):
	case <-b.quit:
		return
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	done, total := m.Progress()
	p := newBar(w, done, total)
	for {
		select {
		case <-b.quit:
			p.Clear()
			return
		case <-tick.C:
			done, now := m.Progress()
			if now != total {
				total = now
				p.ChangeMax64(total)
			}
			if total == 0 {
				p.Describe(fmt.Sprintf("searching, %.1f MB so far", float64(done)/1e6))
				p.Add(1)
			} else {
				p.Set64(done)
			}
		}
	}
}

// newBar makes a bar, or a spinner if nobody knows the total.
func newBar(w io.Writer, done, total int64) *progressbar.ProgressBar {
	opts := []progressbar.Option{
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("searching"),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionFullWidth(),
		progressbar.OptionSetElapsedTime(true),
	}
	if total == 0 {
		return progressbar.NewOptions64(-1, append(opts, progressbar.OptionSpinnerType(14))...)
	}
	p := progressbar.NewOptions64(total, append(opts, progressbar.OptionShowCount())...)
	p.Set64(done)
	return p
}

// stop removes the bar. It may be called twice.
func (b *bar) stop() {
	b.once.Do(func() {
		close(b.quit)
		b.done.Wait()
	})
}

// verifying draws how many credentials have been asked about.
type verifying struct {
	w  io.Writer
	on bool

	mu    sync.Mutex
	began time.Time
	bar   *progressbar.ProgressBar
	over  bool

	interrupted bool // not all that should be asked about was
}

// progress is called whenever one more has been asked about, by several
// goroutines.
func (v *verifying) progress(done, total int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.on || v.over {
		return
	}
	if v.began.IsZero() {
		v.began = time.Now()
	}
	if v.bar == nil {
		if time.Since(v.began) < showAfter {
			return
		}
		v.bar = newBar(v.w, int64(done), int64(total))
	}
	v.bar.Describe(fmt.Sprintf("verifying %d of %d", done, total))
	v.bar.Set(done)
}

// stop removes the bar.
func (v *verifying) stop() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.over = true
	if v.bar != nil {
		v.bar.Clear()
	}
}

// cloneProgress is where a clone tells how far it is.
func (a *app) cloneProgress() io.Writer {
	if a.quiet || !isTerminal(a.stderr) {
		return nil
	}
	return a.stderr
}
