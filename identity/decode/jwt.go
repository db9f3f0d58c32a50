package decode

import (
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// jwt is a JSON Web Token (RFC 7519), not verified: anybody can write one.
type jwt struct{ head, body claims }

// claims are the members of a JSON object. Those within are parsed when they are
// asked for.
type claims map[string]json.RawMessage

// maxJWT is the longest token, in bytes. maxItems is how many entries of a list
// are looked at.
const (
	maxJWT   = 1 << 20
	maxItems = 40
)

// parseJWT reads header and payload. A signature that is missing or cut off
// makes no difference.
func parseJWT(s string) (*jwt, bool) {
	if len(s) > maxJWT || len(s) < 10 || !strings.HasPrefix(s, "ey") {
		return nil, false
	}
	head, rest, ok := strings.Cut(s, ".")
	body, _, _ := strings.Cut(rest, ".")
	t := &jwt{head: parseClaims(head), body: parseClaims(body)}
	return t, ok && t.head.text("alg") != "" && t.body != nil
}

func parseClaims(part string) (c claims) {
	raw, ok := anyBase64(part)
	if !ok || json.Unmarshal(raw, &c) != nil {
		return nil
	}
	return c
}

func (t *jwt) text(name string) string { return t.body.text(name) }

// text is a claim that is a text or a number; of a list of one, its entry.
func (c claims) text(name string) string {
	list := c.list(name)
	if len(list) != 1 {
		return ""
	}
	return list[0]
}

// list is a claim that is a list of texts, or a single one.
func (c claims) list(name string) (out []string) {
	raw := c[name]
	if len(raw) == 0 {
		return nil
	}
	var one string
	switch raw[0] {
	case '"':
		if json.Unmarshal(raw, &one) == nil && one != "" {
			out = append(out, one)
		}
	case '[':
		var many []json.RawMessage
		if json.Unmarshal(raw, &many) != nil {
			return nil
		}
		for _, item := range many[:min(len(many), maxItems)] {
			if json.Unmarshal(item, &one) == nil {
				out = append(out, one)
			}
		}
	case 't', 'f', 'n', '{':
	default:
		if len(raw) < 30 {
			out = append(out, string(raw))
		}
	}
	return out
}

// words is a claim of permissions: separated by spaces or commas, or a list.
func (c claims) words(name string) []string {
	list := c.list(name)
	if len(list) == 1 {
		list = strings.FieldsFunc(list[0], func(r rune) bool { return r == ' ' || r == ',' })
	}
	return list[:min(len(list), maxItems)]
}

// object is a claim that is an object, nil if it is none.
func (c claims) object(name string) (o claims) {
	if raw := c[name]; len(raw) > 1 && raw[0] == '{' {
		_ = json.Unmarshal(raw, &o) // what is none stays nil
	}
	return o
}

// first is the first claim that there is.
func (c claims) first(names ...string) string {
	for _, n := range names {
		if s := c.text(n); s != "" {
			return s
		}
	}
	return ""
}

// endOfTime is the last second of the year 9999, in seconds since 1970.
const endOfTime = 253402300799

// at is the time that a claim names. strange is why it names none.
func (c claims) at(name string) (t time.Time, strange string) {
	text := c.text(name)
	if text == "" {
		return t, ""
	}
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || math.IsNaN(n) || math.IsInf(n, 0):
		return t, name + " is no time"
	case n < 0:
		return t, name + " is before 1970"
	case n > endOfTime:
		return t, name + " is after the year 9999"
	}
	return time.Unix(int64(n), 0).UTC(), ""
}

// dates says when a token was issued and when it ends.
func (v *voice) dates(t *jwt, in *Input) {
	end, strangeEnd := t.body.at("exp")
	issued, strangeIssue := t.body.at("iat")
	if issued.IsZero() {
		issued, _ = t.body.at("nbf")
	}
	v.when(leak.ClaimIssued, issued, "iat inside the token")
	v.when(leak.ClaimExpires, end, "exp inside the token")
	v.say(leak.ClaimNote, strangeEnd, "exp inside the token")
	v.say(leak.ClaimNote, strangeIssue, "iat inside the token")
	_, ends := t.body["exp"]
	switch {
	case !ends:
		v.say(leak.ClaimNote, "it never expires", "the token has no exp")
	case !end.IsZero() && !issued.IsZero() && end.Before(issued):
		v.say(leak.ClaimNote, "it expires before it was issued", "exp and iat")
	case end.Year() > 2200:
		v.say(leak.ClaimNote, "it as good as never expires", "exp inside the token")
	}
	if !in.Now.IsZero() && issued.After(in.Now.Add(24*time.Hour)) {
		v.say(leak.ClaimNote, "it is issued in the future", "iat inside the token")
	}
}

