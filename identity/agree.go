package identity

import (
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// maxPlace is how sure an owner can be that only folders tell, however many files
// say so: what stands in a folder need not be of whom the folder is. It is less
// than Likely, as one key in eight or so is another team's than the folder's.
const maxPlace = 0.69

// maxAlone is how sure an owner can be whom one witness names, be it the inventory:
// every list is of before somewhere, and does not say where.
const maxAlone = 0.65

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
// entry of each owner gets what all of them amount to, the others stay as they were,
// below Likely: they are one witness each.
//
// What goes by the identity is together no surer than the link to it, what goes by
// folders than maxPlace; the two kinds are independent. To be likely it takes two
// witnesses, one of which knows the identity, or one who was asked: the provider,
// or somebody who signed for it. A witness contradicts if it is at least even, and
// names other teams only; what is general contradicts no rule for a place, and
// others little: who looks after what nobody else does says nothing against them.
// Rules for two places contradict each other.
func weighOwners(list []leak.Owner, link float64) {
	weighed := make([]float64, len(list))
	for i, w := range list {
		weighed[i] = w.Confidence
		name := squad(w.Name)
		first := !slices.ContainsFunc(list[:i], func(o leak.Owner) bool { return squad(o.Name) == name })
		if own, ok := witnesses[w.Source]; ok && first {
			weighed[i] = amount(list, i, own, link)
		} else if ok {
			weighed[i] = min(w.Confidence, maxPlace)
		}
	}
	for i := range list {
		list[i].Confidence = weighed[i]
	}
}

// amount is what all witnesses together say of owner i. own is the witness that
// names it best.
func amount(list []leak.Owner, i int, own witness, link float64) float64 {
	name := squad(list[i].Name)
	said := map[witness]float64{} // for it
	against := map[string]float64{}
	vouched := false
	for _, o := range list {
		by, ok := witnesses[o.Source]
		switch {
		case !ok:
		case squad(o.Name) == name:
			said[by] = max(said[by], o.Confidence)
			vouched = vouched || o.Signed || by.name == "whoami"
		case list[i].Kind != "team" || o.Kind != "team" || o.Confidence < 0.5:
		case by == own && (by.ofPlace || by.name == "tag") && o.Source == list[i].Source && o.Ref != list[i].Ref:
			against["elsewhere"] = max(against["elsewhere"], o.Confidence)
		default:
			by.general = by.general || o.Wide
			against[by.name] = max(against[by.name], by.against(own)*o.Confidence)
		}
	}
	best := strongest(said)
	wrong := 0.0
	for by, c := range against {
		if _, both := best[by]; !both && by != own.name {
			wrong = max(wrong, c)
		}
	}
	return together(best, link, 1-wrong/2, vouched)
}

// strongest is what each witness says most strongly.
func strongest(said map[witness]float64) map[string]saying {
	best := map[string]saying{}
	for by, c := range said {
		if old, ok := best[by.name]; !ok || c > old.sure || c == old.sure && !by.ofPlace {
			best[by.name] = saying{by, c}
		}
	}
	return best
}

// saying is what a witness says.
type saying struct {
	by   witness
	sure float64
}

// together is how sure witnesses make that agree; left is what others leave of it.
func together(best map[string]saying, link, left float64, vouched bool) float64 {
	var byIdentity, byPlace, general float64
	count := 0
	for _, name := range slices.Sorted(maps.Keys(best)) {
		by, c := best[name].by, best[name].sure
		switch {
		case by.general: // two of them say no more than who runs the repository
			general = max(general, c)
			continue
		case by.ofPlace:
			byPlace = either(byPlace, c, maxPlace)
		default:
			byIdentity = either(byIdentity, c, link)
		}
		count++
	}
	byPlace = either(byPlace, general, maxPlace)
	switch sure := (1 - (1-byIdentity)*(1-byPlace)) * left; {
	case vouched && link >= Likely:
		return sure
	case count < 2:
		return min(sure, maxAlone)
	case byIdentity == 0 || link < Likely:
		return min(sure, maxPlace)
	default:
		return sure
	}
}

// catchAll is how much a rule for everything counts against whom something else names.
const catchAll = 0.2

// against is how much a witness counts against what another one says.
func (w witness) against(own witness) float64 {
	switch {
	case w.general && own.ofPlace:
		return 0
	case w.general:
		return catchAll
	}
	return 1
}

// either is how sure two make that agree, up to a limit that one alone may
// exceed.
func either(a, b, most float64) float64 {
	return max(a, b, min(1-(1-a)*(1-b), most))
}

var dashes = strings.NewReplacer("_", "-", " ", "-")

// squad makes ways to write a team equal: @acme/payments, payments-team.
func squad(s string) string {
	s = strings.ToLower(strings.TrimLeft(strings.TrimSpace(s), "@"))
	s = dashes.Replace(s[strings.LastIndexByte(s, '/')+1:])
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
