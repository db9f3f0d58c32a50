package detectors

import (
	"sync"
	"sync/atomic"

	"github.com/whosekey/whosekey/internal/prefilter"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// Set runs many detectors over a chunk in one pass.
type Set struct {
	ds      []Detector
	specs   []Spec
	byRule  map[string]int
	once    sync.Once // of build
	built   atomic.Bool
	lits    []literal // by prefilter literal
	texts   []prefilter.Literal
	longest int // literal
	filters
	reach int

	searchers sync.Pool
	services  services
	sums      sync.Once // of sumRules
	sumRules  checkedRules
	markOnce  sync.Once          // of marks
	marks     map[string][]*mark // by the beginning of their credentials
}

// literal says whose literal the prefilter found, and in which encoding.
type literal struct {
	detector int32
	index    int32 // in Spec.Literals
	len      int32 // of what the prefilter finds: the beginning at least
	// What becomes of an occurrence depends on nothing further from its start.
	before, after int32
	form          form
}

// segment is how much is prefiltered before its hits are looked at.
const segment = 256 << 10

// shortSegment is the same where the search may end early.
const shortSegment = 8 << 10

func (sr *searcher) segment() int {
	if sr.c.MaxLooks > 0 {
		return shortSegment
	}
	return segment
}

// maxPrefix is how much of a literal and its tail is prefiltered; look compares the
// rest. It keeps the edges of what a delta inserts small.
const maxPrefix = 16

// NewSet makes a Set. What searching needs is built when something is searched:
// a hook often finds nothing staged.
func NewSet(ds ...Detector) *Set {
	s := &Set{ds: ds, byRule: map[string]int{}}
	for i, d := range ds {
		spec := d.Spec()
		s.specs, s.byRule[spec.Rule.ID] = append(s.specs, spec), i
		s.reach = max(s.reach, spec.Before, spec.After)
		for _, l := range spec.Literals {
			for _, c := range codecs { // that of a form, or more
				if l.Fold && c != &escapeCodec || c == &escapeCodec && !escapable(&spec) {
					continue // has no such form
				}
				s.reach = max(s.reach, c.reach(spec.Before), c.reach(spec.After)+c.reach(len(l.Text)))
			}
		}
	}
	return s
}

// build lists the literals, and makes the first prefilter.
func (s *Set) build() {
	n := 0
	for i := range s.specs {
		n += formsOf * len(s.specs[i].Literals)
	}
	s.texts, s.lits = make([]prefilter.Literal, 0, n), make([]literal, 0, n)
	add := func(l prefilter.Literal, whose literal) {
		l.Text = l.Text[:min(len(l.Text), maxPrefix)]
		l.Tail = l.Tail.Cut(maxPrefix - len(l.Text))
		size := len(l.Text) + l.Tail.Len()
		whose.len = int32(size)
		s.texts, s.lits = append(s.texts, l), append(s.lits, whose)
		s.longest = max(s.longest, size)
	}
	var encoded []encodedLiteral
	for i := range s.specs {
		spec := &s.specs[i]
		for j, l := range spec.Literals {
			whose := spec.plain(i, j)
			add(prefilter.Literal{Text: l.Text, Fold: l.Fold, Tail: l.Tail}, whose)
			encoded = forms(encoded[:0], l)
			for _, f := range encoded {
				if f.form.codec == &escapeCodec && !escapable(spec) {
					continue
				}
				whose.form = f.form
				whose.before, whose.after = int32(f.form.codec.reach(spec.Before)), int32(f.form.codec.reach(spec.After)+len(f.lit.Text))
				add(f.lit, whose)
			}
		}
	}
	s.few = prefilter.Few(s.texts)
	s.built.Store(true)
}

// plain is a literal of a detector as it is spelled.
func (s *Spec) plain(detector, index int) literal {
	reach := Seen{s.Before, s.After}
	if s.Reach != nil {
		reach = s.Reach[index]
	}
	return literal{detector: int32(detector), index: int32(index), before: int32(reach.Before), after: int32(reach.After)}
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
	s.once.Do(s.build)
	sr := s.searcher(c, emit)
	c.Looks, c.Found, c.Packed = 0, 0, 0
	base, ok := c.Base.(*trace)
	switch {
	case ok && base.cut && c.MaxLooks > 0 && mostly(c):
		c.Looks = c.MaxLooks + 1 // it would end early too
	case ok && !base.cut:
		sr.copies(base)
	default:
		base = nil
		sr.all()
	}
	sr.unpack(base)
	c.Keep = sr.keep()
	sr.release()
}

// all searches the chunk from end to end.
func (sr *searcher) all() {
	s, data := sr.set, sr.c.Data
	lo, hi := 0, len(data)
	if sr.c.Offset > 0 && sr.depth == 0 {
		lo = s.reach
	}
	if sr.c.More && sr.depth == 0 {
		hi -= s.reach
	}
	step := sr.segment()
	for from := lo; from < hi; from += step {
		to := min(hi, from+step)
		// A literal belongs to the segment that it starts in.
		sr.hits = s.prefilter(to-from).Append(sr.hits[:0], data[from:min(len(data), to+s.longest)])
		for _, h := range sr.hits {
			if pos := from + h.Pos; pos < to && !sr.look(&s.lits[h.Lit], pos, h.Lit) {
				return
			}
		}
	}
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
