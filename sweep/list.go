package sweep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/store"
)

// Source is something that has repositories.
type Source interface {
	// Spec names it: "dir:/srv/git". It is what jobs carry, and holds no credential.
	Spec() string
	// List calls visit with the repositories, some at a time. Of each, Refs is set if
	// it is known without a clone, or Pushed, if the forge says.
	List(ctx context.Context, visit func([]*store.Repository) error) error
}

// ParseSource is the opposite of Spec.
func ParseSource(spec string, logins *Logins) (Source, error) {
	kind, rest, ok := strings.Cut(spec, ":")
	if ok && rest != "" {
		switch kind {
		case "dir":
			return &dirSource{dir: rest}, nil
		case "list":
			return &fileSource{name: rest, logins: logins}, nil
		case "image":
			return &imageSource{ref: rest, logins: logins}, nil
		case "github":
			return newGitHub(rest, logins)
		case "gitlab":
			return newGitLab(rest, logins)
		case "gitea":
			return newGitea(rest, logins)
		}
	}
	return nil, fmt.Errorf("there are no sources like %q", spec)
}

// Want adds the jobs that list sources, and the one that tells what came of it, if this
// process does that.
func (w *Sweep) Want(ctx context.Context, sources ...string) error {
	var jobs []Job
	for _, spec := range sources {
		jobs = append(jobs, Job{Kind: List, Source: spec})
	}
	if w.cfg.Notify != nil && w.cfg.Rounds {
		jobs = append(jobs, Job{Kind: Notify})
	}
	return w.s.Do(ctx, func(tx *store.Tx) error { return w.engine.Add(ctx, tx, jobs...) })
}

// listing is a job that lists a source.
type listing struct {
	away       map[int64]*store.Repository // folders that are not where they were; nil before somebody asks
	w          *Sweep
	spec       string // of the source, as repositories carry it
	known      map[string]*store.Repository
	stale      map[int64]bool      // those with findings that are to be looked at again
	unresolved map[int64]bool      // those with findings whose identities are to be concluded again
	aged       []*store.Repository // searched with other rules, and otherwise as they were
	numbers    map[string]bool     // that forges gave those that are known; nil before somebody asks
	n, wants   int
	at         time.Time // of the listing: later than any before, whatever the clock says
}

func (w *Sweep) list(ctx context.Context, spec string, done func(*store.Tx) error) error {
	src, err := ParseSource(spec, w.cfg.Logins)
	if err != nil {
		return &Never{err}
	}
	started := w.s.Now()
	named := spec
	if f, ok := src.(interface{ origin() string }); ok {
		spec = f.origin()
	}
	l := &listing{w: w, spec: spec}
	if l.known, err = w.s.Of(ctx, spec); err != nil {
		return fmt.Errorf("read what is known of %s: %w", spec, err)
	}
	if s, ok := src.(interface {
		remember(map[string]*store.Repository)
	}); ok {
		s.remember(l.known)
	}
	if w.cfg.Reverify > 0 {
		if l.stale, err = w.s.Stale(ctx, spec, started.Add(-w.cfg.Reverify)); err != nil {
			return err
		}
	}
	whose, err := w.whose()
	if err != nil {
		return fmt.Errorf("read what is known of the organisation: %w", err)
	}
	if l.unresolved, err = w.s.Unresolved(ctx, spec, whose); err != nil {
		return err
	}
	l.at = started
	for _, r := range l.known {
		if !r.SeenAt.Before(l.at) {
			l.at = r.SeenAt.Add(time.Microsecond)
		}
	}
	err = spared(func() error {
		err := src.List(ctx, func(rs []*store.Repository) error { return l.batch(ctx, rs) })
		if f, ok := src.(interface{ nothing() error }); ok && err == nil && l.n == 0 {
			return f.nothing()
		}
		return err
	})
	if err := l.oldestFirst(ctx); err != nil {
		return err
	}
	if store.Away(err) {
		return err // the source has nothing to do with it
	}
	w.listed(named, err)
	if err != nil && ctx.Err() != nil {
		return err // the program ends
	}
	if err != nil {
		if err := w.s.Unlisted(ctx, spec, err.Error()); err != nil {
			slog.Debug("that a source could not be listed is not written down", "err", err)
		}
		return w.unlisted(named, err)
	}
	var gaps []store.Gap
	if f, ok := src.(interface{ leaves() []store.Gap }); ok {
		gaps = f.leaves()
	}
	err = w.s.Do(ctx, func(tx *store.Tx) error {
		gone, err := tx.Missing(ctx, spec, l.at)
		if err != nil {
			return fmt.Errorf("write down what is gone: %w", err)
		}
		if gone > 0 {
			slog.Info("repositories are gone", "source", spec, "repositories", gone)
		}
		if err := tx.Listed(ctx, spec, gaps); err != nil {
			return err
		}
		return done(tx)
	})
	if err == nil {
		slog.Info("listed", "source", spec, "repositories", l.n, "due", l.wants, "took", w.s.Now().Sub(started).Round(time.Millisecond))
	}
	return err
}

// listed remembers what became of a listing.
func (w *Sweep) listed(spec string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.unable, spec)
	if err != nil {
		w.unable[spec] = err
	}
}

