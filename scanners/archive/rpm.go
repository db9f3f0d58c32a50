package archive

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
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
