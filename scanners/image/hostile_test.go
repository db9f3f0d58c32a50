package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// layoutWith is a layout of an image with one layer that is stored as it is.
func layoutWith(t testing.TB, data []byte) string {
	t.Helper()
	img := imageOf(t, v1.Config{}, built{by: "x", items: []item{{name: "x", text: "x"}}})
	dir := layoutOf(t, img)
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "blobs", "sha256", m.Layers[0].Digest.Hex), data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// scanLayer searches an image with one layer, the way it is given.
func scanLayer(t testing.TB, data []byte) (map[string][]string, *scanners.Coverage) {
	t.Helper()
	host := serve(t)
	img, err := layerImage(data)
	if err != nil {
		t.Fatal(err)
	}
	push(t, host+"/x:1", img)
	return look(t, Options{Refs: []string{host + "/x:1"}, Workers: 1})
}

func reasons(cov *scanners.Coverage) string {
	var out []string
	for _, g := range cov.Skipped() {
		out = append(out, g.Reason)
	}
	return strings.Join(out, "; ")
}

// named is gzip with the name of a file.
func named(t testing.TB, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Name = name
	z.Write(data)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDamagedLayersAreTold(t *testing.T) {
	good := tarOf(t, item{name: "a", text: "secret-good"}, item{name: "b", text: strings.Repeat("b", 5000)})
	bomb := func() []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		w.WriteHeader(&tar.Header{Name: "zeros", Size: 3 << 30, Mode: 0o644, Typeflag: tar.TypeReg})
		zeros := make([]byte, 1<<20)
		var out bytes.Buffer
		z := gzipTo(&out)
		z.Write(b.Bytes())
		for range 3 << 10 {
			z.Write(zeros)
		}
		z.Close()
		return out.Bytes()
	}
	pax := func() []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		w.WriteHeader(&tar.Header{Name: "short", Size: 5, Mode: 0o644, PAXRecords: map[string]string{"SCHILY.xattr.user.x": "y", "path": "../../../etc/passwd"}})
		io.WriteString(w, "hello")
		w.WriteHeader(&tar.Header{Name: "after", Size: 10, Mode: 0o644})
		io.WriteString(w, "secret-pax")
		w.Close()
		return b.Bytes()
	}
	long := named(t, strings.Repeat("x", 2<<20), good)
	header := func(size int64, pax map[string]string, text string) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		w.WriteHeader(&tar.Header{Name: "cut", Mode: 0o644, Size: size, Typeflag: tar.TypeReg, PAXRecords: pax})
		return append(b.Bytes(), text...)
	}
	lie := bytes.Replace(header(8, map[string]string{"comment": "=12345678901234"}, "12345678"), []byte("25 comment=="), []byte("25 size=-123"), 1)
	filler := strings.Repeat("some text\n", 20)
	for name, c := range map[string]struct {
		data   []byte
		found  string
		reason string // part of the gap's; "" for none
	}{
		"truncated tar":              {good[:len(good)-3000], "secret-good", "layer that could not be read to its end"},
		"bad header":                 {append(bytes.Clone(good[:1024]), bytes.Repeat([]byte("x"), 2048)...), "secret-good", "damaged"},
		"short file at the cut end":  {append(bytes.Clone(good[:1024]), header(20<<20, nil, filler+"secret-cut")...), "secret-cut", "layer that could not be read to its end"},
		"longer file at the cut end": {append(bytes.Clone(good[:1024]), header(20<<20, nil, strings.Repeat(filler, 9000)+"secret-cut")...), "secret-cut", "layer that could not be read to its end"},
		"picture at the cut end":     {append(bytes.Clone(good[:1024]), header(2<<20, nil, "\x00"+strings.Repeat(filler, 9000)+"secret-cut")...), "secret-cut", "layer that could not be read to its end"},
		"cut header":                 {append(bytes.Clone(good[:1024]), "name secret-cut"...), "secret-cut", "layer that could not be read to its end"},
		"behind a bad header":        {append(bytes.Clone(good[:1024]), strings.Repeat(filler, 9)+"secret-lost\n"+strings.Repeat(filler, 9)...), "secret-lost", "damaged"},
		"in a bad header":            {append(bytes.Clone(good[:1024]), "secret-lost\n"+strings.Repeat(filler, 9)...), "secret-lost", "damaged"},
		"size in PAX":                {append(bytes.Clone(lie), strings.Repeat(filler, 9)+"secret-lost\n"+strings.Repeat(filler, 9)...), "secret-lost", "damaged"},
		"truncated gzip":             {packed(t, "gzip", good)[:60], "", "could not be read to its end"},
		"bomb":                       {bomb(), "", "unpacks to more than"},
		"no archive":                 {[]byte("just text with secret-text in it"), "secret-text", ""},
		"empty":                      {nil, "", ""},
		"path in PAX":                {pax(), "secret-pax", ""},
		"behind the end":             {append(bytes.Clone(good), "secret-behind"...), "secret-behind", ""},
		"two members":                {append(packed(t, "gzip", good[:1024]), packed(t, "gzip", good[1024:])...), "secret-good", ""},
		"name in gzip":               {named(t, "secret-name", good), "secret-name", ""},
		"name in gzip of no archive": {named(t, "secret-name", []byte("text")), "secret-name", ""},
		"long comment":               {long, "secret-good", "more than 1 MiB of names"},
		"devices and links": {tarOf(t, item{name: "d", kind: tar.TypeBlock}, item{name: "f", kind: tar.TypeFifo}, item{name: "l", kind: tar.TypeSymlink, link: "/etc/shadow"},
			item{name: "h", kind: tar.TypeLink, link: "../../../etc/shadow"}, item{name: "l/in", text: "secret-in"}), "secret-in", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, cov := scanLayer(t, c.data)
			if c.found != "" && len(got[c.found]) != 1 {
				t.Errorf("%s is at %v", c.found, got[c.found])
			}
			if r := reasons(cov); !strings.Contains(r, c.reason) || c.reason == "" && r != "" {
				t.Errorf("skipped: %q, want %q", r, c.reason)
			}
		})
	}
}

