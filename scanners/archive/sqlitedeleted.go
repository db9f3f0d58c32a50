package archive

import (
	"encoding/binary"
	"hash/maphash"
	"unicode"
	"unicode/utf8"
)

// Rows that were deleted stay on their pages, in blocks that are free: the columns touch
// each other, so that in the bytes alone a credential has no end. A free block begins with
// four bytes in place of what the cell had there: the next block, and the size of this one.
// See https://www.sqlite.org/fileformat2.html#b_tree_pages.

// maxFreeBlocks is how many blocks of a page are looked at: each has four bytes.
const maxFreeBlocks = 65536 / 4

// carveRatio bounds how many bytes and columns are looked at for rows that were deleted, for
// each byte of a database. What is beyond that is searched in the bytes of the file alone.
const carveRatio = 64

// loss is what is known of a table in which rows may have been deleted.
type loss struct {
	leaves []int64 // pages
	seed   maphash.Seed
	rows   map[uint64]bool // those that are there, by their hashes: pages have copies of them
	widest int             // how many columns a row has that is there
	// defined is how many the table has by its definition; 0 if that is not known. It
	// counts where no row is left: one can have fewer than were added later.
	defined int
}

// maxLive is how many rows are remembered.
const maxLive = 1 << 20

func newLoss() *loss { return &loss{seed: maphash.MakeSeed(), rows: map[uint64]bool{}} }

// live notes a row, and reports whether it is new.
func (l *loss) live(r row) bool {
	if l == nil || len(r) == 0 {
		return false
	}
	l.widest = max(l.widest, len(r))
	var h maphash.Hash
	h.SetSeed(l.seed)
	for _, v := range r[min(1, len(r)-1):] { // the first column can be lost
		h.WriteString(v)
		h.WriteByte(0)
	}
	if l.rows[h.Sum64()] {
		return false
	}
	if len(l.rows) < maxLive {
		l.rows[h.Sum64()] = true
	}
	return true
}

// leaf notes a page.
func (l *loss) leaf(n int64) {
	if l != nil {
		l.leaves = append(l.leaves, n)
	}
}

// undelete calls visit for the rows of a table that were deleted.
func (db *database) undelete(visit func(row) error) error {
	l := db.loss
	db.loss = nil
	if l.widest == 0 {
		l.widest = l.defined
	}
	for _, n := range l.leaves {
		if err := db.ctx.Err(); err != nil {
			return err
		}
		b, err := db.load(n)
		if err != nil || l.widest == 0 {
			continue
		}
		if err := db.deleted(b, l.widest, func(r row) error {
			if !l.live(r) {
				return nil
			}
			for _, v := range r {
				db.room -= int64(len(v))
			}
			if db.room < 0 {
				return errRoom
			}
			return visit(r)
		}); err != nil {
			return err
		}
	}
	return nil
}

// deleted calls visit for the deleted rows of a leaf page.
func (db *database) deleted(b []byte, columns int, visit func(row) error) error {
	end := min(int64(len(b)), db.usable)
	pointers, content := 8+2*int(binary.BigEndian.Uint16(b[3:])), int(binary.BigEndian.Uint16(b[5:]))
	if content == 0 {
		content = 65536
	}
	if int64(content) <= end && pointers < content {
		if err := db.carve(b[pointers:content], columns, false, visit); err != nil {
			return err
		}
	}
	at := int64(binary.BigEndian.Uint16(b[1:]))
	for range maxFreeBlocks {
		if at == 0 || at+4 > end {
			break
		}
		next, size := int64(binary.BigEndian.Uint16(b[at:])), int64(binary.BigEndian.Uint16(b[at+2:]))
		if size < 4 || at+size > end {
			break
		}
		if err := db.carve(b[at:at+size], columns, true, visit); err != nil {
			return err
		}
		if next <= at { // they stand in order
			break
		}
		at = next
	}
	return nil
}

// carve calls visit for the rows in a free part of a page, from its end. Block says that
// it begins with the four bytes of a free block. Blocks that became one with that before
// them have kept theirs: the size is up to the end of what was one block then.
func (db *database) carve(b []byte, columns int, block bool, visit func(row) error) error {
	end, ends := len(b), map[int]bool{len(b): true}
	for at := len(b) - 4; at >= 0 && db.effort > 0; at-- {
		if at+4 > end || b[at] == 0 && b[at+1] == 0 && b[at+2] == 0 && b[at+3] == 0 {
			continue
		}
		r, n := db.cell(b[at:end], columns)
		size := int(binary.BigEndian.Uint16(b[at+2:]))
		if n == 0 && (at == 0 && block || ends[at+size]) {
			r = db.beheaded(b[at:end], columns)
		}
		if r == nil {
			continue
		}
		if err := visit(r); err != nil {
			return err
		}
		end, ends[at] = at, true
	}
	return nil
}

