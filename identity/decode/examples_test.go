package decode_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// public are rules whose secret may be told: ids that say of themselves that
// they are.
var public = map[string]bool{"razorpay-key-id": true, "aws-access-key-id": true, "twilio-api-key": true, "microsoftteams-webhook": true}

// TestExamples decodes the examples of all rules. Nothing that is said may end
// like the credential, whose end is always a part that opens something.
func TestExamples(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	told, all := 0, 0
	for _, p := range ps {
		for i := range p.Rules {
			r := &p.Rules[i]
			ds, err := detectors.Compile([]*rules.Provider{{ID: p.ID, File: p.File, Rules: []rules.Rule{*r}}})
			if err != nil {
				t.Fatal(err)
			}
			set := detectors.NewSet(ds...)
			some := false
			for j, l := range r.Leaks {
				text, err := rules.Expand(l.Text, fmt.Sprint(r.ID, j), detectors.Checksum(r.Checksum))
				if err != nil {
					t.Fatal(err)
				}
				set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
					in := decode.Input{Rule: r.ID, Provider: p.ID, Value: m.Parts[leak.SecretPart].Reveal(), Parts: map[string]string{}}
					for name, part := range m.Parts {
						if name != leak.SecretPart {
							in.Parts[name] = part.Reveal()
						}
					}
					some = silent(t, r.ID, in) || some
				})
			}
			all++
			if some {
				told++
			} else {
				t.Logf("%s says nothing", r.ID)
			}
		}
	}
	t.Logf("%d of %d rules have credentials that say something", told, all)
	if told*2 < all {
		t.Errorf("only %d of %d rules have credentials that say something", told, all)
	}
}

// silent decodes a credential, and reports whether it says something.
func silent(t *testing.T, rule string, in decode.Input) bool {
	t.Helper()
	es := decode.Decode(in)
	end := strings.TrimRight(in.Value, "=\n -ENDPRIVATKY/")
	end = end[max(0, len(end)-10):]
	for _, e := range es {
		if len(end) >= 8 && !public[rule] && (strings.Contains(e.Value, end) || strings.Contains(e.Reason, end)) {
			t.Errorf("%s: %s=%q gives the end of the secret away", rule, e.Claim, e.Value)
		}
	}
	return len(es) > 0
}