func readJWT(in *Input) []leak.Evidence {
	text := strings.TrimPrefix(strings.TrimPrefix(in.Value, "Bearer "), "bearer ")
	t, ok := parseJWT(text)
	if !ok {
		return nil
	}
	v := &voice{weight: 0.97}
	known := false
	for _, who := range issuers {
		if known = who(v, t); known {
			break
		}
	}
	v.weight = 0.9
	if !known {
		v.anyIssuer(t)
	}
	v.permissions(t)
	v.dates(t, in)
	v.weight = 0.6 // who takes the token need not be who made it
	for _, aud := range t.body.list("aud") {
		v.say(leak.ClaimServer, aud, "aud inside the token: what it is for")
	}
	v.weight = 0.9
	v.say(leak.ClaimKeyID, t.text("jti"), "jti inside the token")
	v.say(leak.ClaimEmail, t.body.first("email", "upn", "user_email"), "an address inside the token")
	v.signature(t)
	return v.out
}

// permissions are the claims that the well-known issuers put them into.
func (v *voice) permissions(t *jwt) {
	seen := map[string]bool{}
	for _, c := range []string{"scope", "scp", "scopes", "roles", "role", "permissions", "groups", "wids", "cognito:groups"} {
		for _, p := range t.body.words(c) {
			if !seen[p] {
				v.say(leak.ClaimPermission, p, c+" inside the token")
			}
			seen[p] = true
		}
	}
	for _, p := range t.body.object("realm_access").list("roles") {
		v.say(leak.ClaimPermission, p, "realm_access inside the token")
	}
}

// signature says how the token is signed.
func (v *voice) signature(t *jwt) {
	const why = "the token's header"
	switch alg := t.head.text("alg"); {
	case strings.EqualFold(alg, "none"):
		v.say(leak.ClaimNote, "alg is none: nobody signed it, so all that it says may be made up", why)
	case strings.HasPrefix(alg, "HS"):
		v.say(leak.ClaimNote, "signed with a shared key, "+alg, why)
	default:
		v.say(leak.ClaimNote, "signed with "+alg, why)
	}
	if kid := t.head.text("kid"); kid != "" && len(kid) < 100 {
		v.say(leak.ClaimNote, "signed by the key "+kid, why)
	}
}

// anyIssuer says what can be said of a token of an issuer that is not known by
// name.
func (v *voice) anyIssuer(t *jwt) {
	v.weigh(0.6, leak.ClaimProvider, "jwt", "a JSON Web Token")
	v.say(leak.ClaimKind, "JSON Web Token", "header and payload are JSON")
	v.subject(t)
	if iss := t.text("iss"); iss != "" {
		v.tenant("issuer", hostOf(iss), "the issuer inside the token")
	}
	if org := t.body.first("org_id", "tenant_id", "tenant", "account_id", "workspace_id"); org != "" {
		v.weigh(0.7, leak.ClaimTenantName, org, "a claim of the token")
	}
}

// subject says who a token is of, by the claims of OpenID Connect.
func (v *voice) subject(t *jwt) {
	client := t.body.first("client_id", "azp", "cid", "appid", "clientId")
	name := t.body.first("preferred_username", "unique_name", "username", "user_name", "cognito:username", "nickname", "name")
	sub := t.text("sub")
	person := name != "" || t.text("email") != ""
	switch {
	case strings.HasPrefix(sub, "spiffe://"):
		v.say(leak.ClaimType, string(leak.WorkloadIdentity), "sub is a SPIFFE ID")
		name = sub
	case strings.HasPrefix(name, "service-account-"):
		v.say(leak.ClaimType, string(leak.ServiceAccount), "preferred_username is that of a client's service account in Keycloak")
	case t.text("gty") == "client-credentials", strings.HasSuffix(sub, "@clients"), client != "" && (sub == client || sub == "") && !person:
		v.say(leak.ClaimType, string(leak.ServicePrincipal), "the token was made for a client, not for a person")
		sub = strings.TrimSuffix(sub, "@clients")
		if name == "" {
			name = t.body.first("app_displayname", "client_name")
		}
	case person:
		v.weigh(0.7, leak.ClaimType, string(leak.HumanAccount), "the token has the claims of a person")
		v.say(leak.ClaimHuman, name, "a name inside the token")
	default:
		v.weigh(0.4, leak.ClaimType, string(leak.OAuthToken), "a token with a subject")
	}
	v.say(leak.ClaimID, sub, "sub inside the token")
	if name == "" && !person {
		name = client
		if name == "" {
			name = sub
		}
	}
	v.say(leak.ClaimName, name, "a claim of the token")
	if client != "" && client != sub {
		v.say(leak.ClaimScope, "client "+client, "the client that the token was made for")
	}
}

// hostOf is the host of an address, or the text itself.
func hostOf(iss string) string {
	if u, err := url.Parse(iss); err == nil && u.Host != "" {
		return u.Host
	}
	return iss
}

func jsonNumber(n int64) string { return strconv.FormatInt(n, 10) }