// loosely is visit for what was deleted from a page of which the table is not known.
func (db *database) loosely(visit func(row) error) func(row) error {
	return func(r row) error {
		for _, v := range r {
			db.room -= int64(len(v))
		}
		if db.room < 0 {
			return errRoom
		}
		return visit(r)
	}
}

// cell reads a whole cell at the start of b, and returns its length: 0 if there is none.
// Columns are 0 if it is not known how many there are.
func (db *database) cell(b []byte, columns int) (row, int) {
	size, n := varint(b)
	if n == 0 || size < 2 || size > int64(len(b)) {
		return nil, 0
	}
	_, m := varint(b[n:])
	head := n + m
	if m == 0 || int64(head)+size > int64(len(b)) {
		return nil, 0
	}
	rec := b[head : int64(head)+size]
	all, k := varint(rec)
	if k == 0 || all < int64(k) || all > size {
		return nil, 0
	}
	if columns == 0 {
		columns = typesIn(rec[k:all])
	}
	widths, types := widthsOf(rec[k:all], columns)
	db.effort -= int64(types)
	if types != int(all)-k || sum(widths) != size-all || !db.told(rec[k:all], rec[all:], widths) {
		return nil, 0
	}
	return db.record(rec), head + int(size)
}

// beheaded reads a cell of which the first four bytes are lost: with them the sizes, and
// mostly the type of the first column.
func (db *database) beheaded(b []byte, columns int) row {
	const most = 32 // that are tried if it is not known how many there are
	for n := 2; columns == 0 && n <= most && db.effort > 0; n++ {
		if r := db.tailed(b, n, 8); r != nil { // its first is a number, or a rowid
			return r
		}
	}
	return db.tailed(b, columns, int64(len(b)))
}

// tailed reads a cell without its first four bytes. The first column has at most so many
// bytes if its type is lost.
func (db *database) tailed(b []byte, columns int, widest int64) row {
	for lost := range min(2, columns) {
		widths, n := widthsOf(b[min(4, len(b)):], columns-lost)
		db.effort -= int64(n)
		if n == 0 {
			continue
		}
		types, body := b[4:4+n], b[4+n:]
		first := int64(len(body)) - sum(widths)
		if first < 0 || first > widest || lost == 0 && first != 0 || !db.told(types, body[first:], widths) {
			continue
		}
		var r row
		if lost == 1 {
			r = append(r, printed(body[:first]))
		}
		for body = body[first:]; len(widths) > 0; widths = widths[1:] {
			k, m := varint(types)
			r, types = append(r, db.value(k, body[:widths[0]])), types[m:]
			body = body[widths[0]:]
		}
		return r
	}
	return nil
}

// widthsOf are those of columns by their types, which take n bytes; n is 0 if they are
// none.
func widthsOf(types []byte, columns int) (widths []int64, n int) {
	for range columns {
		k, m := varint(types[n:])
		if m == 0 || k < 0 || k == 10 || k == 11 || k > maxDocument {
			return nil, 0
		}
		widths, n = append(widths, widthOf(k)), n+m
	}
	return widths, n
}

// typesIn counts the columns of a record.
func typesIn(types []byte) (columns int) {
	for len(types) > 0 {
		_, n := varint(types)
		if n == 0 {
			return 0
		}
		types, columns = types[n:], columns+1
	}
	return columns
}

// widthOf is how many bytes a value of a type has.
func widthOf(k int64) int64 {
	switch {
	case k >= 12:
		return (k - 12) / 2
	case k == 5:
		return 6
	case k == 6 || k == 7:
		return 8
	case k <= 4:
		return k
	}
	return 0
}

func sum(widths []int64) (n int64) {
	for _, w := range widths {
		n += w
	}
	return n
}

// told reports whether what would be text in a row is, and whether there is any.
func (db *database) told(types, body []byte, widths []int64) (any bool) {
	db.effort -= int64(len(body))
	for _, w := range widths {
		k, n := varint(types)
		if k >= 13 && k%2 == 1 {
			if any = any || w > 0; db.encoding <= 1 && printed(body[:w]) == "" && w > 0 {
				return false
			}
		}
		types, body = types[n:], body[w:]
	}
	return any
}

// printed is b if it is text, and nothing if it is not.
func printed(b []byte) string {
	if !utf8.Valid(b) {
		return ""
	}
	for _, c := range string(b) {
		if unicode.IsControl(c) && c != '\n' && c != '\t' && c != '\r' {
			return ""
		}
	}
	return string(b)
}
