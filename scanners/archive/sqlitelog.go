package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"
)

// free emits the rows on pages that were given back, as far as they are still there.
func (db *database) free(trunk int64) error {
	var pages, trunks []int64
	listed := make([]bool, len(db.seen))
	for trunk > 0 && len(pages) < len(db.seen) {
		b, err := db.load(trunk)
		if err != nil || db.seen[trunk-1] {
			break
		}
		db.seen[trunk-1] = true
		trunks = append(trunks, trunk)
		for i := range min(int64(binary.BigEndian.Uint32(b[4:])), db.usable/4-2) {
			if n := int64(binary.BigEndian.Uint32(b[8+4*i:])); n > 0 && n <= int64(len(db.seen)) && !db.seen[n-1] && !listed[n-1] {
				listed[n-1] = true
				pages = append(pages, n)
			}
		}
		trunk = int64(binary.BigEndian.Uint32(b))
	}
	if len(trunks) == 0 {
		return nil
	}
	return db.rows("(free pages)", func(visit func(row) error) error {
		for _, n := range pages {
			if err := db.loose(n, visit); err != nil {
				return err
			}
		}
		for _, n := range trunks { // it lists pages where its header was, and what is behind the list stays
			b, err := db.load(n)
			if err != nil {
				continue
			}
			from := min(8+4*int64(binary.BigEndian.Uint32(b[4:])), db.usable)
			if err := db.carve(b[from:min(int64(len(b)), db.usable)], 0, false, db.loosely(visit)); err != nil {
				return err
			}
		}
		return nil
	})
}

// loose visits the rows of a page that is in no tree. It may be one of something else.
func (db *database) loose(n int64, visit func(row) error) error {
	if err := db.ctx.Err(); err != nil {
		return err
	}
	b, err := db.load(n)
	if err != nil {
		return nil
	}
	h := b
	if n == 1 && len(b) > 108 {
		h = b[100:]
	}
	if h[0] != 13 && h[0] != 10 && h[0] != 2 {
		return nil
	}
	err = db.cells(b, h, func([]byte) error { return nil }, visit)
	if errors.Is(err, errDamaged) && !errors.Is(err, io.ErrClosedPipe) {
		err = nil
	}
	if err == nil && n > 1 && h[0] == 13 {
		err = db.deleted(b, 0, db.loosely(visit))
	}
	return err
}

// pageLog is a write-ahead log or a rollback journal: pages as they are now or were
// before, some of them several times.
type pageLog struct {
	pages map[int64][]int64 // where a page is, by its number
	order []int64           // numbers of pages, in the order of the file
	where []int64
	now   int64 // where we are
}

// at is where the page with a number is that is next to where we are: -1 if it is not
// there. Pages that belong together were written together.
func (l *pageLog) at(n int64) int64 {
	all := l.pages[n]
	if len(all) == 0 {
		return -1
	}
	i, _ := slices.BinarySearch(all, l.now)
	if i == len(all) || i > 0 && l.now-all[i-1] < all[i]-l.now {
		i--
	}
	return all[i]
}

const (
	walHeader, walFrame   = 32, 24
	journalHeader         = 28
	maxLogPages           = 1 << 20
	maxLogRows            = 1 << 20
	journalSum, journalNo = 4, 4
)

// sqliteLog emits the rows in the pages of a log, each once.
func (w *walker) sqliteLog(in *input) error {
	var h [walHeader]byte
	if n, _ := in.at.ReadAt(h[:], 0); n < len(h) {
		return io.ErrUnexpectedEOF
	}
	db := &database{walker: w, in: in, room: rowsRatio*in.size + grace, effort: carveRatio*in.size + grace, log: &pageLog{pages: map[int64][]int64{}}}
	var err error
	if h[0] == journalMagic[0] {
		err = db.journal(h[:])
	} else {
		err = db.ahead(h[:])
	}
	if err != nil {
		return err
	}
	most := int64(0)
	for n := range db.log.pages {
		most = max(most, n)
	}
	db.seen = make([]bool, min(most, maxPages))
	if first := db.log.pages[1]; len(first) > 0 {
		var b [4]byte
		in.at.ReadAt(b[:], first[0]+56)
		db.encoding = binary.BigEndian.Uint32(b[:])
	}
	seed, known := maphash.MakeSeed(), map[uint64]bool{}
	return db.rows("rows", func(visit func(row) error) error {
		for i, n := range db.log.order {
			db.log.now = db.log.where[i]
			err := db.loose(n, func(r row) error {
				sum := maphash.String(seed, strings.Join(r, "\x00"))
				if known[sum] {
					return nil
				}
				if len(known) < maxLogRows {
					known[sum] = true
				}
				return visit(r)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *pageLog) add(n, at int64) {
	if n > 0 && n <= maxPages && len(l.order) < maxLogPages {
		l.pages[n] = append(l.pages[n], at)
		l.order, l.where = append(l.order, n), append(l.where, at)
	}
}

// ahead lists the pages of a write-ahead log, of an earlier round too: file format, 4.1.
func (db *database) ahead(h []byte) error {
	db.page = int64(binary.BigEndian.Uint32(h[8:]))
	if db.usable = db.page; !db.pages() {
		return fmt.Errorf("header of a log of SQLite: %w", errDamaged)
	}
	var b [4]byte
	for at := int64(walHeader); at+walFrame+db.page <= db.in.size && len(db.log.order) < maxLogPages; at += walFrame + db.page {
		if _, err := db.in.at.ReadAt(b[:], at); err != nil {
			return err
		}
		db.log.add(int64(binary.BigEndian.Uint32(b[:])), at+walFrame)
	}
	return nil
}

// journal lists the pages of a rollback journal: file format, 3. One that was begun
// again has another header.
func (db *database) journal(h []byte) error {
	sector := int64(binary.BigEndian.Uint32(h[20:]))
	db.page = int64(binary.BigEndian.Uint32(h[24:]))
	if db.usable = db.page; !db.pages() || sector < journalHeader || sector > 1<<20 {
		return fmt.Errorf("header of a journal of SQLite: %w", errDamaged)
	}
	record := journalNo + db.page + journalSum
	var b [8]byte
	for at := sector; at+record <= db.in.size && len(db.log.order) < maxLogPages; {
		if _, err := db.in.at.ReadAt(b[:], at); err != nil {
			return err
		}
		if string(b[:]) == string(journalMagic) {
			at += sector
			continue
		}
		if b[0]|b[1]|b[2]|b[3] == 0 { // up to the next sector
			at += sector - at%sector
			continue
		}
		db.log.add(int64(binary.BigEndian.Uint32(b[:])), at+journalNo)
		at += record
	}
	return nil
}
