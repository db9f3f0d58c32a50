package detectors_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/detectors/detectortest"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

func TestBehindEscapes(t *testing.T) {
	ps, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	set := detectors.NewSet(ds...)
	token, err := rules.Expand("ghp_${alnum:30}${sum}", "escape", detectors.Checksum("github-crc32"))
	if err != nil {
		t.Fatal(err)
	}
	for _, before := range []string{`\n`, `\t`, `\r\n`, `\"`, `%3D`, `%0a`, `\x3d`, `\u003d`, `\u0022`, "_", "\x1b[32m", "\x1b[1;31m", `\033[0m`, `\x1b[m`, `\u001b[33m`} {
		var got []string
		set.Scan(&leak.Chunk{Data: []byte("x" + before + token + " y")}, func(m leak.Match) {
			got = append(got, m.Parts[leak.SecretPart].Reveal())
		})
		if len(got) != 1 || got[0] != token {
			t.Errorf("behind %q: %d matches", before, len(got))
		}
	}
	for _, before := range []string{"n", "am", "3D", "u003d", `\q`, "[32m", "0", `\u00zz`} {
		set.Scan(&leak.Chunk{Data: []byte("x" + before + token + " y")}, func(leak.Match) {
			t.Errorf("behind %q: found, and it is the end of a word", before)
		})
	}
	for _, d := range ds {
		if d.Spec().Rule.ID == "github-personal-access-token" {
			detectortest.Accept(t, d, strings.Repeat("z", 20)+`\u001b[33m`+token)
		}
	}
}
