package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// judge decides without asking anybody. An empty Status says that the
// credential is to be asked about, by those calls.
func (e *Engine) judge(f *leak.Finding) (leak.Verdict, *kind, []Call) {
	no := func(s leak.Status, why string) (leak.Verdict, *kind, []Call) {
		return leak.Verdict{Status: s, Reason: why}, nil, nil
	}
	if by, ok := canary(f.Parts); ok {
		return trap(by), nil, nil
	}
	if e.cfg.Offline != nil {
		if v, ok := e.cfg.Offline(f); ok {
			return v, nil, nil
		}
	}
	k := e.kinds[f.Rule.ID]
	switch {
	case k == nil:
		return no(leak.Unverifiable, "whosekey knows no way to ask")
	case f.Confidence == leak.Low || f.Rule.ID == rules.Generic:
		return no(leak.SkippedCheck, "of low confidence: it is sent to nobody")
	}
	if u, ok := k.verifier.(unverifiable); ok {
		return no(leak.Unverifiable, u.why)
	}
	if tenant := foreign(f.Parts, e.cfg.OwnTenants); tenant != "" {
		return no(leak.SkippedCheck, tenant+" is not among yours")
	}
	if c := k.verifier.Class(); c > e.most() {
		return no(leak.SkippedCheck, fmt.Sprintf("asking is of class %s, which reads data: --verify extended", c))
	}
	calls, err := k.verifier.Plan(Query{Rule: f.Rule.ID, Parts: f.Parts, Extended: e.cfg.Mode == Extended, Now: e.cfg.Now(), Certificates: e.cfg.Certificates})
	if err != nil {
		return no(leak.Unknown, redacted(f.Parts, err.Error()))
	}
	calls = slices.DeleteFunc(calls, func(c Call) bool { return c.Class > e.most() })
	possible, err := e.reachable(k, calls)
	if err != nil {
		return no(leak.SkippedCheck, redacted(f.Parts, err.Error()))
	}
	return leak.Verdict{}, k, possible
}

func redacted(parts leak.Parts, text string) string {
	var r leak.Redactor
	r.Add(parts)
	r.Ready()
	return r.Clean(text)
}

// reachable returns the calls that may be made, or why none of them may.
func (e *Engine) reachable(k *kind, calls []Call) (possible []Call, why error) {
	for _, c := range calls {
		t, ok := parseTarget(c.Host, "443")
		err := error(errNoHost)
		if ok {
			err = e.door.permits(t, k.hosts)
		}
		if err == nil {
			possible = append(possible, c)
		} else if why == nil {
			why = err
		}
	}
	if len(possible) > 0 {
		why = nil
	}
	return possible, why
}

// reserve sets aside what the jobs need of the budget, the most severe first,
// and for the first of each verifier what its negative control needs. That is
// done before anything is asked, so that the outcome does not depend on who
// answers first.
func (e *Engine) reserve(jobs []*job) {
	for _, j := range jobs {
		j.credit = &credit{pool: e.budget}
		need := len(j.calls)
		more := need
		if e.credits[j.queue()] != nil || j.kind.verifier.Control() != "" {
			more = 0
		}
		if more > 0 && e.budget.take(need+more) {
			j.credit.left = need
			e.prepaid(j.queue()).left += more
			continue
		}
		if !e.budget.take(need) {
			j.verdict = leak.Verdict{Status: leak.SkippedCheck, Reason: fmt.Sprintf("the budget of %d calls is used up", e.cfg.Budget)}
			continue
		}
		j.credit.left = need
	}
}

// Planned is what would become of a finding.
type Planned struct {
	Finding *leak.Finding
	// Verdict says why nobody would be asked; its Status is empty otherwise.
	Verdict leak.Verdict
	Calls   []Call
	// Control says that the first calls could be made once more, with a made-up
	// credential.
	Control bool
}

// Plan tells what Verify would ask in the mode of the engine; in the modes off
// and plan, in the mode extended, but without further questions. It asks
// nobody, resolves no name, and changes no finding. Each credential is planned
// once, with the first of its findings.
func (e *Engine) Plan(fs []*leak.Finding) []Planned {
	seen := map[string]bool{}
	var out []Planned
	for _, f := range fs {
		v, k, calls := e.judge(f)
		p := Planned{Finding: f, Verdict: v, Calls: calls}
		if v.Status == "" {
			key := e.key(k, f.Parts)
			if seen[key] {
				continue
			}
			seen[key] = true
			p.Control = k.verifier.Control() == ""
		}
		out = append(out, p)
	}
	return out
}

// Egress is a host that may be contacted.
type Egress struct {
	Host      string       // "api.acme.com", "*.acme.com", "db.acme.com:5432"
	Classes   []leak.Class // of the calls
	Providers []string     // whose credentials are sent there
	Rules     []string
	Allowed   bool // by the user
}

// Hosts lists the hosts that may be contacted in the mode of the engine; in the
// modes off and plan, those of all.
func (e *Engine) Hosts() []Egress {
	byHost := map[string]*Egress{}
	at := func(host string) *Egress {
		if byHost[host] == nil {
			byHost[host] = &Egress{Host: host}
		}
		return byHost[host]
	}
	for rule, k := range e.kinds {
		if k.verifier.Class() > e.most() {
			continue
		}
		for _, p := range k.hosts {
			h := at(p.String())
			h.Rules = append(h.Rules, rule)
			h.Providers = append(h.Providers, k.provider)
			h.Classes = append(h.Classes, classesOf(k.verifier, e.most())...)
		}
	}
	for _, p := range e.door.allow {
		at(p.String()).Allowed = true
	}
	var out []Egress
	for _, h := range byHost {
		h.Rules, h.Providers, h.Classes = sorted(h.Rules), sorted(h.Providers), sorted(h.Classes)
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b Egress) int { return strings.Compare(a.Host, b.Host) })
	return out
}

func sorted[T ~string](s []T) []T {
	slices.Sort(s)
	return slices.Compact(s)
}

func classesOf(v Verifier, most leak.Class) []leak.Class {
	out := []leak.Class{v.Class()}
	if t, ok := v.(*table); ok && most == leak.S2 && slices.ContainsFunc(t.steps, func(s step) bool { return s.extended }) {
		out = append(out, leak.S2)
	}
	if f, ok := v.(interface{ Further() leak.Class }); ok && f.Further() <= most {
		out = append(out, f.Further())
	}
	return out
}
