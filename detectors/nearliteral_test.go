package detectors

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestNearOfLiteral: a piece of matches with one literal is no piece of others, and
// does not make their search longer.
func TestNearOfLiteral(t *testing.T) {
	ps, err := acmeRule(`pattern = '\b(?P<secret>(?:long|shrt)[0-9]{3})\b'
leaks = [{ text = "long123" }]
clean = [{ text = "long", why = "too short" }]
  [[rule.near]]
  pattern = 'with=(?P<with>[a-z]{4})'
  within = 500
  literal = "shrt"
`)
	if err != nil {
		t.Fatal(err)
	}
	ds, err := Compile([]*rules.Provider{ps})
	if err != nil {
		t.Fatal(err)
	}
	set := NewSet(ds...)
	for text, want := range map[string]string{"shrt123 with=abcd": "abcd", "long123 with=abcd": "", "with=abcd \\x26shrt123": "abcd", `\u0026 with=abcd long123`: ""} {
		var got []string
		set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) { got = append(got, m.Parts["with"].Reveal()) })
		if strings.Join(got, ",") != want || len(got) != 1 {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if r := ds[0].Spec().Reach; len(r) != 2 || r[0].After >= 100 || r[1].After < 500 {
		t.Errorf("reaches are %v", r)
	}
	if _, err := acmeRule(`pattern = '\b(?P<secret>long[0-9]{3})\b'
leaks = [{ text = "long123" }]
clean = [{ text = "long", why = "too short" }]
near = [{ pattern = '(?P<with>[a-z]{4})', within = 5, literal = "none" }]
`); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a literal that no match has: %v", err)
	}
}
