package image

import (
	"context"
	"io"
	"strconv"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// store is where the blobs of images are.
type store interface {
	// manifest returns a manifest or an index, of which the digest is right.
	manifest(ctx context.Context, digest v1.Hash) ([]byte, error)
	// open returns a blob as it is stored. Nobody has compared its digest.
	open(ctx context.Context, b blob) (io.ReadCloser, error)
	// referrers lists what says that it is about a manifest.
	referrers(ctx context.Context, digest v1.Hash) ([]v1.Descriptor, error)
	// site is what tells it from other stores that may have other blobs.
	site() string
}

// blob names a blob of a store.
type blob struct {
	digest  v1.Hash // zero if it is not known
	content v1.Hash // of the unpacked content; zero if it is not known
	file    string  // in an archive that does not go by digests
	size    int64   // -1 if it is not known
	media   string
	foreign bool   // the registry need not have it
	inline  []byte // all of it, if its descriptor has that
}

func (b *blob) key() string {
	if b.digest != (v1.Hash{}) {
		return b.digest.String()
	}
	return b.file
}

// picture is an image: one platform of what the user named.
type picture struct {
	leak.ImagePlace
	store   store
	hash    v1.Hash // of the manifest
	layers  []*part // from the lowest
	labels  map[string]string
	steps   []step    // of its history
	made    []int     // for each layer, the index of its step; -1 if unknown
	content []v1.Hash // of the unpacked layers, as the configuration has them
}

// instruction is what made a layer, counted from 1.
func (p *picture) instruction(layer int) string {
	if layer < 1 || layer > len(p.made) || p.made[layer-1] < 0 {
		return ""
	}
	return p.steps[p.made[layer-1]].instruction()
}

// place is that of a layer, counted from 1; 0 for the image itself.
func (p *picture) place(layer int) *leak.ImagePlace {
	at := p.ImagePlace
	at.Layers = len(p.layers)
	if layer > 0 {
		at.Layer, at.LayerDigest, at.Instruction = layer, p.layers[layer-1].blob.digest.String(), p.instruction(layer)
		if p.layers[layer-1].blob.digest == (v1.Hash{}) {
			at.LayerDigest = ""
		}
	}
	return &at
}

type role uint8

const (
	roleText  role = iota // a text that was made of what an image says of itself
	roleLayer             // a blob that is a layer
	roleOther             // a blob beside an image: an attestation, a signature
)

// part is what has texts of its own: a layer, a blob or a text.
type part struct {
	num  int // index in Source.parts
	role role
	name string // for people

	// Of a text.
	text     []byte
	segments []segment

	// Of blobs.
	store    store
	blob     blob
	base     bool // it is of a base image; it may be another one's own
	searched bool
	done     bool    // also if it could not be searched: with a stream
	plain    bool    // it is not compressed
	sum      v1.Hash // of what went by
	content  v1.Hash // of what that unpacked to; zero if nobody computed it
	index    entries
	whole    bool           // it was searched to its end, with nothing skipped
	left     []scanners.Gap // what was left out of it
	rest     string         // what that is of an archive which is in none of its files; "" if it comes after the end
	stated   string         // the predicateType that a statement has
	known    string         // the digest that Options.Seen knew it by; empty if it did not

	in    []seat   // the images that have the layer, and not from their base
	about []*place // the images that a text or a blob is about
}

// leftOut reports whether it is a layer of base images only, which are left out.
func (p *part) leftOut() bool { return p.base && len(p.in) == 0 }

// place is an image that a text or another blob is about.
type place struct {
	leak.ImagePlace
	field, path string
	pic         *picture // of a history
}

// seat is a layer's place in an image, from 1.
type seat struct {
	image *picture
	layer int
}

// A Ref has the number of a part, from 1, and the number of a text in it, from 1:
// of an entry of a layer, in the order of the archive.
const refBits = 40

func (p *part) ref(n int64) leak.Ref { return leak.Ref(p.num+1)<<refBits | leak.Ref(n+1) }

// find undoes ref.
func (s *Source) find(ref leak.Ref) (p *part, n int64, ok bool) {
	num, n := int64(ref>>refBits)-1, int64(ref&(1<<refBits-1))-1
	if num < 0 || num >= int64(len(s.parts)) || n < 0 {
		return nil, 0, false
	}
	return s.parts[num], n, true
}

func (s *Source) add(p *part) *part {
	p.num = len(s.parts)
	s.parts = append(s.parts, p)
	return p
}

// segment is a piece of a text that was made of an image's configuration.
type segment struct {
	start int
	field string
	step  int // of the history, from 1
	layer int // that the step made, from 1
}

// segment returns the one that an offset is in.
func (p *part) segment(at int64) segment {
	var found segment
	for _, s := range p.segments {
		if int64(s.start) > at {
			break
		}
		found = s
	}
	return found
}

func layerName(image string, layer int) string { return image + " layer " + strconv.Itoa(layer) }

// remark is a reason for something not to be searched, and what to do about it.
type remark struct{ reason, fix string }
