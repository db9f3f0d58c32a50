package names

import (
	"encoding/base64"
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

// cloudServer is the server of Elasticsearch that a cloud id of Elastic's names behind
// its colon, in base64: "eu-west-1.aws.found.io:9243$<Elasticsearch>$<Kibana>"
// (https://www.elastic.co/docs/deploy-manage/deploy/elastic-cloud/find-cloud-id).
func cloudServer(encoded string) string {
	text, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	parts := strings.Split(string(text), "$")
	if err != nil || len(parts) < 2 {
		return ""
	}
	host, port, _ := strings.Cut(parts[0], ":")
	if server := parts[1] + "." + host; hosted.MatchString(server) {
		if port != "" && port != "443" {
			server += ":" + port
		}
		return server
	}
	return ""
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
