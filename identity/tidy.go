package identity

import (
	"cmp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/language"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// tidy sorts what was found out, and leaves out what is said twice.
func tidy(a Answer) Answer {
	slices.SortFunc(a.Evidence, func(x, y leak.Evidence) int { return compareEvidence(x, y) })
	a.Evidence = slices.Compact(a.Evidence)
	a.Evidence = a.Evidence[:min(len(a.Evidence), maxEvidence)]
	slices.SortFunc(a.Consumers, func(x, y leak.Consumer) int {
		return cmp.Or(strings.Compare(x.Ref, y.Ref), strings.Compare(x.Kind, y.Kind), strings.Compare(x.Name, y.Name), cmp.Compare(y.Confidence, x.Confidence), strings.Compare(x.Via, y.Via))
	})
	a.Consumers = slices.CompactFunc(a.Consumers, sameConsumer)
	a.Consumers = a.Consumers[:min(len(a.Consumers), maxRelations)]
	slices.SortFunc(a.Declared, func(x, y leak.Declaration) int {
		return cmp.Or(strings.Compare(x.Ref, y.Ref), strings.Compare(x.Kind, y.Kind), strings.Compare(x.Address, y.Address))
	})
	a.Declared = slices.Compact(a.Declared)
	a.Declared = a.Declared[:min(len(a.Declared), maxRelations)]
	return a
}

// sameConsumer reports whether two are one, found in two ways.
func sameConsumer(a, b leak.Consumer) bool {
	return a.Kind == b.Kind && a.Ref == b.Ref && a.Name == b.Name
}

// harmless leaves out whatever holds a piece of the credential that must not be
// shown.
func harmless(parts leak.Parts, a Answer) Answer {
	hidden := opening(parts)
	bad := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(s string) bool {
			return slices.ContainsFunc(hidden, func(piece string) bool { return strings.Contains(s, piece) })
		})
	}
	a.Evidence = slices.DeleteFunc(slices.Clone(a.Evidence), func(e leak.Evidence) bool { return bad(e.Value, e.Reason, e.Ref) })
	a.Owners = slices.DeleteFunc(slices.Clone(a.Owners), func(w leak.Owner) bool { return bad(w.Name, w.Email, w.Ref, w.Reason) })
	a.Consumers = slices.DeleteFunc(slices.Clone(a.Consumers), func(c leak.Consumer) bool { return bad(c.Ref, c.Name, c.Via) })
	a.Declared = slices.DeleteFunc(slices.Clone(a.Declared), func(d leak.Declaration) bool { return bad(d.Address, d.Ref) })
	if m := a.Inventory; m != nil && bad(m.Source, m.By) {
		a.Inventory = nil
	}
	return a
}

// publicKeyID are ids which open nothing without a secret: of an access key of AWS
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html,
// reports shorten it), of an account or a key of Twilio
// (https://www.twilio.com/docs/glossary/what-is-a-sid), of an OAuth client of Google's.
var publicKeyID = lazy.New(`^(?:A(?:KIA|SIA|BIA|CCA)[0-9A-Z]{16}|(?:AC|SK)[0-9a-f]{32}|[0-9]{6,15}-[0-9a-z_]{20,40}\.apps\.googleusercontent\.com)$`)

// opening are the pieces of a credential that open something, but for words and those
// that are so short that they stand in all kinds of texts: as Names of a leak.Redactor
// has them, which costs more to make.
func opening(parts leak.Parts) (out []string) {
	for name, s := range parts {
		least := 16
		if name == leak.SecretPart {
			least = 6
		} else if leak.IdentifierPart(name) {
			continue
		}
		if v := s.Reveal(); len(v) >= least && !publicKeyID.MatchString(v) && !language.Word(v) && (name == leak.SecretPart || strings.ContainsAny(v, "0123456789")) {
			out = append(out, v)
		}
	}
	return out
}
