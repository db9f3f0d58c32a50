package report

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// GitHub tells alerts apart by primaryLocationLineHash: a hash of the hundred
// characters that follow the start of the line, blanks left out, with a
// number after it that tells equal hashes of one file apart. What upload-sarif
// computes from the checkout must come out here too, to the letter.
//
// The rolling hash of GitHub's code is Σ unit[i]·37^(99-i) over the last
// hundred UTF-16 units. So it is worth following only while a line began less
// than a hundred units ago; the rest of a long line is skipped.
const (
	hashWindow = 100
	hashBase   = 37
	hashEOF    = 0xFFFF // the unit that GitHub's code puts at the end of a file
)

// hashTop is hashBase to the power of hashWindow, modulo 2^64.
var hashTop = func() uint64 {
	p := uint64(1)
	for range hashWindow {
		p *= hashBase
	}
	return p
}()

// LineHasher computes GitHub's primaryLocationLineHash for chosen lines of a
// file that is written to it. Text that is not UTF-8 is read as browsers and
// Node.js read it. Memory is bounded by the number of different lines before
// the last one asked for.
type LineHasher struct {
	want []int // sorted; those before next are known
	next int
	out  map[int]string
	seen tally // how often a hash came up in this file

	hash uint64
	// units ends with what was hashed since the hasher was last idle. Before
	// that are hashWindow zeros, or older units, so that there is always one
	// to take out of the hash.
	units []uint16
	// starts is a ring of where in units the lines begin that have no hash
	// yet: those numbered settled+1 to line. A line that is pending takes a
	// unit at least, so there are never more than hashWindow.
	starts  [startRing]int
	settled int
	line    int  // number of the last line that began
	start   bool // the next unit begins a line
	afterCR bool
	tail    []byte // the beginning of a character that a Write cut off
}

// NewLineHasher returns a LineHasher for the given lines, which count from 1.
// Their order does not matter, nor does naming one twice.
func NewLineHasher(lines ...int) *LineHasher {
	h := &LineHasher{units: make([]uint16, hashWindow, unitsRoom)}
	h.Reset(lines...)
	return h
}

// Reset starts with another file, in the memory of the one before: a short one costs
// 4 KB otherwise, and there may be thousands.
func (h *LineHasher) Reset(lines ...int) {
	want := append(h.want[:0], lines...)
	slices.Sort(want)
	want = slices.Compact(want)
	for len(want) > 0 && want[0] < 1 {
		want = want[1:]
	}
	old := *h
	*h = LineHasher{want: want, out: make(map[int]string, len(want)), seen: old.seen, units: old.units[:hashWindow], tail: old.tail[:0], start: true}
	clear(h.units)
	h.seen.reset()
}

const (
	unitsRoom = 1024 // how many units are collected before old ones are dropped
	startRing = 128  // a power of two, and more than hashWindow
)

// Done reports whether all hashes are known, so that the rest of the file need
// not be written.
func (h *LineHasher) Done() bool { return h.next == len(h.want) }

// Write takes the next bytes of the file. It never fails.
func (h *LineHasher) Write(p []byte) (int, error) {
	n := len(p)
	if len(h.tail) > 0 {
		p = p[h.joined(p):]
	}
	for len(p) > 0 && !h.Done() {
		if !h.start && h.settled == h.line {
			p = p[h.skip(p):]
			continue
		}
		if !h.start {
			p = p[h.plain(p):]
		}
		if len(p) > 0 {
			p = p[h.one(p):]
		}
	}
	return n, nil
}

// Finish ends the file and returns the hashes by line. Lines that the file
// does not have are missing. Nothing may be written afterwards.
func (h *LineHasher) Finish() map[int]string {
	if len(h.tail) > 0 {
		h.rune(utf8.RuneError)
	}
	h.unit(hashEOF)
	for h.settled < h.line {
		h.unit(0)
	}
	return h.out
}

// skip returns how much of p can be passed over while idle: all that is before
// the end of the line. It looks at a block at a time, so that a file with many
// ends of one kind is not searched for the other again and again.
func (h *LineHasher) skip(p []byte) int {
	block := p[:min(len(p), 4096)]
	n := len(block)
	if i := bytes.IndexByte(block, '\n'); i >= 0 {
		n = i
	}
	if i := bytes.IndexByte(block[:n], '\r'); i >= 0 {
		n = i
	}
	if n > 0 {
		h.afterCR = false
	}
	if n < len(block) {
		// The end of the line is a unit of no line's window: only what it
		// does to the state counts. An LF after a CR cannot come here, as
		// that CR began a line.
		h.afterCR = block[n] == '\r'
		h.start = true
		h.hash, h.units = 0, h.units[:hashWindow]
		clear(h.units)
		n++
	}
	return n
}

