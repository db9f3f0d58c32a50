package detectors

import "bytes"

// lookUnescaped looks at an occurrence of a literal without the escapes around it, in each
// of the ways that may be of use until something is found.
func (sr *searcher) lookUnescaped(l *literal, pos int, are ways) Seen {
	spec := &sr.set.specs[l.detector]
	u := unescaping{l: l, pos: pos, before: spec.Before, after: spec.After, are: are}
	if spec.Reach != nil {
		u.before, u.after = spec.Reach[l.index].Before, spec.Reach[l.index].After
	}
	if p, ok := sr.set.ds[l.detector].(*pattern); ok {
		u.p, u.near = p, Seen{p.spec.Literals[l.index].To + escapeReach, min(u.after, p.rule.Shape.MaxLen+1)}
	}
	further, was := false, sr.c.Found
	for _, way := range []ways{inText, inString, inForm} {
		if u.are&way != 0 && sr.lookThisWay(&u, way) {
			further = true
		}
		if sr.c.Found > was {
			break
		}
	}
	if further {
		return Seen{escapeCodec.reach(spec.Before), max(int(l.after), escapeCodec.reach(spec.After))}
	}
	return Seen{3 * u.near.Before, 3*u.looked + 1}
}

// unescaping is an occurrence of a literal, and the ways to look at it.
type unescaping struct {
	l             *literal
	pos           int
	before, after int
	p             *pattern // nil for detectors in Go
	near          Seen     // what p matches
	looked        int      // how much of that it looked at
	are           ways
}

// lookThisWay reports whether it looked further than near: most have nothing to judge, and
// what they look at then is a small part.
func (sr *searcher) lookThisWay(u *unescaping, way ways) bool {
	sr.text, sr.codec, sr.unescaper.way = decoded{}, &escapeCodec, way
	w := Window{Lit: int(u.l.index), set: sr.set, names: &sr.names}
	if u.p != nil && !sr.matchesNear(u, &w) {
		return false
	}
	t, ok := sr.unescaper.decode(sr.c.Data, u.pos, u.before, u.after)
	w.Data, w.At = t.text, t.at
	if ok && sr.holds(&w, u.l) {
		sr.text, sr.win = t, t.text
		sr.set.ds[u.l.detector].Find(w, sr.found)
		if way == inText && bytes.IndexByte(t.text, '+') >= 0 {
			u.are |= inForm // another piece may stand behind a space
		}
	}
	return true
}

// matchesNear reports whether the pattern matches near the literal. Where it does not, a first
// few bytes mostly tell.
func (sr *searcher) matchesNear(u *unescaping, w *Window) bool {
	for after := min(firstNear, u.near.After); ; after = u.near.After {
		u.looked = max(u.looked, after)
		t, ok := sr.unescaper.decode(sr.c.Data, u.pos, u.near.Before, after)
		w.Data, w.At = t.text, t.at
		if !ok || !sr.holds(w, u.l) {
			if after < u.near.After && len(w.Data)-w.At < len(sr.set.specs[u.l.detector].Literals[u.l.index].Text) {
				continue
			}
			return false
		}
		is, far := u.p.matches(*w)
		if is {
			return true
		}
		if far+3*longestEscape <= len(w.Data) || after == u.near.After { // the last one may be cut
			u.are |= inTheWay(w.Data, w.At, far)
			if bytes.IndexByte(w.Data[w.At:min(far, len(w.Data))], '+') >= 0 {
				u.are |= inForm
			}
			return false
		}
	}
}

// firstNear is how many bytes from a literal on a pattern is tried on first.
const firstNear = 64

func (sr *searcher) holds(w *Window, l *literal) bool {
	return w.holds(&sr.set.specs[l.detector].Literals[l.index])
}

// inTheWay returns the ways of escaping what a pattern may have stopped at that has a literal at
// an offset of the text and looked no further than far, and what is in front of the literal.
// Source code is full of quotes and line breaks that are escaped: those elsewhere do not count.
func inTheWay(text []byte, at, far int) (are ways) {
	far = min(far, len(text))
	if far > at && text[far-1] == '+' { // a space should stand there
		are |= inForm
	}
	for _, i := range []int{at - 2, far - 2, far - 1} {
		if i >= 0 {
			if _, ok := quoted(text[i:]); ok {
				return are | inString
			}
		}
	}
	return are
}
