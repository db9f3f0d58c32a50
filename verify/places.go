package verify

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// maxPlaces is how many servers, users or ids of one credential are asked about.
const maxPlaces = 8

// spread returns the findings with one more for each other server, user or id that a
// credential stands beside in another place, and which of them are of one credential:
// the first of each list is the finding itself.
func (e *Engine) spread(fs []*leak.Finding) (all []*leak.Finding, same map[*leak.Finding][]*leak.Finding) {
	same = map[*leak.Finding][]*leak.Finding{}
	for _, f := range fs {
		e.place(f)
		all = append(all, f)
		others := e.others(f)
		if len(others) == 0 {
			continue
		}
		one := *f
		one.Elsewhere = nil // each is asked about
		list := []*leak.Finding{&one}
		for _, p := range others {
			other := one
			other.Parts, other.Loose = p.Parts, p.Loose
			list = append(list, &other)
		}
		all, same[f] = append(all[:len(all)-1], list...), list
	}
	return all, same
}

// others are the surroundings of a finding in other places that lead to another
// question, if they are so few that all can be asked.
func (e *Engine) others(f *leak.Finding) (out []leak.Surroundings) {
	k := e.kindOf(f)
	if k == nil || len(f.Others) == 0 {
		return nil
	}
	names := []string{leak.SecretPart}
	if p, ok := k.verifier.(paired); ok {
		names = append(names, p.Pairs()...)
	}
	if s, ok := k.verifier.(sited); ok {
		piece, _ := s.Site(Query{Rule: f.Rule.ID, Parts: f.Parts})
		names = append(names, piece)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "database" }) // one password for all of a server
	key := func(parts leak.Parts) string {
		var b strings.Builder
		at := leak.Finding{Rule: f.Rule, Parts: parts}
		if l, ok := e.kindOf(&at).verifier.(login); ok { // the port may be said in several ways, and the protocol differ
			if a, err := l.account(&Query{Rule: f.Rule.ID, Parts: parts}); err == nil {
				return strings.Join([]string{l.protocol, a.address(), a.user, parts["jwt"].Reveal()}, "\x00")
			}
		}
		for _, name := range names {
			b.WriteString(parts[name].Reveal() + "\x00")
		}
		return b.String()
	}
	seen := []string{key(f.Parts)}
	for _, o := range f.Others {
		if text := key(o.Parts); !slices.Contains(seen, text) {
			seen, out = append(seen, text), append(out, o)
		}
	}
	if len(out) >= maxPlaces {
		return nil
	}
	return out
}

// together makes one verdict of those of several places: what works anywhere works,
// and only what all refuse is refused.
func together(list []*leak.Finding) leak.Verdict {
	rank := func(v *leak.Verdict) int {
		return 1 + slices.Index([]leak.Status{leak.Dead, leak.Expired, leak.SkippedCheck, leak.Unchecked, leak.Unknown, leak.Restricted, leak.Live}, v.Status)
	}
	best := &list[0].Verdict
	var asked []leak.Call
	for _, f := range list {
		v := &f.Verdict
		if rank(v) > rank(best) {
			best = v
		}
		if len(v.Asked) > 0 {
			asked = append(asked, v.Asked...)
		} else if v.Host != "" {
			asked = append(asked, leak.Call{Host: v.Host, Status: v.Status, Sent: v.Sent(), Code: v.Code, When: v.When, Reason: v.Reason})
		}
	}
	out := best.Clone()
	if len(asked) > 1 {
		out.Asked = asked
	}
	switch {
	case out.Status == leak.Dead, out.Status == leak.Expired:
		out.Reason += "; so it is in all its places"
	case out.Status != leak.Live && out.Status != leak.Restricted:
		out.Reason += "; it stands beside another server, user or id in another place, and not all were asked or answered"
	}
	return out
}
