package identity

import (
	"context"
	"slices"

	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// Logins tells the logins of a file apart, if it is one that package decode
// knows: a finding for each. A login that holds one of the findings in the file
// has that one's rule. Findings that are in no login come last, as they are.
// The resolver knows what the file says of the findings it made; both are nil
// for other files.
func Logins(text string, found []*leak.Finding, salt []byte, ps []*rules.Provider) (logins, others []*leak.Finding, r Resolver) {
	entries := decode.Entries(decode.Input{Value: text})
	if len(entries) == 0 {
		return nil, found, nil
	}
	of := ofFile{said: map[*leak.Finding][]leak.Evidence{}, rules: FromRules(ps)}
	taken := map[*leak.Finding]bool{}
	for i := range entries {
		f := &leak.Finding{Confidence: leak.Low, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(entries[i].Secret())}}
		best := 0
		for _, o := range found {
			n := entries[i].Which(o.Parts[leak.SecretPart].Reveal())
			if n < 0 {
				continue
			}
			taken[o] = true
			if f.Rule.ID == "" || !f.Confidence.AtLeast(o.Confidence) || o.Confidence == f.Confidence && n < best {
				f.Rule, f.Confidence, f.Parts, best = o.Rule, o.Confidence, o.Parts, n
			}
		}
		f.ID = f.Parts[leak.SecretPart].Fingerprint(salt, f.Rule.ID)
		of.said[f] = entries[i].Evidence
		logins = append(logins, f)
	}
	others = slices.DeleteFunc(slices.Clone(found), func(f *leak.Finding) bool { return taken[f] })
	return logins, others, of
}

// ofFile knows what a file says of its logins.
type ofFile struct {
	said  map[*leak.Finding][]leak.Evidence
	rules Resolver
}

// Resolve adds to what the file says only those facts of the rule that the file
// is silent on, or as good as silent: the kind of file is no provider.
func (o ofFile) Resolve(ctx context.Context, q *Query) (Answer, error) {
	said := o.said[q.Finding]
	a, err := o.rules.Resolve(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	ruled := a.Evidence
	a.Evidence = slices.DeleteFunc(slices.Clone(said), func(e leak.Evidence) bool {
		return e.Weight < weightType && slices.ContainsFunc(ruled, func(r leak.Evidence) bool { return r.Claim == e.Claim && r.Weight > e.Weight })
	})
	for _, e := range ruled {
		if !slices.ContainsFunc(a.Evidence, func(s leak.Evidence) bool { return s.Claim == e.Claim }) {
			a.Evidence = append(a.Evidence, e)
		}
	}
	return a, nil
}
