package archive

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
)

// rpm looks into an RPM package: its header, in which the scripts are, and its
// files. See the Linux Standard Base, Core, Package File Format.
func (w *walker) rpm(in *input, depth int) error {
	r := bufio.NewReaderSize(in.reader(), 64<<10)
	if _, err := r.Discard(96); err != nil {
		return err
	}
	for i := range 2 { // the signature, padded to eight bytes, and the header
		var h [16]byte
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return err
		}
		tags, size := int64(binary.BigEndian.Uint32(h[8:])), int64(binary.BigEndian.Uint32(h[12:]))
		if binary.BigEndian.Uint32(h[:])>>8 != 0x8EADE8 || tags > 1<<20 || size > 256<<20 {
			return fmt.Errorf("header of an RPM package: %w", errDamaged)
		}
		if i == 0 {
			size += -size & 7
		}
		all := io.LimitReader(r, tags*16+size)
		if i == 1 {
			if err := w.text(join(in.path, "(header)"), &lined{all}); err != nil {
				return err
			}
		}
		if err := discard(all); err != nil {
			return err
		}
	}
	inner := w.stream(in.path, r)
	defer w.close(inner)
	k := Sniff(inner.peek(SniffLen), "x.lzma")
	if k == None {
		return fmt.Errorf("content of an RPM package: %w", errMethod)
	}
	inner.unpacked = true
	return w.open(k, inner, depth)
}

// lined makes lines of texts that end with a NUL.
type lined struct{ r io.Reader }

func (l *lined) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, c := range p[:n] {
		if c == 0 {
			p[i] = '\n'
		}
	}
	return n, err
}

// cpio looks into a cpio archive of the "new" ASCII format.
func (w *walker) cpio(in *input, depth int) error {
	r := bufio.NewReader(in.reader())
	for {
		var h [110]byte
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return err
		}
		num := func(i int) int64 {
			v, err := strconv.ParseUint(string(h[6+8*i:14+8*i]), 16, 32)
			if err != nil {
				return -1
			}
			return int64(v)
		}
		mode, size, names := num(1), num(6), num(11)
		if string(h[:5]) != "07070" || mode < 0 || size < 0 || names < 1 || names > maxName+1 {
			return fmt.Errorf("header in a cpio archive: %w", errDamaged)
		}
		name := make([]byte, names+-(110+names)&3)
		if _, err := io.ReadFull(r, name); err != nil {
			return err
		}
		if name = name[:names-1]; string(name) == "TRAILER!!!" {
			return nil
		}
		if err := w.entry(); err != nil {
			return err
		}
		body := &io.LimitedReader{R: r, N: size}
		if mode&0o170000 == 0o100000 && size > 0 {
			inner := w.stream(join(in.path, clean(string(name))), body)
			inner.size = size
			err := w.visit(inner, depth)
			w.close(inner)
			if err != nil {
				return err
			}
		} else if err := w.bareName(in, string(name), mode&0o170000 == 0o040000); err != nil {
			return err
		}
		if err := discard(body); err != nil {
			return err
		}
		if body.N > 0 {
			return io.ErrUnexpectedEOF
		}
		if _, err := r.Discard(int(-size & 3)); err != nil {
			return err
		}
	}
}
