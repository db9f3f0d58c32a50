package names

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// What stands beside the secret of an OAuth client:
//   - client_id beside client_secret: RFC 6749, section 2.3.1, www.rfc-editor.org/rfc/rfc6749;
//     client-id and issuer-uri: docs.spring.io/spring-security/servlet/oauth2/client/core.html;
//     clientId beside secret: Keycloak's exports of realms,
//     www.keycloak.org/docs-api/26.7.2/javadocs/org/keycloak/representations/idm/ClientRepresentation.html
//   - resource, realm and auth-server-url: keycloak.json, as docbook/reference/en/en-US/modules/adapter-config.xml
//     of github.com/keycloak/keycloak describes it
var (
	clientID   = form(`[A-Za-z0-9][A-Za-z0-9._:/~-]{0,199}`)
	issuerEnds = []string{"issuer", "issueruri", "issuerurl", "authority"}
	realmURLs  = []string{"authserverurl", "serverurl", "baseurl", "url", "host"}
	issuerURL  = lazy.New(`^https?://[A-Za-z0-9][A-Za-z0-9.:-]{0,250}(?:/[A-Za-z0-9._~/-]{0,200})?$`)
)

// client says which OAuth client a secret is of, and of which identity provider, by the
// fields of its record. What has a rule of its own has the fields of its provider.
func (b *beside) client() {
	name, ok := strings.CutSuffix(plain(b.seen.Own.Name), "secret")
	if !ok || !unspecific(&b.s.q.Finding.Rule) {
		return
	}
	if name == "" {
		name = "client"
	}
	prefix, is := strings.CutSuffix(name, "client")
	if prefix, is = strings.TrimSuffix(prefix, "oauth"), is || strings.HasSuffix(name, "oauth"); !is {
		return
	}
	id := b.best(func(f *around.Field) bool { return plain(f.Name) == name+"id" && clientID.MatchString(f.Value) })
	realm := b.best(func(f *around.Field) bool { return plain(f.Name) == prefix+"realm" && slug.MatchString(f.Value) })
	server := b.best(func(f *around.Field) bool {
		end, ok := strings.CutPrefix(plain(f.Name), prefix)
		return ok && slices.Contains(realmURLs, end) && issuerURL.MatchString(f.Value)
	})
	if id == nil && realm != nil && server != nil {
		id = b.best(func(f *around.Field) bool { return plain(f.Name) == prefix+"resource" && clientID.MatchString(f.Value) })
	}
	if id == nil {
		return
	}
	b.says(id, leak.ClaimName, id.Value, b.seen.Weight(id))
	b.says(id, leak.ClaimType, string(leak.OAuthApp), b.seen.Weight(id))
	issuer := b.best(func(f *around.Field) bool {
		end, ok := strings.CutPrefix(plain(f.Name), prefix)
		return (ok && slices.Contains(issuerEnds, end) || slices.Contains(issuerEnds, plain(f.Name))) && issuerURL.MatchString(f.Value)
	})
	switch exported := slices.Contains(b.seen.Key.Above, "clients"); {
	case issuer != nil:
		b.issuer(issuer, issuer.Value, b.seen.Weight(issuer))
	case realm != nil && server != nil:
		b.issuer(server, strings.TrimRight(server.Value, "/")+"/realms/"+realm.Value, b.seen.Weight(server))
	case realm != nil && exported:
		b.says(realm, leak.ClaimProvider, "keycloak", b.seen.Weight(realm))
		b.says(realm, leak.ClaimTenant, realm.Value, b.seen.Weight(realm))
		b.says(realm, leak.ClaimTenantKind, "realm", b.seen.Weight(realm))
	default:
		if f := b.registered(); f != nil {
			b.issuer(f, f.Value, around.Near)
		}
	}
}

// issuer says what the address of an identity provider does.
func (b *beside) issuer(f *around.Field, url string, weight float64) {
	for _, e := range decode.Issuer(url) {
		b.says(f, e.Claim, e.Value, weight)
	}
}

// best is the field that counts most among those that are settled and near; nil for none.
func (b *beside) best(is func(*around.Field) bool) (best *around.Field) {
	for i := range b.seen.Fields {
		f := &b.seen.Fields[i]
		if settled(f.Value) && is(f) && b.seen.Weight(f) >= around.Near && (best == nil || b.seen.Weight(f) > b.seen.Weight(best)) {
			best = f
		}
	}
	return best
}
