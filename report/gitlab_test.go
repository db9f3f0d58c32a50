package report

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// gitlabSchemas are GitLab's for secret detection: ours, which says what version
// 15.2.1 of the published one says of the fields that we write and forbids all
// others, and the published one itself where GITLAB_SCHEMA names a file with it.
func gitlabSchemas(t *testing.T) []*jsonschema.Schema {
	t.Helper()
	files := []string{"testdata/gitlab-secret-detection.json"}
	if name := os.Getenv("GITLAB_SCHEMA"); name != "" {
		files = append(files, name)
	}
	var out []*jsonschema.Schema
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, compile(t, parse(t, text)))
	}
	return out
}

func TestGitLabIsValid(t *testing.T) {
	long := hostile(strings.Repeat("é|", 9000))
	for _, schema := range gitlabSchemas(t) {
		for name, out := range map[string]string{
			"the sample":   string(written(t, "gitlab", Options{})),
			"a clean run":  render(t, "gitlab", Options{}, Summary{}),
			"long texts":   render(t, "gitlab", Options{}, Summary{Incomplete: true}, long),
			"hostile text": render(t, "gitlab", Options{Clock: time.Now}, Summary{}, hostile("\x00\xff`|"), hostile("")),
		} {
			if err := schema.Validate(parse(t, []byte(out))); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, bad := range []string{`{}`, `{"version":"15.2.1","vulnerabilities":[]}`, `{"version":"15.2.1","scan":{},"vulnerabilities":[]}`} {
			if schema.Validate(parse(t, []byte(bad))) == nil {
				t.Errorf("the schema accepts %s", bad)
			}
		}
	}
}

func TestGitLabFields(t *testing.T) {
	var r gitlabReport
	now := sampleDate
	tick := func() time.Time { now = now.Add(time.Minute); return now.In(time.FixedZone("", 9*3600)) }
	if err := json.Unmarshal(written(t, "gitlab", Options{Clock: tick}), &r); err != nil {
		t.Fatal(err)
	}
	if r.Scan.Status != "failure" || r.Scan.StartTime != "2024-05-03T02:31:00" || r.Scan.EndTime != "2024-05-03T02:32:00" || len(r.Scan.Messages) != 1 {
		t.Errorf("the scan is %+v", r.Scan)
	}
	ids := map[string]bool{}
	for _, v := range r.Vulnerabilities {
		ids[v.ID] = true
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(v.ID) {
			t.Errorf("%s is no UUID of version 5", v.ID)
		}
		if v.Location.File == "" || v.Location.StartLine < 1 || v.Location.EndLine < v.Location.StartLine {
			t.Errorf("a place without a place: %+v", v.Location)
		}
		if len(v.Flags) > 0 != (v.Severity == "Low") {
			t.Errorf("%s is %s and has the flags %v", v.Name, v.Severity, v.Flags)
		}
	}
	if len(ids) != len(r.Vulnerabilities) || len(ids) != 12 {
		t.Errorf("%d ids of %d vulnerabilities, want 12", len(ids), len(r.Vulnerabilities))
	}
	if d := r.Vulnerabilities[4].Details; d["Owner"].Value != "@acme/payments (owns config/*, CODEOWNERS:12; 0.75)" || d["Risk"].Value != "71, high" {
		t.Errorf("details are %v", d)
	}
	if out := written(t, "gitlab", Options{}); bytes.Contains(out, []byte("raw_source")) || !bytes.Contains(out, []byte("1970-01-01T00:00:00")) {
		t.Error("the report has a source line, or a time that nobody told it")
	}
	// RFC 9562's way to make one, of a name that everybody can check:
	// python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/whosekey/whosekey#a"))'
	if got := uuid("a"); got != "f764cc08-6e1e-5f33-9d83-ac2278a775ae" {
		t.Errorf("uuid(a) = %s", got)
	}
}

func TestGitLabCodeQuality(t *testing.T) {
	var list []qualityIssue
	if err := json.Unmarshal(written(t, "gitlab-codequality", Options{}), &list); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, q := range list {
		seen[q.Fingerprint] = true
		if q.Description == "" || q.CheckName == "" || q.Location.Path == "" || strings.HasPrefix(q.Location.Path, "./") || q.Location.Lines.Begin < 1 {
			t.Errorf("GitLab would drop %+v", q)
		}
		if !strings.Contains(" info minor major critical blocker ", " "+q.Severity+" ") {
			t.Errorf("GitLab knows no severity %q", q.Severity)
		}
	}
	if len(list) != 13 || len(seen) != 13 || list[0].CheckName != "whosekey-incomplete" {
		t.Errorf("%d issues with %d fingerprints, the first is %+v", len(list), len(seen), list[0])
	}
	if out := render(t, "gitlab-codequality", Options{}, Summary{}); out != "[]\n" {
		t.Errorf("a clean run is %q", out)
	}
}
