package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// FuzzIndent: what encoding/json writes is indented as encoding/json does.
func FuzzIndent(f *testing.F) {
	for _, text := range []string{`{}`, `[]`, `"a\"b\\"`, `{"a":[],"b":{},"c":[1,-2.5e3,null,true],"d":{"e":"x,:[]{}","f":[{"g":""}]}}`, `[[[]],[{}]]`, `1`, "[" + strings.Repeat("1,", 3*most) + "1]"} {
		f.Add([]byte(text), "  ")
	}
	f.Fuzz(func(t *testing.T, text []byte, prefix string) {
		var v any
		if json.Unmarshal(text, &v) != nil {
			t.Skip()
		}
		text, err := encodeJSON(v)
		if err != nil {
			t.Skip()
		}
		var want bytes.Buffer
		if err := json.Indent(&want, text, prefix, "  "); err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		in := indenter{w: &got, prefix: prefix}
		if err := in.indent(text); err != nil {
			t.Fatal(err)
		}
		if got.Write(in.b); !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("indent(%s) = %s, want %s", text, got.Bytes(), want.Bytes())
		}
	})
}
