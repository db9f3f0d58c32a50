package cilog

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// TestBadLogs: what comes in place of a log is no log, and is asked for again in
// the next run.
func TestBadLogs(t *testing.T) {
	old := stallIn
	stallIn = 200 * time.Millisecond
	defer func() { stallIn = old }()
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		want  string
	}{
		"stalls": {func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "T=")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "stopped sending"},
		"page": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<html>Sign in</html>")
		}, "web page"},
		"page that says it is text": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, "\n<!DOCTYPE html><title>Sign in</title>")
		}, "web page"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case strings.HasSuffix(r.URL.Path, "/trace"):
					c.serve(w, r)
				case strings.HasSuffix(r.URL.Path, "/jobs"):
					answer(w, []object{{"id": 7, "status": "success", "name": "job", "created_at": when, "finished_at": when, "pipeline": object{"id": 1}}})
				default:
					answer(w, []object{{"id": 1, "created_at": when, "name": "nightly"}})
				}
			}))
			defer s.Close()
			defer s.CloseClientConnections()
			state := t.TempDir()
			for range 2 {
				src, err := NewLive(Options{Workers: 1}, Live{Service: "gitlab", Project: "acme/api", Base: s.URL, Token: "t", State: state})
				if err != nil {
					t.Fatal(err)
				}
				src.live.client.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
				cov, err := src.Scan(t.Context(), 10, func(*leak.Chunk) error { return nil })
				if err != nil {
					t.Fatal(err)
				}
				said := ""
				for _, g := range cov.Skipped() {
					said += g.Reason + strings.Join(g.First, " ")
				}
				if !strings.Contains(said, c.want) || cov.Counts()["logs"] != 0 {
					t.Errorf("skipped %q, want %q; searched %v", said, c.want, cov.Counts())
				}
				if err := src.Reported(); err != nil {
					t.Fatal(err)
				}
				src.Close()
			}
		})
	}
}
