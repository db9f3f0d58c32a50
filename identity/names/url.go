package names

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// tokenUsers stand before a token in a URL and are nobody.
var tokenUsers = set("x-access-token x-token-auth x-oauth-basic oauth2 oauth git gitlab-ci-token token user username pat private-token ci build")

// url looks at https://user:TOKEN@host/ around a token of a forge.
func (s *search) url(p *identity.Place, ref string) {
	switch s.q.Finding.Rule.Provider {
	case "github", "gitlab", "bitbucket", "azure":
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

// maxString is the longest connection string around a password, in bytes, to either
// side of it.
const maxString = 1 << 10

var ampersands = strings.NewReplacer("&amp;", "&", `\u0026`, "&")

// connection says what the connection string around a password does: a quoted text,
// that of an element, or the rest of a line. Which quotes are its own and which a
// value's is not known, so the shortest is taken that is one with this password.
func (s *search) connection(p *identity.Place, ref string) {
	start, end := max(0, min(p.Start, len(p.Text))), max(0, min(p.End, len(p.Text)))
	if start >= end {
		return
	}
	before, after := string(p.Text[max(0, start-maxString):start]), string(p.Text[end:min(len(p.Text), end+maxString)])
	before = before[strings.LastIndexAny(before, "\r\n")+1:]
	if i := strings.IndexAny(after, "\r\n"); i >= 0 {
		after = after[:i]
	}
	if !strings.Contains(before+after, "=") && !strings.Contains(after, "@tcp(") {
		return
	}
	secret := string(p.Text[start:end])
	tell := func(text, left, right string) bool {
		said := decode.Connection(ampersands.Replace(text), secret)
		for _, e := range said {
			if e.Claim == leak.ClaimNote || !settled(e.Value) {
				continue
			}
			e.Class, e.Ref, e.Weight = leak.FromNeighbour, ref, min(e.Weight, around.InBlock)
			s.lines = 0
			s.add(e)
		}
		if kind := cmp.Or(framework(left, right), enclosing(p.Around().Key.Above)); kind != "" && len(said) > 0 && !slices.ContainsFunc(said, func(e leak.Evidence) bool { return e.Claim == leak.ClaimProvider }) {
			s.add(leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimProvider, Value: kind, Weight: around.InBlock, Reason: "words beside the connection string around it", Ref: ref})
		}
		return len(said) > 0
	}
	if i := strings.LastIndex(before, "jdbc:"); i >= 0 {
		rest := after
		if j := strings.IndexAny(after, " \t\"'`<>\\"); j >= 0 {
			rest = after[:j]
		}
		if tell(before[i:]+secret+rest, "", "") {
			return
		}
	}
	for _, q := range [][2]string{{`"`, `"`}, {"`", "`"}, {"'", "'"}, {">", "<"}, {"&quot;", "&quot;"}, {"=", "\n"}, {": ", "\n"}, {"\n", "\n"}} {
		left, right, beyond := before, after, ""
		i := strings.LastIndex(before, q[0])
		if q[1] == "\n" {
			i = strings.Index(before, q[0]) // the name of a field, the whole line
		}
		if i >= 0 {
			left = before[i+len(q[0]):]
		}
		if i := strings.Index(after, q[1]); i >= 0 {
			right, beyond = after[:i], after[i:]
		}
		if tell(strings.Trim(strings.TrimRight(left+secret+right, "\\;"), "\"' \t"), before[:len(before)-len(left)], beyond) {
			return
		}
	}
}

// enclosing says the same by the nearest name that does, of those that enclose it.
func enclosing(above []string) string {
	for _, name := range above[:min(len(above), 3)] {
		if kind, t := decode.Server(Words(name)); t == leak.DatabaseUser {
			return kind
		}
	}
	return ""
}

// sqlClient are names of Microsoft's classes, and not those of others such as
// MySqlConnection.
var sqlClient = lazy.New(`\bSqlC(?:lient|onnection)`)

// framework says which kind of server a connection string is for that does not say it
// itself, by what stands beside it in the same statement, element or field: the name of
// a field, a call such as UseMySql, ASP.NET's providerName.
func framework(left, right string) string {
	left = left[strings.LastIndexAny(left, ",;{}>")+1:]
	if i := strings.IndexAny(right, ",;{}>"); i >= 0 {
		right = right[:i]
	}
	found := ""
	for _, text := range []string{left, right} {
		kind, t := decode.Server(Words(text))
		if sqlClient.MatchString(text) {
			kind, t = "sqlserver", leak.DatabaseUser
		}
		if kind != "" && t == leak.DatabaseUser && found != "" && kind != found {
			return ""
		}
		if kind != "" && t == leak.DatabaseUser {
			found = kind
		}
	}
	return found
}
