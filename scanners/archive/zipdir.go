package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/whosekey/whosekey/leak"
)

// The marks of the parts of a zip file: PKWARE's APPNOTE.TXT, 4.3.
var (
	localMark      = []byte("PK\x03\x04")
	centralMark    = []byte("PK\x01\x02")
	endMark        = []byte("PK\x05\x06")
	end64Mark      = []byte("PK\x06\x06")
	locatorMark    = []byte("PK\x06\x07")
	descriptorMark = []byte("PK\x07\x08")
)

func le16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

const (
	endLen   = 22
	end64Len = 56
)

// endOf finds the end record in the last bytes of a file.
func endOf(tail []byte) int {
	for i := len(tail) - endLen; i >= 0; i-- {
		if i = bytes.LastIndex(tail[:i+4], endMark); i < 0 {
			return -1
		}
		if int(le16(tail[i+20:])) <= len(tail)-i-endLen {
			return i
		}
	}
	return -1
}

// findDirectory reads the end record, and that of zip64 if there is one.
func (z *zipFile) findDirectory() error {
	tail := make([]byte, min(z.in.size, endLen+1<<16))
	start := z.in.size - int64(len(tail))
	if n, _ := z.in.at.ReadAt(tail, start); n < len(tail) {
		return io.ErrUnexpectedEOF
	}
	i := endOf(tail)
	if i < 0 {
		return fmt.Errorf("zip file without its end: %w", errDamaged)
	}
	end := tail[i:]
	z.size = uint64(le32(end[12:]))
	offset, at := uint64(le32(end[16:])), start+int64(i)
	z.known = append(z.known, zipSpan{at, at + endLen + int64(le16(end[20:])), nil})
	if n := le16(end[20:]); n > 0 {
		z.comments = append(z.comments, end[endLen:endLen+int(n)]...)
		z.comments = append(z.comments, '\n')
	}
	z.count = uint64(le16(end[10:]))
	if at64, rec, ok := z.locate64(at); ok {
		z.known = append(z.known, zipSpan{at64, at64 + 12 + int64(min(le64(rec[4:]), uint64(z.in.size-at64))), nil}, zipSpan{at - 20, at, nil})
		if differ64(end, rec) {
			z.lie(z.in.path)
		}
		z.count, z.wide = le64(rec[32:]), true
		z.size, offset, at = le64(rec[40:]), le64(rec[48:]), at64
	}
	if z.size > uint64(at) || offset > uint64(at)-z.size {
		return fmt.Errorf("directory of a zip file: %w", errDamaged)
	}
	z.from, z.base = at-int64(z.size), at-int64(z.size)-int64(offset)
	if z.base > 0 && z.size > 0 { // some write offsets from the file's own beginning
		var mark [4]byte
		if z.in.at.ReadAt(mark[:], int64(offset)); bytes.Equal(mark[:], centralMark) {
			z.from, z.base = int64(offset), 0
		}
	}
	z.known = append(z.known, zipSpan{z.from, z.from + int64(z.size), nil})
	return nil
}

// locate64 finds the end record of zip64 before the one at an offset, through what says
// where it is, or where it mostly is.
func (z *zipFile) locate64(at int64) (at64 int64, rec []byte, ok bool) {
	var loc [20]byte
	if at < int64(len(loc)) {
		return 0, nil, false
	}
	z.in.at.ReadAt(loc[:], at-int64(len(loc)))
	if !bytes.Equal(loc[:4], locatorMark) {
		return 0, nil, false
	}
	rec = make([]byte, end64Len)
	for _, where := range []uint64{le64(loc[8:]), uint64(max(0, at-int64(len(loc))-end64Len))} { // something may stand before the zip file
		if where > uint64(at) {
			continue
		}
		if n, _ := z.in.at.ReadAt(rec, int64(where)); n == len(rec) && bytes.Equal(rec[:4], end64Mark) {
			return int64(where), rec, true
		}
	}
	z.lie(z.in.path)
	return 0, nil, false
}

// differ64 reports whether the two end records say something else of the directory.
func differ64(end, rec []byte) bool {
	count := le16(end[10:])
	differ := count != 1<<16-1 && uint64(count) != le64(rec[32:])
	for _, v := range []struct{ narrow, wide int }{{12, 40}, {16, 48}} {
		n := le32(end[v.narrow:])
		differ = differ || n != 1<<32-1 && uint64(n) != le64(rec[v.wide:])
	}
	return differ
}

// readCentral reads an entry of the directory.
func readCentral(r io.Reader) (e zipEntry, comment []byte, err error) {
	var h [46]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return e, nil, err
	}
	name, extra := int(le16(h[28:])), int(le16(h[30:]))
	rest := make([]byte, name+extra+int(le16(h[32:])))
	if _, err := io.ReadFull(r, rest); err != nil {
		return e, nil, err
	}
	e = zipEntry{
		name: string(rest[:name]), flags: le16(h[8:]), method: le16(h[10:]),
		crc: le32(h[16:]), packed: uint64(le32(h[20:])), size: uint64(le32(h[24:])), offset: uint64(le32(h[42:])), said: true,
	}
	e.extend(rest[name:name+extra], true)
	e.extra = textFields(rest[name : name+extra])
	return e, rest[name+extra:], nil
}

// extend takes the 64-bit numbers out of the extra field.
func (e *zipEntry) extend(extra []byte, central bool) {
	for len(extra) >= 4 {
		id, n := le16(extra), int(le16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			return
		}
		if f := extra[:n]; id == 1 {
			for _, v := range []*uint64{&e.size, &e.packed, &e.offset} {
				if *v == 1<<32-1 && len(f) >= 8 && (central || v != &e.offset) {
					*v, f = le64(f), f[8:]
				}
			}
		}
		extra = extra[n:]
	}
}

// textFields are the texts in extra fields, one a line: those of kinds that have a text,
// or that nobody knows. Most files have times and numbers in theirs.
func textFields(extra []byte) (text []byte) {
	for len(extra) >= 4 {
		id, n := le16(extra), int(le16(extra[2:]))
		extra = extra[4:]
		n = min(n, len(extra))
		if f := extra[:n]; n >= leak.MinName && !numbered[id] && hasText(f) {
			text = append(append(text, f...), '\n')
		}
		extra = extra[n:]
	}
	return text
}

// numbered are the extra fields that have numbers alone: APPNOTE.TXT, 4.5 and 4.6, and
// those of Info-ZIP that it lists there.
var numbered = map[uint16]bool{0x0001: true, 0x000A: true, 0x5455: true, 0x5855: true, 0x7855: true, 0x7875: true, 0x9901: true}

// hasText reports whether there are as many printable bytes in a row as a credential has.
func hasText(b []byte) bool {
	row := 0
	for _, c := range b {
		if row++; c < ' ' || c > '~' {
			row = 0
		}
		if row >= leak.MinName {
			return true
		}
	}
	return false
}
