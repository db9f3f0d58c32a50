package identity

import (
	"strings"

	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/leak"
)

// AccountKeys counts the long-lived keys of AWS accounts among the findings of a
// run.
type AccountKeys struct {
	run  *Query // the first of those that were counted
	keys map[string]map[string]bool
}

// Of is how many different keys of an account there are in the run of q.
func (k *AccountKeys) Of(q *Query, account string) int {
	if len(q.All) == 0 {
		return 1
	}
	if k.run != q.All[0] {
		k.run, k.keys = q.All[0], map[string]map[string]bool{}
		for _, o := range q.All {
			if o.Finding != nil && o.Finding.Rule.Provider == "aws" {
				k.add(o.Finding)
			}
		}
	}
	return len(k.keys[account])
}

func (k *AccountKeys) add(f *leak.Finding) {
	in := decode.Input{Rule: f.Rule.ID, Provider: f.Rule.Provider, Value: f.Parts[leak.SecretPart].Reveal(), Parts: map[string]string{}}
	for name, s := range f.Parts {
		if name != leak.SecretPart {
			in.Parts[name] = s.Reveal()
		}
	}
	account, key := "", ""
	for _, e := range decode.Decode(in) {
		switch e.Claim {
		case leak.ClaimTenant:
			account = e.Value
		case leak.ClaimKeyID:
			key = e.Value
		}
	}
	if !strings.HasPrefix(key, "AKIA") || account == "" {
		return
	}
	if k.keys[account] == nil {
		k.keys[account] = map[string]bool{}
	}
	k.keys[account][key] = true
}

// KeyID is the public id of an access key of AWS that a finding holds; empty for
// anything else.
func KeyID(f *leak.Finding) string {
	if f.Rule.Provider != "aws" {
		return ""
	}
	return f.Parts["key_id"].Reveal()
}
