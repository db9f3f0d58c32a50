package detectors

import (
	"bytes"
	"slices"

	"github.com/whosekey/whosekey/internal/coded"
)

// block is long lines of base64 characters, each of which goes on behind the one
// before, and maybe a shorter one behind them. They may be one text that was cut into
// lines, or many, or both; so what each line decodes to by itself is searched, and
// what it decodes to with those behind it.
type block struct {
	data  []byte
	lines []line // the shorter one last
	end   int    // of the last line
}

// line is data[from:to] of a block.
type line struct {
	from, to int
	at       int // how many characters the lines before have
	is       kind
	start    int // of what it is, in the data
}

// hex reports whether the line is nothing but hexadecimal digits.
func (l *line) hex(data []byte) bool { return coded.HexLen(data[l.from:l.to]) == l.to-l.from }

// kind is what code looks like.
type kind uint8

const (
	noCode kind = iota
	codeHex
	codeGzip
	codeZlib
	codeText
	codeWide
	kinds
)

// maxLines is how much room for lines is kept.
const maxLines = 1 << 12

// around makes it the block that has an offset in one of its long lines. It reports
// false if there is none.
func (b *block) around(data []byte, at int) bool {
	if cap(b.lines) > maxLines {
		b.lines = nil
	}
	b.data, b.lines = data, b.lines[:0]
	from, to := runAround(data, at)
	if to-from < minPacked {
		return false
	}
	for {
		before := lineBefore(data, from)
		if before == 0 || coded.Sextet[data[before-1]] == coded.None {
			break
		}
		lo, hi := runAround(data, before-1)
		if hi-lo < minPacked {
			break
		}
		from, to = lo, hi
	}
	for n := 0; ; {
		b.lines, b.end = append(b.lines, line{from: from, to: to, at: n}), to
		n += to - from
		next := nextLine(data, to)
		if next < 0 || to-from < minPacked {
			return true
		}
		for from, to = next, next; to < len(data) && coded.Sextet[data[to]] != coded.None; {
			to++
		}
		if to-from < 2 {
			return true
		}
	}
}

// runAround returns the run that an offset is in. The n of a line break in source code
// is not of it.
func runAround(data []byte, at int) (lo, hi int) {
	lo, hi = at, at
	for lo > 0 && coded.Sextet[data[lo-1]] != coded.None {
		lo--
	}
	for hi < len(data) && coded.Sextet[data[hi]] != coded.None {
		hi++
	}
	if lo > 0 && data[lo-1] == '\\' && lo < hi && data[lo] == 'n' {
		lo++
	}
	return lo, hi
}

// recognize says of each long line what it is, and reports whether one is anything.
func (b *block) recognize() (any bool) {
	for i := range b.lines {
		if l := &b.lines[i]; l.to-l.from >= minPacked {
			var at int
			l.is, at = recognize(b.data[l.from:l.to])
			l.start = l.from + at
			any = any || l.is != noCode
		}
	}
	return any
}

// recognize says what a run is, and where in it that begins.
func recognize(run []byte) (is kind, at int) {
	if coded.TextHex(run)&^1 >= minPacked {
		return codeHex, 0
	}
	if i := bytes.Index(run[:minPacked], []byte(coded.GzipHead)); i >= 0 {
		return codeGzip, i
	}
	// In front of the code there may be other characters of the alphabet.
	for _, at := range []int{0, len(run) / 2} {
		for phase := range 4 {
			if from := at + phase; from < len(run) {
				if wide, ok := coded.Text64(run[from:]); wide {
					return codeWide, from % 4
				} else if ok {
					return codeText, from % 4
				}
			}
		}
	}
	if i := coded.ZlibHead(run[:minPacked]); i >= 0 {
		return codeZlib, i
	}
	return noCode, 0
}

// layers yields what the block decodes to. What goes on through several lines is
// yielded once for each place in a group of characters where it may begin.
func (b *block) layers(yield func(layer) bool) {
	var past [kinds][4]int // what was joined before this offset
	for i := range b.lines {
		l := &b.lines[i]
		if l.is == noCode {
			continue
		}
		phase := (l.at + l.start - l.from) % groupOf(l.is)
		if l.at >= past[l.is][phase] {
			p := b.joined(i)
			past[l.is][phase] = l.at + l.start - l.from + len(p.code)
			if !yield(layerOf(l.is, p)) {
				return
			}
			if p.pieces == nil {
				continue
			}
		}
		if !yield(layerOf(l.is, b.alone(l))) {
			return
		}
	}
}

// groupOf is how many characters are decoded at once.
func groupOf(is kind) int {
	if is == codeHex {
		return 2
	}
	return 4
}

// alone is what a line says by itself.
func (b *block) alone(l *line) packed {
	p := packed{code: b.data[l.start:l.to], from: l.start, to: l.to}
	if l.is == codeHex {
		p.cut(coded.HexLen(p.code) &^ 1)
	}
	return p
}

// joined is what a line says with those behind it.
func (b *block) joined(i int) packed {
	first := &b.lines[i]
	last := len(b.lines) - 1
	if first.is == codeHex {
		for last = i; last+1 < len(b.lines) && b.lines[last].hex(b.data); {
			last++
		}
	}
	if last == i {
		return b.alone(first)
	}
	end := &b.lines[last]
	p := packed{code: make([]byte, 0, end.at+end.to-end.from-first.at), from: first.start, to: end.to}
	for k, l := range b.lines[i : last+1] {
		if k == 0 {
			l.from = l.start
		}
		p.pieces = append(p.pieces, piece{len(p.code), l.from})
		p.code = append(p.code, b.data[l.from:l.to]...)
	}
	if first.is == codeHex {
		p.cut(coded.HexLen(p.code) &^ 1)
	}
	return p
}

// packed is code, which may stand in several lines.
type packed struct {
	code   []byte
	pieces []piece // of code, if there are several
	from   int     // of the first character in the data
	to     int
}

// piece says that code from at on stands in the data from from on.
type piece struct{ at, from int }

// cut leaves the first n characters.
func (p *packed) cut(n int) {
	p.code = p.code[:n]
	p.to = p.place(n-1) + 1
}

// place returns where a character of the code stands.
func (p *packed) place(i int) int {
	k, ok := slices.BinarySearchFunc(p.pieces, i, func(p piece, i int) int { return p.at - i })
	if !ok {
		k--
	}
	if k < 0 {
		return p.from + i
	}
	return p.pieces[k].from + i - p.pieces[k].at
}
