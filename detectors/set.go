package detectors

import (
	"sync"

	"github.com/whosekey/whosekey/internal/prefilter"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// Set runs many detectors over a chunk in one pass.
type Set struct {
	ds      []Detector
	specs   []Spec
	byRule  map[string]int
	lits    []literal // by prefilter literal
	filter  *prefilter.Filter
	longest int // literal
	reach   int
	scratch sync.Pool // of *[]prefilter.Hit
}

// literal says whose literal the prefilter found, and in which encoding.
type literal struct {
	detector int32
	index    int32 // in Spec.Literals
	len      int   // of what the prefilter finds: the beginning at least
	// What becomes of an occurrence depends on nothing further from its start.
	before, after int
	form          form
}

// segment is how much is prefiltered before its hits are looked at.
const segment = 256 << 10

// maxPrefix is how much of a literal is prefiltered; look compares the rest. It
// keeps the automaton small, and the edges of what a delta inserts.
const maxPrefix = 16

// NewSet builds a Set.
func NewSet(ds ...Detector) *Set {
	s := &Set{ds: ds, byRule: map[string]int{}}
	s.scratch.New = func() any { return new([]prefilter.Hit) }
	var lits []prefilter.Literal
	add := func(l prefilter.Literal, whose literal) {
		l.Text = l.Text[:min(len(l.Text), maxPrefix)]
		whose.len = len(l.Text)
		lits, s.lits = append(lits, l), append(s.lits, whose)
		s.longest = max(s.longest, len(l.Text))
	}
	for i, d := range ds {
		spec := d.Spec()
		s.specs, s.byRule[spec.Rule.ID] = append(s.specs, spec), i
		s.reach = max(s.reach, spec.Before, spec.After)
		for j, l := range spec.Literals {
			whose := literal{detector: int32(i), index: int32(j), before: spec.Before, after: spec.After}
			add(prefilter.Literal{Text: l.Text, Fold: l.Fold}, whose)
			for _, f := range forms(l) {
				whose.form = f.form
				whose.before, whose.after = f.form.codec.reach(spec.Before), f.form.codec.reach(spec.After)+len(f.lit.Text)
				s.reach = max(s.reach, whose.before, whose.after)
				add(f.lit, whose)
			}
		}
	}
	s.filter = prefilter.Compile(lits)
	return s
}

// Len is the number of detectors.
func (s *Set) Len() int { return len(s.ds) }

// Rules describes the detectors' rules.
func (s *Set) Rules() []leak.RuleInfo {
	out := make([]leak.RuleInfo, len(s.specs))
	for i, spec := range s.specs {
		out[i] = spec.Rule
	}
	return out
}

// Rule returns what is known of a rule.
func (s *Set) Rule(id string) leak.RuleInfo { return s.specs[s.byRule[id]].Rule }

// Reach is how far from its literal a match can depend on the bytes around it.
func (s *Set) Reach() int { return s.reach }

// Scan calls emit for every match in c. The matches own their memory.
//
// A literal in the overlap of two chunks is left to the chunk that has Reach
// bytes on both sides of it. There is exactly one, which makes the result
// independent of how a blob was cut: see FuzzChunking. One match may be
// emitted more than once.
func (s *Set) Scan(c *leak.Chunk, emit func(leak.Match)) {
	r := newRecorder(c, emit)
	if base, ok := c.Base.(*trace); ok {
		s.scanCopies(c, base, r)
	} else {
		s.scanAll(c, r)
	}
	c.Keep = r.keep()
}

func (s *Set) scanAll(c *leak.Chunk, r *recorder) {
	lo, hi := 0, len(c.Data)
	if c.Offset > 0 {
		lo = s.reach
	}
	if c.More {
		hi -= s.reach
	}
	hits := s.scratch.Get().(*[]prefilter.Hit)
	for from := lo; from < hi; from += segment {
		to := min(hi, from+segment)
		// A literal belongs to the segment that it starts in.
		*hits = s.filter.Append((*hits)[:0], c.Data[from:min(len(c.Data), to+s.longest)])
		for _, h := range *hits {
			if pos := from + h.Pos; pos < to {
				s.look(c, s.lits[h.Lit], pos, r.add)
				r.done(pos, h.Lit)
			}
		}
	}
	s.scratch.Put(hits)
}

func (s *Set) look(c *leak.Chunk, l literal, pos int, emit func(leak.Match)) {
	spec := &s.specs[l.detector]
	if l.form.codec != nil {
		s.lookEncoded(c, l, pos, emit)
		return
	}
	from, to := max(0, pos-spec.Before), min(len(c.Data), pos+spec.After)
	w := Window{Data: c.Data[from:to], At: pos - from, Lit: int(l.index)}
	if !w.holds(&spec.Literals[l.index]) {
		return
	}
	s.ds[l.detector].Find(w, func(h Hit) {
		emit(matchOf(spec, c.Ref, h, func(a, b int) leak.Span {
			at := c.Offset + int64(from)
			return leak.Span{Start: at + int64(a), End: at + int64(b)}
		}))
	})
}

func (s *Set) lookEncoded(c *leak.Chunk, l literal, pos int, emit func(leak.Match)) {
	spec := &s.specs[l.detector]
	t, ok := l.form.codec.decode(c.Data, pos, l.form.phase, spec.Before, spec.After)
	if !ok {
		return
	}
	w := Window{Data: t.text, At: t.at, Lit: int(l.index)}
	if !w.holds(&spec.Literals[l.index]) {
		return
	}
	s.ds[l.detector].Find(w, func(h Hit) {
		m := matchOf(spec, c.Ref, h, func(a, b int) leak.Span {
			return leak.Span{Start: c.Offset + int64(t.start(a)), End: c.Offset + int64(t.end(b))}
		})
		m.Encoding = l.form.codec.name
		emit(m)
	})
}

func matchOf(spec *Spec, ref leak.Ref, h Hit, span func(start, end int) leak.Span) leak.Match {
	m := leak.Match{Rule: spec.Rule.ID, Ref: ref, Parts: h.Parts, Why: h.Why, Span: span(h.Start, h.End)}
	for _, p := range h.Pieces {
		m.Pieces = append(m.Pieces, span(p[0], p[1]))
	}
	return m
}

// holds reports whether the whole literal stands where it should.
func (w *Window) holds(l *rules.Literal) bool {
	if w.At+len(l.Text) > len(w.Data) {
		return false
	}
	at := w.Data[w.At : w.At+len(l.Text)]
	if !l.Fold {
		return string(at) == l.Text
	}
	for i, c := range at {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != l.Text[i] {
			return false
		}
	}
	return true
}
