package detectors

import (
	"strings"
	"testing"
)

// FuzzGenericSeen: what the detector says that it depends on is all that it does.
func FuzzGenericSeen(f *testing.F) {
	for _, s := range []string{"password", "\nexport DB_PASSWORD=V", "name: API_TOKEN\n  value: V", `{\"pass\":\"V\"}`, "#  - -e x_pass = b\"V\" ", "ENV token V", "a.password === 'V'", "<password>V<", "password: V]b,}\n", `x\token = "V"`, `\napi_key = "V"`} {
		f.Add(s)
	}
	g := newGeneric()
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ReplaceAll(text, "V", "q7Xk2vR9zT4wLm8p")
		lower := strings.ToLower(text)
		if len(lower) != len(text) || len(text) > 1000 {
			t.Skip()
		}
		for i, l := range g.spec.Literals {
			for at := 0; ; at++ {
				next := strings.Index(lower[at:], l.Text)
				if next < 0 {
					break
				}
				at += next
				seenAt(t, g, text, i, at)
			}
		}
	})
}

func seenAt(t *testing.T, g *generic, text string, lit, at int) {
	find := func(text string, at int) (n, end int, seen Seen) {
		from, to := max(0, at-g.spec.Before), min(len(text), at+g.spec.After)
		seen = g.Find(Window{Data: []byte(text[from:to]), At: at - from, Lit: lit}, func(h Hit) { n, end = h.Start+from-at, h.End+from-at })
		return n, end, seen
	}
	n, end, seen := find(text, at)
	if seen.Before < 0 || seen.Before > g.spec.Before || seen.After < 0 || seen.After > g.spec.After {
		t.Fatalf("%q at %d: saw %+v, reaches %d and %d", text, at, seen, g.spec.Before, g.spec.After)
	}
	for _, filler := range []string{"A", "\n", " ", "\"", "7"} {
		from, to := max(0, at-seen.Before), min(len(text), at+seen.After)
		changed := text[from:to]
		if to < len(text) {
			changed += strings.Repeat(filler, 300)
		}
		front := 0
		if from > 0 {
			front = 300
			changed = strings.Repeat(filler, front) + changed
		}
		if a, b, _ := find(changed, at-from+front); a != n || b != end {
			t.Fatalf("%q at %d saw %+v, but in %q finds %d to %d, not %d to %d", text, at, seen, changed, a, b, n, end)
		}
	}
}
