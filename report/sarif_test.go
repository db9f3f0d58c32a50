package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/whosekey/whosekey/leak"
)

// A view of SARIF that is good to compare.
type sarifView struct {
	Runs []struct {
		ColumnKind        string
		AutomationDetails struct{ ID string }
		Tool              struct {
			Driver struct {
				Name, Version, SemanticVersion string
				Rules                          []ruleView
			}
		}
		OriginalURIBaseIDs       map[string]struct{ URI string }
		VersionControlProvenance []map[string]string
		Invocations              []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct {
				Level   string
				Message struct{ Text string }
			}
		}
		Results []resultView
	}
}

type ruleView struct {
	ID, Name, HelpURI    string
	Help                 struct{ Text, Markdown string }
	DefaultConfiguration struct{ Level string }
	Properties           map[string]any
}

type resultView struct {
	RuleID              string
	RuleIndex           *int
	Level               string
	Rank                float64
	Message             struct{ Text string }
	PartialFingerprints map[string]string
	Fingerprints        map[string]string
	Properties          map[string]any
	Locations           []struct {
		PhysicalLocation struct {
			ArtifactLocation struct{ URI, URIBaseID string }
			Region           map[string]int
		}
	}
}

func viewSARIF(t *testing.T, text []byte) sarifView {
	t.Helper()
	var v sarifView
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Runs) != 1 {
		t.Fatalf("%d runs, want 1", len(v.Runs))
	}
	return v
}

// line puts what GitHub uses of a result into one line.
func (r *resultView) line() string {
	l := r.Locations[0].PhysicalLocation
	g := l.Region
	return fmt.Sprintf("%s %s %g | %s %d:%d-%d:%d | %s", r.RuleID, r.Level, r.Rank, l.ArtifactLocation.URI,
		g["startLine"], g["startColumn"], g["endLine"], g["endColumn"], r.PartialFingerprints["primaryLocationLineHash"])
}

