package gitpack

import (
	"fmt"
	"sync"
	"unsafe"
)

// Two versions of a file of 200 MB and the delta between them are 600 MB that
// a walker has to hold at once. What is so large does not lie on the heap but
// in temporary files without a name, mapped: the system writes them to disk
// when memory is short, and they are gone when we are, however we end.

// scratch keeps account of a store's temporary files.
type scratch struct {
	dir  string // where they are
	most int64  // bytes of them that there may be

	mu      sync.Mutex
	regions [][]byte // those that are mapped
	size    int64    // bytes of them
	onHeap  int64    // bytes of the others

	walk, read sync.Mutex // each is held by the one arena of its kind that may be large
}

// A store's temporary files take no more than these bytes in all by themselves: on a
// disk, and in memory, where what they take is what other programs lack.
const (
	maxScratch  = 4 << 30
	maxInMemory = 256 << 20
)

// place chooses the folder and, if nobody says it, how much may lie there: no more than
// half of what is free, as others need room too.
func (s *scratch) place(most int64) {
	dir, free, inMemory := tempFolder()
	if s.dir, s.most = dir, most; most > 0 {
		return
	}
	s.most = min(maxScratch, free/2)
	if inMemory {
		s.most = min(maxInMemory, free/2)
	}
}

// LimitScratch bounds the temporary files that large objects lie in, in bytes. Without
// it, or with 0, that is what the folder for them has room for.
func (s *Store) LimitScratch(most int64) {
	s.scratch.place(most)
	s.bounds.disk, s.bounds.share, s.bounds.over = realBounds.disk, realBounds.share, realBounds.over
	if most = s.scratch.most; most < maxScratch {
		s.bounds.disk = max(maxOnHeap, most/2) // there are two arenas at most that are large
		s.bounds.share, s.bounds.over = min(realBounds.share, most/16), errNoRoom
	}
}

// region returns n zero bytes, or bytes that an earlier region held. Where no
// temporary file can be made, as in containers without a folder for them or with little room,
// some lie on the heap.
func (s *scratch) region(n int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := fmt.Errorf("there are %d MB already", s.size>>20)
	if s.size+int64(n) <= s.most {
		var r []byte
		if r, err = mapTemp(s.dir, n); err == nil {
			s.regions = append(s.regions, r)
			s.size += int64(n)
			return r, nil
		}
	}
	if s.onHeap+int64(n) <= maxOnHeap {
		s.onHeap += int64(n)
		return make([]byte, n), nil
	}
	return nil, fmt.Errorf("%w: %w", errNoRoom, err)
}

// maxOnHeap is room for a blob that is not streamed, and its base.
const maxOnHeap = 80 << 20

// drop gives a region back to the system.
func (s *scratch) drop(region []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.regions {
		if unsafe.SliceData(r) == unsafe.SliceData(region) {
			s.regions[i] = s.regions[len(s.regions)-1]
			s.regions = s.regions[:len(s.regions)-1]
			s.size -= int64(len(r))
			if err := unmap(r); err != nil {
				panic("gitpack: unmap: " + err.Error())
			}
			return
		}
	}
	s.onHeap -= int64(len(region))
}

// short reports whether regions lie on the heap, for want of anything better.
func (s *scratch) short() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.onHeap > 0
}

// holds reports whether an address lies in a region: its disk may fail.
func (s *scratch) holds(addr uintptr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.regions {
		if within(r, addr) {
			return true
		}
	}
	return false
}

// arena is what one walker or one Read has of the scratch. Up to the bound
// "share" it may take without asking; beyond that only one arena of its kind
// may, the others wait.
type arena struct {
	scratch *scratch
	bounds  *bounds
	turn    *sync.Mutex // of the arenas of its kind
	mine    bool        // it holds turn
	used    []piece
	free    [][]byte
	asked   int64 // bytes of used, as they were asked for
	mapped  int64 // bytes of the regions of used and free
}

// piece is a region in use.
type piece struct {
	region []byte
	asked  int
}

// get returns room for n bytes, with a length of 0. What it refuses does not
// depend on what the arena was used for before.
func (a *arena) get(n int) ([]byte, error) {
	if a.asked+int64(n) > a.bounds.disk {
		return nil, fmt.Errorf("%w: that takes more than %d MB", a.bounds.over, a.bounds.disk>>20)
	}
	r := a.recycle(n)
	if r == nil {
		var err error
		if r, err = a.grow(n); err != nil {
			return nil, err
		}
	}
	a.used = append(a.used, piece{r, n})
	a.asked += int64(n)
	return r[:0], nil
}

// recycle returns the smallest free region that has room, if it is not much
// too large.
func (a *arena) recycle(n int) []byte {
	best := -1
	for i, r := range a.free {
		if len(r) >= n && len(r) <= n+n/2+regionUnit && (best < 0 || len(r) < len(a.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	r := a.free[best]
	a.free[best] = a.free[len(a.free)-1]
	a.free = a.free[:len(a.free)-1]
	return r
}

// regionUnit is what the sizes of regions are multiples of.
const regionUnit = 1 << 20

// grow makes a region, a little larger than it has to be: versions of a file
// grow.
func (a *arena) grow(n int) ([]byte, error) {
	size := (n + n/8 + regionUnit - 1) / regionUnit * regionUnit
	if a.mapped+int64(size) > a.bounds.share {
		a.trim()
		if a.mapped+int64(size) > a.bounds.share && !a.mine {
			a.turn.Lock()
			a.mine = true
		}
	}
	r, err := a.scratch.region(size)
	if err != nil && len(a.free) > 0 {
		a.trim()
		r, err = a.scratch.region(size)
	}
	if err != nil {
		return nil, err
	}
	a.mapped += int64(size)
	return r, nil
}

// put takes a buffer back that get gave out, and reports whether it is one.
func (a *arena) put(b []byte) bool {
	for i, p := range a.used {
		if unsafe.SliceData(p.region) == unsafe.SliceData(b) {
			a.used[i] = a.used[len(a.used)-1]
			a.used = a.used[:len(a.used)-1]
			a.asked -= int64(p.asked)
			a.free = append(a.free, p.region)
			return true
		}
	}
	return false
}

// owns reports whether get gave out a buffer.
func (a *arena) owns(b []byte) bool {
	for _, p := range a.used {
		if unsafe.SliceData(p.region) == unsafe.SliceData(b) {
			return true
		}
	}
	return false
}

// trim gives back what is not in use.
func (a *arena) trim() {
	for _, r := range a.free {
		a.mapped -= int64(len(r))
		a.scratch.drop(r)
	}
	a.free = a.free[:0]
}

// reset takes everything back, and keeps what it may have without asking.
func (a *arena) reset() {
	for len(a.used) > 0 {
		a.put(a.used[0].region)
	}
	if a.mine || a.scratch.short() {
		a.trim()
	}
	if a.mine {
		a.mine = false
		a.turn.Unlock()
	}
}

// close gives everything back.
func (a *arena) close() {
	a.reset()
	a.trim()
}
