package gitpack

import "testing"

// TestCacheOfSmallObjects: what objects take beside their bytes counts, and what is
// forgotten is read again.
func TestCacheOfSmallObjects(t *testing.T) {
	p := &pack{idx: &index{}, nodes: make([]node, 1_000_000)}
	for i := range p.nodes {
		p.nodes[i].offset = uint64(i)
	}
	s := &Store{}
	for i := range p.nodes {
		s.cache.put(p, i, []byte("x"))
	}
	if n, most := len(s.cache.data), maxCache/(cacheEntry+1); n != most || s.cache.size != n*(cacheEntry+1) {
		t.Errorf("%d objects of one byte are kept and counted as %d bytes, want %d", n, s.cache.size, most)
	}
	if s.cache.get(p, len(p.nodes)-1) == nil || s.cache.get(p, 0) != nil {
		t.Error("not the last ones are kept")
	}
	if s.Forget(); s.cache.get(p, len(p.nodes)-1) != nil || s.cache.size != 0 {
		t.Error("one is kept that was to be forgotten")
	}
	if s.cache.put(p, 7, []byte("y")); string(s.cache.get(p, 7)) != "y" {
		t.Error("nothing is kept after that")
	}
}
