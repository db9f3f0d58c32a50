package image

import (
	"archive/tar"
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

func TestAttributesOfEntries(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "etc/", Typeflag: tar.TypeDir, PAXRecords: map[string]string{"SCHILY.xattr.user.note": "secret-folder"}},
		{Name: "etc/a", Typeflag: tar.TypeReg, Size: 8, PAXRecords: map[string]string{"comment": "is secret-attribute"}},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	w.Write([]byte("secret-a"))
	w.Close()
	img, err := mutate.Append(imageOf(t, v1.Config{}), mutate.Addendum{
		Layer: rawLayer(b.Bytes(), bytesOf(b.Bytes()), mediaOf("")), MediaType: mediaOf(""), History: v1.History{CreatedBy: "COPY x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, cov := look(t, Options{Refs: []string{"oci-layout:" + layoutOf(t, img)}})
	want := map[string][]string{
		"secret-folder":    {"layer 1/1 etc!(attributes) (COPY x)"},
		"secret-attribute": {"layer 1/1 etc/a!(attributes) (COPY x)"},
		"secret-a":         {"layer 1/1 etc/a (COPY x)"},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(cov.Skipped()) > 0 {
		t.Errorf("-want +got:\n%s%v", diff, cov.Skipped())
	}
}
