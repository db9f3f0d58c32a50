package verify

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// jwtIssuer looks at a JSON Web Token (RFC 7519): at its dates, and at its
// signature with the public keys of its issuer, if that is one that everybody
// knows. The token is sent to nobody; who it is for may have revoked it.
//
// A signature that does not fit proves nothing: some issuers sign for
// themselves alone. Only its own date ends a token.
type jwtIssuer struct{}

func (jwtIssuer) Class() leak.Class { return leak.S0 }
func (jwtIssuer) Control() string {
	return "the signature is checked here, with the public keys of the issuer"
}

// issuers are where the keys of an issuer are. In the pattern of an iss claim
// the groups are put into the address.
var issuers = []struct{ iss, keys string }{
	// https://developers.google.com/identity/openid-connect/openid-connect
	{`(?:https://)?accounts\.google\.com`, "https://www.googleapis.com/oauth2/v3/certs"},
	// https://firebase.google.com/docs/auth/admin/verify-id-tokens
	{`https://securetoken\.google\.com/[a-z0-9-]{4,40}`, "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"},
	// https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens
	{`https://(?:login\.microsoftonline\.com|sts\.windows\.net)/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})(?:/v2\.0|/)?`, "https://login.microsoftonline.com/$1/discovery/keys"},
	// https://docs.github.com/en/actions/reference/security/oidc
	{`https://token\.actions\.githubusercontent\.com`, "https://token.actions.githubusercontent.com/.well-known/jwks"},
	// https://docs.gitlab.com/ci/secrets/id_token_authentication/
	{`https://gitlab\.com`, "https://gitlab.com/oauth/discovery/keys"},
	// https://circleci.com/docs/openid-connect-tokens/
	{`https://oidc\.circleci\.com/org/([0-9a-f-]{36})`, "https://oidc.circleci.com/org/$1/.well-known/jwks-pub.json"},
	// https://buildkite.com/docs/pipelines/security/oidc
	{`https://agent\.buildkite\.com`, "https://agent.buildkite.com/.well-known/jwks"},
	// https://developer.apple.com/documentation/signinwithapplerestapi/fetch_apple_s_public_key_for_verifying_token_signature
	{`https://appleid\.apple\.com`, "https://appleid.apple.com/auth/keys"},
	// https://auth0.com/docs/secure/tokens/json-web-tokens/json-web-key-sets
	{`https://([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.(?:us|eu|au|jp|uk|ca))?)\.auth0\.com/`, "https://$1.auth0.com/.well-known/jwks.json"},
	// https://developer.okta.com/docs/api/openapi/okta-oauth/oauth/tag/OrgAS/, CustomAS
	{`https://([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.(?:okta|oktapreview|okta-emea)\.com)(/oauth2/[A-Za-z0-9]{3,40})`, "https://$1$2/v1/keys"},
	{`https://([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.(?:okta|oktapreview|okta-emea)\.com)`, "https://$1/oauth2/v1/keys"},
}

var issuerForms = func() (out []*lazy.RE) {
	for _, i := range issuers {
		out = append(out, lazy.New(`^`+i.iss+`$`))
	}
	return out
}()

func (jwtIssuer) Hosts() []string {
	return []string{
		".au.auth0.com", ".auth0.com", ".ca.auth0.com", ".eu.auth0.com", ".jp.auth0.com", ".okta-emea.com", ".okta.com", ".oktapreview.com",
		".uk.auth0.com", ".us.auth0.com", "agent.buildkite.com", "appleid.apple.com", "gitlab.com", "login.microsoftonline.com",
		"oidc.circleci.com", "token.actions.githubusercontent.com", "www.googleapis.com",
	}
}

// keysAt is where the keys of an issuer are.
func keysAt(iss string) (*url.URL, bool) {
	for i, form := range issuerForms {
		if m := form.FindStringSubmatchIndex(iss); m != nil {
			u, err := url.Parse(form.Expand(issuers[i].keys, iss, m))
			return u, err == nil
		}
	}
	return nil, false
}

