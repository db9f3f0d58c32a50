package detectors

import (
	"bytes"
	"hash/maphash"
	"slices"

	"github.com/whosekey/whosekey/internal/coded"
)

// The encoded forms of literals find what was encoded once, in one piece. What is
// cut into lines, encoded twice, wider than its characters or packed has no such
// form. So long runs of base64 and of hex are decoded if their beginning makes
// sense as text, or is that of gzip, and what comes out is searched like any other
// text. Few runs do: not those of images, hashes and keys.

const (
	// minPacked is the least length of a run: a token of 40 characters has 76 when it
	// is encoded twice.
	// A line that is as long goes on in the next one.
	minPacked = 64
	// maxPacked bounds how often text in text is decoded.
	maxPacked = 3
	// maxGzip is how much one gzip may unpack to, in bytes.
	maxGzip = 1 << 20
	// mostUnpacked is how much all runs of a chunk may come to beside twice its size.
	mostUnpacked = 4 << 20
	// maxEmpty is how many runs are remembered in which nothing was found.
	maxEmpty = 1 << 14
)

// unpacker is what a searcher needs for that.
type unpacker struct {
	depth    int // how often the text at hand was decoded
	unpacked int // bytes, of the chunk at hand
	past     int // all runs in front of it were looked at
	runs     []int32
	seed     maphash.Seed
	// empty are the runs in which nothing was found, by their hash, and how long
	// they are unpacked: versions of a file have the same.
	empty map[uint64]int
}

// packed is a run, which may stand in several lines.
type packed struct {
	code   []byte
	pieces []piece // of code, if there are several
	from   int     // of the first character in the data
	to     int
}

// piece says that code from at on stands in the data from from on.
type piece struct{ at, from int }

// place returns where a character of the code stands.
func (p *packed) place(i int) int {
	for k := len(p.pieces) - 1; k >= 0; k-- {
		if i >= p.pieces[k].at {
			return p.pieces[k].from + i - p.pieces[k].at
		}
	}
	return p.from + i
}

// unpack decodes the runs in the chunk. Of what was copied from another chunk it
// looks at those that were decoded there.
func (sr *searcher) unpack(base *trace) {
	sr.runs = sr.runs[:0]
	if sr.depth == maxPacked || sr.c.Cut() {
		return
	}
	sr.unpacked, sr.past = 0, 0
	if base == nil {
		sr.runsIn(0, len(sr.c.Data))
		return
	}
	at, least := 0, sr.set.minCopy()
	for _, copied := range sr.c.Copies {
		if copied.Len < least {
			continue
		}
		sr.runsIn(at, copied.To)
		i, _ := slices.BinarySearch(base.runs, int32(copied.From))
		for ; i < len(base.runs) && int(base.runs[i]) < copied.From+copied.Len; i++ {
			sr.lines(int(base.runs[i])-copied.From+copied.To, 0)
		}
		at = copied.To + copied.Len
	}
	sr.runsIn(at, len(sr.c.Data))
}

// runsIn looks at the runs that have a character in data[from:to] or touch it.
func (sr *searcher) runsIn(from, to int) {
	const half = minPacked / 2
	data := sr.c.Data
	to = min(len(data), to+half)
	for i := max(sr.past, from-minPacked) + half - 1; i+half < len(data) && i < to && !sr.c.Cut(); i += half {
		// The first place that is looked at in a run has half of it behind it.
		// A text has another character in most of its pieces of eight.
		if coded.Not64(data, i) != 0 || coded.Not64(data, i+8)|coded.Not64(data, i+16)|coded.Not64(data, i+24) != 0 || coded.Sextet[data[i+half]] == coded.None {
			continue
		}
		n := 0
		for n < half && coded.Sextet[data[i+n]] != coded.None {
			n++
		}
		if n == half {
			sr.lines(i, from)
			i = max(i, sr.past-half)
		}
	}
}

// lines looks at the run around an offset and at those of the lines around it that
// may go on with it, from the first on, until one is decoded and, at least, an
// offset is behind.
func (sr *searcher) lines(at, until int) {
	data := sr.c.Data
	if at < sr.past {
		return
	}
	lo, hi := runAround(data, at, sr.past)
	for {
		before := lineBefore(data, lo)
		if before <= sr.past || coded.Sextet[data[before-1]] == coded.None {
			break // what ends with another character does not go on here
		}
		l, h := runAround(data, before-1, sr.past)
		if h-l < minPacked {
			break
		}
		lo, hi = l, h
	}
	for hi-lo >= minPacked && !sr.c.Cut() {
		end, decoded := sr.run(lo, hi)
		sr.past = max(sr.past, end)
		if decoded && end > until {
			return
		}
		next := nextLine(data, end)
		if next < 0 {
			return
		}
		lo, hi = runAround(data, next, next)
	}
	sr.past = max(sr.past, hi)
}

