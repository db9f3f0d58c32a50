package cilog

import "github.com/whosekey/whosekey/internal/coded"

// wrapping gathers lines that were one line before something cut it at a column.
type wrapping struct {
	text    []byte
	lines   []lineAt // so far: the first from its beginning, of both ends at most edge
	done    []lineAt
	last    lineAt // with what is in front of it
	earlier int    // how long the line before last is
}

// edge is how much of the first and the last line is joined.
const edge = 2048

// add takes the next line, which begins at an offset with what is in front of it, and
// returns the lines before it if they are whole now: one or none were not cut. They
// are valid until the next call.
func (w *wrapping) add(at int, l lineAt) []lineAt {
	full, n := w.last.to-w.last.from, l.to-at
	joined := n > 0 && full > 0 && cut(w.text, w.last, l) && (wraps(full) || full >= minFull && (full == w.earlier || full == n) && random(w.text[l.from:l.to], false))
	var done []lineAt
	if k := len(w.lines); !joined || k > 0 && l.to-l.from > edge {
		w.done, w.lines = w.lines, w.done[:0]
		done = w.done
	}
	if joined {
		if len(w.lines) == 0 {
			w.lines = append(w.lines, lineAt{max(w.last.from, w.last.to-edge), w.last.to})
		}
		w.lines = append(w.lines, lineAt{l.from, min(l.to, l.from+edge)})
	}
	w.last, w.earlier = lineAt{at, l.to}, full
	return done
}

// minFull is how long lines must be that are taken for full because others are as long.
const minFull = 40

// wraps reports whether lines of a length were probably cut there: terminals
// that programs believe in, and the limits of services (16 KiB: Docker).
func wraps(n int) bool {
	switch n {
	case 80, 100, 120, 128, 132, 140, 160, 200, 240, 250, 256, 500, 512:
		return true
	}
	return n >= 1000
}

// cut reports whether one line goes on in another: both sides look like the middle of a
// token, of which little may be left.
func cut(text []byte, a, b lineAt) bool {
	const least = 4
	if a.to == a.from || !inToken(text[a.to-1]) {
		return false
	}
	for i := b.from; i < min(b.to, b.from+least); i++ {
		if !inToken(text[i]) {
			return i > b.from && !word(text[i])
		}
	}
	return b.to > b.from
}

// inToken reports whether a character may be in a token.
func inToken(c byte) bool {
	return coded.Sextet[c] != coded.None || c == '.' || c == '=' || c == '~' || c == '%'
}
