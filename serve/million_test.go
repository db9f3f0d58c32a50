//go:build unix

package serve_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/serve"
	"github.com/whosekey/whosekey/store"
)

// TestMillion measures the page of a store with 1,000,000 findings of 200,000
// identities in 10,000 repositories: WHOSEKEY_MILLION=1 go test -run Million -v ./serve
func TestMillion(t *testing.T) {
	if os.Getenv("WHOSEKEY_MILLION") == "" {
		t.Skip("WHOSEKEY_MILLION is not set: it takes minutes and 3 GB of disk")
	}
	ctx := t.Context()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fill(t, db)
	size := &counter{}
	for i, query := range []string{"", "owner=@acme/team-7", "repository=acme/r77", "provider=slack&state=live"} {
		s := &serve.Store{Store: db, Name: "million"}
		user, at := cpu(), time.Now()
		if _, err := s.Version(ctx); err != nil {
			t.Fatal(err)
		}
		version, versionCPU := time.Since(at), cpu()-user
		user, at = cpu(), time.Now()
		size.n = 0
		x := written(t, &counted{s, size}, query)
		t.Logf("%q: version %v (%v of CPU), page %v (%v of CPU), %.1f MB, %d rows, %d not in it", query, version, versionCPU, time.Since(at), cpu()-user, float64(size.n)/1e6, len(x.Rows), x.Left)
		if i == 0 && (len(x.Rows) != 5_000 || x.Left != 995_000) {
			t.Errorf("%d rows, %d left", len(x.Rows), x.Left)
		}
	}
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

type counter struct{ n int }

func (c *counter) Write(b []byte) (int, error) { c.n += len(b); return len(b), nil }

type counted struct {
	*serve.Store
	c *counter
}

func (c *counted) Write(ctx context.Context, w io.Writer, version string, query url.Values) error {
	return c.Store.Write(ctx, io.MultiWriter(w, c.c), version, query)
}

func cpu() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// fill writes rows as a sweep leaves them, by SQL: they are made of one record in
// which numbers change.
func fill(t *testing.T, db *store.Store) {
	t.Helper()
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
	record, err := json.Marshal(id)
	if err != nil {
		t.Fatal(err)
	}
	const place = `{"kind":"blob","at":{"blob":"b1","l":12,"c":8,"el":12,"ec":52,"frame":{"First":11,"Lines":["DEBUG=1","TOKEN=********",""],"MarkStart":7,"MarkEnd":15}},"author":"Ada"}`
	numbers := func(n int) string {
		return fmt.Sprintf("with recursive n(i) as (select 0 union all select i+1 from n where i < %d) ", n-1)
	}
	start := time.Now()
	for _, text := range []string{
		numbers(10_000) + `insert into repositories (name, source, address, state, scanned_at, bytes) select 'acme/r'||i, 'dir', '/srv/'||i, 'done', 1790000000000000, 100000 from n`,
		numbers(200_000) + `insert into identities (id, provider, type, name, owner, risk, confidence, status, record, added_at, changed_at)
			select 'nhi:acme:service_account:t/'||i, 'acme', 'service_account', 'deployer-'||i, '@acme/team-'||(i%400), 77, 0.8, 'shadow', replace(replace(replace($1, '@i', i), '@o', i%400), '@r', i%10000), 1, 1 from n`,
		numbers(1_000_000) + `insert into findings (id, rule, title, provider, severity, confidence, about, rotate, encoding, more, state, status, verdict, identity, owner, risk, band, first_seen, last_seen, places, repositories)
			select 'f'||(i/5)||(i%5), 'acme-token', 'Acme token', case i%3 when 0 then 'acme' when 1 then 'slack' else 'aws' end, 8, 'high', '', '', '', '{}', 'open', case i%7 when 0 then 'live' else 'unchecked' end,
			'{}', 'nhi:acme:service_account:t/'||(i/5), '@acme/team-'||(i/5%400), i*31%100, case when i*31%100 >= 90 then 'critical' when i*31%100 >= 70 then 'high' when i*31%100 >= 40 then 'medium' else 'low' end, 1790000000000000, 1790000000000000, 1, 1 from n`,
		numbers(1_000_000) + `insert into occurrences (finding, repository, place, path, line, commit_id, at_head, date, record, first_seen, last_seen)
			select 'f'||(i/5)||(i%5), 1 + i/5%10000, 'p', 'deploy/settings-'||(i%20)||'.yaml', 12, '4048b6e8f0a14048b6e8f0a14048b6e8f0a14048', 1, 1700000000, $2, 1, 1 from n`,
		`analyze`,
	} {
		var args []any
		if strings.Contains(text, "$1") {
			args = append(args, string(record))
		} else if strings.Contains(text, "$2") {
			text = strings.ReplaceAll(text, "$2", "$1")
			args = append(args, place)
		}
		if _, err := db.DB().ExecContext(t.Context(), text, args...); err != nil {
			t.Fatalf("%.80s: %v", text, err)
		}
	}
	t.Logf("filled in %v; a record of an identity has %d bytes", time.Since(start), len(record))
}
