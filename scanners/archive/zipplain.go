package archive

import (
	"bufio"
	"io"

	"github.com/whosekey/whosekey/internal/inflate"
)

// plain reports whether the content of a file that is called encrypted is not: if it
// unpacks to what the directory says, with the right checksum. Programs such as bsdtar
// then ask for a password; others of that name read on. What is encrypted is twelve
// bytes longer than it was, and rarely goes on to inflate beyond the first block.
func (w *walker) plain(e zipEntry, packed *input) (bool, error) {
	if e.method == 0 && e.size != uint64(packed.size) || e.method != 0 && e.method != 8 {
		return false, nil
	}
	all := &meter{r: packed.reader(), w: w, sum: true}
	if e.method == 8 {
		r := inflate.NewReader(bufio.NewReader(packed.reader()))
		defer r.Close()
		all.r = io.LimitReader(r, int64(min(e.size, 1<<62))+1)
	}
	_, err := io.Copy(io.Discard, all)
	if w.over != nil || isStop(err) {
		return false, err
	}
	return err == nil && uint64(all.n) == e.size && all.crc == e.crc, nil
}

// locked looks into a file that is called encrypted. If it is not, it is searched, and
// told.
func (z *zipFile) locked(e zipEntry, at string, packed *input) error {
	is, err := z.plain(e, packed)
	if err != nil {
		return err
	}
	if is {
		z.lie(at)
		return z.content(e, at, packed)
	}
	z.leaveOut(encrypted, at)
	return z.bareName(z.in, e.name, false)
}

// lockedNext is locked for a file in a stream, which it holds to look at it twice.
func (w *walker) lockedNext(in *input, e zipEntry, at string, packed io.Reader, depth int) error {
	if e.flags&zipDescriptor == 0 && (e.method == 8 || e.method == 0 && e.packed == e.size) {
		held := w.stream(at, packed)
		defer w.close(held)
		switch err := w.hold(held, maxHeld); {
		case w.over != nil || isStop(err):
			return err
		case err == nil:
			defer w.release(held)
			is, err := w.plain(e, held)
			if err != nil {
				return err
			}
			if is {
				w.lie(at)
				e.said = true
				return w.zipWhole(e, at, held.reader(), depth)
			}
		}
	}
	w.leaveOut(encrypted, at)
	return w.bareName(in, e.name, false)
}
