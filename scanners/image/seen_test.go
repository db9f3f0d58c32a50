package image

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/archive"
)

// told are the words that look reports, in the places that an image with known
// layers has for what an earlier scan found in them.
func told(t *testing.T, s *Source, places map[string][]leak.Location, from *Source) map[string][]string {
	out := map[string][]string{}
	for word, locs := range places {
		var all []leak.Location
		for i := range locs {
			if locs[i].Kind != leak.KindLayer {
				continue
			}
			digest, entry, ok := from.Origin(&locs[i])
			if !ok {
				t.Errorf("%s at %s: nobody knows which entry that is", word, locs[i].Path)
			}
			all = append(all, s.Places(digest, entry, locs[i].Path)...)
		}
		slices.SortStableFunc(all, byPlace)
		for _, l := range all {
			out[word] = append(out[word], show(&l))
		}
	}
	return out
}

func TestKnownLayersAreNotOpened(t *testing.T) {
	img := sample(t)
	host := serve(t)
	push(t, host+"/acme/app:1", img)
	ref := []string{host + "/acme/app:1"}
	first, err := New(Options{Refs: ref})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	places, _, err := locations(t.Context(), t, first)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]Seen{}
	for _, l := range first.Searched() {
		known[l.Digest] = l
	}
	if len(known) != 3 {
		t.Fatalf("%d layers were searched to their ends, want 3", len(known))
	}
	asked := 0
	second, err := New(Options{Refs: ref, Seen: func(digest string) (*Seen, error) {
		asked++
		l, ok := known[digest]
		if !ok {
			return nil, nil
		}
		return &l, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	again, _, err := locations(t.Context(), t, second)
	if err != nil {
		t.Fatal(err)
	}
	for word, locs := range again {
		for _, l := range locs {
			if l.Kind == leak.KindLayer {
				t.Errorf("%s was found in %s again", word, l.Path)
			}
		}
	}
	if asked != 3 || len(second.Searched()) != 0 {
		t.Errorf("asked for %d layers, and searched %d", asked, len(second.Searched()))
	}
	wanted := map[string][]string{}
	for word, list := range want {
		for _, l := range list {
			if strings.HasPrefix(l, "layer") {
				wanted[word] = append(wanted[word], l)
			}
		}
	}
	got := told(t, second, places, first)
	for word := range got {
		if len(got[word]) == 0 {
			delete(got, word)
		}
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("places of what was found before (-want +got):\n%s", diff)
	}
}

func TestErrorsOfWhatIsKnownAreTold(t *testing.T) {
	s, err := New(Options{Refs: []string{"oci-layout:" + layoutOf(t, sample(t))}, Seen: func(string) (*Seen, error) { return nil, errors.New("no room") }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, _, err := search(t.Context(), t, s); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("a memory that fails: %v", err)
	}
}

func TestSkippedLayersAreNotKept(t *testing.T) {
	img := imageOf(t, v1.Config{}, built{by: "COPY x", how: "gzip", items: []item{{name: "a.zip", text: "PK\x03\x04 cut off"}}}, built{by: "COPY y", how: "gzip", items: []item{{name: "b", text: "b"}}})
	s, err := New(Options{Refs: []string{"oci-layout:" + layoutOf(t, img)}, Archives: archive.Defaults()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, cov, err := search(t.Context(), t, s); err != nil || len(cov.Skipped()) != 1 || len(s.Searched()) != 1 {
		t.Errorf("a damaged archive in one of two layers: skipped %v, kept %d layers, want 1 of each (%v)", cov.Skipped(), len(s.Searched()), err)
	}
}

func TestIndexOfLayers(t *testing.T) {
	var e entries
	for i, name := range []string{"a", "b", "a", "dir/c"} {
		e.list = append(e.list, entry{hashPath(name), int32(i), does(i)})
	}
	e.finish()
	got, err := decodeEntries(e.encode())
	if err != nil || !reflect.DeepEqual(got.list, e.list) || got.count != 4 {
		t.Errorf("%+v, want %+v (%v)", got, e, err)
	}
	b := e.encode()
	for cut := range b {
		if _, err := decodeEntries(b[:cut]); err == nil {
			t.Errorf("an index of %d of %d bytes was taken", cut, len(b))
		}
	}
}
