package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
)

// position opens each blob that a location is about once, and fills in lines,
// columns, line hashes and frames.
func (cfg *Config) position(ctx context.Context, col *collector, fs []*leak.Finding, known *leak.Redactor, keep *texts) error {
	byRef := map[leak.Ref][]target{}
	for _, f := range fs {
		for i := range f.Locations {
			l := &f.Locations[i]
			if l.Span.End <= 0 {
				continue // given, without a text; or in a name
			}
			byRef[l.Ref] = append(byRef[l.Ref], target{l.Span, &l.Position, l, f})
			if l.HeadRef != nil {
				byRef[l.HeadRef.Ref] = append(byRef[l.HeadRef.Ref], target{l.HeadRef.Span, l.Head, l, f})
			}
			if l.MergeRef != nil {
				byRef[l.MergeRef.Ref] = append(byRef[l.MergeRef.Ref], target{l.MergeRef.Span, l.Merge, l, f})
			}
		}
	}
	refs := make([]leak.Ref, 0, len(byRef))
	for ref := range byRef {
		refs = append(refs, ref)
	}
	slices.Sort(refs) // neighbours in a pack are cheap to read together
	ruler, hasher := newRuler(nil, 1<<20), &lineHasher{report.NewLineHasher(), make([]byte, 64<<10)}
	ruler.inline, ruler.fits = cfg.Inline, cfg.Fits
	for _, ref := range refs {
		if err := ctx.Err(); err != nil {
			return err
		}
		secret := col.pieces(ref)
		for _, t := range byRef[ref] {
			secret = append(secret, t.span)
		}
		if err := cfg.positionIn(ctx, ref, byRef[ref], ruler, hasher, newMask(secret, known), keep); err != nil {
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
	of   *leak.Finding
}

func (cfg *Config) positionIn(ctx context.Context, ref leak.Ref, ts []target, k *ruler, h *lineHasher, m *mask, keep *texts) error {
	slices.SortFunc(ts, func(a, b target) int {
		return cmp.Or(cmp.Compare(a.span.Start, b.span.Start), cmp.Compare(a.span.End, b.span.End))
	})
	if keep != nil {
		keep.whole = nil
	}
	if err := cfg.measure(ctx, ref, ts, k, m, keep); err != nil {
		return err
	}
	for _, t := range ts {
		if f := t.loc.Field; f != "" && f != "message" {
			withoutAddress(t.pos)
		}
	}
	if !hashed(ts) {
		return nil
	}
	r, err := cfg.Source.Open(ctx, ref)
	if err != nil {
		return err
	}
	defer r.Close()
	return h.lines(r, ts)
}

// measure fills in the positions in a text, of which the source may have kept the
// parts that matter.
func (cfg *Config) measure(ctx context.Context, ref leak.Ref, ts []target, k *ruler, m *mask, keep *texts) error {
	if src, ok := cfg.Source.(scanners.Keeping); ok && measureKept(src.Kept(ref), ts, k, m, keep) {
		return nil
	}
	r, err := cfg.Source.Open(ctx, ref)
	if err != nil {
		return err
	}
	defer r.Close()
	k.reset(r)
	if err := k.measure(ts, m, keep); err != nil {
		return fmt.Errorf("read the text again: %w", err)
	}
	return nil
}

// measureKept measures targets, which are sorted, in parts of their text. It does
// nothing and reports false if one is in none of them.
func measureKept(parts []scanners.Stretch, ts []target, k *ruler, m *mask, keep *texts) bool {
	if len(parts) == 0 {
		return false
	}
	in := make([]int, len(ts))
	for i, t := range ts {
		in[i] = slices.IndexFunc(parts, func(s scanners.Stretch) bool { return enough(&s, t.span) })
		if in[i] < 0 {
			return false
		}
	}
	for i := 0; i < len(ts); {
		n := 1
		for i+n < len(ts) && in[i+n] == in[i] {
			n++
		}
		k.resetTo(&parts[in[i]])
		if k.measure(ts[i:i+n], m, keep) != nil {
			return false
		}
		i += n
	}
	return true
}

// enough reports whether a part of a text has all that is looked at around a span.
func enough(s *scanners.Stretch, span leak.Span) bool {
	return (s.Offset == 0 || s.Offset+textAround <= span.Start) && (s.Last && span.End <= s.End() || span.End+textAround <= s.End())
}

// maxHashed is the size of the largest file that GitHub takes.
const maxHashed = 100 << 20

// hashed reports whether anybody asks for the line hashes of a text. They are
// for GitHub, which has neither standard input, logs, what is in archives and
// images, nor larger files. To compute them takes longer than the search, and
// memory for each line.
func hashed(ts []target) bool {
	switch l := ts[0].loc; l.Kind {
	case leak.KindStdin, leak.KindLog, leak.KindLayer, leak.KindImage:
		return false
	default:
		return l.InArchive == "" && ts[len(ts)-1].span.End <= maxHashed
	}
}

// withoutAddress leaves of the frame of a hit in a commit's or tag's header the
// hit's own field, up to the mailbox of the person: reports name people.
func withoutAddress(p *leak.Position) {
	f := p.Frame
	if f == nil || p.Line < f.First || p.Line-f.First >= len(f.Lines) {
		return
	}
	line := f.Lines[p.Line-f.First]
	if i := strings.IndexByte(line, '<'); i >= 0 {
		line = strings.TrimRight(line[:i], " ")
	}
	f.First, f.Lines = p.Line, []string{line}
	if f.MarkEnd-1 > utf8.RuneCountInString(line) {
		p.Frame = nil // it stands in the mailbox
	}
}

// lineHasher hashes lines of one file after the other.
type lineHasher struct {
	*report.LineHasher
	buf []byte
}

// lines reads a file as GitHub does: as UTF-8, whatever it is written in. Of
// UTF-16 with CRLF it then counts other lines than everybody else.
func (h *lineHasher) lines(r io.Reader, ts []target) error {
	r = scanners.Undecoded(r)
	lines := make([]int, len(ts))
	for i, t := range ts {
		lines[i] = t.pos.Line
	}
	h.Reset(lines...)
	for !h.Done() {
		n, err := r.Read(h.buf)
		h.Write(h.buf[:n])
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
