package detectors

import (
	"cmp"
	"slices"

	"github.com/whosekey/whosekey/leak"
)

// Most versions of a file differ little from another one. So what was found
// out about a chunk is kept, and where a later chunk copies from it, is taken
// over: the literals that the prefilter found, and what became of them if all
// that decided it was copied too. Only what is inserted is prefiltered, with
// the few bytes at its edges that a literal can straddle. It finds exactly what
// a search of the whole finds (FuzzCopies).

// trace is what Scan leaves in Keep.
type trace struct {
	size    int
	hits    []traced // by position
	matches [][]local
	blocks  []int32 // where those begin that were decoded: see unpack.go
	folds   []int32 // the same of folds
	cut     bool    // the search ended early
}

// local is a match, counted from the occurrence of the literal that led to it.
// So it is the same in every version of a file.
type local struct {
	hit  *leak.Hit
	span leak.Span
}

// cutTrace is what a search leaves that ended early.
var cutTrace = &trace{cut: true}

// mostly reports whether more than half of a chunk was copied.
func mostly(c *leak.Chunk) bool {
	n := 0
	for _, copied := range c.Copies {
		n += copied.Len
	}
	return n > len(c.Data)/2
}

// traced is an occurrence of a literal.
type traced struct {
	pos, lit      int32
	before, after int32 // what became of it depends on nothing further from pos
	found         int32 // index of its matches plus one; 0 for none
}

// slabLen is how many entries of traces are allocated at once.
const slabLen = 2048

// maxTraced is how many occurrences a trace can have. A file that is nothing but
// words that rules look for would fill the memory with them; its versions are
// searched in full.
const maxTraced = 1 << 15

// note notes an occurrence that was looked at and what was found of it.
func (sr *searcher) note(t traced) {
	var found []local
	if len(sr.last) > 0 {
		found = slices.Clone(sr.last)
		for i := range found {
			found[i].span.Start -= int64(t.pos)
			found[i].span.End -= int64(t.pos)
		}
		clear(sr.last)
		sr.last = sr.last[:0]
	}
	sr.done(t, found)
}

// done notes an occurrence and its matches.
func (sr *searcher) done(t traced, found []local) {
	if len(sr.traced) == maxTraced {
		sr.tracing, sr.traced, sr.matches = false, sr.traced[:0], nil
		return
	}
	t.found = 0
	if len(found) > 0 {
		if sr.matches == nil {
			sr.matches = make([][]local, 0, sr.expect)
		}
		sr.matches = append(sr.matches, found)
		t.found = int32(len(sr.matches))
	}
	sr.traced = append(sr.traced, t)
}

// keep returns what to leave in Keep.
func (sr *searcher) keep() any {
	if sr.c.Cut() && sr.c.WantKeep {
		return cutTrace
	}
	if !sr.tracing {
		return nil
	}
	byPos := func(a, b traced) int { return cmp.Compare(a.pos, b.pos) }
	if !slices.IsSortedFunc(sr.traced, byPos) {
		slices.SortFunc(sr.traced, byPos)
	}
	if len(sr.traced) == 0 {
		return &trace{size: len(sr.c.Data), matches: sr.matches, blocks: slices.Clone(sr.blocks), folds: slices.Clone(sr.folds)}
	}
	if len(sr.traced) > len(sr.slab) {
		sr.slab = make([]traced, max(slabLen, len(sr.traced)))
	}
	n := copy(sr.slab, sr.traced)
	hits := sr.slab[:n:n]
	sr.slab = sr.slab[n:]
	return &trace{size: len(sr.c.Data), hits: hits, matches: sr.matches, blocks: slices.Clone(sr.blocks), folds: slices.Clone(sr.folds)}
}

// minCopy is the shortest copy that is one: no literal reaches over two edges.
func (s *Set) minCopy() int { return max(s.longest, 32) }

// first is the index of the first occurrence at or behind an offset. It is looked for
// from near on, since most copies are in the order of what they copy.
func (t *trace) first(at int32, near int) int {
	lo, hi := 0, near
	if near == 0 || t.hits[near-1].pos < at {
		lo, hi = near, min(near+1, len(t.hits))
		for step := 1; hi < len(t.hits) && t.hits[hi-1].pos < at; step *= 2 {
			lo, hi = hi, min(hi+step, len(t.hits))
		}
	}
	for lo < hi {
		if m := int(uint(lo+hi) >> 1); t.hits[m].pos < at {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// copies searches a chunk of which much was in another one.
func (sr *searcher) copies(base *trace) {
	at, least := 0, sr.set.minCopy()
	sr.expect, sr.took = len(base.matches), 0
	for _, copied := range sr.c.Copies {
		if copied.Len < least {
			continue
		}
		if !sr.gap(at, copied.To) || !sr.inherit(base, copied) {
			return
		}
		at = copied.To + copied.Len
	}
	sr.gap(at, len(sr.c.Data))
}

// gap looks for literals that have a byte in Data[from:to] or, if that is
// empty, that straddle the edge. It reports false if the search is cut.
func (sr *searcher) gap(from, to int) bool {
	s := sr.set
	step := sr.segment()
	for at := from; ; at += step {
		end := min(to, at+step)
		sr.hits = s.prefilter(end-at).AppendIn(sr.hits[:0], sr.c.Data, at, end)
		for _, h := range sr.hits {
			if at > from && h.Pos < at {
				continue // the segment before had it
			}
			if !sr.look(&s.lits[h.Lit], h.Pos, h.Lit) {
				return false
			}
		}
		if end == to {
			return true
		}
	}
}

// inherit takes over the literals in a copy. It reports false if the search is
// cut.
func (sr *searcher) inherit(base *trace, copied leak.Copy) bool {
	end, by := int32(copied.From+copied.Len), int32(copied.To-copied.From)
	from := int32(copied.From)
	if copied.From == 0 && copied.To == 0 {
		from = -1 << 30 // nothing is before it in either
	}
	last := end
	if int(end) == base.size && copied.To+copied.Len == len(sr.c.Data) {
		last = 1<<31 - 1 // nothing is behind it in either
	}
	sr.took = base.first(int32(copied.From), sr.took)
	for n, t := range base.hits[sr.took:] {
		if n%taken == 0 {
			if sr.c.Looks++; sr.c.Cut() {
				return false
			}
		}
		l, pos := &sr.set.lits[t.lit], t.pos
		if pos >= end {
			break
		}
		if pos+l.len > end {
			continue // cut off
		}
		var found []local
		if t.found > 0 {
			found = base.matches[t.found-1]
		}
		t.pos += by
		if pos-t.before < from || t.after > last-pos { // what decides was not all copied
			sr.again = found
			ok := sr.look(l, int(t.pos), t.lit)
			if sr.again = nil; !ok {
				return false
			}
			continue
		}
		for _, m := range found {
			span := leak.Span{Start: m.span.Start + int64(t.pos), End: m.span.End + int64(t.pos)}
			sr.c.Found++
			sr.emit(leak.Match{Hit: m.hit, Ref: sr.c.Ref, Span: span})
		}
		if sr.tracing {
			sr.done(t, found)
		}
	}
	return true
}
