package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

// The secrets of the sample, made so that none of them is like a real one.
var (
	planted   = "tok_" + strings.Repeat("planted0", 5)
	plantedID = "id_" + strings.Repeat("pl4ntedId", 3)
	plantedRw = "raw_" + strings.Repeat("\xfe\xff", 12)
)

var sampleRules = []leak.RuleInfo{
	{ID: "slack-bot-token", Title: "Slack bot token", Provider: "slack", Severity: 8.2, Sure: leak.High},
	{
		ID: "acme-deploy-token", Title: "Acme deploy token (v2)", Provider: "acme", Severity: 9.1, Sure: leak.High,
		About:  "https://docs.acme.example/tokens?a=1",
		Rotate: "Delete the token at https://acme.example/tokens and make a new one that may do less, with a date on which it ends.",
	},
	{ID: "generic-secret", Title: "Secret in an assignment", Provider: "generic", Severity: 3, Sure: leak.Low},
	{ID: "odd.rule_x", Title: "Odd [rule]", Provider: "odd", Severity: 5.5, Sure: leak.Medium, About: "no URL"},
}

func sampleRun() Run {
	return Run{
		Tool: "whosekey", Version: "v1.2.3", Mode: "git",
		Target:       "https://jane:" + planted + "@git.example/acme/app.git?private_token=" + planted,
		Rules:        212,
		RulesVersion: "2026-11-01",
		Catalog:      sampleRules,

		RepositoryURI: "https://jane:" + planted + "@git.example/acme/app.git",
		Revision:      strings.Repeat("a1", 20),
		Branch:        "refs/heads/main\xff",
		Root:          "/src/acme app",
	}
}

func commitID(n int) string { return strings.Repeat(fmt.Sprintf("%02x", n), 20) }

var sampleDate = time.Date(2024, 5, 2, 23, 30, 0, 0, time.FixedZone("", -3*3600))

var update = flag.Bool("update", false, "write the files below testdata")

// sampleVerdict has everything that a provider may say, and what it should not.
var sampleVerdict = leak.Verdict{
	Status: leak.Live, Reason: "200 OK", Class: leak.S1, Host: "api.slack.example", Code: 200, When: sampleDate, Control: "refused",
	Asked: []leak.Call{
		{Host: "slack.corp.example", Status: leak.Dead, Reason: "401 Unauthorized\x1b[31m", Code: 401, When: sampleDate, Sent: true},
		{Host: "old.corp.example", Status: leak.Unknown, Reason: "there is no host of that name", When: sampleDate},
		{Host: "vault.corp.example", Status: leak.SkippedCheck, Reason: "vault.corp.example: the host is not allowed"},
		{Host: "api.slack.example", Status: leak.Live, Reason: "200 OK", Code: 200, When: sampleDate, Sent: true},
	},
	Facts: map[string]string{
		leak.FactID: "U0DEPLOY", leak.FactName: "deploy\x1b[31m\xff", leak.FactKind: "bot", leak.FactTenantName: "Acme [x](y)", leak.FactScopes: "chat:write users:read",
		leak.FactExpires: "2027-01-01T00:00:00Z", leak.FactEmail: "jane@acme.example",
	},
}

