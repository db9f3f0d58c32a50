package cilog

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/whosekey/whosekey/leak"
)

// dialects are the beginnings of logs of each service.
var dialects = []string{
	"\ufeff" + gh + "##[group]GITHUB_TOKEN Permissions\n" + gh + "Contents: read\r\n" + gh + "##[endgroup]\n" + gh + "##[group]Run x\n" + gh + "env:\n" + gh + "  A: b\n",
	gl + "section_start:1:a[collapsed=true]\r\x1b[0K\x1b[32;1m$ x\x1b[0;m\n" + gl[:len(gl)-1] + "+goes on\nsection_end:1:a\r\x1b[0K\n",
	"[Pipeline] { (Build)\n\x1b[8mha:AAAA/2Q=\x1b[0m[x] y\n[2026-01-02T03:04:05.123Z] z\n[Pipeline] // stage\n",
	`[{"message":"a\r\nb\u001b[0m","time":"x","type":"out"}]`,
	"\x1b_bk;t=1767322245123\x07~~~ Preparing\n\x1b_bk;t=1767322245123\x07--- Build\n",
	gh + "##[section]Starting: x\n" + gh + "##[command]y\n" + gh + "##[section]Finishing: x\n",
	"+ umask 000\n+ export TOKEN=$TOKEN\nBITBUCKET_BUILD_NUMBER=7\n",
	"travis_fold:start:a\r\x1b[0K50%\r100%\n[12:34:56] y\n",
	b64(b64("the quick brown fox jumps over it")) + "\n" + fold(b64("the quick brown fox jumps over it"), 8, "") + xxd("0123456789abcdefXYZ") + "%41%42 \\u0041 a b c d e f g h i j k l m n o p q r\n",
	"a''b\"\"cdefghijklmnop\\\nqrs\u200bt\x00u\x9b1mv\u009b2Dw\x1b[3Dxyz\rtuv\x1b[K\n",
}

// slowStamp is what stamp takes, as a pattern.
var slowStamp = regexp.MustCompile(`^(?:\x{FEFF})?(?:\d\d:\d\d:\d\d  |\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,][\d\x00]*)?(?:Z|[+-]\d\d:\d\d)(?: [0-9a-fA-F]{2}[OE][ +]|[ \t]|$|(?:[\r\n]))|\[\d\d:\d\d:\d\d\] |\[\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,][\d\x00]*)?(?:Z|[+-]\d\d:\d\d)\] |\x1b_bk;t=\d{0,19}\x07)?`)

// FuzzStamp compares stamp with a pattern.
func FuzzStamp(f *testing.F) {
	for _, d := range dialects {
		for line := range strings.SplitSeq(d, "\n") {
			f.Add([]byte(line))
		}
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i]
		}
		if len(line) < 8 || len(line) > 200 || bytes.ContainsAny(line, "\r") || !bytes.HasPrefix(line, []byte("\ufeff")) && line[0] == 0xEF {
			return
		}
		got, _ := stamp(line)
		m := slowStamp.Find(line)
		if len(m) > 45 || bytes.Count(line, []byte("0")) > 20 || bytes.IndexByte(line, 0) >= 0 {
			return // longer fractions than there are
		}
		if got != len(m) {
			t.Fatalf("stamp(%q) = %d, want %d", line, got, len(m))
		}
	})
}

