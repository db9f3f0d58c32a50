package detectors

import (
	"bytes"
	"regexp"

	"github.com/whosekey/whosekey/rules"
)

// tail is what a head goes on with.
type tail struct {
	class *matcher       // of what it consists, or
	until *regexp.Regexp // what ends it
	head  []byte         // what until starts with; nil if that is not constant
	fast  *matcher       // until, at a place; used where there is a head
	ahead int            // how far behind the tail its end depends on; -1 for any distance
}

func newTail(e *rules.Extend) *tail {
	if e == nil {
		return nil
	}
	if e.Class != "" {
		m, _ := newMatcher(e.Class + "*") // the loader has parsed it
		return &tail{class: m, ahead: 1}
	}
	t := &tail{until: regexp.MustCompile(e.Until), ahead: -1}
	if head, _ := t.until.LiteralPrefix(); head != "" {
		t.head = []byte(head)
		t.fast, _ = newMatcher(e.Until)
	}
	if n, ok := rules.Longest(e.Until); ok {
		t.ahead = n + 1
	}
	return t
}

// end returns where the tail of data[from:limit] ends.
func (t *tail) end(data []byte, from, limit int) (int, bool) {
	var loc [2]int
	if t.class != nil {
		ok := t.class.matchOnly(&loc, data[from:limit])
		return from + loc[1], ok
	}
	text := data[from:limit]
	if t.head == nil || t.fast.groups() > 0 {
		found := t.until.FindIndex(text)
		if found == nil {
			return 0, false
		}
		return from + found[1], true
	}
	for at := 0; ; at++ {
		i := bytes.Index(text[at:], t.head)
		if i < 0 {
			return 0, false
		}
		at += i
		if t.fast.match(loc[:], text, at, len(text)) {
			return from + loc[1], true
		}
	}
}

func (m *matcher) groups() int { return len(m.names) - 1 }

// matchOnly matches at the start of a text.
func (m *matcher) matchOnly(loc *[2]int, text []byte) bool {
	return m.match(loc[:], text, 0, len(text))
}

// finder finds all matches of a pattern in a text, as package regexp does, from
// left to right and without overlaps.
type finder struct {
	m     *matcher
	first [256]bool
	slow  *regexp.Regexp // for patterns that are not for first and m
}

func newFinder(pattern string) *finder {
	f := &finder{first: firstBytes(pattern)}
	f.m, _ = newMatcher(pattern) // the loader has parsed it
	if re := regexp.MustCompile(pattern); re.MatchString("") || f.first[0x80] {
		// In the middle of a character regexp starts no match.
		f.slow = re
	}
	return f
}

// all calls each with the offsets of each match and its groups.
func (f *finder) all(text []byte, each func(loc []int)) {
	if f.slow != nil {
		for _, loc := range f.slow.FindAllSubmatchIndex(text, -1) {
			each(loc)
		}
		return
	}
	loc := make([]int, 2*len(f.m.names))
	for s := 0; s < len(text); {
		if f.first[text[s]] && f.m.match(loc, text, s, len(text)) {
			each(loc)
			s = max(loc[1], s+1)
			continue
		}
		s++
	}
}
