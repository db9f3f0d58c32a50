package cilog

import "bytes"

// joined keeps a line in which the cursor was moved between two letters also without
// that, and without the letter that a backspace rubs out: a terminal may show one word.
func (c *cleaner) joined(raw []byte, from int64) {
	c.aside.gap()
	run := 0
	for i := 0; i < len(raw); {
		n, to := 1, i
		switch {
		case raw[i] == backspace:
			to = max(run, i-1)
		case raw[i] != esc:
			if n = bytes.IndexAny(raw[i:], "\x1b\b"); n < 0 {
				n = len(raw) - i
			}
			i += n
			continue
		default:
			var kind sequence
			if n, kind, _ = escape(raw[i:]); kind == noSequence || kind == unfinished {
				i++
				continue
			}
			if kind == moved && !sideways(raw[i+n-1]) {
				c.aside.add(raw[run:i], from+int64(run))
				c.aside.text = append(c.aside.text, ' ')
				run = i
			}
		}
		if to = max(to, run); to > run {
			c.aside.add(raw[run:to], from+int64(run))
		}
		i += n
		run = i
	}
	c.aside.add(raw[run:], from+int64(run))
}

// sideways reports whether the end of a sequence is that of one that moves the cursor
// within its line: forward, or to a column (CUF and CHA of ECMA-48).
func sideways(end byte) bool { return end == 'C' || end == 'G' }

// inWord reports whether letters stand on both sides of a part of a line.
func inWord(raw []byte, from, to int) bool {
	return from > 0 && to < len(raw) && word(raw[from-1]) && word(raw[to])
}
