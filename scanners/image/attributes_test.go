package image

import (
	"archive/tar"
	"bytes"
	"strings"
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

func TestTargetsOfLinks(t *testing.T) {
	data := tarOf(t, item{name: "etc/soft", kind: tar.TypeSymlink, link: "/run/user/1000/things/secret-soft"}, item{name: "etc/hard", kind: tar.TypeLink, link: "../../../a/b/c/d/e/f/secret-hard"}, item{name: "etc/fifo", kind: tar.TypeFifo, link: "/run/user/1000/things/secret-none"})
	got, cov := scanLayer(t, data)
	for word, want := range map[string]string{"secret-soft": "etc/soft!(link target)", "secret-hard": "etc/hard!(link target)"} {
		if len(got[word]) != 1 || !strings.Contains(got[word][0], want) {
			t.Errorf("%s is at %v, want %s", word, got[word], want)
		}
	}
	if len(cov.Skipped()) > 0 || len(got) != 2 {
		t.Errorf("found %v, skipped %s", got, reasons(cov))
	}
}

func TestTextsOutsideTheFilesOfALayerSayWhere(t *testing.T) {
	good := tarOf(t, item{name: "a", text: "secret-good"})
	for want, data := range map[string][]byte{
		"names and comments in the gzip header": named(t, "secret-x", good),
		"behind a damaged header":               append(bytes.Clone(good[:1024]), bytes.Repeat([]byte("secret-x\n"), 99)...),
		"after the end of the layer":            append(bytes.Clone(good), "secret-x"...),
	} {
		if got, _ := scanLayer(t, data); len(got["secret-x"]) == 0 || !strings.Contains(got["secret-x"][0], want) {
			t.Errorf("secret-x is at %v, want %s", got["secret-x"], want)
		}
	}
}
