package detectors

import (
	"bytes"
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"
	"unicode/utf8"
)

// matcher runs a pattern at one place of a text. It answers as package regexp
// does (FuzzMatcher), but is made for patterns that are short, bounded and
// anchored: it backtracks over bytes and allocates nothing, which costs a
// fraction of what regexp's general machines take. Where it would take too
// many steps, or meets a corner that it was not made for, it asks regexp.
type matcher struct {
	pattern string
	start   *node
	names   []string

	once            sync.Once
	atStart, inside *regexp.Regexp
}

// maxSteps bounds the backtracking of one attempt.
const maxSteps = 4096

// maxNodes bounds what a pattern is compiled to.
const maxNodes = 4096

func newMatcher(pattern string) (*matcher, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	return matcherOf(pattern, re), nil
}

// matcherOf is newMatcher of a pattern that was parsed.
func matcherOf(pattern string, re *syntax.Regexp) *matcher {
	m := &matcher{pattern: pattern, names: re.CapNames()}
	b := builder{}
	m.start = b.build(re, &node{op: opMatch})
	if b.nodes > maxNodes {
		m.start = &node{op: opGiveUp}
	}
	return m
}

// match runs the pattern at data[s:], with data[s-1] as context, and stores the
// submatches' offsets in loc, which has two places for each group. Nothing
// behind data[end:] is looked at. What it did look at ends before far, which is
// end+1 if the end itself counted.
func (m *matcher) match(loc []int, data []byte, s, end int) (far int, ok bool) {
	t := newThread(loc, data[:end], s)
	ok = t.run(m.start, s)
	if t.steps <= maxSteps {
		return t.far, ok
	}
	return end + 1, m.slow(loc, data[:end], s)
}

// slow asks package regexp.
func (m *matcher) slow(loc []int, data []byte, s int) bool {
	m.once.Do(func() {
		m.atStart = regexp.MustCompile(`^(?:` + m.pattern + `)`)
		m.inside = regexp.MustCompile(`^(?s:.)(?:` + m.pattern + `)`)
	})
	re, from := m.atStart, 0
	if s > 0 {
		re, from = m.inside, s-1
	}
	found := re.FindSubmatchIndex(data[from:])
	for i, at := range found {
		if loc[i] = at; at >= 0 {
			loc[i] += from
		}
	}
	if found != nil {
		loc[0] = s // the byte of context is no part of it
	}
	return found != nil
}

type op uint8

const (
	opMatch  op = iota
	opBytes     // text
	opClass     // one character of a class
	opRun       // min to max characters of a class
	opSplit     // next, else other
	opMark      // loc[slot] = position
	opAssert    // empty-width
	opGiveUp
)

// node is an instruction; next is what follows it.
type node struct {
	op        op
	next      *node
	other     *node
	text      string
	class     *class
	min       int
	max       int
	lazy      bool
	whole     bool // opRun: a shorter run cannot be followed by next
	slot      int
	empty     syntax.EmptyOp
	begin     *begin // opRun and opSplit: of next; nil for any
	lead      []byte // opRun: what next begins with, if that is one text
	otherwise *begin // opSplit: of other
}

// class is a set of characters.
type class struct {
	ascii [utf8.RuneSelf]bool
	wide  []rune // ranges from utf8.RuneSelf on
}

func (c *class) hasWide(r rune) bool {
	for i := 0; i < len(c.wide); i += 2 {
		if c.wide[i] <= r && r <= c.wide[i+1] {
			return true
		}
	}
	return false
}

// thread is one attempt.
type thread struct {
	data  []byte
	loc   []int
	steps int
	far   int // nothing from here on was looked at
	joint joint
}

func newThread(loc []int, data []byte, s int) thread {
	for i := range loc {
		loc[i] = -1
	}
	loc[0] = s
	return thread{data: data, loc: loc, far: s}
}

func (t *thread) giveUp() bool {
	t.steps = maxSteps + 1
	return false
}

