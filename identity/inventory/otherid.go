package inventory

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// Forms of ids of which an identity has but one, or few that lists have together.
var idForms = []struct {
	form interface{ MatchString(string) bool }
	kind string
}{
	{lazy.New(`(?i)^[^@\s]+@[^@\s]+\.gserviceaccount\.com$`), "address of a service account"},
	{lazy.New(`^arn:[^:]*:iam::[0-9]*:(?:user|role)/`), "ARN"},
	{lazy.New(`^(?:AIDA|AROA)[A-Z0-9]{12,}$`), "id of IAM"},
	{lazy.New(`(?i)^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`), "GUID"},
}

// idKind is the kind of id that a text is by its form; empty for none that tells
// identities apart.
func idKind(s string) string {
	for _, f := range idForms {
		if f.form.MatchString(s) {
			return f.kind
		}
	}
	return ""
}

// otherID reports whether an entry's ids are another identity's than those that are
// sure: both have ids of a kind, and none in common.
func (q Query) otherID(e *Entry) bool {
	theirs := append([]string{e.ProviderID, e.Name, e.Email}, e.Aliases...)
	same := func(a string) bool {
		return slices.ContainsFunc(theirs, func(b string) bool { return strings.EqualFold(a, b) })
	}
	if slices.ContainsFunc(q.Sure, func(id string) bool { return idKind(id) != "" && same(id) }) {
		return false
	}
	for _, id := range q.Sure {
		kind := idKind(id)
		if kind != "" && slices.ContainsFunc(theirs, func(b string) bool { return idKind(b) == kind }) {
			return true
		}
	}
	return false
}

// sureIDs are ids that likely evidence says.
func sureIDs(known []leak.Evidence) (out []string) {
	for _, e := range known {
		if (e.Claim == leak.ClaimID || e.Claim == leak.ClaimName) && e.Class != leak.FromInventory && e.Weight >= identity.Likely && idKind(e.Value) != "" {
			out = append(out, e.Value)
		}
	}
	return out
}
