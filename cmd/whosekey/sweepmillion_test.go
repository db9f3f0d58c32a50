//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/store/storetest"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestMillionFindings measures what status, digests and the page of a store cost that
// has 1,000,000 findings of 200,000 identities in 10,000 repositories; by default it
// has 5,000. "make bench-store" runs it.
func TestMillionFindings(t *testing.T) {
	n := fromEnv("WHOSEKEY_STORE_FINDINGS", 5000)
	t.Run("SQLite", func(t *testing.T) { measureStore(t, n, filepath.Join(t.TempDir(), "store.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { measureStore(t, n, verifytest.NewPostgreSQL(t).Database("million")) })
}

func measureStore(t *testing.T, n int, name string) {
	db, err := store.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	fillStore(t, db, n)
	db.Close()
	t.Setenv("WHOSEKEY_DB", name)
	for _, args := range [][]string{
		{"status"}, {"status"}, {"digest", "--since", "24h"}, {"digest", "--since", "100d"}, {"digest", "--since", "900d"}, {"digest", "--since", "24h", "--owner", "@acme/team-7"},
	} {
		cmd := exec.Command("whosekey", append([]string{"sweep"}, args...)...)
		at := time.Now()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%-40s %6v, %6v CPU, %4d MB, %d bytes", strings.Join(args, " "), time.Since(at).Round(time.Millisecond), cpuOf(cmd.ProcessState).Round(time.Millisecond), cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss>>10, len(out))
		if args[0] == "status" && !strings.Contains(string(out), fmt.Sprintf("%d open", n)) {
			t.Errorf("%s", out)
		}
	}
	measurePage(t, n)
}

func cpuOf(p *os.ProcessState) time.Duration { return p.UserTime() + p.SystemTime() }

// measurePage asks whosekey serve for the page, as a browser does.
func measurePage(t *testing.T, n int) {
	var forget time.Duration
	if os.Getenv("WHOSEKEY_STORE_FINDINGS") != "" {
		forget = 5 * time.Second
	}
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "whosekey", "serve", "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cancel()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}
	base, query, _ := strings.Cut(strings.TrimSpace(address), "?")
	used := usedBy(t, cmd.Process.Pid)
	for _, what := range []string{"", "owner=@acme/team-7", "repository=acme/r7", "provider=slack&state=live", ""} {
		time.Sleep(forget) // what is kept for a moment is forgotten
		at := time.Now()
		url := base + "?" + query
		if what != "" {
			url += "&" + what
		}
		res, err := browser.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%d %v", res.StatusCode, err)
		}
		took := time.Since(at)
		now := usedBy(t, cmd.Process.Pid)
		t.Logf("page %-35s %6v, %6v CPU, %4d MB, %.1f MB long", what, took.Round(time.Millisecond), now-used, peakOf(t, cmd.Process.Pid)>>10, float64(len(body))/1e6)
		used = now
	}
}

// usedBy is the CPU time of a process, in steps of 10 ms.
func usedBy(t *testing.T, pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	return time.Duration(atoi(f[11])+atoi(f[12])) * 10 * time.Millisecond
}

// peakOf is the most memory that a process had, in KB.
func peakOf(t *testing.T, pid int) (kb int) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	fmt.Sscan(rest, &kb)
	return kb
}

// storeIdentity is the record of an identity in which numbers change.
func storeIdentity(t *testing.T) string {
	id := leak.Identity{
		ID: "nhi:acme:service_account:t/@i", Type: leak.ServiceAccount, Name: "deployer-@i", Owner: "@acme/team-@o", Provider: "acme", Confidence: 0.8, Risk: leak.Risk{Score: 77, Band: "high"},
		Repositories: []string{"acme/r@r"},
	}
	for i := range 4 {
		id.Owners = append(id.Owners, leak.Owner{Name: fmt.Sprintf("@acme/team-@o%d", i), Kind: "team", Source: "codeowners_leaking", Ref: "CODEOWNERS:12", Reason: "code owner of deploy/settings.yaml, which holds the credential (rule *)", Confidence: 0.7})
		id.Evidence = append(id.Evidence, leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimName, Value: "deployer-@i", Weight: 0.75, Reason: "AWS_ACCESS_KEY_ID beside it", Ref: "deploy/settings.yaml:2"})
	}
	for i := range 5 {
		id.Credentials = append(id.Credentials, leak.Credential{
			ID: fmt.Sprintf("f@i%d", i), Kind: "acme-token", State: leak.Unchecked, Exposure: "private", FirstExposed: time.Unix(1700000000, 0).UTC(),
			Risk: leak.Risk{Score: 70, Band: "high", Factors: []leak.RiskFactor{{Name: "validity", Points: 12, Max: 25, Why: "nobody asked whether it works"}, {Name: "privilege", Points: 18, Max: 25, Why: "it may change data"}}},
			Plan: []leak.Action{{Step: "rotate", Text: "Make a new one, for this identity alone and with no more rights than what uses it needs.", Command: []string{"acme keys create"}}, {Step: "purge", Text: "Take it out of deploy/settings.yaml, and read it from a vault or the environment there."}},
		})
	}
	b, err := json.Marshal(id)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// fillStore writes rows as sweeps leave them, by SQL; the last 200 days saw as many
// each. It has the store count them, as it does with one of an older whosekey.
func fillStore(t *testing.T, db *store.Store, n int) {
	t.Helper()
	const place = `{"kind":"blob","at":{"blob":"b1","l":12,"c":8,"el":12,"ec":52,"frame":{"First":11,"Lines":["DEBUG=1","TOKEN=********",""],"MarkStart":7,"MarkEnd":15}},"author":"Ada"}`
	numbers := func(n int) string {
		return fmt.Sprintf("with recursive n(i) as (select 0 union all select i+1 from n where i < %d) ", n-1)
	}
	at := fmt.Sprintf(`%d - (i / 5 * 7919 %% 200) * 86400000000`, time.Now().UnixMicro())
	start := time.Now()
	for _, part := range []struct {
		text string
		args []any
	}{
		{numbers(n/100) + `insert into repositories (name, source, address, state, scanned_at, bytes) select 'acme/r'||i, 'dir', '/srv/'||i, 'done', ` + at + `, 100000 from n`, nil},
		{numbers(n/5) + `insert into identities (id, provider, type, name, owner, risk, confidence, status, record, added_at, changed_at)
			select 'nhi:acme:service_account:t/'||i, 'acme', 'service_account', 'deployer-'||i, '@acme/team-'||(i%400), 77, 0.8, 'shadow',
			replace(replace(replace(cast($1 as text), '@i', cast(i as text)), '@o', cast(i%400 as text)), '@r', cast(i%` + fmt.Sprint(n/100) + ` as text)), 1, 1 from n`, []any{storeIdentity(t)}},
		{numbers(n) + `insert into findings (id, rule, title, provider, severity, confidence, about, rotate, encoding, more, state, status, verdict, identity, owner, risk, band, first_seen, last_seen, live_since, places, repositories)
			select 'f'||(i/5)||(i%5), 'acme-token', 'Acme token', case i%3 when 0 then 'acme' when 1 then 'slack' else 'aws' end, 8, 'high', '', '', '', '{}', 'open', case i%7 when 0 then 'live' else 'unchecked' end,
			'{}', 'nhi:acme:service_account:t/'||(i/5), '@acme/team-'||(i/5%400), i*31%100, case when i*31%100 >= 90 then 'critical' when i*31%100 >= 70 then 'high' when i*31%100 >= 40 then 'medium' else 'low' end,
			` + at + `, ` + at + `, case i%7 when 0 then ` + at + ` else 0 end, 1, 1 from n`, nil},
		{numbers(n) + `insert into occurrences (finding, repository, place, path, line, commit_id, at_head, date, record, first_seen, last_seen)
			select 'f'||(i/5)||(i%5), 1 + i/5%` + fmt.Sprint(n/100) + `, 'p', 'deploy/settings-'||(i%20)||'.yaml', 12, '4048b6e8f0a14048b6e8f0a14048b6e8f0a14048', 1, 1700000000, cast($1 as text), 1, 1 from n`, []any{place}},
		{numbers(n) + `insert into verdicts (finding, at, status, record) select 'f'||(i/5)||(i%5), ` + at + `, 'unchecked', '{}' from n`, nil},
	} {
		if _, err := db.DB().ExecContext(t.Context(), part.text, part.args...); err != nil {
			t.Fatalf("%.80s: %v", part.text, err)
		}
	}
	storetest.ToSchema3(t, db.DB()) // the program brings it up to date
	if _, err := db.DB().ExecContext(t.Context(), `analyze`); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d findings written in %v", n, time.Since(start).Round(time.Second))
}
