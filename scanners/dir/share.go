package dir

import (
	"errors"
	"sync/atomic"
)

// large is a file that several workers search at once.
type large struct {
	*pieces
	openFile
	users atomic.Int32
}

// share searches a large file together with those who have nothing else to do.
func (w *worker) share(o openFile) error {
	l := &large{pieces: newPieces(o.file, w.shelf.add(o.rec), 0, o.in.size, w.reach), openFile: o}
	l.users.Store(1)
	for range w.source.opts.Workers - 1 {
		l.users.Add(1)
		if !w.add(task{large: l}) {
			l.users.Add(-1)
			break
		}
	}
	return w.help(l)
}

// help searches pieces of a large file as long as there are any. Who is the
// last to leave sees to the rest.
func (w *worker) help(l *large) error {
	err := l.search(w.buffer(l.size), w.emitUntilHalt)
	if l.users.Add(-1) == 0 {
		l.openFile.read, l.openFile.err = l.pieces.read, l.pieces.err
		if l.pieces.err == errShrank {
			l.openFile.err = nil // its size tells
		}
		stopped := err
		if w.halted.Load() {
			stopped = errHalted
		}
		w.finish(&l.openFile, stopped)
	}
	if errors.Is(err, errHalted) {
		return nil
	}
	return err
}
