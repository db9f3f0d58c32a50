package image

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/whosekey/whosekey/leak"
)

// Bounds on what an image may be made of.
const (
	maxNested    = 4    // indexes within indexes
	maxManifests = 2000 // of one reference, referrers included
	maxLayers    = 2000 // of an image
)

var (
	tooMany  = remark{fmt.Sprintf("manifest after the first %d of an image", maxManifests), "name it by its digest"}
	otherOne = remark{"image for another platform", "search it with --platform all"}
	nobody   = remark{"image that could not be read", "check the name, and run it again"}
)

// plan finds out what there is to search. What cannot be read of an image is
// skipped; it is an error if that is all of them.
func (r *run) plan(ctx context.Context) error {
	r.byBlob, r.base = map[string]*part{}, map[string]bool{}
	if err := r.planBase(ctx); err != nil {
		return err
	}
	var last error
	failed := 0
	for _, t := range r.source.targets {
		err := r.planTarget(ctx, t)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			last = fmt.Errorf("image %s: %w", t.arg, err)
			failed++
			r.skip(remark{nobody.reason + ": " + err.Error(), fixOf(err)}, t.arg)
		}
	}
	if failed == len(r.source.targets) {
		return last
	}
	return nil
}

// fixOf is what an error says can be done.
func fixOf(err error) string {
	if e := new(errRegistry); errors.As(err, &e) {
		return e.fix
	}
	return nobody.fix
}

func (r *run) planTarget(ctx context.Context, t target) error {
	switch t.kind {
	case inLayout:
		store, root, err := openLayout(t.path)
		if err != nil {
			return err
		}
		r.source.closers = append(r.source.closers, root)
		return r.planLayout(ctx, t, store)
	case inArchive, inOCIArchive:
		return r.planArchive(ctx, t)
	}
	if t.kind != inRegistry {
		if planned, err := r.planDaemon(ctx, t); planned || err != nil {
			return err
		}
	}
	store, err := newRegistry(ctx, r.source.net, t.ref.Context())
	if err != nil {
		return err
	}
	d, err := store.get(ctx, t.ref)
	if err != nil {
		return err
	}
	p := r.planner(store, shownName(t.ref))
	return p.manifest(ctx, d.Descriptor, d.Manifest, 0)
}

// planLayout plans what index.json lists.
func (r *run) planLayout(ctx context.Context, t target, store *layoutStore) error {
	raw, err := store.readFile("index.json")
	var index v1.IndexManifest
	if err == nil {
		err = json.Unmarshal(raw, &index)
	}
	if err != nil {
		if files := imageFiles(store.names()); len(files) > 0 {
			return r.planLoose(ctx, t, store, files)
		}
		return fmt.Errorf("it is no OCI layout: read index.json: %w", err)
	}
	store.list = index.Manifests
	if t.tag != "" {
		if index.Manifests = t.among(index.Manifests); len(index.Manifests) == 0 {
			return t.without(refNames(store.list))
		}
	}
	p := r.planner(store, t.path)
	p.texts("annotations", nil, annotationText(index.Annotations), leak.ImagePlace{Name: t.path})
	return p.index(ctx, index, 0)
}

// planner plans one reference.
type planner struct {
	*run
	store store
	name  string
	seen  map[v1.Hash]bool
	// atts are attestations by the image that they are about.
	atts map[v1.Hash][]v1.Descriptor
	// own are images of manifest.json by the files of their configurations, nil if there
	// is none; taken are those that are planned, or told.
	own   map[string]*saved
	taken map[string]bool
	leads map[v1.Hash]lead
}

func (r *run) planner(s store, name string) *planner {
	return &planner{run: r, store: s, name: name, seen: map[v1.Hash]bool{}, atts: map[v1.Hash][]v1.Descriptor{}}
}

// once reports whether a manifest is new; there is a bound on how many are.
func (p *planner) once(h v1.Hash) bool {
	if p.seen[h] {
		return false
	}
	if len(p.seen) >= maxManifests {
		p.skip(tooMany, p.name)
		return false
	}
	p.seen[h] = true
	return true
}

// manifest plans an image or an index.
func (p *planner) manifest(ctx context.Context, d v1.Descriptor, raw []byte, depth int) error {
	if isIndex(d.MediaType, raw) {
		var index v1.IndexManifest
		if err := json.Unmarshal(raw, &index); err != nil {
			return explain(fmt.Errorf("read the index: %w", err))
		}
		at := leak.ImagePlace{Name: p.name, Digest: d.Digest.String()}
		p.texts("annotations", nil, annotationText(index.Annotations), at)
		if err := p.index(ctx, index, depth); err != nil {
			return err
		}
		p.referring(ctx, d.Digest, at)
		return nil
	}
	return p.image(ctx, d, raw)
}

// index plans the images of an index that are wanted.
func (p *planner) index(ctx context.Context, index v1.IndexManifest, depth int) error {
	if depth >= maxNested {
		return fmt.Errorf("indexes nest more than %d deep", maxNested)
	}
	var images []v1.Descriptor
	for _, d := range index.Manifests {
		if d.Annotations["vnd.docker.reference.type"] == "attestation-manifest" {
			if about, err := v1.NewHash(d.Annotations["vnd.docker.reference.digest"]); err == nil {
				p.atts[about] = append(p.atts[about], d)
				continue
			}
		}
		images = append(images, d)
	}
	wanted, rest := p.chosen(ctx, images)
	for _, d := range rest {
		p.leaveOut(otherOne, p.name+" "+cmp.Or(platformName(d.Platform), d.Digest.String()))
	}
	switch {
	case len(wanted) == 0 && len(images) == 0:
		return errors.New("its index lists no image")
	case len(wanted)+len(rest) == 0:
		return errors.New("its index lists images, of which the archive has none")
	case len(wanted) == 0:
		other := &errPlatform{want: p.source.opts.Platform}
		for _, d := range images {
			other.have = append(other.have, cmp.Or(platformName(d.Platform), "unknown"))
		}
		return other
	}
	var errs []error
	for _, d := range wanted {
		errs = append(errs, p.listed(ctx, d, depth))
	}
	return cmp.Or(p.settle(errs), ctx.Err())
}