func TestHolesAreNotRead(t *testing.T) {
	data := sparseTar(t, 1<<40)
	began := time.Now()
	got, cov := scanLayer(t, data)
	if len(got["secret-behindhole"]) != 1 || !strings.Contains(reasons(cov), manyHoles.reason) {
		t.Errorf("found %v, skipped %s", got, reasons(cov))
	}
	t.Log(time.Since(began))
	if got, cov := scanLayer(t, sparseTar(t, 20<<30)); len(got["secret-hole"]) != 1 || reasons(cov) != "" {
		t.Errorf("behind a hole of 20 GiB: found %v, skipped %s", got, reasons(cov))
	}
}

func TestWrongDigestIsTold(t *testing.T) {
	for name, ref := range map[string]string{
		"layout":  "oci-layout:" + layoutWith(t, tarOf(t, item{name: "x", text: "secret-changed"})),
		"archive": "oci-archive:" + archiveOf(t, layoutWith(t, tarOf(t, item{name: "x", text: "secret-changed"}))),
	} {
		got, cov := look(t, Options{Refs: []string{ref}})
		if len(got["secret-changed"]) != 1 || !strings.Contains(reasons(cov), wrongDigest.reason) {
			t.Errorf("%s: found %v, skipped %s", name, got, reasons(cov))
		}
	}
	packedFile := filepath.Join(t.TempDir(), "x.tar.gz")
	data, _ := os.ReadFile(archiveOf(t, layoutWith(t, tarOf(t, item{name: "x", text: "secret-changed"}))))
	os.WriteFile(packedFile, packed(t, "gzip", data), 0o600)
	if _, cov := look(t, Options{Refs: []string{packedFile}}); !strings.Contains(reasons(cov), wrongDigest.reason) {
		t.Errorf("stream: skipped %s", reasons(cov))
	}
}

