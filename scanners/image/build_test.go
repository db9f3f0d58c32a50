package image

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// item is an entry of a layer: a file if it has no type.
type item struct {
	name, text string
	kind       byte
	link       string
}

func tarOf(t testing.TB, items ...item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, i := range items {
		h := &tar.Header{Name: i.name, Typeflag: i.kind, Linkname: i.link, Size: int64(len(i.text)), Mode: 0o644}
		if i.kind == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, i.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed compresses: "gzip", "zstd", or "" for not.
func packed(t testing.TB, how string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zstd":
		w, _ = zstd.NewWriter(&b)
	default:
		return data
	}
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mediaOf(how string) types.MediaType {
	switch how {
	case "gzip":
		return types.OCILayer
	case "zstd":
		return types.OCILayerZStd
	}
	return types.OCIUncompressedLayer
}

// built is a layer with what made it.
type built struct {
	by    string // the instruction
	how   string // its compression
	items []item
	empty bool
}

// imageOf builds an image.
func imageOf(t testing.TB, config v1.Config, layers ...built) v1.Image {
	t.Helper()
	var adds []mutate.Addendum
	for _, l := range layers {
		add := mutate.Addendum{History: v1.History{CreatedBy: l.by, EmptyLayer: l.empty}}
		if !l.empty {
			data := packed(t, l.how, tarOf(t, l.items...))
			layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }, tarball.WithMediaType(mediaOf(l.how)))
			if err != nil || l.how != "gzip" {
				layer, err = rawLayer(data, bytesOf(tarOf(t, l.items...)), mediaOf(l.how)), nil
			}
			if err != nil {
				t.Fatal(err)
			}
			add.Layer, add.MediaType = layer, mediaOf(l.how)
		}
		adds = append(adds, add)
	}
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), adds...)
	if err == nil {
		img, err = mutate.ConfigFile(img, withConfig(t, img, config))
	}
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func withConfig(t testing.TB, img v1.Image, config v1.Config) *v1.ConfigFile {
	c, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c = c.DeepCopy()
	c.Config, c.OS, c.Architecture = config, "linux", "amd64"
	return c
}

// stored is a layer that is stored as it is. What it unpacks to may be larger than
// memory.
type stored struct {
	v1.Layer
	content func() io.Reader
}

func rawLayer(data []byte, content func() io.Reader, media types.MediaType) v1.Layer {
	return &stored{static.NewLayer(data, media), content}
}

func (s *stored) DiffID() (v1.Hash, error) {
	sum := sha256.New()
	io.Copy(sum, s.content()) // up to where it is damaged
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}, nil
}

func (s *stored) Uncompressed() (io.ReadCloser, error) { return io.NopCloser(s.content()), nil }

func bytesOf(data []byte) func() io.Reader {
	return func() io.Reader { return bytes.NewReader(data) }
}

