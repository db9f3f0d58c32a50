package image

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/whosekey/whosekey/leak"
)

// Since Docker 25, what docker save writes is an OCI layout too. manifest.json then has
// one platform of each image; index.json has them all, with attestations and annotations:
//   - https://github.com/moby/moby/blob/master/daemon/containerd/image_exporter.go
//   - https://github.com/containerd/containerd/blob/main/core/images/archive/exporter.go
//
// Of a list, the archive has what the daemon has, but the list has all. A daemon that
// keeps images in its own store lists in their manifests only those layers that are
// elsewhere, and all of them in manifest.json:
//   - https://github.com/moby/moby/blob/v25.0.0/image/tarexport/save.go

// saved is an image in manifest.json.
type saved struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// notSaved is what a list in an archive of docker save names, and the daemon did not have.
var notSaved = remark{"image or attestation that a list names and the archive does not have: the daemon did not have it", "search the image in its registry"}

// planSaved plans what manifest.json lists, and what index.json does, if there is one.
func (r *run) planSaved(ctx context.Context, t target, store *layoutStore, raw []byte) error {
	var list []saved
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("read manifest.json: %w", err)
	}
	if len(list) == 0 {
		return errors.New("manifest.json lists no image")
	}
	p := r.planner(store, t.path)
	p.own, p.taken, p.leads = map[string]*saved{}, map[string]bool{}, map[v1.Hash]lead{}
	var others []string
	var meant []saved
	for i, m := range list {
		if !t.means(m.RepoTags, i) {
			others = append(append(others, m.RepoTags...), fmt.Sprintf("@%d", i))
			continue
		}
		meant = append(meant, m)
		p.own[path.Clean(m.Config)] = &meant[len(meant)-1]
	}
	listed, unmeant := p.meantIn(ctx, t)
	if len(meant) == 0 && len(listed) == 0 {
		return t.without(append(others, unmeant...))
	}
	var errs []error
	if len(listed) > 0 {
		errs = append(errs, p.index(ctx, v1.IndexManifest{Manifests: listed}, 0))
	}
	for _, m := range meant {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !p.taken[path.Clean(m.Config)] {
			one := *p
			if len(m.RepoTags) > 0 {
				one.name = m.RepoTags[0]
			}
			errs = append(errs, one.saved(ctx, m))
		}
	}
	return p.settle(errs)
}

// meantIn are those images of index.json that are meant, and the names of the others.
func (p *planner) meantIn(ctx context.Context, t target) (meant []v1.Descriptor, others []string) {
	store := p.store.(*layoutStore)
	raw, err := store.readFile("index.json")
	var index v1.IndexManifest
	if err != nil || json.Unmarshal(raw, &index) != nil {
		if !errors.As(err, new(absent)) {
			p.skip(remark{"index.json of an archive that could not be read", "save it again"}, p.name)
		}
		return nil, nil
	}
	store.list = index.Manifests
	for _, d := range index.Manifests {
		names := refNames([]v1.Descriptor{d})
		if t.means(names, -1) || len(names) == 0 && len(p.leadsTo(ctx, store, d, 0).own) > 0 {
			meant = append(meant, d)
		} else {
			others = append(others, names...)
		}
	}
	if len(meant) > 0 {
		p.texts("annotations", nil, annotationText(index.Annotations), leak.ImagePlace{Name: p.name})
	}
	return meant, others
}

// lead is what a manifest or an index in an archive of docker save leads to.
type lead struct {
	own  map[string]bool // configurations of images of manifest.json that are meant
	some bool            // the archive has more of it than its manifest
}

// leadsTo follows a descriptor: each manifest once, and no more than maxManifests.
func (p *planner) leadsTo(ctx context.Context, l *layoutStore, d v1.Descriptor, depth int) lead {
	if known, ok := p.leads[d.Digest]; ok {
		return known
	}
	if depth > maxNested || len(p.leads) >= maxManifests || ctx.Err() != nil {
		return lead{some: true}
	}
	raw, err := l.manifest(ctx, d.Digest)
	to := lead{own: map[string]bool{}, some: !errors.As(err, new(absent))}
	if err == nil && isIndex(d.MediaType, raw) {
		var index v1.IndexManifest
		json.Unmarshal(raw, &index) // what is wrong with it is told when it is planned
		for _, d := range index.Manifests {
			maps.Copy(to.own, p.leadsTo(ctx, l, d, depth+1).own)
		}
	} else if err == nil {
		if m, err := v1.ParseManifest(bytes.NewReader(raw)); err == nil {
			config := blobPath(m.Config.Digest)
			if p.own[config] != nil {
				to.own[config] = true
			}
			to.some = len(m.Config.Data) > 0 || len(to.own) > 0 ||
				slices.ContainsFunc(append(m.Layers, m.Config), func(d v1.Descriptor) bool { return l.has(blobPath(d.Digest)) })
		}
	}
	p.leads[d.Digest] = to
	return to
}

