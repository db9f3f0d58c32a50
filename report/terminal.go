package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The names of files, authors and branches, and the text around a finding,
// come from whoever wrote what is scanned. On a terminal they could move the
// cursor, rewrite what is above, or run on from right to left. So nothing of
// theirs is printed that is not a plain visible character.

// visible returns s with everything escaped that is not visible, or not UTF-8.
func visible(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[i])
		} else {
			b.WriteString(cell(r))
		}
		i += n
	}
	return b.String()
}

// cell returns how one character is shown.
func cell(r rune) string {
	switch {
	case unicode.IsPrint(r):
		return string(r)
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xFFFF:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

const tab = "    "

// codeLine returns a line of a frame as it is shown, and where in it, in
// columns of the terminal from 0, the characters from mark to end are, which
// count from 1.
func codeLine(line string, mark, end int) (shown string, from, to int) {
	var b strings.Builder
	at, n := 0, 0
	for _, r := range line {
		n++
		if n == mark {
			from = at
		}
		if n == end {
			to = at
		}
		c := cell(r)
		if r == '\t' {
			c = tab
		}
		b.WriteString(c)
		at += columns(c)
	}
	if mark > n {
		from = at
	}
	if end > n {
		to = at
	}
	return b.String(), from, to
}

// columns is how wide a text is on a terminal.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// runeColumns knows the large blocks only: a marker that is a column off under
// a rare script is no harm.
func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && r <= 0x115F, // Hangul Jamo
		r >= 0x2E80 && r <= 0xA4CF && r != 0x303F, // CJK, kana, Yi
		r >= 0xAC00 && r <= 0xD7A3,                // Hangul
		r >= 0xF900 && r <= 0xFAFF,                // CJK
		r >= 0xFE30 && r <= 0xFE6F,                // CJK forms
		r >= 0xFF00 && r <= 0xFF60,                // full-width forms
		r >= 0xFFE0 && r <= 0xFFE6,                // full-width signs
		r >= 0x1F300 && r <= 0x1FAFF,              // emoji
		r >= 0x20000 && r <= 0x3FFFD:              // CJK
		return 2
	}
	return 1
}

// clip cuts a text that is wider than width; 0 does not cut.
func clip(s string, width int) string {
	if width <= 0 || columns(s) <= width {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeColumns(r); n > width-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// wrap breaks a text into lines of at most width columns where there are
// spaces; 0 does not break.
func wrap(s string, width int) []string {
	if width <= 0 || columns(s) <= width {
		return []string{s}
	}
	var lines []string
	now := ""
	for _, word := range strings.Fields(s) {
		if now != "" && columns(now)+1+columns(word) > width {
			lines = append(lines, now)
			now = ""
		}
		if now != "" {
			now += " "
		}
		now += word
	}
	return append(lines, now)
}

// palette paints text, or does not.
type palette bool

const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	yellow = "33"
	green  = "32"
	cyan   = "36"
	alarm  = "1;31"
)

func (p palette) paint(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// colours are those of the words for a risk or a severity.
var colours = map[string]string{"critical": alarm, "high": red, "medium": yellow, "low": cyan, "info": cyan}

// severity returns a word for a severity, and its colour.
func severity(s float64) (word, code string) {
	word = severityWord(s)
	return word, colours[word]
}

// severityWord is the word for a severity of 0 to 10.
func severityWord(s float64) string {
	switch {
	case s >= 9:
		return "critical"
	case s >= 7:
		return "high"
	case s >= 4:
		return "medium"
	}
	return "low"
}
