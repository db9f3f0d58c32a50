package dir

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

const (
	// batchLen is how many entries of a folder are listed at once, and handed
	// to another worker if one waits.
	batchLen = 32
	// maxDepth of folders in each other. Opening one takes as many steps.
	maxDepth = 256
)

// walk is one Scan. Its workers take tasks from a stack, and what grows with
// the tree is only the table: folders that are known but not listed are numbers
// in pending, and there are never more batches than workers.
type walk struct {
	ctx    context.Context
	source *Source
	cov    *scanners.Coverage
	emit   func(*leak.Chunk) error
	reach  int

	halted  atomic.Bool // no task is begun any more
	mu      sync.Mutex
	wake    sync.Cond // a task was added, or the last one is done
	batches []task
	pending []uint32 // folders
	busy    int      // workers that have a task
}

// task is a folder to list, some of the files in it, or a large file.
type task struct {
	dir   uint32
	files []string // nil: list the folder
	from  *shared  // where the files are; nil: to be opened
	large *large   // that others search too
}

// start makes tasks of the roots.
func (w *walk) start() {
	for _, kind := range []string{"files", "bytes", "directories"} {
		w.cov.Count(kind, 0)
	}
	for i, r := range w.source.roots {
		dir := uint32(i)
		switch {
		case r.file == "":
			w.pending = append(w.pending, dir)
		case w.source.exclude.MatchPath(r.rel, false):
			w.leaveOut(dir, "", excluded)
		default:
			w.batches = append(w.batches, task{dir: dir, files: []string{r.file}})
		}
	}
}

// next waits for a task. It returns false when there will be none.
func (w *walk) next() (t task, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.halted.Load() {
		if n := len(w.batches); n > 0 {
			t, w.batches = w.batches[n-1], w.batches[:n-1]
			w.busy++
			return t, true
		}
		if n := len(w.pending); n > 0 {
			t.dir, w.pending = w.pending[n-1], w.pending[:n-1]
			w.busy++
			return t, true
		}
		if w.busy == 0 {
			break
		}
		w.wake.Wait()
	}
	return task{}, false
}

func (w *walk) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy--; w.busy == 0 {
		w.wake.Broadcast()
	}
}

// stop makes every worker end soon.
func (w *walk) stop() {
	w.halted.Store(true)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wake.Broadcast()
}

// close releases what tasks that nobody began hold.
func (w *walk) close() {
	for _, t := range w.batches {
		if t.from != nil {
			t.from.release()
		}
		if t.large != nil && t.large.users.Add(-1) == 0 {
			t.large.Close()
		}
	}
}

// offer hands files to another worker, if one could use them.
func (w *walk) offer(t task) bool {
	t.from.users.Add(1)
	if !w.add(t) {
		t.from.users.Add(-1)
		return false
	}
	return true
}

// add adds a task, if there are not so many yet that each other worker has one.
func (w *walk) add(t task) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.batches) >= w.source.opts.Workers-1 {
		return false
	}
	w.batches = append(w.batches, t)
	w.wake.Signal()
	return true
}

func (w *walk) addDir(parent uint32, name string) {
	dir := w.source.table.addDir(parent, name)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending = append(w.pending, dir)
	w.wake.Signal()
}

// worker is one of the goroutines of a walk, with its buffers.
type worker struct {
	*walk
	trail              trail
	shelf              shelf
	names              scanners.Namer
	buf                []byte
	file               openFile
	split              scanners.Splitter
	inner              archive.Searcher
	files, bytes, dirs int64
}

func newWorker(w *walk) *worker {
	split := scanners.Splitter{Size: chunkSize, Reach: w.reach}
	return &worker{
		walk:  w,
		trail: trail{source: w.source},
		shelf: shelf{table: w.source.table},
		split: split,
		inner: archive.Searcher{Limits: w.source.opts.Archives, Cov: w.cov, Split: split, Keep: w.source.keep},
	}
}

