package verify

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// githubApp asks whether a private key signs for a GitHub App: it signs a JWT
// of a few minutes, with which the app may ask who it is
// (https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app). The
// key is not sent. Where no server stands beside it, the GitHub Enterprise Servers
// that the user names are asked, "https://github.acme.example/api/v3", or else
// GitHub's own.
type githubApp struct{ own }

const githubAPI = "api.github.com"

var githubAppID = lazy.New(`^([0-9]{1,10}|Iv[0-9A-Za-z.]{10,30})$`)

func (*githubApp) Class() leak.Class { return leak.S0 }
func (*githubApp) Control() string   { return "" }
func (*githubApp) Hosts() []string   { return []string{githubAPI} }

// all are the servers to ask: the one that stands beside the key, and the user's;
// without either, GitHub's own.
func (g *githubApp) all(q *Query) []server {
	var beside *server
	if host, err := asHost(q.part("host")); err == nil && host != "github.com" && !strings.HasSuffix(host, ".github.com") {
		s := g.known(host)
		if up := s.api([]string{".ghe.com"}); up.host != s.host {
			s = g.known(up.host)
		}
		if s.base == "" && !strings.HasPrefix(s.host, "api.") {
			s.base = "/api/v3"
		}
		beside = &s
	}
	if out := g.first(beside); len(out) > 0 {
		return q.only(out, "")
	}
	return []server{{scheme: "https", host: githubAPI}}
}

func (g *githubApp) Plan(q Query) (out []Call, err error) {
	for _, s := range g.all(&q) {
		out = append(out, Call{leak.S0, "GET", s.host, s.base + "/app"})
	}
	return out, githubAppParts(&q)
}

func githubAppParts(q *Query) error {
	switch id := q.part("app"); {
	case id == "":
		return need("app's id")
	case !githubAppID.MatchString(id):
		return problem("the app's id beside it is none")
	}
	return nil
}

func (g *githubApp) Verify(ctx context.Context, q Query) leak.Verdict {
	if err := githubAppParts(&q); err != nil {
		return stopped(leak.S0, err)
	}
	key, err := q.rsaKey()
	if err != nil {
		return stopped(leak.S0, err)
	}
	return inTurn(ctx, g.all(&q), func(s server) leak.Verdict { return q.githubApp(ctx, s, key) })
}

// githubApp asks at one server.
func (q *Query) githubApp(ctx context.Context, s server, key *rsa.PrivateKey) leak.Verdict {
	now := q.Now
	for try := 0; ; try++ {
		// A minute earlier, and not the ten minutes that are allowed: for clocks
		// that are a little wrong.
		jwt, err := signJWT(key, "", map[string]any{"iss": q.part("app"), "iat": now.Add(-time.Minute).Unix(), "exp": now.Add(3 * time.Minute).Unix()})
		if err != nil {
			return stopped(leak.S0, errKey)
		}
		r := newGet(s.at("/app"))
		r.Header.Set("Accept", "application/vnd.github+json")
		r.Header.Set("Authorization", "Bearer "+jwt)
		a, v := q.call(ctx, leak.S0, r)
		if a == nil {
			return v
		}
		message := a.text("message")
		dated := strings.Contains(message, "'Issued at' claim") || strings.Contains(message, "'Expiration time' claim")
		if d, ok := a.skew(now); ok && dated && try == 0 {
			now = now.Add(d)
			continue
		}
		switch {
		case a.Status == http.StatusOK && a.text("id") != "" && a.text("slug") != "":
			v = is(v, leak.Live, statusText(a.Status))
			v.Facts = tidyFacts(q, githubAppFacts(a))
		case a.Status == http.StatusUnauthorized && dated:
			v.Reason = "the clock of this machine is wrong"
		case a.Status == http.StatusUnauthorized && strings.Contains(message, "could not be decoded"):
			v = is(v, leak.Dead, "401 Unauthorized: not a key of the app that stands near it")
		case a.Status == http.StatusNotFound && message == "Integration not found":
			v = is(v, leak.Dead, "404 Not Found: the app is deleted")
		case a.Status == http.StatusForbidden && strings.Contains(message, "suspended"):
			v = is(v, leak.Restricted, "403 Forbidden: the app is suspended")
		}
		return v
	}
}

func githubAppFacts(a *answer) map[string]string {
	facts := map[string]string{
		leak.FactID: a.text("id"), leak.FactName: a.text("slug"), leak.FactKind: "bot", leak.FactTenant: a.text("owner.login"),
		leak.FactOwner: a.text("owner.login"), leak.FactCreated: a.text("created_at"),
	}
	var said struct{ Permissions map[string]string }
	if json.Unmarshal(a.Body, &said) == nil {
		var scopes []string
		for _, name := range slices.Sorted(maps.Keys(said.Permissions)) {
			scopes = append(scopes, name+":"+said.Permissions[name])
		}
		facts[leak.FactScopes] = strings.Join(scopes, " ")
	}
	return facts
}
