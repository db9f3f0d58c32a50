package archive

import (
	"archive/tar"
	"io"
	"strings"
)

// tar looks into a tar file: that of POSIX, GNU, or older. Links and devices
// hold nothing, so that they are passed over.
func (w *walker) tar(in *input, depth int) error {
	var from io.Reader = in.reader()
	sr, _ := from.(*io.SectionReader)
	count := &counter{r: from}
	if sr == nil {
		from = count
	}
	t := tar.NewReader(from)
	for {
		h, err := t.Next()
		if err == io.EOF {
			return w.afterTar(in, from, depth)
		}
		if err != nil {
			return err
		}
		if err := w.entry(); err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeGNUSparse || h.Size == 0 {
			continue
		}
		inner := w.tarred(t, h, sr, count)
		inner.path = join(in.path, clean(h.Name))
		err = w.visit(inner, depth)
		w.close(inner)
		if err != nil {
			return err
		}
	}
}

// tarred makes an input of the file at which a reader of a tar file is. sr is
// what it reads, or nil, and then count knows how much that was.
func (w *walker) tarred(t *tar.Reader, h *tar.Header, sr *io.SectionReader, count *counter) *input {
	if sr != nil && !Sparse(h) {
		if at, err := sr.Seek(0, io.SeekCurrent); err == nil && h.Size <= sr.Size()-at {
			return section("", sr, at, h.Size)
		}
	}
	var r io.Reader = t
	if sr != nil {
		r = &meter{r: t, w: w}
	} else if Sparse(h) {
		r = &inflated{r: t, w: w, count: count, start: count.n}
	}
	inner := w.stream("", r)
	inner.size = h.Size
	return inner
}

// Sparse reports whether a file has holes, which take no room in the tar file.
func Sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// counter counts what was read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// inflated charges what a reader returns beyond what it has read.
type inflated struct {
	r          io.Reader
	w          *walker
	count      *counter
	start      int64
	out, costs int64
}

func (i *inflated) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	i.out += int64(n)
	if more := i.out - (i.count.n - i.start) - i.costs; more > 0 {
		i.costs += more
		if over := i.w.charge(more); over != nil {
			return 0, over
		}
	}
	return n, err
}

// afterTar looks at what comes after the end of a tar file: nothing but zeros,
// another one, or something that somebody may have put there to hide it.
func (w *walker) afterTar(in *input, from io.Reader, depth int) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := io.ReadFull(from, buf)
		if rest := zeros(buf[:n]); rest < n {
			rest -= rest % 512 // where a header would begin
			inner := w.stream(join(in.path, "(after the end)"), io.MultiReader(&slice{buf[rest:n]}, from))
			defer w.close(inner)
			if in.joined < maxJoined && Sniff(inner.peek(SniffLen), "") == tarred {
				inner.path, inner.joined = in.path, in.joined+1
				if err := w.entry(); err != nil {
					return err
				}
				return w.tar(inner, depth)
			}
			return w.visit(inner, depth)
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.onTime(); err != nil {
			return err
		}
	}
}

// maxJoined is how many tar files may follow each other.
const maxJoined = 32

// zeros returns how many of the first bytes are zero.
func zeros(b []byte) int {
	for i, c := range b {
		if c != 0 {
			return i
		}
	}
	return len(b)
}

// slice reads bytes.
type slice struct{ b []byte }

func (s *slice) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.b)
	s.b = s.b[n:]
	return n, nil
}
