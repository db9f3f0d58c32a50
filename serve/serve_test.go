package serve_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/serve"
	"github.com/whosekey/whosekey/store"
)

// runFile writes a run with n findings.
func runFile(t *testing.T, name string, n int) string {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := report.NewJSONL(f, report.Options{})
	h.Start(report.Run{Tool: "whosekey", Mode: "git", Target: "acme/api"})
	for i := range n {
		h.Finding(finding(fmt.Sprintf("f%04d", i), 70))
	}
	if err := h.Finish(report.Summary{Findings: n, Counts: map[string]int64{"blobs": 3}}); err != nil {
		t.Fatal(err)
	}
	return name
}

func finding(id string, score int) *leak.Finding {
	risk := leak.Risk{Score: score, Band: "high"}
	return &leak.Finding{
		ID: id, Rule: leak.RuleInfo{ID: "acme-token", Title: "Acme token", Provider: "acme", Severity: 8}, Confidence: leak.High, Verdict: leak.Verdict{Status: leak.Live, Reason: "200 OK"},
		Identity: &leak.Identity{ID: "nhi:acme:bot:t/" + id, Type: leak.Bot, Name: "deployer-" + id, Owner: "@acme/ops", Risk: risk, Owners: []leak.Owner{{Name: "@acme/ops", Kind: "team"}},
			Credentials: []leak.Credential{{ID: id, Risk: risk}}},
		Locations: []leak.Location{{Kind: leak.KindBlob, Path: "a.env", Commit: "c1", AtHead: true, Position: leak.Position{Line: 3, Column: 1}}},
	}
}

// started is a server that runs until the test ends.
func started(t *testing.T, source serve.Source) (s *serve.Server, address string) {
	t.Helper()
	l, err := serve.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s, err = serve.New(l, source); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return s, s.URL(l)
}

// get asks, and follows nothing.
func get(t *testing.T, method, address string, with func(*http.Request)) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if with != nil {
		with(r)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestWhoGetsIn(t *testing.T) {
	_, address := started(t, &serve.Runs{Files: []string{runFile(t, filepath.Join(t.TempDir(), "run.jsonl"), 3)}})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	token := u.Query().Get("token")
	base := "http://" + u.Host + "/"
	bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	cookie := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "whosekey-" + u.Port(), Value: token}) }
	named := func(host string) func(*http.Request) {
		return func(r *http.Request) { bearer(r); r.Host = host }
	}
	for _, c := range []struct {
		what, method, address string
		with                  func(*http.Request)
		want                  int
	}{
		{"without a token", "GET", base, nil, 401},
		{"the version without a token", "GET", base + "version", nil, 401},
		{"a wrong token", "GET", base + "?token=" + strings.Repeat("0", 32), nil, 401},
		{"an empty cookie", "GET", base, func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "whosekey-" + u.Port(), Value: ""}) }, 401},
		{"an empty bearer", "GET", base, func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }, 401},
		{"the token", "GET", address, nil, 303},
		{"the cookie", "GET", base, cookie, 200},
		{"bearer", "GET", base, bearer, 200},
		{"the version", "GET", base + "version", cookie, 200},
		{"no such page", "GET", base + "etc/passwd", cookie, 404},
		{"upwards", "GET", base + "..%2f..%2fetc/passwd", cookie, 404},
		{"POST", "POST", base, cookie, 405},
		{"DELETE", "DELETE", base, cookie, 405},
		{"OPTIONS", "OPTIONS", base, cookie, 405},
		{"HEAD", "HEAD", base, cookie, 200},
		{"a name that was made to lead here", "GET", base, named("evil.example:" + u.Port()), 403},
		{"a name that begins like ours", "GET", base, named("127.0.0.1.evil.example:" + u.Port()), 403},
		{"another port", "GET", base, named("127.0.0.1:1"), 403},
		{"localhost", "GET", base, named("localhost:" + u.Port()), 200},
		{"IPv6", "GET", base, named("[::1]:" + u.Port()), 200},
	} {
		resp, text := get(t, c.method, c.address, c.with)
		if resp.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.what, resp.StatusCode, c.want)
		}
		if c.want != 200 && strings.Contains(text, "Acme token") {
			t.Errorf("%s: findings are shown", c.what)
		}
		if strings.Contains(text, token) {
			t.Errorf("%s: the token is shown", c.what)
		}
		for name, want := range map[string]string{"X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"} {
			if resp.Header.Get(name) != want {
				t.Errorf("%s: %s is %q", c.what, name, resp.Header.Get(name))
			}
		}
		if p := resp.Header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || !strings.Contains(p, "frame-ancestors 'none'") || resp.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: the policy is %q", c.what, p)
		}
	}
}

