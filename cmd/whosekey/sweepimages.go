package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/time/rate"

	"github.com/whosekey/whosekey/scanners/image"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// perRepository stands in an image's name for that of a repository.
const perRepository = "{repository}"

// How often registries are asked: so many questions a second, and so many at once.
const (
	registryPace  = 20
	registryBurst = 40
)

// imagesOf says how images are swept, and gives logins what registries want.
func (f *sweepFlags) imagesOf(logins *sweep.Logins) (sweep.Images, error) {
	im := sweep.Images{Tags: f.imageTags, Options: image.Options{Workers: workers(f.workers), MaxFile: f.maxBlob, Archives: f.archives}}
	if f.imageTags < 0 {
		return im, usage(errors.New("--image-tags counts from 0"), "")
	}
	for _, ref := range f.images {
		if strings.Contains(ref, "://") || strings.HasPrefix(ref, "/") || strings.ContainsAny(ref, " \t?#@") {
			return im, usage(fmt.Errorf("--image %s: a sweep searches registries", printable(ref)), "write it as ghcr.io/acme/app, registry.acme.example/team/* or acme/app:v*")
		}
		if strings.Contains(ref, perRepository) {
			im.Of = append(im.Of, ref)
		}
	}
	var err error
	logins.Pace = rate.NewLimiter(registryPace, registryBurst)
	logins.Image, err = f.login()
	return im, err
}

// openImages opens images for a sweep. What is known of their layers is of all
// repositories.
func (s *scan) openImages(ctx context.Context, one *scan, o *image.Options, db *store.Store) (*image.Source, *layerMemory, error) {
	memory, err := s.layers(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	opts := *o
	opts.Seen = memory.seen
	src, err := image.New(opts)
	if err != nil {
		return nil, nil, err
	}
	memory.source = src
	one.behind = func() behind { return behind{labels: src.Labels, name: src.Repository()} }
	return src, memory, nil
}