// sampleIdentity has all that is known of one, and what must not be shown.
func sampleIdentity() *leak.Identity {
	jane := leak.Owner{Name: "jd", Email: "jane@acme.example", Kind: "person", Source: "git_introducer", Reason: "jane@acme.example introduced it", Ref: commitID(1), Confidence: 0.35, Gone: true}
	return &leak.Identity{
		ID: "nhi:acme:service_account:acme-prod/deploy", Type: leak.ServiceAccount, Name: "deploy\x1b[31m\xff", Owner: "@acme/payments",
		Created: sampleDate, Permissions: []string{"read-write", "deploy:*"}, Provider: "acme", ProviderID: "1089", Expires: sampleDate.AddDate(1, 0, 0),
		Tenant: leak.Tenant{ID: "acme-prod", Name: "Acme [x](y)", Kind: "project"}, Environment: "prod", EnvironmentSource: "name:prod",
		Status: leak.ShadowIdentity, StatusReason: "not in nhi.csv",
		Owners: []leak.Owner{
			{Name: "@acme/payments", Kind: "team", Source: "codeowners_leaking", Reason: "owns config/*", Ref: "CODEOWNERS:12", Confidence: 0.75}, jane,
		},
		HumanOrigin: &jane,
		Credentials: []leak.Credential{{ID: strings.Repeat("0f", 16), Kind: "acme-deploy-token", State: leak.Unchecked, FirstExposed: sampleDate, Exposure: "private", Plan: []leak.Action{{Step: "rotate", Text: "make a new one", Command: []string{"acme tokens rotate deploy"}, URL: "https://docs.acme.example/rotate"}}}},
		Evidence: []leak.Evidence{
			{Class: leak.FromStructure, Claim: leak.ClaimTenant, Value: "acme-prod", Weight: 0.95, Reason: "in the token"},
			{Class: leak.FromGit, Claim: leak.ClaimEmail, Value: "jane@acme.example", Weight: 0.3},
		},
		Confidence:  0.95,
		Consumers:   []leak.Consumer{{Kind: "workflow", Ref: ".github/workflows/deploy.yml:31", Name: "deploy", Via: "env ACME_TOKEN"}},
		Declared:    []leak.Declaration{{Kind: "terraform", Address: "acme_account.deploy", Ref: "infra/sa.tf:12"}},
		Inventory:   &leak.InventoryMatch{Source: "nhi.csv:44", By: "name", Risk: 72},
		Occurrences: 5, Repositories: []string{"acme/app"},
		Risk:     leak.Risk{Score: 71, Band: "high", Factors: []leak.RiskFactor{{Name: "validity", Points: 12, Max: 25, Why: "nobody asked"}}},
		Controls: []leak.Control{{ID: "NHI2", Title: "Secret Leakage", Why: "it stands in a file"}},
		Plan:     []leak.Action{{Step: "rotate", Text: "make a new one", Command: []string{"acme tokens rotate deploy"}, URL: "https://docs.acme.example/rotate"}},
	}
}