// serve runs a registry over HTTP, and returns its host.
func serve(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true)))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func push(t testing.TB, ref string, img v1.Image) {
	t.Helper()
	r, err := name.ParseReference(ref)
	if err == nil {
		err = remote.Write(r, img)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func pushIndex(t testing.TB, ref string, index v1.ImageIndex) {
	t.Helper()
	r, err := name.ParseReference(ref)
	if err == nil {
		err = remote.WriteIndex(r, index)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// saveTo writes what docker save does.
func saveTo(t testing.TB, img v1.Image) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "saved.tar")
	tag, _ := name.NewTag("acme/app:1")
	if err := tarball.WriteToFile(file, tag, img); err != nil {
		t.Fatal(err)
	}
	return file
}

func layoutOf(t testing.TB, img v1.Image) string {
	t.Helper()
	dir := t.TempDir()
	l, err := layout.Write(dir, empty.Index)
	if err == nil {
		err = l.AppendImage(img)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// look scans for words that begin with "secret-", and says where each is.
func look(t testing.TB, o Options) (map[string][]string, *scanners.Coverage) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	got, cov, err := search(t.Context(), t, s)
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	return got, cov
}

func search(ctx context.Context, t testing.TB, s *Source) (map[string][]string, *scanners.Coverage, error) {
	all, cov, err := locations(ctx, t, s)
	got := map[string][]string{}
	for word, locs := range all {
		for i := range locs {
			got[word] = append(got[word], show(&locs[i]))
			checkText(ctx, t, s, &locs[i], word)
		}
	}
	return got, cov, err
}

// locations are the places of all words that begin with secret-.
func locations(ctx context.Context, t testing.TB, s *Source) (map[string][]leak.Location, *scanners.Coverage, error) {
	var mu sync.Mutex
	hits := map[string][]leak.Match{}
	cov, err := s.Scan(ctx, 64, func(c *leak.Chunk) error {
		mu.Lock()
		defer mu.Unlock()
		for at := 0; ; {
			i := bytes.Index(c.Data[at:], []byte("secret-"))
			if i < 0 {
				return nil
			}
			at += i
			end := at + 7
			for end < len(c.Data) && (c.Data[end] >= 'a' && c.Data[end] <= 'z' || c.Data[end] >= '0' && c.Data[end] <= '9') {
				end++
			}
			word := string(c.Data[at:end])
			m := leak.Match{Ref: c.Ref, Span: leak.Span{Start: c.Offset + int64(at), End: c.Offset + int64(end)}}
			hits[word] = append(hits[word], m)
			c.Found++
			c.At = append(c.At, m.Span)
			at = end
		}
	})
	if err != nil {
		return nil, cov, err
	}
	got := map[string][]leak.Location{}
	for word, ms := range hits {
		locs, err := s.Locate(ctx, [][]leak.Match{ms})
		if err != nil {
			t.Fatal(err)
		}
		got[word] = locs[0]
	}
	return got, cov, nil
}

// checkText checks that the text of a place is there again, as it is kept, and read
// from its layer.
func checkText(ctx context.Context, t testing.TB, s *Source, l *leak.Location, word string) {
	t.Helper()
	for _, k := range s.Kept(l.Ref) {
		if l.Span.Start >= k.Offset && l.Span.End <= k.End() && string(k.Text[l.Span.Start-k.Offset:l.Span.End-k.Offset]) != word {
			t.Errorf("%s: kept is not %s at %v", show(l), word, l.Span)
		}
	}
	unread := s.opts.Stdin != nil // it goes by once
	if _, whole := s.keep.Open(l.Ref); whole || !unread {
		checkOpen(ctx, t, s, l, word)
	}
	if keep := s.keep; !unread {
		s.keep, s.inner.Keep = nil, nil
		checkOpen(ctx, t, s, l, word)
		s.keep, s.inner.Keep = keep, keep
	}
}

func checkOpen(ctx context.Context, t testing.TB, s *Source, l *leak.Location, word string) {
	t.Helper()
	r, err := s.Open(ctx, l.Ref)
	if err != nil {
		t.Errorf("Open %s: %v", show(l), err)
		return
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil || l.Span.End > int64(len(text)) || string(text[l.Span.Start:l.Span.End]) != word {
		t.Errorf("Open %s: %v, and not %s at %v of %d bytes", show(l), err, word, l.Span, len(text))
	}
}

// referrerDigest is what the path of what a referrer has begins with.
var referrerDigest = regexp.MustCompile(`^sha256:[0-9a-f]{64}/?`)

// show is a location in a line.
func show(l *leak.Location) string {
	if l.Image == nil {
		return "nowhere: " + l.Problem
	}
	i := l.Image
	out := string(l.Kind)
	if l.Field != "" {
		out += " " + l.Field
	}
	if i.Layer > 0 {
		out += fmt.Sprintf(" %d/%d", i.Layer, i.Layers)
	}
	if p := referrerDigest.ReplaceAllString(l.Path, ""); p != "" {
		out += " " + p
	}
	if i.Instruction != "" {
		out += " (" + i.Instruction + ")"
	}
	if i.RemovedIn > 0 {
		how := "deleted"
		if i.Replaced {
			how = "replaced"
		}
		out += fmt.Sprintf(" %s in %d", how, i.RemovedIn)
		if i.RemovedBy != "" {
			out += " (" + i.RemovedBy + ")"
		}
	}
	if !l.AtHead && i.RemovedIn == 0 {
		out += " NOT FINAL"
	}
	return out
}

// layerImage is an image with one layer that is stored as it is.
func layerImage(data []byte) (v1.Image, error) {
	content := bytesOf(data)
	if _, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
		content = func() io.Reader {
			z, _ := gzip.NewReader(bytes.NewReader(data))
			return z
		}
	}
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{
		Layer: rawLayer(data, content, types.OCILayer), MediaType: types.OCILayer, History: v1.History{CreatedBy: "x"},
	})
	if err != nil {
		return nil, err
	}
	c, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	c = c.DeepCopy()
	c.OS, c.Architecture = "linux", "amd64"
	return mutate.ConfigFile(img, c)
}

func gzipTo(w io.Writer) io.WriteCloser {
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	return z
}

// sparseTar has a file with a hole of so many bytes, as GNU tar writes it in PAX
// records, and a file after it.
func sparseTar(t testing.TB, hole int64) []byte {
	t.Helper()
	record := func(k, v string) string {
		n := len(k) + len(v) + 3
		for len(fmt.Sprint(n))+len(k)+len(v)+3 != n {
			n = len(fmt.Sprint(n)) + len(k) + len(v) + 3
		}
		return fmt.Sprintf("%d %s=%s\n", n, k, v)
	}
	text := "secret-hole"
	pax := record("GNU.sparse.major", "0") + record("GNU.sparse.minor", "1") + record("GNU.sparse.name", "holes") + record("GNU.sparse.size", fmt.Sprint(hole+int64(len(text)))) +
		record("GNU.sparse.numblocks", "1") + record("GNU.sparse.map", fmt.Sprintf("%d,%d", hole, len(text)))
	header := func(name string, kind byte, size int) []byte {
		h := make([]byte, 512)
		copy(h, name)
		copy(h[100:], "0000644\x00")
		copy(h[124:], fmt.Sprintf("%011o\x00", size))
		copy(h[136:], "00000000000\x00")
		copy(h[257:], "ustar\x0000")
		h[156] = kind
		copy(h[148:], "        ")
		sum := 0
		for _, c := range h {
			sum += int(c)
		}
		copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
		return h
	}
	pad := func(s string) []byte { return append([]byte(s), make([]byte, (512-len(s)%512)%512)...) }
	out := append(header("x", 'x', len(pax)), pad(pax)...)
	out = append(append(out, header("holes", '0', len(text))...), pad(text)...)
	return append(out, tarOf(t, item{name: "after", text: "secret-behindhole"})...)
}
