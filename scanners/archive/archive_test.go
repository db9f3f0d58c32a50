package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/scanners"
)

// entry is a file of an archive that a test makes.
type entry struct {
	name string
	data []byte
}

func tarOf(t testing.TB, es ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range es {
		if err := w.WriteHeader(&tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.data)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		w.Write(e.data)
	}
	w.Close()
	return b.Bytes()
}

func zipOf(t testing.TB, es ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range es {
		f, err := w.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(e.data)
	}
	w.Close()
	return b.Bytes()
}

func gzipOf(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// seen is what a walk said: texts by path, and what was not searched.
type seen struct {
	texts map[string]string
	gaps  []string
	left  []string
	res   Result
}

// walk walks a file, as one that can be read anywhere or as a stream.
func walk(t testing.TB, name string, data []byte, l Limits, stream bool) seen {
	t.Helper()
	f := File{Name: name, Size: int64(len(data)), At: bytes.NewReader(data)}
	if stream {
		f = File{Name: name, Size: -1, R: bytes.NewReader(data)}
	}
	s := seen{texts: map[string]string{}}
	cov := new(scanners.Coverage)
	var err error
	next := uint32(0)
	s.res, err = Walk(t.Context(), f, l, cov, func(x *Text) error {
		if x.Number != next {
			t.Errorf("text %q has the number %d, want %d", x.Path, x.Number, next)
		}
		next++
		b, _ := io.ReadAll(x.R)
		s.texts[x.Path] += string(b)
		return nil
	})
	if err != nil {
		t.Fatalf("Walk(%s): %v", name, err)
	}
	for _, g := range cov.Skipped() {
		s.gaps = append(s.gaps, fmt.Sprintf("%d %s: %s", g.Count, g.Reason, strings.Join(g.First, ", ")))
	}
	for _, g := range cov.LeftOut() {
		s.left = append(s.left, fmt.Sprintf("%d %s: %s", g.Count, g.Reason, strings.Join(g.First, ", ")))
	}
	return s
}

// both walks a file in both ways, which must see the same.
func both(t *testing.T, name string, data []byte, want map[string]string) {
	t.Helper()
	for _, stream := range []bool{false, true} {
		got := walk(t, name, data, Defaults(), stream)
		if diff := cmp.Diff(want, got.texts); diff != "" {
			t.Errorf("%s, stream %v: texts (-want +got)\n%s", name, stream, diff)
		}
		if len(got.gaps)+len(got.left) > 0 {
			t.Errorf("%s, stream %v: not searched: %v, %v", name, stream, got.gaps, got.left)
		}
	}
}

func TestNested(t *testing.T) {
	inner := zipOf(t, entry{"lib/a.txt", []byte("in the zip")})
	outer := tarOf(t, entry{"./b.txt", []byte("in the tar")}, entry{"x/inner.jar", inner}, entry{"log.gz", gzipOf([]byte("line\n"))})
	want := map[string]string{"b.txt": "in the tar", "x/inner.jar!lib/a.txt": "in the zip", "log.gz": "line\n"}
	both(t, "outer.tar", outer, want)
	both(t, "outer.tgz", gzipOf(outer), want)
	both(t, "outer.tgz.gz", gzipOf(gzipOf(outer)), want)
	both(t, "all.zip", zipOf(t, entry{"o.tgz", gzipOf(outer)}), map[string]string{
		"o.tgz!b.txt": "in the tar", "o.tgz!x/inner.jar!lib/a.txt": "in the zip", "o.tgz!log.gz": "line\n",
	})
}
