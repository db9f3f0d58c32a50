package detectors

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// decodeSlowly decodes more until it has what was asked for.
func decodeSlowly(u *unescaper, data []byte, pos, before, after int) (text []byte, from []int, at int, ok bool) {
	for limit := after; ; limit *= 2 {
		text, from, at, ok = decodeOnceSlowly(u, data, pos, before, after, limit)
		if len(text)-at >= after || from[len(text)] >= len(data) || limit >= 3*after {
			return text, from, at, ok
		}
	}
}

// decodeOnceSlowly does what unescaper.decodeFirst does, a byte at a time.
func decodeOnceSlowly(u *unescaper, data []byte, pos, before, after, limit int) (text []byte, from []int, at int, ok bool) {
	lo, hi := max(0, pos-3*before), min(len(data), pos+3*after)
	raw := data[lo:hi]
	at = pos - lo
	i := 0
	for i < len(raw) && len(text) < at+limit {
		if i == pos-lo {
			at = len(text)
		}
		c, width := u.decodedAt(raw, i, pos-lo)
		if u.way == inForm && raw[i] == '+' {
			c = ' '
		}
		text, from = append(text, c), append(from, lo+i)
		i += width
	}
	from = append(from, lo+i)
	for range escapedOften - 1 {
		var t []byte
		var f []int
		was := at
		for i := 0; i < len(text); {
			if i == was {
				at = len(t)
			}
			c, width := u.decodedAt(text, i, was)
			t, f = append(t, c), append(f, from[i])
			i += width
		}
		text, from = t, append(f, from[len(text)])
	}
	return text, from, at, at < len(text)
}

func FuzzUnescape(f *testing.F) {
	f.Add([]byte(`a%2Fb\\u0022pass&amp;quot;%253D%25253D word`), 10, 20, 30)
	f.Add([]byte(`%%32%35%35 &&amp;amp;lt;`), 3, 2, 300)
	f.Add(bytes.Repeat([]byte("%3D"), 100), 150, 10, 20)
	f.Add([]byte(`a+b%2B\\n\"c\\\"d\te`), 3, 20, 30)
	var u unescaper
	f.Fuzz(func(t *testing.T, data []byte, pos, before, after int) {
		if len(data) == 0 || pos < 0 || before < 0 || after <= 0 || before > 2000 || after > 2000 {
			t.Skip()
		}
		pos %= len(data)
		for _, u.way = range []ways{inText, inString, inForm} {
			text, from, at, ok := decodeSlowly(&u, data, pos, before, after)
			got, gotOK := u.decode(data, pos, before, after)
			if ok != gotOK || at != got.at || !bytes.Equal(text, got.text) {
				t.Fatalf("got %q at %d, %v; want %q at %d, %v", got.text, got.at, gotOK, text, at, ok)
			}
			places := make([]int, len(from))
			for i := range places {
				places[i] = got.start(i)
			}
			if diff := cmp.Diff(from, places); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
