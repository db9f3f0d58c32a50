// Package prefilter finds many literals in one pass over a buffer. It is the
// hottest loop of the program: every byte that is scanned goes through it, and
// all but a few go no further.
//
// The doc comments of Literal, Hit, Compile and Append are the whole contract.
// What is behind them is an automaton; find_test.go compares it with
// bytes.Index.
package prefilter

// Literal is a text to find. With Fold, ASCII letters match in any case.
type Literal struct {
	Text string
	Fold bool
}

// Hit says that the literal with index Lit starts at offset Pos.
type Hit struct {
	Pos int
	Lit int32
}

// Filter is a compiled set of literals. It is safe for concurrent use.
type Filter struct {
	class  [256]uint8 // byte -> class
	width  uint32     // classes
	next   []uint32   // state*width + class -> state*width, with hitBit
	first  []int32    // state -> start of its literals in outs
	outs   []int32    // literal indices
	length []int32    // literal -> bytes
	exact  []string   // literal -> text to compare, empty if any case will do
}

// hitBit marks transitions into a state in which literals end.
const hitBit = 1 << 31

// Compile builds a filter. Empty literals never match.
func Compile(lits []Literal) *Filter {
	b := newTrie(lits)
	b.link()
	return b.filter(lits)
}

// Append appends every occurrence of every literal in data, overlapping ones
// included, in the order of their ends, and returns the extended slice. It
// allocates only to grow dst.
func (f *Filter) Append(dst []Hit, data []byte) []Hit {
	next, state := f.next, uint32(0)
	for i, c := range data {
		state = next[state+uint32(f.class[c])]
		if state&hitBit == 0 {
			continue
		}
		state &^= hitBit
		row := state / f.width
		for _, lit := range f.outs[f.first[row]:f.first[row+1]] {
			pos := i + 1 - int(f.length[lit])
			if e := f.exact[lit]; e != "" && string(data[pos:i+1]) != e {
				continue
			}
			dst = append(dst, Hit{Pos: pos, Lit: lit})
		}
	}
	return dst
}
