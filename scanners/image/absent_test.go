package image

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// TestAbsentBlobs: to run it again does not bring a blob back.
func TestAbsentBlobs(t *testing.T) {
	img := imageOf(t, v1.Config{}, built{by: "x", items: []item{{name: "x", text: "x"}}})
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(blob string) error{
		"has no":             os.Remove,
		"is no regular file": func(blob string) error { return os.Rename(blob, blob+"-") },
	} {
		dir := layoutOf(t, img)
		blob := filepath.Join(dir, "blobs", "sha256", m.Layers[0].Digest.Hex)
		if err := spoil(blob); err != nil {
			t.Fatal(err)
		}
		if what == "is no regular file" {
			if err := os.Symlink(blob+"-", blob); err != nil {
				t.Skip(err)
			}
		}
		refs := []string{"oci-layout:" + dir}
		if what == "has no" {
			refs = append(refs, "oci-archive:"+archiveOf(t, dir))
		}
		for _, ref := range refs {
			_, cov := look(t, Options{Refs: []string{ref}})
			for _, g := range cov.Skipped() {
				if !strings.Contains(g.Reason, what) || !strings.Contains(g.Fix, "copy it again") {
					t.Errorf("%s: %s: %s", ref, g.Reason, g.Fix)
				}
			}
			if len(cov.Skipped()) != 1 {
				t.Errorf("%s: skipped %s", ref, reasons(cov))
			}
		}
	}
}
