package sweep

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/scanners/image"
	"github.com/whosekey/whosekey/store"
)

// Query is a repository to be searched.
type Query struct {
	Source   scanners.Source
	Images   *image.Options // of container images, instead of a Source
	Repo     *gitrepo.Repo  // nil for logs and images
	Name     string         // for reports: "acme/api"
	Exposure string
	Archived bool     // nobody can push to it any more
	Folders  []string // where whoever can change the repository can write
	// Only are the providers whose rules are to be searched for; nil for all.
	Only []string
}

// Answer is what was found.
type Answer struct {
	Findings []*leak.Finding
	Summary  report.Summary
}

// Config is everything that a sweep needs.
type Config struct {
	Store   *store.Store
	Sources []Source // that this process lists; Run wants one
	// Search searches a repository. It may be called by several goroutines at once.
	Search func(context.Context, *Query) (*Answer, error)
	// Logs opens the logs of a repository's CI; nil for no logs.
	Logs func(context.Context, *store.Repository, LogQuery) (LogSource, error)
	// Issues has issues, pull requests and their comments searched, on GitHub.
	Issues bool
	// Images says how container images are searched.
	Images Images
	// Rules is the digest of all rules, Providers that of each provider's.
	Rules     string
	Providers map[string]string
	// Whose is the digest of what is known of the organisation, such as its inventory:
	// when it changes, identities are concluded again. Owners is that of the files of a
	// repository that name owners. Both may be nil.
	Whose    func() (string, error)
	Owners   func(context.Context, *gitrepo.Repo) string
	Open     gitrepo.Options
	State    string        // folder for mirrors
	Workers  int           // repositories at once; 0: one
	Deadline time.Duration // for a repository; 0: 6 hours
	Disk     int64         // bytes that mirrors may take, all together; 0: no limit
	Stall    time.Duration // how long a server may say nothing; 0: 2 minutes
	Pause    time.Duration // how long what wants another login waits; 0: 10 minutes
	Engine   EngineOptions // Worker and Workers are set by New
	Logins   *Logins
	// Credentials tells whether the logins are those of before: if not, what waits for
	// others does not wait any longer. Nobody can read them out of it.
	Credentials string
	// Full searches everything again, whatever has changed.
	Full bool
	// Reverify is after how long an open finding is looked at again, so that its
	// provider is asked anew, though nothing has changed; 0 for never.
	Reverify time.Duration
	// Notify tells people what has happened since a time, which is zero if they were told
	// nothing yet. It may be called again after an error, or if the process was killed. nil
	// leaves jobs of the kind Notify to others.
	Notify func(ctx context.Context, since time.Time) error
	Rounds bool // it does so after each listing, and not only at times
	// Once says that somebody waits for the end: what wants patience fails.
	Once bool
	// Told is called for what people want to know; optional.
	Told func(Event)
}

// Event is something that happened to a repository.
type Event struct {
	Repository string
	Kind       string // "full", "increment", "rules", "verify", "identities", "logs", "issues", "unchanged", "failed", "gone", "paused"
	Findings   int
	Added      int
	Took       time.Duration
	Err        error
}

// Sweep is a process that takes part.
type Sweep struct {
	cfg    Config
	s      *store.Store
	engine Engine
	id     string
	host   string

	mu    sync.Mutex
	holds map[int64]hold
	done  Tally
	waits time.Time        // since when a notice waits
	ended chan struct{}    // closed when a search has ended, and made anew
	evict sync.Mutex       // held while mirrors are removed, and for slack
	slack int64            // bytes that may be written before all mirrors have to be looked at again
	sizes map[string]sized // of mirrors, by path
	// unable says why sources could not be listed.
	unable map[string]error
}

// hold is a lease of this process.
type hold struct {
	fence  int64
	cancel context.CancelCauseFunc
	mirror staying
	ahead  int64 // bytes that its mirror may take before there is asked for room again
}

