package image

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// referring plans what refers to a manifest: signatures, attestations, and whatever
// somebody has attached. What refers to those is searched too.
func (p *planner) referring(ctx context.Context, digest v1.Hash, at leak.ImagePlace) {
	if digest == (v1.Hash{}) {
		return
	}
	list, err := p.store.referrers(ctx, digest)
	if err != nil && ctx.Err() == nil {
		p.skip(remark{"list of what refers to an image that could not be read: " + err.Error(), fixOf(err)}, at.Name)
	}
	for _, d := range list {
		p.attached(ctx, d, at, "referrer")
	}
}

// attached plans a manifest that is about an image, with all of its blobs.
func (p *planner) attached(ctx context.Context, d v1.Descriptor, at leak.ImagePlace, field string) {
	if ctx.Err() != nil || !p.once(d.Digest) {
		return
	}
	raw, err := p.store.manifest(ctx, d.Digest)
	if err == nil && isIndex(d.MediaType, raw) {
		err = fmt.Errorf("it is an index")
	}
	var m *v1.Manifest
	if err == nil {
		m, err = v1.ParseManifest(bytes.NewReader(raw))
	}
	if l, ok := p.store.(*layoutStore); ok && p.own != nil && !l.cut && field == "attestation" && errors.As(err, new(absent)) {
		p.leaveOut(notSaved, at.Name+" "+d.Digest.String())
		return
	}
	if err != nil {
		p.skip(remark{field + " of an image that could not be read: " + err.Error(), fixOf(err)}, at.Name)
		return
	}
	maps.DeleteFunc(d.Annotations, func(k, v string) bool { return m.Annotations[k] == v }) // lists repeat them
	p.texts("annotations", nil, append(annotationText(d.Annotations), manifestText(m)...), at)
	whole := kindOfReferrer(d.ArtifactType+" "+m.ArtifactType+" "+string(m.Config.MediaType)+" "+m.Annotations[bundleType], field)
	if m.Config.Size > 2 && m.Config.MediaType != types.OCIConfigJSON { // not the empty one
		p.other(blobOf(m.Config), at, whole, "")
	} else if m.Config.Size > 2 {
		p.other(blobOf(m.Config), at, whole+" config", "")
	}
	for _, l := range m.Layers {
		kind := kindOfReferrer(string(l.MediaType)+" "+l.Annotations["in-toto.io/predicate-type"]+" "+l.Annotations["predicateType"], whole)
		p.other(blobOf(l), at, kind, strings.TrimSuffix(d.Digest.String()+"/"+l.Annotations["org.opencontainers.image.title"], "/"))
	}
	p.referring(ctx, d.Digest, at)
}

// bundleType is what a manifest of a Sigstore bundle says of the statement in it.
// https://github.com/actions/attest/blob/main/src/attest.ts
const bundleType = "dev.sigstore.bundle.predicateType"

// maxStated is how much of a statement is read for its type.
const maxStated = 16 << 10

var (
	predicateType = lazy.New(`"predicateType"\s*:\s*"([^"\\]{1,300})"`)
	payload       = lazy.New(`"payload"\s*:\s*"([0-9A-Za-z+/_-]{16,})`)
)

// statedType is the predicateType of an in-toto statement that begins with head, or of
// one in a DSSE envelope, whose payload is base64:
//   - https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
//   - https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
func statedType(head []byte) string {
	if m := predicateType.FindSubmatch(head); m != nil {
		return string(m[1])
	}
	m := payload.FindSubmatch(head)
	if m == nil {
		return ""
	}
	text := bytes.Map(func(c rune) rune { // of both alphabets
		switch c {
		case '-':
			return '+'
		case '_':
			return '/'
		}
		return c
	}, m[1])
	text = text[:len(text)/4*4]
	inner := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, _ := base64.StdEncoding.Decode(inner, text)
	if m := predicateType.FindSubmatch(inner[:n]); m != nil {
		return string(m[1])
	}
	return ""
}

// kindOfReferrer says in a word what something is by its types.
func kindOfReferrer(types, otherwise string) string {
	types = strings.ToLower(types)
	for _, k := range []struct{ in, is string }{
		{"slsa.dev/provenance", "provenance"}, {"provenance", "provenance"}, {"spdx", "sbom"}, {"cyclonedx", "sbom"}, {"sbom", "sbom"},
		{"simplesigning", "signature"}, {"signature", "signature"}, {"cosign/sign", "signature"}, {"cosign attestation", "attestation"}, {"cosign.sigstore.dev", "attestation"}, {"in-toto", "attestation"},
	} {
		if strings.Contains(types, k.in) {
			return k.is
		}
	}
	return otherwise
}
