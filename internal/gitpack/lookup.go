package gitpack

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// manyPacks is from how many packs on a table replaces their indexes, when as
// many of them were searched as building the table costs.
const manyPacks = 8

// Lookup returns the number of an object.
func (s *Store) Lookup(id ID) (int, bool) { return s.LookupRaw(id.Bytes()) }

// LookupRaw is Lookup for a raw ID.
func (s *Store) LookupRaw(id []byte) (int, bool) {
	if len(id) != s.hash {
		return 0, false
	}
	// With few packs a table gains little.
	if len(s.packs) >= manyPacks && s.searched.Load() > int64(s.Len()) {
		s.Table()
	}
	if k, i, ok := s.inPacks(id); ok {
		return s.start[k] + i, true
	}
	at, ok := s.inLoose(id)
	return s.start[len(s.packs)] + at, ok
}

func (s *Store) inLoose(id []byte) (int, bool) {
	if s.named != nil {
		return s.findNamed(MakeID(id))
	}
	return slices.BinarySearchFunc(s.loose, id, func(l loose, id []byte) int { return bytes.Compare(l.id.Bytes(), id) })
}

// inPacks returns the pack that has the copy of an object that counts, and its
// index entry: the copy that a multi-pack-index names, or else that of the
// first pack that has one. The answer never changes.
func (s *Store) inPacks(id []byte) (k, i int, ok bool) {
	if s.full.Load() == nil {
		if k, i, ok = s.hint(id); ok {
			return k, i, ok
		}
	}
	s.guard(func() error {
		if t := s.full.Load(); t != nil {
			var n int
			if n, ok = t.Find(id); ok && n < s.start[len(s.packs)] {
				k, _ = slices.BinarySearch(s.start, n+1)
				k--
				i = n - s.start[k]
				return nil
			}
			ok = false
			return nil
		}
		s.searched.Add(int64(len(s.packs)))
		for k = range s.packs {
			if i, ok = s.packs[k].idx.find(id); ok {
				return nil
			}
		}
		return nil
	})
	return k, i, ok
}

// hint is inPacks for what multi-pack-indexes know.
func (s *Store) hint(id []byte) (k, i int, ok bool) {
	if len(s.midxs) == 0 {
		return 0, 0, false
	}
	err := s.guard(func() error {
		var p *pack
		for _, m := range s.midxs {
			if p, i, ok = m.find(id); ok {
				k = p.number
				break
			}
		}
		return nil
	})
	return k, i, ok && err == nil
}

// copies returns the numbers of the other copies of an object.
func (s *Store) copies(n int) (out []int) {
	id := s.ID(n)
	if id.IsZero() {
		return nil
	}
	s.guard(func() error {
		for k, p := range s.packs {
			if i, ok := p.idx.find(id.Bytes()); ok && s.start[k]+i != n {
				out = append(out, s.start[k]+i)
			}
		}
		return nil
	})
	if at, ok := s.inLoose(id.Bytes()); ok && s.start[len(s.packs)]+at != n {
		out = append(out, s.start[len(s.packs)]+at)
	}
	return out
}

// first reports whether object i of pack k is the copy that counts. To know
// that of one costs as much as of all, so those who only look up a few objects
// do not pay for it. If an index shrinks meanwhile, some objects count twice.
func (s *Store) first(k, i int) bool {
	s.twiceOnce.Do(func() {
		if len(s.packs) > 1 {
			s.twice = make(bitset, s.start[len(s.packs)]/64+1)
			s.guard(func() error { s.findTwice(); return nil })
		}
	})
	return !s.twice.has(s.start[k] + i)
}

// named is an object in the search for those that are stored twice.
type named struct {
	key uint64 // the first bytes of the ID
	n   int
}

// findTwice fills in twice.
func (s *Store) findTwice() {
	var bucket []named
	for b := range 256 {
		bucket = bucket[:0]
		for k, p := range s.packs {
			lo, hi := p.idx.bucket(byte(b))
			for i := lo; i < hi; i++ {
				bucket = append(bucket, named{binary.BigEndian.Uint64(p.idx.name(i)), s.start[k] + i})
			}
		}
		slices.SortFunc(bucket, func(x, y named) int {
			if x.key != y.key {
				return cmp.Compare(x.key, y.key)
			}
			a, b := s.id(x.n), s.id(y.n)
			return cmp.Or(bytes.Compare(a.b[:], b.b[:]), cmp.Compare(x.n, y.n))
		})
		for from, i := 0, 1; i <= len(bucket); i++ {
			if i == len(bucket) || bucket[i].key != bucket[from].key || s.id(bucket[i].n) != s.id(bucket[from].n) {
				s.keepOne(bucket[from:i])
				from = i
			}
		}
	}
}

// keepOne notes of all copies of an object but one that another one counts.
func (s *Store) keepOne(copies []named) {
	if len(copies) < 2 {
		return
	}
	keep := copies[0].n
	if len(s.midxs) > 0 {
		id := s.id(keep)
		if k, i, ok := s.inPacks(id.Bytes()); ok {
			keep = s.start[k] + i
		}
	}
	for _, c := range copies {
		if c.n != keep {
			s.twice.set(c.n)
		}
	}
}

// bitset is a set of small numbers.
type bitset []uint64

func (b bitset) has(i int) bool { return i>>6 < len(b) && b[i>>6]>>(i&63)&1 == 1 }
func (b bitset) set(i int)      { b[i>>6] |= 1 << (i & 63) }
