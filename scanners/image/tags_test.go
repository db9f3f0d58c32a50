package image

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/time/rate"
)

// TestNewest: of many tags the newest are those that count.
func TestNewest(t *testing.T) {
	want := []string{"latest", "main", "v2.0.0", "1.10.0", "1.10", "1.9.10", "1.9.9", "1.9.9-rc2", "1.9.9-rc1", "pr-7", "build-12", "build-9"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, newest)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestTags lists what a registry has: one tag of each image, those that fit, and how
// many are left.
func TestTags(t *testing.T) {
	host := serve(t)
	one, two, three := imageOf(t, v1.Config{}), imageOf(t, v1.Config{Labels: map[string]string{"n": "2"}}), imageOf(t, v1.Config{Labels: map[string]string{"n": "3"}})
	for tag, img := range map[string]v1.Image{"latest": three, "3.0": three, "2.0": two, "1.0": one} {
		push(t, host+"/acme/app:"+tag, img)
	}
	push(t, host+"/acme/app:sha256-"+strings.Repeat("0", 64)+".sig", one)
	push(t, host+"/acme/tools/cli:1", one)
	push(t, host+"/acme/web:1", one)
	o := Options{Pace: rate.NewLimiter(1000, 10)}
	for _, k := range []struct {
		of   string
		most int
		want []string
		left int
	}{
		{host + "/acme/app", 0, []string{"latest", "2.0", "1.0"}, 0},
		{host + "/acme/app", 3, []string{"latest", "2.0"}, 1},
		{host + "/acme/app:*.0", 2, []string{"3.0", "2.0"}, 1},
		{host + "/acme/app:[12].0", 0, []string{"2.0", "1.0"}, 0},
		{host + "/acme/app:3.0", 0, []string{"3.0"}, 0},
	} {
		tags, left, err := Tags(t.Context(), k.of, k.most, o)
		var got []string
		for _, tag := range tags {
			got = append(got, strings.TrimPrefix(tag.Ref, host+"/acme/app:"))
		}
		if err != nil || !slices.Equal(got, k.want) || left != (Left{Older: k.left}) {
			t.Errorf("%s: %q and %v, %v; want %q and %d", k.of, got, left, err, k.want, k.left)
		}
	}
	for _, of := range []string{host + "/acme/none", host + "/acme/app:4", host + "/acme/none:1"} {
		if _, _, err := Tags(t.Context(), of, 0, o); !errors.Is(err, ErrMissing) {
			t.Errorf("%s: %v", of, err)
		}
	}
	for pattern, want := range map[string][]string{"/acme/*": {"/acme/app", "/acme/web"}, "/acme/*/*": {"/acme/tools/cli"}, "/acme/w*": {"/acme/web"}, "/x*": nil} {
		got, err := Catalog(t.Context(), host+pattern, o)
		for i := range got {
			got[i] = strings.TrimPrefix(got[i], host)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", pattern, got, err, want)
		}
	}
}

// TestTagsWithoutEnd: of a registry that never stops listing a bounded number of tags is
// read and asked about; what cannot be a tag is none.
func TestTagsWithoutEnd(t *testing.T) {
	before := []int{maxTags, maxListed, maxTagPages}
	t.Cleanup(func() { maxTags, maxListed, maxTagPages = before[0], before[1], before[2] })
	maxTags, maxListed, maxTagPages = 6, 500, 40
	var pages, asked atomic.Int32
	perPage := 50
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/v2/":
		case strings.HasSuffix(r.URL.Path, "/tags/list"):
			n := int(pages.Add(1))
			w.Header().Set("Link", fmt.Sprintf("</v2/acme/app/tags/list?last=%d>; rel=\"next\"", n))
			fmt.Fprint(w, `{"name":"acme/app","tags":["../../x","a b",""`)
			for i := range perPage {
				fmt.Fprintf(w, `,"1.%d"`, n*1000+i)
			}
			fmt.Fprint(w, "]}")
		default:
			n := asked.Add(1) // of questions at once each has its own
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			w.Header().Set("Content-Length", "2")
			w.Header().Set("Docker-Content-Digest", fmt.Sprintf("sha256:%064d", n))
		}
	}))
	defer s.Close()
	of := strings.TrimPrefix(s.URL, "http://") + "/acme/app"
	for _, k := range []struct {
		most, perPage, tags int
		older, pages        int
		first               string
	}{
		{4, 50, 4, 500 - 4 - 30, 10, "1.10049"}, // three of each page are no tags
		{0, 50, 6, 0, 10, "1.10049"},
		{100, 50, 6, 500 - 6 - 30, 10, "1.10049"},
		{4, 0, 0, 0, 41, ""}, // pages without an end, and nothing in them
	} {
		pages.Store(0)
		asked.Store(0)
		perPage = k.perPage
		tags, left, err := Tags(t.Context(), of, k.most, Options{Pace: rate.NewLimiter(rate.Inf, 1)})
		if err != nil || len(tags) != k.tags || int(asked.Load()) != k.tags || !left.Many || int(pages.Load()) > k.pages+1 {
			t.Errorf("%+v: %d tags, %d asked, %+v after %d pages, %v", k, len(tags), asked.Load(), left, pages.Load(), err)
		}
		if len(tags) > 0 && tags[0].Ref != of+":"+k.first {
			t.Errorf("%+v: the newest is %s", k, tags[0].Ref)
		}
	}
}

// TestBusy: a registry that says how long to wait is asked again then, and one that
// names no time, or a long one, is not.
func TestBusy(t *testing.T) {
	for after, want := range map[string]error{"0": nil, "1": nil, "999999": ErrBusy, "soon": ErrBusy} {
		var asked atomic.Int32
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v2/" {
				return
			}
			if asked.Add(1) > 3 && want == nil {
				fmt.Fprint(w, `{"tags":[]}`)
				return
			}
			w.Header().Set("Retry-After", after)
			http.Error(w, "{}", http.StatusTooManyRequests)
		}))
		_, _, err := Tags(t.Context(), strings.TrimPrefix(s.URL, "http://")+"/acme/app", 0, Options{})
		s.Close()
		if !errors.Is(err, want) || asked.Load() > 4 {
			t.Errorf("%q: %v after %d questions, want %v", after, err, asked.Load(), want)
		}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer s.Close()
	if _, _, err := Tags(t.Context(), strings.TrimPrefix(s.URL, "http://")+"/acme/app", 0, Options{}); !errors.Is(err, ErrLogin) {
		t.Errorf("without a login: %v", err)
	}
}
