package image

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/whosekey/whosekey/scanners"
)

// forArch is an image with one file, and what its index says of it.
func forArch(t testing.TB, arch string) mutate.IndexAddendum {
	img := imageOf(t, v1.Config{Env: []string{"X=secret-" + arch + "env"}}, built{by: "COPY x", how: "gzip", items: []item{{name: "x", text: "secret-" + arch}}})
	c, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c = c.DeepCopy()
	c.Architecture = arch
	if img, err = mutate.ConfigFile(img, c); err != nil {
		t.Fatal(err)
	}
	return mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}}
}

// savedItem is what manifest.json has of an image.
func savedItem(t testing.TB, img v1.Image, names ...string) saved {
	t.Helper()
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	s := saved{Config: blobPath(m.Config.Digest), RepoTags: names}
	for _, l := range m.Layers {
		s.Layers = append(s.Layers, blobPath(l.Digest))
	}
	return s
}

// bothOf writes what docker save does since Docker 25: a layout with a manifest.json.
// gone are blobs that the daemon did not have.
func bothOf(t testing.TB, index v1.ImageIndex, gone []v1.Hash, list ...saved) []byte {
	t.Helper()
	dir := t.TempDir()
	l, err := layout.Write(dir, empty.Index)
	if err == nil {
		err = l.AppendIndex(index, layout.WithAnnotations(map[string]string{"io.containerd.image.name": "docker.io/acme/app:1", "org.opencontainers.image.ref.name": "1"}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return withList(t, dir, gone, list)
}

func withList(t testing.TB, dir string, gone []v1.Hash, list []saved) []byte {
	t.Helper()
	for _, h := range gone {
		if err := os.Remove(filepath.Join(dir, blobPath(h))); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := json.Marshal(list)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "manifest.json"), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(archiveOf(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// blobsIn are the manifest, the configuration and the layers of an image.
func blobsIn(t testing.TB, img v1.Image) []v1.Hash {
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	out := []v1.Hash{digest(t, img), m.Config.Digest}
	for _, l := range m.Layers {
		out = append(out, l.Digest)
	}
	return out
}

// allWays are the ways in which an archive can be named.
func allWays(t *testing.T, data []byte) map[string]func() Options {
	t.Helper()
	file, gz := filepath.Join(t.TempDir(), "x.tar"), filepath.Join(t.TempDir(), "x.tar.gz")
	os.WriteFile(file, data, 0o600)
	os.WriteFile(gz, packed(t, "gzip", data), 0o600)
	serveDaemon(t, "acme/app:1", data)
	ref := func(ref string) func() Options { return func() Options { return Options{Refs: []string{ref}} } }
	return map[string]func() Options{
		"file": ref(file), "gzip": ref(gz), "daemon": ref("docker-daemon:acme/app:1"), "by name": ref("docker-archive:" + file + ":acme/app:1"),
		"stdin": func() Options {
			return Options{Refs: []string{"docker-archive:-"}, Stdin: bytes.NewReader(data)}
		},
	}
}

func words(found map[string][]string) []string { return slices.Sorted(maps.Keys(found)) }

func leftOut(cov *scanners.Coverage) (out []string) {
	for _, g := range cov.LeftOut() {
		out = append(out, g.Reason)
	}
	return out
}

// TestSavedWithALayout: what docker save has written since Docker 25 is searched as the
// layout that it is, and nothing twice.
func TestSavedWithALayout(t *testing.T) {
	amd, arm := forArch(t, "amd64"), forArch(t, "arm64")
	amd.Annotations = map[string]string{"d": "secret-descriptor"}
	att := attestation(t, "https://slsa.dev/provenance/v0.2", "secret-provenance", "https://spdx.dev/Document", "secret-sbom")
	index := mutate.Annotations(mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), amd, arm,
		mutate.IndexAddendum{Add: att, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"}, Annotations: map[string]string{
			"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest(t, amd.Add.(v1.Image)).String(),
		}}}), map[string]string{"i": "secret-index"}).(v1.ImageIndex)
	own := []string{"secret-amd64", "secret-amd64env", "secret-descriptor", "secret-index", "secret-provenance", "secret-sbom"}
	other := []string{"secret-arm64", "secret-arm64env"}
	data := bothOf(t, index, nil, savedItem(t, amd.Add.(v1.Image), "acme/app:1"))
	for how, options := range allWays(t, data) {
		for platform, want := range map[string]struct {
			words []string
			left  int
		}{"": {own, 1}, "linux/amd64": {own, 1}, "all": {slices.Concat(own, other), 0}, "linux/arm64": {append([]string{"secret-index"}, other...), 1}} {
			o := options()
			o.Platform = platform
			got, cov := look(t, o)
			slices.Sort(want.words)
			if diff := cmp.Diff(want.words, words(got)); diff != "" || reasons(cov) != "" || len(cov.LeftOut()) != want.left {
				t.Errorf("%s, %q: skipped %q, left out %v, -want +got:\n%s", how, platform, reasons(cov), cov.LeftOut(), diff)
			}
			for word, at := range got {
				if len(at) != 1 {
					t.Errorf("%s, %q: %s is at %v", how, platform, word, at)
				}
			}
		}
		o := options()
		o.Platform = "windows/amd64"
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := search(t.Context(), t, s); err == nil || !strings.Contains(err.Error(), "no image for windows/amd64, but for linux/amd64, linux/arm64") {
			t.Errorf("%s: for a platform that is not there: %v", how, err)
		}
		s.Close()
	}
}

// TestSavedInPart: a daemon lists images that it does not have; and its manifest.json may
// be of another platform than the usual.
func TestSavedInPart(t *testing.T) {
	amd, arm := forArch(t, "amd64"), forArch(t, "arm64")
	index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), amd, arm)
	item := savedItem(t, arm.Add.(v1.Image), "acme/app:1")
	gone := blobsIn(t, amd.Add.(v1.Image))
	for name, c := range map[string]struct {
		gone []v1.Hash
		want []string
		left []string
	}{
		"all of it":        {gone, []string{"secret-arm64", "secret-arm64env"}, []string{notSaved.reason}},
		"but its manifest": {gone[1:], []string{"secret-arm64", "secret-arm64env"}, []string{notSaved.reason}},
		"nothing":          {nil, []string{"secret-amd64", "secret-amd64env", "secret-arm64", "secret-arm64env"}, nil},
	} {
		data := bothOf(t, index, c.gone, item)
		for how, options := range allWays(t, data) {
			got, cov := look(t, options())
			if !slices.Equal(words(got), c.want) || reasons(cov) != "" || !slices.Equal(leftOut(cov), c.left) {
				t.Errorf("%s, %s: found %v, skipped %q, left out %v", name, how, words(got), reasons(cov), cov.LeftOut())
			}
			if len(c.gone) == 0 {
				continue
			}
			o := options()
			o.Platform = "all"
			if got, cov := look(t, o); !slices.Equal(words(got), c.want) || reasons(cov) == "" {
				t.Errorf("%s, %s, all: found %v, skipped %q", name, how, words(got), reasons(cov))
			}
		}
	}
	// A layer that is missing is no image that is missing.
	data := bothOf(t, index, gone[2:], item)
	for how, options := range allWays(t, data) {
		if got, cov := look(t, options()); len(got["secret-amd64env"]) != 1 || reasons(cov) == "" {
			t.Errorf("%s: found %v, skipped %q", how, words(got), reasons(cov))
		}
	}
}

