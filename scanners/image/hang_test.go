package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/whosekey/whosekey/leak"
)

// unwilling is a registry that has an image, and one question to which it does
// something else than to answer.
type unwilling struct {
	good  string // host of a registry that has it
	at    int64  // the question, from 1
	asked atomic.Int64
	do    func(w http.ResponseWriter, r *http.Request, answer []byte)
}

func (u *unwilling) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req, _ := http.NewRequest(r.Method, "http://"+u.good+r.URL.RequestURI(), nil)
	req.Header = r.Header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	answer, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	for _, k := range []string{"Content-Type", "Docker-Content-Digest"} {
		if v := resp.Header.Get(k); v != "" {
			w.Header().Set(k, v)
		}
	}
	if u.asked.Add(1) == u.at {
		u.do(w, r, answer)
		return
	}
	w.WriteHeader(resp.StatusCode)
	w.Write(answer)
}

// waitFor waits until who asked has gone away.
func waitFor(r *http.Request) { <-r.Context().Done() }

// dislikes are what a registry may do at a question.
var dislikes = map[string]func(w http.ResponseWriter, r *http.Request, answer []byte){
	"no answer": func(w http.ResponseWriter, r *http.Request, _ []byte) { waitFor(r) },
	"no body": func(w http.ResponseWriter, r *http.Request, _ []byte) {
		w.(http.Flusher).Flush()
		waitFor(r)
	},
	"half a body": func(w http.ResponseWriter, r *http.Request, answer []byte) {
		w.Write(answer[:len(answer)/2])
		w.(http.Flusher).Flush()
		waitFor(r)
	},
	"half an error": func(w http.ResponseWriter, r *http.Request, answer []byte) {
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, `{"errors":[`)
		w.(http.Flusher).Flush()
		waitFor(r)
	},
	"an endless error": func(w http.ResponseWriter, r *http.Request, answer []byte) {
		w.WriteHeader(http.StatusServiceUnavailable)
		for more := bytes.Repeat([]byte(" "), 1<<20); ; {
			if _, err := w.Write(more); err != nil {
				return
			}
		}
	},
	"an endless body": func(w http.ResponseWriter, r *http.Request, answer []byte) {
		for more := bytes.Repeat([]byte(" "), 1<<20); ; {
			if _, err := w.Write(more); err != nil {
				return
			}
		}
	},
	"now and then a byte": func(w http.ResponseWriter, r *http.Request, answer []byte) {
		for range 2000 {
			w.Write([]byte(" "))
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	},
	"breaks off": func(w http.ResponseWriter, r *http.Request, answer []byte) {
		w.Write(answer[:len(answer)/2])
		panic(http.ErrAbortHandler)
	},
}

// unwillingImage is an image of which each worker has something to do.
func unwillingImage(t testing.TB) v1.Image {
	var layers []built
	for i := range 4 {
		text := fmt.Sprintf("secret-%d %s", i, strings.Repeat(fmt.Sprint("line ", i, "\n"), 1000*i))
		layers = append(layers, built{by: "COPY", how: []string{"gzip", "zstd", ""}[i%3], items: []item{{name: fmt.Sprint("a", i), text: text}}})
	}
	return imageOf(t, v1.Config{Env: []string{"TOKEN=secret-env"}}, layers...)
}

// hurry makes registries lose patience soon.
func hurry(t testing.TB, d time.Duration) {
	oldPatience, oldStall, oldBackoff := patience, stall, backoff
	patience, stall, backoff = d, d, remote.Backoff{Duration: time.Millisecond, Steps: 2}
	t.Cleanup(func() { patience, stall, backoff = oldPatience, oldStall, oldBackoff })
}

// within fails a test, with what all goroutines do, if something does not end.
func within(t *testing.T, most time.Duration, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(most):
		stacks := make([]byte, 1<<20)
		t.Fatalf("%s has not ended after %v:\n%s", what, most, stacks[:runtime.Stack(stacks, true)])
	}
}

