package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

func TestText(t *testing.T) {
	golden(t, "plain.golden", written(t, "text", Options{}))
	golden(t, "colour.golden", written(t, "text", Options{Color: true, Width: 60}))
	golden(t, "verbose.golden", written(t, "text", Options{Verbose: true}))
}

// Nothing that was scanned can speak to the terminal.
func TestTextIsNeutral(t *testing.T) {
	var evil strings.Builder
	for r := rune(0); r < 0x180; r++ {
		if r != '\n' {
			evil.WriteRune(r)
		}
	}
	evil.WriteString("\u202e\u2066\u200b\ufeff\u2028\U000e0041\xff\x9b31m")
	s := evil.String()
	var b bytes.Buffer
	h := NewText(&b, Options{ShowSecrets: true, Verbose: true})
	pos := leak.Position{Line: 1, Column: 1, Frame: &leak.Frame{First: 1, Lines: []string{s}, MarkStart: 3, MarkEnd: 5}}
	f := &leak.Finding{
		ID: s, Encoding: s, Also: []string{s}, Why: []string{s}, Confidence: leak.Confidence(s), Verdict: leak.Verdict{Status: leak.Status(s)},
		Rule:  leak.RuleInfo{ID: s, Title: s, Provider: s, About: s, Rotate: s},
		Parts: leak.Parts{leak.SecretPart: leak.NewSecret(s + "\n"), s: leak.NewSecret(s)},
	}
	for _, k := range []leak.Kind{
		leak.KindBlob, leak.KindCommit, leak.KindTag, leak.KindNote, leak.KindRefName, leak.KindFile, leak.KindStdin, leak.Kind(s),
	} {
		f.Locations = append(f.Locations, leak.Location{
			Kind: k, Path: s, Position: pos, Commit: s, Author: s, Field: s, NoteFor: s, Problem: s, Date: time.Unix(0, 0),
		})
	}
	gap := []Gap{{Reason: s, Fix: s, Count: 1, First: []string{s}}}
	err := errors.Join(h.Start(Run{Tool: s, Version: s, Target: s, Branch: s}), h.Finding(f),
		h.Finish(Summary{Counts: map[string]int64{s: 1}, Skipped: gap, LeftOut: gap, Notes: []string{s}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range b.String() {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%U is written", r)
		}
	}
}

// "Found nothing" and "looked at nothing" never look the same.
func TestConclusion(t *testing.T) {
	leaked := &leak.Finding{Confidence: leak.High, Locations: make([]leak.Location, 1)}
	some := map[string]int64{"blobs": 12, "commits": 1, "bytes": 1500}
	for _, tt := range []struct {
		name     string
		findings int
		s        Summary
		want     string
	}{
		{"logs: nothing counted", 0, Summary{}, "Nothing was searched: there is no log with content, or no run that is meant."},
		{"clean", 0, Summary{Counts: some}, "No leaked credentials in 1 commit, 12 blobs, 1.5 kB."},
		{"nothing counted", 0, Summary{}, "Nothing was searched: 0 files, 0 bytes. Nothing with content is staged, or in the range."},
		{"no bytes", 0, Summary{Counts: map[string]int64{"files": 3, "bytes": 0}}, "Nothing was searched: 0 files, 0 bytes. Nothing with content is staged, or in the range."},
		{"nothing but what is left out", 0, Summary{LeftOut: []Gap{{Reason: "log that was read before", Count: 2}}}, "Nothing was searched: all that there is was left out."},
		{"other counts", 0, Summary{Counts: map[string]int64{"files": 3}}, "No leaked credentials in 3 files."},
		{"incomplete", 0, Summary{Counts: some, Incomplete: true}, "No leaked credentials in what was searched: 1 commit, 12 blobs, 1.5 kB. The scan is INCOMPLETE: there may be more."},
		{"nothing but gaps", 0, Summary{Incomplete: true}, "Nothing was searched: there was nothing to look at. The scan is INCOMPLETE: there may be more."},
		{"dropped", 0, Summary{Counts: some, Suppressed: 2}, "No leaked credentials but those that were dropped, in 1 commit, 12 blobs, 1.5 kB."},
		{"one", 1, Summary{Counts: some, Failing: 1}, "1 leaked credential in 1 place: 1 of high confidence. 1 makes the run fail."},
		{"two", 2, Summary{Counts: some}, "2 leaked credentials in 2 places: 2 of high confidence. None makes the run fail."},
		{"cut", 2, Summary{Counts: some, Truncated: 1000, Failing: 2}, "2 leaked credentials in 2 places: 2 of high confidence. 2 make the run fail. 1,000 more not shown (--max-findings)."},
	} {
		var b bytes.Buffer
		h := NewText(&b, Options{})
		mode, _, named := strings.Cut(tt.name, ":")
		if !named {
			mode = ""
		}
		err := h.Start(Run{Rules: 3, Mode: mode})
		for range tt.findings {
			err = errors.Join(err, h.Finding(leaked))
		}
		if err = errors.Join(err, h.Finish(tt.s)); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		if got := lines[len(lines)-1]; got != tt.want {
			t.Errorf("%s: the last line is %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestLowButLiveIsShownInFull(t *testing.T) {
	for verdict, want := range map[leak.Status]bool{leak.Live: true, leak.Unchecked: false, leak.Dead: false} {
		var b bytes.Buffer
		h := NewText(&b, Options{})
		f := &leak.Finding{Confidence: leak.Low, Verdict: leak.Verdict{Status: verdict}, Rule: leak.RuleInfo{Rotate: "change it"}}
		if err := errors.Join(h.Start(Run{}), h.Finding(f), h.Finish(Summary{})); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "change it"); got != want {
			t.Errorf("low and %s: shown in full: %v, want %v", verdict, got, want)
		}
	}
}

func TestCodeLine(t *testing.T) {
	type line struct {
		Shown    string
		From, To int
	}
	for _, tt := range []struct {
		in        string
		mark, end int
		want      line
	}{
		{"key = ****", 7, 11, line{"key = ****", 6, 10}},
		{"\tk=****", 4, 8, line{"    k=****", 6, 10}},
		{"世=****", 3, 7, line{"世=****", 3, 7}},
		{"e\u0301=**", 4, 6, line{"e\u0301=**", 2, 4}},
		{"\x1b=**", 3, 5, line{`\x1b=**`, 5, 7}},
		{"short", 9, 12, line{"short", 5, 5}},
		{"", 0, 0, line{}},
	} {
		var got line
		got.Shown, got.From, got.To = codeLine(tt.in, tt.mark, tt.end)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("codeLine(%q, %d, %d) differs (-want +got):\n%s", tt.in, tt.mark, tt.end, diff)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 123456: "123,456"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 999949: "999.9 kB", 999999: "1.0 MB", 1 << 62: "4611.7 PB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
	if got := plural(1, "directories") + ", " + plural(2, "directories"); got != "1 directory, 2 directories" {
		t.Error(got)
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }
