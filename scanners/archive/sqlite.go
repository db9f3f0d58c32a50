package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf16"
)

// sqlite emits the tables of an SQLite database, a row a line. What was deleted,
// and what is in its log, can be found in the bytes of the files. Nothing is
// executed. See https://www.sqlite.org/fileformat2.html.
func (w *walker) sqlite(in *input) error {
	var h [100]byte
	if n, _ := in.at.ReadAt(h[:], 0); n < len(h) {
		return io.ErrUnexpectedEOF
	}
	db := &database{walker: w, in: in, page: int64(binary.BigEndian.Uint16(h[16:]))}
	if db.page == 1 {
		db.page = 65536
	}
	db.usable = db.page - int64(h[20])
	db.encoding = binary.BigEndian.Uint32(h[56:])
	if db.page < 512 || db.page&(db.page-1) != 0 || db.usable < 480 {
		return fmt.Errorf("header of a database: %w", errDamaged)
	}
	db.seen = make([]bool, min(in.size/db.page, maxPages)+1)
	var tables []row
	err := db.tree(1, 0, func(r row) error {
		if len(tables) < 10_000 {
			tables = append(tables, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range tables { // type, name, table, root, SQL
		if len(t) < 5 || t[0] != "table" {
			continue
		}
		root, err := strconv.ParseInt(t[3], 10, 64)
		if err != nil || root <= 1 {
			continue
		}
		if err := db.table(t[1], root); err != nil {
			return err
		}
	}
	return nil
}

// maxPages is how many pages of a database are looked at.
const maxPages = 64 << 20

// database is a database that is read.
type database struct {
	*walker
	in           *input
	page, usable int64
	encoding     uint32 // 1: UTF-8; 2, 3: UTF-16, little and big endian
	seen         []bool // pages that a tree had, so that none is read twice
}

type row []string

// table emits a table, in pieces that fit into memory.
func (db *database) table(name string, root int64) error {
	at := join(db.in.path, clean(name))
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		var line []byte
		err := db.tree(root, 0, func(r row) error {
			line = line[:0]
			for i, v := range r {
				if i > 0 {
					line = append(line, '\t')
				}
				line = append(line, v...)
			}
			_, err := w.Write(append(line, '\n'))
			return err
		})
		w.Close()
		done <- err
	}()
	err := db.text(at, r)
	r.Close()
	if bad := <-done; bad != nil && bad != io.ErrClosedPipe && err == nil {
		db.leaveOut(badDocument, at)
	}
	return err
}

// load reads a page, which starts with 1.
func (db *database) load(n int64) ([]byte, error) {
	if n < 1 || n > int64(len(db.seen)) || n*db.page > db.in.size {
		return nil, fmt.Errorf("page of a database: %w", errDamaged)
	}
	b := make([]byte, db.page)
	_, err := db.in.at.ReadAt(b, (n-1)*db.page)
	if err == io.EOF {
		err = nil
	}
	return b, err
}

// tree calls visit for the rows of a table.
func (db *database) tree(n int64, depth int, visit func(row) error) error {
	if depth > 64 {
		return errDamaged
	}
	b, err := db.load(n)
	if err != nil {
		return err
	}
	if db.seen[n-1] {
		return fmt.Errorf("page of a database that is used twice: %w", errDamaged)
	}
	db.seen[n-1] = true
	if err := db.ctx.Err(); err != nil {
		return err
	}
	h := b
	if n == 1 {
		h = b[100:]
	}
	kind, cells := h[0], int(binary.BigEndian.Uint16(h[3:]))
	at := 8
	if kind == 5 || kind == 2 {
		at = 12
	}
	for i := range cells {
		if at+2*i+2 > len(h) {
			return errDamaged
		}
		p := int(binary.BigEndian.Uint16(h[at+2*i:]))
		if p+4 > len(b) {
			return errDamaged
		}
		switch kind {
		case 5:
			err = db.tree(int64(binary.BigEndian.Uint32(b[p:])), depth+1, visit)
		case 13:
			err = db.leaf(b[p:min(int64(len(b)), db.usable)], visit)
		case 10: // a table WITHOUT ROWID: its rows are the keys of an index
			err = db.key(b[p:min(int64(len(b)), db.usable)], visit)
		case 2:
			if err = db.tree(int64(binary.BigEndian.Uint32(b[p:])), depth+1, visit); err == nil {
				err = db.key(b[p+4:min(int64(len(b)), db.usable)], visit)
			}
		default:
			return errDamaged
		}
		if err != nil {
			return err
		}
	}
	if kind == 5 || kind == 2 {
		return db.tree(int64(binary.BigEndian.Uint32(h[8:])), depth+1, visit)
	}
	return nil
}

// leaf reads a row: the length of its record, its number, and as much of the
// record as fits; the rest is in a chain of pages.
func (db *database) leaf(b []byte, visit func(row) error) error {
	size, n := varint(b)
	_, m := varint(b[n:])
	if n == 0 || m == 0 {
		return errDamaged
	}
	return db.payload(b[n+m:], size, db.usable-35, visit)
}

// key reads a row of an index: the length of its record, and the record.
func (db *database) key(b []byte, visit func(row) error) error {
	size, n := varint(b)
	if n == 0 {
		return errDamaged
	}
	return db.payload(b[n:], size, (db.usable-12)*64/255-23, visit)
}

// payload reads a record of which at most most bytes are on the page.
func (db *database) payload(b []byte, size, most int64, visit func(row) error) error {
	if size < 0 || size > maxDocument {
		return errDamaged
	}
	local := size
	if size > most {
		least := (db.usable-12)*32/255 - 23
		if local = least + (size-least)%(db.usable-4); local > most {
			local = least
		}
	}
	if local > int64(len(b)) || local < size && local+4 > int64(len(b)) {
		return errDamaged
	}
	rec := append([]byte(nil), b[:local]...)
	if local < size {
		next := int64(binary.BigEndian.Uint32(b[local:]))
		for int64(len(rec)) < size {
			p, err := db.load(next)
			if err != nil || db.seen[next-1] {
				return errDamaged
			}
			db.seen[next-1] = true
			rec = append(rec, p[4:min(db.usable, 4+size-int64(len(rec)))]...)
			next = int64(binary.BigEndian.Uint32(p))
		}
	}
	return visit(db.record(rec))
}

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
		width := int64(0)
		switch {
		case k >= 12:
			width = (k - 12) / 2
		case k == 5:
			width = 6
		case k == 6 || k == 7:
			width = 8
		case k <= 4:
			width = k
		}
		if width > int64(len(body)) {
			return r
		}
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
