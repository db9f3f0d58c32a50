package detectors

import (
	"fmt"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

// TestExplain: of every example of every rule, the last step says what Find did.
func TestExplain(t *testing.T) {
	ps, ds := shipped(t)
	i := 0
	for _, p := range ps {
		for _, r := range p.Rules {
			d := ds[i]
			i++
			check := func(template string, seed int, leaks bool) {
				text, err := rules.Expand(template, fmt.Sprint(r.ID, seed), Checksum(r.Checksum))
				if err != nil {
					t.Fatal(err)
				}
				hits := 0
				for _, e := range Explain(d, []byte(text), 0, len(text)) {
					last := e.Steps[len(e.Steps)-1]
					if last.OK != (e.Hit != nil) {
						t.Errorf("%s: in %q at %d: %+v, and Find says %v", r.ID, template, e.At, e.Steps, e.Hit != nil)
					}
					if e.Hit != nil {
						hits++
					}
				}
				if !leaks && hits > 0 {
					t.Errorf("%s: %d hits in %q", r.ID, hits, template)
				}
			}
			for j, l := range r.Leaks {
				check(l.Text, j, true)
			}
			for j, c := range r.Clean {
				check(c.Text, j, false)
			}
		}
	}
}
