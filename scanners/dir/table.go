package dir

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/archive"
)

// table remembers the files that were searched, since Scan cannot know which
// of them have matches. Files stand in slabs without a pointer, so that a
// million of them takes some 30 MB and nothing from the garbage collector.
type table struct {
	roots    []root
	mu       sync.Mutex
	dirs     []dirEntry
	slabs    [][]byte        // of records
	archives archive.Numbers // of the files that were looked into
}

// dirEntry is a folder. The first ones are the roots.
type dirEntry struct {
	name   string
	parent uint32
	depth  uint32 // below the root
}

// record is a file.
type record struct {
	dir   uint32
	name  string
	stamp uint64
}

// slabBits is the size of a slab. A Ref is the number of a slab, the offset of
// a record in it, and one more, so that 0 is no Ref.
const slabBits = 16

func newTable(roots []root) *table {
	return &table{roots: roots, dirs: make([]dirEntry, len(roots))}
}

// addDir adds a folder and returns its number.
func (t *table) addDir(parent uint32, name string) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirs = append(t.dirs, dirEntry{name, parent, t.dirs[parent].depth + 1})
	return uint32(len(t.dirs) - 1)
}

// chain returns the root of a folder and the names that lead from there to it.
func (t *table) chain(dir uint32) (root int, names []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for d := t.dirs[dir]; d.depth > 0; d = t.dirs[dir] {
		names, dir = append(names, d.name), d.parent
	}
	slices.Reverse(names)
	return int(dir), names
}

// step is a folder on the way to another one.
type step struct {
	dir  uint32
	name string
}

// steps appends the root of a folder, and the folders that lead from there to
// it, itself included.
func (t *table) steps(dir uint32, to []step) []step {
	t.mu.Lock()
	defer t.mu.Unlock()
	from := len(to)
	for {
		d := t.dirs[dir]
		to = append(to, step{dir, d.name})
		if d.depth == 0 {
			break
		}
		dir = d.parent
	}
	slices.Reverse(to[from:])
	return to
}

// path returns the path that reports have of an entry of a folder; with an
// empty name, that of the folder itself.
func (t *table) path(dir uint32, name string) string {
	r, names := t.chain(dir)
	if t.roots[r].file != "" {
		return t.roots[r].show
	}
	// Not path.Join, which would take a slash from //host/share.
	p := strings.Join(append(names, name), "/")
	show := strings.TrimSuffix(t.roots[r].show, "/")
	switch p = strings.TrimSuffix(p, "/"); {
	case t.roots[r].show == "" || show == ".":
		return cmp.Or(p, ".")
	case p == "":
		return t.roots[r].show
	}
	return show + "/" + p
}

// lookup returns the file that a Ref stands for.
func (t *table) lookup(ref leak.Ref) (record, error) {
	none := errors.New("no file has this number in the last scan")
	slab, at := uint64(ref-1)>>slabBits, uint64(ref-1)&(1<<slabBits-1)
	if ref == 0 || slab >= uint64(len(t.slabs)) || at >= uint64(len(t.slabs[slab])) {
		return record{}, none
	}
	b := t.slabs[slab][at:]
	dir, n := binary.Uvarint(b)
	if n <= 0 || dir >= uint64(len(t.dirs)) {
		return record{}, none
	}
	b = b[n:]
	size, n := binary.Uvarint(b)
	if n <= 0 || size > 1<<20 || uint64(len(b)) < uint64(n)+size+8 {
		return record{}, none
	}
	b = b[n:]
	return record{uint32(dir), string(b[:size]), binary.LittleEndian.Uint64(b[size:])}, nil
}

// shelf is the slab that one worker fills.
type shelf struct {
	table *table
	num   int
	slab  []byte
}

// add adds a file. Only after flush is it known to lookup.
func (s *shelf) add(r record) leak.Ref {
	need := 2*binary.MaxVarintLen64 + len(r.name) + 8
	if s.slab == nil || len(s.slab)+need > cap(s.slab) {
		s.flush()
		s.slab = make([]byte, 0, max(need, 1<<slabBits))
		s.table.mu.Lock()
		s.num = len(s.table.slabs)
		s.table.slabs = append(s.table.slabs, nil)
		s.table.mu.Unlock()
	}
	ref := leak.Ref(s.num)<<slabBits + leak.Ref(len(s.slab)) + 1
	s.slab = binary.AppendUvarint(s.slab, uint64(r.dir))
	s.slab = binary.AppendUvarint(s.slab, uint64(len(r.name)))
	s.slab = append(s.slab, r.name...)
	s.slab = binary.LittleEndian.AppendUint64(s.slab, r.stamp)
	return ref
}

func (s *shelf) flush() {
	if s.slab == nil {
		return
	}
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	s.table.slabs[s.num] = s.slab
}

// depth of a folder below its root.
func (t *table) depth(dir uint32) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dirs[dir].depth
}
