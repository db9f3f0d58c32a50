package detectors

import (
	"bytes"
	"cmp"
	"regexp"
	"regexp/syntax"
	"slices"

	"github.com/whosekey/whosekey/rules"
)

// finder finds all matches of a pattern in a text, as package regexp does, from
// left to right and without overlaps.
type finder struct {
	m     *matcher
	first [256]bool
	slow  *regexp.Regexp  // for patterns that are not for first and m
	lits  []rules.Literal // at least one is in every match, if there are any
	fold  bool            // some of them in any case
}

func newFinder(pattern string) *finder {
	re, _ := syntax.Parse(pattern, syntax.Perl) // so did the loader
	f := &finder{first: firstBytes(re), m: matcherOf(pattern, re)}
	if f.first[0x80] {
		// In the middle of a character regexp starts no match. An empty match may begin
		// with anything.
		f.slow = regexp.MustCompile(pattern)
	}
	if lits, ok := rules.Required(re); ok && len(lits) <= maxSieve {
		f.lits = lits
		f.fold = slices.ContainsFunc(lits, func(l rules.Literal) bool { return l.Fold })
	}
	return f
}

// maxSieve is how many literals are looked for before a pattern is tried; with
// more it is no faster.
const maxSieve = 12

// stretch is where matches can start.
type stretch struct{ from, to int } // both included

// finderRoom is memory for finders, to be used again.
type finderRoom struct {
	lower  []byte
	starts []stretch
	loc    []int
}

// starts returns where matches can start, rising and without overlaps.
func (f *finder) starts(room *finderRoom, text []byte) (out []stretch) {
	out = room.starts[:0]
	defer func() { room.starts = out }()
	if len(f.lits) == 0 {
		return append(out, stretch{0, len(text) - 1})
	}
	lower := text
	if f.fold {
		room.lower = append(room.lower[:0], text...)
		lower = room.lower
		for i, c := range lower {
			if 'A' <= c && c <= 'Z' {
				lower[i] = c + 'a' - 'A'
			}
		}
	}
	for i := range f.lits {
		l, in := &f.lits[i], text
		if l.Fold {
			in = lower
		}
		for at := 0; ; at++ {
			next := bytes.Index(in[at:], []byte(l.Text))
			if next < 0 {
				break
			}
			at += next
			if at >= l.From {
				out = append(out, stretch{max(0, at-l.To), at - l.From})
			}
		}
	}
	if len(out) < 2 {
		return out
	}
	slices.SortFunc(out, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	n := 0
	for _, s := range out[1:] {
		if last := &out[n]; s.from <= last.to+1 {
			last.to = max(last.to, s.to)
		} else {
			n++
			out[n] = s
		}
	}
	return out[:n+1]
}

// all calls each with the offsets of each match and its groups, which are each's to
// change, and not to keep.
func (f *finder) all(text []byte, room *finderRoom, each func(loc []int)) {
	starts := f.starts(room, text)
	if len(starts) == 0 {
		return
	}
	if f.slow != nil {
		for _, loc := range f.slow.FindAllSubmatchIndex(text, -1) {
			each(loc)
		}
		return
	}
	room.loc = slices.Grow(room.loc[:0], 2*len(f.m.names))[:2*len(f.m.names)]
	loc := room.loc
	s := 0
	for _, in := range starts {
		for s = max(s, in.from); s <= in.to; {
			if f.first[text[s]] {
				if _, ok := f.m.match(loc, text, s, len(text)); ok {
					next := max(loc[1], s+1) // before each changes it
					each(loc)
					s = next
					continue
				}
			}
			s++
		}
	}
}
