package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/whosekey/whosekey/leak"
)

// identityRecord is an identity as it is kept: JSON by the names of leak.Identity,
// without what is zero. What an identity has of one of its credentials stands there
// alone: most have one credential, and half of the record would be there twice.
type identityRecord struct {
	*leak.Identity
	// ControlsOf and PlanOf are the credential that has the same, counted from 1; 0 for none.
	ControlsOf, PlanOf int
}

func encodeIdentity(id *leak.Identity) (string, error) {
	short := *id
	r := identityRecord{Identity: &short}
	if len(id.Controls) > 0 {
		r.ControlsOf = 1 + slices.IndexFunc(id.Credentials, func(c leak.Credential) bool { return slices.Equal(c.Controls, id.Controls) })
	}
	if len(id.Plan) > 0 {
		r.PlanOf = 1 + slices.IndexFunc(id.Credentials, func(c leak.Credential) bool { return slices.EqualFunc(c.Plan, id.Plan, sameAction) })
	}
	if r.ControlsOf > 0 {
		short.Controls = nil
	}
	if r.PlanOf > 0 {
		short.Plan = nil
	}
	text, err := encode(r)
	return string(withoutZeros([]byte(text))), err
}

func sameAction(a, b leak.Action) bool {
	return a.Step == b.Step && a.Text == b.Text && a.URL == b.URL && slices.Equal(a.Command, b.Command)
}

func decodeIdentity(text string, to *leak.Identity) error {
	r := identityRecord{Identity: to}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return fmt.Errorf("read an identity: %w", err)
	}
	if n := r.ControlsOf; 0 < n && n <= len(to.Credentials) {
		to.Controls = slices.Clip(to.Credentials[n-1].Controls)
	}
	if n := r.PlanOf; 0 < n && n <= len(to.Credentials) {
		to.Plan = slices.Clip(to.Credentials[n-1].Plan)
	}
	return nil
}

var zeros = [][]byte{[]byte(`""`), []byte(`null`), []byte(`false`), []byte(`0`), []byte(`"0001-01-01T00:00:00Z"`)}

// withoutZeros takes members with a zero value out of the objects of JSON that
// encoding/json wrote for structs: to read them makes no difference.
func withoutZeros(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if text[i] != '"' {
			if c := text[i]; (c == '}' || c == ']') && out[len(out)-1] == ',' {
				out = out[:len(out)-1] // the last member was one
			}
			out = append(out, text[i])
			i++
			continue
		}
		end := textEnd(text, i)
		if n := zeroAfter(text[end:]); n > 0 {
			if i = end + n; text[i] == ',' {
				i++
			}
			continue
		}
		out = append(out, text[i:end]...)
		i = end
	}
	return out
}

// textEnd is behind the text that begins at i.
func textEnd(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// zeroAfter is how long ":" and a zero value behind it are; 0 for anything else.
func zeroAfter(rest []byte) int {
	if rest[0] != ':' {
		return 0
	}
	for _, z := range zeros {
		if n := 1 + len(z); bytes.HasPrefix(rest[1:], z) && (rest[n] == ',' || rest[n] == '}') {
			return n
		}
	}
	return 0
}
