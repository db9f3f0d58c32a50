package inventory

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open("../../docs/schema/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	forbid(doc)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("schema.json")
}

// forbid makes fields that a schema does not describe an error.
func forbid(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			forbid(e)
		}
	case map[string]any:
		for _, e := range v {
			forbid(e)
		}
		if _, ok := v["properties"].(map[string]any); ok && v["type"] == "object" && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
	}
}

func valid(t *testing.T, s *jsonschema.Schema, text string) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = s.Validate(doc)
	}
	if err != nil {
		t.Errorf("%v\n%.500s", err, text)
	}
}

// sample is what a run might have found.
func sample() []*record.Record {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	ids := []*leak.Identity{
		{
			ID: "nhi:google:service_account:acme-prod/payments@acme-prod.iam.gserviceaccount.com", Type: leak.ServiceAccount, Name: "payments@acme-prod.iam.gserviceaccount.com",
			Owner: "@acme/payments", Provider: "google", Tenant: leak.Tenant{ID: "acme-prod", Kind: "project"}, Permissions: []string{"roles/editor"}, Environment: "prod",
			Risk: leak.Risk{Score: 72, Band: "high"}, Status: leak.KnownIdentity, Confidence: 0.98,
			Owners:      []leak.Owner{{Name: "@acme/payments", Kind: "team", Source: "codeowners_leaking", Ref: "CODEOWNERS:12", Confidence: 0.75}},
			Credentials: []leak.Credential{{ID: "f1", Kind: "gcp-key", KeyID: "0123456789abcdef", State: leak.Live, StateBy: "whoami", StateAt: now, FirstExposed: now.AddDate(-1, 0, 0), FirstExposedRef: "4048b6e8:sa.json:1", Exposure: "private"}},
			Consumers:   []leak.Consumer{{Kind: "workflow", Ref: ".github/workflows/deploy.yml:31", Name: "deploy", Via: "env GCP_SA_KEY"}},
			Declared:    []leak.Declaration{{Kind: "terraform", Address: "google_service_account.payments", Ref: "infra/sa.tf:12"}},
			Controls:    []leak.Control{{ID: "NHI2", Title: "Secret Leakage", Why: "it stands at sa.json:1"}, {ID: "SOC2:CC6.1", Title: "logical access is restricted", Why: "linked"}},
			Evidence:    []leak.Evidence{{Class: leak.FromStructure, Claim: leak.ClaimName, Value: "payments", Weight: 0.97, Reason: "client_email inside the key file"}},
			Plan:        []leak.Action{{Step: "rotate", Text: "make a new key"}}, Repositories: []string{"acme/api"},
		},
		{
			ID: "nhi:github:human_account:-/jane", Type: leak.HumanAccount, Name: "jane@acme.example", Owner: "=HYPERLINK(1)", Provider: "github", Status: leak.OrphanedIdentity, StatusReason: "jane@acme.example, its owner, has left",
			Owners:      []leak.Owner{{Name: "=HYPERLINK(1)", Email: "owner@acme.example", Kind: "person", Source: "git_introducer", Confidence: 0.35, Gone: true}},
			Credentials: []leak.Credential{{ID: "f2", Kind: "github-pat", State: leak.Dead, StateAt: now, Rotated: now, FirstExposed: now.AddDate(-2, 0, 0)}},
		},
		{ID: "nhi:stripe:api_key:-/hmac:f3", Type: leak.APIKey, Provider: "stripe", Status: leak.ShadowIdentity, Credentials: []leak.Credential{{ID: "f3", Kind: "stripe-key", State: leak.Unchecked}}},
	}
	var out []*record.Record
	for _, id := range ids {
		out = append(out, record.From(id, record.Options{People: record.Emails}))
	}
	return out
}

