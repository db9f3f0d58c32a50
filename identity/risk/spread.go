package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Spread judges an identity again whose records in several runs were joined: what
// it adds that it is in more repositories or environments, or that somebody knows it.
// The other factors need the places of the credentials; they stay as they were.
func (a *Assessor) Spread(id *leak.Identity) {
	worst := -1
	all := slices.Clone(id.Controls)
	for i := range id.Credentials {
		c := &id.Credentials[i]
		if len(c.Risk.Factors) > 0 {
			a.spread(id, c)
		}
		all = append(all, c.Controls...)
		if c.Risk.Score > worst {
			worst, id.Risk, id.Plan = c.Risk.Score, c.Risk, c.Plan
		}
	}
	id.Controls = union(all)
}

func (a *Assessor) spread(id *leak.Identity, c *leak.Credential) {
	f := &leak.Finding{ID: c.ID, Rule: leak.RuleInfo{ID: c.Kind}}
	old := c.Risk
	r := leak.Risk{Factors: slices.Clone(old.Factors)}
	for _, factor := range r.Factors {
		if factor.Name == Validity && strings.Contains(factor.Why, "checksum") {
			f.Why = []string{factor.Why}
		}
	}
	s := a.subject(id, c, []*leak.Finding{f})
	for i, factor := range r.Factors {
		switch factor.Name {
		case Governance:
			r.Factors[i] = a.governance(s)
		case Reach:
			r.Factors[i] = a.reach(s)
		}
		r.Score += r.Factors[i].Points
	}
	r.Score = min(r.Score, 100)
	most, why := a.cap(s)
	if _, reason, ok := strings.Cut(old.Cap, ": "); ok && old.Score <= most {
		most, why = old.Score, reason
	}
	if most < r.Score {
		r.Cap = fmt.Sprintf("%d points, but no more than %d: %s", r.Score, most, why)
		r.Score = most
	}
	r.Band = a.policy.band(r.Score)
	c.Risk = r
	if c.State == leak.Canary {
		return
	}
	for id, why := range map[string]string{"NHI8": s.environmentsMixed(), "NHI9": s.reused()} {
		if why != "" {
			c.Controls = union(append(slices.DeleteFunc(slices.Clone(c.Controls), func(k leak.Control) bool { return k.ID == id }), listed(id, why)...))
		}
	}
}

// listed are a risk of the OWASP list and the clauses that it is linked to.
func listed(id, why string) []leak.Control {
	out := []leak.Control{{ID: id, Title: OWASP[id], Why: why}}
	linked := leak.LinkedBy + id + ": " + why
	for _, clause := range Mapping[id] {
		out = append(out, leak.Control{ID: clause, Title: Clauses[clause], Why: linked})
	}
	return out
}
