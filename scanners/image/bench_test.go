package image

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
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

// benchLayer is what a layer looks like: programs, text, and data.
func benchLayer(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	words := make([]string, 3000)
	for i := range words {
		words[i] = strconv.FormatUint(r.Uint64()>>uint(20+r.IntN(40)), 36)
	}
	var items []item
	for n, i := 0, 0; n < size; i++ {
		var b bytes.Buffer
		for want := 1 << (8 + r.IntN(12)); b.Len() < want; {
			if i%4 == 3 { // a program: runs of the same and noise
				fmt.Fprintf(&b, "%c%c%s\x00\x00\x00%c", rune(r.IntN(256)), rune(r.IntN(256)), words[r.IntN(40)], rune(r.IntN(256)))
				continue
			}
			b.WriteString(words[min(r.IntN(3000), r.IntN(3000))])
			b.WriteByte(" \n=.,:_/"[r.IntN(8)])
		}
		items = append(items, item{name: fmt.Sprintf("usr/share/%d/%d.txt", seed, i), text: b.String()})
		n += b.Len()
	}
	return tarOf(discard{}, items...)
}

// discard is a testing.TB for helpers that do not fail.
type discard struct{ testing.TB }

func (discard) Helper()           {}
func (discard) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

// TestMakeBenchImages writes the images that scripts/bench-image.sh measures: two
// layouts of ten layers, of which eight are the same, and their layers.
func TestMakeBenchImages(t *testing.T) {
	dir := os.Getenv("WHOSEKEY_BENCH_IMAGES")
	if dir == "" {
		t.Skip("WHOSEKEY_BENCH_IMAGES names no folder")
	}
	mib, _ := strconv.Atoi(os.Getenv("WHOSEKEY_BENCH_MIB"))
	if mib == 0 {
		mib = 1000
	}
	layers := make([]v1.Layer, 12)
	var all sync.WaitGroup
	for i := range layers {
		all.Go(func() {
			content := benchLayer(uint64(i), mib<<20/10)
			data := packed(discard{}, "gzip", content)
			diff, _, _ := v1.SHA256(bytes.NewReader(content))
			layers[i] = &sized{static.NewLayer(data, types.OCILayer), diff}
			os.WriteFile(filepath.Join(dir, fmt.Sprintf("layer%d.gz", i)), data, 0o600)
		})
	}
	all.Wait()
	for n, list := range [][]v1.Layer{layers[:10], append(layers[:8:8], layers[10:]...)} {
		img := v1.Image(mutate.MediaType(empty.Image, types.OCIManifestSchema1))
		for i, l := range list {
			var err error
			if img, err = mutate.Append(img, mutate.Addendum{Layer: l, History: v1.History{CreatedBy: fmt.Sprint("COPY ", i)}, MediaType: types.OCILayer}); err != nil {
				t.Fatal(err)
			}
		}
		l, err := layout.Write(filepath.Join(dir, fmt.Sprint("image", n)), empty.Index)
		if err == nil {
			err = l.AppendImage(img)
		}
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			tag, _ := name.NewTag("acme/bench:1")
			if err := tarball.WriteToFile(filepath.Join(dir, "image0.tar"), tag, img); err != nil {
				t.Fatal(err)
			}
		}
	}
}

type sized struct {
	v1.Layer
	diff v1.Hash
}

func (s *sized) DiffID() (v1.Hash, error) { return s.diff, nil }

// BenchmarkUnpack is the bound of how fast a layer can be searched.
func BenchmarkUnpack(b *testing.B) {
	content := benchLayer(1, 16<<20)
	for _, how := range []string{"gzip", "zstd", ""} {
		data := packed(b, how, content)
		b.Run(strings.TrimSpace(how+" "), func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				u, err := unpack(bytes.NewReader(data))
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, u)
				u.close()
			}
		})
	}
}
