package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/whosekey/whosekey/leak"
)

// TestCutArchive: what an archive that ends early has is searched, and the end is
// told.
func TestCutArchive(t *testing.T) {
	img := imageOf(t, v1.Config{Env: []string{"T=secret-config"}}, built{by: "x", items: []item{{name: "x", text: "secret-first" + strings.Repeat(" ", 9000)}}},
		built{by: "y", items: []item{{name: "y", text: "secret-second" + strings.Repeat(" ", 9000)}}})
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	// The manifest comes first, as some programs write it.
	files := map[string][]byte{}
	data, _ := os.ReadFile(saveTo(t, img))
	for tr := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := tr.Next()
		if err != nil {
			break
		}
		files[h.Name], _ = io.ReadAll(tr)
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	order := []string{"manifest.json", m.Config.Digest.String()}
	for name := range files {
		if name != order[0] && name != order[1] {
			order = append(order, name)
		}
	}
	for _, name := range order {
		w.WriteHeader(&tar.Header{Name: name, Size: int64(len(files[name])), Mode: 0o644, Typeflag: tar.TypeReg})
		w.Write(files[name])
	}
	w.Close()
	file := filepath.Join(t.TempDir(), "cut.tar")
	os.WriteFile(file, out.Bytes()[:out.Len()-2048-100], 0o600)
	got, cov := look(t, Options{Refs: []string{"docker-archive:" + file}})
	if len(got["secret-config"]) == 0 || len(got["secret-first"])+len(got["secret-second"]) == 0 || !strings.Contains(reasons(cov), cutOff.reason) {
		t.Errorf("found %v, skipped %s", got, reasons(cov))
	}
}

// TestDamagedInTheMiddle: what stands before the damage is searched.
func TestDamagedInTheMiddle(t *testing.T) {
	img := imageOf(t, v1.Config{}, built{by: "x", items: []item{{name: "x", text: "secret-first" + strings.Repeat(" ", 9000)}}},
		built{by: "y", items: []item{{name: "y", text: "secret-second" + strings.Repeat(" ", 9000)}}})
	data, _ := os.ReadFile(saveTo(t, img))
	in := bytes.NewReader(data)
	tr, n := tar.NewReader(in), 0
	for ; n < 3; n++ { // the configuration and two layers
		if _, err := tr.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.Copy(io.Discard, tr); err != nil {
		t.Fatal(err)
	}
	at := (len(data) - in.Len() + 511) / 512 * 512
	copy(data[at:], "no header at all")
	file := filepath.Join(t.TempDir(), "damaged.tar")
	os.WriteFile(file, data, 0o600)
	for name, o := range map[string]Options{"file": {Refs: []string{file}}, "stdin": {Refs: []string{"docker-archive:-"}, Stdin: bytes.NewReader(data)}} {
		got, cov := look(t, o)
		if len(got["secret-first"]) != 1 || len(got["secret-second"]) != 1 || !strings.Contains(reasons(cov), cutOff.reason) {
			t.Errorf("%s: found %v, skipped %s", name, got, reasons(cov))
		}
	}
}

// TestCutBeforeTheManifest: an archive that ends before it says which layers are whose.
func TestCutBeforeTheManifest(t *testing.T) {
	img := imageOf(t, v1.Config{Env: []string{"T=secret-config"}}, built{by: "x", items: []item{{name: "x", text: "secret-first" + strings.Repeat(" ", 9000)}}},
		built{by: "y", items: []item{{name: "y", text: "secret-second" + strings.Repeat(" ", 9000)}}})
	data, _ := os.ReadFile(saveTo(t, img))
	type file struct {
		name string
		text []byte
	}
	var files []file
	for tr := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := tr.Next()
		if err != nil {
			break
		}
		text, _ := io.ReadAll(tr)
		if h.Name != "manifest.json" {
			files = append(files, file{h.Name, text})
		}
	}
	for how, rename := range map[string]func(string) string{
		"by digests": func(name string) string { return name },
		"by folders": func(name string) string {
			if strings.HasSuffix(name, ".tar.gz") {
				return strings.TrimSuffix(name, ".tar.gz") + "/layer.tar"
			}
			return name
		},
	} {
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		for _, f := range files {
			w.WriteHeader(&tar.Header{Name: rename(f.name), Size: int64(len(f.text)), Mode: 0o644, Typeflag: tar.TypeReg})
			w.Write(f.text)
		}
		w.Flush()
		w.WriteHeader(&tar.Header{Name: "manifest.json", Size: 5000, Mode: 0o644, Typeflag: tar.TypeReg})
		w.Write([]byte("["))
		whole := out.Bytes()
		for end, b := range map[string][]byte{"in a file": whole, "between files": whole[:len(whole)-513]} {
			plain, packed := filepath.Join(t.TempDir(), "cut.tar"), filepath.Join(t.TempDir(), "cut.tar.gz")
			os.WriteFile(plain, b, 0o600)
			var z bytes.Buffer
			gz := gzip.NewWriter(&z)
			gz.Write(b)
			gz.Close()
			os.WriteFile(packed, z.Bytes(), 0o600)
			for name, o := range map[string]Options{"file": {Refs: []string{"docker-archive:" + plain}}, "gzip": {Refs: []string{packed}}, "stdin": {Refs: []string{"docker-archive:-"}, Stdin: bytes.NewReader(b)}} {
				got, cov := look(t, o)
				if len(got["secret-config"]) != 1 || len(got["secret-first"]) != 1 || len(got["secret-second"]) != 1 || strings.Count(reasons(cov), cutOff.reason)+strings.Count(reasons(cov), noList.reason) != 1 {
					t.Errorf("%s, %s, %s: found %v, skipped %s", how, end, name, got, reasons(cov))
				}
			}
		}
	}
}

