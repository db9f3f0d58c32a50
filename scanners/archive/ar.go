package archive

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ar looks into an ar archive: a Debian package, or a library.
func (w *walker) ar(in *input, depth int) error {
	r := bufio.NewReader(in.reader())
	if _, err := r.Discard(len(arMagic)); err != nil {
		return err
	}
	var long string // names of more than 15 characters, as GNU has them
	for {
		var h [60]byte
		if n, err := io.ReadFull(r, h[:]); err == io.EOF || n == 1 && h[0] == '\n' {
			return nil
		} else if err != nil {
			return err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(h[48:58])), 10, 64)
		if err != nil || size < 0 || h[58] != '`' || h[59] != '\n' {
			return fmt.Errorf("header in an ar archive: %w", errDamaged)
		}
		if err := w.entry(); err != nil {
			return err
		}
		body := &io.LimitedReader{R: r, N: size}
		name := strings.TrimRight(string(h[:16]), " ")
		if name == "//" && size <= 1<<20 {
			b, _ := io.ReadAll(body)
			long = string(b)
		} else if err := w.arMember(in, name, long, body, depth); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
		if body.N > 0 {
			return io.ErrUnexpectedEOF
		}
		if size%2 == 1 {
			r.Discard(1)
		}
	}
}

func (w *walker) arMember(in *input, name, long string, body *io.LimitedReader, depth int) error {
	if n, ok := strings.CutPrefix(name, "#1/"); ok { // BSD: the name comes first
		if n, err := strconv.Atoi(n); err == nil && n <= maxName && int64(n) <= body.N {
			b := make([]byte, n)
			if _, err := io.ReadFull(body, b); err != nil {
				return err
			}
			name = strings.TrimRight(string(b), "\x00")
		}
	} else if at, err := strconv.Atoi(strings.TrimPrefix(name, "/")); err == nil && name[0] == '/' && at >= 0 && at < len(long) {
		name, _, _ = strings.Cut(long[at:], "\n")
	}
	if body.N == 0 {
		return w.bareName(in, strings.TrimSuffix(name, "/"), false)
	}
	inner := w.stream(join(in.path, clean(strings.TrimSuffix(name, "/"))), body)
	inner.size = body.N
	defer w.close(inner)
	return w.visit(inner, depth)
}
