package cilog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// TestOfficialGitLab keeps our bounds around GitLab's client: each server answers in a way
// that the client alone would wait for, read on, or follow.
func TestOfficialGitLab(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	wide := strings.Repeat("x", 64<<10)
	for name, c := range map[string]struct {
		trace http.HandlerFunc
		told  string // "" for a log that is found
		least int    // questions for the trace
		most  int
	}{
		"slows down": {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, token) }, "", 1, 1},
		"refuses without an end": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			for r.Context().Err() == nil {
				io.WriteString(w, wide)
			}
		}, "read_api", 1, 1},
		"goes round": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, "redirects too often", 2, maxRedirects},
		"leads to plain": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://203.0.113.9/x", http.StatusFound)
		}, "not https", 1, 1},
		"has nothing to say": {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }, "204", 1, 1},
		"is a page":          {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<!doctype html><p>log in") }, "web page", 1, 1},
		"goes on after the most": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				io.WriteString(w, wide)
			}
		}, "no end", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if agent := r.Header.Get("User-Agent"); agent != "go-gitlab" {
					t.Errorf("%s is asked by %q", r.URL.Path, agent)
				}
				if r.Header.Get("Referer") != "" || r.Header.Get("PRIVATE-TOKEN") != secretToken {
					t.Errorf("%s is asked with %v", r.URL.Path, r.Header)
				}
				w.Header().Set("RateLimit-Limit", "0.000001")
				switch {
				case strings.HasSuffix(r.URL.Path, "/trace"):
					asked++
					c.trace(w, r)
				case strings.HasSuffix(r.URL.Path, "/jobs"):
					answer(w, []object{{"id": 7, "status": "success", "name": "job", "finished_at": when}})
				default:
					answer(w, []object{{"id": 1, "created_at": when, "name": "nightly"}})
				}
			}))
			defer s.Close()
			defer s.CloseClientConnections()
			src, err := NewLive(Options{Workers: 1}, Live{Service: "gitlab", Project: "acme/api", Base: s.URL, Token: secretToken, Most: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			src.live.client.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			n := 0
			cov, err := src.Scan(ctx, 10, func(c *leak.Chunk) error { n += len(c.Data); return nil })
			if err != nil {
				t.Fatal(err)
			}
			said := fmt.Sprint(cov.Skipped())
			if !strings.Contains(said, c.told) || (c.told == "") != (n > 0) || asked < c.least || asked > c.most {
				t.Errorf("asked %d times, searched %d bytes, skipped %s", asked, n, said)
			}
		})
	}
	if logged.Len() > 0 {
		t.Errorf("logged %q", &logged)
	}
}
