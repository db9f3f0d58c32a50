package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

// TestFormats compares with files that somebody has read.
func TestFormats(t *testing.T) {
	for _, format := range Formats()[4:] {
		if format == "html" {
			continue // its script would be most of it: see TestPageHasOnlyItsOwnElements, and the tests in a browser
		}
		golden(t, format+".golden", written(t, format, Options{}))
	}
}

// TestFormatsSayWhose: identity, owner and risk are why somebody reads them.
func TestFormatsSayWhose(t *testing.T) {
	for _, format := range Formats()[3:] {
		out := string(written(t, format, Options{}))
		for _, want := range []string{"service", "deploy", "@acme/payments", "71"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s does not say %q", format, want)
			}
		}
	}
}

// render plays one finding into a format.
func render(t testing.TB, format string, opts Options, s Summary, all ...*leak.Finding) string {
	t.Helper()
	var b bytes.Buffer
	h, err := New(format, &b, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Start(sampleRun()); err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if err := h.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Finish(s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// hostile is a finding in which a text stands wherever one can that is not ours.
func hostile(s string) *leak.Finding {
	return &leak.Finding{
		ID: "aa", Rule: leak.RuleInfo{ID: "r-" + s, Title: s, Severity: 8, Rotate: s}, Confidence: leak.High,
		Verdict: leak.Verdict{Status: leak.Unknown, Reason: s},
		Identity: &leak.Identity{
			Name: s, Owner: s, Type: leak.Bot, Confidence: 0.9, Owners: []leak.Owner{{Name: s, Reason: s}}, Risk: leak.Risk{Score: 50, Band: "medium"},
		},
		Locations: []leak.Location{
			{Kind: leak.KindBlob, Path: s, AtHead: true, Commit: commitID(1), Position: leak.Position{Line: 3, Column: 1, EndLine: 3, EndColumn: 4}},
			{Kind: leak.KindRefName, Path: s, Problem: s},
		},
	}
}

var hostileTexts = []string{
	"", "=1+1", ";=cmd|' /C calc'!A0", "\t=x", "+1", "@SUM(A1)", "-2", "a,b", "a\nb", "\"q\"", "＝1",
	"::error::x", "\n::set-output name=x::y", "\r\n::stop-commands::x", "%0A::error::x", "a,line=9::b", "a:b", "##[error]x",
	"##vso[task.setvariable variable=x]y", "x]##vso[task.complete result=Succeeded;]", "%AZP25", "%3B", "a;type=warning;", "\n##vso[x.y]z",
	"a|b", "a\\|b", "`a`", "``", "`a|b\\`", "</code><script>alert(1)</script>", "[x](javascript:alert(1))", "@everyone", "![](https://x.example/p.png)",
	"<!-- whosekey:pr -->", "]]>", "<x/>", "&amp;", "\x00\x01\x1b[31m", "\xff\xfe", "\u202eabc", "\u2028x", strings.Repeat("é", 3000),
}

func TestCSVHasARowForEveryPlace(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(written(t, "csv", Options{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows[1:] {
		got = append(got, r[0])
	}
	var want []string
	for _, f := range sampleFindings() {
		for range placesOf(f) {
			want = append(want, "finding")
		}
	}
	want = append(want, "skipped", "skipped")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
	if out := render(t, "csv", Options{}, Summary{}); out != strings.Join(csvColumns, ",")+"\n" {
		t.Errorf("a clean run is %q, want the names of the columns", out)
	}
	if out := render(t, "csv", Options{ShowSecrets: true}, Summary{Incomplete: true}); !strings.Contains(out, "the scan is incomplete") {
		t.Errorf("an incomplete run without gaps is %q", out)
	}
}

// FuzzCSV holds that no cell begins like a formula, whatever separates cells.
func FuzzCSV(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := render(t, "csv", Options{ShowSecrets: true}, Summary{Skipped: []Gap{{Reason: s, Count: 1}}}, hostile(s))
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(rows) != 4 {
			t.Fatalf("%d rows, %v, in %q", len(rows), err, out)
		}
		for _, row := range rows {
			for _, c := range row {
				for _, part := range strings.Split(c, ";") {
					if part != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(part)[0]) {
						t.Errorf("%q holds the formula %q", c, part)
					}
				}
			}
		}
		if strings.ContainsFunc(strings.ReplaceAll(out, "\n", ""), unicode.IsControl) {
			t.Errorf("control characters in %q", out)
		}
	})
}

func FuzzJUnit(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := render(t, "junit", Options{}, Summary{Skipped: []Gap{{Reason: s, Count: 1}}}, hostile(s))
		var v junitSuites
		if err := xml.Unmarshal([]byte(out), &v); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		if v.Tests != 3 || len(v.Suite.Cases) != 3 || v.Failures != 2 || v.Errors != 1 || v.Suite.junitCounts != v.junitCounts {
			t.Errorf("%+v with %d cases, want 2 failures and an error", v.junitCounts, len(v.Suite.Cases))
		}
		if got, want := v.Suite.Cases[0].File, shown(file(&hostile(s).Locations[0])); got != want {
			t.Errorf("file %q, want %q", got, want)
		}
	})
}

// The case of a credential is the same when its line has moved.
func TestJUnitNamesDoNotMove(t *testing.T) {
	name := func(line int) string {
		f := hostile("a")
		f.Locations[0].Line = line
		var v junitSuites
		if err := xml.Unmarshal([]byte(render(t, "junit", Options{}, Summary{}, f)), &v); err != nil {
			t.Fatal(err)
		}
		return v.Suite.Cases[0].Class + " " + v.Suite.Cases[0].Name
	}
	if a, b := name(3), name(4); a != b {
		t.Errorf("line 3 is %q, line 4 %q", a, b)
	}
}

func TestKeysAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	n := 0
	for _, f := range append(sampleFindings(), &leak.Finding{ID: "x", Locations: make([]leak.Location, 5)}) {
		for _, k := range keys(f) {
			seen[k] = true
			n++
		}
	}
	if len(seen) != n {
		t.Errorf("%d keys of %d places", len(seen), n)
	}
}

