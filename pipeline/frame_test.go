package pipeline

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

// checkFrame compares a frame with one that is made with the whole text in
// memory, as far as no line is so long that it is cut.
func checkFrame(t *testing.T, text []byte, spans []leak.Span, i int, p leak.Position, f *leak.Frame) {
	t.Helper()
	span := spans[i]
	first := 1 + bytes.Count(text[:span.Start], []byte("\n")) // p.Line, but for a mark
	at := first - f.First
	if at < 0 || at >= len(f.Lines) || at > frameLines || len(f.Lines) > 2*frameLines+1 || first != p.Line {
		t.Fatalf("line %d is not in %+v", p.Line, f)
	}
	for _, l := range f.Lines {
		if n := utf8.RuneCountInString(l); n > frameWidth {
			t.Errorf("a line of %d characters: %q", n, l)
		}
		if strings.Contains(l, "hunter2") || strings.ContainsAny(l, "\n") {
			t.Fatalf("a frame of %q shows %q", text, l)
		}
	}
	marked := []rune(f.Lines[at])
	if f.MarkStart < 1 || f.MarkEnd > len(marked)+1 || string(marked[f.MarkStart-1:f.MarkEnd-1]) != leak.Mask {
		t.Fatalf("columns %d to %d are not the mask in %q", f.MarkStart, f.MarkEnd, f.Lines[at])
	}
	want := slowFrame(text, spans, span)
	if want != nil && cmp.Diff(want, f) != "" {
		t.Fatalf("%v of %q: -want +got\n%s", span, text, cmp.Diff(want, f))
	}
}

// slowFrame masks byte for byte. It does not know long lines.
func slowFrame(text []byte, spans []leak.Span, span leak.Span) *leak.Frame {
	text = bytes.Clone(text)
	masked := make([]int, len(text)) // 1: to be hidden, 2: by the target
	fill := func(s leak.Span, with int) {
		for j := s.Start; j < s.End; j++ {
			masked[j] = with
		}
	}
	for _, s := range spans {
		fill(s, 1)
	}
	const none = '\x01' // what the mark at the start is replaced with
	if bytes.HasPrefix(text, byteOrderMark) {
		copy(text, []byte{none, none, none})
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	if len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	f := &leak.Frame{First: 1}
	at := 0 // offset of the line
	var places []int
	var line int
	for i, l := range lines {
		if len(l) > 2*lead {
			return nil
		}
		if places = append(places, at); at <= int(span.Start) {
			line = i
		}
		at += len(l)
	}
	if text[span.Start] == '\n' {
		return nil // it has no place on its line
	}
	for i := max(0, line-frameLines); i < min(len(lines), line+frameLines+1); i++ {
		if len(f.Lines) == 0 {
			f.First = i + 1
		}
		var out []byte
		body := bytes.TrimSuffix(lines[i], []byte("\n"))
		for j, b := range body {
			o := places[i] + j
			switch {
			case o == int(span.Start) && i == line:
				out = append(bytes.TrimSuffix(out, []byte(leak.Mask)), leak.Mask...)
				before := bytes.TrimSuffix(out, []byte(leak.Mask))
				f.MarkStart = utf8.RuneCountInString(maskTokens(strings.ToValidUTF8(strings.ReplaceAll(string(before), "\x01", ""), "\uFFFD"))) + 1
				f.MarkEnd = f.MarkStart + len(leak.Mask)
			case masked[o] == 0:
				out = append(out, b)
			case j == 0 || masked[o-1] == 0:
				out = append(out, leak.Mask...)
			}
		}
		s := strings.TrimRight(strings.ReplaceAll(string(out), "\x01", ""), "\r")
		f.Lines = append(f.Lines, shorten(maskTokens(strings.ToValidUTF8(s, "\uFFFD"))))
	}
	return f
}

// frameOf returns the frame of the first "SECRET" in a text in which every
// "SECRET" and every "LOSER" is known.
func frameOf(t *testing.T, text string, known ...string) *leak.Frame {
	t.Helper()
	var spans []leak.Span
	for _, w := range []string{"SECRET", "LOSER"} {
		for at := 0; strings.Contains(text[at:], w); {
			at += strings.Index(text[at:], w)
			spans = append(spans, leak.Span{Start: int64(at), End: int64(at + len(w))})
			at += len(w)
		}
	}
	r := new(leak.Redactor)
	for _, k := range known {
		r.Add(leak.Parts{leak.SecretPart: leak.NewSecret(k)})
	}
	r.Ready()
	var p leak.Position
	ts := []target{{span: spans[0], pos: &p}}
	if err := newRuler(strings.NewReader(text), 1<<20).measure(ts, newMask(spans, r), nil); err != nil {
		t.Fatal(err)
	}
	return p.Frame
}

func TestFrame(t *testing.T) {
	const m = leak.Mask
	x := strings.Repeat("x y ", 300)
	token := "" + "aB3dE5gH7jK9mN1pQ3sT5v"
	for _, tt := range []struct {
		name, text string
		want       leak.Frame
		known      []string
	}{
		{"alone", "SECRET", leak.Frame{First: 1, Lines: []string{m}, MarkStart: 1, MarkEnd: 9}, nil},
		{"in a line", "k = SECRET;\n", leak.Frame{First: 1, Lines: []string{"k = " + m + ";"}, MarkStart: 5, MarkEnd: 13}, nil},
		{"with context", "1\n2\n3\nä SECRET\n5\n6\n7\n", leak.Frame{First: 2, Lines: []string{"2", "3", "ä " + m, "5", "6"}, MarkStart: 3, MarkEnd: 11}, nil},
		{"empty lines", "\n\nSECRET\n\n\n", leak.Frame{First: 1, Lines: []string{"", "", m, "", ""}, MarkStart: 1, MarkEnd: 9}, nil},
		{"CRLF", "a\r\nSECRET\r\nb\r\n", leak.Frame{First: 1, Lines: []string{"a", m, "b"}, MarkStart: 1, MarkEnd: 9}, nil},
		{"mark", "\uFEFFSECRET", leak.Frame{First: 1, Lines: []string{m}, MarkStart: 1, MarkEnd: 9}, nil},
		{"others on the line", "SECRET SECRET LOSER x", leak.Frame{First: 1, Lines: []string{m + " " + m + " " + m + " x"}, MarkStart: 1, MarkEnd: 9}, nil},
		{"side by side", "aLOSERSECRETLOSERb", leak.Frame{First: 1, Lines: []string{"a" + m + "b"}, MarkStart: 2, MarkEnd: 10}, nil},
		{"around", "LOSER\nSECRET\nx=LOSER", leak.Frame{First: 1, Lines: []string{m, m, "x=" + m}, MarkStart: 1, MarkEnd: 9}, nil},
		{"looks random", token + "\n" + token + " SECRET " + token + "\nx" + token, leak.Frame{First: 1, Lines: []string{m, m + " " + m + " " + m, m}, MarkStart: 10, MarkEnd: 18}, nil},
		{"known from elsewhere", "a hunter2\nhunter2 SECRET\nhunter2!", leak.Frame{First: 1, Lines: []string{"a " + m, m + " " + m, m + "!"}, MarkStart: 10, MarkEnd: 18}, []string{"hunter2"}},
		{"words stay", "AComponentFactoryProviderImpl SECRET a/b/c1/d/eeeeeeeeeeeeeeeeeee", leak.Frame{First: 1, Lines: []string{"AComponentFactoryProviderImpl " + m + " a/b/c1/d/eeeeeeeeeeeeeeeeeee"}, MarkStart: 31, MarkEnd: 39}, nil},
		{"long line", x + "SECRET" + x, leak.Frame{First: 1, Lines: []string{"…" + x[:60] + m + x[:90] + "…"}, MarkStart: 62, MarkEnd: 70}, nil},
		{"long lines around", x + x + "\nSECRET\n" + x, leak.Frame{First: 1, Lines: []string{x[:159] + "…", m, x[:159] + "…"}, MarkStart: 1, MarkEnd: 9}, nil},
		{"endless lines around", strings.Repeat(x, 9) + "\nSECRET\n" + strings.Repeat(x, 9), leak.Frame{First: 2, Lines: []string{m}, MarkStart: 1, MarkEnd: 9}, nil},
	} {
		if d := cmp.Diff(&tt.want, frameOf(t, tt.text, tt.known...)); d != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, d)
		}
	}
}

