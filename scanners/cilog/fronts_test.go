package cilog

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// frontForms are what tools put in front of each line, by its number.
var frontForms = map[string]func(i int) string{
	"buildkit":           func(i int) string { return fmt.Sprintf("#12 %d.%03d ", 9+i/2, 341*i%1000) },
	"compose":            func(int) string { return "web-1      | " },
	"compose -t":         func(i int) string { return fmt.Sprintf("web-1  | 2024-05-01T12:00:%02d.123456789Z ", i) },
	"a time in buildkit": func(i int) string { return fmt.Sprintf("#7 0.%d 2024-05-01 12:00:%02d INFO ", i, i) },
	"python":             func(i int) string { return fmt.Sprintf("2024-05-01 12:00:%02d,%03d INFO  app - ", i, i*7) },
	"a time":             func(i int) string { return fmt.Sprintf("2024-05-01 12:00:%02d ", i) },
	"a zone":             func(i int) string { return fmt.Sprintf("2024-05-01T12:00:%02d+02:00 DEBUG [main-%d] ", i, i) },
	"go":                 func(i int) string { return fmt.Sprintf("2024/05/01 12:00:%02d main.go:23: ", i) },
	"jenkins":            func(int) string { return "[linux] " },
	"a level":            func(int) string { return "[INFO] " },
	"git":                func(int) string { return "remote: " },
	"act":                func(int) string { return "[CI/build]   | " },
}

// TestFronts has lines that were cut, with what a tool puts in front of each, and whole
// stamps of services before that.
func TestFronts(t *testing.T) {
	half := len(token) / 2
	folded := fold(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("c", 30)+"\ntoken="+token+"\nmore text behind it, again quite long so that lines wrap")), 76, "")
	for name, front := range frontForms {
		for what, text := range map[string]string{"base64": folded, "in two": token[:half] + "\n" + token[half:] + "\n"} {
			for _, before := range []string{"", gh} {
				var log strings.Builder
				for i := range 3 {
					fmt.Fprintf(&log, "%s%sstep %d of many\n", before, front(i), i)
				}
				log.WriteString("\n")
				for i, l := range strings.Split(strings.TrimSpace(text), "\n") {
					log.WriteString(before + front(i+3) + l + "\n")
				}
				log.WriteString(before + "done\n")
				s := fromText(t, log.String())
				hits := scanFor(t, s)
				if len(hits) != 1 {
					t.Errorf("%s, %s: found %d times in %q", name, what, len(hits), log.String())
					continue
				}
				if line := 1 + strings.Count(log.String()[:hits[0].Span.Start], "\n"); line < 5 || what == "in two" && log.String()[hits[0].Span.Start:hits[0].Span.Start+4] != token[:4] {
					t.Errorf("%s, %s: it is at line %d: %q", name, what, line, log.String()[hits[0].Span.Start:])
				}
			}
		}
	}
}

// TestFrontsApart has lines that are not of one kind, or by different tools: nothing is joined.
func TestFrontsApart(t *testing.T) {
	half := len(token) / 2
	for _, fronts := range [][2]string{{"#12 0.345 ", "#13 0.345 "}, {"web-1  | ", "db-1   | "}, {"[linux] ", "[macos] "}, {"2024-05-01 12:00:00 ", "[linux] "}} {
		if hits := scanFor(t, fromText(t, fronts[0]+token[:half]+"\n"+fronts[1]+token[half:]+"\n")); len(hits) != 0 {
			t.Errorf("%q: found %v", fronts, hits)
		}
	}
}

// TestFrontsOfKeys has private keys behind what tools put in front of each line: their last line
// of base64 is padded, and any line begins and ends with any sign.
func TestFrontsOfKeys(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for _, size := range []int{138, 137, 136, 121} { // no padding, one, two, and a last line of a few signs
		b := make([]byte, size)
		random.Read(b)
		key := "-----BEGIN " + "EC PRIVATE KEY-----\n" + fold(base64.StdEncoding.EncodeToString(b), 64, "") + "-----END " + "EC PRIVATE KEY-----"
		for name, front := range frontForms {
			var log strings.Builder
			for i, l := range strings.Split("step one\n"+key+"\ndone", "\n") {
				log.WriteString(gh + front(i) + l + "\n")
			}
			found := false
			_, err := fromText(t, log.String()).Scan(t.Context(), 100, func(c *leak.Chunk) error {
				found = found || bytes.Contains(c.Data, []byte(key))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if !found {
				t.Errorf("%s, %d bytes: no key in what is searched", name, size)
			}
		}
	}
}
