package cilog

import "bytes"

// variants says how else a line with sequences may be read.
type variants struct {
	apart  bool // with something between words that became one
	joined bool // as if nothing moved the cursor
	shown  bool // as a terminal shows it
	raw    bool // as it is: what was taken for a sequence may be text
}

// see looks at a sequence of a line.
func (v *variants) see(raw []byte, i, n int, kind sequence) {
	v.raw = v.raw || raw[i] != esc
	if !v.joined && i > 0 && word(raw[i-1]) {
		v.joined = inWord(raw, i, i+detour(raw[i:]))
	}
	if kind == moved && sideways(raw[i:i+n]) {
		v.shown = true
		v.joined = v.joined || inWord(raw, i, i+n)
	}
}

// keep keeps variants of a line.
func (c *cleaner) keep(also variants, raw []byte, from int64) {
	if also.apart {
		c.apart(raw, from)
	}
	if also.joined {
		c.joined(raw, from)
	}
	if also.shown {
		c.shown(raw, from)
	}
	if also.raw {
		c.aside.gap()
		c.aside.add(raw, from)
	}
}

// apart keeps a line in which two words became one also with something between
// them.
func (c *cleaner) apart(raw []byte, from int64) {
	c.aside.gap()
	run := 0
	for i := 0; i < len(raw); {
		n, _, _ := sequenceAt(raw, i)
		if n == 0 {
			i++
			continue
		}
		c.aside.add(raw[run:i], from+int64(run))
		c.aside.text = append(c.aside.text, ' ')
		i += n
		run = i
	}
	c.aside.add(raw[run:], from+int64(run))
}

// joined keeps a line in which the cursor was moved between two letters also without
// that, without what was printed from where the cursor was saved until it came back, and
// without the letter that a backspace rubs out: a terminal may show one word.
func (c *cleaner) joined(raw []byte, from int64) {
	c.aside.gap()
	run := 0
	for i := 0; i < len(raw); {
		n, to := 1, i
		if raw[i] == backspace {
			to = max(run, i-1)
		} else {
			var kind sequence
			if n, kind, _ = sequenceAt(raw, i); n == 0 {
				i++
				continue
			}
			if d := detour(raw[i:]); d > 0 {
				n = d
			} else if kind == moved && !sideways(raw[i:i+n]) {
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

// sideways reports whether a sequence moves the cursor or text within its line: CUF, CUB,
// CHA, HPA, HPR, DCH, ECH and ICH of ECMA-48.
func sideways(seq []byte) bool {
	switch seq[len(seq)-1] {
	case 'C', 'D', 'G', '`', 'a', 'P', 'X', '@':
		return len(seq) > 2 || seq[0] == csi
	}
	return false
}

// covers reports whether what stands behind a carriage return covers a part of what began
// at an offset before it, so that a word begins in one and ends in the other. Of text with
// sequences in it that is not known.
func covers(raw []byte, from, at int) bool {
	end := len(bytes.TrimSuffix(raw, []byte{'\n'}))
	if n := bytes.IndexByte(raw[at+1:], '\r'); n >= 0 {
		end = at + 1 + n
	}
	if bytes.IndexByte(raw[from:end], esc) >= 0 {
		return true
	}
	n := end - at - 1
	return n > 0 && from+n < at && word(raw[end-1]) && word(raw[from+n])
}

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