// listed plans what an index lists.
func (p *planner) listed(ctx context.Context, d v1.Descriptor, depth int) error {
	if !p.once(d.Digest) {
		return nil
	}
	raw, err := p.store.manifest(ctx, d.Digest)
	if here := inline(d); err != nil && here != nil {
		raw, err = here, nil
	}
	if err != nil {
		return fmt.Errorf("read manifest %s: %w", d.Digest, err)
	}
	sub := *p
	if name := d.Annotations["io.containerd.image.name"]; name != "" {
		sub.name = name
	} else if tag := d.Annotations["org.opencontainers.image.ref.name"]; tag != "" && depth == 0 {
		sub.name = p.name + ":" + tag
	}
	p.texts("annotations", nil, annotationText(d.Annotations), leak.ImagePlace{Name: sub.name, Digest: d.Digest.String(), Platform: platformName(d.Platform)})
	return sub.manifest(ctx, d, raw, depth+1)
}

// image plans an image, or something else that has a manifest like one.
func (p *planner) image(ctx context.Context, d v1.Descriptor, raw []byte) error {
	if d.MediaType == types.DockerManifestSchema1 || d.MediaType == types.DockerManifestSchema1Signed {
		return errors.New("its manifest is of schema 1, which registries gave up in 2019: push it again")
	}
	m, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		return explain(fmt.Errorf("read the manifest: %w", err))
	}
	p.take(m.Config.Digest)
	if p.known(d.Digest) {
		p.cov.Note(fmt.Sprintf("%s is an image that another name has too, and is reported with that", p.name))
		return nil
	}
	pic := &picture{store: p.store, hash: d.Digest}
	pic.Name, pic.Digest, pic.Platform = p.name, d.Digest.String(), platformName(d.Platform)
	if isConfig(m.Config.MediaType) {
		config, err := p.config(ctx, m)
		if err != nil {
			p.skip(remark{"configuration of an image that could not be read: " + err.Error(), fixOf(err)}, p.name)
		}
		pic.describe(config)
		if d.Platform == nil {
			if err := p.askedFor(pic); err != nil {
				return err
			}
		}
		p.configTexts(pic, config)
	} else {
		p.other(blobOf(m.Config), pic.ImagePlace, "config", "")
	}
	p.texts("annotations", nil, manifestText(m), pic.ImagePlace)
	blobs := p.blobsOf(m, pic)
	pic.addLabels(m.Annotations)
	if err := p.stack(ctx, pic, blobs); err != nil {
		return err
	}
	for _, a := range p.atts[d.Digest] {
		p.attached(ctx, a, pic.ImagePlace, "attestation")
	}
	p.referring(ctx, d.Digest, pic.ImagePlace)
	return nil
}

// known reports whether an image is planned already.
func (p *planner) known(h v1.Hash) bool {
	return slices.ContainsFunc(p.source.images, func(o *picture) bool { return o.hash == h && h != (v1.Hash{}) })
}

func (p *planner) config(ctx context.Context, m *v1.Manifest) ([]byte, error) {
	config, err := readBlob(ctx, p.store, blobOf(m.Config))
	if here := inline(m.Config); err != nil && here != nil {
		return here, nil
	}
	return config, explain(err)
}

func blobOf(d v1.Descriptor) blob {
	return blob{digest: d.Digest, size: d.Size, media: string(d.MediaType), foreign: len(d.URLs) > 0 || !d.MediaType.IsDistributable(), inline: inline(d)}
}

func isConfig(m types.MediaType) bool {
	return m == types.DockerConfigJSON || m == types.OCIConfigJSON || m == ""
}

// stack adds an image with its layers.
func (p *planner) stack(ctx context.Context, pic *picture, blobs []blob) error {
	if len(blobs) > maxLayers {
		p.skip(remark{fmt.Sprintf("layer above the first %d of an image", maxLayers), ""}, p.name)
		blobs = blobs[:maxLayers]
	}
	pic.match(len(blobs))
	bottom := p.baseLayers(ctx, pic, blobs)
	for i, b := range blobs {
		l := p.blob(b, roleLayer, layerName(pic.Name, i+1))
		if i < bottom || p.base[b.key()] {
			l.base = true
		} else {
			l.in = append(l.in, seat{pic, i + 1})
		}
		if err := p.recall(l); err != nil {
			return fmt.Errorf("look for a layer that is known: %w", err)
		}
		pic.layers = append(pic.layers, l)
	}
	p.source.images = append(p.source.images, pic)
	return nil
}

// other adds a blob that belongs to an image and is no layer of it.
func (p *planner) other(b blob, at leak.ImagePlace, field, path string) {
	l := p.blob(b, roleOther, at.Name+" "+field)
	l.about = append(l.about, &place{ImagePlace: at, field: field, path: path})
}

// texts adds a text that was made of something about an image.
func (p *planner) texts(field string, segments []segment, text []byte, at leak.ImagePlace) *place {
	about := &place{ImagePlace: at, field: field}
	if len(text) == 0 {
		return about
	}
	if segments == nil {
		segments = []segment{{field: field}}
	}
	p.source.add(&part{role: roleText, name: at.Name + " " + field, text: text, segments: segments, about: []*place{about}})
	return about
}
