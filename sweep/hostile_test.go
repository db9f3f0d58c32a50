package sweep_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// passes runs a sweep of a source until nothing is left, and returns what it did.
func passes(t *testing.T, s *store.Store, spec string, change func(*sweep.Config)) sweep.Tally {
	t.Helper()
	logins := &sweep.Logins{Tokens: map[string]string{"github": "a token"}, Sleep: func(context.Context, time.Duration) error { return nil }}
	src, err := sweep.ParseSource(spec, logins)
	if err != nil {
		t.Fatal(err)
	}
	cfg := sweep.Config{
		Store: s, Sources: []sweep.Source{src}, Rules: "r1", State: t.TempDir(), Logins: logins, Engine: sweep.EngineOptions{Attempts: 2, Retry: 10 * time.Millisecond},
		Search: func(context.Context, *sweep.Query) (*sweep.Answer, error) { return &sweep.Answer{}, nil },
	}
	if change != nil {
		change(&cfg)
	}
	w, err := sweep.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	stop, err := w.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if _, err := w.Pass(ctx); err != nil {
		t.Fatal(err)
	}
	return w.Done()
}

// is fails unless repositories are in such states, with such problems.
func is(t *testing.T, s *store.Store, want map[string]string) {
	t.Helper()
	rs, err := s.Repositories(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rs {
		state, problem, _ := strings.Cut(want[r.Name], ": ")
		if string(r.State) != state || !strings.Contains(r.Problem, problem) || problem == "" && r.Problem != "" {
			t.Errorf("%s is %s: %q, want %q", r.Name, r.State, r.Problem, want[r.Name])
		}
	}
	if len(rs) != len(want) {
		t.Errorf("%d repositories, want %d", len(rs), len(want))
	}
}

// TestClocksThatJump: the clock is set back within a pass and between passes, by days,
// and forward. No repository counts as gone that is there, and one that is gone does.
func TestClocksThatJump(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		for _, name := range []string{"/one", "/two", "/three"} {
			repository(t, dir+name)
		}
		var ticks atomic.Int64
		at, step := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), -time.Hour
		s.Now = func() time.Time { return at.Add(time.Duration(ticks.Add(1)) * step) }
		if did := passes(t, s, "dir:"+dir, nil); did.Full != 3 {
			t.Errorf("with a clock that runs backwards: %+v", did)
		}
		is(t, s, map[string]string{"one": "done", "two": "done", "three": "done"})
		for _, jump := range []time.Duration{-400 * 24 * time.Hour, 800 * 24 * time.Hour, -time.Minute} {
			at, step = at.Add(jump), time.Millisecond
			if did := passes(t, s, "dir:"+dir, nil); did.Full != 0 || did.Unchanged != 3 {
				t.Errorf("after a jump of %v: %+v", jump, did)
			}
			is(t, s, map[string]string{"one": "done", "two": "done", "three": "done"})
		}
		at = at.Add(-1000 * 24 * time.Hour)
		if err := os.RemoveAll(filepath.Join(dir, "two")); err != nil {
			t.Fatal(err)
		}
		passes(t, s, "dir:"+dir, nil)
		is(t, s, map[string]string{"one": "done", "two": "gone", "three": "done"})
	})
}

// TestADeadWorkerOfTheFuture beat before the database's clock was set back.
func TestADeadWorkerOfTheFuture(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		if err := s.Beat(t.Context(), "elsewhere:1:x", "elsewhere"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DB().ExecContext(t.Context(), `update workers set beat_at = beat_at + 3600000000`); err != nil {
			t.Fatal(err)
		}
		ws, err := s.Workers(t.Context())
		if err != nil || len(ws) != 1 || ws[0].Alive {
			t.Errorf("%+v, %v", ws, err)
		}
	})
}

