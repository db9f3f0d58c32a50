package verify

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// atlasKey asks MongoDB Atlas whose an API key is: the root of its API says so,
// and needs no role
// (https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/operation/operation-getsystemstatus).
// The private half of the key is not sent: it answers the server's challenge, by
// HTTP's digest authentication (RFC 7616).
//
// Atlas for Government has keys of its own, which look the same
// (https://www.mongodb.com/docs/atlas/government/api/): only a key that both
// refuse is dead.
type atlasKey struct{}

var atlasHosts = []string{"cloud.mongodb.com", "cloud.mongodbgov.com"}

const atlasRoot = "/api/atlas/v2"

var atlasPublic = lazy.New(`^[0-9a-z]{8}$`)

func (atlasKey) Class() leak.Class { return leak.S0 }
func (atlasKey) Control() string   { return "" }
func (atlasKey) Hosts() []string   { return slices.Clone(atlasHosts) }

func atlasParts(q *Query) error {
	switch id := q.part("public_key"); {
	case id == "":
		return need("public half of the key")
	case !atlasPublic.MatchString(id):
		return problem("the public half of the key beside it is none")
	}
	return nil
}

func (atlasKey) Plan(q Query) (out []Call, err error) {
	for _, host := range atlasHosts {
		out = append(out, Call{leak.S0, "GET", host, atlasRoot})
	}
	return out, atlasParts(&q)
}

func (atlasKey) Verify(ctx context.Context, q Query) leak.Verdict {
	if err := atlasParts(&q); err != nil {
		return stopped(leak.S0, err)
	}
	var refused leak.Verdict
	var all heard
	for i, host := range atlasHosts {
		if q.Only != "" && !q.isOnly(host) {
			continue
		}
		v := q.atlas(ctx, host)
		all.add(v)
		if v.Status == leak.Unknown && i > 0 && !q.Control {
			return all.in(is(refused, leak.Unknown, refused.Host+" does not know it; it may be one of "+v.Host+": "+v.Reason))
		}
		if v.Status != leak.Dead {
			return all.in(v)
		}
		if refused = v; q.Control {
			break
		}
	}
	return all.in(refused)
}

// atlas asks at one host.
func (q *Query) atlas(ctx context.Context, host string) leak.Verdict {
	ask := func(authorization string) (*answer, leak.Verdict) {
		r := newGet(&url.URL{Scheme: "https", Host: host, Path: atlasRoot})
		r.Header.Set("Accept", "application/vnd.atlas.2023-01-01+json")
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		return q.call(ctx, leak.S0, r)
	}
	a, v := ask("")
	if a == nil {
		return v
	}
	proof, err := digestProof(a, q.part("public_key"), q.part(leak.SecretPart), atlasRoot, rand.Text())
	if err != nil {
		return is(v, leak.Unknown, err.Error())
	}
	if a, v = ask(proof); a == nil {
		return v
	}
	return atlasVerdict(q, a, v)
}

// atlasVerdict reads an answer
// (https://www.mongodb.com/docs/atlas/api/api-authentication/): a key that may
// not be used from here is refused with 403.
func atlasVerdict(q *Query, a *answer, v leak.Verdict) leak.Verdict {
	stale := strings.Contains(strings.ToLower(a.Header.Get("Www-Authenticate")), "stale=true")
	switch {
	case a.Status == http.StatusOK && a.text("apiKey.publicKey") == q.part("public_key"):
		v = is(v, leak.Live, statusText(a.Status))
		v.Facts = tidyFacts(q, map[string]string{
			leak.FactKind: "api_key", leak.FactCredential: a.text("apiKey.id"), leak.FactTenant: strings.Join(slices.Compact(strings.Fields(a.text("apiKey.roles[*].orgId"))), " "),
			leak.FactScopes: a.text("apiKey.roles[*].roleName"),
		})
	case a.Status == http.StatusUnauthorized && stale:
		return is(v, leak.Unknown, "the server does not take its own challenge any more")
	case a.Status == http.StatusUnauthorized && a.text("error") == "401":
		return is(v, leak.Dead, statusText(a.Status))
	case a.Status == http.StatusForbidden && a.text("errorCode") == "IP_ADDRESS_NOT_ON_ACCESS_LIST":
		return is(v, leak.Restricted, "403 Forbidden: the key may not be used from here")
	}
	return v
}

var digestForm = lazy.New(`(?i)\b(realm|nonce|opaque|qop|algorithm)=(?:"([ !#-\[\]-~]{0,300})"|([0-9A-Za-z-]{1,20}))`)

// digestProof answers a challenge for GET. The names and values that it quotes
// are those of the server, and have no quotes in them.
func digestProof(a *answer, user, password, path, nonce string) (string, error) {
	challenge := strings.Join(a.Header.Values("Www-Authenticate"), ", ")
	if a.Status != http.StatusUnauthorized {
		return "", problem(a.unexpected() + ": it asks for no login")
	}
	_, challenge, ok := strings.Cut(challenge, "Digest ")
	if !ok {
		return "", problem("the server wants another form of login")
	}
	said := map[string]string{}
	for _, m := range digestForm.FindAllStringSubmatch(challenge, 8) {
		said[strings.ToLower(m[1])] = m[2] + m[3]
	}
	quality := slices.Contains(strings.FieldsFunc(said["qop"], func(r rune) bool { return r == ',' || r == ' ' }), "auth")
	if said["nonce"] == "" || said["qop"] != "" && !quality || said["algorithm"] != "" && !strings.EqualFold(said["algorithm"], "MD5") {
		return "", problem("the server wants another form of login")
	}
	mine, what := hexMD5(user+":"+said["realm"]+":"+password), hexMD5("GET:"+path)
	out := fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s"`, user, said["realm"], said["nonce"], path)
	if quality {
		out += fmt.Sprintf(`, qop=auth, nc=00000001, cnonce="%s", response="%s"`, nonce, hexMD5(mine+":"+said["nonce"]+":00000001:"+nonce+":auth:"+what))
	} else {
		out += fmt.Sprintf(`, response="%s"`, hexMD5(mine+":"+said["nonce"]+":"+what))
	}
	if said["opaque"] != "" {
		out += fmt.Sprintf(`, opaque="%s"`, said["opaque"])
	}
	return out, nil
}
