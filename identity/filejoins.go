package identity

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/leak"
)

// A fileJoin is a form of file in which the server of a credential stands in another part than
// the credential: Maven and NuGet name the server by an id, Sentry's command line has a
// section of defaults.
type fileJoin struct {
	file      func(name string) bool // in lower case
	providers []string               // of the rules whose credentials it may hold
	said      func(*files, context.Context, *Query, *Place, string) []leak.Evidence
}

var joins = []fileJoin{
	{
		func(name string) bool { return name == ".sentryclirc" || name == "sentry.properties" }, []string{"sentry"},
		func(_ *files, _ context.Context, _ *Query, p *Place, _ string) []leak.Evidence {
			return decode.SentryDefaults(string(p.Text))
		},
	},
	{
		func(name string) bool {
			return name == "nuget.config" || strings.HasSuffix(name, ".xml") && strings.Contains(name, "settings")
		}, []string{"", "generic", "maven", "nuget", "httpauth"}, (*files).server,
	},
}

// joined is what a file says of a credential in another of its parts than the one that
// it stands in.
func (s *files) joined(ctx context.Context, q *Query, p *Place, secret string) []leak.Evidence {
	if p.FirstLine > 1 {
		return nil
	}
	name := strings.ToLower(path.Base(p.Path))
	for i := range joins {
		if j := &joins[i]; j.file(name) && slices.Contains(j.providers, q.Finding.Rule.Provider) {
			return beside(j.said(s, ctx, q, p, secret), p)
		}
	}
	return nil
}

// beside is evidence of a file as that of neighbours.
func beside(said []leak.Evidence, p *Place) []leak.Evidence {
	for i := range said {
		said[i].Class, said[i].Ref = leak.FromNeighbour, cmp.Or(said[i].Ref, p.Path)
	}
	return said
}

// server is the server of an entry of a file of log-ins, and what it is. Of Maven's, the
// project says the address where the settings do not: maven.apache.org/ref/4.0.0-beta-4/maven-settings/settings.html.
func (s *files) server(ctx context.Context, q *Query, p *Place, secret string) (out []leak.Evidence) {
	label, server := "", ""
	for _, e := range s.entry(p, secret) {
		switch e.Claim {
		case leak.ClaimServer, leak.ClaimProvider, leak.ClaimName:
			e.Weight = weightOwn
			out = append(out, e)
		case leak.ClaimType:
			out = append(out, e)
		}
		switch e.Claim {
		case leak.ClaimServer:
			server = e.Value
		case leak.ClaimLabel:
			label = e.Value
		}
	}
	if server != "" || label == "" || q.Repo == nil || !strings.HasSuffix(strings.ToLower(p.Path), ".xml") {
		return out
	}
	dir := path.Dir(q.In(&p.Location))
	for range maxParents {
		pom := path.Join(dir, "pom.xml")
		if text, whole, err := q.Repo.ReadFile(ctx, "", pom, MaxText); err == nil && whole {
			if host := decode.MavenRepository(string(text), label); host != "" {
				return append(out, leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimServer, Value: host, Weight: inProject, Reason: "the repository " + label + " of the project", Ref: pom})
			}
		}
		if dir == "." || dir == "/" || dir == "" {
			break
		}
		dir = path.Dir(dir)
	}
	return out
}

const (
	// maxParents is how many folders above a file are looked into.
	maxParents = 8
	// inProject is how much counts what another file of the project says by the same id.
	inProject = 0.75
)