// TestTokenLeavesTheAddress: the browser gets a cookie that scripts cannot read,
// and an address without the token.
func TestTokenLeavesTheAddress(t *testing.T) {
	_, address := started(t, &serve.Runs{Files: []string{runFile(t, filepath.Join(t.TempDir(), "run.jsonl"), 3)}})
	resp, _ := get(t, "GET", address+"&owner=%40acme%2Fops&x=//evil.example", nil)
	if to := resp.Header.Get("Location"); strings.Contains(to, "token") || !strings.HasPrefix(to, "/?owner=") {
		t.Errorf("it goes on to %q", to)
	}
	if c := resp.Cookies(); len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode || c[0].Domain != "" {
		t.Errorf("cookies: %+v", resp.Header["Set-Cookie"])
	}
	jar, _ := cookiejar.New(nil)
	page, err := (&http.Client{Jar: jar}).Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	b, _ := io.ReadAll(page.Body)
	if !strings.Contains(string(b), "Acme token") || page.Request.URL.RawQuery != "" {
		t.Errorf("at %s: %.200s", page.Request.URL, b)
	}
}

func TestOnlyLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "127.0.0.1", "10.0.0.1:80", "::1"} {
		if l, err := serve.Listen(addr); err == nil {
			l.Close()
			t.Errorf("Listen(%q) listens", addr)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:0", "127.0.0.2:0"} {
		l, err := serve.Listen(addr)
		if err != nil {
			t.Errorf("Listen(%q): %v", addr, err)
			continue
		}
		if ip := l.Addr().(*net.TCPAddr).IP; !ip.IsLoopback() {
			t.Errorf("Listen(%q) listens on %v", addr, ip)
		}
		l.Close()
	}
}

// index is what the page says of itself.
type index struct {
	Live    bool
	Version string
	Left    int
	Rows    [][]any
	Bands   map[string]int
	States  map[string]int
	Trend   []report.Point
	TrendOf string `json:"trend_of"`
	Summary struct {
		Notes   []string
		Counts  map[string]int64
		Skipped []struct {
			Reason string
			Count  int64
			First  []string
		}
		LeftOut []struct{ Reason string } `json:"left_out"`
	}
}

var indexText = regexp.MustCompile(`(?s)id="index">(.*?)</script>`)

func written(t *testing.T, s serve.Source, query string) index {
	t.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := s.Write(t.Context(), &b, "v1", q); err != nil {
		t.Fatal(err)
	}
	var x index
	if err := json.Unmarshal([]byte(indexText.FindStringSubmatch(b.String())[1]), &x); err != nil {
		t.Fatal(err)
	}
	return x
}

func TestRuns(t *testing.T) {
	dir := t.TempDir()
	s := &serve.Runs{Files: []string{runFile(t, filepath.Join(dir, "monday.jsonl"), 3), runFile(t, filepath.Join(dir, "tuesday.jsonl"), 5)}}
	x := written(t, s, "")
	if len(x.Rows) != 5 || !x.Live || x.Version != "v1" || len(x.Trend) != 2 || x.Trend[0].Label != "monday" || x.Trend[1].New != 2 {
		t.Errorf("%+v", x)
	}
	before, err := s.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	runFile(t, s.Files[1], 4)
	if after, err := s.Version(t.Context()); err != nil || after == before {
		t.Errorf("a new run has the version of the old one: %s, %v", after, err)
	}
	// A run that is being written has no end yet.
	b, _ := os.ReadFile(s.Files[1])
	os.WriteFile(s.Files[1], b[:len(b)*2/3], 0o600)
	if x := written(t, s, ""); len(x.Rows) == 0 || len(x.Summary.Skipped) != 1 {
		t.Errorf("of a run that was cut off: %+v", x)
	}
	os.WriteFile(s.Files[1], []byte("no run"), 0o600)
	if err := s.Write(t.Context(), io.Discard, "", nil); err == nil {
		t.Error("what is no run is shown")
	}
	os.Remove(s.Files[0])
	if _, err := s.Version(t.Context()); err == nil {
		t.Error("a file that is gone has a version")
	}
}

