package verify

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Egress is a host that may be contacted.
type Egress struct {
	Host      string       // "api.acme.com", "*.acme.com"
	Port      string       // "443"; empty for all
	Classes   []leak.Class // of the calls
	Providers []string     // whose credentials are sent there
	Rules     []string
	Allowed   bool // by the user
}

// Hosts lists the hosts that may be contacted in the mode of the engine, each
// once with a port; in the modes off and plan, those of all.
func (e *Engine) Hosts() []Egress {
	all := egressList{}
	for rule, k := range e.kinds {
		if k.verifier.Class() > e.most() {
			continue
		}
		for _, p := range k.hosts {
			h := all.at(p)
			h.Rules = append(h.Rules, rule)
			h.Providers = append(h.Providers, k.provider)
			h.Classes = append(h.Classes, classesAt(k.verifier, p, e.most())...)
		}
	}
	for _, p := range e.door.allow {
		all.at(p).Allowed = true
	}
	var out []Egress
	for _, h := range all {
		if whole := all[[2]string{h.Host, ""}]; whole != nil && h != whole { // what allows all ports allows this one
			whole.Rules, whole.Providers = append(whole.Rules, h.Rules...), append(whole.Providers, h.Providers...)
			whole.Classes = append(whole.Classes, h.Classes...)
		}
	}
	for _, h := range all {
		if whole := all[[2]string{h.Host, ""}]; whole != nil && h != whole {
			continue
		}
		h.Rules, h.Providers, h.Classes = sorted(h.Rules), sorted(h.Providers), sorted(h.Classes)
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b Egress) int { return strings.Compare(a.Host+" "+a.Port, b.Host+" "+b.Port) })
	return out
}

// egressList is by host and port.
type egressList map[[2]string]*Egress

func (l egressList) at(p pattern) *Egress {
	host := p.host
	if p.below {
		host = "*." + host
	}
	key := [2]string{host, p.port}
	if l[key] == nil {
		l[key] = &Egress{Host: host, Port: p.port}
	}
	return l[key]
}

func sorted[T ~string](s []T) []T {
	slices.Sort(s)
	return slices.Compact(s)
}

// classesAt are those of the calls that a verifier makes at one of its hosts.
func classesAt(v Verifier, at pattern, most leak.Class) []leak.Class {
	has := func(hosts []string) bool {
		return slices.ContainsFunc(hosts, func(h string) bool {
			p, err := declared(h)
			return err == nil && p == at
		})
	}
	further, _ := v.(interface{ FurtherHosts() []string })
	if further != nil && has(further.FurtherHosts()) {
		return []leak.Class{leak.S2}
	}
	out := []leak.Class{v.Class()}
	if t, ok := v.(*table); ok && most == leak.S2 && has(t.hostsOf(false, true)) {
		out = append(out, leak.S2)
	}
	return out
}
