package gitpack

import "encoding/binary"

// Table finds objects by ID faster than the packs' indexes do: trees name
// every object many times over.
type Table struct {
	store *Store
	keys  []uint64 // first eight bytes of the ID; open addressing
	nums  []int32  // object number + 1, 0 for empty
	mask  uint64
}

// Table builds a table of all objects.
func (s *Store) Table() *Table {
	size := uint64(16)
	for size < 2*uint64(s.Len()) {
		size *= 2
	}
	t := &Table{store: s, keys: make([]uint64, size), nums: make([]int32, size), mask: size - 1}
	for k, p := range s.packs {
		for i := range p.idx.count {
			t.add(p.idx.name(i), s.start[k]+i)
		}
	}
	for i := range s.loose {
		t.add(s.loose[i].id.Bytes(), s.start[len(s.packs)]+i)
	}
	return t
}

func (t *Table) add(id []byte, n int) {
	key := binary.BigEndian.Uint64(id)
	at := t.slot(key)
	for ; t.nums[at] != 0; at = (at + 1) & t.mask {
		if t.keys[at] == key && t.same(int(t.nums[at]-1), id) {
			return // stored twice: the first counts
		}
	}
	t.keys[at], t.nums[at] = key, int32(n+1)
}

// slot spreads keys that somebody made to collide in their first bits.
func (t *Table) slot(key uint64) uint64 { return (key * 0x9e3779b97f4a7c15 >> 20) & t.mask }

func (t *Table) same(n int, id []byte) bool {
	have := t.store.ID(n)
	return string(have.Bytes()) == string(id)
}

// Find returns the number of the object with a raw ID.
func (t *Table) Find(id []byte) (int, bool) {
	if len(id) != t.store.hash {
		return 0, false
	}
	key := binary.BigEndian.Uint64(id)
	for at := t.slot(key); t.nums[at] != 0; at = (at + 1) & t.mask {
		if n := int(t.nums[at] - 1); t.keys[at] == key && t.same(n, id) {
			return n, true
		}
	}
	return 0, false
}
