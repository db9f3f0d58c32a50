package detectors

import (
	"strings"

	"github.com/whosekey/whosekey/internal/prefilter"
	"github.com/whosekey/whosekey/leak"
)

// searcher is the state of one Scan. They are reused, so that what finds
// nothing allocates nothing.
type searcher struct {
	set  *Set
	c    *leak.Chunk
	emit func(leak.Match)
	hits []prefilter.Hit

	// The trace that is being written: see delta.go.
	tracing bool
	traced  []traced
	matches [][]local
	last    []local  // of the literal at hand
	again   []local  // what the same literal had in the base
	expect  int      // how many matches there may be
	took    int      // where in what is taken over the last copy began
	slab    []traced // room for traces

	// The window at hand, and how its offsets map to the chunk's.
	spec  *Spec
	from  int
	win   []byte
	codec *codec // nil for plain text
	text  decoded
	found func(Hit) // searcher.hit

	names names
	unpacker
	unescaper unescaper
}

func (s *Set) searcher(c *leak.Chunk, emit func(leak.Match)) *searcher {
	sr, ok := s.searchers.Get().(*searcher)
	if !ok {
		sr = &searcher{set: s}
		sr.found = sr.hit
	}
	sr.c, sr.emit = c, emit
	sr.tracing = c.WantKeep && c.Offset == 0 && !c.More
	return sr
}

// release gives the searcher back. It holds nothing of the chunk any more.
func (sr *searcher) release() {
	sr.c, sr.emit, sr.spec, sr.codec, sr.text, sr.win = nil, nil, nil, nil, decoded{}, nil
	sr.traced, sr.matches, sr.expect = sr.traced[:0], nil, 0
	clear(sr.last[:cap(sr.last)])
	sr.last, sr.again = sr.last[:0], nil
	sr.depth, sr.block.data = 0, nil
	sr.set.searchers.Put(sr)
}

// A look counts as one and as one more for as many bytes as it took in. Looks that
// are taken over cost less.
const (
	lookBytes = 128
	taken     = 8
)

// look looks at an occurrence of a literal. It reports false if there were too
// many in the chunk.
func (sr *searcher) look(l *literal, pos int, lit int32) bool {
	if sr.c.Looks++; sr.c.Cut() {
		return false
	}
	if sr.depth > 0 && (sr.c.Offset > 0 && pos < int(l.before) || sr.c.More && pos+int(l.after) > len(sr.c.Data)) {
		return true // it is cut off; the next chunk has the whole
	}
	var seen Seen
	if l.form.codec == nil {
		seen = sr.lookPlain(l, pos)
	} else {
		seen = sr.lookEncoded(l, pos)
	}
	sr.c.Looks += (seen.Before + seen.After) / lookBytes // who looks for a second piece reads far
	if sr.tracing {
		sr.note(traced{pos: int32(pos), lit: lit, before: int32(seen.Before), after: int32(seen.After)})
	}
	return true
}

func (sr *searcher) lookPlain(l *literal, pos int) Seen {
	spec, data := &sr.set.specs[l.detector], sr.c.Data
	from, to := max(0, pos-int(l.before)), min(len(data), pos+int(l.after))
	w := Window{Data: data[from:to], At: pos - from, Lit: int(l.index), set: sr.set, names: &sr.names}
	if !w.holds(&spec.Literals[l.index]) {
		return Seen{0, len(spec.Literals[l.index].Text)}
	}
	sr.spec, sr.from, sr.win, sr.codec = spec, from, w.Data, nil
	before := sr.c.Found
	seen := sr.set.ds[l.detector].Find(w, sr.found)
	if sr.c.Found > before || !escapable(spec) {
		return seen
	}
	// What stands in the way may be an escape: password%3D
	looked, is := escapes(data, max(0, pos-seen.Before), min(len(data), pos+seen.After))
	if is {
		return sr.lookUnescaped(l, pos, inText)
	}
	if looked {
		seen.After += longestEscape
	}
	return seen
}

