package archive

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// A line of quoted-printable that says something else than its text is not searched as it
// stands, and lines that say what they are keep their numbers.
func TestQuotedLines(t *testing.T) {
	body := "first\nKEY=3Dabc\nplain KEY\nlong KEY=\n goes on\ncaf=C3=A9 KEY\nlast KEY\n"
	text := "first\nKEY=abc\nplain KEY\nlong KEY goes on\ncaf\u00e9 KEY\nlast KEY\n"
	head := "Content-Type: text/plain\nContent-Transfer-Encoding: Quoted-Printable\n\n"
	one := "From: a@b.example\nMIME-Version: 1.0\n" + head + body
	plain := "From: a@b.example\nMIME-Version: 1.0\n\nKEY=3D in a plain one\n"
	many := "From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nKEY=3D is plain\n--x\n" + head + body + "\n--x--\n"
	forwarded := "From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=y\n\n--y\nContent-Type: message/rfc822\n\n" + many + "\n--y--\n"
	bad := strings.Replace(one, "=C3", "\x01", 1)
	short := strings.Replace(many, "--x--\n", "", 1)
	for name, tt := range map[string]struct {
		message string
		decoded bool
		blank   int // lines that are empty now
	}{"one part": {one, true, 4}, "several": {many, true, 4}, "a mailbox": {"From x Mon\n" + one + "\nFrom y Tue\n" + one, true, 8}, "forwarded": {forwarded, true, 4},
		"none": {plain, false, 0}, "damaged": {bad, false, 0}, "cut off": {short, false, 0}} {
		for _, crlf := range []bool{false, true} {
			message, want := tt.message, text
			if crlf {
				message, want = strings.ReplaceAll(message, "\n", "\r\n"), strings.ReplaceAll(want, "\n", "\r\n")
			}
			raw := withoutQuoted([]byte(message))
			if raw == nil {
				raw = []byte(message)
			}
			had, has := strings.Split(message, "\n"), strings.Split(string(raw), "\n")
			if len(had) != len(has) {
				t.Fatalf("%s: %d lines, and had %d", name, len(has), len(had))
			}
			blank := 0
			for i := range has {
				if has[i] == "" && strings.TrimSpace(had[i]) != "" {
					blank++
				} else if has[i] != had[i] {
					t.Errorf("%s: line %d is %q, was %q", name, i+1, has[i], had[i])
				}
			}
			if blank != tt.blank {
				t.Errorf("%s: %d lines are empty, want %d: %q", name, blank, tt.blank, raw)
			}
			for outer, b := range map[string][]byte{"alone": []byte(message), "a zip": zipOf(t, entry{"a.eml", []byte(message)}), "gz": gzipOf([]byte(message))} {
				var all []string
				res, err := Walk(t.Context(), File{Name: "a.eml", At: bytes.NewReader(b), Size: int64(len(b))}, Defaults(), nil, func(x *Text) error {
					got, err := io.ReadAll(x.R)
					all = append(all, string(got))
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if !res.Whole { // somebody searches its bytes
					all = append(all, message)
				}
				joined := strings.Join(all, "\x00")
				if n := strings.Count(joined, "KEY=3Da"); (n > 0) == tt.decoded && name != "none" {
					t.Errorf("%s, %s: KEY=3D stands in it %d times: %q", name, outer, n, all)
				}
				if tt.decoded && !strings.Contains(joined, want) || !strings.Contains(joined, "From: a@b.example") {
					t.Errorf("%s, %s: the text is not in %q", name, outer, all)
				}
			}
		}
	}
}

// Standard input has no name, so that a text in it has only its own.
func TestDistinctWithoutName(t *testing.T) {
	got := Distinct([]leak.Location{{}, {Path: "part 1", InArchive: "part 1"}})
	if len(got) != 1 || got[0].Path != "" {
		t.Errorf("places %v, want the first", got)
	}
}

// A file of LZMA needs no name, as in git and on standard input.
func TestLZMAWithoutName(t *testing.T) {
	data := fixture(t, "a.tar.lzma")
	if !hasNeedle(walk(t, "", data, Defaults(), true)) {
		t.Error("it was not opened")
	}
	sized := bytes.Clone(data)
	copy(sized[5:13], "\x00\x28\x00\x00\x00\x00\x00\x00")
	for name, tt := range map[string]struct {
		head string
		want Kind
	}{"with a size": {string(sized[:40]), lzmaPacked}, "text": {"]\x00\x00 some text that begins so and goes on", None},
		"zeros": {"]" + strings.Repeat("\x00", 40), None}, "an odd dictionary": {"]\x00\x00\x83\x00" + string(data[5:40]), None}} {
		if got := Sniff([]byte(tt.head), ""); got != tt.want {
			t.Errorf("%s: kind %v, want %v", name, got, tt.want)
		}
	}
}
