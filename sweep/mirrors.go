package sweep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

type querySource = scanners.Source

// errNoRoom says that a repository fits into no mirror while others are searched.
var errNoRoom = errors.New("the mirrors of other repositories have the room")

// staying says what a search does with its mirror.
type staying int

const (
	stays  staying = iota
	yields         // it was told that there is no room, and is about to end
	waits          // until another search has ended: its mirror may be removed
)

// room removes mirrors that were not used for the longest time, until all of them fit.
// Those that are in use stay: if they are too many, it says so to the search of id (0 for
// none), which then has to wait for another one. Of all that are at work one goes on.
// ahead is what that search writes until it asks again.
func (w *Sweep) room(id, ahead int64) error {
	if w.cfg.Disk <= 0 {
		return nil
	}
	w.evict.Lock()
	defer w.evict.Unlock()
	reserved := w.reserve(id, ahead)
	if w.slack -= ahead; w.slack >= 0 {
		return nil // of thousands of mirrors, not all are looked at each time
	}
	all, total, err := w.mirrors()
	if err != nil {
		return err
	}
	total += reserved
	most := w.cfg.Disk
	if total > most {
		most -= most / 16 // so that the next one need not look again
	}
	defer func() { w.slack = w.cfg.Disk - total }()
	others := map[staying]bool{}
	for _, m := range all {
		if total <= most {
			return nil
		}
		if used, how := w.uses(m.path); used {
			if m.id() != id {
				others[how] = true
			}
			continue
		}
		if err := os.RemoveAll(m.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove a mirror: %w", err)
		}
		w.mu.Lock()
		delete(w.sizes, m.path)
		w.mu.Unlock()
		total -= m.size
		slog.Info("a mirror made room", "mirror", filepath.Base(m.path), "bytes", m.size)
	}
	switch {
	case total <= w.cfg.Disk, id == 0, others[yields] && !others[stays]:
		return nil
	case others[stays]:
		w.holdAs(id, yields)
		return errNoRoom
	}
	return errTooLarge
}

// mirror is a copy of a repository, or what there is of one.
type mirror struct {
	path string
	used time.Time
	size int64
}

// id is that of its repository; 0 if it is none of ours.
func (m *mirror) id() int64 {
	id, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSuffix(filepath.Base(m.path), ".part"), ".git"), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// mirrors are those that there are, the one that was not used for the longest time first.
func (w *Sweep) mirrors() (all []mirror, total int64, err error) {
	dir := filepath.Join(w.cfg.State, "mirrors")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, fmt.Errorf("list mirrors: %w", err)
	}
	for _, e := range entries {
		st, err := e.Info()
		if err != nil {
			continue
		}
		m := mirror{filepath.Join(dir, e.Name()), st.ModTime(), 0}
		m.size = w.sizeOf(m.path, m.used)
		total += m.size
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b mirror) int { return cmp.Or(a.used.Compare(b.used), strings.Compare(a.path, b.path)) })
	return all, total, nil
}

// mirrored brings the mirror of a repository up to date, when there is room. One that is too
// large has the room of all others before that is known: it gets it once in a while.
func (k *searching) mirrored(ctx context.Context, source, dir string) error {
	if err := k.knownTooLarge(); err != nil {
		return err
	}
	err := k.fetched(ctx, source, dir)
	if errors.Is(err, errTooLarge) {
		k.w.forget(dir)
		return k.tooLarge(k.w.s.Now().Add(againAfter))
	}
	return err
}

