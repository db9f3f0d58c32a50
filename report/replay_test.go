package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

func diffJSON(want, got any) string { return cmp.Diff(want, got) }

func TestReplayIsTheSameRun(t *testing.T) {
	for _, show := range []bool{false, true} {
		opts := Options{ShowSecrets: show}
		lines := written(t, "jsonl", opts)
		for _, format := range Formats() {
			var b bytes.Buffer
			h, err := New(format, &b, opts)
			if err != nil {
				t.Fatal(err)
			}
			if err := Replay(bytes.NewReader(lines), h); err != nil {
				t.Errorf("%s: %v", format, err)
			}
			want := string(written(t, format, opts))
			if format == "text" {
				want = strings.Replace(want, "; in 1.2s", "", 1) // machines are not told
			}
			if diff := cmp.Diff(want, b.String()); diff != "" {
				t.Errorf("%s, ShowSecrets %v: a run that was played back differs (-direct +replayed):\n%s", format, show, diff)
			}
		}
	}
}

// recorder is a Handler that keeps what it is given.
type recorder struct {
	runs      []Run
	findings  []*leak.Finding
	summaries []Summary
	err       error // what Finding returns
}

func (r *recorder) Start(run Run) error { r.runs = append(r.runs, run); return nil }
func (r *recorder) Finding(f *leak.Finding) error {
	r.findings = append(r.findings, f)
	return r.err
}
func (r *recorder) Finish(s Summary) error { r.summaries = append(r.summaries, s); return nil }

func TestReplayReadsSecrets(t *testing.T) {
	for _, show := range []bool{false, true} {
		var r recorder
		if err := Replay(bytes.NewReader(written(t, "jsonl", Options{ShowSecrets: show})), &r); err != nil {
			t.Fatal(err)
		}
		for i, f := range sampleFindings() {
			want := f.Parts
			if !show {
				want = nil
			}
			if diff := cmp.Diff(want, r.findings[i].Parts); diff != "" {
				t.Errorf("ShowSecrets %v: parts of finding %d differ (-want +got):\n%s", show, i, diff)
			}
		}
	}
}

func TestReplayOfDamage(t *testing.T) {
	whole := string(written(t, "jsonl", Options{}))
	line := strings.SplitAfter(whole, "\n")
	line[len(line)-2] = strings.TrimSuffix(line[len(line)-2], "\n")
	for _, tt := range []struct {
		name, input, err string
		findings         int // that are handed over
		finished         bool
	}{
		{"empty", "", "no run in it", 0, false},
		{"not ours", "{\"results\":[]}\n", "line 1: the first line must be", 0, false},
		{"not JSON", "No leaked credentials\n", "line 1: the first line must be", 0, false},
		{"no run", line[1], "line 1: the first line must be", 0, false},
		{"newer", strings.Replace(whole, `"schema":1`, `"schema":2`, 1), "schema 2 and this whosekey reads schema 1", 0, false},
		{"no schema", strings.Replace(whole, `"schema":1,`, "", 1), "line 1: the first line must be", 0, false},
		{"no summary", line[0] + line[1] + line[2], "the run was cut off after line 3", 2, true},
		{"cut within a line", line[0] + line[1] + line[2][:100], "line 3: not JSON of a run", 1, true},
		{"garbled line", line[0] + line[1] + "{\"finding\":{\"id\":3}}\n" + whole, "line 3: not JSON of a run", 1, true},
		{"garbled date", line[0] + `{"finding":{"id":"x","locations":[{"date":"now"}]}}`, "line 2: location 1: its date", 0, true},
		{"two things in a line", line[0] + line[1][:len(line[1])-1] + line[2], "line 2: not JSON", 0, true},
		{"unknown line", line[0] + "{\"verdict\":{}}\n", "line 2: neither run, finding nor summary", 0, true},
		{"two runs", line[0] + line[0], "line 2: another run begins", 0, true},
		{"two whole runs", whole + whole, "line 7: another run begins", 4, true},
		{"more after the summary", whole + line[1], "line 7: there is more after the summary", 4, true},
		{"line too long", line[0] + strings.Repeat(" ", maxLine+1) + line[1], "line 2: longer than 16 MiB", 0, true},
		{"blank lines, no last newline", "\n" + line[0] + "\r\n" + line[5-1] + line[5], "", 1, true},
	} {
		var r recorder
		err := Replay(strings.NewReader(tt.input), &r)
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.err)
		}
		if len(r.findings) != tt.findings {
			t.Errorf("%s: %d findings handed over, want %d", tt.name, len(r.findings), tt.findings)
		}
		if tt.finished != (len(r.summaries) == 1) {
			t.Errorf("%s: summaries %v, want one: %v", tt.name, r.summaries, tt.finished)
			continue
		}
		cutOff := tt.finished && tt.err != "" && tt.findings < 4
		if cutOff && (!r.summaries[0].Incomplete || r.summaries[0].Findings != tt.findings || len(r.summaries[0].Skipped) != 1) {
			t.Errorf("%s: the summary does not say that it is incomplete: %+v", tt.name, r.summaries[0])
		}
	}
}

