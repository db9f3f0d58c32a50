package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// maxDepth is how deep an answer's JSON may nest, and maxValues how many values
// a path with [*] gives.
const (
	maxDepth  = 64
	maxValues = 256
)

var errJSON = errors.New("no JSON")

// decodeJSON reads one JSON value and nothing behind it. Numbers stay as they
// are written: an id may have more digits than a float. Objects that have a name
// twice are none: which of them counts, each reader decides differently
// (RFC 8259, section 4).
func decodeJSON(body []byte) (any, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if tooDeep(body) || repeats(json.NewDecoder(bytes.NewReader(body))) {
		return nil, errJSON
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, errJSON
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errJSON
	}
	return v, nil
}

// repeats reports whether the next value has an object with a name twice, or cannot
// be read.
func repeats(dec *json.Decoder) bool {
	t, err := dec.Token()
	d, nested := t.(json.Delim)
	if err != nil || !nested {
		return err != nil
	}
	names := map[string]bool{}
	for dec.More() {
		if d == '{' {
			t, err := dec.Token()
			name, _ := t.(string)
			if err != nil || names[name] {
				return true
			}
			names[name] = true
		}
		if repeats(dec) {
			return true
		}
	}
	_, err = dec.Token() // its end
	return err != nil
}

// tooDeep counts brackets outside of strings.
func tooDeep(body []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

// jsonPath is a way into a JSON value: keys, indices, and -1 for [*].
type jsonPath []any

// parsePath reads a path as package rules lets it through: a.b[0]["c.d"][*].e.
func parsePath(s string) jsonPath {
	var p jsonPath
	for s != "" {
		switch {
		case s[0] == '.':
			s = s[1:]
		case strings.HasPrefix(s, `["`):
			key, rest, ok := strings.Cut(s[2:], `"]`)
			if !ok {
				return append(p, s)
			}
			p, s = append(p, key), rest
		case s[0] == '[':
			inner, rest, ok := strings.Cut(s[1:], "]")
			if !ok {
				return append(p, s)
			}
			index, err := strconv.Atoi(inner)
			if err != nil {
				index = -1
			}
			p, s = append(p, index), rest
		default:
			n := strings.IndexAny(s, ".[")
			if n < 0 {
				n = len(s)
			}
			p, s = append(p, s[:n]), s[n:]
		}
	}
	return p
}

// get returns the values that the path leads to, null ones included. The order
// is that of the lists.
func (p jsonPath) get(v any) []any {
	if len(p) == 0 {
		return []any{v}
	}
	switch step := p[0].(type) {
	case string:
		if m, ok := v.(map[string]any); ok {
			if inner, ok := m[step]; ok {
				return p[1:].get(inner)
			}
		}
	case int:
		list, _ := v.([]any)
		if step >= 0 {
			if step < len(list) {
				return p[1:].get(list[step])
			}
			return nil
		}
		var out []any
		for _, inner := range list {
			if out = append(out, p[1:].get(inner)...); len(out) >= maxValues {
				return out[:maxValues]
			}
		}
		return out
	}
	return nil
}

// fits reports whether the path leads to a wanted value: a text, a number, a
// boolean, a list of which one fits, "*" for anything but null, "!" for null or
// nothing.
func (p jsonPath) fits(v, want any) bool {
	values := p.get(v)
	if want == "!" {
		for _, got := range values {
			if got != nil {
				return false
			}
		}
		return true
	}
	for _, got := range values {
		if equalJSON(got, want) {
			return true
		}
	}
	return false
}

// equalJSON compares a value of an answer with one of a provider file.
func equalJSON(got, want any) bool {
	switch want := want.(type) {
	case []any:
		for _, w := range want {
			if equalJSON(got, w) {
				return true
			}
		}
	case string:
		return want == "*" && got != nil || got == want
	case bool:
		return got == want
	case int64:
		n, ok := got.(json.Number)
		if i, err := n.Int64(); ok && err == nil {
			return i == want
		}
		f, err := n.Float64()
		return ok && err == nil && f == float64(want)
	case float64:
		n, ok := got.(json.Number)
		f, err := n.Float64()
		return ok && err == nil && f == want
	}
	return false
}

// texts returns values as texts: what is neither a text, a number nor a boolean
// is left out, and a list gives its elements.
func texts(values []any) []string {
	var out []string
	for _, v := range values {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case json.Number:
			out = append(out, v.String())
		case bool:
			out = append(out, strconv.FormatBool(v))
		case []any:
			for _, inner := range v[:min(len(v), maxValues)] {
				if _, list := inner.([]any); !list {
					out = append(out, texts([]any{inner})...)
				}
			}
		}
	}
	return out
}
