package main

import (
	"encoding/json"
	"path/filepath"
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
