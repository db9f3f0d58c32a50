package image

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// planBase finds out which layers the base image has that the user named.
func (r *run) planBase(ctx context.Context) error {
	ref := r.source.opts.SkipBase
	if ref == "" || ref == "auto" {
		return nil
	}
	layers, err := r.layersOf(ctx, ref)
	if err != nil {
		return fmt.Errorf("the base image %s: %w", ref, err)
	}
	for _, l := range layers {
		r.base[l] = true
	}
	return nil
}

// layersOf are the digests of all layers of an image, packed and not, for all
// platforms. Nothing of it is searched.
func (r *run) layersOf(ctx context.Context, ref string) (out []string, err error) {
	s, err := New(Options{Refs: []string{ref}, Platform: "all", Login: r.source.opts.Login, Stdin: r.source.opts.Stdin})
	if err != nil {
		return nil, err
	}
	s.net = r.source.net
	defer s.Close()
	sub := &run{source: s, cov: new(scanners.Coverage), emit: func(*leak.Chunk) error { return nil }}
	if err := sub.plan(ctx); err != nil {
		return nil, err
	}
	for _, pic := range s.images {
		for _, l := range pic.layers {
			out = append(out, l.blob.key())
		}
		for _, h := range pic.content {
			out = append(out, h.String())
		}
	}
	return out, nil
}

// baseLayers says how many of an image's lowest layers are those of its base, if
// that is to be found out.
func (p *planner) baseLayers(ctx context.Context, pic *picture, blobs []blob) int {
	if p.source.opts.SkipBase != "auto" {
		return 0
	}
	n, how := p.declaredBase(ctx, pic, blobs), "as its annotations say"
	if n == 0 {
		n, how = guessBase(pic.steps), "as its history looks"
	}
	if n = min(n, len(blobs)); n > 0 {
		p.cov.Note(fmt.Sprintf("of the layers of %s the first %d are taken for those of its base image, %s, and left out", pic.Name, n, how))
	}
	return n
}

// declaredBase asks for the base image that an image names. Only the registry that
// the image itself is in is asked: an image must not send us elsewhere.
func (p *planner) declaredBase(ctx context.Context, pic *picture, blobs []blob) int {
	own, ok := p.store.(*repository)
	ref, err := name.ParseReference(pic.labels["org.opencontainers.image.base.name"], name.WeakValidation)
	if !ok || err != nil || ref.Context().RegistryStr() != own.repo.RegistryStr() {
		return 0
	}
	if digest, err := v1.NewHash(pic.labels["org.opencontainers.image.base.digest"]); err == nil {
		ref = ref.Context().Digest(digest.String())
	}
	layers, err := p.layersOf(ctx, "docker://"+ref.Name())
	if err != nil {
		p.cov.Note(fmt.Sprintf("the base image %s of %s could not be read: %s", ref.Name(), pic.Name, explain(err)))
		return 0
	}
	n := 0
	for n < len(blobs) && slices.Contains(layers, blobs[n].key()) {
		n++
	}
	return n
}

// guessBase says how many layers come before the last command that was set before
// the image's own layers: base images end with one.
func guessBase(steps []step) int {
	own := false
	for i := len(steps) - 1; i >= 0; i-- {
		s := steps[i].instruction()
		switch {
		case !steps[i].EmptyLayer:
			own = true
		case own && (strings.HasPrefix(s, "CMD ") || strings.HasPrefix(s, "ENTRYPOINT ")):
			n := 0
			for _, before := range steps[:i] {
				if !before.EmptyLayer {
					n++
				}
			}
			return n
		}
	}
	return 0
}