// many are findings of falling severity, each in a file of its own.
func many(n int) []*leak.Finding {
	var out []*leak.Finding
	for i := range n {
		out = append(out, &leak.Finding{
			ID: fmt.Sprintf("%032d", i), Rule: leak.RuleInfo{ID: "r", Title: "Token", Severity: []float64{2, 5, 8, 9.5}[i%4]}, Confidence: leak.High,
			Verdict:   leak.Verdict{Status: leak.Unchecked},
			Locations: []leak.Location{{Kind: leak.KindFile, Path: fmt.Sprintf("f%d", i), Position: leak.Position{Line: 1, Column: 1, EndLine: 1, EndColumn: 2}}},
		})
	}
	return out
}

func TestBitbucketLimits(t *testing.T) {
	all := many(1234)
	all = append(all, hostile(strings.Repeat("long|", 2000)))
	var v insights
	if err := json.Unmarshal([]byte(render(t, "bitbucket", Options{}, Summary{Failing: 1}, all...)), &v); err != nil {
		t.Fatal(err)
	}
	n, ids := 0, map[string]bool{}
	for _, request := range v.Annotations {
		if len(request) > 100 {
			t.Errorf("a request of %d", len(request))
		}
		for _, a := range request {
			n++
			ids[a.ExternalID] = true
			if a.Summary == "" || len([]rune(a.Summary)) > 450 || len([]rune(a.Details)) > 2000 {
				t.Errorf("summary of %d, details of %d characters", len([]rune(a.Summary)), len([]rune(a.Details)))
			}
		}
	}
	if n != 1000 || len(ids) != n || len(v.Report.Data) > 10 || len([]rune(v.Report.Details)) > 2000 {
		t.Errorf("%d annotations with %d ids", n, len(ids))
	}
	if first := v.Annotations[0][0]; first.Severity != "CRITICAL" || v.Report.Result != "FAILED" {
		t.Errorf("the first is %s, the report %s", first.Severity, v.Report.Result)
	}
	if !strings.Contains(v.Report.Details, "Only the worst 1,000 places") {
		t.Errorf("nothing says that it is cut: %s", v.Report.Details)
	}
	for s, want := range map[*Summary]string{{}: "PASSED", {Incomplete: true}: "FAILED"} {
		if err := json.Unmarshal([]byte(render(t, "bitbucket", Options{}, *s)), &v); err != nil || v.Report.Result != want {
			t.Errorf("a run without findings, incomplete %v: %s, %v", s.Incomplete, v.Report.Result, err)
		}
	}
}

func TestMarkdownLimit(t *testing.T) {
	all := many(20000)
	for i := range 50 {
		all = append(all, hostile(strings.Repeat("x|`\\", 1000+i)))
	}
	gaps := make([]Gap, 5000)
	for i := range gaps {
		gaps[i] = Gap{Reason: strings.Repeat("r", 100), Count: 1}
	}
	for _, max := range []int{0, 60000} {
		for _, s := range []Summary{{}, {Skipped: gaps, Incomplete: true}} {
			out := render(t, "markdown", Options{MaxBytes: max}, s, all...)
			limit := max
			if max == 0 {
				limit = 1 << 20
			}
			if len(out) > limit {
				t.Errorf("%d bytes, more than %d", len(out), limit)
			}
			if !strings.Contains(out, "are not in this table**") {
				t.Error("nothing says that the table is cut")
			}
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkCode(t, s)
		out := render(t, "markdown", Options{}, Summary{Skipped: []Gap{{Reason: s, First: []string{s}, Fix: s}}, Notes: []string{s}}, hostile(s))
		lines := strings.Split(out, "\n")
		at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "| ---: |") })
		if at < 0 || at+2 >= len(lines) || lines[at+2] != "" {
			t.Fatalf("the table is not one row: %q", out)
		}
		if n := bars(lines[at+1]); n != 10 {
			t.Errorf("a row with %d bars, want 10: %q", n, lines[at+1])
		}
		if strings.ContainsFunc(strings.ReplaceAll(out, "\n", ""), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("invisible characters in %q", out)
		}
		if mentions := strings.ReplaceAll(withoutCode(out), "@<!-- -->", ""); strings.Contains(mentions, "@") {
			t.Errorf("somebody is mentioned in %q", out)
		}
	})
}

