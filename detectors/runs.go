package detectors

import "github.com/whosekey/whosekey/internal/coded"

// runsIn looks at the blocks and the folds of which a long line has a byte in
// data[from:to] or touches it, and at the runs of escapes. A line of a fold has at least one
// lane, of whatever offsets, and a run of escapes has a mark in the beginning of a block.
func (sr *searcher) runsIn(from, to int) {
	data := sr.c.Data
	end := min(len(data), to+minPacked+coded.Block)
	i := max(sr.looked, from-minPacked)
	for ; i < end && !sr.c.Cut(); i = max(i, sr.looked) {
		at, others, mark := coded.Stop(data[i:end])
		sr.looked = i + at + coded.Block
		switch i += at; {
		case end-i >= coded.Block:
			if mark >= 0 && sr.escapedAt(i+mark) {
				sr.looked = max(sr.looked, sr.past)
			} else if others&(1<<coded.Lane-1) == 0 {
				sr.runAt(i)
			} else if others>>coded.Lane == 0 {
				sr.runAt(i + coded.Lane)
			}
		case end < len(data):
			sr.looked = i
			return
		default: // the rest is less than a block
			if end-i >= coded.Lane {
				sr.runAt(i)
			}
		}
	}
}

// runAt looks at what the run of base64 is a line of that has an offset. The end of an escape
// in front of it, %6e, is no part of the run where that escape was looked at.
func (sr *searcher) runAt(at int) {
	if at >= sr.escapes[0] && at < sr.escapes[1] {
		at = sr.escapes[1]
	}
	data, from, to := sr.c.Data, at, at
	if rest := at + coded.Lane; rest+8 > len(data) || coded.Not64(data, rest) != 0 {
		return // it is the first lane of the run, so that less than 24 stand in front of it
	}
	for to < len(data) && coded.Sextet[data[to]] != coded.None {
		to++
	}
	if sr.looked = max(sr.looked, to); to == at {
		return
	}
	for from > 0 && to-from < minPacked && coded.Sextet[data[from-1]] != coded.None {
		from--
	}
	if to-from < minFold {
		return
	}
	if to-from >= minPacked {
		sr.blockAt(at)
	}
	if c := data[at]; c != data[at+7] || c != '-' && c != '_' { // a line that is drawn
		sr.foldAt(to)
	}
}

// runsAround is runsIn with what is decided in data[from:to] too: a line goes on with the
// next one if that has two characters, and with the one before if that is long, and how
// long those of a fold are is known from two of them.
func (sr *searcher) runsAround(from, to int) {
	data := sr.c.Data
	const longestBreak = 4
	first := from - 2
	for first > 0 && (data[first-1] == ' ' || data[first-1] == '\t') {
		first--
	}
	last, most := to, min(len(data), to+minPacked+1)
	for last < most && coded.Sextet[data[last]] != coded.None {
		last++
	}
	if next := nextLine(data, last); next >= 0 {
		last = next
	}
	for last < len(data) && (data[last] == ' ' || data[last] == '\t') {
		last++
	}
	// Behind an escape that was cut, a run begins that was the rest of one.
	sr.runsIn(max(0, min(first-longestBreak, foldEdge(data, from, -1, 2))), min(len(data), max(last, to+2*widest, foldEdge(data, to, 1, 2))))
}
