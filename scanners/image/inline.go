package image

import (
	"bytes"
	"context"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// inline is the content of what a descriptor describes, if that stands in the
// descriptor, and is that.
// https://github.com/opencontainers/image-spec/blob/main/descriptor.md
func inline(d v1.Descriptor) []byte {
	if len(d.Data) == 0 || int64(len(d.Data)) != d.Size || len(d.Data) > maxManifest {
		return nil
	}
	v := newVerified(bytes.NewReader(d.Data), d.Digest)
	if _, err := io.Copy(io.Discard, v); err != nil || v.sum == nil || v.check() != nil {
		return nil
	}
	return d.Data
}

// open opens a blob; if its store does not give it, what the manifest has of it.
func (p *part) open(ctx context.Context) (io.ReadCloser, error) {
	rc, err := p.store.open(ctx, p.blob)
	if err != nil && p.blob.inline != nil && ctx.Err() == nil {
		return io.NopCloser(bytes.NewReader(p.blob.inline)), nil
	}
	return rc, err
}
