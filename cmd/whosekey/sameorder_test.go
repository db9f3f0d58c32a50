package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// manyNames is a folder in which a few values stand under many names, in files and in
// archives: which of them is read first depends on the schedule.
func manyNames(t *testing.T) map[string][]byte {
	files := map[string][]byte{}
	values := []string{"xK7f9Qz2mW4pL8vNc3", "Zt5Rb8Hy3Jd6Wq1Mf7", "hU4sVn9Ye2Cx7Kp5Ta"}
	fields := []string{"clientSec" + "ret", "idSec" + "ret", "appSec" + "ret", "webSec" + "ret"}
	for i := range 60 {
		text := strings.Repeat("nothing to see here\n", i*37%60*60) // files that come first may be done last
		for k := range 3 {
			text += strings.Repeat("\n", (i+k)%4) + fmt.Sprintf("%s: %q\n", fields[(i+k)%4], values[(i*7+k)%3])
		}
		at := fmt.Sprintf("d%d/f%02d", i%7, i)
		switch i % 4 {
		case 0:
			files[at+".txt"] = []byte(text)
		case 1:
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			io.WriteString(w, text)
			w.Close()
			files[at+".txt.gz"] = b.Bytes()
		default:
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			for _, n := range []string{"a.txt", "b/" + fmt.Sprint(i) + ".txt"} {
				w, err := z.Create(n)
				if err != nil {
					t.Fatal(err)
				}
				io.WriteString(w, text)
			}
			z.Close()
			files[at+".zip"] = b.Bytes()
		}
	}
	return files
}

// manyLayers is an image of some files, in as many layers as there are folders, as
// an archive and as a layout.
func manyLayers(t *testing.T, files map[string][]byte) (archive, dir string) {
	t.Helper()
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	img := v1.Image(empty.Image)
	for i := range 7 {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, n := range slices.Sorted(maps.Keys(files)) {
			if strings.HasPrefix(n, fmt.Sprintf("d%d/", i)) {
				check(w.WriteHeader(&tar.Header{Name: n, Size: int64(len(files[n])), Mode: 0o644}))
				w.Write(files[n])
			}
		}
		check(w.Close())
		var err error
		img, err = mutate.Append(img, mutate.Addendum{Layer: static.NewLayer(b.Bytes(), types.DockerUncompressedLayer), History: v1.History{CreatedBy: fmt.Sprint("RUN step ", i)}})
		check(err)
	}
	tag, err := name.NewTag("acme/app:1")
	check(err)
	archive, dir = filepath.Join(t.TempDir(), "app.tar"), filepath.Join(t.TempDir(), "layout")
	check(tarball.WriteToFile(archive, tag, img))
	l, err := layout.Write(dir, empty.Index)
	check(err)
	check(l.AppendImage(img))
	return archive, dir
}

// TestSameInEveryOrder: what is reported of files, archives, histories and layers is
// the same to the byte, whichever is read first.
func TestSameInEveryOrder(t *testing.T) {
	files := manyNames(t)
	r := newRepo(t)
	for i, n := range slices.Sorted(maps.Keys(files)) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(r.dir, n)), 0o777); err != nil {
			t.Fatal(err)
		}
		r.write(n, string(files[n]))
		if i%20 == 19 {
			r.commit(fmt.Sprint("files up to ", i))
		}
	}
	archive, dir := manyLayers(t, files)
	for _, mode := range [][]string{{"dir", r.dir}, {"git", r.dir}, {"image", "docker-archive:" + archive}, {"image", "oci-layout:" + dir}} {
		want := ""
		for i := range 8 {
			args := append(slices.Clone(mode), "--workers", fmt.Sprint(1+i%8), "-f", "json", "--fail-on", "confidence:low")
			code, got, stderr := whosekey(t, nil, args...)
			if code != exitFindings {
				t.Fatalf("%s: exit code %d, %s", args, code, stderr)
			}
			if want == "" {
				want = got
			}
			if got != want {
				t.Fatalf("%s differs: %s", args, difference(got, want))
			}
		}
		if n := strings.Count(want, `"title": "value of`); n < 3 {
			t.Errorf("%s: %d titles name a field, want 3 or more", mode, n)
		}
	}
}
