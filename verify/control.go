package verify

import (
	"context"
	"maps"
	"math/rand/v2"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/leak"
)

// control is what became of a negative control: what a verifier says about a
// credential that does not exist.
type control struct {
	status leak.Status
	text   string // for Verdict.Control
}

// prepaid is the budget that was set aside for the controls of a queue: of a
// verifier, at the hosts that its credentials were sent to.
func (e *Engine) prepaid(queue string) *credit {
	if e.credits[queue] == nil {
		e.credits[queue] = &credit{pool: e.budget}
	}
	return e.credits[queue]
}

func (j *job) queue() string { return j.kind.id + " " + j.host }

// controlAll makes the negative control for each verifier and host that said
// live, with the first such credential and at that host alone, and applies the
// outcome to all. It comes after all questions, so that it does not depend on which answer was
// first.
func (e *Engine) controlAll(ctx context.Context, jobs []*job) {
	groups := map[string][]*job{}
	for _, j := range jobs {
		if j.asked && j.verdict.Control == "" && (j.verdict.Status == leak.Live || j.verdict.Status == leak.Restricted) {
			group := j.kind.id + " " + j.verdict.Host
			groups[group] = append(groups[group], j)
		}
	}
	outcome := make(chan map[string]control, 1)
	outcome <- map[string]control{}
	var g errgroup.Group
	g.SetLimit(manyQueues)
	for group, js := range groups {
		if _, known := e.controls[group]; known {
			continue
		}
		credit := e.prepaid(js[0].queue())
		g.Go(func() error {
			c := e.control(ctx, js[0], credit)
			m := <-outcome
			m[group] = c
			outcome <- m
			return nil
		})
	}
	g.Wait()
	maps.Copy(e.controls, <-outcome)
	for group, js := range groups {
		for _, j := range js {
			e.controls[group].apply(&j.verdict)
		}
	}
}

// control asks about a made-up credential.
func (e *Engine) control(ctx context.Context, j *job, c *credit) control {
	if why := j.kind.verifier.Control(); why != "" {
		return control{status: leak.Unverifiable, text: "none: " + why}
	}
	q := e.query(j.findings[0])
	parts, why := e.makeUp(j.kind, q.Parts)
	if why != "" {
		return control{status: leak.Unverifiable, text: "inconclusive: " + why}
	}
	q.Parts, q.Control, q.Extended, q.Only = parts, true, false, j.verdict.Host
	v := e.ask(ctx, j, q, c)
	out := control{status: v.Status}
	switch v.Status {
	case leak.Dead, leak.Expired:
		out.text = "refused"
	case leak.Live:
		out.text = "accepted"
	case leak.Restricted:
		out.text = "inconclusive: a made-up credential was called restricted"
	default:
		out.text = "inconclusive: " + v.Reason
	}
	return out
}

// maxTries is how often another credential is made up for one whose checksum does not fit
// the rule's form: that of Azure's search keys is without + and /, as four in five are.
const maxTries = 20

// makeUp makes a credential that nobody has: the secret is another one, what
// belongs to it stays.
func (e *Engine) makeUp(k *kind, parts leak.Parts) (made leak.Parts, why string) {
	token := parts[leak.SecretPart].Reveal()
	rng := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	shape, checksum := k.shape(), ""
	if k.rule != nil {
		checksum = k.rule.Checksum
	}
	if checksum != "" && e.cfg.Mend == nil {
		return nil, "its checksum cannot be made"
	}
	other, ok := mutate(token, shape, rng)
	for try := 0; ok && checksum != "" && try < maxTries; try++ {
		if other, ok = e.cfg.Mend(checksum, other); !ok || shape == nil || !shape.MatchString(token) || shape.MatchString(other) {
			break
		}
		other, ok = mutate(token, shape, rng) // the checksum has characters that the form has not
	}
	if !ok || other == token {
		return nil, "nothing of its shape can be made up"
	}
	made = maps.Clone(parts)
	for name, part := range parts {
		// A piece of the secret goes with it, or the real one would be sent: a
		// webhook's token. Public ones stay: the host that it is asked about.
		v := part.Reveal()
		if at := strings.Index(token, v); at >= 0 && len(v) >= minPiece && len(other) == len(token) && !leak.PublicPart(name) {
			made[name] = leak.NewSecret(other[at : at+len(v)])
		}
	}
	made[leak.SecretPart] = leak.NewSecret(other)
	return made, ""
}

// apply changes a verdict by what became of the control.
func (c control) apply(v *leak.Verdict) {
	v.Control = c.text
	fooled := c.status == leak.Live || c.status == leak.Restricted && v.Status == leak.Restricted
	if fooled {
		v.Status, v.Reason, v.Facts = leak.Unknown, "accepts anything: a made-up credential got the same answer", nil
		v.Control = "accepted"
		for i := range v.Asked {
			if v.Asked[i].Host == v.Host {
				v.Asked[i].Status, v.Asked[i].Reason = v.Status, v.Reason
			}
		}
	}
}
