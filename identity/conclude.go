package identity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// The bands of confidence.
const (
	Certain  = 0.9
	Likely   = 0.7
	Possible = 0.4
)

// Band is the word for a confidence.
func Band(c float64) string {
	switch {
	case c >= Certain:
		return "certain"
	case c >= Likely:
		return "likely"
	case c >= Possible:
		return "possible"
	}
	return "unlinked"
}

// candidate is a value that a claim may have.
type candidate struct {
	value      string
	confidence float64
	classes    []classWeight // by class, rising: ten thousand credentials have some each
	best       leak.Evidence
	asked      bool // the provider itself said so
}

// classWeight is the greatest weight of the evidence of a class.
type classWeight struct {
	class  leak.EvidenceClass
	weight float64
}

// weigh counts a piece of evidence.
func (c *candidate) weigh(class leak.EvidenceClass, weight float64) {
	i, ok := slices.BinarySearchFunc(c.classes, class, func(w classWeight, class leak.EvidenceClass) int { return cmp.Compare(w.class, class) })
	if !ok {
		c.classes = slices.Insert(c.classes, i, classWeight{class, 0})
	}
	c.classes[i].weight = max(c.classes[i].weight, weight)
}

// form is 1 for what only the form of the credential says, which comes behind what
// it is for: a JDBC URL is one of PostgreSQL.
func (c *candidate) form() int {
	if len(c.classes) == 1 && c.classes[0].class == leak.FromRule {
		return 1
	}
	return 0
}

// decoded is how sure it is what a format that only its provider writes says.
const decoded = 0.95

// inside reports whether the credential itself says one value, and only what stands
// near it the other, which is wrong then: what is decoded does not lie.
func (c *candidate) inside(other *candidate) bool {
	for _, w := range other.classes {
		if w.class != leak.FromNeighbour && w.class != leak.FromName && w.class != leak.FromGit {
			return false
		}
	}
	return slices.ContainsFunc(c.classes, func(w classWeight) bool { return w.class == leak.FromStructure && w.weight >= decoded })
}

// Conclusion is what evidence amounts to.
type Conclusion struct {
	claims map[string][]*candidate // best first
	// Confidence is how sure it is that the credential belongs to the identity
	// that Name, ID and the others give.
	Confidence float64
	Conflict   string // two tenants that exclude each other; empty for none
}

// Conclude weighs evidence. For each claim, the confidence of a value is a noisy
// or over the classes of evidence for it, of which only the strongest piece
// counts: 1 - (1-w)(1-w')... Classes are independent of each other, pieces of one
// class are not; what was looked up by other evidence counts in the class of that,
// its Basis. Two different tenants halve each other's confidence, and that of
// the whole, unless the provider itself said which it is. The order of the
// evidence does not matter.
func Conclude(evidence []leak.Evidence) *Conclusion {
	c := &Conclusion{claims: map[string][]*candidate{}}
	byValue := map[[2]string]*candidate{}
	for _, e := range evidence {
		if e.Value == "" || !(e.Weight > 0) {
			continue
		}
		key := [2]string{e.Claim, normal(e.Claim, e.Value)}
		v := byValue[key]
		if v == nil {
			v = &candidate{value: e.Value, best: e}
			byValue[key] = v
		}
		v.weigh(e.Group(), min(e.Weight, 1))
		v.asked = v.asked || e.Class == leak.FromWhoami
		if compareEvidence(e, v.best) < 0 {
			v.best, v.value = e, e.Value
		}
	}
	for key, v := range byValue {
		miss := 1.0
		for _, w := range v.classes {
			miss *= 1 - w.weight
		}
		v.confidence = 1 - miss
		c.claims[key[0]] = append(c.claims[key[0]], v)
	}
	for _, list := range c.claims {
		slices.SortFunc(list, func(a, b *candidate) int {
			return cmp.Or(cmp.Compare(b.confidence, a.confidence), cmp.Compare(a.form(), b.form()), strings.Compare(a.value, b.value))
		})
	}
	c.contradict()
	c.Confidence = c.link()
	if c.torn() {
		c.Confidence /= 2
	}
	return c
}

// compareEvidence sorts the strongest first.
func compareEvidence(a, b leak.Evidence) int {
	return cmp.Or(cmp.Compare(b.Weight, a.Weight), strings.Compare(string(a.Class), string(b.Class)), strings.Compare(a.Claim, b.Claim),
		strings.Compare(a.Value, b.Value), strings.Compare(a.Reason, b.Reason), strings.Compare(a.Ref, b.Ref))
}