func each(list []*record.Record) records {
	return func(visit func(*record.Record) error) error {
		for _, r := range list {
			if err := visit(r); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestExports(t *testing.T) {
	for _, format := range Formats {
		var b bytes.Buffer
		if err := Export(&b, format, each(sample()), ExportOptions{}); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if strings.Contains(b.String(), "jane@acme.example") || strings.Contains(b.String(), "owner@acme.example") {
			t.Errorf("%s holds an address of a person:\n%s", format, &b)
		}
		if !strings.Contains(b.String(), "payments@acme-prod.iam.gserviceaccount.com") {
			t.Errorf("%s does not name the service account:\n%s", format, &b)
		}
		var mails bytes.Buffer
		if err := Export(&mails, format, each(sample()), ExportOptions{Options: record.Options{People: record.Emails}}); err != nil || !strings.Contains(mails.String(), "owner@acme.example") && !strings.Contains(mails.String(), "owner#64;acme.example") {
			t.Errorf("%s with addresses: %v\n%s", format, err, &mails)
		}
	}
}

func TestExportSchema(t *testing.T) {
	var b bytes.Buffer
	if err := Export(&b, "json", each(sample()), ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	s := schema(t, "nhi-v1.json")
	var list []json.RawMessage
	if err := json.Unmarshal(b.Bytes(), &list); err != nil || len(list) != 3 {
		t.Fatalf("%d records, %v", len(list), err)
	}
	for _, r := range list {
		valid(t, s, string(r))
		if !strings.Contains(string(r), `"schema_version": 1`) {
			t.Errorf("no version: %s", r)
		}
	}
	b.Reset()
	inv := New()
	defer inv.Close()
	for _, name := range []string{"core.csv", "aws.csv", "az.json", "github-pat.json", "kubernetes.json", "entra-users.csv"} {
		if err := inv.LoadFile("testdata/dialects/"+name, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := inv.Write(&b, record.Options{People: record.Emails}, "x.csv"); err != nil {
		t.Fatal(err)
	}
	s = schema(t, "inventory-v1.json")
	for line := range strings.Lines(b.String()) {
		valid(t, s, line)
	}
}

func TestExportCSV(t *testing.T) {
	var b bytes.Buffer
	if err := Export(&b, "csv", each(sample()), ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || strings.Join(rows[0][:8], ",") != "identity_type,name,owner,creation_date,last_accessed,permissions,risk_score,expiration" {
		t.Fatalf("%v %v", rows, err)
	}
	if rows[1][2] != "'@acme/payments" || rows[2][2] != "'=HYPERLINK(1)" {
		t.Errorf("cells that a spreadsheet runs: %q %q", rows[1][2], rows[2][2])
	}
	if got := rows[1][11] + " " + rows[1][12] + " " + rows[1][13] + " " + rows[1][15]; got != "prod known codeowners_leaking live" {
		t.Errorf("row %q", got)
	}
	b.Reset()
	if err := Export(&b, "csv", each(sample()), ExportOptions{GitHub: true, Options: record.Options{People: record.Emails}}); err != nil {
		t.Fatal(err)
	}
	if first, _, _ := strings.Cut(b.String(), "\n"); first != strings.Join(gitHubNames, ",") || !strings.Contains(b.String(), "jane@acme.example") {
		t.Errorf("GitHub's names:\n%s", &b)
	}
}

func TestDiff(t *testing.T) {
	old := load(t, Options{}, "identity_type,name,owner,provider,tenant,status\n"+
		"service_account,payments@acme-prod.iam.gserviceaccount.com,old-team,gcp,acme-prod,retired\nservice_account,gone-one,team-x,aws,1,active\n")
	list, err := Diff(old, each(sample()), true, time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range list {
		got = append(got, d.Kind+" "+d.ID)
	}
	want := []string{
		"shadow nhi:github:human_account:-/jane", "shadow nhi:stripe:api_key:-/hmac:f3", "orphaned nhi:github:human_account:-/jane",
		"retired-but-live nhi:google:service_account:acme-prod/payments@acme-prod.iam.gserviceaccount.com", "unowned nhi:stripe:api_key:-/hmac:f3",
		"changed-owner nhi:google:service_account:acme-prod/payments@acme-prod.iam.gserviceaccount.com", "gone nhi:aws:service_account:1/gone-one",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, f := range []string{"text", "json", "csv", "markdown"} {
		var b bytes.Buffer
		if err := WriteDiff(&b, f, list); err != nil || !strings.Contains(b.String(), "retired-but-live") {
			t.Errorf("%s: %v\n%s", f, err, &b)
		}
	}
}

// TestReviewComesBack signs sheets of both forms off and imports them.
func TestReviewComesBack(t *testing.T) {
	now := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	sheets := Sheets(sample(), now)
	if len(sheets) != 2 || sheets[0].Owner != nobody || len(sheets[0].Rows) != 2 || sheets[1].Rows[0].Due != "2026-03-11" {
		t.Fatalf("sheets %+v", sheets)
	}
	for _, form := range []string{"csv", "markdown"} {
		var b bytes.Buffer
		write := WriteSheetsCSV
		if form == "markdown" {
			write = nil
		}
		if write != nil {
			if err := write(&b, sheets...); err != nil {
				t.Fatal(err)
			}
		} else if err := WriteSheetsMarkdown(&b, now, sheets...); err != nil {
			t.Fatal(err)
		}
		text := sign(t, form, b.String(), "payments@", "revoke", "Ana", "2026-03-05")
		base := "identity_type,name,owner,provider,tenant\nservice_account,payments@acme-prod.iam.gserviceaccount.com,@acme/payments,gcp,acme-prod\n"
		inv := load(t, Options{}, base, text)
		all := entries(t, inv)
		if len(all) != 1 || all[0].Review == nil || all[0].Review.Decision != "revoke" || all[0].State != Retired || all[0].Review.Reviewer != "Ana" {
			t.Errorf("%s: %d entries %+v\n%v\n%s", form, len(all), all, inv.Problems, text)
		}
		not := entries(t, load(t, Options{}, base, sign(t, form, b.String(), "payments@", "Not mine", "Ana", "2026-03-05")))
		if not[0].Owner != "" || len(not[0].Owners) != 0 {
			t.Errorf("%s: not mine, and still owned by %q", form, not[0].Owner)
		}
		bad := load(t, Options{}, sign(t, form, b.String(), "payments@", "maybe", "Ana", "2026-03-05"))
		unsigned := load(t, Options{}, sign(t, form, b.String(), "payments@", "keep", "", ""))
		if bad.Lost != 1 || unsigned.Lost != 1 {
			t.Errorf("%s: a decision that is none: %d lost; nobody's: %d lost", form, bad.Lost, unsigned.Lost)
		}
	}
}

// sign fills in the last four columns of the row that has a text in it.
func sign(t *testing.T, form, sheet, row, decision, who, when string) string {
	t.Helper()
	lines := strings.Split(sheet, "\n")
	for i, l := range lines {
		if !strings.Contains(l, row) || strings.HasPrefix(l, "#") {
			continue
		}
		if form == "csv" {
			lines[i] = strings.TrimSuffix(l, ",,,,") + "," + decision + "," + who + "," + when + ","
		} else {
			lines[i] = strings.TrimSuffix(l, "|  |  |  |  |") + "| " + decision + " | " + who + " | " + when + " |  |"
		}
		if lines[i] == l || !strings.Contains(lines[i], decision) {
			t.Fatalf("the row has no room for a decision: %s", l)
		}
	}
	return strings.Join(lines, "\n")
}

func TestAttest(t *testing.T) {
	dir := t.TempDir()
	run := func(name string, list []*record.Record) string {
		var b bytes.Buffer
		b.WriteString(`{"run":{"schema":1,"tool":"whosekey","version":"v1","mode":"git","target":".","rules":3,"rules_version":"x","salted":false,"catalog":[]}}` + "\n")
		for _, r := range list {
			line, err := json.Marshal(map[string]any{"finding": map[string]any{"id": "x", "identity": r}})
			if err != nil {
				t.Fatal(err)
			}
			b.Write(append(line, '\n'))
		}
		b.WriteString(`{"summary":{"findings":3,"incomplete":true,"counts":{"blobs":17},"skipped":[{"reason":"a missing object","count":2}],"left_out":[]}}` + "\n")
		if err := os.WriteFile(dir+"/"+name, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		return dir + "/" + name
	}
	a := Attest{Catalog: []leak.Control{{ID: "NHI10", Title: "Human Use of NHI"}, {ID: "NHI9", Title: "NHI Reuse"}}}
	if _, err := a.AddFile(run("now.jsonl", sample()), "now.jsonl", Options{}); err != nil {
		t.Fatal(err)
	}
	before := sample()
	before[1].Credentials[0].State, before[1].Credentials[0].LastRotatedAt = leak.Live, ""
	before[2].Credentials[0].ID = "f4"
	if _, err := a.AddBefore(run("before.jsonl", before), Options{}); err != nil {
		t.Fatal(err)
	}
	report, err := a.Done(time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if n := report.Totals; n.Identities != 3 || n.Credentials != 3 || n.Owned != 2 || n.ByState["live"] != 1 {
		t.Errorf("totals %+v", n)
	}
	if s := report.Scope[0]; !s.Incomplete || s.Searched["blobs"] != 17 || len(s.Skipped) != 1 || s.Findings != 3 {
		t.Errorf("scope %+v", s)
	}
	if c := report.Frameworks[0].Controls; len(c) != 3 || c[0].ID != "NHI2" || len(c[0].Identities) != 1 || c[2].ID != "NHI10" {
		t.Errorf("controls %+v", c)
	}
	var rotated []string
	for _, r := range report.Rotated {
		rotated = append(rotated, r.ID+" "+r.Now)
	}
	if got := strings.Join(rotated, ", "); got != "f2 dead, f4 not found" {
		t.Errorf("rotated: %s", got)
	}
	for _, f := range []string{"markdown", "json", "html"} {
		var b bytes.Buffer
		if err := report.Write(&b, f); err != nil || !strings.Contains(b.String(), "does not say that anybody complies") || strings.Contains(b.String(), "jane@acme") {
			t.Errorf("%s: %v\n%s", f, err, &b)
		}
	}
}

// TestAddresses: who asks for addresses has those of owners in differences and evidence too.
func TestAddresses(t *testing.T) {
	old := New()
	defer old.Close()
	list, err := Diff(old, each(sample()), false, time.Now())
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	at := Attest{Options: record.Options{People: record.Emails}}
	for people, want := range map[record.People]bool{record.Handles: false, record.Hash: false, record.Emails: true} {
		shown := record.Options{People: people}
		var b bytes.Buffer
		for i := range list {
			one := list[i].Shown(shown)
			if err := WriteDiff(&b, "json", []Difference{one}); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Contains(b.String(), "owner@acme.example"); got != want {
			t.Errorf("differences for %v: address %v\n%s", people, got, &b)
		}
	}
	for _, r := range sample() {
		at.records = append(at.records, at.shown(r))
	}
	if got := at.records[1].Owner; got != "=HYPERLINK(1) <owner@acme.example>" {
		t.Errorf("evidence has the owner %q", got)
	}
}
