package pipeline

import (
	"slices"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestTold: what is dropped once findings are made is not what masks texts: where pieces
// stand, and what they are.
func TestTold(t *testing.T) {
	c := &collector{byRef: map[leak.Ref][]sighting{1: {{start: 100, kind: 0}, {start: 300, kind: 1}, {start: 500, kind: 2}}}}
	for i, pieces := range [][]leak.Span{{{Start: 0, End: 40}}, {{Start: 0, End: 40}}, {{Start: -20, End: -4}, {Start: 0, End: 40}}} {
		h := &leak.Hit{Pieces: pieces, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(string(rune('a'+i)) + "0123456789")}}
		c.kinds = append(c.kinds, kind{Hit: h, len: 40, counts: i != 1})
	}
	spans, parts := c.pieces(1), len(c.parts())
	c.settle()
	c.told()
	if got := c.pieces(1); !slices.Equal(got, spans) || len(got) != 7 {
		t.Errorf("pieces at %v, want %v", got, spans)
	}
	if got := len(c.parts()); got != parts || got != 2 {
		t.Errorf("the parts of %d credentials, want 2", got)
	}
	if got := c.redactor().Clean("x a0123456789 b0123456789 y"); got == "x a0123456789 b0123456789 y" {
		t.Errorf("nothing is masked in %q", got)
	}
	if c.kinds[0].Hit != c.kinds[1].Hit {
		t.Error("two kinds whose pieces are at the same places do not share them")
	}
}

// TestShared: equal texts and lists are one, and who appends to a list changes no other.
func TestShared(t *testing.T) {
	var s shared
	a, b := s.list(append(make([]string, 0, 4), "x", "y")), s.list([]string{"x", "y"})
	if &a[0] != &b[0] {
		t.Error("two lists of the same texts")
	}
	if a = append(a, "z"); len(s.list([]string{"x", "y"})) != 2 || &a[0] == &b[0] {
		t.Error("what is appended to one list is in the other")
	}
	if c := s.list([]string{"xy"}); len(c) != 1 {
		t.Errorf("%q for another list", c)
	}
	if s.text("x") != "x" || s.text("x") != "x" {
		t.Error("another text")
	}
}
