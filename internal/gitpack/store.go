package gitpack

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
}

// Open opens the object databases in dirs, of which the first is the
// repository's own and the others are its alternates. hash is 20 or 32. What
// cannot be opened is returned as problems, the rest is usable.
func Open(dirs []string, hash int) (*Store, []Problem) {
	s := &Store{hash: hash}
	var problems []Problem
	for _, dir := range dirs {
		problems = append(problems, s.openPacks(filepath.Join(dir, "pack"))...)
	}
	n := 0
	for _, p := range s.packs {
		s.start = append(s.start, n)
		n += p.idx.count
	}
	s.start = append(s.start, n)
	for _, dir := range dirs {
		problems = append(problems, s.listLoose(dir)...)
	}
	slices.SortFunc(s.loose, func(a, b loose) int { return bytes.Compare(a.id.b[:], b.id.b[:]) })
	s.loose = slices.CompactFunc(s.loose, func(a, b loose) bool { return a.id == b.id })
	return s, problems
}

func (s *Store) openPacks(dir string) []Problem {
	entries, err := os.ReadDir(dir)
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

// PackBytes is the size of all packs together.
func (s *Store) PackBytes() (n int64) {
	for _, p := range s.packs {
		n += int64(len(p.raw))
	}
	return n
}

// ID returns the name of object n.
func (s *Store) ID(n int) ID {
	if p, i := s.pack(n); p != nil {
		return MakeID(p.idx.name(i))
	}
	return s.loose[n-s.start[len(s.packs)]].id
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
	for i, p := range s.packs {
		if at, ok := p.idx.find(id); ok {
			return s.start[i] + at, true
		}
	}
	at, ok := slices.BinarySearchFunc(s.loose, id, func(l loose, id []byte) int { return bytes.Compare(l.id.Bytes(), id) })
	return s.start[len(s.packs)] + at, ok
}

// first reports whether no earlier pack has object i of pack k too.
func (s *Store) first(k, i int) bool {
	for _, p := range s.packs[:k] {
		if _, dup := p.idx.find(s.packs[k].idx.name(i)); dup {
			return false
		}
	}
	return true
}

func (s *Store) inPack(id ID) bool {
	return slices.ContainsFunc(s.packs, func(p *pack) bool {
		_, ok := p.idx.find(id.Bytes())
		return ok
	})
}

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
	for _, p := range s.packs {
		lo, hi := p.idx.bucket(raw[0])
		for i := lo; i < hi && (!bytes.HasPrefix(p.idx.name(i), raw) || add(MakeID(p.idx.name(i)))); i++ {
		}
	}
	for _, l := range s.loose {
		if bytes.HasPrefix(l.id.Bytes(), raw) && !add(l.id) {
			break
		}
	}
	return out
}
