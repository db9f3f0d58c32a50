package pipeline

import "github.com/whosekey/whosekey/leak"

// spanSet finds which of the spans in it overlaps another one. It keeps them
// by the 256-byte blocks that they touch: credentials are short, and there may
// be a million. Of a few it makes a list.
type spanSet struct {
	few    []ownedSpan
	blocks map[int64][]ownedSpan
}

type ownedSpan struct {
	leak.Span
	owner int32 // a kind
	hit   *leak.Hit
}

const (
	blockBits = 8
	maxFew    = 32
)

func newSpanSet(n int) *spanSet {
	if n <= maxFew {
		return &spanSet{few: make([]ownedSpan, 0, 2*n)}
	}
	return &spanSet{blocks: map[int64][]ownedSpan{}}
}

func (s *spanSet) add(span leak.Span, owner int32, hit *leak.Hit) {
	if s.blocks == nil {
		s.few = append(s.few, ownedSpan{span, owner, hit})
		return
	}
	for b := span.Start >> blockBits; b <= span.End>>blockBits; b++ {
		s.blocks[b] = append(s.blocks[b], ownedSpan{span, owner, hit})
	}
}

func (s *spanSet) find(span leak.Span, hit *leak.Hit) (owner int32, ok bool) {
	find := func(all []ownedSpan) bool {
		for _, o := range all {
			if o.Overlaps(span) && !o.hit.Apart(hit) {
				owner = o.owner
				return true
			}
		}
		return false
	}
	if find(s.few) {
		return owner, true
	}
	for b := span.Start >> blockBits; s.blocks != nil && b <= span.End>>blockBits; b++ {
		if find(s.blocks[b]) {
			return owner, true
		}
	}
	return 0, false
}
