package verify_test

import (
	"slices"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestRecorded: each table has a recorded exchange for each verdict that its rows
// can give, for a refusal, for too many calls and for a server that is broken. A
// table that calls nothing dead has a refusal that proves nothing.
func TestRecorded(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	tables, without := 0, 0
	for _, p := range ps {
		for i := range p.Verify {
			v := &p.Verify[i]
			if v.Request == "" {
				continue
			}
			tables++
			has := func(ok func(rules.Exchange) bool) bool { return slices.ContainsFunc(v.Exchanges, ok) }
			dead := false
			for _, r := range v.Verdicts {
				dead = dead || r.Is == leak.Dead
				if !has(func(x rules.Exchange) bool { return x.Want == r.Is }) {
					t.Errorf("%s, table %d: no exchange is %s", p.File, i+1, r.Is)
				}
			}
			if !dead {
				without++
				if !has(func(x rules.Exchange) bool { return x.Want == leak.Unknown && x.Status < 429 }) {
					t.Errorf("%s, table %d: no refusal is recorded", p.File, i+1)
				}
			}
			if !has(func(x rules.Exchange) bool { return x.Status == 429 && x.Want == leak.Unknown }) {
				t.Errorf("%s, table %d: no exchange for too many calls", p.File, i+1)
			}
			if !has(func(x rules.Exchange) bool { return x.Status >= 500 && x.Want == leak.Unknown }) {
				t.Errorf("%s, table %d: no exchange of a server that is broken", p.File, i+1)
			}
		}
	}
	t.Logf("%d tables, of which %d call nothing dead", tables, without)
}
