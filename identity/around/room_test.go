package around

import (
	"fmt"
	"strings"
	"testing"
)

// A text that is read into the memory of others says the same as one that is not.
func TestReleasedRoomIsUsedAgain(t *testing.T) {
	texts := []string{
		"[prod]\nuser = app\npassword = XX\n\n[dev]\nuser = dev\npassword = other\n",
		"a:\n  - name: x\n    token: XX\n  - name: y\n    token: other\n---\nb: c\n",
		`{"a": {"id": "1", "key": "XX"}, "b": [{"id": "2"}, {"id": "3"}]}`,
		"<add key=\"user\" value=\"u\"/>\n<add key=\"password\" value=\"XX\"/>\n",
		"user,password\nanna,XX\n",
		"XX",
		"",
	}
	say := func(text string) (*Text, string) {
		at := strings.Index(text, "XX")
		s := Read([]byte(text), max(0, at), max(0, at)+2, 1)
		var out strings.Builder
		fmt.Fprintf(&out, "%+v\n%+v\n", s.Key, s.Own)
		for i := range s.Fields {
			fmt.Fprintf(&out, "%+v %v\n", s.Fields[i], s.Weight(&s.Fields[i]))
		}
		return s, out.String()
	}
	want := make([]string, len(texts))
	for i, text := range texts {
		_, want[i] = say(text) // and it is kept
	}
	for range 3 {
		for i, text := range texts {
			s, got := say(text)
			if got != want[i] {
				t.Fatalf("of %q it says\n%s, and in memory of its own\n%s", text, got, want[i])
			}
			s.Release()
			if s.Release(); len(s.Fields) > 0 || s.Own != (Field{}) {
				t.Fatalf("what is released still says %+v", s)
			}
		}
	}
}
