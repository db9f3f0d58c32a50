package around

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// twinsOver is what twins is, by looking at all fields.
func (s *Text) twinsOver(f *Field) (all, before int) {
	for _, o := range append(s.Fields[:len(s.Fields):len(s.Fields)], s.Own) {
		if o.record == f.record && o.comment == f.comment && strings.EqualFold(o.Name, f.Name) {
			all++
			if o.at < f.at {
				before++
			}
		}
	}
	return all, before
}

func TestTwins(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var b strings.Builder
		for i := range 60 {
			fmt.Fprintf(&b, "%s%s = v%d\n", []string{"", "# ", "  "}[r.IntN(3)], []string{"user", "User", "KEY", "key", "[part]\nkey", "host"}[r.IntN(6)], i)
		}
		b.WriteString("key = THESECRET\nuser = last\n")
		text := b.String()
		at := strings.Index(text, "THESECRET")
		s := Read([]byte(text), at, at+9, 1)
		for _, f := range append(s.Fields[:len(s.Fields):len(s.Fields)], s.Own) {
			all, before := s.twins(&f)
			if wantAll, wantBefore := s.twinsOver(&f); all != wantAll || before != wantBefore {
				t.Fatalf("twins(%s at %d) = %d, %d, want %d, %d in\n%s", f.Name, f.at, all, before, wantAll, wantBefore, text)
			}
		}
	}
}
