package verify

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// hosted is a provider whose software others run, too.
func hosted() *rules.Provider {
	return &rules.Provider{ID: "acme", Name: "Acme", File: "acme.toml", Rules: []rules.Rule{{ID: "acme"}}, Verify: []rules.Verify{{
		Class: leak.S0, Step: rules.Step{Request: "GET https://${host}/me", Default: "acme.com", Header: map[string]string{"Authorization": "Bearer ${secret}"}},
		SelfHosted: true, Rate: 1000, Verdicts: []rules.VerdictRow{{Is: leak.Live, Status: []int{200}, JSON: map[string]any{"ok": true}}, {Is: leak.Dead, Status: []int{401}, Empty: true}},
	}}}
}

// hostedEngine asks the servers of endpoints; those of allow may stand beside
// credentials.
func hostedEngine(t *testing.T, n *verifytest.Net, endpoints, allow []string) *Engine {
	t.Helper()
	p := hosted()
	vs, err := Compile([]*rules.Provider{p}, map[string][]string{"acme": endpoints})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range endpoints {
		allow = append(allow, strings.TrimPrefix(e, "https://"))
	}
	return testEngine(t, n, vs, func(c *Config) { c.Door.Allow, c.Door.Rate = allow, 0 })
}

// takes answers as a server that knows some credentials.
func takes(live ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if slices.ContainsFunc(live, func(i int) bool { return r.Header.Get("Authorization") == "Bearer "+token(i) }) {
			fmt.Fprint(w, `{"ok":true}`)
			return
		}
		w.WriteHeader(401)
	}
}

// evidence is a verdict in a few words: the list of those asked without times.
func evidence(v leak.Verdict) string {
	var out strings.Builder
	fmt.Fprint(&out, v.Status, " by ", v.Host, " ", v.Code, timed(v.When.IsZero()))
	for _, c := range v.Asked {
		fmt.Fprint(&out, "; ", c.Host, " ", c.Status, " ", c.Code, timed(c.When.IsZero()))
		if !c.Sent {
			fmt.Fprint(&out, " not sent")
		}
	}
	return out.String()
}

func timed(never bool) string {
	if never {
		return " never"
	}
	return ""
}

// TestEvidenceNamesAllHosts: each host that got the credential stands in the
// evidence, and those that did not, as such.
func TestEvidenceNamesAllHosts(t *testing.T) {
	for _, tt := range []struct {
		name             string
		endpoints, allow []string
		beside           string
		want             string
	}{
		{"one", []string{"https://one.example"}, nil, "", "dead by one.example 401"},
		{"two refuse", []string{"https://one.example", "https://two.example"}, nil, "", "dead by two.example 401; one.example dead 401; two.example dead 401"},
		{"the second knows it", []string{"https://one.example", "https://own.example"}, nil, "", "live by own.example 200; one.example dead 401; own.example live 200"},
		{"one is down", []string{"https://down.example", "https://two.example"}, nil, "", "unknown by down.example 0; down.example unknown 0 not sent; two.example dead 401"},
		{"one is private", []string{"https://private.example", "https://two.example"}, nil, "", "skipped by private.example 0 never; private.example skipped 0 never not sent; two.example dead 401"},
		{"not allowed beside it", []string{"https://own.example"}, nil, "beside.example", "live by own.example 200; beside.example skipped 0 never not sent; own.example live 200"},
		{"allowed beside it", []string{"https://own.example"}, []string{"two.example"}, "two.example", "live by own.example 200; two.example dead 401; own.example live 200"},
		{"the provider's alone", nil, nil, "", "unknown by acme.com 401"},
		{"nobody", nil, nil, "down.example", "skipped by  0 never"},
		{"down alone", []string{"https://down.example"}, nil, "", "unknown by down.example 0; down.example unknown 0 not sent"},
	} {
		n := verifytest.New(t)
		for _, host := range []string{"one.example", "two.example", "acme.com"} {
			n.Serve(host, takes())
		}
		n.Serve("own.example", takes(1))
		n.Private("private.example")
		e := hostedEngine(t, n, tt.endpoints, tt.allow)
		fs := []*leak.Finding{finding("acme", 1)}
		if tt.beside != "" {
			fs[0].Parts["host"] = leak.NewSecret(tt.beside)
		}
		e.Verify(context.Background(), fs)
		if d := cmp.Diff(tt.want, evidence(fs[0].Verdict)); d != "" {
			t.Errorf("%s (%s): %s", tt.name, fs[0].Verdict.Reason, d)
		}
	}
}

// TestControlGoesToTheOneThatSaidLive: a host that refuses everything says
// nothing about one that takes everything.
func TestControlGoesToTheOneThatSaidLive(t *testing.T) {
	n := verifytest.New(t)
	var mu sync.Mutex // questions come two at a time
	seen := map[string]int{}
	count := func(host string, h http.HandlerFunc) {
		n.Serve(host, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+token(1) && r.Header.Get("Authorization") != "Bearer "+token(2) {
				mu.Lock()
				seen[host]++
				mu.Unlock()
			}
			h(w, r)
		}))
	}
	count("one.example", takes(1))
	count("any.example", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"ok":true}`)
	})
	e := hostedEngine(t, n, []string{"https://one.example", "https://any.example"}, nil)
	fs := []*leak.Finding{finding("acme", 1), finding("acme", 2)}
	e.Verify(context.Background(), fs)
	if got := evidence(fs[0].Verdict); got != "live by one.example 200" || fs[0].Verdict.Control != "refused" {
		t.Errorf("%s, control %s", got, fs[0].Verdict.Control)
	}
	if got := evidence(fs[1].Verdict); got != "unknown by any.example 200; one.example dead 401; any.example unknown 200" || fs[1].Verdict.Control != "accepted" {
		t.Errorf("%s, control %s", got, fs[1].Verdict.Control)
	}
	if d := cmp.Diff(map[string]int{"one.example": 1, "any.example": 1}, seen); d != "" {
		t.Errorf("made-up credentials: %s", d)
	}
	e.Verify(context.Background(), []*leak.Finding{finding("acme", 3)})
	if seen["any.example"] != 3-1 { // a third credential, no second control
		t.Errorf("%d times any.example", seen["any.example"])
	}
}

// TestSilentConnection: a host to which a connection was opened, and nothing
// sent, was not asked.
func TestSilentConnection(t *testing.T) {
	n := verifytest.New(t)
	n.ServeConn("db.acme.com", func(c net.Conn) { io.Copy(io.Discard, c) })
	for said, want := range map[string]string{
		"":  "unknown by db.acme.com:5432 0; db.acme.com:5432 unknown 0 not sent",
		"?": "unknown by db.acme.com:5432 0",
	} {
		e := testEngine(t, n, map[string]Verifier{"db": &fake{class: leak.S1, do: func(ctx context.Context, q Query) leak.Verdict {
			conn, err := q.Door.Dial(ctx, "tcp", "db.acme.com:5432")
			if err != nil {
				t.Error(err)
				return leak.Verdict{Status: leak.Unknown}
			}
			defer conn.Close()
			if said != "" {
				io.WriteString(conn, said)
			}
			return leak.Verdict{Status: leak.Unknown, Host: "db.acme.com:5432"}
		}}}, func(c *Config) { c.Door.Allow = []string{"db.acme.com"} })
		f := finding("db", 1, "host", "db.acme.com:5432")
		e.Verify(context.Background(), []*leak.Finding{f})
		if got := evidence(f.Verdict); got != want {
			t.Errorf("%q: %s, want %s", said, got, want)
		}
	}
}
