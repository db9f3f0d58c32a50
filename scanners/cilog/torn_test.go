package cilog

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// TestServiceThatBreaksEachLogOff: one that ends each log early costs a bounded time, and
// logs behind it are still asked for.
func TestServiceThatBreaksEachLogOff(t *testing.T) {
	const logs = 40
	for name, serve := range map[string]http.HandlerFunc{
		"no answer": func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) },
		"half a log": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
		},
	} {
		for _, service := range []string{"gitlab", "buildkite"} {
			t.Run(service+", "+name, func(t *testing.T) {
				var asked atomic.Int64
				s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					var jobs []object
					for i := range logs {
						jobs = append(jobs, object{"id": i, "status": "success", "name": fmt.Sprint("job", i), "finished_at": when})
					}
					switch p := r.URL.Path; {
					case strings.HasSuffix(p, "/trace"), strings.HasSuffix(p, "/log"):
						if asked.Add(1); strings.Contains(p, "/39/") {
							fmt.Fprint(w, token)
							return
						}
						serve(w, r)
					case strings.HasSuffix(p, "/jobs"):
						answer(w, jobs)
					case service == "gitlab":
						answer(w, []object{{"id": 1, "created_at": when}})
					default:
						for i := range jobs {
							jobs[i]["id"], jobs[i]["type"] = fmt.Sprint(i), "script"
							jobs[i]["log_url"] = fmt.Sprintf("http://%s/jobs/%d/log", r.Host, i)
						}
						answer(w, []object{{"number": 1, "created_at": when, "state": "passed", "jobs": jobs}})
					}
				}))
				defer s.Close()
				src, err := NewLive(Options{Workers: 1}, Live{Service: service, Project: "acme/api", Base: s.URL, Token: "t"})
				if err != nil {
					t.Fatal(err)
				}
				defer src.Close()
				var slept time.Duration
				src.live.client.sleep = func(ctx context.Context, d time.Duration) error { slept += d; return ctx.Err() }
				n := 0
				cov, err := src.Scan(t.Context(), 10, func(c *leak.Chunk) error { n += len(c.Data); return nil })
				if err != nil {
					t.Fatal(err)
				}
				if gaps := cov.Skipped(); len(gaps) != 1 || gaps[0].Count != logs-1 || n == 0 || asked.Load() > 3*logs || slept > 8*time.Minute {
					t.Errorf("%d bytes, asked %d times, slept %s, skipped %v", n, asked.Load(), slept, gaps)
				}
			})
		}
	}
}
