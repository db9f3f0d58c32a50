package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// shelf is a Keeper.
type shelf struct {
	mu    sync.Mutex
	m     map[string][]byte
	until map[string]time.Time
	calls int
	err   error
}

func newShelf() *shelf { return &shelf{m: map[string][]byte{}, until: map[string]time.Time{}} }

func (s *shelf) KeptVerdict(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	return s.m[key], s.err
}

func (s *shelf) KeepVerdict(_ context.Context, key string, sealed []byte, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.err == nil {
		s.m[key], s.until[key] = sealed, until
	}
	return s.err
}

// later is one run after another, with what was kept by those before.
type later struct {
	t    *testing.T
	n    *verifytest.Net
	on   *shelf
	key  string
	now  time.Time
	said []string // by the cache, of its troubles
}

func newLater(t *testing.T) *later {
	l := &later{t: t, n: verifytest.New(t), on: newShelf(), key: "the key of a test, 32 bytes long", now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	l.n.Serve("*", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.Header.Get("Authorization") {
		case "Bearer " + token(1):
			// It names another credential that was found, and a person.
			fmt.Fprintf(w, `{"ok":true,"name":"deploy %s","mail":"ada@people.example","body":"not a fact"}`, token(9))
		case "Bearer " + token(3):
			w.WriteHeader(500)
		default:
			w.WriteHeader(401)
		}
	}))
	return l
}

// asking is a provider whose server is named beside the credential.
func asking(change func(*rules.Verify)) *rules.Provider {
	p := hosted()
	v := &p.Verify[0]
	v.Step.Request, v.Step.Default, v.SelfHosted, v.NoControl = "GET https://${host}/me", "", false, "a test"
	v.Hosts = []string{"api.acme.com", "eu.acme.com"}
	v.Facts = map[string]string{leak.FactName: "json:name", leak.FactEmail: "json:mail"}
	if change != nil {
		change(v)
	}
	return p
}