// FuzzClean checks that all that is cleaned leads back to where it came from,
// that nothing depends on how the log is read, and that a line that somebody
// puts behind any log is found, at its place.
func FuzzClean(f *testing.F) {
	for _, d := range dialects {
		f.Add([]byte(d))
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		if len(log) > 1<<16 {
			return
		}
		log = append(log, "\n"+gh+token+"\n"...)
		want := int64(len(log) - len(token) - 1)
		texts := func(r io.Reader) (all []byte, found bool) {
			s := &Source{opts: Options{Workers: 1, Stdin: r}}
			defer s.Close()
			_, err := s.Scan(context.Background(), 64, func(c *leak.Chunk) error {
				all = append(all, c.Data...)
				for i := 0; i <= len(c.Data); i += 7 {
					in, _ := c.Place(leak.Span{Start: c.Offset + int64(i), End: c.Offset + int64(min(i+9, len(c.Data)))})
					if in.Start < 0 || in.End < in.Start || in.End > int64(len(log)) {
						t.Fatalf("%d of %q is at %v of %d", i, c.Data, in, len(log))
					}
				}
				for _, at := range tokens.FindAllIndex(c.Data, -1) {
					in, enc := c.Place(leak.Span{Start: c.Offset + int64(at[0]), End: c.Offset + int64(at[1])})
					found = found || in == leak.Span{Start: want, End: want + int64(len(token))} && enc == ""
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return all, found
		}
		a, found := texts(bytes.NewReader(log))
		b, _ := texts(iotest.HalfReader(bytes.NewReader(log)))
		if !bytes.Equal(a, b) {
			t.Fatal("it depends on how the log is read")
		}
		if decoded := bytes.IndexByte(log[:min(len(log), 4096)], 0) >= 0 || log[0] == 0xff || log[0] == 0xfe || jsonHead.Match(log[:min(len(log), 512)]); !found && !decoded {
			t.Fatalf("the last line of %q is not found in %q", log, a)
		}
	})
}

// FuzzJSONText compares the texts of JSON with what encoding/json makes of it.
func FuzzJSONText(f *testing.F) {
	f.Add([]byte(dialects[3]))
	f.Add([]byte(`{"content":"\ud83d\udd11 \ud800 x\\\"","size":3}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := io.ReadAll(newJSONText(bufio.NewReader(iotest.OneByteReader(bytes.NewReader(in))), false))
		if err != nil {
			t.Fatal(err)
		}
		var list []struct {
			Message string `json:"message"`
		}
		d := json.NewDecoder(bytes.NewReader(in))
		d.DisallowUnknownFields()
		if !json.Valid(in) || d.Decode(&list) != nil || !bytes.Equal(bytes.ToValidUTF8(in, nil), in) || bytes.Contains(in, []byte("Message")) || bytes.ContainsAny(in, "MEAG") {
			return
		}
		if bytes.Count(in, []byte("message")) != len(list) {
			return // a key twice in an object
		}
		want := ""
		for _, l := range list {
			want += l.Message
		}
		if string(got) != want {
			t.Fatalf("%q: got %q, want %q", in, got, want)
		}
	})
}

// FuzzScreen compares the row of a line with what a simple terminal makes of it.
func FuzzScreen(f *testing.F) {
	for _, s := range []string{"abc\x1b[2DXY\rZ\x1b[K", "ab\bc\x1b[5Gd\x1b[1P", "abcdef\x1b[3G\x1b[2@xy", "abcdef\x1b[3G\x1b[2X\x1b[1K", "a\x1b[900Cb\x1b[3D\x1b[2Kc"} {
		f.Add([]byte(s))
	}
	parts := regexp.MustCompile("\x1b\\[([0-9]{0,4})([CDGaPX@K`])|[\r\b]|[!-~]")
	f.Fuzz(func(t *testing.T, in []byte) {
		found := parts.FindAllSubmatch(in[:min(len(in), 200)], -1)
		raw, row, col := []byte(nil), []byte(nil), 0
		at := func(n int) []byte { // the row, at least that long
			for len(row) < n {
				row = append(row, ' ')
			}
			return row
		}
		for _, m := range found {
			raw = append(raw, m[0]...)
			n, _ := strconv.Atoi(string(m[1]))
			one := max(n, 1)
			switch c := m[0][len(m[0])-1]; {
			case c == '\r':
				col = 0
			case c == '\b':
				col = max(col-1, 0)
			case len(m[2]) == 0:
				at(col + 1)[col] = c
				col++
			case c == 'D':
				col = max(col-one, 0)
			case c == 'C' || c == 'a':
				col = min(col+one, len(row)+maxAhead)
			case c == 'G' || c == '`':
				col = min(one-1, len(row)+maxAhead)
			case c == 'P' && col < len(row):
				row = append(row[:col:col], row[min(col+one, len(row)):]...)
			case c == 'X' && col < len(row):
				for i := col; i < min(col+one, len(row)); i++ {
					row[i] = ' '
				}
			case c == '@' && col < len(row):
				row = slices.Insert(row, col, bytes.Repeat([]byte{' '}, min(one, maxAhead))...)
			case c == 'K':
				if n > 0 {
					copy(row, bytes.Repeat([]byte{' '}, min(col+1, len(row))))
				}
				if n != 1 && col < len(row) {
					row = row[:col]
				}
			}
			if len(row) >= maxRow {
				return
			}
		}
		c := newCleaner(new(view), new(view), new(marks))
		c.shown(raw, 0)
		var got []byte
		for _, g := range c.screen.row {
			if g.to == 0 {
				got = append(got, ' ')
			} else {
				got = append(got, raw[g.from:g.to]...)
			}
		}
		if !bytes.Equal(got, row) {
			t.Fatalf("%q: shown as %q, want %q", raw, got, row)
		}
	})
}