// TestBadRegistries has registries that do what they should not. Each must end in an
// error, or in a gap, that says what is wrong.
func TestBadRegistries(t *testing.T) {
	oldPatience, oldStall := patience, stall
	patience, stall = 300*time.Millisecond, 300*time.Millisecond
	defer func() { patience, stall = oldPatience, oldStall }()
	img := imageOf(t, v1.Config{}, built{by: "x", how: "gzip", items: []item{{name: "x", text: strings.Repeat("secret-x ", 1000)}}})
	host := serve(t)
	push(t, host+"/x:1", img)
	m, _ := img.Manifest()
	layer := m.Layers[0].Digest.String()
	var broke atomic.Bool
	pass := func(w http.ResponseWriter, r *http.Request) { relay(w, r, host) }
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		want  string
	}{
		"html":       {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>log in</html>") }, "web page"},
		"404":        {func(w http.ResponseWriter, r *http.Request) { notIf(w, r, 404) }, "no such image"},
		"401":        {func(w http.ResponseWriter, r *http.Request) { notIf(w, r, 401) }, "wants a login"},
		"500":        {func(w http.ResponseWriter, r *http.Request) { notIf(w, r, 500) }, "answers 500"},
		"silent":     {func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timeout"},
		"token loop": {tokenLoop, "wants a login"},
		"token html": {tokenHTML, "web page"},
		"redirects":  {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, "redirects"},
		"a layer breaks off once": {func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, layer) && !broke.Swap(true) {
				w.Header().Set("Content-Length", "10000")
				w.Write([]byte{0x1f, 0x8b})
				panic(http.ErrAbortHandler)
			}
			pass(w, r)
		}, ""},
		"redirects of a manifest": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v2/" {
				http.Redirect(w, r, r.URL.Path, http.StatusFound)
			}
		}, "redirects more than"},
		"redirects of a layer": {func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, layer) {
				http.Redirect(w, r, r.URL.Path, http.StatusFound)
				return
			}
			pass(w, r)
		}, "redirects more than"},
		"html for the referrers": {func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/referrers/") {
				w.Header().Set("Content-Type", "text/html")
				io.WriteString(w, "<html>")
				return
			}
			pass(w, r)
		}, "web page"},
		"endless pages of referrers": {func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/referrers/") {
				w.Header().Set("Content-Type", string(types.OCIImageIndex))
				w.Header().Set("Link", `<`+r.URL.Path+`?n=1>; rel="next"`)
				io.WriteString(w, `{"manifests":[]}`)
				return
			}
			pass(w, r)
		}, "too many pages"},
		"http elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v2/" {
				return
			}
			http.Redirect(w, r, "http://registry.example/x", http.StatusFound)
		}, "plain http"},
		"stalls in a layer": {func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, layer) {
				pass(w, r)
				return
			}
			w.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff})
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "stopped sending"},
		"another layer": {func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, layer) {
				pass(w, r)
				return
			}
			w.Write(packed(t, "gzip", tarOf(t, item{name: "x", text: "secret-other"})))
		}, errDigest.Error()},
		"html for a layer": {func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, layer) {
				pass(w, r)
				return
			}
			io.WriteString(w, "<html>")
		}, errDigest.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(c.serve)
			defer s.Close()
			defer s.CloseClientConnections()
			src, err := New(Options{Refs: []string{strings.TrimPrefix(s.URL, "http://") + "/x:1"}})
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			src.net.backoff = remote.Backoff{Duration: time.Millisecond, Steps: 2}
			cov, err := src.Scan(t.Context(), 10, func(*leak.Chunk) error { return nil })
			said := reasons(cov)
			if err != nil {
				said = err.Error()
			}
			if wrong := strings.Contains(c.want, "digest"); wrong && !strings.Contains(said, wrongDigest.reason) || !wrong && !strings.Contains(said, c.want) || c.want == "" && said != "" {
				t.Errorf("it says %q, want %q", said, c.want)
			}
		})
	}
}

