package sweep_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/whosekey/whosekey/report"
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
		logins := &sweep.Logins{}
		src, err := sweep.ParseSource("github:org/acme@"+srv.URL, logins)
		if err != nil {
			t.Fatal(err)
		}
		w, err := sweep.New(t.Context(), sweep.Config{
			Store: s, Sources: []sweep.Source{src}, Rules: "r1", State: t.TempDir(), Logins: logins, Once: true, Engine: sweep.EngineOptions{Attempts: 1, Retry: 10 * time.Millisecond},
			Search: func(context.Context, *sweep.Query) (*sweep.Answer, error) {
				return &sweep.Answer{Summary: report.Summary{}}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		stop, err := w.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		if _, err := w.Pass(t.Context()); err != nil {
			t.Fatal(err)
		}
		known, err := s.Of(t.Context(), src.Spec())
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
