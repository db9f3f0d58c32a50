package image

import (
	"encoding/binary"
	"errors"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// Seen is what is to be kept of a layer that was searched to its end, so that it
// need not be opened again: a digest stands for one content.
type Seen struct {
	Digest string // of the layer as it is stored; where that is not known, of its content
	Index  []byte // which files it has, which those of lower layers lose to it
	Left   []scanners.Gap
}

// maxIndex is how large an Index may be: a million files.
const maxIndex = 10 << 20

// seenKey is the digest that a layer is remembered by; empty for none.
func (b *blob) seenKey() string {
	for _, h := range []v1.Hash{b.digest, b.content} {
		if h != (v1.Hash{}) {
			return h.String()
		}
	}
	return ""
}

// recall sees to it that a layer is not searched that was searched before.
func (r *run) recall(p *part) error {
	key := p.blob.seenKey()
	if r.source.opts.Seen == nil || p.role != roleLayer || p.done || p.leftOut() || key == "" {
		return nil
	}
	seen, err := r.source.opts.Seen(key)
	if err != nil || seen == nil {
		return err
	}
	index, err := decodeEntries(seen.Index)
	if err != nil {
		return nil // of another version: it is searched
	}
	p.index, p.known, p.done = index, key, true
	for _, g := range seen.Left {
		r.cov.LeaveOutGap(g)
	}
	r.cov.Count("known layers", 1)
	return nil
}

// Searched lists the layers that the last Scan searched to their ends, without
// anything that it had to skip.
func (s *Source) Searched() (out []Seen) {
	for _, p := range s.parts {
		if key := p.blob.seenKey(); p.whole && key != "" && !p.leftOut() {
			if index := p.index.encode(); len(index) <= maxIndex {
				out = append(out, Seen{key, index, p.left})
			}
		}
	}
	return out
}

// Origin says which entry of which layer a place is in. It is not ok if the place
// could not be found by that: its name need not be the one that the layer has, as
// secrets in names are masked.
func (s *Source) Origin(l *leak.Location) (digest string, entry int64, ok bool) {
	ref, ok := s.nested.Holder(l.Ref)
	if !ok {
		return "", 0, false
	}
	p, n, ok := s.find(ref)
	if !ok || p.role != roleLayer {
		return "", 0, false
	}
	n &^= aside
	key, name := p.blob.seenKey(), l.Outer()
	if name == "" {
		return key, n, l.Problem == ""
	}
	for _, e := range p.index.of(hashPath(name)) {
		if int64(e.at) == n {
			return key, n, l.Problem == ""
		}
	}
	for _, link := range p.index.links {
		if link.name == name {
			return key, int64(link.at), l.Problem == ""
		}
	}
	return key, 0, false
}

// Places are those of an entry of a layer that was not searched because Seen knew
// it, in all images that have the layer.
func (s *Source) Places(digest string, entry int64, name string) (out []leak.Location) {
	for _, p := range s.parts {
		if p.known != digest || digest == "" {
			continue
		}
		for i := range p.in {
			out = append(out, p.in[i].file(name, entry))
		}
	}
	return out
}

// Order sorts places as Locate does, and drops those within documents of which the
// bytes have the credential too.
func (s *Source) Order(all []leak.Location) []leak.Location { return distinct(all) }

var errIndex = errors.New("no index of a layer")

// encode writes what removes and again need.
func (e *entries) encode() []byte {
	out := binary.AppendUvarint(nil, uint64(len(e.list)))
	for _, x := range e.list {
		out = binary.BigEndian.AppendUint64(out, x.path)
		out = binary.AppendUvarint(out, uint64(x.at)<<2|uint64(x.does))
	}
	return out
}

func decodeEntries(b []byte) (e entries, err error) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b))/9 {
		return e, errIndex
	}
	b, e.list = b[k:], make([]entry, n)
	for i := range e.list {
		if len(b) < 9 {
			return e, errIndex
		}
		v, k := binary.Uvarint(b[8:])
		if k <= 0 || v>>2 > maxEntries {
			return e, errIndex
		}
		e.list[i] = entry{binary.BigEndian.Uint64(b), int32(v >> 2), does(v & 3)}
		b = b[8+k:]
		e.count = max(e.count, int64(v>>2)+1)
	}
	if !slices.IsSortedFunc(e.list, byPath) {
		return e, errIndex
	}
	return e, nil
}
