package convert

import (
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// line describes a hit, with its credential.
func line(h *Hit) string {
	var parts []string
	for _, f := range []struct{ name, value string }{
		{"tool", h.Tool}, {"rule", h.Rule}, {"title", h.Title}, {"secret", h.Secret.Reveal()}, {"sha1", h.SHA1}, {"sha256", h.SHA256}, {"commit", h.Commit}, {"path", h.Path},
		{"author", h.Author}, {"date", h.Date}, {"repository", h.Repository}, {"status", string(h.Status)}, {"reason", h.Reason},
	} {
		if f.value != "" {
			parts = append(parts, f.name+"="+f.value)
		}
	}
	if h.Line > 0 {
		parts = append(parts, fmt.Sprintf("at=%d:%d-%d:%d", h.Line, h.Column, h.EndLine, h.EndColumn))
	}
	if !h.Ignored {
		parts = append(parts, "open")
	}
	return strings.Join(parts, " ")
}

var hash1, hash256 = strings.Repeat("a1", 20), strings.Repeat("b2", 32)

// files are examples of what there is, as the scanners' sources and documentation
// have it.
var files = []struct {
	name, format, text string
	lost               int
	want               []string
}{
	{"report.json", "gitleaks", `[{"RuleID":"r","Description":"D","StartLine":3,"EndLine":3,"StartColumn":5,"EndColumn":9,"Match":"k=v1v2v3","Secret":"v1v2v3","File":".\\src\\a.go","SymlinkFile":"","Commit":"abc","Entropy":3.1,"Author":"Ann","Email":"a@b.example","Date":"2024-01-02T03:04:05+01:00","Message":"m","Tags":[],"Fingerprint":"f"}]`, 0,
		[]string{"tool=gitleaks rule=r title=D secret=v1v2v3 commit=abc path=src/a.go author=Ann date=2024-01-02T02:04:05Z at=3:5-3:10"}},
	{"report.json", "gitleaks", `[{"RuleID":"r","Secret":"REDACTED","File":"a","StartLine":"4","ValidationStatus":"invalid"},{"RuleID":"q","Secret":"abc..."},{"x":1},7]`, 2,
		[]string{"tool=gitleaks rule=r path=a status=dead at=4:0-0:0", "tool=gitleaks rule=q"}},
	{"report.json", "gitleaks", "[]", 0, nil},
	{"report.json", "gitleaks", `[{"line":"k = v1v2v3","lineNumber":4,"offender":"v1v2v3","commit":"abc","repo":".","rule":"AWS Access Key","commitMessage":"m","author":"Ann","email":"a@b.example","file":"a.go","date":"2021-07-15T22:00:32+07:00","tags":"key, AWS"},{"line":"k","offender":"REDACTED","rule":"R","file":"b","date":"0001-01-01T00:00:00Z"},{"offender":"x"}]`, 1,
		[]string{"tool=gitleaks rule=AWS Access Key title=AWS Access Key secret=v1v2v3 commit=abc path=a.go author=Ann date=2021-07-15T15:00:32Z at=4:0-0:0", "tool=gitleaks rule=R title=R path=b"}},
	{"report.jsonl", "gitleaks", `{"schema_version":"1","finding":{"rule_id":"r","match":{"value":"v1v2v3","fingerprint":"` + hash256 + `"},"location":{"path":"a","start_line":2},"attributes":{"git.sha":"abc","n":1},"analysis":{"status":"unknown"}}}
{"schema_version":"1","scan":{"state":"complete"}}`, 0, []string{"tool=betterleaks rule=r secret=v1v2v3 sha256=" + hash256 + " commit=abc path=a status=unknown at=2:0-0:0"}},
	{"report.csv", "gitleaks", "RuleID,Commit,File,SymlinkFile,Secret,Match,StartLine,EndLine,StartColumn,EndColumn,Author,Message,Date,Email,Fingerprint,Tags,Link\n" +
		"r,abc,src/a.go,,v1v2v3,\"k=\"\"v1v2v3\"\"\nx\",3,3,5,9,Ann,\"a, m\",2024-01-02T03:04:05Z,a@b.example,f,t u,l\n" +
		"r,,b,,REDACTED,REDACTED,x,-1,,99999999999,,,,,,,\nr,too,few\n,,no rule,,,,,,,,,,,,,,\n", 2,
		[]string{"tool=gitleaks rule=r secret=v1v2v3 commit=abc path=src/a.go author=Ann date=2024-01-02T03:04:05Z at=3:5-3:10", "tool=gitleaks rule=r path=b"}},
	{"report.csv", "gitleaks", "RuleID,Description,Match,Secret,StartLine,EndLine,StartColumn,EndColumn,Entropy,Tags,Fingerprint,meta:path,meta:symlink_file,meta:commit_sha,meta:author_name,meta:author_email,meta:commit_date\n" +
		"r,A key,k=v1v2v3,v1v2v3,3,3,5,9,4.2,t,f,src/a.go,,abc,Ann,a@b.example,2024-01-02T03:04:05Z\n", 0,
		[]string{"tool=gitleaks rule=r title=A key secret=v1v2v3 commit=abc path=src/a.go author=Ann date=2024-01-02T03:04:05Z at=3:5-3:10"}},
	{"results.sarif", "gitleaks", `{"$schema":"s","version":"2.1.0","runs":[{"tool":{"driver":{"name":"gitleaks","rules":[{"id":"r","shortDescription":{"text":"D"}}]}},"results":[
{"message":{"text":"m"},"ruleId":"r","locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/a.go"},"region":{"startLine":3,"startColumn":5,"endLine":3,"endColumn":9,"snippet":{"text":"v1v2v3"}}}}],"partialFingerprints":{"commitSha":"abc","email":"a@b.example","author":"Ann","date":"2024-01-02T03:04:05Z","commitMessage":"m"}},
{"ruleId":"q","locations":[{"physicalLocation":{"artifactLocation":{"uri":"b"},"region":{"startLine":1,"snippet":{"text":"REDACTED"}}}}]},{"ruleId":"r"},7]}]}`, 2,
		[]string{"tool=gitleaks rule=r title=D secret=v1v2v3 commit=abc path=src/a.go author=Ann date=2024-01-02T03:04:05Z at=3:5-3:10", "tool=gitleaks rule=q path=b at=1:0-0:0"}},
	{".gitleaksignore", "gitleaksignore", "# why\r\nabcdef1:dir/a b.txt:rule-id:12\r\n\r\na.txt:rule:3\nfour:words:in:it\n" + hash256 + "\n", 1,
		[]string{"tool=gitleaks rule=rule-id commit=abcdef1 path=dir/a b.txt reason=why at=12:0-0:0", "tool=gitleaks rule=rule path=a.txt at=3:0-0:0", "tool=betterleaks sha256=" + hash256}},
	{"t.json", "trufflehog", `{"SourceMetadata":{"Data":{"Github":{"link":"x","repository":"https://github.com/a/b","commit":"abc","email":"Ann <a@b.example>","file":"a","timestamp":"2022-06-16 10:17:40 -0700 PDT","line":4}}},"DetectorName":"AWS","Verified":true,"Raw":"v1v2v3","RawV2":"v1v2v3:w"}
🐷 something
{"level":"info-0","ts":"2026-01-01T00:00:00Z","logger":"trufflehog","msg":"finished scanning","chunks":3}
{"SourceMetadata":{"Data":{}},"DetectorName":"X","Verified":false,"VerificationError":"timeout","Raw":"w1w2w3"}`, 0,
		[]string{"tool=trufflehog rule=AWS secret=v1v2v3 commit=abc path=a date=2022-06-16T17:17:40Z repository=https://github.com/a/b status=live at=4:0-0:0", "tool=trufflehog rule=X secret=w1w2w3 status=unknown"}},
	{"t.jsonl", "trufflehog", `{"SourceMetadata":{"Data":{}},"DetectorName":"X","Raw":"w1w2w3"}
{"level":"info-0","ts":"2026-01-01T00:00:00Z","msg":"finished scanning"}
{"level":"info-0","msg":"no log"}`, 1, []string{"tool=trufflehog rule=X secret=w1w2w3"}},
	{"t.sarif", "trufflehog", `{"$schema":"s","version":"2.1.0","runs":[{"tool":{"driver":{"name":"trufflehog","version":"dev","rules":[{"id":"AWS","name":"AWS","shortDescription":{"text":"A key of AWS."}}]}},"results":[
{"ruleId":"AWS","level":"error","message":{"text":"Found verified result for detector AWS."},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"config/prod.yaml"},"region":{"startLine":42}}}],"partialFingerprints":{"trufflehogFingerprint/v1":"` + hash256 + `"}},
{"ruleId":"Slack","level":"warning","message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"source_type_elasticsearch://my-cluster"}}}]},{"ruleId":"X"},7]}]}`, 2,
		[]string{"tool=trufflehog rule=AWS title=A key of AWS. path=config/prod.yaml status=live at=42:0-0:0", "tool=trufflehog rule=Slack"}},
	{"none.sarif", "trufflehog", `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"trufflehog","rules":[]}},"results":[]}]}`, 0, nil},
	{"old.json", "trufflehog", `{"branch":"main","commit":"message\n","commitHash":"abc","date":"2024-01-02 03:04:05","diff":"@@ v1v2v3","path":"a.go","printDiff":"x","reason":"AWS","stringsFound":["v1v2v3","w1w2w3"]}
{"branch":"main","commitHash":"abc","reason":"High Entropy","stringsFound":[]}`, 1,
		[]string{"tool=trufflehog rule=AWS secret=v1v2v3 commit=abc path=a.go date=2024-01-02T03:04:05Z", "tool=trufflehog rule=AWS secret=w1w2w3 commit=abc path=a.go date=2024-01-02T03:04:05Z"}},
	{"k.sarif", "kingfisher", `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"kingfisher","rules":[{"id":"N","shortDescription":{"text":"T"}}]}},"results":[{"ruleId":"N","kind":"review","level":"warning","locations":[
{"physicalLocation":{"artifactLocation":{"uri":"https://github.com/a/b/blob/abcdef1/src/x.go#L4"},"region":{"startLine":4,"endLine":4,"startColumn":7,"endColumn":9,"snippet":{"text":"v1v2v3"}}},"properties":{"validation_status":"Active Credential"}},
{"physicalLocation":{"artifactLocation":{"uri":"./y.go"},"region":{"startLine":5,"snippet":{"text":"v1v2v3"}}},"properties":{"validation_status":"Inactive Credential"}}]}]}]}`, 0,
		[]string{"tool=kingfisher rule=N title=T secret=v1v2v3 commit=abcdef1 path=src/x.go repository=https://github.com/a/b status=live at=4:0-4:0", "tool=kingfisher rule=N title=T secret=v1v2v3 path=y.go status=unknown at=5:0-0:0"}},
	{"k.jsonl", "kingfisher", `{"rule":{"name":"N","id":"k.1"},"finding":{"snippet":"v1v2v3","line":4,"path":"a","validation":{"status":"Not Attempted"}}}
INFO kingfisher: Launching with 2 concurrent scan jobs
Rule                  Matches   Slowest
===========================================
k.1                   1         2ms
{
  "rule": {"name":"N","id":"k.2"},
  "finding": {"snippet":"w1w2w3","line":5,"path":"a","validation":{"status":"Not Attempted"}}
}
{ "cut`, 5,
		[]string{"tool=kingfisher rule=k.1 title=N secret=v1v2v3 path=a at=4:0-0:0", "tool=kingfisher rule=k.2 title=N secret=w1w2w3 path=a at=5:0-0:0"}},
	{"k.json", "kingfisher", `[{"id":"k.1","matches":[{"rule":{"name":"N","id":"k.1"},"finding":{"snippet":"v1v2v3","line":4,"path":"a","validation":{"status":"Active Credential"},"git_metadata":{"repository_url":"u","commit":{"id":"abc","date":"2024-01-02"},"file":{"path":"b"}}}}]}]`, 0,
		[]string{"tool=kingfisher rule=k.1 title=N secret=v1v2v3 commit=abc path=b date=2024-01-02T00:00:00Z repository=u status=live at=4:0-0:0"}},
	{"k.jsonl", "kingfisher", `{"rule":{"name":"N","id":"k.1"},"finding":{"snippet":"[REDACTED:123]","line":4,"path":"a","validation":{"status":"Inactive Credential"}}}`, 0,
		[]string{"tool=kingfisher rule=k.1 title=N path=a status=unknown at=4:0-0:0"}},
	{"b.yml", "kingfisher-baseline", "ExactFindings:\n  matches:\n  - filepath: a/b.rs\n    fingerprint: '1'\n    linenum: 52\n  - filepath: c\n", 1, []string{"tool=kingfisher path=a/b.rs at=52:0-0:0"}},
	{".secrets.baseline", "detect-secrets", `{"version":"1.4.0","plugins_used":[],"results":{"b":[{"type":"T","hashed_secret":"x"}],"a.py":[{"type":"Secret Keyword","filename":"a.py","hashed_secret":"` + hash1 + `","is_secret":true,"line_number":5}]},"generated_at":"x"}`, 1,
		[]string{"tool=detect-secrets rule=Secret Keyword sha1=" + hash1 + " path=a.py reason=detect-secrets audit: a real secret at=5:0-0:0"}},
	{"alerts.json", "github", `[{"number":1,"state":"open","secret_type":"t","secret_type_display_name":"T","secret":"v1v2v3","validity":"inactive","repository":{"full_name":"a/b"}}][{"number":2,"state":"resolved","resolution":"wont_fix","secret_type":"t"}]`, 0,
		[]string{"tool=github rule=t title=T secret=v1v2v3 repository=a/b status=dead open", "tool=github rule=t reason=GitHub alert 2: wont fix"}},
	{"slurped.json", "github", `[[{"number":1,"state":"open","secret_type":"t","secret_type_display_name":"T","secret":"v1v2v3","validity":"inactive","repository":{"full_name":"a/b"}}],[{"number":2,"state":"resolved","resolution":"wont_fix","secret_type":"t"}]]`, 0,
		[]string{"tool=github rule=t title=T secret=v1v2v3 repository=a/b status=dead open", "tool=github rule=t reason=GitHub alert 2: wont fix"}},
}

func TestParse(t *testing.T) {
	for _, tt := range files {
		for _, format := range []string{"", tt.format} {
			f, err := Parse(format, "dir/"+tt.name, []byte(tt.text))
			if err != nil {
				t.Errorf("%s as %q: %v", tt.name, format, err)
				continue
			}
			var got []string
			for i := range f.Hits {
				got = append(got, line(&f.Hits[i]))
			}
			if f.Format != tt.format || f.Lost != tt.lost || strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("%s as %q: %s, lost %d:\n%s\nwant %s, %d:\n%s", tt.name, format, f.Format, f.Lost, strings.Join(got, "\n"), tt.format, tt.lost, strings.Join(tt.want, "\n"))
			}
		}
	}
}

