package image

import (
	"archive/tar"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// FuzzLayer searches any bytes as a layer. What was searched must be found again,
// with the same text, by its number.
func FuzzLayer(f *testing.F) {
	good := tarOf(f, item{name: "./a", text: "secret-a"}, item{name: "d/.wh.x"}, item{name: "l", kind: tar.TypeLink, link: "a"}, item{name: "b", text: strings.Repeat("b", 700)})
	f.Add(good)
	f.Add(packed(f, "gzip", good))
	f.Add(packed(f, "zstd", good))
	f.Add(sparseTar(f, 1<<20))
	f.Add([]byte("no archive"))
	f.Add(append(bytes.Clone(good), "behind"...))
	f.Fuzz(func(t *testing.T, data []byte) {
		store := &layoutStore{name: "x", file: func(string) (io.ReadCloser, int64, error) {
			return io.NopCloser(bytes.NewReader(data)), int64(len(data)), nil
		}}
		s := &Source{opts: Options{Workers: 1, Archives: archive.Defaults()}}
		s.inner = &archive.Again{Limits: s.opts.Archives, Files: s.outer}
		p := s.add(&part{role: roleLayer, store: store, blob: blob{file: "x", size: -1}})
		pic := &picture{layers: []*part{p}, made: []int{-1}}
		p.in = []seat{{pic, 1}}
		texts := map[leak.Ref][]byte{}
		r := &run{source: s, cov: new(scanners.Coverage), reach: 8}
		r.emit = func(c *leak.Chunk) error {
			if c.Offset == 0 && !c.More {
				texts[c.Ref] = bytes.Clone(c.Data)
			}
			return nil
		}
		if err := newWorker(r).search(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if len(texts) > 64 {
			return
		}
		for ref, want := range texts {
			ls, err := s.Locate(t.Context(), [][]leak.Match{{{Ref: ref, Span: leak.Span{End: 1}}}})
			if err != nil || len(ls[0]) == 0 {
				t.Fatalf("Locate %x: %v, %v", ref, ls, err)
			}
			if p := ls[0][0].Path; strings.HasPrefix(p, "/") || strings.HasPrefix(p, "../") {
				t.Errorf("the path %q leads out", p)
			}
			rc, err := s.Open(t.Context(), ref)
			if err != nil {
				t.Fatalf("Open %x: %v", ref, err)
			}
			got, err := io.ReadAll(rc)
			rc.Close()
			// What comes after a damaged place cannot be read, then and now.
			if !bytes.Equal(got, want) && err == nil && len(reasons(r.cov)) == 0 {
				t.Errorf("Open %x: %q, want %q", ref, got, want)
			}
		}
	})
}

// FuzzConfig reads any bytes as a configuration.
func FuzzConfig(f *testing.F) {
	img := sample(f)
	raw, err := img.RawConfigFile()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"config":{"Env":"x","Labels":[1],"Cmd":{"a":"b"},"Healthcheck":5,"OnBuild":[{}]},"history":{"a":1},"rootfs":{"diff_ids":["sha256:x"]}}`))
	f.Add([]byte(`{"history":[1,"x",{"created_by":5,"empty_layer":"no"},{"created_by":"RUN x"}]}`))
	f.Add([]byte(strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := &Source{}
		r := &run{source: s, cov: new(scanners.Coverage), byBlob: map[string]*part{}}
		p := r.planner(&layoutStore{}, "x")
		pic := &picture{}
		pic.describe(raw)
		p.configTexts(pic, raw)
		pic.match(len(pic.content))
		for _, part := range s.parts {
			last := -1
			for _, seg := range part.segments {
				if seg.start < last || seg.start > len(part.text) {
					t.Fatalf("segment at %d after %d, of %d bytes", seg.start, last, len(part.text))
				}
				last = seg.start
				if ls := part.said(int64(seg.start)); len(ls) != 1 || ls[0].Image == nil {
					t.Fatalf("said(%d) = %v", seg.start, ls)
				}
			}
		}
		guessBase(pic.steps)
	})
}

// FuzzRemoves compares the question whether a layer takes a file away with one who
// unpacks it.
func FuzzRemoves(f *testing.F) {
	f.Add("a/b", "a/.wh.b")
	f.Add("a/b/c", "a/.wh.b\na/b/d")
	f.Add("a/b/c", "a/b/.wh..wh..opq\na/b/")
	f.Add("a/b/c", "a/b")
	f.Add("a", "a/b")
	f.Add("a/b/c", "a/d\na")
	f.Add("a/b", "a/.wh.")
	f.Add("a/b", ".wh.")
	f.Add("b/c", "a/.wh.\na/.wh..")
	f.Fuzz(func(t *testing.T, file, layer string) {
		file = cleanPath(file)
		names := strings.Split(layer, "\n")
		if file == "" || len(names) > 8 || strings.Contains(file, whiteout) {
			return
		}
		var e entries
		for i, n := range names {
			h := &tar.Header{Name: n, Typeflag: tar.TypeReg}
			if strings.HasSuffix(n, "/") {
				h.Typeflag = tar.TypeDir
			}
			e.note(h, cleanPath(n), int64(i))
		}
		e.finish()
		got, _ := e.removes(file)
		if want := removesSlowly(file, names); got != want {
			t.Errorf("%q is removed by %q: %v, want %v", file, names, got, want)
		}
	})
}

// removesSlowly looks at each entry on its own.
func removesSlowly(file string, names []string) bool {
	for _, n := range names {
		p := cleanPath(n)
		dir, base := "", p
		if i := strings.LastIndexByte(p, '/'); i >= 0 {
			dir, base = p[:i], p[i+1:]
		}
		within := func(d string) bool { return d == "" || strings.HasPrefix(file, d+"/") }
		inMeta := base != opaqueName && strings.HasPrefix(base, whiteoutMeta)
		if !inMeta && strings.HasPrefix(p, file+"/") { // a folder is in its place
			return true
		}
		switch {
		case base == opaqueName:
			if within(dir) {
				return true
			}
		case strings.HasPrefix(base, whiteoutMeta):
		case strings.HasPrefix(base, whiteout):
			gone := cleanPath(dir + "/" + base[len(whiteout):])
			if gone == file || within(gone) {
				return true
			}
		case p == file:
			return true
		case p != "" && strings.HasPrefix(file, p+"/") && !strings.HasSuffix(n, "/"):
			return true
		}
	}
	return false
}