// TestALoginThatExpires in the middle of a sweep: what is not searched yet waits, the
// status says why, and it goes on when the login is good again.
func TestALoginThatExpires(t *testing.T) {
	dir := t.TempDir()
	core, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Skip("git is needed")
	}
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(core)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	}
	var expired atomic.Bool
	git := map[string]http.HandlerFunc{}
	for i := range 6 {
		name := fmt.Sprintf("acme/r%d", i)
		repository(t, filepath.Join(dir, name))
		git[name] = func(w http.ResponseWriter, r *http.Request) {
			if _, password, _ := r.BasicAuth(); expired.Load() || password != "a token" {
				w.Header().Set("WWW-Authenticate", "Basic")
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
			r.URL.Path = strings.Replace(r.URL.Path, ".git/", "/.git/", 1)
			backend.ServeHTTP(w, r)
		}
	}
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var searched atomic.Int64
	did := passes(t, s, badForge(t, git), func(c *sweep.Config) {
		c.Pause = 5 * time.Second
		c.Search = func(context.Context, *sweep.Query) (*sweep.Answer, error) {
			if searched.Add(1) == 2 {
				expired.Store(true)
			}
			return &sweep.Answer{}, nil
		}
		c.Told = func(e sweep.Event) {
			if e.Kind != "paused" || !expired.Load() {
				return
			}
			if rs, err := s.Troubled(t.Context(), 10); err != nil || len(rs) == 0 || !strings.Contains(rs[0].Problem, "wants a user who may read it") {
				t.Errorf("the status says %+v, %v", rs, err)
			}
			if rs, _ := s.Troubled(t.Context(), 10); len(rs) == 4 { // all that were left
				expired.Store(false)
			}
		}
	})
	if did.Full != 6 || searched.Load() != 6 || did.Failed < 4 {
		t.Errorf("%+v, %d searches", did, searched.Load())
	}
	for i := range 6 {
		if r, err := s.Repository(t.Context(), int64(i+1)); err != nil || r.State != store.Done || r.Problem != "" {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// TestAnotherLogin: what waits for a login is searched at once by a process that has
// another one, and not by one that has the same.
func TestAnotherLogin(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		repository(t, dir+"/r")
		var good atomic.Bool
		var searched, paused atomic.Int64
		with := func(credentials string) (stop func()) {
			w, err := sweep.New(t.Context(), sweep.Config{
				Store: s, Rules: "r1", State: t.TempDir(), Credentials: credentials, Pause: time.Hour,
				Search: func(context.Context, *sweep.Query) (*sweep.Answer, error) {
					searched.Add(1)
					if !good.Load() {
						return nil, fmt.Errorf("401: %w", gitrepo.ErrLogin)
					}
					return &sweep.Answer{}, nil
				},
				Told: func(e sweep.Event) {
					if e.Kind == "paused" {
						paused.Add(1)
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if stop, err = w.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := w.Want(t.Context(), "dir:"+dir); err != nil {
				t.Fatal(err)
			}
			return stop
		}
		until := func(what string, is func() bool) {
			t.Helper()
			for end := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal(what)
				}
			}
		}
		stop := with("one")
		until("nothing waits for a login", func() bool { return paused.Load() == 1 })
		time.Sleep(500 * time.Millisecond) // until the engine knows
		stop()
		good.Store(true)
		stop = with("one")
		time.Sleep(2 * time.Second)
		stop()
		if n := searched.Load(); n != 1 {
			t.Errorf("with the same login it was searched %d times, want once", n)
		}
		stop = with("another")
		defer stop()
		until("another login is not tried", func() bool { r, err := s.Repository(t.Context(), 1); return err == nil && r.State == store.Done })
	})
}

// TestTwoSchedulers want the same at once, again and again: it is searched once.
func TestTwoSchedulers(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		for i := range 5 {
			repository(t, fmt.Sprintf("%s/r%d", dir, i))
		}
		var searched, listed atomic.Int64
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				passes(t, s, "dir:"+dir, func(c *sweep.Config) {
					c.Workers = 2
					c.Engine.Every = []sweep.Timed{{Job: sweep.Job{Kind: sweep.List, Source: "dir:" + dir}, Next: func(t time.Time) time.Time { listed.Add(1); return t.Add(50 * time.Millisecond) }}}
					c.Search = func(context.Context, *sweep.Query) (*sweep.Answer, error) {
						searched.Add(1)
						time.Sleep(300 * time.Millisecond)
						return &sweep.Answer{}, nil
					}
				})
			})
		}
		all.Wait()
		scans, err := s.Scans(t.Context(), 100)
		if err != nil || searched.Load() != 5 || len(scans) != 5 {
			t.Errorf("%d searches, %d scans, %v", searched.Load(), len(scans), err)
		}
		t.Logf("due %d times", listed.Load())
	})
}

