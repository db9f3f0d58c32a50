package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/internal/scenario"
)

// scenarioFinding is what the test looks at.
type scenarioFinding struct {
	Rule      string
	Owner     string
	Risk      *int
	Identity  *record.Record
	Locations []struct{ Path string }
}

// scanScenario scans a repository of the scenario.
func scanScenario(t *testing.T, dir, repo string) []scenarioFinding {
	t.Helper()
	out := filepath.Join(t.TempDir(), "run.json")
	code, _, stderr := whosekey(t, nil, "git", filepath.Join(dir, repo), "--config", filepath.Join(dir, "acme.toml"), "-f", "json="+out)
	if code != exitFindings {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var run struct{ Findings []scenarioFinding }
	if err := json.Unmarshal([]byte(read(t, out)), &run); err != nil {
		t.Fatal(err)
	}
	return run.Findings
}

// TestScenario: of each credential of a company with 25 leaks the right identity,
// type, tenant, owner and status are found out.
func TestScenario(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "acme")
	wants, err := scenario.Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	fs := scanScenario(t, dir, "payments")
	if len(fs) != len(wants) {
		t.Errorf("%d findings, want %d", len(fs), len(wants))
	}
	linkable, linked, wrongOwners := 0, 0, 0
	for _, w := range wants {
		var f *scenarioFinding
		for i := range fs {
			if fs[i].Rule == w.Rule && fs[i].Locations[0].Path == w.Path {
				f = &fs[i]
			}
		}
		if f == nil || f.Identity == nil {
			t.Errorf("%s in %s was not found", w.Rule, w.Path)
			continue
		}
		r := f.Identity
		tenant := ""
		if r.Tenant != nil {
			tenant = r.Tenant.ID
		}
		for _, c := range [][3]string{
			{"type", string(r.IdentityType), w.Type}, {"name", r.Name, w.Name}, {"tenant", tenant, w.Tenant},
			{"owner", r.Owner, w.Owner}, {"status", string(r.Status), w.Status}, {"environment", r.Environment, w.Env},
		} {
			if c[2] != "" && c[1] != c[2] {
				t.Errorf("%s in %s: %s is %q, want %q", w.Rule, w.Path, c[0], c[1], c[2])
			}
		}
		if len(r.Evidence) == 0 || f.Risk == nil {
			t.Errorf("%s in %s: %d pieces of evidence, risk %v", w.Rule, w.Path, len(r.Evidence), f.Risk)
		}
		if w.Linked {
			linkable++
			if r.Confidence >= 0.4 {
				linked++
			}
		}
		if len(r.Owners) > 0 && r.Owners[0].Confidence >= 0.7 && r.Owner != w.Owner {
			wrongOwners++
		}
	}
	t.Logf("%d of %d credentials that carry an identity are linked", linked, linkable)
	if linked*10 < linkable*9 || wrongOwners > 0 {
		t.Errorf("%d of %d linked, %d wrong owners", linked, linkable, wrongOwners)
	}
}

// TestScenarioRuns: of the runs of two repositories, one list: the key that is in
// both is one identity, with two repositories, their risk and NHI9.
func TestScenarioRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "acme")
	if _, err := scenario.Build(dir); err != nil {
		t.Fatal(err)
	}
	var runs []string
	alone := map[string]int{} // risks
	for _, repo := range []string{"payments", "billing"} {
		out := filepath.Join(t.TempDir(), "run.jsonl")
		if code, _, stderr := whosekey(t, nil, "git", filepath.Join(dir, repo), "--config", filepath.Join(dir, "acme.toml"), "-f", "jsonl", "-o", out); code != exitFindings {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		runs = append(runs, out)
	}
	list := func(files ...string) (all []*record.Record) {
		code, out, stderr := whosekey(t, nil, append([]string{"inventory", "export"}, files...)...)
		if err := json.Unmarshal([]byte(out), &all); err != nil || code != 0 {
			t.Fatalf("exit code %d, %v: %s", code, err, stderr)
		}
		return all
	}
	one := list(runs[0])
	for _, r := range one {
		alone[r.ID] = r.RiskScore
	}
	both := list(runs...)
	if len(both) != len(one) { // billing has nothing else
		t.Errorf("%d identities of both, %d of the first", len(both), len(one))
	}
	shared := 0
	for _, r := range both {
		if len(r.Repositories) < 2 {
			if r.RiskScore != alone[r.ID] {
				t.Errorf("%s: risk %d, %d alone", r.ID, r.RiskScore, alone[r.ID])
			}
			continue
		}
		shared++
		if r.Provider != "stripe" || !slices.Contains(r.Controls, "NHI9") || r.RiskScore != alone[r.ID]+3 || r.Occurrences != 2 || len(r.Credentials) != 1 {
			t.Errorf("%s: controls %q, risk %d, %d alone, %d places, %d credentials", r.ID, r.Controls, r.RiskScore, alone[r.ID], r.Occurrences, len(r.Credentials))
		}
	}
	if shared != 1 {
		t.Errorf("%d identities in two repositories", shared)
	}
	for _, args := range [][]string{{"inventory", "review"}, {"inventory", "attest", "-f", "json"}, {"inventory", "diff", filepath.Join(dir, "nhi.csv")}} {
		code, out, stderr := whosekey(t, nil, append(args, runs...)...)
		if code > exitFindings || out == "" {
			t.Errorf("%s: exit code %d: %s", args[1], code, stderr)
		}
	}
}