// plain hashes the ASCII text within a line that p begins with, as far as
// nothing else is to be done, and returns how long it is. afterCR is not set
// then: what follows a CR begins a line.
func (h *LineHasher) plain(p []byte) int {
	at, stop := len(h.units), cap(h.units)
	if h.settled < h.line {
		stop = min(stop, h.starts[(h.settled+1)%startRing]+hashWindow)
	}
	units, hash, i := h.units[:cap(h.units)], h.hash, 0
	for ; i < len(p) && at < stop; i++ {
		c := p[i]
		if c <= ' ' {
			if c == ' ' || c == '\t' {
				continue
			}
			if c == '\n' || c == '\r' {
				break
			}
		}
		if c >= utf8.RuneSelf {
			break
		}
		hash = hash*hashBase + (uint64(c) - hashTop*uint64(units[at-hashWindow]))
		units[at] = uint16(c)
		at++
	}
	h.units, h.hash = h.units[:at], hash
	return i
}

// one takes one character, and returns how long it is.
func (h *LineHasher) one(p []byte) int {
	if p[0] < utf8.RuneSelf {
		h.rune(rune(p[0]))
		return 1
	}
	r, n, whole := decodeUTF8(p)
	if !whole {
		h.tail = append(h.tail, p...)
		return len(p)
	}
	h.rune(r)
	return n
}

// joined takes the character whose beginning is in tail, and returns how much
// of p belongs to it.
func (h *LineHasher) joined(p []byte) int {
	old := len(h.tail)
	h.tail = append(h.tail, p[:min(len(p), utf8.UTFMax)]...)
	r, n, whole := decodeUTF8(h.tail)
	if !whole {
		return len(p)
	}
	h.tail = h.tail[:0]
	h.rune(r)
	return n - old
}

// rune hashes one character, as UTF-16.
func (h *LineHasher) rune(r rune) {
	afterCR := h.afterCR
	h.afterCR = r == '\r'
	switch {
	case r == ' ' || r == '\t' || r == '\n' && afterCR:
		return
	case r == '\r':
		r = '\n'
	case r > 0xFFFF:
		hi, lo := utf16.EncodeRune(r)
		h.unit(uint16(hi))
		r = lo
	}
	h.unit(uint16(r))
}

// unit hashes one UTF-16 unit.
func (h *LineHasher) unit(u uint16) {
	if len(h.units) == cap(h.units) {
		h.drop()
	}
	at := len(h.units)
	if h.settled < h.line && h.starts[(h.settled+1)%startRing]+hashWindow == at {
		h.emit()
	}
	if h.start {
		h.start = false
		h.line++
		h.starts[h.line%startRing] = at
	}
	if u == '\n' {
		h.start = true
	}
	h.hash = h.hash*hashBase + uint64(u) - hashTop*uint64(h.units[at-hashWindow])
	h.units = append(h.units, u)
}

// emit settles the hash of the line that waits longest.
func (h *LineHasher) emit() {
	h.settled++
	n := h.seen.add(h.hash)
	if h.next < len(h.want) && h.want[h.next] == h.settled {
		h.out[h.settled] = fmt.Sprintf("%x:%d", h.hash, n)
		h.next++
	}
}

// drop forgets all units but the last hashWindow.
func (h *LineHasher) drop() {
	gone := len(h.units) - hashWindow
	h.units = h.units[:copy(h.units, h.units[gone:])]
	for i := range h.starts {
		h.starts[i] -= gone
	}
}

// decodeUTF8 returns the first character of p and its length. What is not
// UTF-8 becomes U+FFFD the way the WHATWG prescribes: one for each longest
// beginning of a character, where utf8.DecodeRune has one for each byte. If p
// ends within a character, whole is false.
func decodeUTF8(p []byte) (r rune, n int, whole bool) {
	r, n = utf8.DecodeRune(p)
	if r != utf8.RuneError || n != 1 {
		return r, n, true
	}
	need, lo, hi := 0, byte(0x80), byte(0xBF)
	switch b := p[0]; {
	case b >= 0xC2 && b <= 0xDF:
		need = 2
	case b >= 0xE0 && b <= 0xEF:
		need = 3
	case b >= 0xF0 && b <= 0xF4:
		need = 4
	}
	switch p[0] {
	case 0xE0:
		lo = 0xA0
	case 0xED:
		hi = 0x9F
	case 0xF0:
		lo = 0x90
	case 0xF4:
		hi = 0x8F
	}
	for n < need {
		if n == len(p) {
			return r, n, false
		}
		if p[n] < lo || p[n] > hi {
			break
		}
		lo, hi = 0x80, 0xBF
		n++
	}
	return r, n, true
}
