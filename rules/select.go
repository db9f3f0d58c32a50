package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// The ids of the rules that are written in Go and stand in no file.
const (
	Generic          = "generic-secret"
	KubernetesSecret = "kubernetes-secret"
	TerraformState   = "terraform-state-secret"
	TablePassword    = "table-password"
	TableSecret      = "table-secret"
)

// InGo reports whether a rule is one of those.
func InGo(id string) bool { return slices.Contains(inGo, id) }

var inGo = []string{Generic, KubernetesSecret, TerraformState, TablePassword, TableSecret}

// Distinct returns an error if two rules have the same id.
func Distinct(ps []*Provider) error {
	owner := map[string]string{Generic: "whosekey itself"} // rule id -> file
	for _, p := range ps {
		for _, r := range p.Rules {
			if prev, dup := owner[r.ID]; dup {
				return fmt.Errorf("rules: %s: rule %q is already in %s", p.File, r.ID, prev)
			}
			owner[r.ID] = p.File
		}
	}
	return nil
}

// Without returns the providers without the rules that have the given ids. An
// id that no rule has is an error: it would switch off nothing, silently.
func Without(ps []*Provider, ids []string) ([]*Provider, error) {
	left := slices.Clone(ids)
	var out []*Provider
	for _, p := range ps {
		q := *p
		q.Rules = nil
		for _, r := range p.Rules {
			if slices.Contains(ids, r.ID) {
				left = slices.DeleteFunc(left, func(id string) bool { return id == r.ID })
			} else {
				q.Rules = append(q.Rules, r)
			}
		}
		if len(q.Rules) > 0 {
			out = append(out, &q)
		}
	}
	left = slices.DeleteFunc(left, func(id string) bool { return InGo(id) })
	if len(left) > 0 {
		return nil, fmt.Errorf("no rule has the id %q", left[0])
	}
	return out, nil
}

// Digest identifies what a set of rules finds: two sets with the same digest
// find the same.
func Digest(ps []*Provider) string {
	w, sum := &writer{}, sha256.New()
	for _, p := range ps {
		for i := range p.Rules {
			w.finds(&p.Rules[i])
			sum.Write(w.b) // rule by rule: all of them are a megabyte
			w.b = w.b[:0]
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// finds writes all that decides what a rule finds.
func (w *writer) finds(r *Rule) {
	w.texts(r.ID, r.Pattern, r.Checksum, r.Structure)
	w.float(r.Entropy)
	w.lists(r.Literals, r.Stopwords)
	w.near(r)
}
