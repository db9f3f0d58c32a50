package verify

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// paired is a Verifier of credentials in several pieces, whose refusal means all
// of them. Of other Verifiers in Go a refusal tells which piece was refused.
type paired interface {
	// Pairs are the pieces that decide beside the secret.
	Pairs() []string
}

func (azureClient) Pairs() []string  { return []string{"client_id", "tenant_id"} }
func (azureStorage) Pairs() []string { return []string{"account"} }
func (*githubApp) Pairs() []string   { return []string{"app"} }
func (*ociLogin) Pairs() []string    { return []string{"user", "host", "registry"} }
func (login) Pairs() []string        { return []string{"user", "host", "database", "jwt"} }
func (atlasKey) Pairs() []string     { return []string{"public_key"} }
func (*kubernetes) Pairs() []string  { return []string{"host"} } // of several clusters
func (ovhKey) Pairs() []string       { return []string{"app_key", "consumer_key"} }

// Pairs implements paired: all pieces that stand in the requests, but for the
// whole host. Which server is meant is another question: see servers.
func (t *table) Pairs() (names []string) {
	for i := range t.steps {
		if s := &t.steps[i]; !s.extended {
			names = append(names, s.names()...)
		}
	}
	return sorted(names)
}

// doubt makes of a refusal that nobody knows if a piece that merely stands near
// the credential may be another's: then it is the pair that was refused.
func (j *job) doubt() {
	v := &j.verdict
	p, ok := j.kind.verifier.(paired)
	if v.Status != leak.Dead || !ok {
		return
	}
	pairs := append(p.Pairs(), leak.SecretPart)
	var loose []string
	for _, name := range j.findings[0].Loose {
		if slices.Contains(pairs, name) {
			loose = append(loose, strings.ReplaceAll(name, "_", " "))
		}
	}
	if len(loose) == 0 {
		return
	}
	v.Status, v.Facts = leak.Unknown, nil
	v.Reason += ": refused together with the " + strings.Join(loose, " and ") + " near it, which may belong to another credential"
	for i := range v.Asked {
		if v.Asked[i].Status == leak.Dead {
			v.Asked[i].Status, v.Asked[i].Reason = v.Status, v.Reason
		}
	}
}

// names are the pieces that stand in a request, but for the whole host.
func (s *step) names() (out []string) {
	all := []template{s.path, s.query, s.user, s.password, s.body}
	if !s.whole() {
		all = append(all, s.host)
	}
	for _, t := range s.header {
		all = append(all, t)
	}
	for _, t := range all {
		out = append(out, t.names...)
	}
	return out
}
