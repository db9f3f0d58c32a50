package scanners

import (
	"bytes"
	"io"

	"github.com/whosekey/whosekey/leak"
)

// Tape remembers the end of a text that goes by, and gives a Keeper what is found
// in it. Its memory is used again for the next text, so each goroutine needs its
// own.
type Tape struct {
	Keeper *Keeper // nil: nothing is remembered
	// Size is how many bytes back a match may be when Keep is told of it. Texts
	// that are not longer can be kept as a whole.
	Size int

	ref    leak.Ref
	r      io.Reader
	blocks [][]byte // what is remembered; no block ends within a character, but the last
	free   [][]byte
	begin  Mark    // of blocks[0]
	end    int64   // of what has gone by
	ended  bool    // that is all
	parts  []*part // that are kept
	bytes  int     // of parts
	lost   bool    // something is found that cannot be kept
}

// part is a stretch that is to reach up to an offset.
type part struct {
	Stretch
	until int64
}

const tapeBlock = 64 << 10

// Record returns a reader of a text that is remembered as it is read. After that
// come calls of Keep, and Finish.
func (t *Tape) Record(ref leak.Ref, r io.Reader) io.Reader {
	if t.Keeper == nil {
		return r
	}
	t.Finish(false)
	t.ref, t.r, t.end, t.ended, t.lost, t.begin = ref, r, 0, false, false, Beginning()
	t.free, t.blocks = append(t.free, t.blocks...), t.blocks[:0]
	return t
}

// Read implements io.Reader.
func (t *Tape) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.take(p[:n])
	t.ended = err != nil
	return n, err
}

func (t *Tape) take(p []byte) {
	for _, s := range t.parts {
		if more := s.until - s.End(); more > 0 && s.End() == t.end {
			t.extend(s, p[:min(int64(len(p)), more)])
		}
	}
	t.end += int64(len(p))
	for len(p) > 0 {
		b := t.block()
		n := min(len(p), cap(*b)-len(*b))
		*b, p = append(*b, p[:n]...), p[n:]
	}
	for t.end-t.begin.Offset-tapeBlock > int64(t.Size) {
		first := t.blocks[0]
		t.begin.Count(first)
		t.blocks = t.blocks[:copy(t.blocks, t.blocks[1:])]
		t.free = append(t.free, first)
	}
}

// block returns a block with room. Of the one that is full, the beginning of a
// character goes to the next.
func (t *Tape) block() *[]byte {
	n := len(t.blocks)
	if n > 0 && len(t.blocks[n-1]) < cap(t.blocks[n-1]) {
		return &t.blocks[n-1]
	}
	var next []byte
	if k := len(t.free); k > 0 {
		next, t.free = t.free[k-1][:0], t.free[:k-1]
	} else {
		next = make([]byte, 0, tapeBlock)
	}
	if n > 0 {
		full := t.blocks[n-1]
		cut := Between(full, len(full)-1)
		next = append(next, full[cut:]...)
		t.blocks[n-1] = full[:cut]
	}
	t.blocks = append(t.blocks, next)
	return &t.blocks[n]
}

// extend adds to a part, if there is room.
func (t *Tape) extend(s *part, text []byte) {
	if t.lost {
		return
	}
	if t.bytes+len(text) > maxTextKept || !t.Keeper.reserve(len(text)) {
		t.lose()
		return
	}
	t.bytes += len(text)
	s.Text = append(s.Text, text...)
}

// lose forgets what is kept of the text: it has to be read again anyway.
func (t *Tape) lose() {
	t.Keeper.reserve(-t.bytes)
	t.lost, t.parts, t.bytes = true, t.parts[:0], 0
}

// Keep keeps what is around matches.
func (t *Tape) Keep(matches []leak.Span) {
	if t.Keeper == nil {
		return
	}
	for _, s := range matches {
		if t.lost {
			return
		}
		t.want(max(0, s.Start-Around), s.End+Around)
	}
}

// want keeps what is from one offset up to another one.
func (t *Tape) want(from, to int64) {
	for i := len(t.parts) - 1; i >= 0; i-- {
		s := t.parts[i]
		if from < s.Offset || from > s.End() {
			continue
		}
		if to <= s.until {
			return
		}
		s.until = to
		t.copyTo(s, s.End(), to)
		return
	}
	if from < t.begin.Offset || from > t.end {
		t.lose()
		return
	}
	s := &part{until: to}
	s.Mark = t.mark(from)
	s.Text = make([]byte, 0, max(to-s.Offset, 0))
	t.parts = append(t.parts, s)
	t.copyTo(s, s.Offset, to)
}

// copyTo adds to a part what is remembered between two offsets.
func (t *Tape) copyTo(s *part, from, to int64) {
	if from < t.begin.Offset {
		t.lose()
		return
	}
	at := t.begin.Offset
	for _, b := range t.blocks {
		lo, hi := max(from-at, 0), min(to-at, int64(len(b)))
		if lo < hi {
			t.extend(s, b[lo:hi])
		}
		at += int64(len(b))
	}
}

// mark returns the mark nearest before an offset that is remembered.
func (t *Tape) mark(at int64) Mark {
	m := t.begin
	for _, b := range t.blocks {
		if n := at - m.Offset; n < int64(len(b)) {
			m.Count(b[:Between(b, int(n))])
			break
		}
		m.Count(b)
	}
	return m
}

// Finish gives the Keeper what is kept of the text. With whole, or of a short one, it
// also keeps the rest, if nothing has been forgotten yet.
func (t *Tape) Finish(whole bool) {
	if t.Keeper == nil || len(t.parts) == 0 {
		return
	}
	if (whole || t.end <= Short) && t.begin.Offset == 0 && t.ended && t.end <= maxTextKept {
		t.all()
	}
	out := make([]Stretch, len(t.parts))
	for i, s := range t.parts {
		s.Last = t.ended && s.End() == t.end
		out[i] = s.Stretch
	}
	t.Keeper.put(t.ref, out)
	clear(t.parts)
	t.parts, t.bytes = t.parts[:0], 0
}

// all makes one part of the text.
func (t *Tape) all() {
	if more := int(t.end) - t.bytes; !t.Keeper.reserve(more) {
		return
	}
	t.bytes = int(t.end)
	clear(t.parts)
	t.parts = append(t.parts[:0], &part{Stretch: Stretch{Mark: Beginning(), Text: bytes.Join(t.blocks, nil)}})
}
