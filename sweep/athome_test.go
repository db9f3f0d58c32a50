package sweep_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// TestARepositoryOfAnotherHost is not searched, and the sweep says so: nothing is asked
// of a host that the users of a forge have chosen.
func TestARepositoryOfAnotherHost(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var asked atomic.Int64
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		defer other.Close()
		var srv *httptest.Server
		srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/repos") {
				http.NotFound(w, r)
				return
			}
			fmt.Fprintf(w, `[{"id":1,"full_name":"acme/here","clone_url":"%s/acme/here.git"},{"id":2,"full_name":"acme/there","clone_url":"%s/acme/there.git"}]`, srv.URL, other.URL)
		}))
		defer srv.Close()
		spec := "github:org/acme@" + srv.URL
		passes(t, s, spec, func(c *sweep.Config) { c.Once = true })
		known, err := s.Of(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		if there := known["acme/there"]; there == nil || there.State != store.Failed || !strings.Contains(there.Problem, "another host") {
			t.Errorf("what is known of it: %+v", there)
		}
		if known["acme/here"] == nil {
			t.Error("the other one is not known")
		}
		if n := asked.Load(); n > 0 {
			t.Errorf("the other host was asked %d times", n)
		}
	})
}
