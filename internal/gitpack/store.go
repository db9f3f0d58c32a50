package gitpack

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Store is an opened object database: the packs and loose objects of one or
// more "objects" directories. Objects have numbers from 0 to Len()-1, packs
// first; an object that is stored twice has two numbers, of which First is
// the one that counts. Walk and Read may be called from several goroutines.
type Store struct {
	Promised bool // a pack came from a partial clone: objects may be missing

	hash  int
	packs []*pack
	start []int // first number of each pack, and of the loose objects
	loose []loose
	cache baseCache

	twice     bitset     // objects that an earlier pack has too
	giant     sync.Mutex // held by the walker that holds giants
	giantRead sync.Mutex // the same for Read, which Visit may call
	many      *Table     // of packed objects, if there are many packs
	tableOnce sync.Once
	table     *Table // of all objects
}

// manyPacks is from how many packs on a table replaces their indexes.
const manyPacks = 8

// Open opens the object databases in dirs, of which the first is the
// repository's own and the others are its alternates. hash is 20 or 32. What
// cannot be opened is returned as problems, the rest is usable.
func Open(dirs []string, hash int) (*Store, []Problem) {
	s := &Store{hash: hash}
	var problems []Problem
	for _, dir := range dirs {
		problems = append(problems, s.openPacks(filepath.Join(dir, "pack"))...)
	}
	problems = append(problems, s.number()...)
	for _, dir := range dirs {
		problems = append(problems, s.listLoose(dir)...)
	}
	slices.SortFunc(s.loose, func(a, b loose) int { return bytes.Compare(a.id.b[:], b.id.b[:]) })
	s.loose = slices.CompactFunc(s.loose, func(a, b loose) bool { return a.id == b.id })
	return s, problems
}

// number gives numbers to the packs' objects.
func (s *Store) number() (problems []Problem) {
	n := 0
	packs := s.packs
	s.packs = nil
	for _, p := range packs {
		if p.idx.count > maxObjects-n {
			problems = append(problems, Problem{"unreadable pack", p.name, errors.New("there are too many objects before it")})
			p.close()
			continue
		}
		s.packs = append(s.packs, p)
		s.start = append(s.start, n)
		n += p.idx.count
	}
	s.start = append(s.start, n)
	if len(s.packs) < 2 {
		return problems
	}
	if err := s.guard(func() error { s.findTwice(); return nil }); err != nil {
		problems = append(problems, Problem{"unreadable index of a pack", "", err})
	}
	if len(s.packs) >= manyPacks {
		t := newTable(s, n)
		if err := s.guard(func() error { t.addPacks(); return nil }); err == nil {
			s.many = t
		}
	}
	return problems
}

func (s *Store) openPacks(dir string) []Problem {
	entries, err := readDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return []Problem{{"unreadable folder of packs", dir, err}}
	}
	var problems []Problem
	have := map[string]bool{}
	for _, e := range entries {
		have[e.Name()] = true
	}
	for _, e := range entries {
		base, ext := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name())), filepath.Ext(e.Name())
		switch {
		case ext == ".promisor":
			s.Promised = true
		case ext == ".pack" && !have[base+".idx"] && strings.HasPrefix(base, "pack-"):
			problems = append(problems, Problem{"pack without index", e.Name(), errors.New("run git index-pack on it")})
		case ext == ".idx":
			p, err := openPack(filepath.Join(dir, e.Name()), s.hash)
			if err != nil {
				problems = append(problems, Problem{"unreadable pack", base, err})
				continue
			}
			s.packs = append(s.packs, p)
		}
	}
	return problems
}

// Close unmaps the packs. Nothing of the store may be used afterwards.
func (s *Store) Close() {
	for _, p := range s.packs {
		p.close()
	}
	s.packs = nil
}

// Len is the number of objects, those that are stored twice counted twice.
func (s *Store) Len() int { return s.start[len(s.start)-1] + len(s.loose) }

// HashLen is the length of the IDs in bytes.
func (s *Store) HashLen() int { return s.hash }