// fetched waits for room, and fetches.
func (k *searching) fetched(ctx context.Context, source, dir string) error {
	w := k.w
	limits := gitrepo.Limits{Stall: w.cfg.Stall, Step: w.step()}
	if w.cfg.Disk > 0 {
		limits.Room = func(came int64) error {
			if came > w.cfg.Disk { // which need not be in the mirror: a server may send what is not kept
				return errTooLarge
			}
			return w.room(k.r.ID, k.ahead(came))
		}
	}
	for {
		freed := w.freed()
		err := w.room(k.r.ID, k.ahead(0))
		if err == nil {
			err = w.cfg.Logins.With(source, k.r.Address, func(login *gitrepo.Login) error {
				if err := gitrepo.Mirror(ctx, dir, k.r.Address, login, limits); err != nil {
					return err
				}
				return k.branch(ctx, dir, login)
			})
			now := time.Now()
			os.Chtimes(dir, now, now)
		}
		if !strings.HasPrefix(k.r.Address, "http") { // what came since somebody looked is not counted
			w.recount()
		}
		if err == nil {
			err = w.room(k.r.ID, 0)
		}
		if !errors.Is(err, errNoRoom) {
			return err
		}
		slog.Info("a repository waits until there is room", "repository", k.r.Name)
		w.holdAs(k.r.ID, waits)
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
		w.holdAs(k.r.ID, stays)
	}
}

// branch has the mirror's HEAD name the default branch, which may be another one than before.
func (k *searching) branch(ctx context.Context, dir string, login *gitrepo.Login) (err error) {
	name := k.r.Branch
	if strings.HasPrefix(k.r.Native, wikiMark) { // it has the repository's, which may be another
		name = ""
	}
	if name == "" && !k.r.ScannedAt.IsZero() { // a new clone knows it
		if name, err = gitrepo.RemoteBranch(ctx, k.r.Address, login); err != nil {
			return err
		}
	}
	if name == "" {
		return nil
	}
	return gitrepo.SetHead(dir, name)
}

// recount has all mirrors looked at the next time that somebody asks for room.
func (w *Sweep) recount() {
	w.evict.Lock()
	defer w.evict.Unlock()
	w.slack = -1
}

// step is after how many bytes a search asks again if there is room.
func (w *Sweep) step() int64 { return w.cfg.Disk / 32 / int64(max(w.cfg.Workers, 1)) }

// ahead is what a mirror may need before the next step, of which so much came so far: the
// step, the index that git writes at the end, and the files of a new one.
func (k *searching) ahead(came int64) int64 { return k.w.step() + came/10 + 16*block }

// reserve notes what a search writes until it asks again, and returns that of all.
func (w *Sweep) reserve(id, ahead int64) (all int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h, ok := w.holds[id]; ok {
		h.ahead = ahead
		w.holds[id] = h
	}
	for _, h := range w.holds {
		all += h.ahead
	}
	return all
}

// freed is closed when a search has ended.
func (w *Sweep) freed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

func (w *Sweep) holdAs(id int64, how staying) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h, ok := w.holds[id]; ok {
		h.mirror, h.ahead = how, 0
		w.holds[id] = h
	}
}

// sized is how large a mirror was when it was used last.
type sized struct {
	used time.Time
	size int64
}

// block is what the smallest file takes, and a folder.
const block = 4096

// sizeOf counts the bytes of a mirror, if it was used since that was done.
func (w *Sweep) sizeOf(path string, used time.Time) (size int64) {
	w.mu.Lock()
	known, ok := w.sizes[path]
	w.mu.Unlock()
	busy, _ := w.uses(path)
	if ok && known.used.Equal(used) && !busy {
		return known.size
	}
	filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err == nil {
			if st, err := d.Info(); err == nil {
				size += (max(st.Size(), 1) + block - 1) / block * block
			}
		}
		return nil
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	if delete(w.sizes, path); !busy {
		w.sizes[path] = sized{used, size}
	}
	return size
}

// uses reports whether a mirror is in use, and how.
func (w *Sweep) uses(path string) (bool, staying) {
	id := (&mirror{path: path}).id()
	w.mu.Lock()
	defer w.mu.Unlock()
	h, held := w.holds[id]
	return id == 0 || held && h.mirror != waits, h.mirror
}
