package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
)

// zipSpan is a part of a zip file that something else describes. file is nil if it is
// none.
type zipSpan struct {
	from, to int64
	file     *zipPart
}

var errHeaders = errors.New("the two headers of a file in a zip file differ")

// differs reports whether the header before a file says something else of its
// content than the directory does: programs believe one or the other.
func (z *zipFile) differs(e zipEntry, head []byte) bool {
	if le16(head[8:]) != e.method || (le16(head[6:])^e.flags)&zipEncrypted != 0 {
		return true
	}
	if le16(head[6:])&zipDescriptor != 0 {
		return false
	}
	packed := uint64(le32(head[18:]))
	return packed != 0 && packed != 1<<32-1 && packed != e.packed
}

// other looks into a file by the header before it.
func (z *zipFile) other(begin int64) error {
	in := section(join(z.in.path, "(not in the directory)"), z.in.at, begin, z.in.size-begin)
	err := z.zipNext(in, bufio.NewReader(in.reader()), z.depth)
	if isStop(err) || z.over != nil {
		return err
	}
	return nil // that something is wrong is noted
}

// beside emits what is in the file and in none of the files of its directory:
// comments, what stands before and behind them all and between them, and files that
// the directory does not have.
func (z *zipFile) beside() error {
	if len(z.comments) > 0 {
		if err := z.text(join(z.in.path, "(comments)"), bytes.NewReader(z.comments)); err != nil {
			return err
		}
	}
	slices.SortFunc(z.known, func(a, b zipSpan) int { return cmp.Compare(a.from, b.from) })
	at, first := int64(0), z.in.size
	for _, s := range z.known {
		first = min(first, s.from)
	}
	overlap, before := false, zipSpan{}
	for _, s := range append(z.known, zipSpan{z.in.size, z.in.size, nil}) {
		if s.from > at {
			where := "(between the files)"
			switch {
			case at == 0 && first > 0 && z.front:
				at = s.to
				before = s
				continue
			case at == 0 && first > 0:
				where = "(before the archive)"
			case s.from == z.in.size:
				where = "(after the archive)"
			}
			if err := z.gap(at, s.from, where, before); err != nil {
				return err
			}
		}
		overlap = overlap || s.from < at
		if s.to > at {
			at, before = s.to, s
		}
	}
	if overlap {
		z.lie(z.in.path)
	}
	return nil
}

// gap emits what stands where nothing should be. The sizes of the file before it may.
func (z *zipFile) gap(from, to int64, where string, before zipSpan) error {
	var head [24]byte
	n, _ := z.in.at.ReadAt(head[:min(int64(len(head)), to-from)], from)
	end := from
	if before.file != nil && before.file.described {
		from += z.sizes(head[:n], before)
		n, _ = z.in.at.ReadAt(head[:min(int64(len(head)), to-from)], from)
	}
	if n == 0 || zeros(head[:n]) == n && z.empty(from, to) {
		return nil
	}
	if err := z.entry(); err != nil {
		return err
	}
	if bytes.HasPrefix(head[:n], localMark) {
		return z.hidden(from, to, where)
	}
	if from == end && before.file != nil && before.file.stored && textual(head[:min(n, 4)]) {
		from = z.goesOn(before)
	}
	if err := z.text(join(z.in.path, where), io.NewSectionReader(z.in.at, from, to-from)); err != nil {
		return err
	}
	return z.within(from, to)
}

// within looks into files that the directory does not have, and that stand behind
// something else where nothing should be: a whole zip file in a comment, for one. What
// looks like one and is none was searched as it is.
func (z *zipFile) within(from, to int64) error {
	buf, at := make([]byte, 32<<10), from
	for at < to {
		n, _ := z.in.at.ReadAt(buf[:min(int64(len(buf)), to-at)], at)
		if i := bytes.Index(buf[:n], localMark); i >= 0 {
			at += int64(i)
			break
		}
		if n < len(buf) {
			return nil
		}
		if at += int64(n - len(localMark) + 1); z.onTime() != nil {
			return z.over
		}
	}
	in := section(join(z.in.path, "(not in the directory)"), z.in.at, at, to-at)
	before := z.found()
	err := z.zipStream(in, bufio.NewReader(in.reader()), z.depth)
	if err != nil && !isStop(err) && z.over == nil {
		if z.found() > before {
			z.damage(in.path, err)
		}
		return nil
	}
	return err
}

// empty reports whether there are only zeros.
func (z *zipFile) empty(from, to int64) bool {
	r, buf := io.NewSectionReader(z.in.at, from, to-from), make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		if zeros(buf[:n]) < n {
			return false
		}
		if err != nil {
			return true
		}
	}
}

// hidden looks into files that are not in the directory. What looks like one and is
// none is text.
func (z *zipFile) hidden(from, to int64, where string) error {
	in := section(join(z.in.path, "(not in the directory)"), z.in.at, from, to-from)
	before := z.found()
	err := z.zipStream(in, bufio.NewReader(in.reader()), z.depth)
	if err == nil || isStop(err) || z.over != nil {
		return err
	}
	if z.found() == before {
		return z.text(join(z.in.path, where), in.reader())
	}
	z.damage(in.path, err)
	return nil
}

// zipTail reads the directory of a zip file that is read from its beginning, and
// emits the comments in it, and what comes behind it. There is more if another file
// does.
func (w *walker) zipTail(in *input, r *bufio.Reader) (more bool, err error) {
	var comments []byte
	for {
		mark, err := r.Peek(4)
		var length int
		switch {
		case err != nil && len(mark) == 0:
			return false, w.zipComments(in, comments)
		case bytes.Equal(mark, centralMark):
			_, comment, err := readCentral(r)
			if err != nil {
				return false, err
			}
			if len(comment) > 0 && len(comments) < 1<<20 {
				comments = append(append(comments, comment...), '\n')
			}
			if err := w.onTime(); err != nil {
				return false, err
			}
			continue
		case bytes.Equal(mark, end64Mark):
			length = end64Len
		case bytes.Equal(mark, locatorMark):
			length = 20
		case bytes.Equal(mark, endMark):
			length = endLen
		case bytes.Equal(mark, localMark):
			return true, w.zipComments(in, comments)
		default:
			if err := w.zipComments(in, comments); err != nil {
				return false, err
			}
			return false, w.text(join(in.path, "(after the archive)"), r)
		}
		rec := make([]byte, length)
		if _, err := io.ReadFull(r, rec); err != nil {
			return false, err
		}
		if length == endLen {
			comment := make([]byte, le16(rec[20:]))
			if _, err := io.ReadFull(r, comment); err != nil {
				return false, err
			}
			comments = append(comments, comment...)
		}
	}
}

func (w *walker) zipComments(in *input, comments []byte) error {
	if len(comments) == 0 {
		return nil
	}
	return w.text(join(in.path, "(comments)"), bytes.NewReader(comments))
}
