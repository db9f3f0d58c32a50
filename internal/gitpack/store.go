package gitpack

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Store is an opened object database: the packs and loose objects of one or
// more "objects" directories. Objects have numbers from 0 to Len()-1, packs
// first; an object that is stored twice has two numbers, of which the one that
// Lookup returns counts. Walk and Read may be called from several goroutines.
type Store struct {
	Promised bool // a pack came from a partial clone: objects may be missing

	dirs  []string
	hash  int
	packs []*pack
	start []int // first number of each pack, and of the loose objects
	loose []loose
	named *namedLoose // if only objects that are named are looked for
	cache baseCache

	bounds   bounds       // of what a hostile pack may take
	scratch  scratch      // where large objects lie
	readWork atomic.Int64 // see builder.charge

	midxs     []*midx
	maps      [][]byte // the mapped files of midxs
	twice     bitset   // objects of which another copy counts, see first
	twiceOnce sync.Once
	table     *Table // of all objects
	tableOnce sync.Once
	full      atomic.Pointer[Table] // table, once it is there and has all
	notes     []string
	searched  atomic.Int64 // indexes that were asked for want of a table
}

// Open opens the object databases in dirs, of which the first is the
// repository's own and the others are its alternates. hash is 20 or 32. What
// cannot be opened is returned as problems, the rest is usable.
func Open(dirs []string, hash int) (*Store, []Problem) {
	s, problems := openPacked(dirs, hash)
	for _, dir := range dirs {
		problems = append(problems, s.listLoose(dir)...)
	}
	slices.SortFunc(s.loose, func(a, b loose) int { return bytes.Compare(a.id.b[:], b.id.b[:]) })
	s.loose = slices.CompactFunc(s.loose, func(a, b loose) bool { return a.id == b.id })
	return s, problems
}

// OpenNamed is Open for those who look up a few objects by their full names, and neither
// walk nor count them: loose objects are looked for when they are asked for. Where there
// are 20,000 of them, to list them takes 20 ms.
func OpenNamed(dirs []string, hash int) (*Store, []Problem) {
	s, problems := openPacked(dirs, hash)
	s.named = &namedLoose{at: map[ID]int{}}
	return s, problems
}

func openPacked(dirs []string, hash int) (*Store, []Problem) {
	s := &Store{dirs: dirs, hash: hash, bounds: realBounds}
	s.LimitScratch(0)
	var problems []Problem
	for _, dir := range dirs {
		problems = append(problems, s.openPacks(filepath.Join(dir, "pack"))...)
	}
	problems = append(problems, s.number()...)
	bind(s.midxs, s.packs)
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
		p.number = len(s.packs)
		s.packs = append(s.packs, p)
		s.start = append(s.start, n)
		n += p.idx.count
	}
	s.start = append(s.start, n)
	return problems
}

func (s *Store) openPacks(dir string) []Problem {
	entries, err := readDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return []Problem{{"unreadable folder of packs", dir, err}}
	}
	var problems []Problem
	var unindexed []string
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
			unindexed = append(unindexed, base)
		case ext == ".idx":
			p, err := openIndexed(filepath.Join(dir, base), s.hash)
			if err != nil {
				problems = append(problems, Problem{"unreadable pack", base, err})
				continue
			}
			s.packs = append(s.packs, p)
		}
	}
	ms := s.openMidxs(dir)
	s.midxs = append(s.midxs, ms...)
	return append(problems, s.openUnindexed(dir, unindexed, ms)...)
}

// Close unmaps the packs. Nothing of the store may be used afterwards.
func (s *Store) Close() {
	for _, p := range s.packs {
		p.close()
	}
	for _, data := range s.maps {
		unmap(data)
	}
	s.packs, s.midxs, s.maps = nil, nil, nil
}

// Len is the number of objects, those that are stored twice counted twice.
func (s *Store) Len() int { return s.start[len(s.start)-1] + s.looseLen() }

// Size is the size of the packs in bytes.
func (s *Store) Size() (total int64) {
	for _, p := range s.packs {
		total += int64(len(p.raw))
	}
	return total
}

// Notes are remarks for people about what was wrong and did no harm.
func (s *Store) Notes() []string { return s.notes }

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

// Prefix returns the objects whose hexadecimal name starts with prefix, which
// has four digits or more; at most limit of them.
func (s *Store) Prefix(prefix string, limit int) []ID {
	s.mustList()
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
