package image

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/whosekey/whosekey/leak"
)

// countingRegistry is a registry that counts the bytes of layers that it gives.
func countingRegistry(t *testing.T) (host string, fetched func() map[string]int) {
	t.Helper()
	var mu sync.Mutex
	n := map[string]int{}
	r := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if at := strings.Index(q.URL.Path, "/blobs/sha256:"); at >= 0 && q.Method == http.MethodGet {
			mu.Lock()
			n[q.URL.Path[at+len("/blobs/"):]]++
			mu.Unlock()
		}
		r.ServeHTTP(w, q)
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://"), func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		out := n
		n = map[string]int{}
		return out
	}
}

// TestSharedLayersCostNothing has a second image with eight of the first one's ten layers:
// in the same run, and in a later one with a store, two layers are fetched.
func TestSharedLayersCostNothing(t *testing.T) {
	var one, two []built
	for i := range 12 {
		l := built{by: fmt.Sprintf("COPY %d", i), how: "gzip", items: []item{{name: fmt.Sprintf("f%d", i), text: fmt.Sprintf("a=secret-%c", 'a'+i)}}}
		if i < 10 {
			one = append(one, l)
		}
		if i < 8 || i >= 10 {
			two = append(two, l)
		}
	}
	host, fetched := countingRegistry(t)
	push(t, host+"/a:1", imageOf(t, v1.Config{}, one...))
	push(t, host+"/b:1", imageOf(t, v1.Config{}, two...))
	fetched()
	scan := func(o Options) (*Source, map[string]int64) {
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		cov, err := s.Scan(t.Context(), 100, func(*leak.Chunk) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return s, cov.Counts()
	}
	_, counts := scan(Options{Refs: []string{host + "/a:1", host + "/b:1"}})
	const configs = 2
	all := fetched()
	if len(all) != 12+configs || counts["layers"] != 12 {
		t.Errorf("%d blobs are fetched, %v; want 12 layers and two configurations", len(all), counts)
	}
	for d, n := range all {
		if n != 1 {
			t.Errorf("%s is fetched %d times", d, n)
		}
	}
	first, _ := scan(Options{Refs: []string{host + "/a:1"}})
	known := map[string]Seen{}
	for _, l := range first.Searched() {
		known[l.Digest] = l
	}
	fetched()
	_, counts = scan(Options{Refs: []string{host + "/b:1"}, Seen: func(digest string) (*Seen, error) {
		if l, ok := known[digest]; ok {
			return &l, nil
		}
		return nil, nil
	}})
	if all := fetched(); len(all) != 2+1 || counts["layers"] != 2 {
		t.Errorf("later %d blobs are fetched, %v; want 2 layers and a configuration", len(all), counts)
	}
}

// TestOtherFieldsOfAnImage plants secrets where no other test does: in what manifests say
// of a layer, and in the rest of the configuration.
func TestOtherFieldsOfAnImage(t *testing.T) {
	files := tarOf(t, item{name: "x", text: "x"})
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{
		Layer: rawLayer(packed(t, "gzip", files), bytesOf(files), types.OCILayer), MediaType: types.OCILayer,
		Annotations: map[string]string{"l": "secret-ofthelayer"},
		History:     v1.History{CreatedBy: "COPY x", Comment: "secret-comment", Author: "secret-author"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := withConfig(t, img, v1.Config{
		User: "secret-user", WorkingDir: "/secret-workdir", Shell: []string{"sh", "secret-shell"}, Volumes: map[string]struct{}{"/secret-volume": {}},
		StopSignal: "secret-stop", Hostname: "secret-host", Domainname: "secret-domain",
	})
	c.Author = "secret-maker"
	if img, err = mutate.ConfigFile(img, c); err != nil {
		t.Fatal(err)
	}
	got, _ := look(t, Options{Refs: []string{"oci-layout:" + layoutOf(t, img)}})
	rest, history := []string{"image config"}, []string{"image history 1/1 (COPY x)"}
	if diff := cmp.Diff(map[string][]string{
		"secret-author": history, "secret-comment": history, "secret-ofthelayer": {"image annotations"}, "secret-shell": {"image Shell"},
		"secret-user": rest, "secret-workdir": rest, "secret-volume": rest, "secret-stop": rest, "secret-host": rest, "secret-domain": rest, "secret-maker": rest,
	}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