func (sr *searcher) lookEncoded(l *literal, pos int) Seen {
	all := Seen{int(l.before), int(l.after)}
	spec := &sr.set.specs[l.detector]
	if l.form.codec == &escapeCodec {
		sr.spec = spec
		return sr.lookUnescaped(l, pos, ways(l.form.phase))
	}
	t, ok := l.form.codec.decode(sr.c.Data, pos, l.form.phase, spec.Before, spec.After)
	if !ok {
		return all
	}
	w := Window{Data: t.text, At: t.at, Lit: int(l.index), set: sr.set, names: &sr.names}
	if !w.holds(&spec.Literals[l.index]) {
		return all
	}
	sr.spec, sr.text, sr.win, sr.codec = spec, t, t.text, l.form.codec
	sr.set.ds[l.detector].Find(w, sr.found)
	return all
}

// hit turns what a Detector found in the window at hand into a match.
func (sr *searcher) hit(h Hit) {
	if sr.codec != nil && sr.text.cut && h.End == len(sr.text.text) {
		return // it may go on
	}
	if !h.context.empty() {
		for _, o := range sr.set.settle(&h, sr.win) {
			sr.hitOf(&sr.set.specs[o.detector], o.Hit)
		}
	}
	sr.set.marked(&h)
	if (h.bearer || h.vague) && !sr.set.onlyNamed(&h) { // a bearer has a rule of its own, which does not say whose it is
		return
	}
	sr.hitOf(sr.spec, h)
}

// hitOf is hit for the rule of a detector.
func (sr *searcher) hitOf(spec *Spec, h Hit) {
	if sr.c.Takes != nil && !sr.c.Takes(sr.local(h.Start, h.End), sr.set.form(spec)) {
		return
	}
	span, encoding := sr.span(h.Start, h.End)
	hit := &leak.Hit{Rule: spec.Rule.ID, Encoding: encoding, Parts: h.Parts, Loose: h.Loose, Why: h.Why, Field: h.Field}
	if len(h.Pieces) > 0 {
		hit.Pieces = make([]leak.Span, len(h.Pieces))
	}
	for i, p := range h.Pieces {
		at, _ := sr.span(p[0], p[1])
		hit.Pieces[i] = leak.Span{Start: at.Start - span.Start, End: at.End - span.Start}
	}
	if sr.c.Within != nil {
		hit.Within = sr.c.Within(sr.local(h.Start, h.End))
	}
	if sr.codec != nil {
		hit.Encoding = strings.TrimPrefix(encoding+", "+sr.codec.name, ", ")
	}
	known := false
	for _, old := range sr.again {
		if known = old.hit.Same(hit); known {
			hit = old.hit
			break
		}
	}
	if secret := h.Parts[leak.SecretPart]; !known && (publishedBy(secret) != "" || sr.set.lookalike(hit.Rule, secret) != "" || sr.set.elsewhere(spec.Rule.Provider, h.lead) != "") {
		return
	}
	sr.c.Found++
	sr.emit(leak.Match{Hit: hit, Ref: sr.c.Ref, Span: span})
	if sr.tracing {
		sr.last = append(sr.last, local{hit, span})
	}
}

// span maps a place in the window to one in the blob, and says through which
// decoders of the source it came.
func (sr *searcher) span(start, end int) (leak.Span, string) {
	s := sr.local(start, end)
	if sr.c.Place != nil {
		return sr.c.Place(s)
	}
	return s, ""
}

// local maps a place in the window to one in the chunk's Data, from its Offset on.
func (sr *searcher) local(start, end int) leak.Span {
	if sr.codec != nil {
		start, end = sr.text.start(start), sr.text.end(end)
	} else {
		start, end = sr.from+start, sr.from+end
	}
	return leak.Span{Start: sr.c.Offset + int64(start), End: sr.c.Offset + int64(end)}
}