// normal makes values equal that mean the same.
func normal(claim, value string) string {
	switch claim {
	case leak.ClaimTenant, leak.ClaimServer, leak.ClaimEmail, leak.ClaimEnvironment, leak.ClaimRegion:
		return strings.ToLower(strings.TrimSpace(value))
	case leak.ClaimName, leak.ClaimID:
		if guid.MatchString(value) || strings.Contains(value, "@") {
			return strings.ToLower(value)
		}
	}
	return value
}

// contradict looks for two tenants. Values of different forms may be two names
// of one tenant: a project's id and its number.
func (c *Conclusion) contradict() {
	list := c.claims[leak.ClaimTenant]
	for i := range list {
		other := list[i]
		if i == 0 || form(other.value) != form(list[0].value) || other.confidence < Possible || oneTenant(other.value, list[0].value) {
			continue
		}
		first := list[0]
		c.Conflict = fmt.Sprintf("tenant %s (%s) or %s (%s)", first.value, first.best.Reason, other.value, other.best.Reason)
		switch {
		case first.asked:
			c.Conflict = fmt.Sprintf("tenant %s, says the provider; %s points to %s", first.value, other.best.Reason, other.value)
		case first.inside(other):
			c.Conflict = fmt.Sprintf("tenant %s, says the credential itself; %s points to %s", first.value, other.best.Reason, other.value)
		default:
			first.confidence /= 2
		}
		other.confidence /= 2
		return
	}
}

// torn reports whether two tenants are claimed and nothing decides.
func (c *Conclusion) torn() bool {
	list := c.claims[leak.ClaimTenant]
	return c.Conflict != "" && !list[0].asked && !slices.ContainsFunc(list[1:], func(o *candidate) bool { return list[0].inside(o) && form(o.value) == form(list[0].value) })
}

// oneTenant knows a subdomain and its host: acme and acme.myshopify.com.
func oneTenant(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return strings.HasPrefix(a, b+".") || strings.HasPrefix(b, a+".")
}

// form tells apart the ways in which tenants are named.
func form(tenant string) string {
	switch {
	case guid.MatchString(tenant):
		return "guid"
	case strings.Trim(tenant, "0123456789-") == "":
		return "number"
	}
	return "word"
}

// link is how sure the best name of the identity is: its own name or id; where
// there is none, the key or the tenant that it is known by.
func (c *Conclusion) link() float64 {
	named := max(c.sure(leak.ClaimName), c.sure(leak.ClaimID))
	known := max(c.sure(leak.ClaimTenant), c.sure(leak.ClaimKeyID), c.sure(leak.ClaimFingerprint), c.sure(leak.ClaimServer))
	if named >= Possible {
		return named
	}
	return max(named, known)
}

// least is how sure a name, an id and a tenant have to be for the record: a guess
// has no place in one that is sure of something better, as that does not make the
// guess sure.
func (c *Conclusion) least() float64 { return max(Possible, min(c.link(), Likely)) }

// sure is the confidence of the best value of a claim.
func (c *Conclusion) sure(claim string) float64 {
	if list := c.claims[claim]; len(list) > 0 {
		return list[0].confidence
	}
	return 0
}

// get is the best value of a claim if it is as sure as least.
func (c *Conclusion) get(claim string, least float64) string {
	if list := c.claims[claim]; len(list) > 0 && list[0].confidence >= least {
		return list[0].value
	}
	return ""
}

// all are the values of a claim that are as sure as least, sorted.
func (c *Conclusion) all(claim string, least float64) (out []string) {
	for _, v := range c.claims[claim] {
		if v.confidence >= least {
			out = append(out, v.value)
		}
	}
	slices.Sort(out)
	return out
}

// time is the best value of a claim that is a date. Dates before computers and
// those that no format can hold are none.
func (c *Conclusion) time(claim string) time.Time {
	for _, v := range c.claims[claim] {
		for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
			if t, err := time.Parse(layout, v.value); err == nil && t.Year() >= 1970 && t.Year() <= 9999 {
				return t.UTC()
			}
		}
	}
	return time.Time{}
}

// environment is where the credential works, and how that is known: prod where
// as much speaks for it as for another.
func (c *Conclusion) environment() (name, source string) {
	best := &candidate{}
	for _, v := range c.claims[leak.ClaimEnvironment] {
		if v.confidence > best.confidence || v.confidence == best.confidence && normal(leak.ClaimEnvironment, v.value) == "prod" {
			best = v
		}
	}
	if best.value == "" {
		return "", ""
	}
	name = normal(leak.ClaimEnvironment, best.value)
	return name, string(best.best.Class) + ":" + name
}