// ID returns the name of object n. It is zero if the index was truncated
// since it was opened.
func (s *Store) ID(n int) (id ID) {
	s.guard(func() error {
		id = s.id(n)
		return nil
	})
	return id
}

func (s *Store) id(n int) ID {
	if p, i := s.pack(n); p != nil {
		return MakeID(p.idx.name(i))
	}
	return s.looseAt(n).id
}

// pack returns the pack that object n is in, nil for loose objects, and its
// index entry.
func (s *Store) pack(n int) (*pack, int) {
	i, found := slices.BinarySearch(s.start, n)
	if !found {
		i--
	}
	for i < len(s.packs) && s.packs[i].idx.count == 0 {
		i++
	}
	if i >= len(s.packs) {
		return nil, 0
	}
	return s.packs[i], n - s.start[i]
}

// Lookup returns the number of an object.
func (s *Store) Lookup(id ID) (int, bool) { return s.LookupRaw(id.Bytes()) }

// LookupRaw is Lookup for a raw ID.
func (s *Store) LookupRaw(id []byte) (int, bool) {
	if len(id) != s.hash {
		return 0, false
	}
	if k, i, ok := s.inPacks(id); ok {
		return s.start[k] + i, true
	}
	at, ok := s.inLoose(id)
	return s.start[len(s.packs)] + at, ok
}

func (s *Store) inLoose(id []byte) (int, bool) {
	return slices.BinarySearchFunc(s.loose, id, func(l loose, id []byte) int { return bytes.Compare(l.id.Bytes(), id) })
}

// inPacks returns the first pack that has an object, and its index entry.
func (s *Store) inPacks(id []byte) (k, i int, ok bool) {
	s.guard(func() error {
		if s.many != nil {
			var n int
			if n, ok = s.many.Find(id); ok {
				k, _ = slices.BinarySearch(s.start, n+1)
				k--
				i = n - s.start[k]
			}
			return nil
		}
		for k = range s.packs {
			if i, ok = s.packs[k].idx.find(id); ok {
				return nil
			}
		}
		return nil
	})
	return k, i, ok
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

// first reports whether no earlier pack has object i of pack k too.
func (s *Store) first(k, i int) bool { return !s.twice.has(s.start[k] + i) }

// findTwice notes which objects an earlier pack has too.
func (s *Store) findTwice() {
	type named struct {
		key uint64 // the first bytes of the ID
		n   int
	}
	s.twice = make(bitset, s.start[len(s.packs)]/64+1)
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
		for i := 1; i < len(bucket); i++ {
			if x, y := bucket[i-1], bucket[i]; x.key == y.key && s.id(x.n) == s.id(y.n) {
				s.twice.set(y.n)
			}
		}
	}
}

// bitset is a set of small numbers.
type bitset []uint64

func (b bitset) has(i int) bool { return i>>6 < len(b) && b[i>>6]>>(i&63)&1 == 1 }
func (b bitset) set(i int)      { b[i>>6] |= 1 << (i & 63) }

// Prefix returns the objects whose hexadecimal name starts with prefix, which
// has four digits or more; at most limit of them.
func (s *Store) Prefix(prefix string, limit int) []ID {
	prefix = strings.ToLower(prefix)
	raw, err := hex.DecodeString(prefix[:len(prefix)&^1])
	if err != nil || len(raw) < 2 || len(raw) > s.hash {
		return nil
	}
	var out []ID
	add := func(id ID) bool {
		if strings.HasPrefix(id.String(), prefix) && !slices.Contains(out, id) {
			out = append(out, id)
		}
		return len(out) < limit
	}
	s.guard(func() error {
		for _, p := range s.packs {
			lo, hi := p.idx.bucket(raw[0])
			for i := lo; i < hi && (!bytes.HasPrefix(p.idx.name(i), raw) || add(MakeID(p.idx.name(i)))); i++ {
			}
		}
		return nil
	})
	for _, l := range s.loose {
		if bytes.HasPrefix(l.id.Bytes(), raw) && !add(l.id) {
			break
		}
	}
	return out
}
