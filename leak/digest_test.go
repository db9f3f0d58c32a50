package leak

import (
	"regexp"
	"slices"
	"testing"
)

func TestListID(t *testing.T) {
	key := []byte("key")
	id := func(v string) string { return NewSecret(v).ListID(key, "rule") }
	if got := id("a value"); !regexp.MustCompile(`^b1:[a-z2-7]{26}$`).MatchString(got) {
		t.Errorf("id %q", got)
	}
	head := "-----BEGIN " + "X-----"
	for _, same := range [][2]string{
		{"a\nb", "a\r\nb"}, {"a", " a \r\n"},
		{head + "\nAAAA\nBBBB\n-----END X-----", head + "\r\nAAAA\r\nBBBB\r\n-----END X-----\r\n"},
		{head + "\nAAAA\nBBBB\n-----END X-----", head + `\nAAAA\nBBBB\n-----END X-----`},
	} {
		if id(same[0]) != id(same[1]) {
			t.Errorf("%q and %q have different ids", same[0], same[1])
		}
	}
	if id("a\nb") == id("ab") || id("a") == id("b") {
		t.Error("different values have one id")
	}
	a := NewSecret("a")
	if a.ListID(key, "rule") == a.ListID(key, "rules") || a.ListID(key, "rule") == a.ListID([]byte("other"), "rule") {
		t.Error("neither rule nor key matter")
	}
}

func TestDigests(t *testing.T) {
	// The vectors of FIPS 180 for "abc".
	s := NewSecret("abc")
	if got := s.SHA1(); got != "a9993e364706816aba3e25717850c26c9cd0d89d" {
		t.Errorf("SHA-1 %s", got)
	}
	if got := s.SHA256(); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("SHA-256 %s", got)
	}
}

func TestSpans(t *testing.T) {
	got := NewSecret("aa").Spans([]byte("aaa baa"))
	if want := []Span{{0, 2}, {5, 7}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := NewSecret("").Spans([]byte("a")); got != nil {
		t.Errorf("nothing stands in %v", got)
	}
}
