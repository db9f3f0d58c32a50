package image

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
	"github.com/whosekey/whosekey/scanners/scannertest"
)

// attestation is a manifest whose blobs are statements, as BuildKit and cosign make
// them. Pairs are predicate type and text.
func attestation(t testing.TB, pairs ...string) v1.Image {
	t.Helper()
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	for i := 0; i < len(pairs); i += 2 {
		var err error
		img, err = mutate.Append(img, mutate.Addendum{
			Layer:       static.NewLayer([]byte(`{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"`+pairs[i]+`","predicate":{"args":{"build-arg:TOKEN":"`+pairs[i+1]+`"}}}`), "application/vnd.in-toto+json"),
			Annotations: map[string]string{"in-toto.io/predicate-type": pairs[i]}, MediaType: "application/vnd.in-toto+json",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return img
}

func annotated(img v1.Image, pairs map[string]string) v1.Image {
	return mutate.Annotations(img, pairs).(v1.Image)
}

func digest(t testing.TB, of interface{ Digest() (v1.Hash, error) }) v1.Hash {
	t.Helper()
	h, err := of.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func describe(t testing.TB, img v1.Image) v1.Descriptor {
	t.Helper()
	size, err := img.Size()
	if err != nil {
		t.Fatal(err)
	}
	media, _ := img.MediaType()
	return v1.Descriptor{MediaType: media, Size: size, Digest: digest(t, img)}
}

// around is the sample in an index for two platforms, with all that can be said
// about it.
func around(t testing.TB) (v1.ImageIndex, v1.Image) {
	img := annotated(sample(t), map[string]string{"org.example.key": "secret-annotation"})
	other := imageOf(t, v1.Config{Env: []string{"X=secret-arm"}}, built{by: "COPY x", how: "gzip", items: []item{{name: "arm", text: "secret-armfile"}}})
	att := attestation(t, "https://slsa.dev/provenance/v0.2", "secret-provenance", "https://spdx.dev/Document", "secret-sbom")
	index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex),
		mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}, Annotations: map[string]string{"d": "secret-descriptor"}}},
		mutate.IndexAddendum{Add: other, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}}},
		mutate.IndexAddendum{Add: att, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"}, Annotations: map[string]string{
			"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest(t, img).String(),
		}}})
	return mutate.Annotations(index, map[string]string{"i": "secret-index"}).(v1.ImageIndex), img
}

func TestWhatIsSaidAboutAnImageIsSearched(t *testing.T) {
	index, img := around(t)
	host := serve(t)
	pushIndex(t, host+"/acme/app:1", index)
	referrer := mutate.Subject(annotated(attestation(t, "https://example.com/x", "secret-referrer"), map[string]string{"r": "secret-refannotation"}), describe(t, img)).(v1.Image)
	push(t, host+"/acme/app@"+digest(t, referrer).String(), referrer)
	second := mutate.Subject(attestation(t, "https://cyclonedx.org/bom", "secret-ofreferrer"), describe(t, referrer)).(v1.Image)
	push(t, host+"/acme/app@"+digest(t, second).String(), second)
	push(t, host+"/acme/app:"+strings.Replace(digest(t, img).String(), ":", "-", 1)+".att", attestation(t, "cosign.sigstore.dev/attestation/v1", "secret-cosign"))

	all := maps.Clone(want)
	maps.Copy(all, map[string][]string{
		"secret-annotation": {"image annotations"}, "secret-descriptor": {"image annotations"}, "secret-index": {"image annotations"},
		"secret-provenance": {"image provenance"}, "secret-sbom": {"image sbom"}, "secret-referrer": {"image attestation"},
		"secret-refannotation": {"image annotations"}, "secret-ofreferrer": {"image sbom"}, "secret-cosign": {"image attestation"},
	})
	got, cov := look(t, Options{Refs: []string{host + "/acme/app:1"}})
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(all) < 29 {
		t.Errorf("only %d secrets are planted", len(all))
	}
	if gaps, left := cov.Skipped(), cov.LeftOut(); len(gaps) != 0 || len(left) != 1 || left[0].Reason != otherOne.reason {
		t.Errorf("skipped %v, left out %v", gaps, left)
	}
	got, _ = look(t, Options{Refs: []string{host + "/acme/app:1"}, Platform: "linux/arm64"})
	if len(got["secret-arm"]) != 1 || len(got["secret-armfile"]) != 1 || len(got["secret-kept"]) != 0 {
		t.Errorf("for linux/arm64: %v", got)
	}
	got, _ = look(t, Options{Refs: []string{host + "/acme/app:1"}, Platform: "all"})
	if len(got["secret-armfile"]) != 1 || len(got["secret-kept"]) != 1 {
		t.Errorf("for all platforms: %v", got)
	}
	s, _ := New(Options{Refs: []string{host + "/acme/app:1"}, Platform: "windows/amd64"})
	if _, _, err := search(t.Context(), t, s); err == nil || !strings.Contains(err.Error(), "no image for windows/amd64, but for linux/amd64, linux/arm64/v8") {
		t.Errorf("for a platform that is not there: %v", err)
	}
}

