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

// Pairs implements paired: all pieces that stand in the requests, the server
// included: another one that is named nearby may be the right one.
func (t *table) Pairs() (names []string) {
	for i := range t.steps {
		if s := &t.steps[i]; !s.extended {
			names = append(names, s.names()...)
		}
	}
	return sorted(names)
}

// sited is a Verifier that asks the server that stands beside a credential.
type sited interface {
	// Site is the piece that names the server, with its value; both empty if the
	// server is the provider's own, one that the user names in settings, or none.
	Site(q Query) (piece, server string)
}

// Site implements sited.
func (t *table) Site(q Query) (piece, name string) {
	host := t.hostPart()
	if len(host.names) == 0 {
		return "", ""
	}
	piece, name = host.names[0], t.known(&q, host.names[0])
	if name == "" || name != q.part(piece) || t.ours(name) {
		return "", "" // what stands in the credential itself is sure
	}
	all, err := t.servers(&q)
	if err != nil || slices.ContainsFunc(t.endpoints, func(e server) bool { return e.host == all[0].host }) {
		return "", ""
	}
	return piece, name
}

// Site implements sited.
func (login) Site(q Query) (piece, server string) { return "host", q.part("host") }

// Site implements sited.
func (k *kubernetes) Site(q Query) (piece, server string) { return k.site(&q, "host") }

// Site implements sited.
func (*ociLogin) Site(q Query) (piece, server string) {
	if text := q.part("registry"); text != "" {
		return "registry", text
	}
	return "host", q.part("host")
}

// site is the piece, unless the user names its server in settings.
func (o *own) site(q *Query, piece string) (string, string) {
	host := q.part(piece)
	if slices.ContainsFunc(o.servers, func(s server) bool { return s.host == host }) {
		return "", ""
	}
	return piece, host
}

// strayed says why a credential is not sent to the server that stands beside it:
// another could be meant as well, or something divides them. Empty if it may be.
func (k *kind) strayed(f *leak.Finding, q Query) string {
	s, ok := k.verifier.(sited)
	if !ok || len(f.Loose) == 0 {
		return ""
	}
	piece, server := s.Site(q)
	if server == "" || !slices.Contains(f.Loose, piece) {
		return ""
	}
	if t, ok := parseTarget(server, "443"); ok {
		if _, ok := k.hosts.find(t.host, t.port); ok {
			return "" // of the provider's own
		}
	}
	fix := "--part " + piece + "=" + server + " of whosekey verify says that it is"
	if t, ok := k.verifier.(*table); ok {
		fix = "an endpoint of " + t.provider + " in your settings names the right one"
	}
	return "not asked: " + server + " merely stands near it, and may not be its server; " + fix
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
	in := func(list []string) (names []string) {
		for _, name := range list {
			if slices.Contains(pairs, name) {
				names = append(names, strings.ReplaceAll(name, "_", " "))
			}
		}
		return names
	}
	loose, elsewhere := in(j.findings[0].Loose), in(j.findings[0].Elsewhere)
	elsewhere = slices.DeleteFunc(elsewhere, func(name string) bool { return name == "database" }) // one password for all of a server
	switch {
	case len(loose) > 0:
		v.Reason += ": refused together with the " + strings.Join(loose, " and ") + " near it, which may belong to another credential"
	case len(elsewhere) > 0:
		v.Reason += ": refused together with the " + strings.Join(elsewhere, " and ") + " beside it; in another place it stands beside another"
	default:
		return
	}
	v.Status, v.Facts = leak.Unknown, nil
	for i := range v.Asked {
		if v.Asked[i].Status == leak.Dead {
			v.Asked[i].Status, v.Asked[i].Reason = v.Status, v.Reason
		}
	}
}

// names are the pieces that stand in a request.
func (s *step) names() (out []string) {
	all := []template{s.host, s.path, s.query, s.user, s.password, s.body}
	for _, t := range s.header {
		all = append(all, t)
	}
	for _, t := range all {
		out = append(out, t.names...)
	}
	return out
}
