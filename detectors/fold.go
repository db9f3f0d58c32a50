package detectors

import (
	"bytes"
	"strings"

	"github.com/whosekey/whosekey/internal/coded"
)

// What is encoded is often cut into lines that are shorter than those of a block, or
// that have more between them than the end of a line: Ruby wraps at 60 characters, source
// has pieces in quotes with a plus between them, comments and mail have a mark in front
// of each line. Such lines are a fold if they have the same length, but for the last.

const (
	// minFold is the least length of a line of a fold that goes on in another one.
	minFold = 40
	// maxFold is the greatest.
	maxFold = 256
	// minFolded is how much the lines have at least, together.
	minFolded = 44
	// maxBreak is how long what stands between two lines may be, in bytes.
	maxBreak = 64
)

// folded is what an unpacker knows of the folds in the chunk.
type folded struct {
	pastFold int     // all folds in front of it were looked at
	folds    []int32 // a break in each of those that were decoded
	lines    []line  // of the fold at hand
	code     []byte
	pieces   []piece
}

// foldAt looks at the fold in which a line ends at an offset, unless it was looked
// at.
func (sr *searcher) foldAt(end int) {
	if end < sr.pastFold || sr.c.Cut() {
		return
	}
	first, ok := linkAt(sr.c.Data, end)
	if !ok {
		return
	}
	sr.collect(first)
	sr.pastFold = sr.lines[len(sr.lines)-1].to
	is, start := sr.foldIs()
	if is == noCode {
		return
	}
	if sr.depth == maxPacked {
		sr.c.Packed++ // it is not looked at, and that is said
		return
	}
	if sr.tracing {
		sr.folds = append(sr.folds, int32(end))
	}
	p := sr.foldedCode(is, start)
	sr.searchLayers(p.from, p.to, saltOfFolds, func(yield func(layer) bool) { yield(layerOf(is, p)) })
}

// saltOfFolds tells the hash of a fold from that of a block.
const saltOfFolds = 1 << 32

// collect lists the lines of the fold that has a link.
func (sr *searcher) collect(l link) {
	if cap(sr.lines) > maxLines {
		sr.lines, sr.code, sr.pieces = nil, nil, nil
	}
	data := sr.c.Data
	for before := true; before; {
		before = false
		for end := l.lo - 1; end >= max(minFold, l.lo-maxBreak); end-- {
			if coded.Sextet[data[end-1]] == coded.None {
				continue
			}
			if up, ok := linkAt(data, end); ok && up.next == l.lo && up.width() == l.width() {
				l, before = up, true
				break
			}
		}
	}
	sr.lines = sr.lines[:0]
	for n := 0; ; {
		sr.lines = append(sr.lines, line{from: l.lo, to: l.end, at: n})
		n += l.width()
		down, ok := linkAt(data, l.to)
		if ok = ok && l.whole(); !ok {
			sr.lines = append(sr.lines, line{from: l.next, to: l.to, at: n})
			return
		}
		l = down
	}
}

// foldIs says what the fold at hand is, and where in its first lines that begins.
func (sr *searcher) foldIs() (is kind, start int) {
	data, last := sr.c.Data, sr.lines[len(sr.lines)-1]
	if last.at+last.to-last.from < minFolded {
		return noCode, 0
	}
	for _, l := range []line{sr.lines[0], sr.lines[len(sr.lines)/2]} {
		run := data[l.from:l.to]
		if coded.TextHex(run) == len(run) && l.at == 0 {
			return codeHex, 0
		}
		if i := bytes.Index(run, []byte(coded.GzipHead)); i >= 0 && l.at == 0 {
			return codeGzip, i
		}
		for phase := range min(4, len(run)) {
			if wide, ok := coded.Text64(run[phase:]); wide {
				return codeWide, (l.at + phase) % 4
			} else if ok {
				return codeText, (l.at + phase) % 4
			}
		}
		if i := coded.ZlibHead(run); i >= 0 && l.at == 0 {
			return codeZlib, i
		}
	}
	return noCode, 0
}

// foldedCode joins the lines of the fold at hand. Where it may go on beyond an edge of the
// chunk, it is said to touch it.
func (sr *searcher) foldedCode(is kind, start int) packed {
	data, first, last := sr.c.Data, sr.lines[0], sr.lines[len(sr.lines)-1]
	sr.code, sr.pieces = sr.code[:0], sr.pieces[:0]
	for i, l := range sr.lines {
		if i == 0 {
			l.from += start
		}
		sr.pieces = append(sr.pieces, piece{len(sr.code), l.from})
		sr.code = append(sr.code, data[l.from:l.to]...)
	}
	p := packed{code: sr.code, pieces: sr.pieces, from: first.from, to: last.to}
	if is == codeHex {
		p.cut(coded.HexLen(p.code) &^ 1)
	}
	if sr.c.Offset > 0 && foldEdge(data, first.from, -1, 1) == 0 {
		p.from = 0
	}
	if sr.c.More && foldEdge(data, last.to, 1, 1) == len(data) {
		p.to = len(data)
	}
	return p
}

const (
	ofLine  = 1
	ofBreak = 2
)

// inFolds says what a byte of a fold is part of, 0 of none.
var inFolds = func() (v [256]uint8) {
	for i := range v {
		if coded.Sextet[i] != coded.None {
			v[i] = ofLine
		} else if strings.IndexByte(" \t\r\n\"'`.,&\\#>*;|", byte(i)) >= 0 {
			v[i] = ofBreak
		}
	}
	return v
}()

// foldEdge returns how far to one side of an offset a fold may go on, for as many whole lines:
// over lines and what stands between them. What is in front of the first break may be a
// part of a line.
func foldEdge(data []byte, at, by, lines int) int {
	next := at
	if by < 0 {
		next--
	}
	most := (lines + 1) * (maxFold + maxBreak)
	run, gap, ended, partial := 0, 0, true, true
	for ; most > 0 && next >= 0 && next < len(data); most, next = most-1, next+by {
		c := data[next]
		if inFolds[c] == ofLine {
			if run++; run > longestMark && !ended { // words
				break
			}
			gap = 0
			continue
		}
		if gap++; inFolds[c] != ofBreak || gap > maxBreak {
			break
		}
		if run > longestMark {
			if lines--; lines < 0 || !partial && run < minFold {
				break
			}
			partial, ended = false, false
		}
		run, ended = 0, ended || c == '\n' || c == '\\'
	}
	if by < 0 {
		return next + 1
	}
	return next
}

// longestMark is the longest mark of a break, in characters that lines have too: //, \r\n.
const longestMark = 2
