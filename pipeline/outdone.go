package pipeline

import (
	"cmp"
	"slices"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// lesser is all that is kept of a match whose very bytes a surer rule matches too: it loses
// to that one, or to what that one loses to. Most credentials in files are values of fields
// as well, which would cost as much as the credentials.
type lesser struct {
	rule  string
	len   int64
	whole bool // its only piece is all of it; otherwise it has none
}

// fate is what becomes of a match. Those that are outdone share that of the better one.
type fate uint8

const (
	isKept fate = iota
	isDropped
	isLost
)

// outdone says which matches of a batch can be kept as no more than a lesser. The names of
// fields that credentials of a form have say whose they are: there all are kept.
func (c *collector) outdone(b *batch) {
	b.best, b.order = b.best[:0], b.order[:0]
	form := false
	for i := range b.matches {
		b.best, b.order = append(b.best, int32(i)), append(b.order, int32(i))
		form = form || rules.Form(c.rules[b.matches[i].Rule].Provider)
	}
	if form || len(b.matches) < 2 {
		return
	}
	slices.SortFunc(b.order, func(x, y int32) int {
		m, o := &b.matches[x], &b.matches[y]
		return cmp.Or(compareSpans(m.Span, o.Span), cmp.Compare(c.sure(o.Rule), c.sure(m.Rule)), cmp.Compare(x, y))
	})
	best := b.order[0]
	for _, i := range b.order {
		m := &b.matches[i]
		if m.Span != b.matches[best].Span {
			best = i
		}
		alone := len(m.Pieces) == 0 || len(m.Pieces) == 1 && m.Pieces[0] == leak.Span{End: m.Span.End - m.Span.Start}
		if o := &b.matches[best]; alone && c.sure(o.Rule) > c.sure(m.Rule) && !m.Apart(o.Hit) {
			b.best[i] = best
		}
	}
}

// lesserOf returns the number of a match that is outdone. There are no more of them than
// rules and lengths.
func (c *collector) lesserOf(m *leak.Match) int32 {
	key := lesser{m.Rule, m.Span.End - m.Span.Start, len(m.Pieces) == 1}
	n, ok := c.lesser[key]
	if !ok {
		h := &leak.Hit{Rule: m.Rule}
		if key.whole {
			h.Pieces = []leak.Span{{End: key.len}}
		}
		n = int32(len(c.kinds))
		c.kinds = append(c.kinds, kindOf(h, key.len))
		c.lesser[key] = n
	}
	return n
}
