package archive

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// cpioHead is what a header of a cpio archive says. Names and contents are padded to a
// multiple of pad bytes.
type cpioHead struct{ mode, size, names, head, pad int64 }

// cpio looks into a cpio archive of an ASCII format: the "new" one of initramfs and RPM,
// or that of POSIX (c_magic and what follows in
// https://pubs.opengroup.org/onlinepubs/009695399/utilities/pax.html).
func (w *walker) cpio(in *input, depth int) error {
	r := bufio.NewReader(in.reader())
	for {
		h, err := readCpioHead(r)
		if err != nil {
			return err
		}
		name := make([]byte, h.names+-(h.head+h.names)&(h.pad-1))
		if _, err := io.ReadFull(r, name); err != nil {
			return noEnd(err)
		}
		if name = name[:h.names-1]; string(name) == "TRAILER!!!" {
			return nil
		}
		if err := w.entry(); err != nil {
			return err
		}
		body := &io.LimitedReader{R: r, N: h.size}
		if h.mode&0o170000 == 0o100000 && h.size > 0 {
			inner := w.stream(join(in.path, clean(string(name))), body)
			inner.size = h.size
			err := w.visit(inner, depth)
			w.close(inner)
			if err != nil {
				return err
			}
		} else if err := w.bareName(in, string(name), h.mode&0o170000 == 0o040000); err != nil {
			return err
		}
		if err := discard(body); err != nil {
			return err
		}
		if body.N > 0 {
			return io.ErrUnexpectedEOF
		}
		if _, err := r.Discard(int(-h.size & (h.pad - 1))); err != nil {
			return noEnd(err)
		}
	}
}

func readCpioHead(r *bufio.Reader) (h cpioHead, err error) {
	mark, err := r.Peek(6)
	if err != nil {
		return h, noEnd(err)
	}
	b := make([]byte, 110)
	posix := mark[5] == '7'
	if posix {
		b = b[:76]
	}
	if _, err := io.ReadFull(r, b); err != nil {
		return h, noEnd(err)
	}
	num := func(from, to, base int) int64 {
		v, err := strconv.ParseUint(string(b[from:to]), base, 40)
		if err != nil {
			return -1
		}
		return int64(v)
	}
	h = cpioHead{mode: num(14, 22, 16), size: num(54, 62, 16), names: num(94, 102, 16), head: 110, pad: 4}
	if posix {
		h = cpioHead{mode: num(18, 24, 8), size: num(65, 76, 8), names: num(59, 65, 8), head: 76, pad: 1}
	}
	if string(b[:5]) != "07070" || h.mode < 0 || h.size < 0 || h.names < 1 || h.names > maxName+1 {
		return h, fmt.Errorf("header in a cpio archive: %w", errDamaged)
	}
	return h, nil
}