func TestSARIFResults(t *testing.T) {
	run := viewSARIF(t, written(t, "sarif", Options{})).Runs[0]
	c := func(n int) string { return commitID(n) }
	want := []string{
		"acme-deploy-token error 71 | config/app.env 12:8-12:52 | 39fa2ee980eb94b0:1",
		"acme-deploy-token error 71 | %C3%A4%20b/%2541%3Ax%FF%5Cy.txt 20:8-20:52 | aaaa:1", // as at HEAD
		"acme-deploy-token error 71 | old.bin 3:700-3:744 | 3d6b01a4dacbe890:1",
		"acme-deploy-token error 71 | staged.env 1:1-1:45 | ", // upload-sarif computes it
		"acme-deploy-token error 71 | lost.txt 1:0-0:0 | e5f7b95e59fbaf14:1",
		"slack-bot-token error 65 | .git/commit/" + c(4) + "/message 3:5-4:2 | e62b79b9fec26b3c:1",
		"slack-bot-token error 65 | .git/tag/" + c(5) + "/tagger 5:1-5:9 | bca3f885c001bdba:1",
		"slack-bot-token error 65 | .git/note/" + c(6) + " 1:1-1:9 | be8b8a4ad3f4dbd6:1",
		"slack-bot-token error 65 | .git/refname/refs/heads/%1B%5B31m******** 1:17-1:25 | 94a8ab894bcf0817:1",
		"generic-secret note 12 | etc/x.conf 7:3-9:1 | ",
		"generic-secret note 12 | stdin 7:3-7:19 | 9b4af22db588a645:1",
		"odd.rule_x note 22 | unknown 1:0-0:0 | 879b44bfcbc5b5c3:1",
	}
	var got []string
	seen := map[string]bool{}
	for _, r := range run.Results {
		got = append(got, r.line())
		if hash := r.PartialFingerprints["primaryLocationLineHash"]; hash != "" && seen[hash] {
			t.Errorf("two results have the hash %s", hash)
		} else {
			seen[hash] = true
		}
		if id := run.Tool.Driver.Rules[*r.RuleIndex].ID; id != r.RuleID {
			t.Errorf("ruleIndex leads to %s, want %s", id, r.RuleID)
		}
		if base := r.Locations[0].PhysicalLocation.ArtifactLocation.URIBaseID; base != "SRCROOT" {
			t.Errorf("uriBaseId is %q", base)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results differ (-want +got):\n%s", diff)
	}
}

func TestSARIFResultInFull(t *testing.T) {
	r := viewSARIF(t, written(t, "sarif", Options{})).Runs[0].Results
	whose := map[string]any{
		"id": "nhi:acme:service_account:acme-prod/deploy", "identity_type": "service_account", "status": "shadow", "confidence": 0.95,
		"name": "deploy\x1b[31m\uFFFD", "provider_id": "1089", "environment": "prod", "creation_date": "2024-05-03T02:30:00Z", "expiration": "2025-05-03T02:30:00Z",
		"tenant":      map[string]any{"id": "acme-prod", "name": "Acme [x](y)", "kind": "project"},
		"permissions": []any{"read-write", "deploy:*"},
		"consumers":   []any{map[string]any{"kind": "workflow", "ref": ".github/workflows/deploy.yml:31", "name": "deploy", "via": "env ACME_TOKEN"}},
		"declared_in": []any{map[string]any{"kind": "terraform", "address": "acme_account.deploy", "ref": "infra/sa.tf:12"}},
	}
	if diff := cmp.Diff(map[string]any{
		"provider": "acme", "confidence": "high", "verdict": "unchecked", "kind": "blob",
		"at_head": true, "commit": commitID(1), "date": "2024-05-03T02:30:00Z",
		"identity": whose, "owner": "@acme/payments", "owner_source": "codeowners leaking CODEOWNERS:12", "owner_confidence": 0.75,
		"risk": 71.0, "risk_band": "high", "controls": []any{"NHI2"},
	}, r[0].Properties); diff != "" {
		t.Errorf("properties differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"whosekey/v1": strings.Repeat("0f", 16)}, r[0].Fingerprints); diff != "" {
		t.Errorf("fingerprints differ (-want +got):\n%s", diff)
	}
	const whoseText = ` It belongs to the service account deploy\x1b\[31m` + "\uFFFD" + ` of project acme-prod "Acme \[x\](y)" (certain, 0.95). Owner: @acme/payments (owns config/*, CODEOWNERS:12; likely, 0.75). Risk 71 of 100.`
	for i, want := range map[int]string{
		0:  "Acme deploy token (v2): high confidence, unchecked. First seen on 2024-05-03 in commit 010101010101; still in HEAD." + whoseText,
		3:  "Acme deploy token (v2): high confidence, unchecked. It is staged, and in no commit yet." + whoseText,
		5:  "Slack bot token: medium confidence, live. api.slack.example was asked: 200 OK. First seen on 2030-01-01 in commit 040404040404; not in HEAD.",
		11: `Odd \[rule\]: low confidence, unknown. api.odd.example was asked: no answer within 10s. Its place could not be found again: it is not known where it stands.`,
	} {
		if r[i].Message.Text != want {
			t.Errorf("message %d is %q, want %q", i, r[i].Message.Text, want)
		}
	}
	if r[5].Properties["encoding"] != "base64 gzip" || r[2].Properties["binary"] != true {
		t.Errorf("encoding or binary is missing: %v, %v", r[5].Properties, r[2].Properties)
	}
	r = viewSARIF(t, written(t, "sarif", Options{ShowSecrets: true})).Runs[0].Results
	if r[0].Properties["secret"] != planted {
		t.Errorf("properties.secret is %q", r[0].Properties["secret"])
	}
}

func TestSARIFRun(t *testing.T) {
	out := written(t, "sarif", Options{})
	run := viewSARIF(t, out).Runs[0]
	d := run.Tool.Driver
	if d.Name != "whosekey" || d.Version != "v1.2.3" || d.SemanticVersion != "1.2.3" {
		t.Errorf("driver is %s %s %s", d.Name, d.Version, d.SemanticVersion)
	}
	if run.ColumnKind != "unicodeCodePoints" || run.AutomationDetails.ID != "whosekey/" {
		t.Errorf("columnKind %q, id %q", run.ColumnKind, run.AutomationDetails.ID)
	}
	if uri := run.OriginalURIBaseIDs["SRCROOT"].URI; uri != "file:///src/acme%20app/" {
		t.Errorf("SRCROOT is %q", uri)
	}
	if diff := cmp.Diff([]map[string]string{{
		"repositoryUri": "https://git.example/acme/app.git", "revisionId": strings.Repeat("a1", 20), "branch": "main\uFFFD",
	}}, run.VersionControlProvenance); diff != "" {
		t.Errorf("provenance differs (-want +got):\n%s", diff)
	}
	inv := run.Invocations[0]
	var told []string
	for _, n := range inv.ToolExecutionNotifications {
		told = append(told, n.Level+": "+n.Message.Text)
	}
	if diff := cmp.Diff([]string{
		"error: Not searched: 7 × missing object: a\x1b[1m, b\uFFFD, c, d, e, … (fetch the rest: git fetch --unshallow)",
		"error: Not searched: 1 × submodule: lib/x",
		"note: Left out: 1200 × symbolic link",
		"warning: 5 more credentials are not in this report: --max-findings.",
		"note: Found and left out: 3 credentials.",
		"note: 2 refs are broken\x1b[2J",
	}, told); diff != "" {
		t.Errorf("notifications differ (-want +got):\n%s", diff)
	}
	if inv.ExecutionSuccessful {
		t.Error("executionSuccessful is true, and the run is incomplete")
	}
	for _, useless := range []string{`[]`, `:-1`, `"snippet"`, `null`} {
		if bytes.Contains(out, []byte(useless)) {
			t.Errorf("the output has %s in it", useless)
		}
	}
}

func TestSARIFRules(t *testing.T) {
	rules := viewSARIF(t, written(t, "sarif", Options{})).Runs[0].Tool.Driver.Rules
	var got []string
	for _, r := range rules {
		got = append(got, fmt.Sprintf("%s %s %s %v %v %s", r.ID, r.Name, r.DefaultConfiguration.Level,
			r.Properties["security-severity"], r.Properties["precision"], r.HelpURI))
		if tags := fmt.Sprint(r.Properties["tags"]); tags != "[security external/cwe/cwe-798 OWASP-NHI2]" {
			t.Errorf("%s has the tags %s", r.ID, tags)
		}
	}
	if diff := cmp.Diff([]string{
		"acme-deploy-token AcmeDeployToken error 9.1 very-high https://docs.acme.example/tokens?a=1",
		"generic-secret GenericSecret note 3.0 low ",
		"odd.rule_x OddRuleX warning 5.5 medium ",
		"slack-bot-token SlackBotToken error 8.2 very-high ",
	}, got); diff != "" {
		t.Errorf("rules differ (-want +got):\n%s", diff)
	}
	for _, help := range []string{rules[0].Help.Text, rules[0].Help.Markdown} {
		if !strings.Contains(help, "Delete the token at") || !strings.Contains(help, "https://docs.acme.example/tokens") {
			t.Errorf("help is %q", help)
		}
	}
	if !strings.Contains(rules[3].Help.Text, "Revoke it at its provider") {
		t.Errorf("help without advice is %q", rules[3].Help.Text)
	}
}

// A finding whose rule is not in the catalog is still a result, with a rule.
func TestSARIFWithoutCatalog(t *testing.T) {
	var b bytes.Buffer
	h := NewSARIF(&b, Options{})
	err := errors.Join(h.Start(Run{}))
	for _, f := range sampleFindings() {
		err = errors.Join(err, h.Finding(f))
	}
	if err = errors.Join(err, h.Finish(Summary{})); err != nil {
		t.Fatal(err)
	}
	run := viewSARIF(t, b.Bytes()).Runs[0]
	for _, r := range run.Results {
		if id := run.Tool.Driver.Rules[*r.RuleIndex].ID; id != r.RuleID {
			t.Errorf("ruleIndex leads to %s, want %s", id, r.RuleID)
		}
	}
	if err := sarifStandard(t).Validate(parse(t, b.Bytes())); err != nil {
		t.Error(err)
	}
	if run.OriginalURIBaseIDs != nil || run.VersionControlProvenance != nil || !run.Invocations[0].ExecutionSuccessful {
		t.Errorf("an unknown root or repository is described: %s", b.Bytes())
	}
}

func TestLocationURI(t *testing.T) {
	for _, tt := range []struct {
		in   leak.Location
		want string
	}{
		{leak.Location{Kind: leak.KindCommit, Commit: "c1"}, ".git/commit/c1/message"},
		{leak.Location{Kind: leak.KindTag, Commit: "c1"}, ".git/tag/c1/message"},
		{leak.Location{Kind: leak.KindNote, Path: "../../x y"}, ".git/note/x%20y"},
		{leak.Location{Kind: leak.KindRefName, Path: "refs/tags/../../../../v1"}, ".git/refname/v1"},
		{leak.Location{Kind: leak.KindStdin, Path: "ignored"}, "stdin"},
		{leak.Location{Kind: leak.KindFile, Path: ".."}, "unknown"},
		{leak.Location{}, "unknown"},
	} {
		if got := locationURI(&tt.in); got != tt.want {
			t.Errorf("locationURI(%+v) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// Empty lists are left out where go-sarif puts them, not where we do.
func TestEncodeSARIF(t *testing.T) {
	r := sarif.NewRuleResult("a<b").WithProperties(&sarif.PropertyBag{
		Properties: sarif.Properties{"kind": "fail", "rank": -1, "list": []string{}},
	})
	got, err := encodeSARIF(r)
	want := `{"level":"warning","properties":{"kind":"fail","list":[],"rank":-1},"ruleId":"a<b"}`
	if err != nil || string(got) != want {
		t.Errorf("encodeSARIF gives %s, %v; want %s", got, err, want)
	}
}

func TestURIs(t *testing.T) {
	for in, want := range map[string]string{
		"a/b.txt": "a/b.txt", "./a//b": "a/b", "../../a": "a", "a/../../../b": "b", "/etc/x": "etc/x",
		"C:/x": "C%3A/x", "a b#?%": "a%20b%23%3F%25", "\xff\xfeé": "%FF%FE%C3%A9", "a\\b": "a%5Cb", "..": "", "": "",
	} {
		if got := relativeURI(in); got != want {
			t.Errorf("relativeURI(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"/src/a b/": "file:///src/a%20b/", `C:\src`: "file:///C%3A/src/", "/": "file:///",
	} {
		if got := rootURI(in); got != want {
			t.Errorf("rootURI(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"https://x.example/a?b=1#c": "https://x.example/a?b=1#c", "git@git.example:acme/app.git": "ssh://git.example/acme/app.git", "https://git.example/a": "https://git.example/a",
		"/srv/a.git": "", "C:/a": "", "": "", "../a": "", "see below: x": "", "file:///a": "",
	} {
		if got := absoluteURL(in); got != want {
			t.Errorf("absoluteURL(%q) = %q, want %q", in, got, want)
		}
	}
}

// go-sarif links a validator that executes text/template. If the linker could
// reach that, it would keep every method of every type: 7 MB of our binary.
func TestNoTemplateIsReachable(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	dir := t.TempDir()
	const main = `package main
import ("os"; "github.com/whosekey/whosekey/report")
func main() { h, _ := report.New(os.Args[1], os.Stdout, report.Options{}); report.Replay(os.Stdin, h) }`
	file, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	if err := os.WriteFile(file, []byte(main), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", program, file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	symbols, err := exec.Command("go", "tool", "nm", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(symbols)) {
		if strings.Contains(line, "text/template.(*state)") {
			t.Fatalf("text/template can be executed: %s", line)
		}
	}
}

func BenchmarkSARIF(b *testing.B) {
	findings := sampleFindings()
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		h := NewSARIF(&out, Options{})
		h.Start(sampleRun())
		for _, f := range findings {
			h.Finding(f)
		}
		h.Finish(sampleSummary())
	}
	results := 0
	for _, f := range findings {
		results += max(len(f.Locations), 1)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*results), "ns/result")
}