// TestNothingIsPassedOver: what is no report of the scanner, or not all of one, is not a
// report without findings.
func TestNothingIsPassedOver(t *testing.T) {
	kingfisher := `{"rule":{"name":"N","id":"k.1"},"finding":{"snippet":"v1v2v3","line":4,"path":"a"}}`
	envelope := `{"findings":[` + kingfisher + `],"access_map":[]}`
	summary := `{"findings":1,"successful_validations":0,"rules_applied":9,"bytes_scanned":7,"scan_duration":0.1,"findings_by_rule":[["N",1]]}`
	trufflehog := `{"SourceMetadata":{"Data":{}},"DetectorName":"X","Raw":"w1w2w3"}`
	log := `{"level":"info-0","ts":"2026-01-01T00:00:00Z","logger":"trufflehog","msg":"finished scanning"}`
	gitleaks := `[{"RuleID":"r","Secret":"v1v2v3","File":"a","StartLine":1}]`
	sarif := `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[]}]}`
	for _, tt := range []struct {
		format, text string
		hits, lost   int
	}{
		{"trufflehog", "", 0, 0},
		{"trufflehog", " \r\n", 0, 0},
		{"trufflehog", "[]", 0, 0},
		{"trufflehog", log, 0, 0},
		{"trufflehog", "\x1b]11;?\x1b\\\x1b[6n" + log + "\r\n" + trufflehog + "\r\n", 1, 0},
		{"trufflehog", "[" + trufflehog + "]\n" + log, 1, 0},
		{"trufflehog", trufflehog + "\nnot json\n" + trufflehog, 2, 1},
		{"trufflehog", trufflehog[9:] + "\n" + trufflehog, 1, 1},
		{"trufflehog", trufflehog + "\n" + trufflehog[:20], 1, 1},
		{"trufflehog", "\U0001F437\U0001F511\U0001F437  TruffleHog. Unearth your secrets.\n\nFound unverified result\nDetector Type: AWS\n", 0, 2},
		{"trufflehog", "\U0001F437 TruffleHog\n", 0, 1},
		{"trufflehog", "2026-01-01T00:00:00Z\tinfo-0\ttrufflehog\trunning source\n", 0, 1},
		{"trufflehog", trufflehog + "\n2026-01-01 7 8\n" + trufflehog + " 9 9", 2, 2},
		{"trufflehog", "null", 0, 1},
		{"trufflehog", "x", 0, 1},
		{"trufflehog", gitleaks, 0, 1},
		{"trufflehog", sarif, 0, 1},
		{"trufflehog", envelope, 0, 1},
		{"kingfisher", "", 0, 0},
		{"kingfisher", "[]", 0, 0},
		{"kingfisher", `{"findings":[]}`, 0, 0},
		{"kingfisher", summary, 0, 0},
		{"kingfisher", kingfisher + "\n" + `{"access_map":[]}` + "\n" + `{"audit":{}}` + "\n" + summary, 1, 0},
		{"kingfisher", envelope + "\n" + envelope + "\n" + summary, 2, 0}, // one for each repository
		{"kingfisher", "{\n \"findings\": [\n" + kingfisher + "]\n}\n==== Scan Summary", 1, 1},
		{"kingfisher", kingfisher + "\nnot json", 1, 1},
		{"kingfisher", envelope[20:], 0, 1},
		{"kingfisher", "N => [k.1]\n |Finding.......: v1v2v3\n", 0, 2},
		{"kingfisher", "{}", 0, 1},
		{"kingfisher", "null", 0, 1},
		{"kingfisher", "x", 0, 1},
		{"kingfisher", `[{"a":1}]`, 0, 1},
		{"kingfisher", `{"findings":{}}`, 0, 1},
		{"kingfisher", `{"findings":null}`, 0, 1},
		{"kingfisher", `{"findings":[{"a":1},7]}`, 0, 2},
		{"kingfisher", `{"matches":null}`, 0, 1},
		{"kingfisher", `{"finding":{"path":"k"}}`, 0, 1},
		{"kingfisher", gitleaks, 0, 1},
		{"kingfisher", sarif, 0, 1},
		{"kingfisher", trufflehog, 0, 1},
		{"kingfisher", log, 0, 1},
		{"gitleaks", `{"rule_id":"r","match":{"value":"v1v2v3"}}` + "\nnot json", 1, 1},
		{"gitleaks", `{"findings":[{"rule_id":"r"}]}` + "\nnot json", 1, 1},
	} {
		f, err := Parse(tt.format, "x", []byte(tt.text))
		if err != nil {
			t.Errorf("%s %q: %v", tt.format, tt.text, err)
		} else if len(f.Hits) != tt.hits || f.Lost != tt.lost {
			t.Errorf("%s %q: %d hits, lost %d; want %d, %d", tt.format, tt.text, len(f.Hits), f.Lost, tt.hits, tt.lost)
		}
	}
	if _, err := Parse("kingfisher-baseline", "x", []byte("a: b\n")); err == nil {
		t.Error("any YAML is a baseline of Kingfisher")
	}
}

