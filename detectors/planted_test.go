package detectors_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// everything is the set of all rules that ship, and of those in Go.
func everything(t *testing.T) *detectors.Set {
	t.Helper()
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	return detectors.NewSet(append(ds, detectors.Builtin(nil)...)...)
}

// planted expands the marks of a line of testdata/planted.txt.
func planted(t *testing.T, line, seed string) string {
	t.Helper()
	n := 0
	made := func(template string) string {
		n++
		text, err := rules.Expand(template, fmt.Sprint(seed, n), nil)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var out strings.Builder
	line = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t").Replace(line)
	for _, c := range line {
		switch c {
		case '§':
			out.WriteString(made("${alnum:9}7${alnum:10}"))
		case '¶':
			out.WriteString(made("${alnum:3}4${alnum:2}9!${digits:1}${alnum:2}8${alnum:3}"))
		case '€':
			out.WriteString(made("${hex:32}"))
		case '¥':
			out.WriteString(base64.StdEncoding.EncodeToString([]byte("user:" + made("${alnum:3}4${alnum:2}9!${digits:1}${alnum:2}8${alnum:3}"))))
		default:
			out.WriteRune(c)
		}
	}
	return out.String()
}

// TestPlanted: what people leave in files of all kinds is found, alone, between other
// lines, indented, and with line ends of Windows.
func TestPlanted(t *testing.T) {
	table, err := os.ReadFile("testdata/planted.txt")
	if err != nil {
		t.Fatal(err)
	}
	set := everything(t)
	lines := 0
	for line := range strings.Lines(string(table)) {
		where, text, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || line[0] == '#' {
			continue
		}
		lines++
		for seed := range 3 {
			made := planted(t, text, fmt.Sprint(text, seed))
			for _, form := range []string{made, "x\n" + made + "\ny\n", strings.ReplaceAll("x\n"+made+"\ny", "\n", "\r\n")} {
				found := 0
				set.Scan(&leak.Chunk{Data: []byte(form)}, func(leak.Match) { found++ })
				if found == 0 {
					t.Errorf("%s: nothing in %q", where, form)
				}
			}
		}
	}
	if lines < 400 {
		t.Errorf("%d lines are in the table", lines)
	}
}
