package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// connect gives runs in this process an internet in which a handler answers for
// every host.
func connect(t *testing.T, h http.Handler) *verifytest.Net {
	n := verifytest.New(t)
	n.Serve("*", h)
	doorHook = func(o *verify.DoorOptions) { o.Resolver, o.Dial, o.RootCAs = n, n.Dial, n.Roots }
	t.Cleanup(func() { doorHook = nil })
	return n
}

// scriptFile writes a file of a script into a folder of its own.
func scriptFile(t *testing.T, script, name string) string {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", script))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		if f.Name == name {
			out := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(out, f.Data, 0o666); err != nil {
				t.Fatal(err)
			}
			return out
		}
	}
	t.Fatalf("%s has no file %s", script, name)
	return ""
}

// echoing answers as a provider would to a credential that works, and puts all
// that it was sent, and an e-mail address, into every text that is not what
// makes the answer one.
type echoing struct {
	mu     sync.Mutex
	tables map[string][]*rules.Verify // by host
	asked  int
}

func newEchoing(ps []*rules.Provider) *echoing {
	e := &echoing{tables: map[string][]*rules.Verify{}}
	for _, p := range ps {
		for i := range p.Verify {
			v := &p.Verify[i]
			for _, s := range v.All() {
				_, rest, _ := strings.Cut(s.Request, "https://")
				host, _, _ := strings.Cut(rest, "/")
				e.tables[host] = append(e.tables[host], v)
			}
			for _, host := range v.Servers() {
				e.tables[host] = append(e.tables[host], v)
			}
		}
	}
	return e
}

func (e *echoing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var all strings.Builder
	fmt.Fprintf(&all, "ada@people.example %s %s ", r.RequestURI, body)
	for _, values := range r.Header {
		all.WriteString(strings.Join(values, " ") + " ")
	}
	e.mu.Lock()
	e.asked++
	n := e.asked
	e.mu.Unlock()
	if name, secret, ok := r.BasicAuth(); ok {
		all.WriteString(name + " " + secret)
	}
	tables := e.tables[r.Host]
	w.Header().Set("Content-Type", "application/json")
	if n%3 == 0 || len(tables) == 0 { // what it is when nothing was expected
		w.WriteHeader([]int{200, 401, 403, 500}[n/3%4])
		fmt.Fprintf(w, "%q", all.String())
		return
	}
	for _, x := range tables[n%len(tables)].Exchanges {
		if x.Want == leak.Live && len(x.Before) == 0 {
			for name := range x.Header {
				w.Header().Set(name, strings.Map(noControl, all.String()))
			}
			w.WriteHeader(x.Status)
			io.WriteString(w, echoInto(tables[n%len(tables)], x.Body, all.String()))
			return
		}
	}
	w.WriteHeader(401)
	fmt.Fprintf(w, "%q", all.String())
}

func noControl(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}

// echoInto replaces the texts of a JSON document by an echo, but for those that
// verdicts look for.
func echoInto(v *rules.Verify, body, echo string) string {
	var meant []string
	for _, row := range v.Verdicts {
		for _, want := range row.JSON {
			meant = append(meant, fmt.Sprint(want))
		}
	}
	words := strings.Join(meant, " ")
	var doc any
	if json.Unmarshal([]byte(body), &doc) != nil {
		return body
	}
	var change func(any) any
	change = func(v any) any {
		switch v := v.(type) {
		case string:
			if strings.Contains(words, v) {
				return v
			}
			return echo[:len(echo)/2] + echo
		case []any:
			for i := range v {
				v[i] = change(v[i])
			}
		case map[string]any:
			for k := range v {
				v[k] = change(v[k])
			}
		}
		return v
	}
	out, _ := json.Marshal(change(doc))
	return string(out)
}