// runAround returns the run that an offset is in. It begins no earlier than least.
func runAround(data []byte, at, least int) (lo, hi int) {
	lo, hi = at, at
	for lo > least && coded.Sextet[data[lo-1]] != coded.None {
		lo--
	}
	for hi < len(data) && coded.Sextet[data[hi]] != coded.None {
		hi++
	}
	return lo, hi
}

// run looks at the run data[lo:hi], and returns where what it decoded ends, maybe
// lines later.
func (sr *searcher) run(lo, hi int) (end int, decoded bool) {
	l, ok := sr.recognize(lo, hi)
	if !ok {
		return hi, false
	}
	if sr.tracing {
		sr.runs = append(sr.runs, int32(lo))
	}
	sr.search(l)
	return l.code.to, true
}

// recognize says what the run data[lo:hi] is.
func (sr *searcher) recognize(lo, hi int) (layer, bool) {
	data := sr.c.Data
	if n := coded.TextHex(data[lo:hi]) &^ 1; n >= minPacked {
		return layer{
			text: func() ([]byte, bool) { return coded.DecodeHex(make([]byte, 0, n/2), data[lo:lo+n]), false },
			code: packed{code: data[lo : lo+n], from: lo, to: lo + n}, encoding: "hex", num: 2, den: 1,
		}, true
	}
	if i := bytes.Index(data[lo:min(hi, lo+minPacked)], []byte(coded.GzipHead)); i >= 0 {
		p := joined(data, lo+i, hi)
		unzip := func() ([]byte, bool) {
			return coded.Gunzip(coded.Decode64(make([]byte, 0, len(p.code)*3/4), p.code), maxGzip)
		}
		return layer{text: unzip, code: p, encoding: "base64, gzip"}, true
	}
	// In front of the code there may be other characters of the alphabet.
	for _, at := range []int{lo, (lo + hi) / 2} {
		for phase := range 4 {
			if from := at + phase; from < hi {
				if wide, ok := coded.Text64(data[from:hi]); ok {
					return base64Layer(joined(data, lo+(from-lo)%4, hi), wide), true
				}
			}
		}
	}
	return layer{}, false
}

// joined is the run data[lo:hi] with the lines that go on with it.
func joined(data []byte, lo, hi int) packed {
	p := packed{code: data[lo:hi], from: lo, to: hi}
	for width := minPacked; width >= minPacked; {
		next := nextLine(data, p.to)
		if next < 0 {
			break
		}
		end := next
		for end < len(data) && coded.Sextet[data[end]] != coded.None {
			end++
		}
		if end-next < 2 {
			break
		}
		if p.pieces == nil {
			p.code = append(make([]byte, 0, 4*len(p.code)), p.code...)
			p.pieces = append(p.pieces, piece{0, lo})
		}
		p.pieces = append(p.pieces, piece{len(p.code), next})
		p.code = append(p.code, data[next:end]...)
		p.to, width = end, end-next
	}
	return p
}

// lineBefore returns where the line before ends, if a line begins with the text at
// an offset; else 0.
func lineBefore(data []byte, at int) int {
	for at > 0 && (data[at-1] == ' ' || data[at-1] == '\t') {
		at--
	}
	for _, br := range []string{"\r\n", "\n", `\r\n`, `\n`} {
		if bytes.HasSuffix(data[:at], []byte(br)) {
			return at - len(br)
		}
	}
	return 0
}

// nextLine returns where the text of the next line begins, if a line ends at an
// offset, also in a string of source code; else -1.
func nextLine(data []byte, at int) int {
	rest := data[at:]
	for _, br := range []string{"\n", "\r\n", `\n`, `\r\n`} {
		if len(rest) >= len(br) && string(rest[:len(br)]) == br {
			n := len(br)
			for n < len(rest) && (rest[n] == ' ' || rest[n] == '\t') {
				n++
			}
			return at + n
		}
	}
	return -1
}

func base64Layer(p packed, wide bool) layer {
	l := layer{code: p, encoding: "base64", num: 4, den: 3}
	if wide {
		l.encoding, l.num = "base64, utf-16", 8
		if len(p.code) >= coded.Tried64 { // the zeros of its beginning tell
			_, l.shift = coded.Narrow(coded.Decode64(nil, p.code[:coded.Tried64]))
		}
	}
	l.text = func() ([]byte, bool) {
		text := coded.Decode64(make([]byte, 0, len(p.code)*3/4), p.code)
		if wide {
			text, _ = coded.Narrow(text)
		}
		return text, false
	}
	return l
}
