package verify

import (
	"fmt"
	"maps"
	"slices"

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
	k := e.kindOf(f)
	switch {
	case k == nil:
		return no(leak.Unverifiable, "whosekey knows no way to ask")
	case e.unsure(f, k):
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
	q := e.query(f)
	if why := k.strayed(f, q); why != "" {
		return no(leak.Unknown, redacted(f.Parts, why))
	}
	calls, err := k.verifier.Plan(q)
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

// unsure reports whether nobody knows what a credential is, so that it could only be
// sent to the wrong one. What its own URL, or the settings around it, say the server of
// is not sent elsewhere, whatever it looks like: both must be allowed by the user.
func (e *Engine) unsure(f *leak.Finding, k *kind) bool {
	if _, in := k.verifier.(login); in && f.Rule.ID != rules.Generic {
		return false
	}
	return (f.Confidence == leak.Low && !e.cfg.Named || f.Rule.ID == rules.Generic) && k == e.kinds[f.Rule.ID]
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
// answers first. It returns those that there is enough for, and the others.
func (e *Engine) reserve(jobs []*job) (now, later []*job) {
	for _, j := range jobs {
		j.credit = &credit{pool: e.budget}
		need := len(j.calls) + j.kind.controls()
		more := len(j.calls)
		if e.credits[j.queue()] != nil || j.kind.verifier.Control() != "" {
			more = 0
		}
		switch {
		case more > 0 && e.budget.take(need+more):
			e.prepaid(j.queue()).left += more
		case e.budget.take(need):
		default:
			j.verdict = leak.Verdict{Status: leak.SkippedCheck, Reason: fmt.Sprintf("the budget of %d calls is used up", e.cfg.Budget)}
			later = append(later, j)
			continue
		}
		j.credit.left, j.verdict = need, leak.Verdict{}
		now = append(now, j)
	}
	return now, later
}

// release gives back what was set aside and not needed: for controls of those that
// nobody said live of, and further servers that there was no need to ask.
func (e *Engine) release(jobs []*job) {
	for _, j := range jobs {
		j.credit.release()
	}
	for queue, c := range e.credits {
		if c.release() > 0 {
			delete(e.credits, queue) // it may still be needed
		}
	}
}

// controls is how many calls a verifier may make for a control of its own.
func (k *kind) controls() int {
	if c, ok := k.verifier.(interface{ Controls() int }); ok {
		return c.Controls()
	}
	return 0
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
// once, with the first of its findings, and with the servers of all its places.
func (e *Engine) Plan(fs []*leak.Finding) []Planned {
	_, same := e.spread(fs)
	seen := map[string]bool{}
	var out []Planned
	var jobs []*job
	of := map[*job]int{} // in out
	for _, f := range fs {
		places, before := same[f], len(jobs)
		if places == nil {
			places = []*leak.Finding{f}
		}
		p := Planned{Finding: f}
		for _, one := range places {
			v, k, calls := e.judge(one)
			if v.Status != "" {
				p.Verdict = v
			} else if key := e.key(k, one, calls); !seen[key] {
				seen[key] = true
				j := &job{kind: k, calls: calls, findings: []*leak.Finding{one}}
				jobs, of[j] = append(jobs, j), len(out)
			}
		}
		if len(jobs) > before || p.Verdict.Status != "" {
			out = append(out, p)
		}
	}
	e.sparing(jobs, maps.Clone(e.attempts))
	for _, j := range jobs {
		p := &out[of[j]]
		if p.Verdict = j.verdict; p.Verdict.Status == "" {
			p.Calls = append(p.Calls, j.calls...)
			p.Control = p.Control || j.kind.verifier.Control() == "" || j.kind.controls() > 0
		}
	}
	for i := range out {
		if len(out[i].Calls) > 0 { // in one of its places
			out[i].Verdict = leak.Verdict{}
		}
	}
	return out
}
