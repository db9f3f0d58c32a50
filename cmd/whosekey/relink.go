package main

import (
	"context"
	"slices"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/risk"
	"github.com/whosekey/whosekey/leak"
)

// relink concludes again whose the credentials of a kept run are, after asked
// were asked about: with what the report knows of them, the credentials themselves
// as far as they are there, and what the providers answered now. What they
// answered before does not count any more. Identities of a report that has none
// are not made up.
func (s *scan) relink(ctx context.Context, fs, asked []*leak.Finding) error {
	if !slices.ContainsFunc(fs, func(f *leak.Finding) bool { return f.Identity != nil }) {
		return nil
	}
	l, err := s.linker()
	if l == nil || err != nil {
		return err
	}
	points, err := s.config.Points()
	if err != nil {
		return usage(err, "")
	}
	l.opts.Now = time.Now()
	l.resolvers = []identity.Resolver{identity.FromRules(s.providers), identity.FromItself(s.providers), identity.FromVerdict()}
	for _, f := range fs {
		l.opts.Inventory = l.opts.Inventory || f.Identity != nil && (f.Identity.Inventory != nil || f.Identity.Status == leak.ShadowIdentity)
	}
	now := map[*leak.Finding]bool{}
	for _, f := range asked {
		now[f] = true
	}
	g := identity.NewGraph(l.opts)
	for _, f := range fs {
		a, where := reported(f, now[f]), l.where(ctx)
		if id := f.Identity; id != nil {
			if len(id.Repositories) > 0 && where.Repository == "" {
				where.Repository = id.Repositories[0]
			}
			if c := credentialOf(f); c != nil && where.Exposure == "" {
				where.Exposure = c.Exposure
			}
		}
		q := &identity.Query{Finding: f, Known: a.Evidence, Declared: a.Declared, Consumers: a.Consumers}
		l.prepare(q)
		more, err := l.resolve(ctx, q)
		if err != nil {
			return err
		}
		a.Add(more)
		g.Add(f, a, where)
	}
	risk.New(points, s.providers, l.opts.Now).Assess(g.Finish(), fs)
	return nil
}

// oneCredential are claims about a credential and not about its identity, which
// may have others.
var oneCredential = []string{
	leak.ClaimKeyID, leak.ClaimLabel, leak.ClaimIssued, leak.ClaimExpires, leak.ClaimLastUsed, leak.ClaimRotated,
	leak.ClaimKind, leak.ClaimFingerprint, leak.ClaimCanary,
}

// reported is what a report knows of a finding. again tells that its provider was
// asked now.
func reported(f *leak.Finding, again bool) (a identity.Answer) {
	id := f.Identity
	if id == nil {
		return a
	}
	a = identity.Answer{Consumers: id.Consumers, Declared: id.Declared, Inventory: id.Inventory}
	several := len(id.Credentials) > 1
	for _, e := range id.Evidence {
		if again && e.Class == leak.FromWhoami || several && slices.Contains(oneCredential, e.Claim) {
			continue
		}
		a.Evidence = append(a.Evidence, e)
	}
	for _, o := range id.Owners {
		if !again || o.Source != identity.OwnerWhoami {
			a.Owners = append(a.Owners, o)
		}
	}
	if c := credentialOf(f); several && c != nil {
		say := func(claim, value string) {
			if value != "" {
				a.Evidence = append(a.Evidence, leak.Evidence{Class: leak.FromNeighbour, Claim: claim, Value: value, Weight: 0.9, Reason: "as the report says"})
			}
		}
		at := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.UTC().Format(time.RFC3339)
		}
		say(leak.ClaimKeyID, c.KeyID)
		say(leak.ClaimLabel, c.Label)
		say(leak.ClaimIssued, at(c.Issued))
		say(leak.ClaimExpires, at(c.Expires))
		say(leak.ClaimRotated, at(c.Rotated))
		if !again {
			say(leak.ClaimLastUsed, at(c.LastUsed))
		}
	}
	return a
}

// credentialOf is what the identity of a finding says of it.
func credentialOf(f *leak.Finding) *leak.Credential {
	for i := range f.Identity.Credentials {
		if c := &f.Identity.Credentials[i]; c.ID == f.ID {
			return c
		}
	}
	return nil
}

// recalled is what an earlier run found out of a credential that this one did not
// read again. Who owns it is asked again: that may be another image.
func recalled(q *identity.Query) (a identity.Answer) {
	if f := q.Finding; f.Parts == nil && f.Identity != nil {
		a = reported(f, false)
		a.Owners = nil
		q.Known, q.Declared, q.Consumers = a.Evidence, a.Declared, a.Consumers
	}
	return a
}