// TestSavedListHasMore: what only manifest.json has is searched: layers of an image of
// which the manifest lists none, and another image.
func TestSavedListHasMore(t *testing.T) {
	first, second := forArch(t, "amd64").Add.(v1.Image), forArch(t, "arm64").Add.(v1.Image)
	dir := layoutOf(t, first)
	l, err := layout.FromPath(dir)
	if err == nil {
		err = l.WriteImage(second)
	}
	m, _ := first.Manifest()
	m = m.DeepCopy()
	m.Layers = []v1.Descriptor{}
	raw, _ := json.Marshal(m)
	h, size, _ := v1.SHA256(bytes.NewReader(raw))
	if err == nil {
		err = l.WriteBlob(h, io.NopCloser(bytes.NewReader(raw)))
	}
	if err == nil {
		err = l.RemoveDescriptors(func(v1.Descriptor) bool { return true })
	}
	if err == nil {
		err = l.AppendDescriptor(v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: h, Size: size, Annotations: map[string]string{"io.containerd.image.name": "docker.io/acme/app:1"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	data := withList(t, dir, nil, []saved{savedItem(t, first, "acme/app:1"), savedItem(t, second, "acme/two:1")})
	for how, options := range allWays(t, data) {
		want := []string{"secret-amd64", "secret-amd64env", "secret-arm64", "secret-arm64env"}
		if how == "by name" {
			want = want[:2]
		}
		got, cov := look(t, options())
		if !slices.Equal(words(got), want) || reasons(cov) != "" || cov.Counts()["images"] != int64(len(want)/2) || len(cov.LeftOut()) != 0 {
			t.Errorf("%s: found %v, skipped %q, left out %v, counts %v", how, words(got), reasons(cov), cov.LeftOut(), cov.Counts())
		}
		for word, at := range got {
			if len(at) != 1 || !strings.Contains(at[0], "1/1 x") && !strings.Contains(at[0], "Env") {
				t.Errorf("%s: %s is at %v", how, word, at)
			}
		}
	}
}

// TestPlatformOfOneImage: of an image that no index describes, its configuration says for
// which platform it is.
func TestPlatformOfOneImage(t *testing.T) {
	img := forArch(t, "amd64").Add.(v1.Image)
	host := serve(t)
	push(t, host+"/x:1", img)
	saved := saveTo(t, img)
	for how, options := range map[string]func() Options{
		"registry": func() Options { return Options{Refs: []string{host + "/x:1"}} },
		"layout":   func() Options { return Options{Refs: []string{"oci-layout:" + layoutOf(t, img)}} },
		"saved":    func() Options { return Options{Refs: []string{saved}} },
		"stdin": func() Options {
			return Options{Refs: []string{"docker-archive:-"}, Stdin: opened(t, saved)}
		},
	} {
		for _, platform := range []string{"", "all", "linux/amd64"} {
			o := options()
			o.Platform = platform
			if got, cov := look(t, o); len(got["secret-amd64"]) != 1 || len(got["secret-amd64env"]) != 1 || reasons(cov) != "" {
				t.Errorf("%s, %q: found %v, skipped %q", how, platform, words(got), reasons(cov))
			}
		}
		o := options()
		o.Platform = "linux/arm64"
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := search(t.Context(), t, s); err == nil || !strings.Contains(err.Error(), "no image for linux/arm64, but for linux/amd64") {
			t.Errorf("%s: %v, found %v", how, err, words(got))
		}
		s.Close()
	}
}
