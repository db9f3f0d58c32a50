package names

import (
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/leak"
)

// tokenUsers stand before a token in a URL and are nobody.
var tokenUsers = set("x-access-token x-token-auth x-oauth-basic oauth2 oauth git gitlab-ci-token token user username pat private-token ci build")

// url looks at https://user:TOKEN@host/ around a token of a forge.
func (s *search) url(p *identity.Place, ref string) {
	switch s.q.Finding.Rule.Provider {
	case "github", "gitlab", "bitbucket", "azure":
	case "jdbc":
		s.jdbc(p, ref)
		return
	default:
		return
	}
	before := string(p.Text[max(0, min(p.Start, len(p.Text))-200):min(p.Start, len(p.Text))])
	i := strings.LastIndex(before, "://")
	if i < 0 {
		return
	}
	name, ok := strings.CutSuffix(before[i+3:], ":")
	if !ok || !user.MatchString(name) || strings.Contains(name, "@") || tokenUsers[strings.ToLower(name)] || !settled(name) {
		return
	}
	s.add(leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimName, Value: name, Weight: around.InBlock, Reason: "the user of the URL that it stands in", Ref: ref})
}

// jdbc says which kind of database the URL around a password is for.
func (s *search) jdbc(p *identity.Place, ref string) {
	before := string(p.Text[max(0, min(p.Start, len(p.Text))-500):min(p.Start, len(p.Text))])
	if i := strings.LastIndex(before, "jdbc:"); i >= 0 && !strings.Contains(before[i:], "\n") {
		if kind := decode.Database(before[i:]); kind != "" {
			s.add(leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimProvider, Value: kind, Weight: around.InBlock, Reason: "the scheme of the URL that it stands in", Ref: ref})
		}
	}
}