// keysOf says where the keys for a token are, or why there are none to ask for.
func (t *jwt) keysOf() (*url.URL, error) {
	switch alg := t.header("alg"); {
	case alg == "" || strings.EqualFold(alg, "none"):
		return nil, problem("it is not signed")
	case strings.HasPrefix(alg, "HS"):
		return nil, problem("it is signed with a key that only its issuer has")
	case t.header("nonce") != "":
		return nil, problem("a token of Microsoft Graph, whose signature Graph alone can check")
	}
	iss := t.claim("iss")
	if at, ok := keysAt(iss); ok {
		return at, nil
	}
	if u, err := url.Parse(iss); err == nil && hostName(u.Host) {
		return nil, problem("its issuer, " + u.Host + ", is none of those whose keys are asked for")
	}
	return nil, problem("it names no issuer whose keys are asked for")
}

// at is the time that a claim names, in seconds since 1970.
func (t *jwt) at(claim string) (time.Time, bool) {
	n, err := strconv.ParseFloat(t.claim(claim), 64)
	if err != nil || n < 1e6 || n > 1e12 {
		return time.Time{}, false
	}
	return time.Unix(int64(n), 0).UTC(), true
}

var errNoJWT = problem("it cannot be read as a JSON Web Token")

func (jwtIssuer) Plan(q Query) ([]Call, error) {
	t, ok := readJWT(q.part(leak.SecretPart))
	if !ok {
		return nil, errNoJWT
	}
	if end, ok := t.at("exp"); ok && over(end, q.Now) {
		return nil, nil
	}
	at, err := t.keysOf()
	if err != nil {
		return nil, err
	}
	return []Call{{leak.S0, "GET", at.Host, at.EscapedPath()}}, nil
}

func (jwtIssuer) Verify(ctx context.Context, q Query) leak.Verdict {
	t, ok := readJWT(q.part(leak.SecretPart))
	if !ok {
		return stopped(leak.S0, errNoJWT)
	}
	end, ends := t.at("exp")
	dates := tidyFacts(&q, map[string]string{leak.FactExpires: t.claim("exp"), leak.FactCreated: t.claim("iat")})
	if ends && over(end, q.Now) {
		return leak.Verdict{Status: leak.Expired, Reason: endedAt(end), Facts: dates}
	}
	at, err := t.keysOf()
	if err != nil && ends && q.Now.After(end) {
		err = problem("it ended at " + end.Format(time.RFC3339) + ", unless the clock of this machine is wrong: that is less than a day ago")
	}
	if err != nil {
		return stopped(leak.S0, err)
	}
	a, v := q.call(ctx, leak.S0, newGet(at))
	if a == nil {
		return v
	}
	keys := parsePath("keys[*]").get(a.json)
	if a.Status != http.StatusOK || a.notJSON || len(keys) == 0 {
		return v
	}
	if why := t.check(keys); why != "" {
		return is(v, leak.Unknown, why)
	}
	now := q.Now
	if d, ok := a.skew(now); ok {
		now = now.Add(d)
	}
	if ends && now.After(end) {
		v.Facts = dates
		return is(v, leak.Expired, "it ended at "+end.Format(time.RFC3339)+", by the clock of "+v.Host)
	}
	v.Facts = tidyFacts(&q, t.facts())
	if from, ok := t.at("nbf"); ok && now.Add(5*time.Minute).Before(from) {
		return is(v, leak.Restricted, "its signature is right; it is not valid before "+from.Format(time.RFC3339))
	}
	if !ends {
		return is(v, leak.Live, "its signature is right, and it has no end")
	}
	return is(v, leak.Live, "its signature is right, and it is valid until "+end.Format(time.RFC3339))
}

// facts are what a token whose signature is right says.
func (t *jwt) facts() map[string]string {
	first := func(claims ...string) string {
		for _, c := range claims {
			if text := t.claim(c); text != "" {
				return text
			}
		}
		return ""
	}
	facts := map[string]string{
		leak.FactID: t.claim("sub"), leak.FactName: first("preferred_username", "name", "app_displayname", "client_id", "azp"), leak.FactServer: t.claim("iss"),
		leak.FactTenant: first("tid", "org_id", "repository_owner", "namespace_path", "hd"), leak.FactScopes: first("scope", "scp", "roles"),
		leak.FactExpires: t.claim("exp"), leak.FactCreated: t.claim("iat"), leak.FactEmail: t.claim("email"),
	}
	if t.claim("workflow") != "" || t.claim("pipeline_id") != "" || t.claim("build_number") != "" {
		facts[leak.FactKind] = "ci_identity"
	}
	facts[leak.FactScopes] = cmp.Or(facts[leak.FactScopes], first("scp[*]", "roles[*]"))
	return facts
}
