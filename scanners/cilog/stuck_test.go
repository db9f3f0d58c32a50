package cilog

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// TestStuckService: a service that has many logs and sends none of them to its end is given
// up after a number of questions that does not grow with the logs.
func TestStuckService(t *testing.T) {
	for name, c := range map[string]struct {
		serve func(w http.ResponseWriter, r *http.Request)
		most  int64 // questions for logs
	}{
		"sends no header": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, stallTries + 2},
		"stops sending": {func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "T=")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, stallTries + 2},
		"one line without an end": {func(w http.ResponseWriter, r *http.Request) {
			line := strings.Repeat("x", 64<<10)
			for r.Context().Err() == nil {
				io.WriteString(w, line)
			}
		}, maxStuck},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case strings.HasSuffix(r.URL.Path, "/trace"):
					asked.Add(1)
					c.serve(w, r)
				case strings.HasSuffix(r.URL.Path, "/jobs"):
					var jobs []object
					for i := range 30 {
						jobs = append(jobs, object{"id": i, "status": "success", "name": fmt.Sprint("job", i), "created_at": when, "finished_at": when, "pipeline": object{"id": 1}})
					}
					answer(w, jobs)
				default:
					answer(w, []object{{"id": 1, "created_at": when, "name": "nightly"}})
				}
			}))
			defer s.Close()
			defer s.CloseClientConnections()
			state := t.TempDir()
			src, err := NewLive(Options{Workers: 1}, Live{Service: "gitlab", Project: "acme/api", Base: s.URL, Token: "t", State: state, Stall: 100 * time.Millisecond, Most: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			src.live.client.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
			cov, err := src.Scan(t.Context(), 10, func(*leak.Chunk) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			said := fmt.Sprint(cov.Skipped())
			if asked.Load() > c.most || !strings.Contains(said, "given up") || !strings.Contains(said, "could not be downloaded") {
				t.Errorf("%d questions, at most %d wanted; skipped %s", asked.Load(), c.most, said)
			}
			left, _ := filepath.Glob(filepath.Join(state, "logs", "*"))
			for _, f := range left {
				if fi, err := os.Stat(f); err == nil && fi.Size() > 1<<16 {
					t.Errorf("%s is left, with %d bytes", f, fi.Size())
				}
			}
		})
	}
}
