package identity

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// maxPlace is how sure an owner can be that only folders tell, however many files
// say so: what stands in a folder need not be of whom the folder is.
const maxPlace = 0.85

// A witness says who the owner is. Sources of one witness rest on the same file, or
// on the same people keeping it.
type witness struct {
	name    string
	ofPlace bool // goes by the folder of the credential or of what uses it, not by the identity
	general bool // is there for all of the repository, for want of anything better
}

var witnesses = map[string]witness{
	OwnerInventory: {name: "inventory"}, OwnerIaC: {name: "tag"}, OwnerFolderTag: {name: "tag"}, OwnerWhoami: {name: "whoami"},
	OwnerDeclaring: {name: "codeowners"}, OwnerConsuming: {"codeowners", true, false}, OwnerLeaking: {"codeowners", true, false}, OwnerEverything: {"codeowners", true, true},
	OwnerCatalog: {"catalog", true, false}, OwnerRepository: {"catalog", true, true}, OwnerConsumerTag: {"consumer", true, false}, OwnerMaintains: {"maintainers", true, false},
	OwnerAuthor: {"git", true, false}, OwnerRecent: {"git", true, false},
}

// weighOwners makes owners surer whom several independent witnesses name, and
// those less sure whom another one contradicts. The list is sorted; the first
// entry of each owner gets what all of them amount to, the others stay as they were.
//
// What goes by the identity is together no surer than the link to it, what goes by
// folders than maxPlace; the two kinds are independent. A witness contradicts if
// it is at least even, and names other teams only; what is general contradicts
// no rule for a place, and others half as much.
func weighOwners(list []leak.Owner, link float64) {
	weighed := make([]float64, len(list))
	for i, w := range list {
		weighed[i] = w.Confidence
		name := squad(w.Name)
		first := !slices.ContainsFunc(list[:i], func(o leak.Owner) bool { return squad(o.Name) == name })
		if own, ok := witnesses[w.Source]; ok && first {
			weighed[i] = amount(list, name, own, w.Kind, link)
		}
	}
	for i := range list {
		list[i].Confidence = weighed[i]
	}
}

// amount is what all witnesses together say of an owner. own is the witness that
// names it best.
func amount(list []leak.Owner, name string, own witness, kind string, link float64) float64 {
	said := map[witness]float64{} // for it
	against := map[string]float64{}
	for _, o := range list {
		by, ok := witnesses[o.Source]
		switch {
		case !ok:
		case squad(o.Name) == name:
			said[by] = max(said[by], o.Confidence)
		case kind == "team" && o.Kind == "team" && o.Confidence >= 0.5:
			against[by.name] = max(against[by.name], by.against(own)*o.Confidence)
		}
	}
	best := map[string]witness{} // of one witness, what says most
	for by, c := range said {
		if old, ok := best[by.name]; !ok || c > said[old] || c == said[old] && !by.ofPlace {
			best[by.name] = by
		}
	}
	var byIdentity, byPlace, general, wrong float64
	for _, by := range best {
		switch c := said[by]; {
		case by.general: // two of them say no more than who runs the repository
			general = max(general, c)
		case by.ofPlace:
			byPlace = either(byPlace, c, maxPlace)
		default:
			byIdentity = either(byIdentity, c, link)
		}
	}
	byPlace = either(byPlace, general, maxPlace)
	for by, c := range against {
		if _, both := best[by]; !both && by != own.name {
			wrong = max(wrong, c)
		}
	}
	return (1 - (1-byIdentity)*(1-byPlace)) * (1 - wrong/2)
}

// against is how much a witness counts against what another one says.
func (w witness) against(own witness) float64 {
	switch {
	case w.general && own.ofPlace:
		return 0
	case w.general:
		return 0.5
	}
	return 1
}

// either is how sure two make that agree, up to a limit that one alone may
// exceed.
func either(a, b, most float64) float64 {
	return max(a, b, min(1-(1-a)*(1-b), most))
}

// squad makes ways to write a team equal: @acme/payments, payments-team.
func squad(s string) string {
	s = strings.ToLower(strings.TrimLeft(strings.TrimSpace(s), "@"))
	s = strings.NewReplacer("_", "-", " ", "-").Replace(s[strings.LastIndexByte(s, '/')+1:])
	if short := strings.TrimSuffix(strings.TrimPrefix(s, "team-"), "-team"); short != "" && short != "team" {
		return short
	}
	return s
}

// mostOfOthers is how sure an owner of a third party's identity can be: folders
// tell who uses it here.
const mostOfOthers = 0.5

// ofOthers makes owners less sure whom only folders tell, of what is somebody
// else's.
func ofOthers(list []leak.Owner) {
	for i := range list {
		if by := witnesses[list[i].Source]; by.ofPlace {
			list[i].Confidence = min(list[i].Confidence, mostOfOthers)
		}
	}
}