func TestLayersAreSearchedOnce(t *testing.T) {
	shared := built{by: "ADD base", how: "gzip", items: []item{{name: "base", text: "secret-shared"}}}
	host := serve(t)
	push(t, host+"/a:1", imageOf(t, v1.Config{}, shared, built{by: "COPY a", how: "gzip", items: []item{{name: "a", text: "secret-a"}}}))
	push(t, host+"/b:1", imageOf(t, v1.Config{}, shared, built{by: "COPY b", how: "gzip", items: []item{{name: ".wh.base"}}}))
	got, cov := look(t, Options{Refs: []string{host + "/a:1", host + "/b:1", host + "/b:1"}})
	if want := []string{"layer 1/2 base (ADD base)", "layer 1/2 base (ADD base) deleted in 2 (COPY b)"}; !cmp.Equal(got["secret-shared"], want) {
		t.Errorf("the shared layer's secret is at %v", got["secret-shared"])
	}
	if n := cov.Counts(); n["layers"] != 3 || n["images"] != 2 {
		t.Errorf("counts %v", n)
	}
}

func TestSkipBase(t *testing.T) {
	base := []built{{by: "ADD base", how: "gzip", items: []item{{name: "base", text: "secret-base"}}}, {by: "CMD [\"sh\"]", empty: true}}
	own := append(base, built{by: "COPY a", how: "gzip", items: []item{{name: "a", text: "secret-own"}}}, built{by: "CMD [\"/a\"]", empty: true})
	host := serve(t)
	push(t, host+"/base:1", imageOf(t, v1.Config{}, base...))
	push(t, host+"/own:1", imageOf(t, v1.Config{}, own...))
	push(t, host+"/says:1", imageOf(t, v1.Config{Labels: map[string]string{"org.opencontainers.image.base.name": host + "/base:1"}}, own[0], own[2]))
	push(t, host+"/none:1", imageOf(t, v1.Config{}, own[2], own[3]))
	for _, c := range []struct {
		ref, base string
		skipped   int64
	}{{"own", host + "/base:1", 1}, {"own", "auto", 1}, {"says", "auto", 1}, {"none", "auto", 0}, {"own", "", 0}} {
		got, cov := look(t, Options{Refs: []string{host + "/" + c.ref + ":1"}, SkipBase: c.base})
		left := int64(0)
		for _, g := range cov.LeftOut() {
			left += g.Count
		}
		if left != c.skipped || len(got["secret-own"]) != 1 || c.skipped == 1 && len(got["secret-base"]) != 0 {
			t.Errorf("%s without base %q: %v, left out %v", c.ref, c.base, got, cov.LeftOut())
		}
	}
	// What goes by before it is known whose it is is left out all the same.
	saved := filepath.Join(t.TempDir(), "saved.tar")
	if err := tarball.WriteToFile(saved, name.MustParseReference("acme/own:1"), imageOf(t, v1.Config{}, own...)); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(saved)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, _ := New(Options{Refs: []string{"docker-archive:-"}, SkipBase: "auto", Stdin: f})
	got, cov, err := search(t.Context(), t, s)
	if left := cov.LeftOut(); err != nil || len(got["secret-own"]) != 1 || len(got["secret-base"]) != 0 || len(left) != 1 || left[0].Reason != ofBase.reason {
		t.Errorf("an archive that goes by: %v, left out %v, error %v", got, left, err)
	}
	if seen := s.Searched(); len(seen) != 1 {
		t.Errorf("%d layers are remembered, want the one that is not left out", len(seen))
	}
	// A layer that one image has from its base can be another one's own.
	for _, refs := range [][]string{{"base", "own"}, {"own", "base"}} {
		got, cov := look(t, Options{Refs: []string{host + "/" + refs[0] + ":1", host + "/" + refs[1] + ":1"}, SkipBase: "auto"})
		if len(got["secret-base"]) != 1 || len(got["secret-own"]) != 1 || len(cov.LeftOut()) != 0 {
			t.Errorf("%v: %v, left out %v", refs, got, cov.LeftOut())
		}
	}
	s, _ = New(Options{Refs: []string{host + "/own:1"}, SkipBase: host + "/absent:1"})
	if _, _, err := search(t.Context(), t, s); err == nil || !strings.Contains(err.Error(), "the base image") {
		t.Errorf("a base image that is not there: %v", err)
	}
}

