package verify

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestJSONPath(t *testing.T) {
	doc := `{"a":{"b":[{"c":1},{"c":"two"},{"d":null}],"x.y":true},"n":12345678901234567890,"e":[],"@id":"at","null":null,"f":2.50,"list":["r","w",["deep"]]}`
	for _, tt := range []struct{ path, want string }{
		{"a.b[0].c", "[1]"}, {"a.b[1].c", "[two]"}, {"a.b[*].c", "[1 two]"}, {"a.b[7].c", "[]"}, {`a["x.y"]`, "[true]"}, {"n", "[12345678901234567890]"},
		{"e[*]", "[]"}, {"e", "[]"}, {"@id", "[at]"}, {"null", "[]"}, {"null.x", "[]"}, {"f", "[2.50]"}, {"list", "[r w]"}, {"list[*]", "[r w deep]"}, {"a", "[]"}, {"z", "[]"}, {"a[0]", "[]"}, {"list.r", "[]"},
	} {
		v, err := decodeJSON([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(texts(parsePath(tt.path).get(v))); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.path, got, tt.want)
		}
	}
	for _, tt := range []struct {
		path string
		want any
		fits bool
	}{
		{"a.b[0].c", int64(1), true}, {"a.b[0].c", 1.0, true}, {"a.b[0].c", "1", false}, {"a.b[*].c", "two", true}, {"f", 2.5, true}, {"f", int64(2), false},
		{"null", "*", false}, {"null", "!", true}, {"z", "!", true}, {"z", "*", false}, {"e", "*", true}, {"a", "!", false}, {`a["x.y"]`, true, true}, {`a["x.y"]`, false, false}, {`a["x.y"]`, "true", false},
		{"@id", []any{"in", "at"}, true}, {"@id", []any{"in"}, false}, {"n", int64(1), false},
	} {
		v, _ := decodeJSON([]byte(doc))
		if got := parsePath(tt.path).fits(v, tt.want); got != tt.fits {
			t.Errorf("%s = %v: %v, want %v", tt.path, tt.want, got, tt.fits)
		}
	}
	for _, bad := range []string{"", " ", "{", "{}{}", "{} x", "<html>", strings.Repeat("[", 100) + strings.Repeat("]", 100), `{"a":}`, "nul"} {
		if v, err := decodeJSON([]byte(bad)); err == nil {
			t.Errorf("%.20q is taken for JSON: %v", bad, v)
		}
	}
	if v, err := decodeJSON([]byte("\xef\xbb\xbf[1]\n")); err != nil || len(v.([]any)) != 1 {
		t.Errorf("with a byte order mark: %v, %v", v, err)
	}
}

// FuzzJSONPath compares with a second way to go: one that follows a path
// through the value as encoding/json gives it, one key at a time, and for [*]
// tries every index.
func FuzzJSONPath(f *testing.F) {
	f.Add(`{"a":[{"b":1},{"b":2}]}`, "a[*].b")
	f.Add(`[[1,2],[3]]`, "[*][0]")
	f.Add(`{"a.b":{"c":null}}`, `["a.b"].c`)
	f.Fuzz(func(t *testing.T, doc, path string) {
		p := parsePath(path)
		v, err := decodeJSON([]byte(doc))
		if err != nil || len(p) > 8 {
			return
		}
		got, want := p.get(v), slowly(v, p)
		if len(want) > maxValues/2 {
			return // limits count at different places
		}
		if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%q in %q: %v, want %v", path, doc, got, want)
		}
		for _, s := range texts(got) {
			if !json.Valid([]byte(doc)) {
				t.Errorf("%q of no JSON", s)
			}
		}
	})
}

func slowly(v any, p jsonPath) []any {
	now := []any{v}
	for _, step := range p {
		var next []any
		for _, v := range now {
			switch step := step.(type) {
			case string:
				m, _ := v.(map[string]any)
				for key, inner := range m {
					if key == step {
						next = append(next, inner)
					}
				}
			case int:
				list, _ := v.([]any)
				for i := range list {
					if i == step || step == -1 {
						next = append(next, list[i])
					}
				}
			}
		}
		now = next
	}
	return now
}