// TestWrongDiffID: what a layer unpacks to is what the configuration says, however it
// is packed and wherever it comes from.
func TestWrongDiffID(t *testing.T) {
	for _, how := range []string{"", "gzip", "zstd"} {
		good := imageOf(t, v1.Config{}, built{by: "x", how: how, items: []item{{name: "x", text: "secret-x"}}})
		config, _ := good.ConfigFile()
		config = config.DeepCopy()
		config.RootFS.DiffIDs[0].Hex = strings.Repeat("2", 64)
		bad := &liar{good, config}
		host := serve(t)
		push(t, host+"/bad:1", bad)
		oci, saved := archiveOf(t, layoutOf(t, bad)), saveTo(t, bad)
		for name, o := range map[string]Options{
			"layout": {Refs: []string{"oci-layout:" + layoutOf(t, bad)}}, "archive": {Refs: []string{"oci-archive:" + oci}}, "docker": {Refs: []string{"docker-archive:" + saved}},
			"registry": {Refs: []string{host + "/bad:1"}}, "stream": {Refs: []string{"docker-archive:-"}, Stdin: opened(t, saved)}, "stream of a layout": {Refs: []string{"oci-archive:-"}, Stdin: opened(t, oci)},
			"after a good one": {Refs: []string{"oci-layout:" + layoutOf(t, good), host + "/bad:1"}},
		} {
			got, cov := look(t, o)
			if len(got["secret-x"]) == 0 || !strings.Contains(reasons(cov), wrongDigest.reason) {
				t.Errorf("%q, %s: found %v, skipped %s", how, name, got, reasons(cov))
			}
		}
		for name, o := range map[string]Options{"layout": {Refs: []string{"oci-layout:" + layoutOf(t, good)}}, "stream": {Refs: []string{"docker-archive:-"}, Stdin: opened(t, saveTo(t, good))}} {
			if got, cov := look(t, o); len(got["secret-x"]) != 1 || reasons(cov) != "" {
				t.Errorf("%q, a good one, %s: found %v, skipped %s", how, name, got, reasons(cov))
			}
		}
	}
}

func opened(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// liar is an image with another configuration.
type liar struct {
	v1.Image
	config *v1.ConfigFile
}

func (l *liar) ConfigFile() (*v1.ConfigFile, error) { return l.config, nil }
func (l *liar) RawConfigFile() ([]byte, error)      { return json.Marshal(l.config) }
func (l *liar) ConfigName() (v1.Hash, error) {
	h, _, err := v1.SHA256(bytes.NewReader(l.raw()))
	return h, err
}
func (l *liar) Digest() (v1.Hash, error) {
	raw, _ := l.RawManifest()
	h, _, err := v1.SHA256(bytes.NewReader(raw))
	return h, err
}
func (l *liar) Size() (int64, error) { raw, err := l.RawManifest(); return int64(len(raw)), err }
func (l *liar) raw() []byte          { raw, _ := l.RawConfigFile(); return raw }
func (l *liar) RawManifest() ([]byte, error) {
	m, err := l.Manifest()
	if err != nil {
		return nil, err
	}
	return json.Marshal(m)
}
func (l *liar) Manifest() (*v1.Manifest, error) {
	m, err := l.Image.Manifest()
	if err != nil {
		return nil, err
	}
	m = m.DeepCopy()
	m.Config.Digest, _ = l.ConfigName()
	m.Config.Size = int64(len(l.raw()))
	return m, nil
}

// TestListInAList: builders write layouts of which index.json lists a list.
func TestListInAList(t *testing.T) {
	image := func(arch, text string) mutate.IndexAddendum {
		return mutate.IndexAddendum{Add: imageOf(t, v1.Config{}, built{by: "x", items: []item{{name: "x", text: text}}}),
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}}
	}
	index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), image("amd64", "secret-amd"), image("arm64", "secret-arm"))
	dir := t.TempDir()
	l, err := layout.Write(dir, empty.Index)
	if err == nil {
		err = l.AppendIndex(index)
	}
	if err != nil {
		t.Fatal(err)
	}
	for platform, want := range map[string]string{"": "secret-amd", "linux/arm64": "secret-arm"} {
		if got, cov := look(t, Options{Refs: []string{"oci-layout:" + dir}, Platform: platform}); len(got) != 1 || len(got[want]) != 1 {
			t.Errorf("%q: found %v, skipped %s", platform, got, reasons(cov))
		}
	}
}

