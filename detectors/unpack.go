package detectors

import (
	"bytes"
	"hash/maphash"
	"slices"

	"github.com/whosekey/whosekey/leak"
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
	// maxKnown is how many runs are remembered, and mostFound how many matches in them.
	maxKnown  = 1 << 14
	mostFound = 1 << 12
)

// unpacker is what a searcher needs for that.
type unpacker struct {
	depth    int     // how often the text at hand was decoded
	unpacked int     // bytes, of the chunk at hand
	past     int     // all blocks in front of it were looked at
	escapes  [2]int  // where the last run of escapes was
	looked   int     // all runs with a lane in front of it were looked at: runsIn
	blocks   []int32 // where something stands of those that were decoded
	block    block   // the one at hand
	folded
	seed maphash.Seed
	// known are the blocks that were searched, by their hash: versions of a file have the
	// same.
	known map[uint64]spent
	kept  int // matches in them
}

// spent is what it takes to decode a block, and what is found in it. The places of
// matches count from where it begins.
type spent struct {
	bytes, looks int
	found        int // in all: one may be emitted more than once
	matches      []local
}

// unpack decodes the blocks in the chunk. What a block decodes to depends on it
// alone, and where it ends on few bytes around it. So of what was copied from another
// chunk it looks at those that were decoded there, and at those around its edges.
func (sr *searcher) unpack(base *trace) {
	sr.blocks, sr.folds = sr.blocks[:0], sr.folds[:0]
	if sr.c.Cut() {
		return
	}
	sr.unpacked, sr.past, sr.escapes, sr.pastFold, sr.looked = 0, 0, [2]int{}, 0, 0
	if base == nil {
		sr.runsIn(0, len(sr.c.Data))
		return
	}
	at, least := 0, sr.set.minCopy()
	for _, copied := range sr.c.Copies {
		if copied.Len < least {
			continue
		}
		sr.runsAround(at, copied.To)
		known(base.blocks, copied, sr.blockAt)
		known(base.folds, copied, sr.foldAt)
		at = copied.To + copied.Len
	}
	sr.runsAround(at, len(sr.c.Data))
}

// known calls each for the places of a list that were copied.
func known(places []int32, copied leak.Copy, each func(at int)) {
	i, _ := slices.BinarySearch(places, int32(copied.From))
	for ; i < len(places) && int(places[i]) < copied.From+copied.Len; i++ {
		each(int(places[i]) - copied.From + copied.To)
	}
}

// blockAt looks at the block that has an offset in one of its long lines, unless it
// was looked at.
func (sr *searcher) blockAt(at int) {
	if at < sr.past || sr.c.Cut() || marks[sr.c.Data[at]] && sr.escapedAt(at) || !sr.block.around(sr.c.Data, at) {
		return
	}
	b := &sr.block
	sr.past = b.end
	if !b.recognize() {
		return
	}
	if sr.depth == maxPacked {
		sr.c.Packed++ // it is not looked at, and that is said
		return
	}
	if sr.tracing {
		// Not where it begins: that can be the end of a run of escapes.
		sr.blocks = append(sr.blocks, int32(at))
	}
	sr.searchLayers(b.lines[0].from, b.end, 0, b.layers)
}

// searchLayers searches what data[first:end] decodes to, unless that is known. salt is of how
// it is decoded.
func (sr *searcher) searchLayers(first, end int, salt uint64, layers func(yield func(layer) bool)) {
	if sr.known == nil {
		sr.known, sr.seed = map[uint64]spent{}, maphash.MakeSeed()
	}
	c := sr.c
	sum := maphash.Bytes(sr.seed, c.Data[first:end]) + uint64(sr.depth) + salt // deeper, less is decoded
	at := c.Offset + int64(first)
	is, ok := sr.known[sum]
	if ok && (is.found == 0 || c.Place == nil) {
		sr.recall(&is, at)
		return
	}
	is = spent{sr.unpacked, c.Looks, c.Found, nil}
	packed, emit := c.Packed, sr.emit
	if c.Place == nil {
		sr.emit = func(m leak.Match) {
			is.matches = append(is.matches, local{m.Hit, leak.Span{Start: m.Span.Start - at, End: m.Span.End - at}})
			emit(m)
		}
	}
	for l := range layers {
		if !sr.search(l) {
			break
		}
	}
	sr.emit = emit
	is = spent{sr.unpacked - is.bytes, c.Looks - is.looks, c.Found - is.found, is.matches}
	whole := (!c.More || end < len(c.Data)-widest) && (c.Offset == 0 || first >= widest)
	if c.Packed == packed && whole && len(sr.known) < maxKnown && (is.found == 0 || c.Place == nil && sr.kept+len(is.matches) <= mostFound) {
		sr.known[sum] = is
		sr.kept += len(is.matches)
	}
}

// recall is searchLayers of what is known, at an offset of the blob.
func (sr *searcher) recall(is *spent, at int64) {
	c := sr.c
	c.Looks += is.looks
	sr.unpacked += is.bytes
	if sr.spent() {
		c.Packed++
	}
	c.Found += is.found
	for _, m := range is.matches {
		sr.emit(leak.Match{Hit: m.hit, Ref: c.Ref, Span: leak.Span{Start: at + m.span.Start, End: at + m.span.End}})
	}
}

// spent reports whether more was unpacked of the chunk than may be.
func (sr *searcher) spent() bool { return sr.unpacked > mostUnpacked+2*len(sr.c.Data) }

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
