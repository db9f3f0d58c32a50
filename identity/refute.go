package identity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// refute takes back what declarations say of somebody else: where the provider or
// the record of an inventory with the credential's own id names it, or its own bytes do, a guess at
// another one of the account's users is wrong. It returns what was against what.
func (a *Answer) refute(c *Conclusion) (conflict string) {
	names := c.claims[leak.ClaimName]
	if len(names) == 0 || names[0].confidence < Likely {
		return ""
	}
	best := names[0]
	settled := best.asked || ownName(c, best) || best.best.Class == leak.FromInventory && a.Inventory != nil && a.Inventory.By == "provider id"
	wrong := func(d leak.Declaration) bool {
		said := false
		for _, e := range a.Evidence {
			if e.Class != leak.FromIaC || e.Claim != leak.ClaimName || e.Ref != d.Ref {
				continue
			}
			if sameName(e.Value, best.value) || e.Weight >= Likely && !settled {
				return false
			}
			said = true
			conflict = fmt.Sprintf("name %s (%s) or %s (%s)", best.value, best.best.Reason, e.Value, e.Reason)
		}
		return said
	}
	var left, gone []leak.Declaration
	for _, d := range a.Declared {
		if wrong(d) {
			gone = append(gone, d)
		} else {
			left = append(left, d)
		}
	}
	if len(gone) == 0 {
		return ""
	}
	a.Declared = left
	a.forget(gone)
	return conflict
}

// ownName reports whether a credential's own bytes say what code calls its identity, too:
// a token of Kubernetes, a key of Google Cloud.
func ownName(c *Conclusion, name *candidate) bool {
	provider := c.get(leak.ClaimProvider, Likely)
	return name.best.Class == leak.FromStructure && name.best.Weight >= 0.95 && (provider == "kubernetes" || provider == "google")
}

// forget drops what is known by declarations that are none of the identity.
func (a *Answer) forget(gone []leak.Declaration) {
	of := func(ref string) bool {
		return slices.ContainsFunc(gone, func(d leak.Declaration) bool { return d.Ref == ref })
	}
	file := func(ref string) string { return ref[:max(0, strings.LastIndexByte(ref, ':'))] }
	inFile := func(list []leak.Declaration, name string) bool {
		return slices.ContainsFunc(list, func(d leak.Declaration) bool { return file(d.Ref) == name })
	}
	a.Evidence = slices.DeleteFunc(slices.Clone(a.Evidence), func(e leak.Evidence) bool {
		return e.Class == leak.FromIaC && (of(e.Ref) || len(a.Declared) == 0 && e.Claim == leak.ClaimPermission)
	})
	a.Owners = slices.DeleteFunc(slices.Clone(a.Owners), func(w leak.Owner) bool {
		return w.Of != "" && (of(w.Of) || inFile(gone, w.Of) && !inFile(a.Declared, w.Of))
	})
}

// sameName reports whether two names can be of one identity: an ARN and its last
// part, an address and what is before the @. Of two service accounts with namespaces
// those count too.
func sameName(a, b string) bool {
	if strings.Count(a, "/") == 1 && strings.Count(b, "/") == 1 && !strings.ContainsAny(a+b, ":@") {
		return strings.EqualFold(a, b)
	}
	short := func(s string) string {
		s, _, _ = strings.Cut(strings.ToLower(s), "@")
		s = s[strings.LastIndexByte(s, '/')+1:]
		return strings.NewReplacer("_", "-", ".", "-", " ", "-").Replace(s)
	}
	return short(a) == short(b)
}

// weak reports whether a consumer is one by a name that many credentials have.
func weak(c leak.Consumer) bool { return c.Weak }

// ours leaves out what is only said to be used by its name: what is somebody
// else's is not what our jobs use under the same one.
func (a *Answer) ours() {
	refs := map[string]bool{}
	for _, c := range a.Consumers {
		if c.Weak {
			refs[c.Ref] = true
		}
	}
	a.Consumers = slices.DeleteFunc(slices.Clone(a.Consumers), weak)
	a.Evidence = slices.DeleteFunc(slices.Clone(a.Evidence), func(e leak.Evidence) bool { return e.Class == leak.FromIaC && refs[e.Ref] })
	a.Owners = slices.DeleteFunc(slices.Clone(a.Owners), func(w leak.Owner) bool { return w.Source == OwnerConsuming && w.Confidence <= MaybeConsuming })
}
