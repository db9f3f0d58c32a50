package image

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

var errNoText = errors.New("no text of an image has that number")

// Locate implements scanners.Source. A file that several images have is at as many
// places.
func (s *Source) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	s.nameFiles(ctx, matches)
	if err := s.inner.Find(ctx, archive.Inner(matches)); err != nil {
		return nil, err
	}
	out := make([][]leak.Location, len(matches))
	for i, ms := range matches {
		for _, m := range ms {
			places := s.places(m)
			for j := range places {
				places[j].Ref, places[j].Span = m.Ref, m.Span
			}
			out[i] = append(out[i], places...)
		}
		slices.SortStableFunc(out[i], byPlace)
		out[i] = distinct(out[i])
	}
	return out, ctx.Err()
}

// distinct drops the places within documents of which the bytes have the credential
// too, in the same layer.
func distinct(all []leak.Location) (out []leak.Location) {
	byLayer := map[leak.ImagePlace][]leak.Location{}
	var order []leak.ImagePlace
	for _, l := range all {
		key := leak.ImagePlace{}
		if at := l.Image; at != nil {
			key = leak.ImagePlace{Name: at.Name, Digest: at.Digest, Platform: at.Platform, Layer: at.Layer}
		}
		if byLayer[key] == nil {
			order = append(order, key)
		}
		byLayer[key] = append(byLayer[key], l)
	}
	for _, key := range order {
		out = append(out, archive.Distinct(byLayer[key])...)
	}
	slices.SortStableFunc(out, byPlace)
	return out
}

// byPlace sorts what is in the final image first, then by image and layer.
func byPlace(a, b leak.Location) int {
	if a.Image == nil || b.Image == nil {
		return 0
	}
	final := func(l *leak.Location) int {
		if l.AtHead {
			return 0
		}
		return 1
	}
	x, y := a.Image, b.Image
	return cmp.Or(final(&a)-final(&b), strings.Compare(x.Name, y.Name), strings.Compare(x.Platform, y.Platform), cmp.Compare(x.Layer, y.Layer),
		strings.Compare(a.Path, b.Path), strings.Compare(a.Field, b.Field), cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End))
}

// places are all those of a match.
func (s *Source) places(m leak.Match) []leak.Location {
	ref, _ := s.nested.Holder(m.Ref)
	out := s.holding(ref, m.Span)
	if ref == m.Ref {
		return out
	}
	in, err := s.inner.Path(m.Ref)
	for i := range out {
		if err != nil && out[i].Problem == "" {
			out[i].Problem = err.Error()
		}
		archive.Place(&out[i], in)
	}
	return out
}

// holding are the places of a file, or of a span of a text.
func (s *Source) holding(ref leak.Ref, span leak.Span) []leak.Location {
	p, n, ok := s.find(ref)
	if !ok {
		return []leak.Location{{Kind: leak.KindLayer, Problem: errNoText.Error()}}
	}
	if p.role == roleText && n == 0 {
		return p.said(span.Start)
	}
	name, ok := s.kept.get(ref)
	if !ok {
		return []leak.Location{{Kind: leak.KindLayer, Problem: errNoText.Error()}}
	}
	var out []leak.Location
	for _, at := range p.about {
		here, field := at.ImagePlace, at.field
		if field == "referrer" || field == "attestation" { // its annotations do not say of what kind
			field = kindOfReferrer(p.stated, field)
		}
		out = append(out, leak.Location{Kind: leak.KindImage, Path: cmp.Or(name, at.path), Field: field, Image: &here, AtHead: true})
	}
	if n&aside != 0 {
		in := archive.InAttributes
		if n&targetOf != 0 {
			in = inTarget
		}
		for _, seat := range p.in {
			l := seat.file(name, n&^aside)
			archive.Place(&l, in)
			out = append(out, l)
		}
		return out
	}
	for _, seat := range p.in {
		out = append(out, seat.file(name, n))
		if name == "" || span.OfName() { // other names are searched as well
			continue
		}
		for _, l := range p.index.names(name) {
			out = append(out, seat.file(l.name, int64(l.at)))
		}
	}
	return out
}

// said are the places of what an image says of itself.
func (p *part) said(at int64) (out []leak.Location) {
	seg := p.segment(at)
	for _, about := range p.about {
		l := leak.Location{Kind: leak.KindImage, Field: seg.field, AtHead: true}
		here := about.ImagePlace
		if pic := about.pic; pic != nil && seg.step > 0 && seg.step <= len(pic.steps) {
			here = *pic.place(0)
			here.Layer, here.Instruction = seg.layer, pic.steps[seg.step-1].instruction()
			if seg.layer > 0 && seg.layer <= len(pic.layers) {
				here = *pic.place(seg.layer)
			}
		}
		l.Image = &here
		out = append(out, l)
	}
	return out
}

// file is the place of a file in the layer of a seat: the entry at n.
func (s *seat) file(name string, n int64) leak.Location {
	l := leak.Location{Kind: leak.KindLayer, Path: name, Image: s.image.place(s.layer)}
	if name == "" {
		l.Field = cmp.Or(s.image.layers[s.layer-1].rest, "after the end of the layer")
		return l
	}
	at := l.Image
	if s.image.layers[s.layer-1].index.again(name, n) {
		at.RemovedIn, at.Replaced = s.layer, true
	}
	for i := s.layer; i < len(s.image.layers) && at.RemovedIn == 0; i++ {
		if removed, replaced := s.image.layers[i].index.removes(name); removed {
			at.RemovedIn, at.Replaced = i+1, replaced
		}
	}
	if at.RemovedIn > 0 {
		at.RemovedBy = s.image.instruction(at.RemovedIn)
	}
	// No container has a file that only says what is deleted.
	l.AtHead = at.RemovedIn == 0 && !strings.HasPrefix(path.Base(name), whiteout)
	return l
}

// nameFiles finds the names of files with matches that are not known: only those
// of whose chunks nobody said that there are matches.
func (s *Source) nameFiles(ctx context.Context, matches [][]leak.Match) {
	wanted := map[*part][]int64{}
	for _, ms := range matches {
		for _, m := range ms {
			ref, _ := s.nested.Holder(m.Ref)
			p, n, ok := s.find(ref)
			if _, known := s.kept.get(ref); !ok || known || p.role == roleText || n >= max(1, p.index.count) {
				continue
			}
			wanted[p] = append(wanted[p], n)
		}
	}
	for p, ns := range wanted {
		slices.Sort(ns)
		for _, n := range slices.Compact(ns) {
			if ctx.Err() != nil {
				return
			}
			if rc, name, err := s.reopen(ctx, p, n, true); err == nil {
				rc.Close()
				s.kept.note(p.ref(n), name, 1)
			}
		}
	}
}

// Open implements scanners.Source.
func (s *Source) Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	if held, ok := s.nested.Holder(ref); !ok {
		return nil, errNoText
	} else if held != ref {
		return s.inner.Open(ctx, ref)
	}
	p, n, ok := s.find(ref)
	if !ok {
		return nil, errNoText
	}
	if p.role == roleText {
		if n != 0 {
			return nil, errNoText
		}
		return io.NopCloser(bytes.NewReader(p.text)), nil
	}
	if r, ok := s.keep.Open(ref); ok {
		return r, nil
	}
	rc, _, err := s.reopen(ctx, p, n, true)
	if err != nil {
		return nil, fmt.Errorf("read %s again: %w", p.name, err)
	}
	return rc, nil
}

// Kept implements scanners.Keeping.
func (s *Source) Kept(ref leak.Ref) []scanners.Stretch { return s.keep.Kept(ref) }
