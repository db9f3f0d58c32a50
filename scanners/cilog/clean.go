package cilog

import (
	"bytes"
	"io"
)

// cleaner reads a log and writes it without what the service added: time stamps,
// colours, notes. What of a line was overwritten stays, as a line of its own.
// Lines that the service cut are joined where it says so.
//
// It reads blocks, so that a log may be of any length, and a line too.
type cleaner struct {
	r    io.Reader
	raw  []byte // a block
	have int    // bytes of it that were read
	base int64  // offset of raw[0] in the log
	eof  bool
	next [len(controls)]int // where the block has the next of each, or its end
	mid  bool               // raw[0] is in the middle of a line

	out   *view // what is clean
	aside *view // what escape sequences carry, and text that lost its edges
	marks *marks

	screen screen

	// ready is called in front of a line when out or aside is long enough, or out has
	// at least the least that is worth it and came from many places.
	ready       func() error
	full, least int
}

// maxSegs bounds the memory of a log with a sequence between any two letters.
const maxSegs = 1 << 16

const blockSize = 256 << 10

// controls are the characters for which a line needs more than to be copied.
var controls = [...]byte{esc, backspace, csi, '\r'}

// plain reports whether a line of the block, or a piece of one, has none of controls,
// but a carriage return at its end. Lines are asked for in their order: so each
// character is looked for once in the block, and not in each line.
func (c *cleaner) plain(block []byte, from, to int) bool {
	ok := true
	for k, char := range controls {
		if c.next[k] < from {
			c.next[k] = len(block)
			if n := bytes.IndexByte(block[from:], char); n >= 0 {
				c.next[k] = from + n
			}
		}
		ok = ok && c.next[k] >= to
	}
	return ok || c.next[0] >= to && c.next[1] >= to && c.next[2] >= to && !overwritten(block[c.next[3]:to])
}

func newCleaner(out, aside *view, m *marks) *cleaner {
	return &cleaner{raw: make([]byte, blockSize), out: out, aside: aside, marks: m}
}

func (c *cleaner) reset(r io.Reader) {
	c.r, c.have, c.base, c.eof, c.mid = r, 0, 0, false, false
}

