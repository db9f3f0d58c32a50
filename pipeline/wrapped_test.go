package pipeline

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func TestInWrapped(t *testing.T) {
	line := strings.Repeat("aB3/", 16)
	mine := "aB3/x7Kd+TOKEN/" + line[15:]
	for _, k := range []struct {
		name, text string
		want       bool
	}{
		{"in the first line", mine + "\n" + line + "\nQ==\n", true},
		{"in the last full one", line + "\r\n" + mine + "\r\nQ==\r\n", true},
		{"indented", "  " + line + "\n  " + mine + "\n", true},
		{"at the end of a line", line + "\n" + line[:58] + "+TOKEN\n" + line + "\n", true},
		{"a line of its own", line + "\nTOKEN\n" + line + "\n", false},
		{"one line", mine + "\n", false},
		{"lines of other lengths", line[4:] + "\n" + mine + "\n", false},
		{"a path", "/usr/share/TOKEN/x\n/usr/share/TOKEN/y\n", false},
		{"an assignment", line + "\n" + line[:52] + "KEY=TOKEN/x+\n" + line, false},
		{"in a word", line + "\n" + line[:55] + "xTOKENxy3\n" + line, false},
	} {
		at := strings.Index(k.text, "TOKEN")
		if got := inWrapped([]byte(k.text), at, at+5); got != k.want {
			t.Errorf("%s: %v, want %v", k.name, got, k.want)
		}
	}
}

// TestDoubtWrapped: what is in a signature is of low confidence, and what is elsewhere,
// too, is as sure as ever.
func TestDoubtWrapped(t *testing.T) {
	line := strings.Repeat("aB3/", 16)
	odd := strings.ReplaceAll(highRule, "hkk_", "hkk")
	set := ruleSet(t, odd)
	wrapped := line + "\n" + line[:40] + "+hkkqwhzkmtr/" + line[53:] + "\n" + line + "\n"
	for name, k := range map[string]struct {
		texts []string
		want  leak.Confidence
	}{
		"wrapped":       {[]string{"a: " + wrapped}, leak.Low},
		"and elsewhere": {[]string{"a: " + wrapped, "b: x = hkkqwhzkmtr\n"}, leak.High},
		"beside base64": {[]string{"a: " + line + "\nhkkqwhzkmtr\n"}, leak.High},
	} {
		fs := run(t, blobs(k.texts...), set, func(*Config) {}).findings
		if len(fs) != 1 || fs[0].Confidence != k.want {
			t.Errorf("%s: %+v, want one of %v", name, fs, k.want)
		}
	}
}
