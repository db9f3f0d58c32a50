package cilog

import (
	"unicode/utf8"
)

// screen shows a line as a terminal does, in one row: what is written over, erased,
// deleted and inserted.
type screen struct {
	row  []glyph
	col  int
	keep int // the column that was saved
}

// glyph is where the character in a column stands in the line; nowhere if to is 0.
type glyph struct{ from, to int32 }

const (
	// maxRow is how long a row may be, and rowBack how much of a longer one stays in reach.
	maxRow, rowBack = 4096, 1024
	// maxAhead is how far the cursor goes behind what is there.
	maxAhead = 512
)

// shown keeps a line also as a terminal shows it, if that makes words of what stands
// apart in it, or ends words earlier.
func (c *cleaner) shown(raw []byte, from int64) {
	s := &c.screen
	s.row, s.col, s.keep = s.row[:0], 0, 0
	for i := 0; i < len(raw); {
		if len(s.row) >= maxRow {
			c.row(raw, from)
			n := copy(s.row, s.row[len(s.row)-rowBack:])
			s.col, s.keep = max(0, s.col-len(s.row)+n), max(0, s.keep-len(s.row)+n)
			s.row = s.row[:n]
		}
		if n, kind, _ := sequenceAt(raw, i); n > 0 {
			if d := detour(raw[i:]); d > 0 {
				n = d
			} else if kind != carries && !s.obey(raw[i:i+n]) {
				c.row(raw, from)
				s.row, s.col = s.row[:0], 0
			}
			i += n
			continue
		}
		_, n := utf8.DecodeRune(raw[i:])
		s.put(raw[i], i, n)
		i += n
	}
	c.row(raw, from)
}

// put writes a character, which stands at an offset.
func (s *screen) put(c byte, at, n int) {
	switch {
	case c == '\r':
		s.col = 0
	case c == backspace:
		s.col = max(0, s.col-1)
	case c == '\t':
		s.move(s.col&^7 + 8)
	case c < ' ' || c == 0x7f:
	default:
		s.reach(s.col + 1)
		s.row[s.col] = glyph{int32(at), int32(at + n)}
		s.col++
	}
}

// reach makes the row at least n columns long.
func (s *screen) reach(n int) {
	for len(s.row) < n {
		s.row = append(s.row, glyph{})
	}
}

func (s *screen) move(col int) { s.col = min(max(col, 0), len(s.row)+maxAhead) }

// obey does what a sequence says; it reports whether that stays in the row. Names and
// defaults: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
func (s *screen) obey(seq []byte) bool {
	switch {
	case begins(seq, saved) > 0:
		s.keep = s.col
		return true
	case begins(seq, restored) > 0:
		s.col = s.keep
		return true
	}
	end := seq[len(seq)-1]
	if seq[0] == esc && seq[1] != '[' {
		return end != 'D' && end != 'E' && end != 'M' && end != 'c' // IND, NEL, RI, RIS
	}
	n := parameter(seq)
	here, rest := min(s.col, len(s.row)), len(s.row)-s.col
	switch one := max(n, 1); end {
	case 'C', 'a': // CUF, HPR
		s.move(s.col + one)
	case 'D': // CUB
		s.move(s.col - one)
	case 'G', '`': // CHA, HPA
		s.move(one - 1)
	case 'P': // DCH
		if rest > 0 {
			s.row = append(s.row[:here], s.row[here+min(one, rest):]...)
		}
	case 'X': // ECH
		if rest > 0 {
			clear(s.row[here : here+min(one, rest)])
		}
	case '@': // ICH
		if rest > 0 {
			one = min(one, maxAhead)
			s.reach(len(s.row) + one)
			copy(s.row[here+one:], s.row[here:])
			clear(s.row[here : here+one])
		}
	case 'K': // EL
		if n > 0 {
			clear(s.row[:min(s.col+1, len(s.row))])
		}
		if n != 1 {
			s.row = s.row[:here]
		}
	case 'A', 'B', 'E', 'F', 'H', 'J', 'L', 'M', 'S', 'T', 'd', 'e', 'f':
		return false
	}
	return true
}

// parameter is the first number of a sequence; 0 for none.
func parameter(seq []byte) (n int) {
	for _, c := range seq {
		if isDigit(c) {
			n = min(n*10+int(c-'0'), 1<<20)
		} else if n > 0 || c == ';' {
			break
		}
	}
	return n
}

// row keeps the row, if it shows a word that the line does not have.
func (c *cleaner) row(raw []byte, from int64) {
	row := c.screen.row
	if !changed(raw, row) {
		return
	}
	c.aside.gap()
	for i := 0; i < len(row); {
		j := i + 1
		if row[i].to == 0 {
			for j < len(row) && row[j].to == 0 {
				j++
			}
			c.aside.text = append(c.aside.text, ' ')
		} else {
			for j < len(row) && row[j].from == row[j-1].to {
				j++
			}
			c.aside.add(raw[row[i].from:row[j-1].to], from+int64(row[i].from))
		}
		i = j
	}
}

// changed reports whether a word of a row begins, ends or goes on elsewhere than in the
// line.
func changed(raw []byte, row []glyph) bool {
	last := glyph{}
	for i := range len(row) + 1 {
		next := glyph{}
		if i < len(row) {
			next = row[i]
		}
		if last.to != next.from || last.to == 0 || next.to == 0 {
			before, after := last.to > 0 && word(raw[last.to-1]), next.to > 0 && word(raw[next.from])
			if before && (after || int(last.to) < len(raw) && word(raw[last.to])) || after && next.from > 0 && word(raw[next.from-1]) {
				return true
			}
		}
		last = next
	}
	return false
}