// unlisted says if a listing is tried again.
func (w *Sweep) unlisted(spec string, err error) error {
	if later := new(Later); errors.As(err, &later) {
		slog.Warn("a source waits", "source", spec, "why", later.Why, "until", time.Now().Add(later.After).Format(time.TimeOnly))
		if w.cfg.Once {
			return &Never{err}
		}
		return later
	}
	if errors.Is(err, gitrepo.ErrLogin) {
		slog.Warn("a source waits for a login that opens it", "source", spec, "err", err)
		if w.cfg.Once {
			return &Never{err}
		}
		return &Later{w.cfg.Pause, err.Error()}
	}
	slog.Warn("a source could not be listed", "source", spec, "err", err)
	return fmt.Errorf("list %s: %w", spec, err)
}

// Unlisted returns why sources could not be listed, the last time.
func (w *Sweep) Unlisted() map[string]error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.unable)
}

// batch writes down some repositories, and wants those searched that have changed,
// in one transaction.
func (l *listing) batch(ctx context.Context, rs []*store.Repository) error {
	rs = l.imagesOf(rs)
	if err := l.moved(ctx, rs); err != nil {
		return err
	}
	var same []int64
	var fresh, known []*store.Repository
	stats := map[int64]string{}
	for _, r := range rs {
		r.Source, r.SeenAt = l.spec, l.at
		l.named(r)
		k := l.known[r.Name]
		if k != nil && k.State == store.Done && described(k, r) && !l.due(k, r) {
			same = append(same, k.ID)
			known = append(known, k)
			if k.Stat != r.Stat {
				stats[k.ID] = r.Stat
			}
			continue
		}
		fresh = append(fresh, r)
	}
	wants := 0
	var aged []*store.Repository
	err := l.w.s.Do(ctx, func(tx *store.Tx) error {
		aged = nil
		if err := tx.SeeAgain(ctx, same, l.at); err != nil {
			return err
		}
		for id, stat := range stats {
			if err := tx.SetStat(ctx, id, stat); err != nil {
				return err
			}
		}
		var jobs []Job
		more := l.beside(known)
		for _, r := range fresh {
			k, err := tx.See(ctx, r)
			if err != nil {
				return err
			}
			more = append(more, l.beside([]*store.Repository{k})...)
			other := otherBranch(l.known[r.Name], r)
			if k.State != store.New && k.State != store.Due && k.State != store.Failed && !other && !l.due(k, r) {
				continue
			}
			if k.State == store.Done && !l.w.cfg.Full && !l.stale[k.ID] && !l.unresolved[k.ID] && !other && !changed(k, r) {
				aged = append(aged, k)
				continue
			}
			if err := tx.Want(ctx, k.ID); err != nil {
				return fmt.Errorf("want a scan: %w", err)
			}
			jobs = append(jobs, Job{Kind: Search, Repository: k.ID})
		}
		wants = len(jobs) + len(aged)
		return l.w.engine.Add(ctx, tx, append(jobs, more...)...)
	})
	if err != nil {
		return err
	}
	l.aged = append(l.aged, aged...)
	l.n += len(rs)
	l.wants += wants
	l.w.count(func(t *Tally) {
		t.Listed += len(rs)
		t.Unchanged += len(rs) - wants
	})
	return nil
}

// described reports whether what a source says of a repository is known.
func described(k, r *store.Repository) bool {
	return k.Address == r.Address && k.Native == r.Native && k.Branch == r.Branch && k.Exposure == r.Exposure && k.Archived == r.Archived && k.Fork == r.Fork && k.Pushed == r.Pushed
}

// due reports whether a repository is to be searched.
func (l *listing) due(k, r *store.Repository) bool {
	return l.stale[k.ID] || l.unresolved[k.ID] || l.w.due(k, r)
}

// due reports whether a repository is not what was searched: k is what is known, r
// what the source says now.
func (w *Sweep) due(k, r *store.Repository) bool {
	return w.cfg.Full || k.Rules != w.cfg.Rules || changed(k, r)
}

// changed reports whether a repository has what was not searched with any rules.
func changed(k, r *store.Repository) bool {
	switch {
	case k.ScannedAt.IsZero():
		return true
	case r.Pushed != "":
		return r.Pushed != k.Searched
	}
	return r.Refs != k.Refs || r.Refs == unknownRefs
}

// otherBranch reports whether a forge says that the default branch is another one: nothing
// need be pushed for that, and something else stands at HEAD.
func otherBranch(k, r *store.Repository) bool {
	return k != nil && k.Branch != "" && r.Branch != "" && k.Branch != r.Branch
}

// unknownRefs says that a source could not find out: a search will.
const unknownRefs = "?"

// chunkOf is how many repositories are written down at once.
const chunkOf = 200

// inChunks calls visit with some of rs at a time.
func inChunks(rs []*store.Repository, visit func([]*store.Repository) error) error {
	for part := range slices.Chunk(rs, chunkOf) {
		if err := visit(part); err != nil {
			return err
		}
	}
	return nil
}

// refsOr is a watermark, or that it could not be found out.
func refsOr(refs string, err error) string {
	if err != nil {
		return unknownRefs
	}
	return refs
}

// shownAddress is an address as it may be kept.
func shownAddress(address string) string { return gitrepo.WithoutCredentials(address) }
