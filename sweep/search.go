package sweep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/store"
)

// search is the job that searches a repository.
func (w *Sweep) search(ctx context.Context, id int64, done func(*store.Tx) error) (err error) {
	r, err := w.s.Repository(ctx, id)
	if err != nil {
		return fmt.Errorf("read the repository: %w", err)
	}
	if r == nil {
		return &Never{errors.New("there is no such repository")}
	}
	return w.leased(ctx, r, (*searching).run, done)
}

// leased does something with a repository that no other worker has meanwhile.
func (w *Sweep) leased(ctx context.Context, r *store.Repository, run func(*searching, context.Context) (*store.Outcome, error), done func(*store.Tx) error) (err error) {
	id := r.ID
	fence, err := w.s.Lease(ctx, id, w.id)
	if errors.Is(err, store.ErrTaken) {
		return &Later{3 * time.Second, err.Error()}
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w.hold(id, hold{fence: fence, cancel: cancel})
	defer func() {
		if w.drop(id); gitrepo.IsURL(r.Address) { // what came in may have taken more than there was
			if err := w.room(0, 0); err != nil {
				slog.Warn("mirrors make no room", "err", err)
			}
		}
	}()
	k := &searching{w: w, r: r, fence: fence, started: w.s.Now()}
	recorded := false
	defer func() { // also after a panic
		if !recorded {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			w.s.Release(ctx, id, fence, w.id)
		}
	}()
	limited, end := context.WithTimeoutCause(ctx, w.cfg.Deadline, fmt.Errorf("it took longer than %v", w.cfg.Deadline))
	defer end()
	defer k.close()
	var out *store.Outcome
	err = spared(func() (err error) {
		out, err = run(k, limited)
		return err
	})
	if cause := context.Cause(limited); err != nil && cause != nil {
		err = cause
	}
	if err == nil {
		if err = k.record(ctx, out, done); err == nil {
			recorded = true
			return nil
		}
	}
	if errors.Is(err, store.ErrFenced) || ctx.Err() != nil || store.Away(err) {
		return err
	}
	if k.beyond != "" { // the repository itself is as it was
		if err := w.s.Unlisted(ctx, k.beyond, err.Error()); err != nil {
			slog.Debug("a problem is not written down", "err", err)
		}
		return err
	}
	recorded = true
	return k.failed(ctx, err, done)
}

func (w *Sweep) hold(id int64, h hold) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holds[id] = h
}

func (w *Sweep) drop(id int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.holds, id)
	close(w.ended)
	w.ended = make(chan struct{})
}

// searching is one search.
type searching struct {
	w       *Sweep
	r       *store.Repository
	fence   int64
	started time.Time
	src     LogSource // if it searches logs
	beyond  string    // what it searches, if that is not the repository itself: "logs of acme/api"
}

func (k *searching) close() {
	if k.src != nil {
		k.src.Close()
	}
}

// run finds out what is to be searched, and searches it.
func (k *searching) run(ctx context.Context) (*store.Outcome, error) {
	if isImage(k.r) {
		return k.image(ctx)
	}
	path, err := k.checkout(ctx)
	if err != nil {
		return nil, err
	}
	repo, err := gitrepo.Open(path, k.w.cfg.Open)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	o := &store.Outcome{
		Scan:  store.Scan{Repository: k.r.ID, Started: k.started, Worker: k.w.id, Rules: k.w.cfg.Rules, Refs: repo.Watermark()},
		Fence: k.fence, Pushed: k.r.Pushed, Tips: repo.RefIDs(""),
	}
	first := k.r.ScannedAt.IsZero() || k.w.cfg.Full
	stale, err := k.stale(ctx)
	if err != nil {
		return nil, err
	}
	unresolved, err := k.unresolved(ctx, o, repo)
	if err != nil {
		return nil, err
	}
	if !first && o.Refs == k.r.Refs && k.r.Rules == k.w.cfg.Rules && len(stale)+len(unresolved) == 0 {
		o.Kind = "unchanged"
		return o, nil
	}
	only, err := k.changedRules(ctx)
	if err != nil {
		return nil, err
	}
	if first || only.all {
		o.Kind, o.Whole, o.Anew = "full", true, true
		return o, k.query(ctx, o, repo, gitrepo.NewHistory(repo), nil)
	}
	o.Kind, o.Anew = "increment", len(unresolved) > 0
	if o.Refs != k.r.Refs {
		if err := k.increment(ctx, o, repo); err != nil {
			return nil, err
		}
		if err := k.head(ctx, o, path); err != nil {
			return nil, err
		}
	}
	if o.Refs == k.r.Refs {
		o.Kind = Identities
		if len(stale) > 0 {
			o.Kind = "verify"
		}
	}
	if len(only.providers) > 0 {
		o.Kind = "rules"
	}
	if again := union(only.providers, union(stale, unresolved)); len(again) > 0 {
		return o, k.again(ctx, o, path, again)
	}
	return o, nil
}