func TestReplayReportsErrors(t *testing.T) {
	whole := written(t, "jsonl", Options{})
	broken := errors.New("disk full")
	r := recorder{err: broken}
	if err := Replay(bytes.NewReader(whole), &r); err != broken {
		t.Errorf("error %v, want that of the handler", err)
	}
	if len(r.findings) != 1 || len(r.summaries) != 0 {
		t.Errorf("a handler that returned an error was called again: %d findings, %d summaries", len(r.findings), len(r.summaries))
	}
	r = recorder{}
	in := io.MultiReader(bytes.NewReader(whole[:bytes.IndexByte(whole, '\n')+1]), iotest.ErrReader(broken))
	if err := Replay(in, &r); !errors.Is(err, broken) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error %v, want that of the reader, and the line", err)
	}
}

// A commit may claim any date.
func TestReplayReadsEveryDate(t *testing.T) {
	for _, seconds := range []int64{0, -1, 1 << 31, 1 << 40, 1 << 55, -1 << 55} {
		var lines bytes.Buffer
		h := NewJSONL(&lines, Options{})
		f := &leak.Finding{Locations: []leak.Location{{Date: time.Unix(seconds, 0)}}}
		var r recorder
		err := errors.Join(h.Start(Run{}), h.Finding(f), h.Finish(Summary{}), Replay(&lines, &r))
		if err != nil {
			t.Errorf("%d seconds: %v", seconds, err)
		} else if got := r.findings[0].Locations[0].Date; !got.IsZero() && got.Unix() != seconds {
			t.Errorf("%d seconds come back as %v", seconds, got)
		}
	}
}

// An added field is not a new schema.
func TestReplayIgnoresUnknownFields(t *testing.T) {
	in := `{"run":{"schema":1,"colour":"blue"}}` + "\n" + `{"finding":{"id":"x","risk":9}}` + "\n" + `{"summary":{}}`
	var r recorder
	if err := Replay(strings.NewReader(in), &r); err != nil || len(r.findings) != 1 {
		t.Errorf("%d findings, error %v; want 1 and none", len(r.findings), err)
	}
}

func FuzzReplay(f *testing.F) {
	var b bytes.Buffer
	h := NewJSONL(&b, Options{ShowSecrets: true})
	h.Start(sampleRun())
	for _, finding := range sampleFindings() {
		h.Finding(finding)
	}
	h.Finish(sampleSummary())
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, in []byte) {
		var once, twice bytes.Buffer
		opts := Options{ShowSecrets: true}
		if Replay(bytes.NewReader(in), NewJSONL(&once, opts)) != nil {
			return
		}
		if err := Replay(bytes.NewReader(once.Bytes()), NewJSONL(&twice, opts)); err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, once.Bytes())
		}
		if diff := cmp.Diff(once.String(), twice.String()); diff != "" {
			t.Errorf("a run that was played back differs:\n%s", diff)
		}
		for _, format := range Formats() {
			if format == "jsonl" || format == "html" && len(in)%8 != 0 {
				continue // above; a page is large, and takes most of the time
			}
			var out bytes.Buffer
			h, _ := New(format, &out, Options{Width: 40, Verbose: true, SARIFSplit: len(in)%2 == 0, SARIFSuppressed: len(in)%3 == 0})
			if err := Replay(bytes.NewReader(in), h); err != nil {
				t.Errorf("%s: %v", format, err)
			}
			isJSON := slices.Contains([]string{"sarif", "json", "gitlab", "gitlab-codequality", "bitbucket"}, format)
			if isJSON && !json.Valid(out.Bytes()) || !utf8.Valid(out.Bytes()) {
				t.Errorf("%s is not JSON: %s", format, out.Bytes())
			}
		}
	})
}