func (w *worker) run() error {
	defer func() {
		w.trail.leave(0)
		w.shelf.flush()
		w.cov.Count("files", w.files)
		w.cov.Count("bytes", w.bytes)
		w.cov.Count("directories", w.dirs)
	}()
	for {
		t, ok := w.next()
		if !ok {
			return nil
		}
		err := w.do(t)
		w.done()
		if err != nil {
			w.stop()
			return err
		}
	}
}

func (w *worker) do(t task) error {
	if t.large != nil {
		return w.help(t.large)
	}
	if t.from == nil {
		from, err := w.trail.folder(t.dir)
		if err != nil {
			w.gap(t.dir, "", "folder", err)
			return nil
		}
		if len(w.source.exclude) > 0 {
			_, names := w.source.table.chain(t.dir)
			from.rel = path.Join(append([]string{w.source.opts.Show}, names...)...)
		}
		t.from = from
	}
	defer t.from.release()
	if err := w.nameRoot(t); err != nil {
		return err
	}
	if t.files != nil {
		return w.readAll(t)
	}
	return w.list(t)
}

// nameRoot has the name of what the user named searched. That of a folder is the name
// of nothing in it.
func (w *worker) nameRoot(t task) error {
	if int(t.dir) >= len(w.source.roots) {
		return nil
	}
	switch r := &w.source.roots[t.dir]; {
	case r.file != "":
		return w.name(t, r.file)
	case t.files != nil: // some of the files of a folder
		return nil
	default:
		name := filepath.Base(r.real)
		if len(name) < leak.MinName {
			return nil
		}
		return w.names.Name(w.shelf.add(record{t.dir, "", 0}), name, w.emit)
	}
}

// list reads a folder, and the files in it that nobody else has time for.
func (w *worker) list(t task) error {
	w.dirs++
	for !w.halted.Load() {
		entries, err := t.from.List(batchLen)
		t.files = t.files[:0:0] // another worker may have the last ones
		for _, e := range entries {
			if w.excludes(t, e) {
				continue
			}
			if err := w.name(t, e.Name()); err != nil {
				return err
			}
			if w.wanted(t, e) {
				t.files = append(t.files, e.Name())
			}
		}
		if len(t.files) > 0 && (err != nil || !w.offer(t)) {
			if err := w.readAll(t); err != nil {
				return err
			}
		}
		if err != nil {
			if err != io.EOF {
				w.gap(t.dir, "", "folder", err)
			}
			return nil
		}
	}
	return nil
}

// excludes reports whether the user does not want an entry.
func (w *worker) excludes(t task, e fs.DirEntry) bool {
	name := e.Name()
	if len(w.source.exclude) == 0 || !w.source.exclude.Match(path.Join(t.from.rel, name), e.IsDir()) {
		return false
	}
	w.leaveOut(t.dir, name, excluded)
	return true
}

// name has the name of an entry searched, whatever it is.
func (w *worker) name(t task, name string) error {
	if len(name) < leak.MinName {
		return nil
	}
	return w.names.Name(w.shelf.add(record{t.dir, name, 0}), name, w.emit)
}

// wanted reports whether an entry is a file to be read. It sees to all others.
func (w *worker) wanted(t task, e fs.DirEntry) bool {
	name, mode := e.Name(), e.Type()
	switch {
	case mode.IsRegular():
		return true
	case mode.IsDir():
		w.enter(t, name)
	case mode&fs.ModeSymlink != 0:
		w.leaveOut(t.dir, name, link)
	default:
		w.skip(t.dir, name, special(mode))
	}
	return false
}

func (w *worker) enter(t task, name string) {
	switch {
	case name == objectsDir && isRepository(t.from.Mode):
		w.leaveOut(t.dir, name, objects)
	case w.source.table.depth(t.dir) >= maxDepth:
		w.skip(t.dir, name, tooDeep)
	default:
		w.addDir(t.dir, name)
	}
}

func (w *worker) readAll(t task) error {
	for _, name := range t.files {
		if w.halted.Load() {
			return nil
		}
		if err := w.read(t, name); err != nil && !errors.Is(err, errHalted) {
			return err
		}
	}
	return nil
}