// TestVerifyLeaksNothing asks hostile providers about a credential of every
// rule that has a table: nothing that they echo is in any output.
func TestVerifyLeaksNothing(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	x := newTraces()
	var text strings.Builder
	perTable := map[*rules.Verify]int{}
	for _, p := range ps {
		for _, r := range p.Rules {
			v := p.For(r.ID)
			if v == nil || v.Request == "" || perTable[v] > 0 { // hosts are asked twice a second
				continue
			}
			perTable[v]++
			for example := range min(2, len(r.Leaks)) {
				line, secret, err := makeToken(r.ID, example, fmt.Sprint("asked ", r.ID, example))
				if err != nil {
					t.Fatal(err)
				}
				_, other, err := makeToken(r.ID, example, fmt.Sprint("other ", r.ID, example))
				if err != nil {
					t.Fatal(err)
				}
				x.plant(planted{r.ID, line, secret, other})
				text.WriteString(line + strings.Repeat("\n", 60))
			}
		}
	}
	e := newEchoing(ps)
	connect(t, e)
	file := filepath.Join(t.TempDir(), "all.txt")
	if err := os.WriteFile(file, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	args := []string{"dir", file, "--verify", "extended", "--verify-timeout", "20s", "--log-level", "debug", "-v"}
	for _, f := range formatNames {
		args = append(args, "-f", f+"="+filepath.Join(out, f))
	}
	code, stdout, stderr := whosekey(t, nil, args...)
	if code != exitFindings {
		t.Fatalf("exit code %d, stderr %.500s", code, stderr)
	}
	x.check(t, "verify", stdout, stderr)
	for _, f := range formatNames {
		x.check(t, "verify -f "+f, read(t, filepath.Join(out, f)))
	}
	live := strings.Count(read(t, filepath.Join(out, "jsonl")), `"verdict":"live"`)
	t.Logf("%d calls, %d live", e.asked, live)
	if e.asked == 0 {
		t.Error("nobody was asked")
	}
}

// TestVerifyIsDeterministic: reports of the same answers are the same, but for
// the time of the answers.
func TestVerifyIsDeterministic(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000") // of GitLab's format, which says when it was
	file := scriptFile(t, "verify.txtar", "acme.toml")
	connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch token := r.Header.Get("Authorization"); {
		case strings.Contains(token, "acme_0"):
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"user": %q}`, "user of "+token[12:16])
		case strings.Contains(token, "acme_1"):
			w.WriteHeader(503)
		default:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(401)
			io.WriteString(w, `{"error": "unknown token"}`)
		}
	}))
	dir := t.TempDir()
	for i := range 40 {
		text := fmt.Sprintf("acme_%d%s\n", i%3, fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i)}))[:23])
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i%7, ".txt")), []byte(text+strings.Repeat("\n", 9)+text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	first := map[string]string{}
	times := regexp.MustCompile(`"(?:time|state_at)":\s*"[^"]*"|\d{4}-\d\d-\d\d \d\d:\d\d UTC|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|; in [0-9.]+[a-zµ]+`)
	for _, workers := range []string{"1", "8", "8"} {
		out := t.TempDir()
		args := []string{"dir", dir, "--rules", file, "--allow-verifiers", "--verify", "safe", "--workers", workers}
		for _, f := range formatNames {
			args = append(args, "-f", f+"="+filepath.Join(out, f))
		}
		if code, _, stderr := whosekey(t, nil, args...); code != exitFindings {
			t.Fatalf("exit code %d, %s", code, stderr)
		}
		for _, f := range formatNames {
			got := times.ReplaceAllString(read(t, filepath.Join(out, f)), "TIME")
			if first[f] == "" {
				first[f] = got
			}
			if got != first[f] {
				t.Fatalf("-f %s with %s workers differs: %s", f, workers, difference(got, first[f]))
			}
		}
	}
	if !strings.Contains(first["jsonl"], `"verdict":"live"`) || !strings.Contains(first["jsonl"], `"verdict":"unknown"`) {
		t.Errorf("not all verdicts are there: %.2000s", first["jsonl"])
	}
}

// TestNobodyIsAsked: without --verify, and with off and plan, no name is
// resolved and no connection is made.
func TestNobodyIsAsked(t *testing.T) {
	n := connect(t, http.NotFoundHandler())
	all := plantAll(t)
	var text strings.Builder
	for _, p := range all {
		text.WriteString(p.text + "\n")
	}
	for _, args := range [][]string{{}, {"--verify", "off"}, {"--verify", "plan"}, {"--verify=plan", "-f", "json"}} {
		code, _, stderr := whosekey(t, strings.NewReader(text.String()), append([]string{"stdin"}, args...)...)
		if code != exitFindings {
			t.Fatalf("%q: exit code %d, %s", args, code, stderr)
		}
		if looked, dialed := n.Looked(), n.Dialed(); len(looked)+len(dialed) > 0 {
			t.Errorf("%q: resolved %q, connected to %q", args, looked, dialed)
		}
	}
	first := slices.IndexFunc(all, func(p planted) bool { return p.rule == "airtable-personal-access-token" })
	if code, stdout, _ := whosekey(t, strings.NewReader(all[first].text), "verify", "-", "--verify", "plan"); code != exitClean || !strings.Contains(stdout, "api.airtable.com") {
		t.Errorf("a plan for one: exit code %d, %s", code, stdout)
	}
	if dialed := n.Dialed(); len(dialed) > 0 {
		t.Errorf("connected to %q", dialed)
	}
}

// TestInterruptedVerify: who interrupts the asking gets what was found.
func TestInterruptedVerify(t *testing.T) {
	file := scriptFile(t, "verify.txtar", "acme.toml")
	ctx, cancel := context.WithCancel(t.Context())
	connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	var stdout, stderr bytes.Buffer
	args := []string{"stdin", "--rules", file, "--allow-verifiers", "--verify", "safe", "-f", "json"}
	code := run(ctx, args, strings.NewReader("acme_k3j9x0q2m7v5b8n1z4c6w0rt\n"), &stdout, &stderr)
	if code != exitInterrupted || !strings.Contains(stdout.String(), `"rule": "acme-token"`) || !strings.Contains(stdout.String(), `"incomplete": true`) {
		t.Errorf("exit code %d, %s", code, &stdout)
	}
	if !strings.Contains(stderr.String(), "what was found is reported") {
		t.Errorf("stderr %s", &stderr)
	}
}

