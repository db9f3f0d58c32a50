package gitpack

import "hash/maphash"

// Table finds objects by ID faster than the packs' indexes do: trees name
// every object many times over.
type Table struct {
	store *Store
	seed  maphash.Seed
	// keys are hashes of the IDs; open addressing. The hash is keyed, as those
	// who wrote the indexes could choose IDs that collide; with 64 bits, one in
	// 10^7 scans of 10^6 objects takes a missing one for another.
	keys []uint64
	nums []int32 // object number + 1, 0 for empty
	mask uint64
}

// Table returns a table of all objects. The first call builds it.
func (s *Store) Table() *Table {
	s.tableOnce.Do(func() { s.table = s.buildTable() })
	return s.table
}

func (s *Store) buildTable() *Table {
	t := newTable(s, s.Len())
	s.guard(func() error {
		t.addPacks()
		return nil
	})
	for i := range s.loose {
		t.add(s.loose[i].id.Bytes(), s.start[len(s.packs)]+i)
	}
	return t
}

// newTable makes an empty table with room for n objects.
func newTable(s *Store, n int) *Table {
	size := uint64(16)
	for size < uint64(n)+uint64(n)/3 {
		size *= 2
	}
	return &Table{store: s, seed: maphash.MakeSeed(), keys: make([]uint64, size), nums: make([]int32, size), mask: size - 1}
}

func (t *Table) addPacks() {
	for k, p := range t.store.packs {
		for i := range p.idx.count {
			t.add(p.idx.name(i), t.store.start[k]+i)
		}
	}
}

func (t *Table) add(id []byte, n int) {
	key := maphash.Bytes(t.seed, id)
	at := key & t.mask
	for ; t.nums[at] != 0; at = (at + 1) & t.mask {
		if t.keys[at] == key {
			return // stored twice: the first counts
		}
	}
	t.keys[at], t.nums[at] = key, int32(n+1)
}

// Find returns the number of the object with a raw ID.
func (t *Table) Find(id []byte) (int, bool) {
	if len(id) != t.store.hash {
		return 0, false
	}
	key := maphash.Bytes(t.seed, id)
	for at := key & t.mask; t.nums[at] != 0; at = (at + 1) & t.mask {
		if t.keys[at] == key {
			return int(t.nums[at] - 1), true
		}
	}
	return 0, false
}