// sampleFindings has every kind of place, and everything in it that is hard to
// write.
func sampleFindings() []*leak.Finding {
	frame := &leak.Frame{
		First:     11,
		Lines:     []string{"DEBUG=1", "\tTOKEN=" + leak.Mask + " # \x1b[2Jklick", "", "世界=1\xff"},
		MarkStart: 8, MarkEnd: 16,
	}
	atHead := leak.Position{Blob: commitID(8), Line: 20, Column: 8, EndLine: 20, EndColumn: 52, LineHash: "aaaa:1"}
	return []*leak.Finding{
		{
			ID: strings.Repeat("0f", 16), Rule: sampleRules[1],
			Parts:      leak.Parts{leak.SecretPart: leak.NewSecret(planted), "id": leak.NewSecret(plantedID)},
			Confidence: leak.High, Verdict: leak.Verdict{Status: leak.Unchecked},
			Why: []string{"unique prefix", "its checksum is right"}, Also: []string{"generic-secret"},
			Identity: sampleIdentity(),
			Locations: []leak.Location{
				{
					Kind: leak.KindBlob, Path: "config/app.env", Commit: commitID(1), Author: "Jane Doe <jane@acme.example>",
					Date: sampleDate, AtHead: true,
					Position: leak.Position{Blob: commitID(9), Line: 12, Column: 8, EndLine: 12, EndColumn: 52, LineHash: "39fa2ee980eb94b0:1", Frame: frame},
				},
				{
					Kind: leak.KindBlob, Path: "ä b/%41:x\xff\\y.txt", Commit: commitID(2), Author: "jane@acme.example",
					Date: sampleDate, AtHead: true, Head: &atHead,
					Position: leak.Position{Blob: commitID(9), Line: 1, Column: 1, EndLine: 1, EndColumn: 45, LineHash: "bbbb:1", Frame: frame},
				},
				{
					Kind: leak.KindBlob, Path: "old.bin", Commit: commitID(3), Author: "\x1b]0;x\x07\u202ebot\xff", Unreachable: true,
					Position: leak.Position{Line: 3, Column: 700, EndLine: 3, EndColumn: 744, NoText: true},
				},
				{Kind: leak.KindBlob, Path: "staged.env", Staged: true, Position: leak.Position{Line: 1, Column: 1, EndLine: 1, EndColumn: 45}},
				{Kind: leak.KindBlob, Path: "lost.txt", Problem: "object is missing\xff", Unreachable: true},
			},
		},
		{
			ID: strings.Repeat("1e", 16), Rule: sampleRules[0], Confidence: leak.Medium, Verdict: sampleVerdict, Encoding: "base64 gzip",
			Parts: leak.Parts{leak.SecretPart: leak.NewSecret(plantedRw), "x": leak.NewSecret(plantedRw + "x")},
			Locations: []leak.Location{
				{
					Kind: leak.KindCommit, Field: "message", Commit: commitID(4), Author: "@bot", Date: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
					Position: leak.Position{Line: 3, Column: 5, EndLine: 4, EndColumn: 2, Frame: &leak.Frame{First: 3, Lines: []string{"see 世界", "x"}, MarkStart: 5, MarkEnd: 7}},
				},
				{Kind: leak.KindTag, Field: "tagger", Commit: commitID(4), Position: leak.Position{Blob: commitID(5), Line: 5, Column: 1, EndLine: 5, EndColumn: 9}},
				{Kind: leak.KindNote, NoteFor: commitID(6), Path: "../../x", Commit: commitID(7), Position: leak.Position{Line: 1, Column: 1, EndLine: 1, EndColumn: 9}},
				{Kind: leak.KindRefName, Path: "refs/heads/\x1b[31m" + leak.Mask, Position: leak.Position{Line: 1, Column: 17, EndLine: 1, EndColumn: 25}},
			},
		},
		{
			ID: strings.Repeat("2d", 16), Rule: sampleRules[2], Confidence: leak.Low, Verdict: leak.Verdict{Status: leak.Unchecked},
			Locations: []leak.Location{
				{Kind: leak.KindFile, Path: "/../../etc/x.conf", Position: leak.Position{Line: 7, Column: 3, EndLine: 9, EndColumn: 1}},
				{Kind: leak.KindStdin, Position: leak.Position{Line: 7, Column: 3, EndLine: 7, EndColumn: 19}},
			},
		},
		{ID: strings.Repeat("3c", 16), Rule: sampleRules[3], Confidence: leak.Low, Verdict: leak.Verdict{Status: leak.Unknown, Reason: "no answer within 10s", Class: leak.S0, Host: "api.odd.example", When: sampleDate}},
	}
}

func sampleSummary() Summary {
	return Summary{
		Findings: 4, Places: 11, Failing: 2, Suppressed: 3, Truncated: 5, Incomplete: true,
		Counts: map[string]int64{"refs": 4, "commits": 1, "blobs": 1234567, "bytes": 56712345, "layers": 0},
		Skipped: []Gap{
			{Reason: "missing object", Fix: "fetch the rest: git fetch --unshallow", Count: 7, First: []string{"a\x1b[1m", "b\xff", "c", "d", "e"}},
			{Reason: "submodule", Count: 1, First: []string{"lib/x"}},
		},
		LeftOut: []Gap{{Reason: "symbolic link", Count: 1200}},
		Notes:   []string{"2 refs are broken\x1b[2J"},
		Took:    1234567890,
	}
}

// play hands the sample to a Handler.
func play(t *testing.T, h Handler) {
	t.Helper()
	if err := h.Start(sampleRun()); err != nil {
		t.Fatalf("Start: %v", err)
	}
	for _, f := range sampleFindings() {
		if err := h.Finding(f); err != nil {
			t.Fatalf("Finding: %v", err)
		}
	}
	if err := h.Finish(sampleSummary()); err != nil {
		t.Fatalf("Finish: %v", err)
	}
}

// written returns the sample in a format.
func written(t *testing.T, format string, opts Options) []byte {
	t.Helper()
	var b bytes.Buffer
	h, err := New(format, &b, opts)
	if err != nil {
		t.Fatal(err)
	}
	play(t, h)
	return b.Bytes()
}

// golden compares with a file below testdata, which -update writes.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); if it is meant to: go test ./report -update\n%s", name, diff)
	}
}
