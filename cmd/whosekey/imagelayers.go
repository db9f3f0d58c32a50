package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/image"
	"github.com/whosekey/whosekey/store"
)

// layerMemory is what the store knows of layers that earlier runs searched.
type layerMemory struct {
	earlier
	source *image.Source
	found  map[string][]layerPlace // by layer, of this run
	spoil  map[string]bool         // layers of which not all can be told again
}

// layerPlace is a place of a credential that was found in a layer.
type layerPlace struct {
	id    string
	at    leak.Location
	entry int64
}

// formLayers changes when what is kept of a layer means something else.
const formLayers = 1

// layers makes the memory of a scan of images.
func (s *scan) layers(ctx context.Context, db *store.Store) (*layerMemory, error) {
	e, err := s.remember(ctx, db, formLayers)
	if err != nil {
		return nil, err
	}
	return &layerMemory{earlier: *e, found: map[string][]layerPlace{}, spoil: map[string]bool{}}, nil
}

// seen is image.Options.Seen.
func (m *layerMemory) seen(digest string) (*image.Seen, error) {
	l, err := m.store.Layer(m.ctx, digest, m.how)
	if err != nil || l == nil || len(l.Findings) > 0 && (m.needsText || l.Policy != m.policy) {
		return nil, err
	}
	m.known = append(m.known, l)
	out := &image.Seen{Digest: digest, Index: l.Index}
	for _, g := range l.Left {
		out.Left = append(out.Left, scanners.Gap{Reason: g.Reason, Fix: g.Fix, Count: g.Count, First: g.First})
	}
	return out, nil
}

// Recall implements pipeline.Memory.
func (m *layerMemory) Recall(found []*leak.Finding) (out []*leak.Finding, err error) {
	byID := map[string]*leak.Finding{}
	for _, f := range found {
		byID[f.ID] = f
		for _, l := range f.Locations {
			key, entry, ok := m.source.Origin(&l)
			if !ok && key != "" {
				m.spoil[key] = true
			}
			if ok {
				m.found[key] = append(m.found[key], layerPlace{f.ID, l, entry})
			}
		}
	}
	grown := map[*leak.Finding]bool{}
	for _, l := range m.known {
		for _, k := range l.Findings {
			f := byID[k.ID]
			if f == nil {
				f = k.Finding
				byID[k.ID], out = f, append(out, f)
				f.Locations = m.places(l.Digest, k, k.Locations)
			} else {
				f.Locations = append(f.Locations, m.places(l.Digest, k, k.Locations)...)
			}
			grown[f] = true
		}
	}
	for f := range grown {
		f.Locations = m.source.Order(f.Locations)
	}
	// What only layers have that are left out now has no place.
	return slices.DeleteFunc(out, func(f *leak.Finding) bool { return len(f.Locations) == 0 }), nil
}

// places are those of a credential in a layer that is known, in the images of this
// run.
func (m *layerMemory) places(digest string, k store.LayerFinding, locations []leak.Location) (out []leak.Location) {
	for i, l := range locations {
		for _, at := range m.source.Places(digest, k.Entries[i], l.Outer()) {
			l.Image, l.AtHead = at.Image, at.AtHead
			out = append(out, l)
		}
	}
	return out
}

// Learn implements pipeline.Memory.
func (m *layerMemory) Learn(ctx context.Context, reported []*leak.Finding, mask func(string) string) error {
	byID := map[string]*leak.Finding{}
	kept := map[string]int{} // places by credential and layer
	for _, f := range reported {
		byID[f.ID] = f
		for i := range f.Locations {
			if key, _, ok := m.source.Origin(&f.Locations[i]); ok {
				kept[f.ID+key]++
			}
		}
	}
	var layers []store.Layer
	for _, l := range m.source.Searched() {
		if m.spoil[l.Digest] {
			continue
		}
		if one, ok := m.layer(l, byID, kept); ok {
			for _, g := range l.Left {
				one.Left = append(one.Left, gapOf(g, mask))
			}
			layers = append(layers, *one)
		}
	}
	var again []string
	for _, l := range m.known {
		again = append(again, l.Digest)
	}
	if err := m.store.KeepLayers(ctx, layers, m.how, again); err != nil {
		return fmt.Errorf("keep what is known of layers: %w", err)
	}
	return nil
}

func gapOf(g scanners.Gap, mask func(string) string) store.Gap {
	out := store.Gap{Reason: mask(g.Reason), Fix: g.Fix, Count: g.Count}
	for _, name := range g.First {
		out.First = append(out.First, mask(name))
	}
	return out
}

// layer is what is to be kept of a layer. It is not ok if something in it was
// ignored: the next run has to look again whether it still is.
func (m *layerMemory) layer(l image.Seen, reported map[string]*leak.Finding, kept map[string]int) (*store.Layer, bool) {
	out := &store.Layer{Digest: l.Digest, How: m.how, Index: l.Index}
	at := map[string]int{}
	counts := map[string]int{}
	seen := map[string]bool{}
	for _, p := range m.found[l.Digest] {
		f := reported[p.id]
		if f == nil {
			return nil, false
		}
		counts[p.id]++
		n, ok := at[p.id]
		if !ok {
			n = len(out.Findings)
			at[p.id] = n
			out.Findings = append(out.Findings, store.LayerFinding{Finding: m.toKeep(f)})
		}
		// Several images have the layer.
		once := fmt.Sprint(n, p.entry, p.at.Span, p.at.Path)
		if seen[once] {
			continue
		}
		seen[once] = true
		k := &out.Findings[n]
		k.Locations, k.Entries = append(k.Locations, p.at), append(k.Entries, p.entry)
	}
	for id, n := range counts {
		if kept[id+l.Digest] != n {
			return nil, false
		}
	}
	if len(out.Findings) > 0 {
		out.Policy = m.policy
	}
	return out, true
}
