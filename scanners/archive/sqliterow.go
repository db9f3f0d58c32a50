package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
)

// record reads the values of a row.
func (db *database) record(b []byte) (r row) {
	size, n := varint(b)
	if n == 0 || size < int64(n) || size > int64(len(b)) {
		return nil
	}
	kinds, body := b[n:size], b[size:]
	for len(kinds) > 0 {
		k, n := varint(kinds)
		if n == 0 || k < 0 {
			return r
		}
		kinds = kinds[n:]
		width := min(widthOf(k), int64(len(body))) // the rest is lost
		r = append(r, db.value(k, body[:width]))
		body = body[width:]
	}
	return r
}

func (db *database) value(k int64, b []byte) string {
	switch {
	case k >= 13 && k%2 == 1 && db.encoding >= 2:
		u := make([]uint16, len(b)/2)
		for i := range u {
			if u[i] = binary.LittleEndian.Uint16(b[2*i:]); db.encoding == 3 {
				u[i] = binary.BigEndian.Uint16(b[2*i:])
			}
		}
		return string(utf16.Decode(u))
	case k >= 12:
		db.file(b)
		return string(bytes.ReplaceAll(b, []byte{'\n'}, []byte{' '}))
	case k == 7:
		return strconv.FormatFloat(math.Float64frombits(binary.BigEndian.Uint64(b)), 'g', -1, 64)
	case k == 8, k == 9:
		return strconv.FormatInt(k-8, 10)
	case len(b) == 0:
		return ""
	}
	v := int64(int8(b[0]))
	for _, c := range b[1:] {
		v = v<<8 | int64(c)
	}
	return strconv.FormatInt(v, 10)
}

// varint reads a number of up to nine bytes. n is 0 if it is cut off.
func varint(b []byte) (v int64, n int) {
	for i, c := range b {
		if i == 8 {
			return v<<8 | int64(c), 9
		}
		v = v<<7 | int64(c&0x7F)
		if c < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

// file keeps a blob that is an archive, or packed, to be looked into behind its table.
// Carve reads the same more than once.
func (db *database) file(b []byte) {
	if len(b) < 16 || db.loss == nil || !Sniff(b[:min(len(b), SniffLen)], "").Opaque() {
		return
	}
	if db.held += int64(len(b)); db.held > maxHeld {
		db.held -= int64(len(b))
		db.lost = true
		return
	}
	db.files = append(db.files, bytes.Clone(b))
}

// inRows looks into the blobs of a table.
func (db *database) inRows(at string) error {
	files := db.files
	db.files = nil
	for i, b := range files {
		err := db.visitBytes(join(at, fmt.Sprintf("blob %d", i+1)), b, db.depth)
		db.held -= int64(len(b))
		if err != nil {
			return err
		}
	}
	if db.lost {
		db.skip(tooLarge, at)
		db.lost = false
	}
	return nil
}
