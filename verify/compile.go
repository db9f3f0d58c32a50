package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// Compile makes verifiers of what provider files say, by the id of the rule.
// Rules of one table share one Verifier. endpoints are the user's own servers by
// provider (see ParseEndpoint), which are asked instead of the provider's own. It
// is an EndpointError to name some of a provider none of whose credentials may
// belong to one.
func Compile(ps []*rules.Provider, endpoints map[string][]string) (map[string]Verifier, error) {
	out := map[string]Verifier{}
	for _, p := range ps {
		made := map[*rules.Verify]Verifier{}
		for i := range p.Rules {
			id := p.Rules[i].ID
			v := p.For(id)
			if v == nil {
				continue
			}
			if made[v] == nil {
				verifier, err := compile(p, v, endpoints[p.ID])
				if err != nil && errors.As(err, new(*EndpointError)) {
					return nil, err
				}
				if err != nil {
					return nil, fmt.Errorf("verify: %s: %w", p.File, err)
				}
				made[v] = verifier
			}
			out[id] = made[v]
		}
		if len(endpoints[p.ID]) > 0 && !slices.ContainsFunc(slices.Collect(maps.Values(made)), asksOwn) {
			return nil, &EndpointError{p.ID, "it has no servers that are somebody's own, or they are found beside its credentials"}
		}
	}
	return out, nil
}

// EndpointError says what is wrong with the endpoints of a provider, for whoever
// knows where they were named.
type EndpointError struct{ Provider, Why string }

func (e *EndpointError) Error() string { return "endpoints of " + e.Provider + ": " + e.Why }

// asksOwn reports whether a verifier asks servers that users name.
func asksOwn(v Verifier) bool {
	if t, ok := v.(*table); ok {
		return slices.ContainsFunc(t.steps, func(s step) bool { return s.whole() })
	}
	_, ok := v.(interface{ name([]server) })
	return ok
}

func compile(p *rules.Provider, v *rules.Verify, endpoints []string) (Verifier, error) {
	var servers []server
	for _, e := range endpoints {
		s, err := parseEndpoint(e)
		if err != nil {
			return nil, &EndpointError{p.ID, err.Error()}
		}
		servers = append(servers, s)
	}
	switch {
	case v.None != "":
		return unverifiable{v.None}, nil
	case v.Go != "":
		make := builtins[v.Go]
		if make == nil {
			return nil, fmt.Errorf("there is no verifier %q in this program", v.Go)
		}
		made := make()
		if o, ok := made.(interface{ name([]server) }); ok {
			o.name(servers)
		}
		if n, ok := made.(interface{ narrow([]string) }); ok && len(v.Hosts) > 0 {
			n.narrow(v.Hosts)
		} else if len(v.Hosts) > 0 {
			return nil, fmt.Errorf("the verifier %q knows its hosts itself", v.Go)
		}
		return made, nil
	}
	t := &table{verify: v, provider: p.ID, endpoints: servers}
	for _, s := range v.All() {
		t.steps = append(t.steps, compileStep(s))
	}
	for _, row := range v.Verdicts {
		t.rows = append(t.rows, compileRow(row))
	}
	t.facts = compileSources(v.Facts)
	return t, nil
}

// unverifiable is the verifier of credentials about which nobody can be asked
// safely. Its Class is empty: it asks nobody.
type unverifiable struct{ why string }

func (u unverifiable) Plan(Query) ([]Call, error) { return nil, nil }
func (u unverifiable) Hosts() []string            { return nil }
func (u unverifiable) Class() leak.Class          { return "" }
func (u unverifiable) Control() string            { return "nobody is asked" }
func (u unverifiable) Verify(context.Context, Query) leak.Verdict {
	return leak.Verdict{Status: leak.Unverifiable, Reason: u.why}
}

// PartNames are the names of the pieces that a verifier may make use of.
func PartNames(v Verifier) (out []string) {
	if _, ok := v.(unverifiable); ok {
		return nil
	}
	if p, ok := v.(pieced); ok {
		return p.Pieces()
	}
	t, ok := v.(*table)
	if !ok {
		return nil
	}
	for _, s := range t.verify.All() {
		fields := []string{s.Request, s.Basic, s.Body}
		out = append(out, parseTemplate(strings.Join(append(fields, slices.Collect(maps.Values(s.Header))...), " ")).names...)
	}
	if t.hostPart().names != nil {
		out = append(out, "port")
	}
	slices.Sort(out)
	return slices.Compact(out)
}