// TestVerifyCA: an authority of one's own is trusted if the user names it.
func TestVerifyCA(t *testing.T) {
	n := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"kind":"SelfSubjectReview","status":{"userInfo":{"username":"alice"}}}`)
	}))
	doorHook = func(o *verify.DoorOptions) { o.Resolver, o.Dial = n, n.Dial }
	dir := t.TempDir()
	ca, empty := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "empty.pem")
	for name, b := range map[string][]byte{ca: n.CA(), empty: nil} {
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		file string
		code int
		says string
	}{
		{"", exitIncomplete, "--verify-ca names another"},
		{ca, exitIncomplete, "accepts anything"}, // as the server here does: it was reached
		{empty, exitUsage, "there is no certificate in it"},
		{filepath.Join(dir, "gone.pem"), exitUsage, "read --verify-ca"},
	} {
		args := []string{"verify", "-", "--rule", "kubernetes-service-account-token", "--part", "host=k8s.acme.example", "--allow-host", "k8s.acme.example", "-v"}
		if tt.file != "" {
			args = append(args, "--verify-ca", tt.file)
		}
		code, stdout, stderr := whosekey(t, strings.NewReader("kubeconfig"+strings.Repeat("x7", 12)), args...)
		if code != tt.code || !strings.Contains(stdout+stderr, tt.says) {
			t.Errorf("%q: exit code %d, %s%s", tt.file, code, stdout, stderr)
		}
	}
}

// TestKeyWithItsCertificate: a private key is known by a certificate in another
// file of what is searched, and nobody is asked.
func TestKeyWithItsCertificate(t *testing.T) {
	n := connect(t, http.NotFoundHandler())
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("tls.key", "PRIVATE "+"KEY", der)
	for until, want := range map[time.Duration]string{-30 * time.Hour: `"verdict": "expired"`, time.Hour: "it belongs to a certificate"} {
		cert := &x509.Certificate{SerialNumber: big.NewInt(7), DNSNames: []string{"www.acme.example"}, NotBefore: time.Now().Add(-90 * time.Hour), NotAfter: time.Now().Add(until)}
		made, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		write("tls.crt", "CERTIFICATE", made)
		_, stdout, stderr := whosekey(t, nil, "dir", dir, "--verify", "safe", "-f", "json")
		if !strings.Contains(stdout, want) || !strings.Contains(stdout, "www.acme.example") {
			t.Errorf("%v: %s%s", until, stdout, stderr)
		}
	}
	if looked := n.Looked(); len(looked) > 0 {
		t.Errorf("resolved %q", looked)
	}
}

// full is a disk without a byte left.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// TestInterruptedAndFull: that the report could not be written is said, although
// the asking was interrupted too.
func TestInterruptedAndFull(t *testing.T) {
	file := scriptFile(t, "verify.txtar", "acme.toml")
	ctx, cancel := context.WithCancel(t.Context())
	connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	var stderr bytes.Buffer
	args := []string{"stdin", "--rules", file, "--allow-verifiers", "--verify", "safe", "-f", "json"}
	code := run(ctx, args, strings.NewReader("acme_k3j9x0q2m7v5b8n1z4c6w0rt\n"), full{}, &stderr)
	if code != exitInterrupted || !strings.Contains(stderr.String(), "no space left") || strings.Contains(stderr.String(), "is reported") {
		t.Errorf("exit code %d, %s", code, &stderr)
	}
}

// TestNobodyReached: a host whose name does not resolve was not asked.
func TestNobodyReached(t *testing.T) {
	file := scriptFile(t, "verify.txtar", "acme.toml")
	n := verifytest.New(t)
	doorHook = func(o *verify.DoorOptions) { o.Resolver, o.Dial, o.RootCAs = n, n.Dial, n.Roots }
	t.Cleanup(func() { doorHook = nil })
	args := []string{"stdin", "--rules", file, "--allow-verifiers", "--verify", "safe", "-v"}
	_, stdout, _ := whosekey(t, strings.NewReader("acme_k3j9x0q2m7v5b8n1z4c6w0rt\n"), args...)
	if strings.Contains(stdout, "asked") || !strings.Contains(stdout, "there is no host of that name (tried api.acme.example") {
		t.Error(stdout)
	}
	n.Serve("*", http.NotFoundHandler())
	_, stdout, _ = whosekey(t, strings.NewReader("acme_k3j9x0q2m7v5b8n1z4c6w0rt\n"), args...)
	if !strings.Contains(stdout, "(asked api.acme.example") {
		t.Error(stdout)
	}
}
