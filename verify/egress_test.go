package verify

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestEgressOfAllSteps asks about a credential of every table, of which its
// provider says that it works: so that second requests, those of the mode
// extended and made-up credentials are sent, too. All of them go to hosts that
// are listed for that provider.
func TestEgressOfAllSteps(t *testing.T) {
	ps, vs := Compiled(t)
	all := examples(t, ps)
	for _, mode := range []Mode{Safe, Extended} {
		n := verifytest.New(t)
		now := &accepting{}
		n.Serve("*", now)
		e := testEngine(t, n, vs, func(c *Config) { c.Mode, c.Providers, c.Mend = mode, ps, mendTest })
		e.door.rates = nil
		for _, p := range e.door.hosts {
			e.door.rates = append(e.door.rates, hostRate{p, 1e4})
		}
		steps, controls := 0, 0
		for _, p := range ps {
			for i := range p.Verify {
				v := &p.Verify[i]
				table, f := tableWithExample(e, p, v, vs, all)
				if f == nil {
					continue
				}
				now.play(table, v)
				before := len(n.Looked())
				if err := e.Verify(context.Background(), []*leak.Finding{f}); err != nil {
					t.Fatal(err)
				}
				name := fmt.Sprintf("%s: %s, table %d", mode, p.ID, i+1)
				for _, host := range n.Looked()[before:] {
					if !listed(e, p.ID, host) {
						t.Errorf("%s: %s is not listed for it", name, host)
					}
				}
				want := len(table.steps)
				if mode == Safe {
					want = slices.IndexFunc(append(slices.Clone(table.steps), step{extended: true}), func(s step) bool { return s.extended })
				}
				for k := range want {
					if now.count(k) == 0 {
						t.Errorf("%s: request %d was not made: %s (%s)", name, k+1, f.Verdict.Status, f.Verdict.Reason)
					}
				}
				if control := f.Verdict.Control; control == "accepted" {
					controls++
					if now.count(0) < 2 {
						t.Errorf("%s: no made-up credential was sent", name)
					}
				}
				steps += want
			}
		}
		t.Logf("%s: %d requests of tables, %d made-up credentials, %d hosts", mode, steps, controls, len(n.Looked()))
		if steps < 100 || controls < 50 {
			t.Errorf("%s: that is not all", mode)
		}
	}
}

// mendTest accepts any checksum: these servers do not look at it.
func mendTest(_, token string) (string, bool) { return token, true }

// tableWithExample is a table with a finding that it can be asked about.
func tableWithExample(e *Engine, p *rules.Provider, v *rules.Verify, vs map[string]Verifier, all []*leak.Finding) (*table, *leak.Finding) {
	for _, f := range all {
		t, ok := vs[f.Rule.ID].(*table)
		if !ok || p.For(f.Rule.ID) != v || f.Rule.Provider != p.ID {
			continue
		}
		c := *f
		c.Confidence, c.Verdict = leak.High, leak.Verdict{Status: leak.Unchecked}
		if _, k, _ := e.judge(&c); k != nil {
			return t, &c
		}
	}
	return nil, nil
}

// listed reports whether the list of hosts has a host for a provider.
func listed(e *Engine, provider, host string) bool {
	return slices.ContainsFunc(e.Hosts(), func(h Egress) bool {
		p, err := declared(strings.TrimPrefix(h.Host, "*"))
		return err == nil && p.fits(host, "443") && slices.Contains(h.Providers, provider)
	})
}

// accepting answers the requests of a table as its provider would to a
// credential that works.
type accepting struct {
	mu      sync.Mutex
	steps   []step
	answers []rules.Answer
	seen    map[int]int // by step
}

// play takes the recorded answers with the most steps.
func (a *accepting) play(t *table, v *rules.Verify) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.steps, a.answers, a.seen = t.steps, nil, map[int]int{}
	for _, x := range v.Exchanges {
		if x.Want == leak.Live && len(x.Before) >= len(a.answers) {
			a.answers = append(slices.Clone(x.Before), rules.Answer{Status: x.Status, Header: x.Header, Body: x.Body})
		}
	}
}

func (a *accepting) count(step int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen[step]
}

func (a *accepting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.steps {
		if s := &a.steps[i]; i < len(a.answers) && s.method == r.Method && form(s.path).MatchString(r.URL.EscapedPath()) && (s.whole() || form(s.host).MatchString(r.Host)) {
			if len(a.steps) > i+1 && form(a.steps[i+1].path).MatchString(r.URL.EscapedPath()) && a.seen[i] > a.seen[i+1] && a.steps[i+1].method == r.Method && i+1 < len(a.answers) {
				continue // two alike
			}
			a.seen[i]++
			playBack(w, a.answers[i])
			return
		}
	}
	w.WriteHeader(404)
}

func playBack(w http.ResponseWriter, a rules.Answer) {
	w.Header().Set("Content-Type", "application/json")
	for name, value := range a.Header {
		w.Header().Set(name, value)
	}
	body, err := rules.Expand(a.Body, "x", nil)
	if err != nil {
		panic(err)
	}
	w.WriteHeader(a.Status)
	io.WriteString(w, body)
}

// form matches what a template is filled to.
func form(t template) *regexp.Regexp {
	var parts []string
	for _, text := range t.text {
		parts = append(parts, regexp.QuoteMeta(text))
	}
	return regexp.MustCompile("^" + strings.Join(parts, "[^/]+") + "$")
}