// checkout returns where the repository is: a folder of the user, or a mirror that
// is brought up to date.
func (k *searching) checkout(ctx context.Context) (string, error) {
	src, err := ParseSource(k.r.Source, k.w.cfg.Logins) // a forge knows the login for what it lists
	if err != nil {
		return "", err
	}
	if f, ok := src.(interface{ home(string) error }); ok { // also for what is no URL: a forge names no folder of this machine
		if err := f.home(k.r.Address); err != nil {
			return "", err
		}
	}
	if !gitrepo.IsURL(k.r.Address) {
		if !gitrepo.IsRepository(k.r.Address) {
			return "", fmt.Errorf("%s: %w", k.r.Address, gitrepo.ErrVanished)
		}
		return k.r.Address, nil
	}
	dir := filepath.Join(k.w.cfg.State, "mirrors", fmt.Sprintf("%d.git", k.r.ID))
	return dir, k.mirrored(ctx, src.Spec(), dir)
}

// increment searches what was not there before.
func (k *searching) increment(ctx context.Context, o *store.Outcome, repo *gitrepo.Repo) error {
	known, err := k.w.s.Tips(ctx, k.r.ID)
	if err != nil {
		return fmt.Errorf("read what was searched: %w", err)
	}
	tips := repo.NewTips(known)
	if len(tips) == 0 {
		return nil
	}
	src, err := gitrepo.NewAdded(repo, tips, known)
	if err != nil { // a tip that is missing: the whole says what is wrong
		o.Kind, o.Whole, o.Anew = "full", true, true
		return k.query(ctx, o, repo, gitrepo.NewHistory(repo), nil)
	}
	src.Places()
	return k.query(ctx, o, repo, src, nil)
}

// record writes down what came of it, and that the job is done, in one transaction.
func (k *searching) record(ctx context.Context, o *store.Outcome, done func(*store.Tx) error) error {
	var added []string
	err := k.w.s.Do(ctx, func(tx *store.Tx) (err error) {
		if added, err = tx.Record(ctx, o); err != nil {
			return err
		}
		if k.beyond != "" {
			if err := tx.Relisted(ctx, k.beyond); err != nil {
				return err
			}
		}
		return done(tx)
	})
	if err != nil {
		return err
	}
	k.w.count(func(t *Tally) {
		switch strings.TrimSuffix(o.Kind, partly) {
		case "full":
			t.Full++
		case "rules":
			t.Rules++
		case "verify":
			t.Verified++
		case Identities:
			t.Resolved++
		case Logs:
			t.Logs++
		case Issues:
			t.Issues++
		case "increment":
			t.Increments++
		}
		t.Added += len(added)
		t.Bytes += o.Bytes
	})
	if k.src != nil {
		if err := k.src.Reported(); err != nil { // then they are read once more
			slog.Warn("what was read of logs is not noted", "repository", k.r.Name, "err", err)
		}
	}
	k.tell(Event{Repository: k.r.Name, Kind: o.Kind, Findings: len(o.Findings), Added: len(added), Took: k.w.s.Now().Sub(k.started)})
	return nil
}

func (k *searching) tell(e Event) {
	if k.w.cfg.Told != nil {
		k.w.cfg.Told(e)
	}
}

// vanished reports whether what is not there is gone, and not merely kept from us: forges say
// the same of both. What its source listed is there, but for a folder that was removed since,
// and for what stands beside a repository without being listed.
func (k *searching) vanished() bool {
	if k.r.State == store.Gone || strings.HasPrefix(k.r.Native, ofMark) || strings.HasPrefix(k.r.Native, wikiMark) {
		return true
	}
	_, err := os.Lstat(k.r.Address)
	return strings.HasPrefix(k.r.Source, "dir:") && errors.Is(err, fs.ErrNotExist)
}

// failed writes down that a search came to nothing, and says if it is tried again.
func (k *searching) failed(ctx context.Context, cause error, done func(*store.Tx) error) error {
	state, kind, problem := store.Failed, "failed", cause.Error()
	var after error = cause
	switch later := new(Later); {
	case (strings.HasPrefix(k.r.Native, ofMark) || strings.HasPrefix(k.r.Native, wikiMark)) && k.r.ScannedAt.IsZero() && errors.Is(cause, gitrepo.ErrVanished):
		state, kind, problem, after = store.Skipped, "skipped", "", nil // not every repository has an image, or a page in its wiki
	case errors.As(cause, &later):
		kind, after = "paused", later
		if k.w.cfg.Once {
			after = &Never{cause}
		}
	case errors.Is(cause, gitrepo.ErrVanished), errors.Is(cause, gitrepo.ErrNotRepository), errors.Is(cause, fs.ErrNotExist):
		if k.vanished() {
			state, kind, after = store.Gone, "gone", nil
		} else {
			after = &Never{cause} // until it is listed again
		}
	case errors.Is(cause, errTooLarge):
		after = &Never{cause} // until it is listed again
	case errors.Is(cause, gitrepo.ErrLogin):
		kind, after = "paused", &Later{k.w.cfg.Pause, cause.Error()}
		if k.w.cfg.Once {
			after = &Never{cause}
		}
	}
	err := k.w.s.Do(ctx, func(tx *store.Tx) error {
		if err := tx.Fail(ctx, k.r.ID, k.fence, k.w.id, problem, state); err != nil {
			return err
		}
		if after == nil {
			return done(tx)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if state == store.Skipped {
		return nil
	}
	k.w.count(func(t *Tally) { t.Failed++ })
	k.tell(Event{Repository: k.r.Name, Kind: kind, Err: cause, Took: k.w.s.Now().Sub(k.started)})
	return after
}
