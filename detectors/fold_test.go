package detectors_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors/detectortest"
	"github.com/whosekey/whosekey/leak"
)

// folds are what stands between two lines of encoded text, and in front of the first one and
// behind the last.
var folds = [][3]string{
	{"\n", "x: |\n", "\n"},
	{"\r\n  ", "x:\r\n  ", "\r\n"},
	{"\n\t\t", "<data>\n\t\t", "\n\t</data>"},
	{`\n`, `{"encoding":"base64","content":"`, `\n","type":"file"}`},
	{`\r\n`, `{"content":"`, `"}`},
	{`\\n`, `{"body":"{\"content\":\"`, `\\n\"}"}`},
	{"' +\n    '", "x = '", "';"},
	{"\" +\r\n\t\"", `x = "`, `"`},
	{"\\n\" +\n  \"", `x = "`, `\n";`},
	{"\"\n  \"", `char x[] = "`, `";`},
	{"\\n\"\n  \"", `char x[] = "`, `\n";`},
	{"'\n  + '", "x = '", "'"},
	{"\" .\n\"", `$x = "`, `";`},
	{"\" \\\n  \"", `x = "`, `"`},
	{"'\n  b'", "x = (b'", "')"},
	{"\",\n  \"", `["`, `"]`},
	{"\" &\n\"", `x = "`, `"`},
	{"\" & _\n\"", `x = "`, `"`},
	{"\n# ", "# ", "\n"},
	{"\n    // ", "    // ", "\n"},
	{"\n * ", "/*\n * ", "\n */"},
	{"\n-- ", "-- ", "\n"},
	{"\n; ", "; ", "\n"},
	{"\n> ", "> ", "\n"},
	{"\n>> ", ">> ", "\n"},
	{"\n>", ">", "\n"},
	{"\\\n", "x=", "\n"},
	{" \\\n  ", "x: ", "\n"},
	{"\\n\\\n", "x=`", "`"},
}

// TestFoldedCode: whatever the width of the lines, what stands between them, and where a line
// ends in it, a key that has no encoded form of its literal is found in its own place.
func TestFoldedCode(t *testing.T) {
	set := codeSet(t)
	const key = "fold_abcabcab"
	for _, f := range folds {
		for width := 40; width <= 80; width++ {
			for lead := range 4 {
				head := strings.Repeat("the text in front; ", 9)[:(width*7/4)%97+lead+7] + " "
				plain := head + key + " and what is behind it, which goes on"
				code := base64.StdEncoding.EncodeToString([]byte(plain))
				text := "\n" + f[1] + lines(code, width, f[0]) + f[2] + "\n"
				place := func(i int) int64 { // of a character of the code
					return int64(1 + len(f[1]) + i + i/width*len(f[0]))
				}
				want := fmt.Sprint(place(len(head)*8/6), place(((len(head)+len(key))*8+5)/6-1)+1)
				got := detectortest.Matches(set, text, 0)
				if len(got) == 0 {
					t.Fatalf("between lines of %d is %q, %d in front: found nothing in\n%s", width, f[0], lead, text)
				}
				last := got[len(got)-1]
				if at := fmt.Sprint(last.Start, last.End); at != want || !strings.Contains(last.Parts, key) {
					t.Fatalf("between lines of %d is %q: %v at %s, want %s", width, f[0], last, at, want)
				}
			}
		}
	}
}

// TestFoldsAlongDeltas: a fold is found whatever is put in or cut out, exactly as in the whole.
func TestFoldsAlongDeltas(t *testing.T) {
	set := codeSet(t)
	plain := "some text in front of it and then fold_abcabcab and what is behind it, which goes on"
	code := base64.StdEncoding.EncodeToString([]byte(plain))
	for _, f := range folds {
		for _, width := range []int{40, 47, 60, 70} {
			text := "line\n" + f[1] + lines(code, width, f[0]) + f[2] + "\nline " + f[1] + lines(code[:84], 42, f[0]) + f[2]
			base := leak.Chunk{Ref: 1, Data: []byte(text), WantKeep: true}
			found(set, &base)
			everyEdit(t, set, f[0], &base)
		}
	}
}

// TestFoldsInChunks cuts a long fold everywhere.
func TestFoldsInChunks(t *testing.T) {
	set := codeSet(t)
	var plain strings.Builder
	for i := range 30 {
		fmt.Fprintf(&plain, "line %d of it has the key fold_%s and more\n", i, strings.Repeat("abc", 2+i%2))
	}
	code := base64.StdEncoding.EncodeToString([]byte(plain.String()))
	for _, f := range folds {
		for _, lead := range []int{0, 100, 333} {
			text := strings.Repeat("-\n", lead) + f[1] + lines(code, 60, f[0]) + f[2] + strings.Repeat("\n", 700)
			want := keysOf(detectortest.Matches(set, text, 0))
			if len(want) < 30 {
				t.Fatalf("between lines is %q: only %d are found", f[0], len(want))
			}
			for _, size := range []int{1, 4*set.Reach() + 7} {
				if got := keysOf(detectortest.Matches(set, text, size)); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%q behind %d, in chunks of %d: %d, in one %d", f[0], lead, size, len(got), len(want))
				}
			}
		}
	}
}

// keysOf are the different keys with their places.
func keysOf(found []detectortest.Found) map[string]bool {
	keys := map[string]bool{}
	for _, m := range found {
		keys[fmt.Sprint(m.Start, m.End, m.Parts)] = true
	}
	return keys
}