// run reads all. An error of the reader comes after what was read before it.
func (c *cleaner) run() error {
	for {
		var err error
		for c.have < len(c.raw) && err == nil {
			var n int
			n, err = c.r.Read(c.raw[c.have:])
			c.have += n
		}
		c.eof = err != nil
		used, emitErr := c.block(c.raw[:c.have])
		if emitErr != nil {
			return emitErr
		}
		c.have = copy(c.raw, c.raw[used:c.have])
		c.base += int64(used)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// block cleans whole lines, and returns how much it used. A line that fills the
// block is taken in pieces.
func (c *cleaner) block(raw []byte) (int, error) {
	c.next = [len(controls)]int{-1, -1, -1, -1}
	i := 0
	for i < len(raw) {
		n := bytes.IndexByte(raw[i:], '\n') + 1
		if n == 0 {
			if !c.eof && i > 0 {
				return i, nil // the rest of the line is to be read yet
			}
			n = len(raw) - i
			if !c.eof {
				n = whole(raw)
			}
		}
		if err := c.line(raw, i, i+n); err != nil {
			return 0, err
		}
		i += n
		c.mid = raw[i-1] != '\n'
	}
	return i, nil
}

// whole is how much of a long line can be taken so that no escape sequence is
// cut in two.
func whole(raw []byte) int {
	from := max(1, len(raw)-maxEscape)
	for i := len(raw) - 1; i >= from; i-- {
		if raw[i] != esc {
			continue
		}
		if _, kind, _ := escape(raw[i:]); kind == unfinished {
			return i
		}
	}
	return len(raw)
}

// line cleans a line of the block, or a piece of a long one.
func (c *cleaner) line(block []byte, at, to int) error {
	raw := block[at:to]
	skip, goesOn := 0, false
	if !c.mid {
		if skip, goesOn = stamp(raw); skip > 0 && raw[0] == esc {
			c.marks.facts.is("buildkite", false)
		}
	}
	var job, step []byte
	if !c.mid && skip == 0 {
		skip, job, step = columns(raw)
	}
	if goesOn {
		c.out.trimBreak()
	}
	if n := len(c.out.text); n >= c.full && (!goesOn || n >= 2*c.full) || len(c.aside.text) >= c.full || n >= c.least && len(c.out.segs)+len(c.aside.segs) >= maxSegs {
		if err := c.ready(); err != nil {
			return err
		}
	}
	start := len(c.out.text)
	raw, from := raw[skip:], c.base+int64(at+skip)
	if c.plain(block, at+skip, to) {
		c.out.append(raw, from)
	} else {
		c.decorated(raw, from)
	}
	if job != nil {
		c.marks.columns(job, step, start)
	}
	if !c.mid && !goesOn {
		c.marks.line(c.out.text[start:], start)
	}
	return nil
}

// append is add, which makes no new segment where the last one goes on.
func (v *view) append(text []byte, from int64) {
	if n := len(v.segs); n > 0 {
		s := &v.segs[n-1]
		if s.to == from && s.at+int(s.to-s.from) == len(v.text) {
			s.to += int64(len(text))
			v.text = append(v.text, text...)
			return
		}
	}
	v.add(text, from)
}

// trimBreak takes the end of a line back.
func (v *view) trimBreak() {
	n := len(bytes.TrimSuffix(bytes.TrimSuffix(v.text, []byte{'\n'}), []byte{'\r'}))
	v.text = v.text[:n]
	for len(v.segs) > 1 && v.segs[len(v.segs)-1].at >= n {
		v.segs = v.segs[:len(v.segs)-1]
	}
	if len(v.segs) > 0 {
		s := &v.segs[len(v.segs)-1]
		s.to = min(s.to, s.from+int64(n-s.at))
	}
}

// overwritten reports whether a line has a carriage return in its middle.
func overwritten(line []byte) bool {
	i := bytes.IndexByte(line, '\r')
	return i >= 0 && i < len(line)-2 || i >= 0 && i == len(line)-2 && line[len(line)-1] != '\n'
}

// decorated cleans a line with escape sequences or carriage returns.
func (c *cleaner) decorated(raw []byte, from int64) {
	run, piece := 0, 0 // what is still to be written begins at run, and what the carriage returns to at piece
	flush := func(to int) { c.out.append(raw[run:to], from+int64(run)) }
	var also variants
	for i := 0; i < len(raw); {
		switch raw[i] {
		case '\r':
			if i+1 < len(raw) && raw[i+1] != '\n' { // a line of its own, for those who look for its start
				flush(i)
				c.out.add([]byte{'\n'}, from+int64(i))
				run = i + 1
				also.shown = also.shown || covers(raw, piece, i)
				piece = run
			}
			i++
		case backspace:
			also.joined = also.joined || inWord(raw, i, i+1) && raw[i-1] != raw[i+1] && raw[i-1] != '_'
			end := c.struck(raw, from, run, i)
			also.shown = also.shown || raw[end-1] == backspace && end < len(raw) && raw[end] > ' '
			i, run = end, end
		case esc, csi, 0xC2:
			n, kind, body := sequenceAt(raw, i)
			if n == 0 {
				i++
				continue
			}
			flush(i)
			also.see(raw, i, n, kind)
			switch {
			case kind == carries:
				if len(body) >= 8 {
					c.aside.gap()
					c.aside.add(body, from+int64(i)+int64(bytes.Index(raw[i:i+n], body)))
				}
			case kind == moved:
				c.out.add([]byte{'\n'}, from+int64(i))
			}
			i += n
			run = i
			also.apart = also.apart || kind != moved && len(c.out.text) > 0 && i < len(raw) && word(c.out.text[len(c.out.text)-1]) && word(raw[i])
		default:
			for i++; i < len(raw) && !stops[raw[i]]; i++ {
			}
		}
	}
	flush(len(raw))
	c.keep(also, raw, from)
}

// stops are the bytes at which decorated looks twice.
var stops = [256]bool{'\r': true, backspace: true, esc: true, csi: true, 0xC2: true}

const backspace = '\b'

// struck reads the backspaces at an offset of a line, of which what begins at run is
// not written yet, and returns what it has read. nroff prints X, a backspace and X for
// a bold X, and an underscore, a backspace and X for an underlined one: that is one X.
// What else is rubbed out stays, as a line of its own.
func (c *cleaner) struck(raw []byte, from int64, run, i int) int {
	n := 1
	for i+n < len(raw) && raw[i+n] == backspace {
		n++
	}
	if n == 1 && i > 0 && i+1 < len(raw) && raw[i+1] != '\n' && (raw[i-1] == raw[i+1] || raw[i-1] == '_') {
		if i > run {
			c.out.append(raw[run:i-1], from+int64(run))
			c.out.one(raw[i+1], from+int64(i-1), from+int64(i+2), "")
			return i + 2
		}
		if len(c.out.text) > 0 && raw[i-1] == raw[i+1] { // bold and underlined
			return i + 2
		}
	}
	c.out.append(raw[run:i], from+int64(run))
	c.out.add([]byte{'\n'}, from+int64(i))
	return i + n
}

func word(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_'
}
