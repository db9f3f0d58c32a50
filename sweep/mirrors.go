package sweep

import (
	"cmp"
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
)

type querySource = scanners.Source

// room removes mirrors that were not used for the longest time, until there is room
// for more. Those that are in use, and keep, stay.
func (w *Sweep) room(keep string) error {
	if w.cfg.Disk <= 0 {
		return nil
	}
	w.evict.Lock()
	defer w.evict.Unlock()
	type mirror struct {
		path string
		used time.Time
		size int64
	}
	dir := filepath.Join(w.cfg.State, "mirrors")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list mirrors: %w", err)
	}
	var all []mirror
	var total int64
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
	for _, m := range all {
		if total <= w.cfg.Disk {
			return nil
		}
		if m.path == keep || w.uses(m.path) {
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
	return nil
}

// sized is how large a mirror was when it was used last.
type sized struct {
	used time.Time
	size int64
}

// sizeOf counts the bytes of a mirror, if it was used since that was done.
func (w *Sweep) sizeOf(path string, used time.Time) (size int64) {
	w.mu.Lock()
	known, ok := w.sizes[path]
	w.mu.Unlock()
	busy := w.uses(path)
	if ok && known.used.Equal(used) && !busy {
		return known.size
	}
	filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if st, err := d.Info(); err == nil {
				size += st.Size()
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

// uses reports whether a mirror is in use.
func (w *Sweep) uses(path string) bool {
	id, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".part"), ".git"), 10, 64)
	w.mu.Lock()
	defer w.mu.Unlock()
	_, held := w.holds[id]
	return err != nil || held
}
