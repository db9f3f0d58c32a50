package inventory

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/whosekey/whosekey/internal/lazy"
)

// gap divides the columns of what commands print for people: gcloud's, kubectl's and
// az's tables.
var gap = lazy.New(` {2,}`)

// isAligned reports whether the first line is a heading of at least two columns that
// only blanks divide.
func isAligned(text []byte) bool {
	head, _, _ := bytes.Cut(text, []byte("\n"))
	head = bytes.TrimSpace(head)
	return gap.Match(head) && !bytes.ContainsAny(head, ",;\t|:\"")
}

// aligned reads a table whose columns begin below each other. An empty cell leaves
// only blanks, and a name may have two of them, so a row with fewer or more cells than
// the heading goes by where they begin.
type aligned struct {
	l      *lines
	header []string
	starts []int // of columns, in characters
}

func newAligned(l *lines) (*aligned, error) {
	a := &aligned{l: l}
	for {
		s, err := l.next()
		if err != nil {
			return nil, err
		}
		if s = trimEnd(s); strings.TrimSpace(s) == "" {
			continue
		}
		at := 0
		for _, h := range gap.Split(strings.TrimSpace(s), maxColumns) {
			at += strings.Index(s[at:], h)
			a.header, a.starts = append(a.header, clip(validText(h))), append(a.starts, utf8.RuneCountInString(s[:at]))
			at += len(h)
		}
		return a, nil
	}
}

func (a *aligned) next() (row, error) {
	for {
		s, err := a.l.next()
		if errors.Is(err, errLongLine) {
			return row{}, &badRow{a.l.n, err.Error()}
		} else if err != nil {
			return row{}, err
		}
		if s = trimEnd(s); strings.Trim(s, " -") == "" { // az draws a line below its heading
			continue
		}
		cells := gap.Split(strings.TrimSpace(s), maxColumns)
		if len(cells) != len(a.header) {
			if cells = a.below(s); cells == nil {
				return row{}, &badRow{a.l.n, "its cells do not stand below the heading"}
			}
		}
		return row{line: a.l.n, cells: under(a.header, cells)}, nil
	}
}

// below cuts a line where the columns begin; nil if a cell stands across that.
func (a *aligned) below(s string) []string {
	text := []rune(s)
	cells := make([]string, len(a.starts))
	for i, from := range a.starts {
		to := len(text)
		if i+1 < len(a.starts) {
			to = min(to, a.starts[i+1])
		}
		if from > 0 && from < len(text) && text[from-1] != ' ' {
			return nil
		}
		if from < to {
			cells[i] = strings.TrimSpace(string(text[from:to]))
		}
	}
	return cells
}
