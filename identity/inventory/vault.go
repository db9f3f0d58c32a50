package inventory

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// vaultKeys is what vault list calls its names, in its table, in what -detailed
// -format=json adds to them, and in the API's answer:
// developer.hashicorp.com/vault/api-docs/auth/approle#list-roles.
const vaultKeys = "keys"

// vaultName is the column of such a name here.
const vaultName = "vaultname"

// vaultTable reads the table of vault list: "Keys" and a line of hyphens, a name in
// each line, and with -detailed more columns behind two blanks.
type vaultTable struct{ l *lines }

func (v vaultTable) next() (row, error) {
	for {
		s, err := v.l.next()
		if err != nil {
			return row{}, err
		}
		name, _, _ := strings.Cut(strings.TrimSpace(s), "  ")
		if name != "" && v.l.n > 2 {
			return row{line: v.l.n, cells: map[string]any{vaultName: validText(name)}}, nil
		}
	}
}

// isVaultTable looks at the first two lines.
func isVaultTable(text []byte) bool {
	head, rest, _ := bytes.Cut(text, []byte("\n"))
	under, _, _ := bytes.Cut(rest, []byte("\n"))
	h, u := strings.Fields(string(head)), strings.Fields(string(under))
	return len(h) > 0 && len(h) == len(u) && h[0] == "Keys" && u[0] == "----"
}

// hasVaultKeys reports whether an object, of which text is the beginning, has a list of
// names under "keys".
func hasVaultKeys(text []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return false
		}
		if key == vaultKeys {
			t, err := dec.Token()
			if err != nil || t != json.Delim('[') || !dec.More() {
				return err == nil && t == json.Delim('[')
			}
			first, err := dec.Token()
			_, ok := first.(string)
			return err == nil && ok
		}
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			return false
		}
	}
	return false
}

// readVaultList reads a name that vault list writes: of a role, a user, an entity.
func readVaultList(c *converter) (*Entry, error) {
	name := first(text(c.plain[vaultName]), text(c.plain["name"]))
	return &Entry{Provider: "vault", IdentityType: leak.ServiceAccount, Name: strings.TrimSuffix(name, "/"), State: Active}, nil
}