// checkCode reads a code span as CommonMark does.
func checkCode(t *testing.T, s string) {
	t.Helper()
	code, want := inlineCode(s), shown(s)
	var got string
	switch {
	case code == "":
	case strings.HasPrefix(code, "<code>"):
		inner := strings.TrimSuffix(strings.TrimPrefix(code, "<code>"), "</code>")
		if rest := strings.NewReplacer("&#", "", ";", "").Replace(inner); strings.ContainsAny(rest, "`*_{}[]()<>|\\@:/.!&") {
			t.Errorf("syntax in %q", code)
		}
		got = html.UnescapeString(inner)
	default:
		got = code[1 : len(code)-1]
		if strings.ContainsAny(got, "`\\|") || code[0] != '`' || code[len(code)-1] != '`' {
			t.Errorf("%q is no code span for a table", code)
		}
	}
	if got != want {
		t.Errorf("%q is read as %q, want %q", code, got, want)
	}
}

// bars counts those that separate cells: a backslash takes the sign after it.
func bars(row string) int {
	n := 0
	for i := 0; i < len(row); i++ {
		switch row[i] {
		case '\\':
			i++
		case '|':
			n++
		}
	}
	return n
}

// withoutCode takes code spans away.
func withoutCode(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "`")
		for strings.HasSuffix(before, `\`) && found { // an escaped one
			b.WriteString(before)
			before, rest, found = strings.Cut(rest, "`")
		}
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, s, _ = strings.Cut(rest, "`")
	}
}

func TestPlaceURL(t *testing.T) {
	head, old := strings.Repeat("a1", 20), commitID(1)
	for _, tt := range []struct {
		remote string
		l      leak.Location
		want   string
	}{
		{"https://github.com/acme/app.git", leak.Location{Kind: leak.KindBlob, Path: "a b/c&d.env", AtHead: true, Position: leak.Position{Line: 3}}, "https://github.com/acme/app/blob/" + head + "/a%20b/c&amp;d.env#L3"},
		{"git@github.com:acme/app.git", leak.Location{Kind: leak.KindBlob, Path: "x", Commit: old, Position: leak.Position{Line: 3}}, "https://github.com/acme/app/blob/" + old + "/x#L3"},
		{"https://user:pw@gitlab.com/acme/sub/app", leak.Location{Kind: leak.KindCommit, Commit: old}, "https://gitlab.com/acme/sub/app/-/commit/" + old},
		{"https://bitbucket.org/acme/app", leak.Location{Kind: leak.KindBlob, Path: "../../x", Commit: old, Position: leak.Position{Line: 1}}, "https://bitbucket.org/acme/app/src/" + old + "/x#lines-1"},
		{"https://github.com/acme/app", leak.Location{Kind: leak.KindBlob, Path: "x", Commit: "../evil"}, ""},
		{"https://github.com/acme/app)](javascript:x", leak.Location{Kind: leak.KindBlob, Path: "x", Commit: old}, ""},
		{"https://github.com/acme", leak.Location{Kind: leak.KindBlob, Path: "x", Commit: old}, ""},
		{"https://git.example/acme/app", leak.Location{Kind: leak.KindBlob, Path: "x", Commit: old}, ""},
		{"", leak.Location{Kind: leak.KindBlob, Path: "x", Commit: old}, ""},
		{"https://github.com/acme/app", leak.Location{Kind: leak.KindStdin, Commit: old}, ""},
	} {
		if got := placeURL(Run{RepositoryURI: tt.remote, Revision: head}, &tt.l); got != tt.want {
			t.Errorf("placeURL(%q, %+v) = %q, want %q", tt.remote, tt.l, got, tt.want)
		}
	}
}

// TestNamesAreVisible: what is shown to people has no characters that turn the rest
// of a line around, or that nobody sees. JSON and SARIF are for programs.
func TestNamesAreVisible(t *testing.T) {
	const evil = "\u202egnp.exe\u2066\u200f\u200b"
	for _, format := range Formats() {
		if slices.Contains([]string{"json", "jsonl", "sarif", "html"}, format) {
			continue
		}
		f := hostile(evil)
		out := render(t, format, Options{}, Summary{Skipped: []Gap{{Reason: "unreadable file", Count: 1, First: []string{evil}}}}, f)
		if i := strings.IndexFunc(out, func(r rune) bool { return unicode.Is(unicode.Cf, r) }); i >= 0 {
			t.Errorf("%s: %q", format, out[max(0, i-60):min(len(out), i+60)])
		}
	}
}