// badForge lists one repository for each of its paths, and answers git as they say.
func badForge(t *testing.T, git map[string]http.HandlerFunc, more ...string) string {
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v3/orgs/acme/repos" {
			list := append([]string{}, more...)
			for name := range git {
				list = append(list, fmt.Sprintf(`{"id":%d,"full_name":%q,"clone_url":"%s/%s.git","pushed_at":"2026-01-02T03:04:05Z"}`, len(list)+1, name, server.URL, name))
			}
			fmt.Fprintf(w, "[%s]", strings.Join(list, ","))
			return
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ".git/")
		if f := git[name]; f != nil {
			f(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(server.Close)
	return "github:org/acme@" + server.URL
}

// TestRepositoriesThatAreHostile: each has its reason in the store, and the others are
// searched.
func TestRepositoriesThatAreHostile(t *testing.T) {
	ended := make(chan struct{})
	defer close(ended)
	var metadata atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { metadata.Add(1) }))
	defer inside.Close()
	refs := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		line := fmt.Sprintf("%040d refs/heads/main\x00side-band-64k\n", 7)
		fmt.Fprintf(w, "001e# service=git-upload-pack\n0000%04x%s0000", len(line)+4, line)
	}
	spec := badForge(t, map[string]http.HandlerFunc{
		"acme/vanished": http.NotFound,
		"acme/stalls": func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				refs(w)
				return
			}
			w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
			fmt.Fprint(w, "0008NAK\n0100\x01PACK")
			w.(http.Flusher).Flush()
			select {
			case <-ended:
			case <-r.Context().Done():
			}
		},
		"acme/silent": func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-ended:
			case <-r.Context().Done():
			}
		},
		"acme/endless": func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				refs(w)
				return
			}
			w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
			fmt.Fprint(w, "0008NAK\n")
			piece := fmt.Sprintf("%04x\x02%s", 65000+5, strings.Repeat("x", 65000)) // progress, without an end
			for {
				if _, err := w.Write([]byte(piece)); err != nil {
					return
				}
			}
		},
		"acme/refused": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
		"acme/inside": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, inside.URL+r.URL.Path, http.StatusFound)
		},
	}, fmt.Sprintf(`{"id":99,"full_name":"acme/metadata","clone_url":"%s/latest.git"}`, inside.URL))
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	did := passes(t, s, spec, func(c *sweep.Config) { c.Once, c.Disk, c.Stall, c.Workers = true, 10<<20, 5*time.Second, 6 })
	is(t, s, map[string]string{
		"acme/metadata": "failed: it is at another host",
		"acme/vanished": "failed: there is no such repository",
		"acme/stalls":   "failed: the server has said nothing for too long",
		"acme/silent":   "failed: the server has said nothing for too long",
		"acme/endless":  "failed: the repository is larger than what there is room for",
		"acme/refused":  "failed: the server wants a user who may read it",
		"acme/inside":   "failed: another host",
	})
	if metadata.Load() > 0 {
		t.Errorf("another host was asked %d times", metadata.Load())
	}
	if did.Full != 0 {
		t.Errorf("%+v", did)
	}
}
