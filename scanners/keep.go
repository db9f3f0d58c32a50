package scanners

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"sync"

	"github.com/whosekey/whosekey/leak"
)

// Keeping is a Source that keeps, while it scans, what it will be asked for: parts
// of texts that would have to be unpacked again.
type Keeping interface {
	// Kept returns parts of a text, as Open would give it. There may be none.
	Kept(ref leak.Ref) []Stretch
}

// Stretch is a part of a text. It begins between two characters.
type Stretch struct {
	Mark // of its beginning
	Text []byte
	Last bool // the text ends where it ends
}

// End is the offset behind it.
func (s *Stretch) End() int64 { return s.Offset + int64(len(s.Text)) }

// Around is how many bytes on both sides of a match are kept, where the text has
// as many: a little more than is looked at. A text that is not longer than Short is
// kept as a whole.
const (
	Around = 17 << 10
	Short  = 32 << 10
)

// Bounds on what is kept: of a text with more, nothing is.
const (
	maxKept     = 32 << 20
	maxTextKept = 4 << 20
	maxNames    = 8 << 20
)

// Keeper holds what is kept in a scan. It is safe for concurrent use.
type Keeper struct {
	mu    sync.Mutex
	texts map[leak.Ref][]Stretch
	names map[leak.Ref]string
	bytes int // of texts, those on tapes included
	named int // bytes of names
}

// reserve asks for room for n bytes more.
func (k *Keeper) reserve(n int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.bytes+n > maxKept {
		return false
	}
	k.bytes += n
	return true
}

// put keeps the parts of a text for which there is room.
func (k *Keeper) put(ref leak.Ref, parts []Stretch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.texts == nil {
		k.texts = map[leak.Ref][]Stretch{}
	}
	k.texts[ref] = parts
}

// Keep keeps what is around matches in a text that is all in memory.
func (k *Keeper) Keep(ref leak.Ref, text []byte, matches []leak.Span) {
	if k == nil || len(matches) == 0 {
		return
	}
	matches = slices.SortedFunc(slices.Values(matches), func(a, b leak.Span) int { return cmp.Compare(a.Start, b.Start) })
	var out []Stretch
	size := 0
	around := int64(Around)
	if len(text) <= Short {
		around = Short
	}
	for at := Beginning(); len(matches) > 0; {
		from, to := max(0, matches[0].Start-around), int64(0)
		for ; len(matches) > 0 && (to == 0 || matches[0].Start-around <= to); matches = matches[1:] {
			to = max(to, min(matches[0].End+around, int64(len(text))))
		}
		at.Count(text[at.Offset:Between(text, int(from))])
		out = append(out, Stretch{Mark: at, Text: text[at.Offset:to], Last: to == int64(len(text))})
		size += int(to - at.Offset)
	}
	if size > maxTextKept || !k.reserve(size) {
		return
	}
	for i := range out {
		out[i].Text = bytes.Clone(out[i].Text)
	}
	k.put(ref, out)
}

// Name remembers the name of a text of which something is kept.
func (k *Keeper) Name(ref leak.Ref, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.texts[ref]) == 0 || k.named+len(name) > maxNames {
		return
	}
	if k.names == nil {
		k.names = map[leak.Ref]string{}
	}
	k.names[ref] = name
	k.named += len(name)
}

// Named returns what Name was told.
func (k *Keeper) Named(ref leak.Ref) (name string, ok bool) {
	if k == nil {
		return "", false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	name, ok = k.names[ref]
	return name, ok
}

// Kept returns what is kept of a text. A nil Keeper has nothing.
func (k *Keeper) Kept(ref leak.Ref) []Stretch {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.texts[ref]
}

// Open returns a text that is kept as a whole.
func (k *Keeper) Open(ref leak.Ref) (r io.ReadCloser, ok bool) {
	parts := k.Kept(ref)
	if len(parts) != 1 || parts[0].Offset != 0 || !parts[0].Last {
		return nil, false
	}
	return io.NopCloser(bytes.NewReader(parts[0].Text)), true
}
