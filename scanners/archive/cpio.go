package archive

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
)

// cpioHead is what a header of a cpio archive says. Headers with names, and contents are
// padded to a multiple of pad bytes.
type cpioHead struct{ mode, size, names, head, pad int64 }

// cpio looks into a cpio archive: of the "new" format of initramfs and RPM, of that of
// POSIX (c_magic and what follows in
// https://pubs.opengroup.org/onlinepubs/009695399/utilities/pax.html), or of the old one, of
// numbers with 16 bits (https://man.freebsd.org/cgi/man.cgi?query=cpio&sektion=5).
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
			return w.afterCpio(in, r, depth)
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
		if h.mode&0o170000 == 0o120000 && h.size <= maxName {
			to, _ := io.ReadAll(body)
			if err := w.target(in, string(name), string(to)); err != nil {
				return err
			}
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

// afterCpio looks at what comes after the end of a cpio archive: nothing but zeros, or
// another one, packed or not, as in the initramfs of many systems.
func (w *walker) afterCpio(in *input, r *bufio.Reader, depth int) error {
	for {
		c, err := r.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if c != 0 {
			break
		}
		if w.reads++; w.reads%4096 == 0 {
			if err := w.onTime(); err != nil {
				return err
			}
		}
	}
	r.UnreadByte()
	inner := w.stream(join(in.path, "(after the end)"), r)
	defer w.close(inner)
	if in.joined < maxJoined && Sniff(inner.peek(SniffLen), "") == cpioArchive {
		inner.path, inner.joined = in.path, in.joined+1
		return w.cpio(inner, depth)
	}
	return w.visit(inner, depth)
}

// oldCpio is the mark of the old format.
const oldCpio = 0o070707

// isOldCpio reports whether an archive of the old format begins so: its mark is weak, but a
// kind of a file, the length of a name and the end of that follow.
func isOldCpio(head []byte) bool {
	h, ok := oldCpioHead(head)
	if !ok || h.names < 2 || h.names > maxName || h.head+h.names > int64(len(head)) {
		return false
	}
	switch h.mode >> 12 {
	case 1, 2, 4, 6, 8, 10, 12:
		return head[h.head+h.names-1] == 0 && head[h.head] != 0
	}
	return false
}

// oldCpioHead reads a header of the old format, in the order of the bytes of either
// machine. Of a number of 32 bits the high part comes first.
func oldCpioHead(b []byte) (h cpioHead, ok bool) {
	if len(b) < 26 {
		return h, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if order.Uint16(b) != oldCpio {
		order = binary.BigEndian
	}
	size := int64(order.Uint16(b[22:]))<<16 | int64(order.Uint16(b[24:]))
	return cpioHead{mode: int64(order.Uint16(b[6:])), size: size, names: int64(order.Uint16(b[20:])), head: 26, pad: 2}, order.Uint16(b) == oldCpio
}

func readCpioHead(r *bufio.Reader) (h cpioHead, err error) {
	mark, err := r.Peek(6)
	if err != nil {
		return h, noEnd(err)
	}
	if old, _ := r.Peek(26); mark[0] != '0' {
		h, ok := oldCpioHead(old)
		if !ok || h.names < 1 || h.names > maxName+1 {
			return h, fmt.Errorf("header in a cpio archive: %w", errDamaged)
		}
		r.Discard(26)
		return h, nil
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
