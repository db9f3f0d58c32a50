package cilog

import "bytes"

// joined keeps a line in which the cursor was moved between two letters also without
// that, without what was printed from where the cursor was saved until it came back, and
// without the letter that a backspace rubs out: a terminal may show one word.
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
			if d := detour(raw[i:]); d > 0 {
				n = d
			} else if kind == moved && !sideways(raw[i+n-1]) {
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

// saved and restored are the sequences that keep where the cursor is, and bring it back:
// those of DEC and those of ANSI.SYS (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html).
var saved, restored = [2]string{"\x1b7", "\x1b[s"}, [2]string{"\x1b8", "\x1b[u"}

// detour returns the length of what begins with a sequence that saves the cursor and ends
// with one that restores it; 0 if there is none, or another one saves it in between.
func detour(raw []byte) int {
	if begins(raw, saved) == 0 {
		return 0
	}
	for i := 2; ; i++ {
		n := bytes.IndexByte(raw[i:], esc)
		if n < 0 {
			return 0
		}
		i += n
		if n := begins(raw[i:], restored); n > 0 {
			return i + n
		}
		if begins(raw[i:], saved) > 0 {
			return 0
		}
	}
}

// begins returns the length of the sequence of some that a text begins with, or 0.
func begins(raw []byte, some [2]string) int {
	for _, s := range some {
		if len(raw) >= len(s) && string(raw[:len(s)]) == s {
			return len(s)
		}
	}
	return 0
}

// inWord reports whether letters stand on both sides of a part of a line.
func inWord(raw []byte, from, to int) bool {
	return from > 0 && to < len(raw) && word(raw[from-1]) && word(raw[to])
}
