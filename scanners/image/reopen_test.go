package image

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// counting is a store that counts how often a blob is opened.
type counting struct {
	store
	opened int
}

func (c *counting) open(ctx context.Context, b blob) (io.ReadCloser, error) {
	c.opened++
	return c.store.open(ctx, b)
}

// TestLayersAreReadAgainOnce: of a layer with more findings than are kept as it goes by,
// the files are read again in one go, as long as they are asked for in their order.
func TestLayersAreReadAgainOnce(t *testing.T) {
	items := []item{{name: "a/", kind: '5'}}
	for i := range 50 {
		items = append(items, item{name: fmt.Sprintf("a/%02d", i), text: fmt.Sprint(strings.Repeat("line\n", 1000*(i%7)), "secret-", i)})
	}
	img := imageOf(t, v1.Config{}, built{by: "COPY", how: "gzip", items: items}, built{by: "COPY", how: "gzip", items: items[20:]})
	s, err := New(Options{Refs: []string{"oci-layout:" + layoutOf(t, img)}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, _, err := locations(t.Context(), t, s)
	if err != nil {
		t.Fatal(err)
	}
	words := map[leak.Ref]string{}
	var refs []leak.Ref
	places := map[leak.Ref]*leak.Location{}
	for word, ls := range all {
		for i := range ls {
			words[ls[i].Ref], places[ls[i].Ref], refs = word, &ls[i], append(refs, ls[i].Ref)
		}
	}
	slices.Sort(refs)
	if refs = slices.Compact(refs); len(refs) != 81 {
		t.Fatalf("%d files, want 81", len(refs))
	}
	var stores []*counting
	for _, p := range s.parts {
		if p.role == roleLayer {
			c := &counting{store: p.store}
			p.store, stores = c, append(stores, c)
		}
	}
	s.keep = new(scanners.Keeper)
	for _, ref := range refs {
		checkOpen(t.Context(), t, s, places[ref], words[ref])
	}
	for i, c := range stores {
		if c.opened != 1 {
			t.Errorf("layer %d was opened %d times", i+1, c.opened)
		}
	}
	checkOpen(t.Context(), t, s, places[refs[0]], words[refs[0]]) // backwards is slow, but right
}
