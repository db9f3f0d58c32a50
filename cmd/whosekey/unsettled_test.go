package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// acmes are n tokens of Acme, a line each.
func acmes(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "acme_%s\n", fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i)}))[:24])
	}
	return text.String()
}

// TestLiveIsNotKnown: --fail-on live is no silent green where nobody said what works.
func TestLiveIsNotKnown(t *testing.T) {
	self := scriptFile(t, "verify.txtar", "acme.toml") // whose refusals may be about another server
	file := filepath.Join(t.TempDir(), "acme.toml")
	text := strings.NewReplacer("https://${host}/me", "https://api.acme.example/me", "self_hosted = true\ndefault_host = \"api.acme.example\"\n", "").Replace(read(t, self))
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	answer := func(status int, body string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	dead := answer(401, `{"error":"unknown token"}`)
	failing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(acmes(3)[60:], strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
			w.WriteHeader(503)
			return
		}
		dead(w, r)
	})
	for _, tt := range []struct {
		name, text string
		handler    http.Handler // nil: there is no network
		args       []string
		open       string // "" if all is known
		why        string
	}{
		{"all are dead", acmes(3), dead, nil, "", ""},
		{"no network", acmes(3), nil, nil, "3 of 3", "there is no host of that name"},
		{"the host is down, and left alone", acmes(9), answer(503, ""), nil, "9 of 9", ""},
		{"the budget", acmes(3), dead, []string{"--verify-budget", "1"}, "2 of 3", "budget"},
		{"no time", acmes(9), answer(429, "", "Retry-After", "60"), []string{"--verify-total", "1s"}, "9 of 9", ""},
		{"the rate", acmes(2), answer(429, ""), nil, "2 of 2", "429"},
		{"a host that is not allowed", "host=acme.corp.example " + acmes(1), dead, []string{"--rules", self}, "1 of 1", "--allow-host"},
		{"the class", "acmd_" + acmes(1)[5:], dead, nil, "1 of 1", "extended"},
		{"a page", acmes(2), answer(200, "<html>hello"), nil, "2 of 2", ""},
		{"somebody's own server", acmes(2), dead, []string{"--rules", self}, "2 of 2", "may belong to another server"},
		{"one of them", acmes(3), failing, nil, "1 of 3", "503"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.handler != nil {
				connect(t, tt.handler)
			} else {
				n := verifytest.New(t)
				doorHook = func(o *verify.DoorOptions) { o.Resolver, o.Dial, o.RootCAs = n, n.Dial, n.Roots }
				t.Cleanup(func() { doorHook = nil })
			}
			kept := filepath.Join(t.TempDir(), "run.jsonl")
			summary := filepath.Join(t.TempDir(), "run.md")
			rules := file
			if len(tt.args) == 2 && tt.args[0] == "--rules" {
				rules, tt.args = tt.args[1], nil
			}
			args := append([]string{"stdin", "--rules", rules, "--allow-verifiers", "--verify", "safe", "--fail-on", "live", "-f", "text", "-f", "jsonl=" + kept, "-f", "markdown=" + summary}, tt.args...)
			code, stdout, stderr := whosekey(t, strings.NewReader(tt.text), args...)
			if code != exitClean {
				t.Fatalf("exit code %d, %s%s", code, stdout, stderr)
			}
			for name, out := range map[string]string{"text": stdout, "standard error": stderr, "jsonl": read(t, kept), "markdown": read(t, summary)} {
				says := strings.Contains(strings.ToLower(out), "not known of") || strings.Contains(out, "NOT KNOWN whether") || strings.Contains(out, "none of them is known to be dead")
				if says != (tt.open != "") {
					t.Errorf("%s: says of what is not known: %t\n%s", name, says, out)
				}
			}
			if want := tt.open + " credentials could not be asked about"; tt.open != "" && !strings.Contains(stdout, want) || !strings.Contains(stdout, tt.why) {
				t.Errorf("no %q, %q: %s", want, tt.why, stdout)
			}
			code, _, stderr = whosekey(t, strings.NewReader(tt.text), append(args, "--strict")...)
			if want := map[bool]int{true: exitIncomplete, false: exitClean}[tt.open != ""]; code != want {
				t.Errorf("--strict: exit code %d instead of %d, %s", code, want, stderr)
			}
		})
	}
	// What works fails as before; --strict reverses, as for what was not searched.
	connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), acmes(1)[:29]) {
			answer(200, `{"user":"deploy"}`)(w, r)
		} else if strings.Contains(acmes(2), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
			answer(503, "")(w, r)
		} else {
			dead(w, r)
		}
	}))
	args := []string{"stdin", "--rules", file, "--allow-verifiers", "--verify", "safe", "--fail-on", "live"}
	if code, stdout, _ := whosekey(t, strings.NewReader(acmes(2)), args...); code != exitFindings || !strings.Contains(stdout, "1 of 2 credentials could not") {
		t.Errorf("one works: exit code %d, %s", code, stdout)
	}
	if code, _, _ := whosekey(t, strings.NewReader(acmes(2)), append(args, "--strict")...); code != exitIncomplete {
		t.Errorf("one works, --strict: exit code %d", code)
	}
	// What can never be asked about is told, and stops nobody.
	code, stdout, _ := whosekey(t, strings.NewReader("acmw_"+acmes(1)[5:]), append(args, "--strict")...)
	if code != exitClean || !strings.Contains(stdout, "of 1 of 1 credentials nobody can be asked") {
		t.Errorf("unverifiable: exit code %d, %s", code, stdout)
	}
	// Other thresholds say nothing of it.
	if _, stdout, _ := whosekey(t, strings.NewReader(acmes(2)), "stdin", "--rules", file, "--allow-verifiers", "--verify", "safe", "--fail-on", "none"); strings.Contains(stdout, "could not be asked") {
		t.Errorf("--fail-on none: %s", stdout)
	}
}
