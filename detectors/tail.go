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
	var few [16]int
	loc := few[:]
	if n := 2 * len(t.at.names); n <= len(few) {
		loc = few[:n]
	} else {
		loc = make([]int, n)
	}
	far, ok = t.at.match(loc, text, s, len(text))
	return from + loc[1], from + far, ok
}

var twoDashes = []byte("--")