// run reports whether n and what follows it match at position at.
func (t *thread) run(n *node, at int) bool {
	for {
		if t.steps++; t.steps > maxSteps {
			return false
		}
		switch n.op {
		case opMatch:
			t.loc[1] = at
			return true
		case opBytes:
			end := at + len(n.text)
			t.far = max(t.far, min(end, len(t.data)+1))
			if end > len(t.data) || string(t.data[at:end]) != n.text {
				return false
			}
			at = end
		case opClass:
			width := t.width(n.class, at)
			if width == 0 {
				return false
			}
			at += width
		case opRun:
			return t.many(n, at)
		case opSplit:
			if t.begins(n.begin, at) && t.run(n.next, at) {
				return true
			}
			if !t.begins(n.otherwise, at) {
				return false
			}
			n = n.other
			continue
		case opMark:
			old := t.loc[n.slot]
			t.loc[n.slot] = at
			if t.run(n.next, at) {
				return true
			}
			t.loc[n.slot] = old
			return false
		case opAssert:
			if !t.holds(n.empty, at) {
				return false
			}
		default:
			return t.giveUp()
		}
		n = n.next
	}
}

// width returns how many bytes the character of the class at a position has,
// 0 if there is none.
func (t *thread) width(c *class, at int) int {
	t.far = max(t.far, at+1)
	if at >= len(t.data) {
		return 0
	}
	if b := t.data[at]; b < utf8.RuneSelf {
		if c.ascii[b] {
			return 1
		}
		return 0
	}
	t.far = max(t.far, min(at+utf8.UTFMax, len(t.data)+1))
	if r, size := utf8.DecodeRune(t.data[at:]); c.hasWide(r) {
		return size
	}
	return 0
}

// many matches a run of a class and what follows it.
func (t *thread) many(n *node, at int) bool {
	limit := len(t.data)
	if n.max < limit-at {
		limit = at + n.max
	}
	if len(n.lead) > 0 && !t.leads(n, at, limit) {
		return false
	}
	end := at
	for end < limit && t.data[end] < utf8.RuneSelf && n.class.ascii[t.data[end]] {
		end++
	}
	if end < limit && t.data[end] >= utf8.RuneSelf && t.width(n.class, end) > 0 {
		return t.giveUp() // characters of several bytes: counting is regexp's business
	}
	t.far = max(t.far, end+1)
	least := at + n.min
	switch {
	case end < least:
		return false
	case n.whole:
		return t.run(n.next, end)
	case len(n.lead) > 0:
		return t.manyBefore(n, least, end)
	case n.lazy:
		for e := least; e <= end; e++ {
			if t.begins(n.begin, e) && t.run(n.next, e) {
				return true
			}
		}
	default:
		for e := end; e >= least; e-- {
			if t.begins(n.begin, e) && t.run(n.next, e) {
				return true
			}
		}
	}
	return false
}

// leads reports whether what follows a run may begin where one can end that begins at a
// place. Characters of several bytes are many's to count.
func (t *thread) leads(n *node, at, limit int) bool {
	first, last := at+n.min, min(limit+len(n.lead), len(t.data))
	if first < last && bytes.Contains(t.data[first:last], n.lead) {
		return true
	}
	if len(n.class.wide) > 0 && at < limit && slices.ContainsFunc(t.data[at:limit], func(c byte) bool { return c >= utf8.RuneSelf }) {
		return true
	}
	t.far = max(t.far, min(limit+len(n.lead), len(t.data)+1))
	return false
}

// manyBefore tries a run that ends between two places, and of these only the ones where
// what follows it begins.
func (t *thread) manyBefore(n *node, least, end int) bool {
	rest := t.data[:min(len(t.data), end+len(n.lead))]
	t.far = max(t.far, min(end+len(n.lead), len(t.data)+1))
	for least <= len(rest) {
		i := 0
		if n.lazy {
			i = bytes.Index(rest[least:], n.lead)
		} else {
			i = bytes.LastIndex(rest[least:], n.lead)
		}
		if i < 0 {
			return false
		}
		if t.run(n.next, least+i) {
			return true
		}
		if n.lazy {
			least += i + 1
		} else {
			rest = rest[:least+i+len(n.lead)-1]
		}
	}
	return false
}

func (t *thread) holds(e syntax.EmptyOp, at int) bool {
	t.far = max(t.far, at+1)
	switch e {
	case syntax.EmptyBeginText:
		return at == 0
	case syntax.EmptyEndText:
		return at == len(t.data) || t.joint.ends(t.data[at])
	case syntax.EmptyBeginLine:
		return at == 0 || t.data[at-1] == '\n'
	case syntax.EmptyEndLine:
		return at == len(t.data) || t.data[at] == '\n'
	}
	before := at > 0 && wordByte(t.data[at-1])
	after := at < len(t.data) && wordByte(t.data[at])
	return (before != after) == (e == syntax.EmptyWordBoundary) || before && after && e == syntax.EmptyWordBoundary && t.joint.divides(t.data[at-1], t.data[at])
}

func wordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