// New prepares a process. Stop must be called if Start was.
func New(ctx context.Context, cfg Config) (*Sweep, error) {
	cfg.Deadline = cmp.Or(cfg.Deadline, 6*time.Hour)
	cfg.Stall, cfg.Pause = cmp.Or(cfg.Stall, 2*time.Minute), cmp.Or(cfg.Pause, 10*time.Minute)
	if cfg.Logins == nil {
		cfg.Logins = &Logins{}
	}
	w := &Sweep{cfg: cfg, s: cfg.Store, holds: map[int64]hold{}, sizes: map[string]sized{}, unable: map[string]error{}, ended: make(chan struct{}), host: host()}
	w.id = fmt.Sprintf("%s:%d:%s", w.host, os.Getpid(), random())
	if cfg.Workers == 0 {
		cfg.Workers = 1
	}
	cfg.Engine.Worker = w.id
	cfg.Engine.Notifies = cfg.Notify != nil
	if cfg.Search != nil {
		cfg.Engine.Workers = cfg.Workers
	}
	w.cfg = cfg
	err := Patient(ctx, func(ctx context.Context) (err error) {
		w.engine, err = NewEngine(ctx, cfg.Store, cfg.Engine)
		return err
	})
	return w, err
}

func random() string {
	b := make([]byte, 6)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// host is where process numbers are those of this process: the machine, and the
// container.
func host() string {
	name, _ := os.Hostname()
	space, _ := os.Readlink("/proc/self/ns/pid")
	return strings.Trim(name+"/"+strings.Trim(strings.TrimPrefix(space, "pid:"), "[]"), "/")
}

// Engine is that of the process.
func (w *Sweep) Engine() Engine { return w.engine }

// Done counts what the process did so far.
func (w *Sweep) Done() Tally {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.done
}

func (w *Sweep) count(f func(*Tally)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.done)
}

// Start begins to work jobs. The returned function ends it in order.
func (w *Sweep) Start(ctx context.Context) (stop func(), err error) {
	if err := os.MkdirAll(filepath.Join(w.cfg.State, "mirrors"), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for mirrors: %w", err)
	}
	if err := Patient(ctx, w.enter); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	if err := Patient(ctx, func(ctx context.Context) error { return w.engine.Start(context.WithoutCancel(ctx), w.work) }); err != nil {
		cancel(err)
		return nil, err
	}
	var beating sync.WaitGroup
	beating.Go(func() { w.beat(ctx) })
	return func() {
		cancel(errStopping)
		beating.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := w.engine.Stop(ctx); err != nil {
			slog.Warn("workers did not end in time", "err", err)
		}
		if err := w.s.Do(ctx, func(tx *store.Tx) error { return tx.Bury(ctx, w.id) }); err != nil {
			slog.Warn("the leases of this worker stay until they lapse", "err", err)
		}
	}, nil
}

// enter says that the process is there, and what it searches for.
func (w *Sweep) enter(ctx context.Context) error {
	if err := w.s.KeepRuleset(ctx, w.cfg.Rules, encodeProviders(w.cfg.Providers)); err != nil {
		return fmt.Errorf("write down the rules: %w", err)
	}
	if err := w.s.Beat(ctx, w.id, w.host); err != nil {
		return fmt.Errorf("say that a worker is there: %w", err)
	}
	if err := w.s.Do(ctx, func(tx *store.Tx) error { return w.wake(ctx, tx) }); err != nil {
		return fmt.Errorf("look whether credentials are others: %w", err)
	}
	return w.rescue(ctx)
}

// work does a job.
func (w *Sweep) work(ctx context.Context, j Job, done func(*store.Tx) error) error {
	err := w.job(ctx, j, done)
	if err != nil && store.Away(err) {
		slog.Warn(awayText(err), "err", err)
		return &Later{5 * time.Second, awayText(err)}
	}
	return err
}

// awayText says what is wrong with a database that is to be waited for.
func awayText(err error) string {
	if store.Full(err) {
		return "the database has no room: it goes on when there is"
	}
	return "the database does not answer"
}

func (w *Sweep) job(ctx context.Context, j Job, done func(*store.Tx) error) error {
	switch j.Kind {
	case List:
		return w.list(ctx, j.Source, done)
	case Search:
		err := w.search(ctx, j.Repository, done)
		if errors.Is(err, store.ErrFenced) {
			return nil // who took it over tells what came of it
		}
		return err
	case Notify:
		return w.notify(ctx, done)
	case Logs, Issues:
		err := w.beside(ctx, j, done)
		if errors.Is(err, store.ErrFenced) {
			return nil
		}
		return err
	}
	return &Never{fmt.Errorf("this whosekey knows no jobs of kind %q: is another one newer?", j.Kind)}
}
