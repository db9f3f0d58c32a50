package detectors

import (
	"cmp"
	"slices"

	"github.com/whosekey/whosekey/internal/prefilter"
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
	matches [][]leak.Match
}

// traced is an occurrence of a literal.
type traced struct {
	pos, lit int32
	found    int32 // index of its matches plus one; 0 for none
}

// recorder hands matches on, and writes a trace if there is one to write.
type recorder struct {
	emit func(leak.Match)
	out  *trace
	last []leak.Match // of the literal at hand
}

func newRecorder(c *leak.Chunk, emit func(leak.Match)) *recorder {
	r := &recorder{emit: emit}
	if c.WantKeep && c.Offset == 0 && !c.More {
		r.out = &trace{size: len(c.Data)}
	}
	return r
}

func (r *recorder) add(m leak.Match) {
	r.emit(m)
	if r.out != nil {
		r.last = append(r.last, m)
	}
}

// done notes an occurrence and the matches that were added for it.
func (r *recorder) done(pos int, lit int32) {
	if r.out == nil {
		return
	}
	t := traced{pos: int32(pos), lit: lit}
	if len(r.last) > 0 {
		r.out.matches = append(r.out.matches, slices.Clone(r.last))
		t.found = int32(len(r.out.matches))
		r.last = r.last[:0]
	}
	r.out.hits = append(r.out.hits, t)
}

// keep returns what to leave in Keep.
func (r *recorder) keep() any {
	if r.out == nil {
		return nil
	}
	byPos := func(a, b traced) int { return cmp.Compare(a.pos, b.pos) }
	if !slices.IsSortedFunc(r.out.hits, byPos) {
		slices.SortFunc(r.out.hits, byPos)
	}
	return r.out
}

// minCopy is the shortest copy that is one: no literal reaches over two edges.
func (s *Set) minCopy() int { return max(s.longest, 32) }

// scanCopies is Scan for a chunk of which much was in another one.
func (s *Set) scanCopies(c *leak.Chunk, base *trace, r *recorder) {
	hits := s.scratch.Get().(*[]prefilter.Hit)
	at := 0
	for _, copied := range c.Copies {
		if copied.Len < s.minCopy() {
			continue
		}
		s.scanGap(c, at, copied.To, hits, r)
		s.inherit(c, base, copied, r)
		at = copied.To + copied.Len
	}
	s.scanGap(c, at, len(c.Data), hits, r)
	s.scratch.Put(hits)
}

// scanGap looks for literals that have a byte in Data[from:to] or, if that is
// empty, that straddle the edge.
func (s *Set) scanGap(c *leak.Chunk, from, to int, hits *[]prefilter.Hit, r *recorder) {
	lo := max(0, from-s.longest+1)
	*hits = s.filter.Append((*hits)[:0], c.Data[lo:min(len(c.Data), to+s.longest-1)])
	for _, h := range *hits {
		pos := lo + h.Pos
		if pos < to && pos+s.lits[h.Lit].len > from {
			s.look(c, s.lits[h.Lit], pos, r.add)
			r.done(pos, h.Lit)
		}
	}
}

// inherit takes over the literals in a copy.
func (s *Set) inherit(c *leak.Chunk, base *trace, copied leak.Copy, r *recorder) {
	end, by := copied.From+copied.Len, copied.To-copied.From
	atStart := copied.From == 0 && copied.To == 0
	atEnd := end == base.size && copied.To+copied.Len == len(c.Data)
	i, _ := slices.BinarySearchFunc(base.hits, int32(copied.From), func(t traced, from int32) int { return cmp.Compare(t.pos, from) })
	for _, t := range base.hits[i:] {
		l, pos := &s.lits[t.lit], int(t.pos)
		if pos >= end {
			break
		}
		if pos+l.len > end {
			continue // cut off
		}
		if (pos-l.before < copied.From && !atStart) || (pos+l.after > end && !atEnd) {
			s.look(c, *l, pos+by, r.add) // what decides was not all copied
		} else if t.found > 0 {
			for _, m := range base.matches[t.found-1] {
				r.add(moved(m, c.Ref, int64(by)))
			}
		}
		r.done(pos+by, t.lit)
	}
}

func moved(m leak.Match, ref leak.Ref, by int64) leak.Match {
	m.Ref = ref
	m.Span = leak.Span{Start: m.Span.Start + by, End: m.Span.End + by}
	m.Pieces = slices.Clone(m.Pieces)
	for i, p := range m.Pieces {
		m.Pieces[i] = leak.Span{Start: p.Start + by, End: p.End + by}
	}
	return m
}
