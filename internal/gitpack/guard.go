package gitpack

import (
	"fmt"
	"runtime/debug"
	"slices"
	"unsafe"
)

// guard runs f, which reads mapped files of the store.
func (s *Store) guard(f func() error) error { return guard(s.mapped, f) }

// guard runs f, which reads mapped files. One that somebody truncates
// meanwhile raises a fault, and so does a disk that fails; guard turns that into
// an error. All other panics
// are bugs and stay what they are.
func guard(mapped func(addr uintptr) bool, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		fault, ok := r.(interface{ Addr() uintptr })
		if !ok || !mapped(fault.Addr()) {
			panic(r)
		}
		err = fmt.Errorf("%w: the file shrank while it was read, or its disk failed", errCorrupt)
	}()
	return f()
}

// mapped reports whether an address lies in one of the store's files.
func (s *Store) mapped(addr uintptr) bool {
	for _, p := range s.packs {
		if within(p.raw, addr) || within(p.idx.data, addr) {
			return true
		}
	}
	return slices.ContainsFunc(s.maps, func(m []byte) bool { return within(m, addr) }) || s.scratch.holds(addr)
}

func within(m []byte, addr uintptr) bool {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(m)))
	return start <= addr && addr < start+uintptr(len(m))
}

// plan makes the pack's plan if it has none.
func (s *Store) plan(p *pack) error {
	p.once.Do(func() {
		p.bad = s.guard(func() error {
			p.plan()
			return nil
		})
		p.planned.Store(true)
	})
	return p.bad
}
