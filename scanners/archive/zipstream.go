package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// zipStream looks into the files of a zip file one after the other, by the
// headers before them.
func (w *walker) zipStream(in *input, r *bufio.Reader, depth int) error {
	for {
		mark, err := r.Peek(4)
		if err == io.EOF && len(mark) == 0 {
			return nil
		}
		switch {
		case bytes.Equal(mark, localMark):
		case bytes.Equal(mark, centralMark), bytes.Equal(mark, endMark), bytes.Equal(mark, end64Mark):
			if more, err := w.zipTail(in, r); !more || err != nil {
				return err
			}
			continue
		case bytes.Equal(mark, descriptorMark): // of a file whose header had the sizes too, or the mark of a part
			r.Discard(4)
			continue
		default:
			return fmt.Errorf("header of a file in a zip file: %w", errDamaged)
		}
		if err := w.entry(); err != nil {
			return err
		}
		if err := w.zipNext(in, r, depth); err != nil {
			return err
		}
	}
}

// zipNext looks into the file whose header comes next.
func (w *walker) zipNext(in *input, r *bufio.Reader, depth int) error {
	var h [30]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return err
	}
	rest := make([]byte, int(le16(h[26:]))+int(le16(h[28:])))
	if _, err := io.ReadFull(r, rest); err != nil {
		return err
	}
	name := int(le16(h[26:]))
	e := zipEntry{
		name: string(rest[:name]), flags: le16(h[6:]), method: le16(h[8:]),
		crc: le32(h[14:]), packed: uint64(le32(h[18:])), size: uint64(le32(h[22:])),
	}
	e.extend(rest[name:], false)
	at := join(in.path, clean(e.name))
	if err := w.fields(at, textFields(rest[name:])); err != nil {
		return err
	}
	sized := e.flags&zipDescriptor == 0 || e.packed > 0
	var packed io.Reader = r
	if sized {
		if e.packed > 1<<62 {
			return errDamaged
		}
		packed = io.LimitReader(r, int64(e.packed))
	}
	if !sized && (e.method != 8 || e.flags&zipEncrypted != 0) {
		if e.method == 0 && e.size == 0 && len(e.name) > 0 && e.name[len(e.name)-1] == '/' {
			if err := w.bareName(in, e.name, true); err != nil {
				return err
			}
			return w.zipDescribed(r)
		}
		return errors.New("file in a zip file that does not say where it ends")
	}
	switch {
	case sized && e.packed == 0:
		if err := w.bareName(in, e.name, e.folder()); err != nil {
			return err
		}
	case e.flags&(zipEncrypted|zipStrong) != 0:
		if err := w.lockedNext(in, e, at, packed, depth); err != nil {
			return err
		}
	default:
		e.said = e.flags&zipDescriptor == 0
		if err := w.zipWhole(e, at, packed, depth); err != nil {
			return err
		}
	}
	if sized {
		if _, err := io.Copy(io.Discard, packed); err != nil {
			return err
		}
		if e.flags&zipDescriptor == 0 {
			return nil
		}
	}
	return w.zipDescribed(r)
}

// zipWhole looks into a file, and reads it to its end.
func (w *walker) zipWhole(e zipEntry, at string, packed io.Reader, depth int) error {
	r, err := w.zipUnpacker(e, packed)
	if err != nil {
		w.damage(at, err)
		return w.bareAt(at, false)
	}
	defer w.flates.put(r)
	return w.zipContent(e, at, r, depth)
}

// zipDescribed reads the sizes after the data of a file: with a mark or not, of
// 32 bits or 64. They are not needed.
func (w *walker) zipDescribed(r *bufio.Reader) error {
	if b, _ := r.Peek(4); bytes.Equal(b, descriptorMark) {
		r.Discard(4)
	}
	b, _ := r.Peek(24)
	for _, n := range []int{12, 20} {
		if len(b) >= n+2 && b[n] == 'P' && b[n+1] == 'K' || len(b) == n {
			r.Discard(n)
			return nil
		}
	}
	return fmt.Errorf("sizes of a file in a zip file: %w", errDamaged)
}