// scanUnwilling scans, asks for all that was found again, and closes everything. It
// must end, and leave no goroutine and no connection.
func scanUnwilling(t *testing.T, u *unwilling, workers int, stop func(cancel func())) (found int) {
	t.Helper()
	var open sync.Map
	s := httptest.NewUnstartedServer(u)
	s.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			open.Delete(c)
		} else {
			open.Store(c, state)
		}
	}
	s.Start()
	src, err := New(Options{Refs: []string{strings.TrimPrefix(s.URL, "http://") + "/x:1"}, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if stop != nil {
		stop(cancel)
	}
	var mu sync.Mutex
	var hits []leak.Match
	within(t, 30*time.Second, "the scan", func() {
		src.Scan(ctx, 64, func(c *leak.Chunk) error {
			if at := bytes.Index(c.Data, []byte("secret-")); at >= 0 {
				mu.Lock()
				defer mu.Unlock()
				hits = append(hits, leak.Match{Ref: c.Ref, Span: leak.Span{Start: c.Offset + int64(at), End: c.Offset + int64(at) + 7}})
			}
			return nil
		})
	})
	within(t, 30*time.Second, "looking again", func() {
		src.Locate(ctx, [][]leak.Match{hits})
		for _, m := range hits {
			if r, err := src.Open(ctx, m.Ref); err == nil {
				io.CopyN(io.Discard, r, 3)
				r.Close()
			}
		}
	})
	src.Close()
	src.net.transport.(*guard).next.(*http.Transport).CloseIdleConnections()
	within(t, 10*time.Second, "the server", s.Close)
	return len(hits)
}

// goroutines counts them, when those that are ending have ended.
func goroutines(most int) (n int) {
	for wait := time.Millisecond; ; wait *= 2 {
		if n = runtime.NumGoroutine(); n <= most || wait > 2*time.Second {
			return n
		}
		time.Sleep(wait)
	}
}

// TestRegistriesThatDoNotAnswer: whichever question a registry does not answer, and
// however, a scan ends, and nothing is left of it.
func TestRegistriesThatDoNotAnswer(t *testing.T) {
	hurry(t, 100*time.Millisecond)
	good := serve(t)
	push(t, good+"/x:1", unwillingImage(t))
	all := &unwilling{good: good}
	if n := scanUnwilling(t, all, 1, nil); n != 5 {
		t.Fatalf("%d findings without trouble, want 5", n)
	}
	questions := all.asked.Load()
	for how, do := range dislikes {
		for at := int64(1); at <= questions; at++ {
			for _, workers := range []int{1, 2, 8} {
				if workers != 1 && at%int64(3*workers) > 0 || how == "an endless body" && at%3 > 0 { // each point, and each number of workers at some
					continue
				}
				before := runtime.NumGoroutine()
				scanUnwilling(t, &unwilling{good: good, at: at, do: do}, workers, nil)
				http.DefaultClient.CloseIdleConnections()
				if n := goroutines(before); n > before+2 {
					stacks := make([]byte, 1<<20)
					t.Fatalf("%s at question %d, %d workers: %d goroutines are left of it:\n%s", how, at, workers, n-before, stacks[:runtime.Stack(stacks, true)])
				}
			}
		}
	}
}

// TestScansThatAreStopped: whenever somebody gives up, a scan ends at once.
func TestScansThatAreStopped(t *testing.T) {
	good := serve(t)
	push(t, good+"/x:1", unwillingImage(t))
	all := &unwilling{good: good}
	scanUnwilling(t, all, 1, nil)
	for at := int64(1); at <= all.asked.Load(); at++ {
		for _, how := range []string{"no answer", "half a body", "half an error"} {
			before := runtime.NumGoroutine()
			u := &unwilling{good: good, at: at}
			began := time.Now()
			scanUnwilling(t, u, int(at%4)+1, func(cancel func()) {
				u.do = func(w http.ResponseWriter, r *http.Request, answer []byte) {
					time.AfterFunc(10*time.Millisecond, cancel)
					dislikes[how](w, r, answer)
				}
			})
			http.DefaultClient.CloseIdleConnections()
			if n := goroutines(before); n > before+2 || time.Since(began) > 10*time.Second {
				stacks := make([]byte, 1<<20)
				t.Fatalf("%s at question %d, stopped: after %v %d goroutines are left of it:\n%s", how, at, time.Since(began), n-before, stacks[:runtime.Stack(stacks, true)])
			}
		}
	}
	for at := range 6 { // who searches has an error
		wrong := errors.New("enough")
		src, err := New(Options{Refs: []string{good + "/x:1"}, Workers: 1 + at})
		if err != nil {
			t.Fatal(err)
		}
		var n atomic.Int64
		within(t, 30*time.Second, "the scan", func() {
			if _, err := src.Scan(t.Context(), 64, func(*leak.Chunk) error {
				if n.Add(1) > int64(at) {
					return wrong
				}
				return nil
			}); !errors.Is(err, wrong) {
				t.Errorf("an error after %d chunks: %v", at, err)
			}
		})
		src.Close()
	}
}

// TestListsThatDoNotEnd: a registry that says which tags and images it has gets no more
// time, and no more memory, than for an image.
func TestListsThatDoNotEnd(t *testing.T) {
	hurry(t, 100*time.Millisecond)
	for how, do := range dislikes {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v2/" {
				do(w, r, []byte(`{"tags":["1"],"repositories":["a"]}`))
			}
		}))
		host := strings.TrimPrefix(s.URL, "http://")
		within(t, 60*time.Second, how, func() {
			if _, _, err := Tags(t.Context(), host+"/acme/app", 0, Options{}); err == nil {
				t.Errorf("%s: tags without an error", how)
			}
			if _, err := Catalog(t.Context(), host+"/acme/*", Options{}); err == nil {
				t.Errorf("%s: a catalog without an error", how)
			}
		})
		within(t, 10*time.Second, how+": the server", s.Close)
	}
}

