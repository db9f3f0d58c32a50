package detectors

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/whosekey/whosekey/rules"
)

// tail is what a head goes on with.
type tail struct {
	at    *matcher       // anchored: a class, or an end that starts with ^
	dash  bool           // at is matched where the text has two dashes first
	until *regexp.Regexp // else: an end that is looked for
}

// noDashes is how the end of a PEM block starts: with a body in which no two
// dashes stand together. So it can only be at the first two.
const noDashes = `^(?:-?[^-])*`

func newTail(e *rules.Extend) *tail {
	if e == nil {
		return nil
	}
	t := &tail{}
	pattern := e.Until
	if e.Class != "" {
		pattern = "^" + e.Class + "*"
	}
	switch rest, pem := strings.CutPrefix(pattern, noDashes); {
	case pem && strings.HasPrefix(rest, "--"):
		t.dash = true
		t.at, _ = newMatcher(rest) // the loader has parsed it
	case strings.HasPrefix(pattern, "^"):
		t.at, _ = newMatcher(pattern)
	default:
		t.until = regexp.MustCompile(pattern)
	}
	return t
}

// end returns where the tail of data[from:limit] ends. Nothing from far on was
// looked at, if far is not beyond limit.
func (t *tail) end(data []byte, from, limit int) (end, far int, ok bool) {
	text := data[from:limit]
	if t.until != nil {
		found := t.until.FindIndex(text)
		if found == nil {
			return 0, limit + 1, false
		}
		return from + found[1], limit + 1, true
	}
	s := 0
	if t.dash {
		if s = bytes.Index(text, twoDashes); s < 0 {
			return 0, limit + 1, false
		}
	}
	loc := make([]int, 2*len(t.at.names))
	far, ok = t.at.match(loc, text, s, len(text))
	return from + loc[1], from + far, ok
}

var twoDashes = []byte("--")

// finder finds all matches of a pattern in a text, as package regexp does, from
// left to right and without overlaps.
type finder struct {
	m     *matcher
	first [256]bool
	slow  *regexp.Regexp // for patterns that are not for first and m
	exact []string       // one of these, or
	fold  []string       // of these in lower case, is in every match, if there are any
}

func newFinder(pattern string) *finder {
	f := &finder{first: firstBytes(pattern)}
	f.m, _ = newMatcher(pattern) // the loader has parsed it
	if re := regexp.MustCompile(pattern); re.MatchString("") || f.first[0x80] {
		// In the middle of a character regexp starts no match.
		f.slow = re
	}
	if lits, ok := rules.Required(pattern); ok && len(lits) <= maxSieve {
		for _, l := range lits {
			if l.Fold {
				f.fold = append(f.fold, l.Text)
			} else {
				f.exact = append(f.exact, l.Text)
			}
		}
	}
	return f
}

// maxSieve is how many texts are looked for before a pattern is tried; with more
// it is no faster.
const maxSieve = 12

// possible reports whether a text can have a match.
func (f *finder) possible(text []byte) bool {
	if len(f.exact)+len(f.fold) == 0 {
		return true
	}
	for _, l := range f.exact {
		if bytes.Contains(text, []byte(l)) {
			return true
		}
	}
	if len(f.fold) == 0 {
		return false
	}
	var room [2 << 10]byte
	lower := append(room[:0], text...)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	for _, l := range f.fold {
		if bytes.Contains(lower, []byte(l)) {
			return true
		}
	}
	return false
}

// all calls each with the offsets of each match and its groups.
func (f *finder) all(text []byte, each func(loc []int)) {
	if !f.possible(text) {
		return
	}
	if f.slow != nil {
		for _, loc := range f.slow.FindAllSubmatchIndex(text, -1) {
			each(loc)
		}
		return
	}
	loc := make([]int, 2*len(f.m.names))
	for s := 0; s < len(text); {
		if f.first[text[s]] {
			if _, ok := f.m.match(loc, text, s, len(text)); ok {
				each(loc)
				s = max(loc[1], s+1)
				continue
			}
		}
		s++
	}
}