// chosen splits the images of an index into those to be searched and the rest. If nobody
// says which platform, those of manifest.json are searched, and it is no error that an
// archive lists what it does not have.
func (p *planner) chosen(ctx context.Context, all []v1.Descriptor) (wanted, rest []v1.Descriptor) {
	platform := p.source.opts.Platform
	l, ok := p.store.(*layoutStore)
	if !ok || p.own == nil {
		return choose(all, platform)
	}
	if platform == "" && !l.cut {
		all = slices.DeleteFunc(slices.Clone(all), func(d v1.Descriptor) bool {
			gone := !p.leadsTo(ctx, l, d, 0).some
			if gone {
				p.leaveOut(notSaved, p.name+" "+cmp.Or(platformName(d.Platform), d.Digest.String()))
			}
			return gone
		})
	}
	wanted, others := choose(all, platform)
	for _, d := range others {
		own := p.leadsTo(ctx, l, d, 0).own
		if platform == "" && len(own) > 0 {
			wanted = append(wanted, d)
			continue
		}
		rest = append(rest, d)
		for config := range own {
			p.taken[config] = true // it is told with the others
		}
	}
	return wanted, rest
}

// take notes that an image of manifest.json is planned by its manifest.
func (p *planner) take(config v1.Hash) {
	m := p.own[blobPath(config)]
	if m == nil {
		return
	}
	p.taken[blobPath(config)] = true
	if p.name == p.store.site() && len(m.RepoTags) > 0 {
		p.name = m.RepoTags[0]
	}
}

// blobsOf are the layers of an image: those of its manifest, and those that only
// manifest.json has.
func (p *planner) blobsOf(m *v1.Manifest, pic *picture) (out []blob) {
	for _, l := range m.Layers {
		out = append(out, blobOf(l))
	}
	if own := p.own[blobPath(m.Config.Digest)]; own != nil {
		out = own.merged(out)
	}
	for i := range out {
		if i < len(pic.diffs()) {
			out[i].content = pic.diffs()[i]
		}
	}
	return out
}

// merged are the layers of manifest.json and of a manifest, in the order of the one that
// has all of them.
func (m *saved) merged(blobs []blob) []blob {
	byDigest := map[v1.Hash]blob{}
	for _, b := range blobs {
		byDigest[b.digest] = b
	}
	own := m.blobs()
	same := 0
	var more []blob
	for i, b := range own {
		if b.digest == (v1.Hash{}) && len(own) == len(blobs) {
			return blobs // by names of their own, as links
		}
		if known, ok := byDigest[b.digest]; ok && b.digest != (v1.Hash{}) {
			own[i] = known
			same++
		} else {
			more = append(more, b)
		}
	}
	if same == len(blobs) {
		return own
	}
	return append(blobs, more...)
}

// blobs are the layers of an image of manifest.json.
func (m *saved) blobs() (out []blob) {
	for _, file := range m.Layers {
		b := blob{file: file, size: -1}
		if path.Base(file) != "layer.tar" {
			b.digest = digestOf(file)
		}
		out = append(out, b)
	}
	return out
}

// saved plans an image of manifest.json that has no manifest of its own.
func (p *planner) saved(ctx context.Context, m saved) error {
	config, err := readBlob(ctx, p.store, blob{file: m.Config, digest: digestOf(m.Config), size: -1})
	if err != nil {
		return fmt.Errorf("read its configuration: %w", err)
	}
	pic := &picture{store: p.store, ImagePlace: leak.ImagePlace{Name: p.name}}
	if d := digestOf(m.Config); d != (v1.Hash{}) {
		pic.Digest = d.String() // which docker calls the image's id
	}
	pic.describe(config)
	if err := p.askedFor(pic); err != nil {
		return err
	}
	p.configTexts(pic, config)
	blobs := m.blobs()
	for i := range blobs {
		if i < len(pic.content) {
			blobs[i].content = pic.content[i]
		}
	}
	return p.stack(ctx, pic, blobs)
}
