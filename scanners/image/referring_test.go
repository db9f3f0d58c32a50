package image

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// TestReferrersReadOnce: what a list of an image on this machine names is read once, however
// often it is named and asked for.
func TestReferrersReadOnce(t *testing.T) {
	subject := v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", 1)}
	manifest := fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","size":2,"digest":"%s"},"layers":[],"subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":9,"digest":"%s"}}`, subject, subject)
	digest, _, err := v1.SHA256(bytes.NewReader(manifest))
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	l := &layoutStore{file: func(string) (io.ReadCloser, int64, error) {
		opened++
		return io.NopCloser(bytes.NewReader(manifest)), int64(len(manifest)), nil
	}}
	for range 1000 {
		l.list = append(l.list, v1.Descriptor{Digest: digest, Size: int64(len(manifest))})
	}
	for range 3 {
		found, err := l.referrers(t.Context(), subject)
		if err != nil || len(found) != 1 || found[0].Digest != digest {
			t.Fatalf("%d refer to it: %v", len(found), err)
		}
	}
	if opened != 1 {
		t.Errorf("it was opened %d times", opened)
	}
}