// run asks about credentials as a run of its own does, and tells how many
// connections that took.
func (l *later) run(p *rules.Provider, change func(*Config), fs ...*leak.Finding) (connections int) {
	l.t.Helper()
	vs, err := Compile([]*rules.Provider{p}, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	before := len(l.n.Dialed())
	e := testEngine(l.t, l.n, vs, func(c *Config) {
		c.Providers, c.Now, c.Salt = []*rules.Provider{p}, func() time.Time { return l.now }, CacheSalt([]byte(l.key))
		c.Cache = NewLasting(l.on, []byte(l.key), c.Now, func(err error) { l.said = append(l.said, err.Error()) })
		if change != nil {
			change(c)
		}
	})
	if err := e.Verify(context.Background(), fs); err != nil {
		l.t.Fatal(err)
	}
	return len(l.n.Dialed()) - before
}

func at(host string, i int) *leak.Finding { return finding("acme", i, "host", host) }

func (l *later) two() []*leak.Finding {
	return []*leak.Finding{at("api.acme.com", 1), at("api.acme.com", 2)}
}

func TestNextRunAsksNobody(t *testing.T) {
	l := newLater(t)
	first := append(l.two(), finding("other", 9))
	if l.run(asking(nil), nil, first...) == 0 {
		t.Fatal("nobody was asked")
	}
	again := l.two()
	if n := l.run(asking(nil), nil, again...); n != 0 || len(l.said) > 0 {
		t.Errorf("%d connections; %q", n, l.said)
	}
	if got := statuses(again); !slices.Equal(got, []string{"live", "dead"}) {
		t.Errorf("%v", got)
	}
	for i, f := range again {
		was, is := first[i].Verdict, f.Verdict
		if is.Host != was.Host || is.Class != was.Class || is.Code != was.Code || is.Reason != was.Reason || !is.When.Equal(was.When) || is.Control != was.Control {
			t.Errorf("%+v, was %+v", is, was)
		}
	}
	facts := again[0].Verdict.Facts
	if !strings.HasPrefix(facts[leak.FactName], "deploy") || facts[leak.FactEmail] != "ada@people.example" {
		t.Errorf("%q", facts)
	}
	if strings.Contains(facts[leak.FactName], token(9)) {
		t.Error("a credential of another finding was kept")
	}
	for key, sealed := range l.on.m { // a thief of the file learns nothing
		for _, word := range []string{token(1), token(2), token(9), "acme", "live", "dead", "deploy", "ada@", "body", "Unauthorized"} {
			if strings.Contains(key, word) || bytes.Contains(sealed, []byte(word)) {
				t.Errorf("%s can be read", word)
			}
		}
	}
}

func TestOthersAskAgain(t *testing.T) {
	for name, again := range map[string]func(l *later) int{
		"another key": func(l *later) int {
			l.key = "the other key of it, 32 bytes lo"
			return l.run(asking(nil), nil, l.two()...)
		},
		"another endpoint": func(l *later) int { return l.run(asking(nil), nil, at("eu.acme.com", 1), at("eu.acme.com", 2)) },
		"another version of the verifier": func(l *later) int {
			return l.run(asking(func(v *rules.Verify) { v.Verdicts[1].Reason = "refused" }), nil, l.two()...)
		},
		"another version of the program": func(l *later) int {
			return l.run(asking(nil), func(c *Config) { c.Door.Version = "9.9" }, l.two()...)
		},
		"another mode": func(l *later) int { return l.run(asking(nil), func(c *Config) { c.Mode = Extended }, l.two()...) },
		"a day later":  func(l *later) int { l.now = l.now.Add(24 * time.Hour); return l.run(asking(nil), nil, l.two()...) },
		"a clock that was set back": func(l *later) int {
			l.now = l.now.Add(-time.Hour)
			return l.run(asking(nil), nil, l.two()...)
		},
		"a keeper that never forgets": func(l *later) int {
			l.now = l.now.Add(25 * time.Hour)
			for key := range l.on.until {
				l.on.until[key] = l.now.Add(time.Hour)
			}
			return l.run(asking(nil), nil, l.two()...)
		},
		"what was tampered with": func(l *later) int {
			for key := range l.on.m {
				l.on.m[key][20] ^= 1
			}
			return l.run(asking(nil), nil, l.two()...)
		},
		"entries that were swapped": func(l *later) int {
			keys := slices.Sorted(func(yield func(string) bool) {
				for key := range l.on.m {
					if !yield(key) {
						return
					}
				}
			})
			l.on.m[keys[0]], l.on.m[keys[1]] = l.on.m[keys[1]], l.on.m[keys[0]]
			return l.run(asking(nil), nil, l.two()...)
		},
		"half an entry": func(l *later) int {
			for key := range l.on.m {
				l.on.m[key] = l.on.m[key][:7]
			}
			return l.run(asking(nil), nil, l.two()...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLater(t)
			l.run(asking(nil), nil, l.two()...)
			fs := l.two()
			if again(l) == 0 {
				t.Error("nobody was asked")
			}
			l.run(asking(nil), nil, fs...)
			if got := statuses(fs); !slices.Equal(got, []string{"live", "dead"}) {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestKeptLifetimes(t *testing.T) {
	l := newLater(t)
	l.run(asking(nil), nil, append(l.two(), at("api.acme.com", 3))...)
	if len(l.on.m) != 2 {
		t.Errorf("%d are kept: what is unknown is asked again", len(l.on.m))
	}
	l.now = l.now.Add(time.Hour - time.Second)
	if n := l.run(asking(nil), nil, l.two()...); n != 0 {
		t.Error("asked within the hour")
	}
	l.now = l.now.Add(2 * time.Second)
	if l.run(asking(nil), nil, at("api.acme.com", 1)) == 0 {
		t.Error("what was live is asked again after an hour")
	}
	l.now = l.now.Add(22 * time.Hour)
	if n := l.run(asking(nil), nil, at("api.acme.com", 2)); n != 0 {
		t.Error("what was dead is dead for a day")
	}
}

// TestKeptUntilItsEnd: what says when it ends is asked again then.
func TestKeptUntilItsEnd(t *testing.T) {
	l := newLater(t)
	l.n.Serve("eu.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"ok":true,"mail":%q}`, l.now.Add(10*time.Minute).Format(time.RFC3339))
	}))
	p := asking(func(v *rules.Verify) { v.Facts = map[string]string{leak.FactExpires: "json:mail"} })
	l.run(p, nil, at("eu.acme.com", 1))
	for _, until := range l.on.until {
		if want := l.now.Add(10 * time.Minute); !until.Equal(want) {
			t.Errorf("kept until %v, want %v", until, want)
		}
	}
}

// TestKeeperFails: all are asked, the trouble is told once, and a minute later the
// keeper is tried again.
func TestKeeperFails(t *testing.T) {
	l := newLater(t)
	l.on.err = errors.New("the disk is full")
	fs := l.two()
	if l.run(asking(nil), nil, fs...) == 0 || !slices.Equal(statuses(fs), []string{"live", "dead"}) {
		t.Errorf("%v", statuses(fs))
	}
	if !slices.Equal(l.said, []string{"the disk is full"}) || l.on.calls != 1 {
		t.Errorf("%q after %d calls", l.said, l.on.calls)
	}
	var said int
	c := NewLasting(l.on, []byte(l.key), func() time.Time { return l.now }, func(error) { said++ })
	c.Get("a", l.now)
	l.now = l.now.Add(59 * time.Second)
	c.Get("a", l.now)
	l.now, l.on.err = l.now.Add(time.Second), nil
	c.Put("a", leak.Verdict{Status: leak.Dead}, l.now.Add(time.Hour))
	if _, ok := c.Get("a", l.now); !ok || said != 1 || l.on.m["a"] == nil {
		t.Errorf("told %d times, kept %v", said, ok)
	}
}

// BenchmarkThousandKept: 1,000 findings of 200 providers, all of which an earlier
// run has asked about, with a file of SQLite.
func BenchmarkThousandKept(b *testing.B) {
	db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "kept.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	key := []byte("the key of a benchmark, 32 bytes")
	run := func() (*meter, *Engine, []*leak.Finding) {
		e, m, fs := many(b, 200, 5, true)
		e.cfg.Cache, e.cfg.Salt = NewLasting(db, key, time.Now, func(err error) { b.Error(err) }), CacheSalt(key)
		return m, e, fs
	}
	_, e, fs := run()
	e.Verify(b.Context(), fs)
	for b.Loop() {
		b.StopTimer()
		m, e, fs := run()
		b.StartTimer()
		e.Verify(b.Context(), fs)
		if len(m.calls) > 0 {
			b.Fatalf("%d hosts were asked", len(m.calls))
		}
	}
}

// TestKeptUntilTooOld: who wants fresher answers does not believe older ones, whoever
// kept them.
func TestKeptUntilTooOld(t *testing.T) {
	l := newLater(t)
	fresh := func(c *Config) { c.Fresh = 30 * time.Minute }
	l.now = time.Now() // answers have the time of the machine
	l.run(asking(nil), nil, l.two()...)
	l.now = l.now.Add(29 * time.Minute)
	if n := l.run(asking(nil), fresh, l.two()...); n != 0 {
		t.Error("asked within half an hour")
	}
	l.now = l.now.Add(2 * time.Minute)
	if l.run(asking(nil), fresh, at("api.acme.com", 1)) == 0 || l.run(asking(nil), fresh, at("api.acme.com", 2)) == 0 {
		t.Error("what is half an hour old is believed")
	}
}