// TestHelperThatDoesNotAnswer: a program that keeps logins, and waits for somebody to type,
// does not keep a scan from ending; one that answers is asked once.
func TestHelperThatDoesNotAnswer(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("DOCKER_CONFIG", dir)
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	good := serve(t)
	push(t, good+"/x:1", unwillingImage(t))
	for _, helper := range [][2]string{
		{"quick", `echo asked >> "$DOCKER_CONFIG/asked"; cat >/dev/null; echo '{"Username":"u","Secret":"p"}'`},
		{"broken", "echo no; exit 1"},
		{"slow", "exec 2>/dev/null; exec sleep 10"},
	} {
		name, script := helper[0], helper[1]
		config := fmt.Sprintf(`{"credsStore":%q}`, name)
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600), os.WriteFile(filepath.Join(dir, "docker-credential-"+name), []byte("#!/bin/sh\n"+script+"\n"), 0o700)); err != nil {
			t.Fatal(err)
		}
		src, err := New(Options{Refs: []string{good + "/x:1"}})
		if err != nil {
			t.Fatal(err)
		}
		if name == "slow" {
			hurry(t, 300*time.Millisecond)
		}
		began := time.Now()
		_, err = src.Scan(t.Context(), 64, func(*leak.Chunk) error { return nil })
		src.Close()
		switch asked, _ := os.ReadFile(filepath.Join(dir, "asked")); {
		case name == "slow" && (err == nil || !strings.Contains(err.Error(), "login") || time.Since(began) > 10*time.Second):
			t.Errorf("a slow helper: after %v %v", time.Since(began), err)
		case name == "quick" && (err != nil || string(asked) != "asked\n"):
			t.Errorf("a helper that answers was asked %d times, %v", strings.Count(string(asked), "\n"), err)
		case name == "broken" && err == nil:
			t.Error("a broken helper: no error")
		}
	}
}
