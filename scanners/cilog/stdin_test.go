package cilog

import (
	"os"
	"strings"
	"testing"
)

// TestStdin has what comes on standard input in gzip, as a name in its header too, in JSON and in an archive.
func TestStdin(t *testing.T) {
	zipped, err := os.ReadFile(zipOf(t, "x.zip", "build/1_Set up.txt", gh+"a\n"+gh+token+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, log := range map[string]string{
		"gzip":                     string(packed(gh + "a\n" + gh + token + "\n")),
		"name in gzip":             named("log of "+token+".txt", gh+"a\n"),
		"name behind JSON in gzip": named("log of "+token+".txt", `[{"message":"T","time":"2026-01-02T03:04:05Z","type":"out"}]`),
		"JSON":                     `[{"message":"T=` + token[:9] + `","time":"2026-01-02T03:04:05Z","type":"out"},{"message":"` + token[9:] + `\r\n","type":"out"}]`,
		"zip":                      string(zipped),
	} {
		s := fromText(t, log)
		if hits := scanFor(t, s); len(hits) != 1 {
			t.Errorf("%s: found %v, skipped %v", name, hits, s.cov.Skipped())
		} else if got := text(t, s, hits[0].Ref); !strings.Contains(got, token[9:]) {
			t.Errorf("%s: it cannot be read again: %q", name, got)
		}
	}
}
