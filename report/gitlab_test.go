package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/whosekey/whosekey/leak"
)

// gitlabSchemas are GitLab's for secret detection: ours, which says what version
// 15.2.1 of the published one says of the fields that we write and forbids all
// others, and the published one itself with "make schemas".
func gitlabSchemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	files := map[string]string{"ours": "testdata/gitlab-secret-detection.json"}
	if dir := os.Getenv("WHOSEKEY_SCHEMAS"); dir != "" {
		files["GitLab's"] = filepath.Join(dir, "secret-detection-report-format.json")
	}
	out := map[string]*jsonschema.Schema{}
	for whose, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[whose] = compile(t, parse(t, text))
	}
	return out
}

func TestGitLabIsValid(t *testing.T) {
	reports := map[string]string{
		"the sample":      string(written(t, "gitlab", Options{})),
		"with everything": string(written(t, "gitlab", Options{ShowSecrets: true, Clock: time.Now})),
		"a clean run":     render(t, "gitlab", Options{}, Summary{}),
		"long texts":      render(t, "gitlab", Options{}, Summary{Incomplete: true}, hostile(strings.Repeat("é|", 9000))),
		"hostile text":    render(t, "gitlab", Options{Clock: time.Now}, Summary{}, hostile("\x00\xff`|"), hostile("")),
	}
	for _, s := range hostileTexts {
		reports[fmt.Sprintf("%q", s)] = render(t, "gitlab", Options{}, Summary{}, hostile(s))
	}
	var many []*leak.Finding
	for i := range 300 {
		f := hostile(hostileTexts[i%len(hostileTexts)])
		f.ID = fmt.Sprintf("%032x", i)
		many = append(many, f)
	}
	reports["600 places"] = render(t, "gitlab", Options{}, Summary{}, many...)
	_, all, summary := hostileRun()
	reports["payloads"] = render(t, "gitlab", Options{}, summary, all...)
	for whose, schema := range gitlabSchemas(t) {
		for name, out := range reports {
			if err := schema.Validate(parse(t, []byte(out))); err != nil {
				t.Errorf("%s schema, %s: %v", whose, name, err)
			}
		}
		for _, bad := range []string{`{}`, `{"version":"15.2.1","vulnerabilities":[]}`, `{"version":"15.2.1","scan":{},"vulnerabilities":[]}`} {
			if schema.Validate(parse(t, []byte(bad))) == nil {
				t.Errorf("%s schema accepts %s", whose, bad)
			}
		}
		// What GitLab asks of each of them: without it none passes.
		for _, name := range []string{"id", "identifiers", "location", "commit", "type", "start_time", "status"} {
			if schema.Validate(without(parse(t, []byte(reports["the sample"])), name)) == nil {
				t.Errorf("%s schema accepts a report without %q", whose, name)
			}
		}
	}
}

// without is a tree of JSON without the keys of a name.
func without(tree any, name string) any {
	switch v := tree.(type) {
	case []any:
		for i := range v {
			v[i] = without(v[i], name)
		}
	case map[string]any:
		delete(v, name)
		for k := range v {
			v[k] = without(v[k], name)
		}
	}
	return tree
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