func plant(t testing.TB, db *store.Store, name string, fs ...*leak.Finding) {
	t.Helper()
	ctx := context.Background()
	var r *store.Repository
	if err := db.Do(ctx, func(tx *store.Tx) (err error) {
		r, err = tx.See(ctx, &store.Repository{Name: name, Source: "dir", Address: "/srv/" + name})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Beat(ctx, "w1", "here"); err != nil {
		t.Fatal(err)
	}
	fence, err := db.Lease(ctx, r.ID, "w1")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Do(ctx, func(tx *store.Tx) error {
		_, err := tx.Record(ctx, &store.Outcome{Scan: store.Scan{Repository: r.ID, Kind: "full", Worker: "w1", Rules: "r1", Refs: "h1", Bytes: 100}, Fence: fence, Findings: fs, Whole: true})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestTrendOfAStore has a point for each day of a young one, and for each week of an old one.
func TestTrendOfAStore(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	today := time.Now().UTC().Unix() / 86400
	s := &serve.Store{Store: db, Name: "state", Tool: "v1"}
	for _, c := range []struct {
		age    int64
		of     string
		points int
	}{{30, "day", 31}, {41, "day", 42}, {42, "week", 7}, {83, "week", 12}} {
		for _, q := range []string{`delete from days`, fmt.Sprintf(`insert into days (day, opened, closed) values (%d, 3, 3)`, today-c.age)} {
			if _, err := db.DB().ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		if x := written(t, s, ""); x.TrendOf != c.of || len(x.Trend) != c.points {
			t.Errorf("a store of %d days has %d points, each of a %q: want %d of a %s", c.age, len(x.Trend), x.TrendOf, c.points, c.of)
		}
	}
}

func TestStore(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := &serve.Store{Store: db, Name: "state", Tool: "v1"}
	if x := written(t, s, ""); len(x.Rows) != 0 {
		t.Errorf("an empty store: %+v", x)
	}
	low := finding("f2", 20)
	low.Identity.Owner, low.Identity.Owners[0].Name, low.Rule.Provider = "@acme/web", "@acme/web", "slack"
	low.Identity.Credentials[0].Risk.Band, low.Identity.Risk.Band, low.Verdict = "low", "low", leak.Verdict{Status: leak.Unchecked}
	plant(t, db, "acme/api", finding("f1", 71))
	plant(t, db, "acme/web", low)
	x := written(t, s, "")
	if len(x.Rows) != 2 || x.Rows[0][0] != "f1" || x.Bands["high"] != 1 || x.Bands["low"] != 1 || x.States["live"] != 1 || x.Left != 0 {
		t.Errorf("%+v", x)
	}
	if n := len(x.Trend); n != 1 || x.Trend[0].Findings != 2 || x.Trend[0].New != 2 || x.TrendOf != "day" {
		t.Errorf("the trend of %q: %+v", x.TrendOf, x.Trend)
	}
	for query, want := range map[string]string{"owner=@acme/web": "f2", "repository=acme/api": "f1", "provider=slack": "f2", "state=live": "f1", "band=low": "f2"} {
		x := written(t, s, query)
		if len(x.Rows) != 1 || x.Rows[0][0] != want || x.Left != 0 || !strings.Contains(strings.Join(x.Summary.Notes, " "), "Only these findings") {
			t.Errorf("%s: %+v", query, x)
		}
	}
	if x := written(t, s, "fixed=1"); len(x.Rows) != 0 {
		t.Errorf("fixed: %+v", x.Rows)
	}
	if x := written(t, s, "owner=%27%3B+drop+table+findings--"); len(x.Rows) != 0 {
		t.Errorf("hostile owner: %+v", x.Rows)
	}
}

// TestStoreTellsWhatWasNotSearched: sources that could not be listed, logs that could not be read
// and what sources do not hand over are in the page of a store; what was not searched is not
// counted as searched.
func TestStoreTellsWhatWasNotSearched(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	plant(t, db, "acme/api", finding("f1", 71))
	before, err := (&serve.Store{Store: db}).Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now := db.Now()
	db.Now = func() time.Time { return now }
	for _, spec := range []string{"github:org/acme", "logs of acme/api", "logs of acme/web"} {
		if err := db.Unlisted(t.Context(), spec, "no token"); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Do(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.See(t.Context(), &store.Repository{Name: "acme/new", Source: "dir", Address: "/srv/new"}); err != nil {
			return err
		}
		return tx.Listed(t.Context(), "gitea:org/acme", []store.Gap{{Reason: "gist elsewhere", Count: 2}, {Reason: "a fork", Count: 3, Chosen: true}})
	}); err != nil {
		t.Fatal(err)
	}
	s := &serve.Store{Store: db}
	if after, err := s.Version(t.Context()); err != nil || after == before {
		t.Errorf("%q, %v: not new", after, err)
	}
	var got []string
	sum := written(t, s, "").Summary
	for _, g := range sum.Skipped {
		got = append(got, fmt.Sprint(g.Reason, g.Count, g.First))
	}
	want := "repository that was not searched yet1 []; source that could not be listed1 [github:org/acme]; CI logs that could not be read2 [acme/api acme/web]; gist elsewhere2 []"
	if text := strings.Join(got, "; "); text != want || sum.Counts["repositories"] != 1 || len(sum.LeftOut) != 1 {
		t.Errorf("%s, want %s; %+v", text, want, sum)
	}
}

// TestStoreIsLive: what a sweep writes while a page is open gives a new version.
func TestStoreIsLive(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	before, err := (&serve.Store{Store: db}).Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	plant(t, db, "acme/api", finding("f1", 71))
	if after, err := (&serve.Store{Store: db}).Version(t.Context()); err != nil || after == before {
		t.Errorf("%q, %v: not new", after, err)
	}
}

func BenchmarkStorePage(b *testing.B) {
	db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "store.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for i := range 50 {
		var fs []*leak.Finding
		for k := range 400 {
			fs = append(fs, finding(fmt.Sprintf("f%d-%d", i, k), (i*400+k)%100))
		}
		plant(b, db, fmt.Sprintf("acme/r%d", i), fs...)
	}
	s := &serve.Store{Store: db}
	for b.Loop() {
		at := time.Now()
		if err := s.Write(b.Context(), io.Discard, "", nil); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(at).Seconds(), "s")
	}
}