func TestArchivesInLayersAreSearched(t *testing.T) {
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	f, _ := w.Create("conf/a.properties")
	f.Write([]byte("key=secret-zipped\n"))
	w.Close()
	big := tarOf(t, item{name: "pad", text: strings.Repeat("x", 2<<20)}, item{name: "lib.jar", text: z.String()})
	img := imageOf(t, v1.Config{}, built{by: "COPY app", how: "gzip", items: []item{
		{name: "app.jar", text: z.String()}, {name: "big.tar", text: string(big)}, {name: "notes.gz", text: string(packed(t, "gzip", []byte("secret-gz")))},
	}})
	o := Options{Refs: []string{"oci-layout:" + layoutOf(t, img)}, Archives: archive.Defaults()}
	got, cov := look(t, o)
	want := map[string][]string{
		"secret-zipped": {"layer 1/1 app.jar!conf/a.properties (COPY app)", "layer 1/1 big.tar!lib.jar!conf/a.properties (COPY app)"},
		"secret-gz":     {"layer 1/1 notes.gz (COPY app)"},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(cov.Skipped()) > 0 {
		t.Errorf("skipped %v, -want +got:\n%s", cov.Skipped(), diff)
	}
}

func TestSourceKeepsTheContract(t *testing.T) {
	long := strings.Repeat("0123456789abcde\n", 200_000)
	img := imageOf(t, v1.Config{},
		built{how: "gzip", items: []item{{name: "dir", kind: tar.TypeDir}, {name: "a", text: "alpha"}, {name: "empty"}, {name: "long", text: long}, {name: "link", kind: tar.TypeSymlink, link: "/etc/passwd"}}},
		built{how: "zstd", items: []item{{name: "b", text: "beta"}}})
	dir := "oci-layout:" + layoutOf(t, img)
	first, err := New(Options{Refs: []string{dir}})
	if err == nil {
		_, err = first.Scan(t.Context(), 0, func(*leak.Chunk) error { return nil })
	}
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	config := first.parts[0].text
	scannertest.Accept(t, func() scanners.Source {
		s, err := New(Options{Refs: []string{dir}, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}, map[string][]byte{"": config, "a": []byte("alpha"), "long": []byte(long), "b": []byte("beta")})
}

func TestLabelsAreThoseOfTheImage(t *testing.T) {
	host := serve(t)
	push(t, host+"/a:1", imageOf(t, v1.Config{Labels: map[string]string{"maintainer": "secret-x", "org.opencontainers.image.source": "https://github.com/acme/api.git"}}, built{how: "gzip", items: []item{{name: "a", text: "a"}}}))
	s, _ := New(Options{Refs: []string{host + "/a:1"}})
	if _, _, err := search(t.Context(), t, s); err != nil {
		t.Fatal(err)
	}
	if got := s.Repository(); got != "acme/api" {
		t.Errorf("Repository() = %q", got)
	}
	at := s.images[0].ImagePlace
	if got := s.Labels(&leak.Location{Image: &at})["maintainer"]; got != "secret-x" {
		t.Errorf("Labels()[maintainer] = %q", got)
	}
}

func TestReferences(t *testing.T) {
	for arg, want := range map[string]string{
		"alpine": "docker.io/library/alpine:latest", "docker://acme/app:1": "docker.io/acme/app:1", "ghcr.io/acme/app": "ghcr.io/acme/app:latest",
		"docker-archive:/absent/x": "!", "oci-layout:/absent": "!", "./absent.tar": "!", "UPPER/case:x y": "!", "": "!",
	} {
		got, err := parseTarget(arg)
		switch {
		case want == "!" && err == nil:
			t.Errorf("parseTarget(%q) = %v", arg, got)
		case want != "!" && (err != nil || shownName(got.ref) != want):
			t.Errorf("parseTarget(%q) = %v, %v, want %s", arg, got.ref, err, want)
		}
	}
}
