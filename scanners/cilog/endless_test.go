package cilog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// endless are what a service may do at a question, and never stop.
var endless = map[string]func(w http.ResponseWriter, r *http.Request, answer []byte){
	"error": func(w http.ResponseWriter, r *http.Request, _ []byte) {
		w.WriteHeader(http.StatusForbidden)
		pour(w)
	},
	"answer": func(w http.ResponseWriter, r *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "application/json")
		pour(w)
	},
	"now and then a byte": func(w http.ResponseWriter, r *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "application/json")
		for {
			io.WriteString(w, " ")
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	},
	"half an answer": func(w http.ResponseWriter, r *http.Request, answer []byte) {
		w.Write(answer[:len(answer)/2])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	},
}

// little are answers with nothing in them, or not what should be.
var little = []string{"", " ", "null", "{}", "[]", "[null]", `""`, "[[]]", `{"workflow_runs":[null],"jobs":[null],"artifacts":[null],"items":[null],"builds":[null],"value":[null],"values":[null],"records":[null],"actions_caches":[null]}`}

// TestServicesThatSayLittle: no answer ends more than a scan.
func TestServicesThatSayLittle(t *testing.T) {
	for _, service := range slices.Sorted(maps.Keys(fakes)) {
		c := fakes[service]
		for _, text := range little {
			for at := int64(1); ; at++ {
				var asked atomic.Int64
				f := newFake(t, c.header, c.api)
				f.Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if asked.Add(1) == at {
						w.Header().Set("Content-Type", "application/json")
						io.WriteString(w, text)
						return
					}
					c.api(f, w, r)
				})
				var slept time.Duration
				src := f.source(c.live, &slept)
				if _, err := src.Scan(t.Context(), 64, func(*leak.Chunk) error { return nil }); err != nil {
					t.Errorf("%s: %q at question %d: %v", service, text, at, err)
				}
				src.Close()
				f.Server.Close()
				if asked.Load() < at {
					break
				}
			}
		}
	}
}

func pour(w io.Writer) {
	for more := bytes.Repeat([]byte(" "), 1<<20); ; {
		if _, err := w.Write(more); err != nil {
			return
		}
	}
}

// TestServicesThatDoNotEnd: whichever question a service answers without an end, a scan
// ends, says that something is missing, and leaves no connection.
func TestServicesThatDoNotEnd(t *testing.T) {
	old := []any{stallIn, maxDownload}
	stallIn, maxDownload = 50*time.Millisecond, 8<<20
	defer func() { stallIn, maxDownload = old[0].(time.Duration), old[1].(int64) }()
	for _, service := range slices.Sorted(maps.Keys(fakes)) {
		c := fakes[service]
		for how, do := range endless {
			for at := int64(1); at < 4; at++ { // the first ones of each kind
				var asked atomic.Int64
				f := newFake(t, c.header, c.api)
				f.Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					rec := httptest.NewRecorder()
					c.api(f, rec, r)
					if asked.Add(1) >= at && how != "half an answer" || asked.Load() == at {
						do(w, r, rec.Body.Bytes())
						return
					}
					maps.Copy(w.Header(), rec.Header())
					w.WriteHeader(rec.Code)
					w.Write(rec.Body.Bytes())
				})
				var slept time.Duration
				src := f.source(c.live, &slept)
				done := make(chan string)
				go func() {
					cov, err := src.Scan(t.Context(), 64, func(*leak.Chunk) error { return nil })
					said := fmt.Sprint(err)
					for _, g := range cov.Skipped() {
						said += g.Reason
					}
					src.Close()
					f.Server.Close()
					done <- said
				}()
				said := ""
				select {
				case said = <-done:
				case <-time.After(time.Minute):
					t.Fatalf("%s: %s at question %d: the scan does not end", service, how, at)
				}
				if asked.Load() < at {
					break // it has no more questions
				}
				if said == "<nil>" && how != "half an answer" {
					t.Errorf("%s: %s at question %d: nothing is said", service, how, at)
				}
			}
		}
	}
}

// TestListsWithoutEnd: a list of which each page has a next one, and nothing new.
func TestListsWithoutEnd(t *testing.T) {
	old := maxIdle
	maxIdle = 50
	defer func() { maxIdle = old }()
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=%d>; rel="next"`, r.Host, r.URL.Path, n+1))
		w.Header().Set("X-Next-Page", fmt.Sprint(n+1))
		if strings.HasSuffix(r.URL.Path, "/runs") {
			answer(w, object{"total_count": 3, "workflow_runs": []object{{"id": 1, "status": "in_progress", "created_at": when}}})
			return
		}
		answer(w, []object{})
	}))
	defer s.Close()
	for _, l := range []Live{{Service: "github", Project: "acme/api"}, {Service: "gitlab", Project: "acme/api"}} {
		asked.Store(0)
		l.Base, l.Token = s.URL, "t"
		src, err := NewLive(Options{Workers: 1}, l)
		if err != nil {
			t.Fatal(err)
		}
		src.live.client.sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		cov, err := src.Scan(ctx, 10, func(*leak.Chunk) error { return nil })
		cancel()
		if err != nil || len(cov.Skipped()) != 1 || !strings.Contains(cov.Skipped()[0].First[0], "without an end") || asked.Load() > 200 {
			t.Errorf("%s: %d questions, skipped %v, %v", l.Service, asked.Load(), cov.Skipped(), err)
		}
		src.Close()
	}
}
