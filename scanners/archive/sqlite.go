package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// sqlite emits the tables of an SQLite database, a row a line, and the rows on pages
// that are free again. What else was deleted can be found in the bytes of the file.
// Nothing is executed. See https://www.sqlite.org/fileformat2.html.
func (w *walker) sqlite(in *input, depth int) error {
	var h [100]byte
	if n, _ := in.at.ReadAt(h[:], 0); n < len(h) {
		return io.ErrUnexpectedEOF
	}
	db := &database{walker: w, in: in, depth: depth, room: rowsRatio*in.size + grace, effort: carveRatio*in.size + grace, page: int64(binary.BigEndian.Uint16(h[16:]))}
	if db.page == 1 {
		db.page = 65536
	}
	db.usable = db.page - int64(h[20])
	db.encoding = binary.BigEndian.Uint32(h[56:])
	if !db.pages() {
		return fmt.Errorf("header of a database: %w", errDamaged)
	}
	// The number of pages holds if it was written when the file was changed last.
	cut := int64(binary.BigEndian.Uint32(h[28:]))*db.page > in.size && bytes.Equal(h[24:28], h[92:96])
	db.seen = make([]bool, min(in.size/db.page, maxPages)+1)
	var tables []definition
	err := db.tree(1, 0, func(r row) error {
		if len(r) >= 4 && r[0] == "table" && len(tables) < 10_000 { // type, name, table, root, SQL
			t := definition{name: strings.Clone(r[1][:min(len(r[1]), maxName)]), root: r[3]}
			if len(r) > 4 {
				names := columnsOf(r[4])
				t.columns, t.heading = len(names), heading(names, r[4])
			}
			tables = append(tables, t)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDamaged) {
		return err
	}
	broken := err
	for _, t := range tables {
		root, err := strconv.ParseInt(t.root, 10, 64)
		if err != nil || root <= 1 {
			continue
		}
		if err := db.table(t, root); err != nil {
			return err
		}
	}
	if err := db.free(int64(binary.BigEndian.Uint32(h[32:]))); err != nil {
		return err
	}
	if cut {
		return fmt.Errorf("database of SQLite: %w", io.ErrUnexpectedEOF)
	}
	return broken
}

// pages reports whether the size of pages is one that there is.
func (db *database) pages() bool {
	return db.page >= 512 && db.page <= 65536 && db.page&(db.page-1) == 0 && db.usable >= 480
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
	log          *pageLog
	room         int64 // of records that may still be read
	loss         *loss // of the table that is read; nil for none
	effort       int64 // that may still be spent on rows that were deleted
	depth        int   // archives that it is in
	files        [][]byte
	lost         bool // there were more of those than are held
}

// Rows do not share bytes. Numbers take more room as text.
const rowsRatio = 16

var (
	errRoom    = errors.New("rows of more bytes than a database has")
	sharedRows = remark{"database of which the rows share bytes, searched up to there", "do not trust it"}
)

type row []string

// definition is what a database says of a table: the page that its rows begin at, how many columns
// they have, 0 if that is not clear, and the names of those if a credential may stand below one.
type definition struct {
	name, root string
	columns    int
	heading    row
}

// table emits a table.
func (db *database) table(t definition, root int64) error {
	name := t.name
	err := db.rows(clean(name), func(visit func(row) error) error {
		db.loss = newLoss()
		db.loss.defined = t.columns
		if t.heading != nil {
			if err := visit(t.heading); err != nil {
				return err
			}
		}
		err := db.tree(root, 0, visit)
		if err == nil || errors.Is(err, errDamaged) {
			err = errors.Join(err, db.undelete(visit))
		}
		return err
	})
	if err != nil {
		return err
	}
	return db.inRows(join(db.in.path, clean(name)))
}

// rows emits the rows that list visits, in pieces that fit into memory.
func (db *database) rows(name string, list func(visit func(row) error) error) error {
	at := join(db.in.path, name)
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		var line []byte
		err := list(func(r row) error {
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
	if err == nil { // who looks again reads what he looks for, and files are counted behind it
		io.Copy(io.Discard, r)
	}
	r.Close()
	switch bad := <-done; {
	case err != nil || bad == nil || errors.Is(bad, io.ErrClosedPipe):
	case errors.Is(bad, errRoom):
		db.skip(sharedRows, at)
	default:
		db.leaveOut(badDocument, at)
	}
	return err
}

// load reads a page, which starts with 1.
func (db *database) load(n int64) ([]byte, error) {
	at := (n - 1) * db.page
	if db.log != nil {
		at = db.log.at(n)
	}
	if n < 1 || at < 0 || n > int64(len(db.seen)) || at+db.page > db.in.size {
		return nil, fmt.Errorf("page of a database: %w", errDamaged)
	}
	b := make([]byte, db.page)
	_, err := db.in.at.ReadAt(b, at)
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
	inner := h[0] == 5 || h[0] == 2
	if h[0] == 13 {
		db.loss.leaf(n)
	}
	broken := db.cells(b, h, func(child []byte) error { return db.tree(int64(binary.BigEndian.Uint32(child)), depth+1, visit) }, visit)
	if inner && (broken == nil || errors.Is(broken, errDamaged)) {
		if err := db.tree(int64(binary.BigEndian.Uint32(h[8:])), depth+1, visit); err != nil {
			return err
		}
	}
	return broken
}

// cells calls visit for the rows of a page, of which the header is h, and below for
// the numbers of pages in it. A cell that is damaged does not keep us from the others.
func (db *database) cells(b, h []byte, below func(child []byte) error, visit func(row) error) (broken error) {
	kind, count, at := h[0], int(binary.BigEndian.Uint16(h[3:])), 8
	if kind == 5 || kind == 2 {
		at = 12
	}
	for i := range count {
		if at+2*i+2 > len(h) {
			return errDamaged
		}
		p := int(binary.BigEndian.Uint16(h[at+2*i:]))
		if p+4 > len(b) {
			broken = errDamaged
			continue
		}
		var err error
		switch body := b[p:max(int64(p), min(int64(len(b)), db.usable))]; kind {
		case 5:
			err = below(b[p:])
		case 13:
			err = db.leaf(body, visit)
		case 10: // a table WITHOUT ROWID: its rows are the keys of an index
			err = db.key(body, visit)
		case 2:
			if err = below(b[p:]); (err == nil || errors.Is(err, errDamaged)) && len(body) > 4 {
				err = errors.Join(err, db.key(body[4:], visit))
			}
		default:
			return errDamaged
		}
		if err != nil && !errors.Is(err, errDamaged) {
			return err
		}
		if err != nil {
			broken = err
		}
	}
	return broken
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
	if db.room -= size; db.room < 0 {
		return errRoom
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
			if err != nil || db.log == nil && db.seen[next-1] {
				return errors.Join(errDamaged, visit(db.record(rec)))
			}
			db.seen[next-1] = true
			rec = append(rec, p[4:min(db.usable, 4+size-int64(len(rec)))]...)
			next = int64(binary.BigEndian.Uint32(p))
		}
	}
	r := db.record(rec)
	db.loss.live(r)
	return visit(r)
}
