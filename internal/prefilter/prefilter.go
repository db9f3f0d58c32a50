// Package prefilter finds many literals in one pass over a buffer. It is the
// hottest loop of the program: every byte that is scanned goes through it, and
// all but a few go no further.
//
// The doc comments of Literal, Hit, Compile, Few, Append and AppendIn are the whole
// contract. What is behind them:
//
// Of each literal a window of three to six bytes is chosen that is rare in
// other text (model.go), and put into one of a few buckets. For most places a
// look at a few bytes tells that no bucket has a window that may begin there.
// A bloom filter of the windows' hashes takes away nearly all other places, and
// what is left is compared with the literals (literal.go).
//
// This is done in one of two ways, which have windows and buckets of their own:
//
//   - With AVX-512, 64 places at once: bytes are looked up in sets, and hashes of
//     three bytes in tables. sets.go chooses windows for it, sieve.go and asm
//     search. What is there is compared in the same pass (slots.go), so that
//     what comes out of it is nearly always a literal.
//   - Otherwise, and large buffers take two to three times as long, pairs of bytes are
//     looked up in a table: pairs.go chooses windows for it, pass.go searches.
//
// GODEBUG=cpu.avx512f=off chooses the second one. For a text or two there is Few
// (few.go), which needs nearly no time before it can search.
//
// Nothing depends on what was read before. So short buffers are as fast as
// long ones, and the processor can work on many bytes at once.
package prefilter

import "github.com/whosekey/whosekey/internal/tails"

// Literal is a text to find. With Fold, ASCII letters match in any case. What stands
// behind it is as Tail says, and is a part of it: it ends where that does.
type Literal struct {
	Text string
	Fold bool
	Tail tails.Tail
}

// size is how many bytes it takes.
func (l *Literal) size() int { return len(l.Text) + l.Tail.Len() }

// Hit says that the literal with index Lit starts at offset Pos.
type Hit struct {
	Pos int
	Lit int32
}

// Filter is a compiled set of literals. It is safe for concurrent use.
type Filter struct {
	few    *few    // nil: one of the following
	sifter *sifter // nil: pairs
	// pairs has for each two bytes, the first one in the lower half of the
	// index, the buckets of which a window begins with them, and shifted by
	// second those of which a window goes on with them.
	pairs *[1 << 16]uint32
	care  [buckets]uint64 // bucket -> mask of the bytes of its windows

	// Of pairs.
	bloom []uint64 // a bit for each entry, by the first bits of its hash
	// entries are sorted by the first bits of their hashes; those that begin
	// with i are entries[start[i]:start[i+1]].
	start      []uint32
	entries    []entry
	bloomShift uint8 // from a hash to its bit
	startShift uint8 // from a hash to its place in start

	index    []uint32 // of the sifter
	slots    []slot
	members  []member
	literals []literal
	same     []int32 // literal -> the next one with the same text, or -1
	tiny     []int32 // literals that are too short for a window
	longTiny int     // the longest of them

	// A literal that begins at a place has its window at most ahead bytes behind
	// it, one that ends there at most back bytes before it.
	back, ahead int
}

// entry says that a window is a part of a literal.
type entry struct {
	tag uint32 // of the window: see tag
	lit int32
	off int32 // of the window in the literal; -1 where its first byte can be any
}

// Append appends every occurrence of every literal in data, overlapping ones
// included, in order of their positions, and returns the extended slice. It
// allocates only to grow dst.
func (f *Filter) Append(dst []Hit, data []byte) []Hit {
	return f.AppendIn(dst, data, 0, len(data))
}

// AppendIn is Append for the occurrences that have a byte in data[from:to] or,
// if that is empty, one on either side of it. How long it takes depends on what
// is between from and to, and not on the rest of data.
func (f *Filter) AppendIn(dst []Hit, data []byte, from, to int) []Hit {
	s := search{f: f, data: data, from: from, to: to, dst: dst, old: len(dst)}
	// No window begins before lo or at hi or later. Two bytes are none.
	lo, hi := max(0, from-f.back), min(to+f.ahead, len(data)-minWindow+1)
	switch {
	case lo >= hi:
	case f.few != nil:
		s.inFew(lo, hi)
	case f.sifter == nil:
		s.inPairs(lo, hi)
	default:
		s.inSets(lo, hi)
	}
	if len(f.tiny) > 0 {
		s.tiny()
	}
	return s.dst
}
