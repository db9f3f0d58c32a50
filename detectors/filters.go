package detectors

import (
	"sync"
	"sync/atomic"

	"github.com/whosekey/whosekey/internal/prefilter"
)

// filters are the two prefilters of a set. A hook has a message or a changed file to
// search, which takes less time than to make the fast one.
type filters struct {
	few      *prefilter.Filter
	searched atomic.Int64 // bytes, with few
	compile  sync.Once    // full
	full     atomic.Pointer[prefilter.Filter]
}

// fewBytes are searched before the fast prefilter is made, which takes about as long
// as to search them with the other one. Tests set 0, to search with the fast one.
var fewBytes int64 = 64 << 10

// prefilter returns what finds the literals in n more bytes.
func (s *Set) prefilter(n int) *prefilter.Filter {
	if f := s.full.Load(); f != nil {
		return f
	}
	if s.searched.Add(int64(n)) <= fewBytes {
		return s.few
	}
	s.compile.Do(func() { s.full.Store(prefilter.Compile(s.texts)) })
	return s.full.Load()
}
