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
)

// position opens each blob that a location is about once, and fills in lines,
// columns, line hashes and frames.
func (cfg *Config) position(ctx context.Context, col *collector, fs []*leak.Finding, known *leak.Redactor, keep *texts) error {
	byRef := map[leak.Ref][]target{}
	for _, f := range fs {
		for i := range f.Locations {
			l := &f.Locations[i]
			if l.Span.End == 0 {
				continue // given, without a text
			}
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
	ruler, buf := newRuler(nil, 1<<20), make([]byte, 64<<10)
	ruler.inline = cfg.Inline
	for _, ref := range refs {
		if err := ctx.Err(); err != nil {
			return err
		}
		secret := col.pieces(ref)
		for _, t := range byRef[ref] {
			secret = append(secret, t.span)
		}
		if err := cfg.positionIn(ctx, ref, byRef[ref], ruler, buf, newMask(secret, known), keep); err != nil {
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

func (cfg *Config) positionIn(ctx context.Context, ref leak.Ref, ts []target, k *ruler, buf []byte, m *mask, keep *texts) error {
	slices.SortFunc(ts, func(a, b target) int {
		return cmp.Or(cmp.Compare(a.span.Start, b.span.Start), cmp.Compare(a.span.End, b.span.End))
	})
	r, err := cfg.Source.Open(ctx, ref)
	if err != nil {
		return err
	}
	k.reset(r)
	if keep != nil {
		keep.whole = nil
	}
	err = k.measure(ts, m, keep)
	r.Close()
	if err != nil {
		return fmt.Errorf("read the text again: %w", err)
	}
	for _, t := range ts {
		if f := t.loc.Field; f != "" && f != "message" {
			withoutAddress(t.pos)
		}
	}
	if !hashed(ts) {
		return nil
	}
	if r, err = cfg.Source.Open(ctx, ref); err != nil {
		return err
	}
	defer r.Close()
	return hashLines(r, ts, buf)
}

// maxHashed is the size of the largest file that GitHub takes.
const maxHashed = 100 << 20

// hashed reports whether anybody asks for the line hashes of a text. They are
// for GitHub, which has neither standard input nor larger files. To compute
// them takes longer than the search, and memory for each line.
func hashed(ts []target) bool {
	return ts[0].loc.Kind != leak.KindStdin && ts[0].loc.Kind != leak.KindLog && ts[len(ts)-1].span.End <= maxHashed
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

func hashLines(r io.Reader, ts []target, buf []byte) error {
	lines := make([]int, len(ts))
	for i, t := range ts {
		lines[i] = t.pos.Line
	}
	h := report.NewLineHasher(lines...)
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
