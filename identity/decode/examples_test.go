package decode_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

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
	told, all := 0, 0
	examples(t, func(rule string, ins []decode.Input) {
		some := false
		for _, in := range ins {
			some = silent(t, rule, in) || some
		}
		all++
		if some {
			told++
		} else {
			t.Logf("%s says nothing", rule)
		}
	})
	t.Logf("%d of %d rules have credentials that say something", told, all)
	if told*2 < all {
		t.Errorf("only %d of %d rules have credentials that say something", told, all)
	}
}

// examples hands out what the examples of each rule have found in them.
func examples(t testing.TB, visit func(rule string, ins []decode.Input)) {
	t.Helper()
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		for i := range p.Rules {
			r := &p.Rules[i]
			ds, err := detectors.Compile([]*rules.Provider{{ID: p.ID, File: p.File, Rules: []rules.Rule{*r}}})
			if err != nil {
				t.Fatal(err)
			}
			set := detectors.NewSet(ds...)
			var ins []decode.Input
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
					ins = append(ins, in)
				})
			}
			visit(r.ID, ins)
		}
	}
}

// BenchmarkExamples is what one example costs, in the mean and at most: the best of five
// of each, as other programs run.
func BenchmarkExamples(b *testing.B) {
	var all []decode.Input
	examples(b, func(_ string, ins []decode.Input) { all = append(all, ins...) })
	best := make([]time.Duration, len(all))
	for b.Loop() {
		for i, in := range all {
			for range 5 {
				begin := time.Now()
				decode.Decode(in)
				if took := time.Since(begin); best[i] == 0 || took < best[i] {
					best[i] = took
				}
			}
		}
	}
	most, sum := 0, time.Duration(0)
	for i, took := range best {
		sum += took
		if took > best[most] {
			most = i
		}
	}
	b.Logf("%d examples; the slowest, of %s, takes %v", len(all), all[most].Rule, best[most])
	b.ReportMetric(float64(best[most].Microseconds()), "µs-at-most")
	b.ReportMetric(float64(sum.Nanoseconds())/float64(len(all))/1000, "µs/example")
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