// TestErrorsQuoteNothing: a file that is damaged where a credential stands.
func TestErrorsQuoteNothing(t *testing.T) {
	for _, format := range Formats() {
		for _, text := range []string{`[{"RuleID":"r","Secret":"v1v2v3"`, `{"results":{"a":"v1v2v3"}}`, "v1v2v3: [", "RuleID,File,StartLine,Secret\nr,a,1,\"v1v2v3", `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"gitleaks"}},"results":{"v1v2v3":1}}]}`, `[{"secret_type":"x","secret":{"v1v2v3":1}}]`} {
			if _, err := Parse(format, "x", []byte(text)); err != nil && strings.Contains(err.Error(), "v1v2v3") {
				t.Errorf("%s: %v", format, err)
			}
		}
	}
	// SARIF of another scanner is not what it is said to be.
	if f, err := Parse("gitleaks", "x", []byte(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"other"}},"results":[]}]}`)); err != nil || f.Lost != 1 {
		t.Errorf("SARIF of another: %v", err)
	}
	if _, err := Parse("", "x", []byte("what is this?")); err == nil || !strings.Contains(err.Error(), "--from") {
		t.Errorf("error %v", err)
	}
}

func TestNothingIsHereInClear(t *testing.T) {
	f, err := Parse("", "x.json", []byte(files[0].text))
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v", f.Hits, f.Hits, f.Hits); strings.Contains(text, "v1v2v3") {
		t.Errorf("a hit prints its credential: %s", text)
	}
	if !f.Hits[0].HasSecret() || f.Hits[0].Secret.Equal(leak.Secret{}) {
		t.Error("it has none")
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range files {
		f.Add(tt.name, tt.text)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		for _, format := range append(Formats(), "") {
			file, err := Parse(format, name, []byte(text))
			if err != nil {
				continue
			}
			for i := range file.Hits {
				h := &file.Hits[i]
				if h.Line < 0 || strings.Contains(h.Path, "\\") || strings.HasPrefix(h.Path, "/") && !strings.HasPrefix(h.Path, "//") && len(h.Path) > 1 && h.Path[1] != '/' {
					t.Fatalf("%s: %+v", format, *h)
				}
			}
		}
	})
}
