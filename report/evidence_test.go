package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestEvidenceEverywhere: whoever reads any format learns who was asked, with
// which class of call, what its status was and when.
func TestEvidenceEverywhere(t *testing.T) {
	v := leak.Verdict{Status: leak.Restricted, Class: leak.S1, Host: "api.acme.example", Code: 403, Reason: "may not read its account", When: sampleDate,
		Asked: []leak.Call{{Host: "api.acme.example", Status: leak.Restricted, Code: 403, When: sampleDate, Sent: true}}}
	f := *sampleFindings()[0]
	f.Verdict = v
	for format, all := range inEveryFormat(t, &f) {
		for _, want := range []string{"api.acme.example", "S1", "403", sampleDate.UTC().Format("2006-01-02")} {
			if format == "text" && want == "403" { // in the reason, where there is none of ours
				continue
			}
			if !strings.Contains(all, want) {
				t.Errorf("%s does not have %s:\n%.1500s", format, want, all)
			}
		}
	}
}

// inEveryFormat is a report of a finding by format, but for the page: that is packed,
// and has its own tests.
func inEveryFormat(t *testing.T, f *leak.Finding) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, format := range Formats() {
		if format == "html" {
			continue
		}
		var b bytes.Buffer
		h, err := New(format, &b, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := playAll(h, f); err != nil {
			t.Fatal(err)
		}
		all[format] = b.String()
	}
	return all
}

func playAll(h Handler, f *leak.Finding) error {
	if err := h.Start(Run{Mode: "git", Tool: "whosekey", Rules: 1, Catalog: sampleRules}); err != nil {
		return err
	}
	if err := h.Finding(f); err != nil {
		return err
	}
	return h.Finish(Summary{Findings: 1, Places: 1})
}

// TestFactsEverywhere: what a provider said of a credential stands in all formats
// but those of one line, which docs/reports.md names.
func TestFactsEverywhere(t *testing.T) {
	f := *sampleFindings()[0]
	f.Verdict = leak.Verdict{Status: leak.Live, Class: leak.S1, Host: "api.acme.example", Code: 200, When: sampleDate,
		Facts: map[string]string{leak.FactName: "deploy-bot", leak.FactScopes: "write_packages"}}
	for format, all := range inEveryFormat(t, &f) {
		short := strings.Contains(" github azure gitlab-codequality ", " "+format+" ")
		for _, want := range []string{"deploy-bot", "write_packages"} {
			if strings.Contains(strings.ReplaceAll(all, "\\_", "_"), want) == short {
				t.Errorf("%s: %s is there: %v\n%.1500s", format, want, !short, all)
			}
		}
	}
}
