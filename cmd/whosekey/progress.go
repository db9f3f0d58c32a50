package main

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/whosekey/whosekey/scanners"
)

// showAfter is how long a scan runs before it gets a progress bar.
const showAfter = time.Second

// meter is a source that knows how far it is. A total of 0 means that nobody
// can know.
type meter interface{ Progress() (done, total int64) }

// bar draws progress until it is stopped.
type bar struct {
	once sync.Once
	quit chan struct{}
	done sync.WaitGroup
}

// progress starts a bar on standard error if that is a terminal.
func (a *app) progress(src scanners.Source) *bar {
	b := &bar{quit: make(chan struct{})}
	m, ok := src.(meter)
	if !ok || a.quiet || !isTerminal(a.stderr) {
		return b
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
	_, total := m.Progress()
	if total == 0 {
		total = -1
	}
	p := progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("searching"),
		progressbar.OptionShowCount(),
		progressbar.OptionFullWidth(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond),
	)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-b.quit:
			p.Clear()
			return
		case <-tick.C:
			done, now := m.Progress()
			if now > 0 && now != total {
				total = now
				p.ChangeMax64(total)
			}
			p.Set64(done)
		}
	}
}

// stop removes the bar. It may be called twice.
func (b *bar) stop() {
	b.once.Do(func() {
		close(b.quit)
		b.done.Wait()
	})
}

// cloneProgress is where a clone tells how far it is.
func (a *app) cloneProgress() io.Writer {
	if a.quiet || !isTerminal(a.stderr) {
		return nil
	}
	return a.stderr
}
