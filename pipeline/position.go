package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
)

// position opens each blob that a location is about once, and fills in lines,
// columns, line hashes and frames.
func (cfg *Config) position(ctx context.Context, col *collector, fs []*leak.Finding) error {
	byRef := map[leak.Ref][]target{}
	for _, f := range fs {
		for i := range f.Locations {
			l := &f.Locations[i]
			byRef[l.Ref] = append(byRef[l.Ref], target{l.Span, &l.Position, l})
			if l.HeadRef != nil {
				byRef[l.HeadRef.Ref] = append(byRef[l.HeadRef.Ref], target{l.HeadRef.Span, l.Head, l})
			}
		}
	}
	refs := make([]leak.Ref, 0, len(byRef))
	for ref := range byRef {
		refs = append(refs, ref)
	}
	slices.Sort(refs) // neighbours in a pack are cheap to read together
	for _, ref := range refs {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := cfg.positionIn(ctx, ref, byRef[ref], col.pieces(ref)); err != nil {
			for _, t := range byRef[ref] {
				t.loc.Problem = err.Error() // a leak that cannot be placed is still one
			}
		}
	}
	return nil
}

// target is a span whose position is wanted.
type target struct {
	span leak.Span
	pos  *leak.Position
	loc  *leak.Location
}

func (cfg *Config) positionIn(ctx context.Context, ref leak.Ref, ts []target, secret []leak.Span) error {
	slices.SortFunc(ts, func(a, b target) int {
		return cmp.Or(cmp.Compare(a.span.Start, b.span.Start), cmp.Compare(a.span.End, b.span.End))
	})
	r, err := cfg.Source.Open(ctx, ref)
	if err != nil {
		return err
	}
	err = measure(r, ts, newMask(secret))
	r.Close()
	if err != nil {
		return fmt.Errorf("read the text again: %w", err)
	}
	if r, err = cfg.Source.Open(ctx, ref); err != nil {
		return err
	}
	defer r.Close()
	return hashLines(r, ts)
}

func hashLines(r io.Reader, ts []target) error {
	lines := make([]int, len(ts))
	for i, t := range ts {
		lines[i] = t.pos.Line
	}
	h := report.NewLineHasher(lines...)
	buf := make([]byte, 64<<10)
	for !h.Done() {
		n, err := r.Read(buf)
		h.Write(buf[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read the text again: %w", err)
		}
	}
	hashes := h.Finish()
	for _, t := range ts {
		t.pos.LineHash = hashes[t.pos.Line]
	}
	return nil
}

// around is how many bytes on each side of a span a frame may be made of.
const around = 4096

// ruler counts lines and columns in a text of any size. It holds a window of
// the text, of which everything before window[counted] has been counted.
type ruler struct {
	r       io.Reader
	eof     bool
	window  []byte
	base    int64 // offset of window[0] in the text
	counted int   // into window
	line    int   // of window[counted], from 1
	column  int   // of window[counted], from 1, in code points
}

// measure fills in the positions of targets, which are sorted.
func measure(r io.Reader, ts []target, m *mask) error {
	k := &ruler{r: r, line: 1, column: 1}
	for _, t := range ts {
		if err := k.advance(t.span.Start); err != nil {
			return err
		}
		t.pos.Line, t.pos.Column = k.line, k.column
		end := *k
		if err := end.count(t.span.End); err != nil {
			return err
		}
		t.pos.EndLine, t.pos.EndColumn = end.line, end.column
		t.pos.NoText = bytes.IndexByte(k.window[max(0, k.counted-256):min(len(k.window), k.counted+256)], 0) >= 0
		t.pos.Frame = m.frame(k, t)
	}
	return nil
}

// advance counts up to an offset and sees to it that the window holds what is
// around it.
func (k *ruler) advance(to int64) error {
	for k.base+int64(len(k.window)) < to+1<<20 && !k.eof {
		k.countTo(min(to, k.runeStart()))
		if drop := k.counted - around; drop > 1<<20 {
			k.window = append(k.window[:0], k.window[drop:]...)
			k.base, k.counted = k.base+int64(drop), k.counted-drop
		}
		if err := k.read(); err != nil {
			return err
		}
	}
	return k.count(to)
}

// runeStart is the offset of the last character that is surely whole.
func (k *ruler) runeStart() int64 {
	i := max(0, len(k.window)-utf8.UTFMax)
	for i > 0 && i > len(k.window)-2*utf8.UTFMax && !utf8.RuneStart(k.window[i]) {
		i--
	}
	return k.base + int64(i)
}

func (k *ruler) read() error {
	k.window = slices.Grow(k.window, 256<<10)
	n, err := k.r.Read(k.window[len(k.window):cap(k.window)])
	k.window = k.window[:len(k.window)+n]
	if err == io.EOF {
		k.eof, err = true, nil
	}
	return err
}

func (k *ruler) count(to int64) error {
	if to > k.base+int64(len(k.window)) {
		return io.ErrUnexpectedEOF
	}
	k.countTo(to)
	return nil
}

// countTo moves forward to an offset in the window; an earlier one is ignored.
func (k *ruler) countTo(to int64) {
	end := int(to - k.base)
	if end <= k.counted {
		return
	}
	text := k.window[k.counted:end]
	if n := bytes.Count(text, []byte{'\n'}); n > 0 {
		k.line, k.column = k.line+n, 1
		text = text[bytes.LastIndexByte(text, '\n')+1:]
	}
	k.column += utf8.RuneCount(text)
	k.counted = end
}
