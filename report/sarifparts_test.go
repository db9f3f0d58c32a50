package report

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

// parts plays findings into a log with limits, and returns its runs.
func parts(t *testing.T, max sarifLimits, all []*leak.Finding) (sarifView, []byte) {
	t.Helper()
	var b bytes.Buffer
	h := &sarifParts{w: &b, max: max}
	if err := h.Start(sampleRun()); err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if err := h.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Finish(Summary{}); err != nil {
		t.Fatal(err)
	}
	if err := sarifStandard(t).Validate(parse(t, b.Bytes())); err != nil {
		t.Error(err)
	}
	var v sarifView
	if err := json.Unmarshal(b.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v, b.Bytes()
}

func TestSARIFSplit(t *testing.T) {
	v, _ := parts(t, sarifLimits{results: 30, runs: 3, bytes: 1 << 20}, many(100))
	var got []string
	for _, r := range v.Runs {
		told := ""
		for _, n := range r.Invocations[0].ToolExecutionNotifications {
			told += n.Level + ": " + n.Message.Text
		}
		got = append(got, fmt.Sprintf("%s %d %s", r.AutomationDetails.ID, len(r.Results), told))
		for i := range r.Results {
			if id := r.Tool.Driver.Rules[*r.Results[i].RuleIndex].ID; id != r.Results[i].RuleID {
				t.Errorf("ruleIndex leads to %s, want %s", id, r.Results[i].RuleID)
			}
		}
	}
	const cut = "warning: 10 more results are not in this file, as GitHub would not take it: those that are the least bad. -f jsonl has them all."
	if diff := cmp.Diff([]string{"whosekey/ 30 " + cut, "whosekey/2/ 30 " + cut, "whosekey/3/ 30 " + cut}, got); diff != "" {
		t.Errorf("runs differ (-want +got):\n%s", diff)
	}
	last := 101.0
	for _, run := range v.Runs {
		for _, r := range run.Results {
			if r.Rank > last {
				t.Fatalf("rank %g comes after %g", r.Rank, last)
			}
			last = r.Rank
		}
	}
	if last != 20 {
		t.Errorf("the least bad has the rank %g, want 20: those of 20 are cut", last)
	}
}

// What fits into one run is what is written without splitting, but for the order.
func TestSARIFSplitOfLittle(t *testing.T) {
	v, _ := parts(t, githubTakes, sampleFindings())
	if len(v.Runs) != 1 || v.Runs[0].AutomationDetails.ID != category {
		t.Fatalf("%d runs, the first %q", len(v.Runs), v.Runs[0].AutomationDetails.ID)
	}
	count := func(results []resultView) map[string]int {
		out := map[string]int{}
		for i := range results {
			out[results[i].line()]++
		}
		return out
	}
	one := viewSARIF(t, written(t, "sarif", Options{})).Runs[0]
	if diff := cmp.Diff(count(one.Results), count(v.Runs[0].Results)); diff != "" {
		t.Errorf("results differ (-whole +split):\n%s", diff)
	}
	if diff := cmp.Diff(one.Tool, v.Runs[0].Tool); diff != "" {
		t.Errorf("tools differ (-whole +split):\n%s", diff)
	}
	var empty sarifView
	if err := json.Unmarshal([]byte(render(t, "sarif", Options{SARIFSplit: true}, Summary{})), &empty); err != nil || len(empty.Runs) != 1 {
		t.Errorf("a clean run has %d runs, %v; without one GitHub would close nothing", len(empty.Runs), err)
	}
}

func TestSARIFSplitBySize(t *testing.T) {
	all := many(3000)
	for i, f := range all { // names that gzip cannot shorten
		f.Locations[0].Path = uuid(fmt.Sprint(i)) + uuid(fmt.Sprint(-i))
	}
	const most = 100_000
	v, out := parts(t, sarifLimits{results: 500, runs: 20, bytes: most}, all)
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	zip.Write(out)
	zip.Close()
	n := 0
	for _, r := range v.Runs {
		n += len(r.Results)
	}
	if packed.Len() > most+most/2 || packed.Len() < most/2 || n == 0 || n >= 3000 {
		t.Errorf("%d bytes after gzip, want about %d; %d results", packed.Len(), most, n)
	}
	told := v.Runs[len(v.Runs)-1].Invocations[0].ToolExecutionNotifications
	if want := fmt.Sprintf("%d more results", 3000-n); len(told) != 1 || !strings.HasPrefix(told[0].Message.Text, want) {
		t.Errorf("told %v, want %q", told, want)
	}
}

// lifecycleFindings have one credential of each state in HEAD and in the history.
func lifecycleFindings() []*leak.Finding {
	var out []*leak.Finding
	for _, s := range verdictOrder {
		out = append(out, &leak.Finding{
			ID: "id-" + string(s), Rule: leak.RuleInfo{ID: "r", Title: "Token", Severity: 8}, Confidence: leak.High,
			Verdict: leak.Verdict{Status: s, When: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
			Locations: []leak.Location{
				{Kind: leak.KindBlob, Path: "now", AtHead: true, Position: leak.Position{Line: 1}},
				{Kind: leak.KindBlob, Path: "then", Commit: commitID(1), Position: leak.Position{Line: 1}},
			},
		})
	}
	return append(out, &leak.Finding{
		ID: "id-gone", Rule: leak.RuleInfo{ID: "r", Title: "Token", Severity: 8}, Confidence: leak.High, Verdict: leak.Verdict{Status: leak.Live},
		Locations: []leak.Location{{Kind: leak.KindCommit, Commit: commitID(1), Position: leak.Position{Line: 1}}},
	})
}

// TestSARIFLifecycle: an alert is over when the credential is, not when its line
// was deleted.
func TestSARIFLifecycle(t *testing.T) {
	for _, tt := range []struct {
		name     string
		opts     Options
		results  int
		dead     int // results of credentials that are dead or expired
		notes    string
		deadNote bool
	}{
		{"default", Options{}, 15, 0, "2 credentials not among the results, for no longer working", false},
		{"keep", Options{SARIFHistory: HistoryKeep}, 15, 0, "2 credentials not among", false},
		{"head-only", Options{SARIFHistory: HistoryHeadOnly}, 7, 0, "1 credential not among the results, for standing in the history only", false},
		{"none", Options{SARIFHistory: HistoryNone}, 7, 0, "in the history only", false},
		{"all", Options{SARIFHistory: HistoryAll}, 19, 4, "", false},
		{"suppressed", Options{SARIFSuppressed: true}, 19, 4, "", true},
	} {
		for _, split := range []bool{false, true} {
			tt.opts.SARIFSplit = split
			out := render(t, "sarif", tt.opts, Summary{}, lifecycleFindings()...)
			if err := sarifStandard(t).Validate(parse(t, []byte(out))); err != nil {
				t.Error(err)
			}
			run := viewSARIF(t, []byte(out)).Runs[0]
			dead := 0
			for _, r := range run.Results {
				if v := r.Properties["verdict"]; v == "dead" || v == "expired" {
					dead++
					if (r.Level == "note") != tt.deadNote {
						t.Errorf("%s: a %s credential has the level %s", tt.name, v, r.Level)
					}
				}
			}
			if len(run.Results) != tt.results || dead != tt.dead {
				t.Errorf("%s, split %v: %d results, %d of them dead; want %d and %d", tt.name, split, len(run.Results), dead, tt.results, tt.dead)
			}
			told := fmt.Sprint(run.Invocations[0].ToolExecutionNotifications)
			if !strings.Contains(told, tt.notes) || tt.notes == "" && told != "[]" {
				t.Errorf("%s: told %s, want %q", tt.name, told, tt.notes)
			}
			if n := strings.Count(out, `"suppressions":[{"justification":"its provider refuses the credential, as of 2026-01-02","kind":"external","status":"accepted"}]`); (n == 2) != tt.opts.SARIFSuppressed {
				t.Errorf("%s: %d suppressions", tt.name, n)
			}
		}
	}
}

// TestSARIFSuppressed: what the policy dropped is a result where somebody asks
// for it, with the reason.
func TestSARIFSuppressed(t *testing.T) {
	sum := Summary{Ignored: []leak.Ignored{
		{ID: "x1", Rule: "acme-deploy-token", By: "baseline", Reason: "an [example]", Owner: "@acme/sec", Until: "2027-01-01", Path: "test/a b", Line: 3, Places: 2, Whole: true},
		{ID: "x2", Rule: "unknown-rule", By: "gitleaks:allow", Places: 1, Path: "x", Line: 1},
	}}
	for _, split := range []bool{false, true} {
		if out := render(t, "sarif", Options{SARIFSplit: split}, sum); strings.Contains(out, "suppressions") {
			t.Errorf("nobody asked for suppressed results: %s", out)
		}
		out := render(t, "sarif", Options{SARIFSplit: split, SARIFSuppressed: true}, sum)
		if err := sarifStandard(t).Validate(parse(t, []byte(out))); err != nil {
			t.Error(err)
		}
		for _, want := range []string{
			`"suppressions":[{"justification":"an [example], @acme/sec, until 2027-01-01","kind":"external","status":"accepted"}]`,
			`"text":"Acme deploy token (v2): ignored by the baseline: an \\[example\\], @acme/sec, until 2027-01-01."`,
			`"justification":"no reason is given","kind":"inSource"`, `"uri":"test/a%20b"`, `"whosekey/v1":"x1"`,
		} {
			if !strings.Contains(out, want) {
				t.Errorf("split %v: %s is missing in %s", split, want, out)
			}
		}
	}
}
