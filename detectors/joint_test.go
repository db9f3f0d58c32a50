package detectors

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestJoined: a credential that is proven by its checksum, or begins as nothing else
// does, is found as part of a name.
func TestJoined(t *testing.T) {
	_, ds := shipped(t)
	set, tried := NewSet(ds...), map[joint]int{}
	tokenOf := func(text string, rule string) (token string) {
		set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
			if m.Hit.Rule == rule {
				token = m.Hit.Parts[leak.SecretPart].Reveal()
			}
		})
		return token
	}
	for _, d := range ds {
		p, ok := d.(*pattern)
		if ok {
			p.compile.Do(p.ready)
		}
		if !ok || p.joint == alone {
			continue
		}
		text, err := rules.Expand(p.rule.Leaks[0].Text, "joined", Checksum(p.rule.Checksum))
		if err != nil {
			t.Fatal(err)
		}
		token := tokenOf(text, p.rule.ID)
		if tokenOf(token, p.rule.ID) != token {
			continue // it needs what stands beside it
		}
		tried[p.joint]++
		frames := [][2]string{{"key_", ""}, {"prod_", " x"}}
		if p.joint >= within {
			frames = append(frames, [][2]string{{"key_", "_old"}, {"", "_"}}...)
		}
		if p.joint == proven {
			frames = append(frames, [][2]string{{"x-", ".txt"}, {"a/", "-b"}, {"u.", ""}}...)
		}
		for _, f := range frames {
			if tokenOf(f[0]+token+f[1], p.rule.ID) != token {
				t.Errorf("%s is not found behind %q and before %q", p.rule.ID, f[0], f[1])
			}
		}
	}
	if tried[ahead] < 50 || tried[within] < 50 || tried[proven] < 30 {
		t.Errorf("only %d rules were tried", tried)
	}
}
