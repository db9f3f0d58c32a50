package gitpack

import (
	"bytes"
	"hash/maphash"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Table finds objects by ID faster than the packs' indexes do: trees name
// every object many times over.
type Table struct {
	store *Store
	seed  maphash.Seed
	slots []slot // open addressing
	mask  uint64
	// exact says that two IDs have the same key, so that keys prove nothing.
	exact bool
}

// slot holds a piece of the hash of an ID, other than what its place says. The
// hash is keyed, as those who wrote the indexes could choose IDs that collide.
// One missing object in a billion is taken for one that is there.
type slot struct {
	key uint32
	num int32 // object number + 1, 0 for empty
}

// Table returns a table of all objects; of OpenNamed, of those in packs. The first call
// builds it.
func (s *Store) Table() *Table {
	s.tableOnce.Do(func() { s.table = s.buildTable() })
	return s.table
}

// Prepare does at once, on as many processors as there are, what Walk needs
// before it can start, and returns the Table.
func (s *Store) Prepare() *Table {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	g.Go(func() error {
		s.Table()
		return nil
	})
	for _, p := range s.packs {
		g.Go(func() error {
			s.plan(p) // Walk tells what is wrong with it
			return nil
		})
	}
	g.Wait()
	return s.Table()
}

func (s *Store) buildTable() *Table {
	t := newTable(s, s.Len())
	err := s.guard(func() error {
		t.addPacks()
		return nil
	})
	if s.named == nil {
		for i := range s.loose {
			t.add(s.loose[i].id.Bytes(), s.start[len(s.packs)]+i)
		}
	}
	if err == nil {
		s.full.Store(t)
	}
	return t
}

// newTable makes an empty table with room for n objects.
func newTable(s *Store, n int) *Table {
	size := uint64(16)
	for size < uint64(n)+uint64(n)/3 {
		size *= 2
	}
	return &Table{store: s, seed: maphash.MakeSeed(), slots: make([]slot, size), mask: size - 1}
}

func (t *Table) addPacks() {
	for k, p := range t.store.packs {
		for i := range p.idx.count {
			if len(t.store.midxs) > 0 && !t.store.first(k, i) {
				continue // without them, the first counts
			}
			t.add(p.idx.name(i), t.store.start[k]+i)
		}
	}
}

func (t *Table) add(id []byte, n int) {
	hash := maphash.Bytes(t.seed, id)
	key, at := uint32(hash>>32), hash&t.mask
	for ; t.slots[at].num != 0; at = (at + 1) & t.mask {
		if t.slots[at].key == key {
			if t.is(at, id) {
				return // stored twice: the first counts
			}
			t.exact = true
		}
	}
	t.slots[at] = slot{key, int32(n + 1)}
}

// is reports whether a slot is that of an ID.
func (t *Table) is(at uint64, id []byte) bool {
	have := t.store.id(int(t.slots[at].num - 1))
	return bytes.Equal(have.Bytes(), id)
}

// Find returns the number of the object with a raw ID.
func (t *Table) Find(id []byte) (int, bool) {
	if len(id) != t.store.hash {
		return 0, false
	}
	hash := maphash.Bytes(t.seed, id)
	key := uint32(hash >> 32)
	for at := hash & t.mask; t.slots[at].num != 0; at = (at + 1) & t.mask {
		if s := t.slots[at]; s.key == key && (!t.exact || t.is(at, id)) {
			return int(s.num - 1), true
		}
	}
	return 0, false
}