// TestFrameCutsNoToken puts a token that no rule knows where an excerpt ends:
// its half would not look random.
func TestFrameCutsNoToken(t *testing.T) {
	const token = "" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9"
	for n := range 300 {
		for _, text := range []string{
			strings.Repeat(". ", 200) + token + strings.Repeat(". ", n/2) + strings.Repeat(".", n%2) + "SECRET",
			"SECRET " + strings.Repeat(token+" ", 55) + strings.Repeat(".", n) + token + strings.Repeat(" .", 900),
			"SECRET\n" + strings.Repeat(token+" ", 55) + strings.Repeat(".", n) + token + strings.Repeat(" .", 900),
			"SECRET\n" + strings.Repeat(strings.Repeat(". ", 2020)+strings.Repeat(".", n%80)+token, 2),
			strings.Repeat(token+strings.Repeat(" .", 2020)+strings.Repeat(".", n%80), 2) + "\nSECRET",
		} {
			for _, l := range frameOf(t, text).Lines {
				if i := strings.IndexAny(l, "abcdefghABCDEFGHjKmMnNpPqQsStTvVwWyYzZ"); i >= 0 {
					t.Fatalf("%d: %q shows a part of the token", n, l)
				}
			}
		}
	}
}

// TestFrameShowsNames: the name of a variable that has numbers in it stays, and what may be
// a password of words does not.
func TestFrameShowsNames(t *testing.T) {
	for text, want := range map[string]string{
		"var clientPrivateKeyPEM4096 = `SECRET`":      "var clientPrivateKeyPEM4096 = `********`",
		`{"oauth2_client_credentials_v3": "SECRET"}`:  `{"oauth2_client_credentials_v3": "********"}`,
		"testRSA2048KeyWithPassphrase(SECRET)":        "testRSA2048KeyWithPassphrase(********)",
		"SECRET # was SummerVacationParis2024 before": "******** # was ******** before",
		"SECRET, 'SummerVacationParis2024', 'x'":      "********, '********', 'x'",
		"aB3dE5gH7jK9mN1pQ3sT5vW7 = SECRET":           "******** = ********",
	} {
		if got := frameOf(t, text).Lines[0]; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestMailboxes: what stands next to a leak names people, within URLs too.
func TestMailboxes(t *testing.T) {
	for text, want := range map[string]string{
		"mail erin@acme.example now": "mail …@… now", "postgres://erin%40acme.example:********@db/x": "postgres://…@…:********@db/x",
		"git@github.com:acme/x": "git@github.com:acme/x", "100%40 of it": "100%40 of it", "a@b": "a@b",
	} {
		if got := maskMailboxes(text); got != want {
			t.Errorf("maskMailboxes(%q) = %q, want %q", text, got, want)
		}
	}
}