func notIf(w http.ResponseWriter, r *http.Request, code int) {
	if r.URL.Path != "/v2/" {
		w.WriteHeader(code)
	}
}

func tokenLoop(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/token") {
		io.WriteString(w, `{"token":"t"}`)
		return
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="x"`, r.Host))
	w.WriteHeader(401)
}

func tokenHTML(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/token") {
		io.WriteString(w, `<html>`)
		return
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="x"`, r.Host))
	w.WriteHeader(401)
}

func TestPlainHTTPIsForThisMachineOnly(t *testing.T) {
	s, err := New(Options{Refs: []string{"docker://10.1.2.3:5000/x:1"}})
	if err != nil {
		t.Fatal(err)
	}
	s.net.transport = &guard{next: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Scheme == "http" {
			t.Error("it asks over http")
		}
		return nil, io.ErrUnexpectedEOF
	})}
	s.net.backoff = remote.Backoff{Duration: time.Millisecond, Steps: 1}
	if _, err := s.Scan(t.Context(), 1, nil); err == nil || !strings.Contains(err.Error(), "plain http") && !strings.Contains(err.Error(), "EOF") {
		t.Errorf("Scan: %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestHostileLayouts(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "index.json")
	os.WriteFile(outside, []byte(`{"manifests":[]}`), 0o600)
	if err := os.Symlink(outside, filepath.Join(dir, "index.json")); err != nil {
		t.Skip(err)
	}
	s, _ := New(Options{Refs: []string{"oci-layout:" + dir}})
	if _, err := s.Scan(t.Context(), 1, nil); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a link out of the layout: %v", err)
	}
	for name, index := range map[string]string{
		"no JSON": "<html>", "no manifest": `{"manifests":[]}`, "absent": `{"manifests":[{"digest":"sha256:` + strings.Repeat("0", 64) + `","size":1,"mediaType":"` + string(types.OCIManifestSchema1) + `"}]}`,
		"bad digest": `{"manifests":[{"digest":"sha256:../../../etc/passwd","size":1}]}`, "array": `[]`, "deep": strings.Repeat(`{"manifests":[`, 20000),
	} {
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, "index.json"), []byte(index), 0o600)
		s, _ := New(Options{Refs: []string{"oci-layout:" + dir}})
		if _, err := s.Scan(t.Context(), 1, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestDamagedList: what a layout or archive has is searched if the list of its images
// cannot be read.
func TestDamagedList(t *testing.T) {
	for name, list := range map[string]string{"half": `{"schemaVersion":2,"manifests":[{"media`, "empty": "", "no JSON": "<html>", "none": "-"} {
		dir := layoutOf(t, imageOf(t, v1.Config{Env: []string{"T=secret-config"}}, built{by: "x", items: []item{{name: "x", text: "secret-x"}}}))
		index := filepath.Join(dir, "index.json")
		if os.Remove(index); list != "-" {
			os.WriteFile(index, []byte(list), 0o600)
		}
		file := archiveOf(t, dir)
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var z bytes.Buffer
		gz := gzip.NewWriter(&z)
		gz.Write(b)
		gz.Close()
		packed := filepath.Join(t.TempDir(), "a.tar.gz")
		os.WriteFile(packed, z.Bytes(), 0o600)
		for _, ref := range []string{"oci-layout:" + dir, "oci-archive:" + file, file, packed, "oci-archive:-"} {
			got, cov := look(t, Options{Refs: []string{ref}, Stdin: bytes.NewReader(b)})
			if len(got["secret-config"]) != 1 || len(got["secret-x"]) != 1 || strings.Count(reasons(cov), noList.reason) != 1 {
				t.Errorf("%s: %s: found %v, skipped %s", name, ref, got, reasons(cov))
			}
		}
	}
}