// relay answers as the registry at a host does.
func relay(w http.ResponseWriter, r *http.Request, host string) {
	r.URL.Scheme, r.URL.Host, r.RequestURI = "http", host, ""
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.WriteHeader(500)
		return
	}
	defer resp.Body.Close()
	w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	w.WriteHeader(resp.StatusCode)
	io.Copy(w, resp.Body)
}

// TestReferrersInPages: the list of what refers to an image comes in pages.
func TestReferrersInPages(t *testing.T) {
	host := serve(t)
	push(t, host+"/x:1", imageOf(t, v1.Config{}, built{by: "x", items: []item{{name: "x", text: "x"}}}))
	about := imageOf(t, v1.Config{}, built{by: "x", items: []item{{name: "x", text: "secret-about"}}})
	push(t, host+"/x:about", about)
	digest, _ := about.Digest()
	size, _ := about.Size()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/referrers/") || strings.Contains(r.URL.Path, digest.Hex) {
			relay(w, r, host)
			return
		}
		w.Header().Set("Content-Type", string(types.OCIImageIndex))
		if r.URL.Query().Get("last") == "" {
			w.Header().Set("Link", `<`+r.URL.Path+`?last=1>; rel="next"`)
			io.WriteString(w, `{"manifests":[]}`)
			return
		}
		fmt.Fprintf(w, `{"manifests":[{"mediaType":%q,"digest":%q,"size":%d}]}`, types.OCIManifestSchema1, digest, size)
	}))
	defer s.Close()
	if got, cov := look(t, Options{Refs: []string{strings.TrimPrefix(s.URL, "http://") + "/x:1"}}); len(got["secret-about"]) != 1 {
		t.Errorf("found %v, skipped %s", got, reasons(cov))
	}
}

// TestImageOfAnArchive: of an archive of two images the one that is named.
func TestImageOfAnArchive(t *testing.T) {
	one := imageOf(t, v1.Config{}, built{by: "x", items: []item{{name: "x", text: "secret-first"}}})
	two := imageOf(t, v1.Config{}, built{by: "y", items: []item{{name: "y", text: "secret-second"}}})
	saved := filepath.Join(t.TempDir(), "two:1.tar")
	refs := map[name.Reference]v1.Image{name.MustParseReference("acme/one:1"): one, name.MustParseReference("localhost:5000/two:2"): two}
	if err := tarball.MultiRefWriteToFile(saved, refs); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	lay, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	lay.AppendImage(one, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": "1"}))
	lay.AppendImage(two, layout.WithAnnotations(map[string]string{"io.containerd.image.name": "localhost:5000/two:2"}))
	oci := archiveOf(t, dir)
	for ref, want := range map[string]string{
		"docker-archive:" + saved:                           "first second",
		"docker-archive:" + saved + ":acme/one:1":           "first",
		"docker-archive:" + saved + ":docker.io/acme/one:1": "first",
		"docker-archive:" + saved + ":localhost:5000/two:2": "second",
		"docker-archive:" + saved + ":acme/one":             "",
		"docker-archive:" + saved + ":@2":                   "",
		"oci-layout:" + dir + ":1":                          "first",
		"oci:" + dir + ":localhost:5000/two:2":              "second",
		"oci-layout:" + dir + ":3":                          "",
		"oci-archive:" + oci + ":1":                         "first",
		"oci-archive:" + oci + ":@1":                        "second",
	} {
		s, err := New(Options{Refs: []string{ref}, Workers: 1})
		if err != nil {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		var mu sync.Mutex
		found := map[string]bool{}
		_, err = s.Scan(t.Context(), 100, func(c *leak.Chunk) error {
			mu.Lock()
			defer mu.Unlock()
			for _, w := range []string{"first", "second"} {
				if bytes.Contains(c.Data, []byte("secret-"+w)) {
					found[w] = true
				}
			}
			return nil
		})
		got := strings.Join(slices.Sorted(maps.Keys(found)), " ")
		if got != want || (err != nil) != (want == "") || err != nil && !strings.Contains(err.Error(), "it has no image") {
			t.Errorf("%s: found %q, want %q, %v", ref, got, want, err)
		}
		s.Close()
	}
	if _, err := parseTarget("docker-archive:" + saved + "x:acme/one:1"); err == nil {
		t.Error("a file that is not there")
	}
	if _, err := parseTarget("-"); err == nil || !strings.Contains(err.Error(), "docker-archive:-") {
		t.Errorf("standard input without a prefix: %v", err)
	}
}
