package verify

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// azureClient asks whether the secret of an application of Entra ID works: it
// asks for a token for Graph by client credentials, which does nothing but end
// within the hour, and stands in the tenant's log of sign-ins
// (https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow).
// The secret is sent, so it is sent to the public cloud alone: one of a
// sovereign cloud stays unknown.
type azureClient struct{}

const azureLogin = "login.microsoftonline.com"

var uuidForm = lazy.New(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func (azureClient) Class() leak.Class { return leak.S1 }
func (azureClient) Control() string   { return "" }
func (azureClient) Hosts() []string   { return []string{azureLogin} }

func (azureClient) Plan(q Query) ([]Call, error) {
	return []Call{{leak.S1, "POST", azureLogin, "/${tenant_id}/oauth2/v2.0/token"}}, azureParts(&q)
}

func azureParts(q *Query) error {
	for _, name := range []string{"tenant_id", "client_id"} {
		switch id := q.part(name); {
		case id == "":
			return need(strings.ReplaceAll(name, "_", " "))
		case !uuidForm.MatchString(id):
			return problem("the " + strings.ReplaceAll(name, "_", " ") + " beside it is none")
		}
	}
	return nil
}

func (azureClient) Verify(ctx context.Context, q Query) leak.Verdict {
	if err := azureParts(&q); err != nil {
		return stopped(leak.S1, err)
	}
	target := &url.URL{Scheme: "https", Host: azureLogin, Path: "/" + q.part("tenant_id") + "/oauth2/v2.0/token"}
	a, v := q.call(ctx, leak.S1, newPost(target, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {q.part("client_id")}, "client_secret": {q.part(leak.SecretPart)},
		"scope": {"https://graph.microsoft.com/.default"},
	}))
	if a == nil {
		return v
	}
	if token := a.text("access_token"); a.Status == http.StatusOK && token != "" {
		v = is(v, leak.Live, statusText(a.Status))
		v.Facts = tidyFacts(&q, azureFacts(token))
		return v
	}
	// The first code is the error's own; the texts change with time and language.
	code, _, _ := strings.Cut(a.text("error_codes[*]"), " ")
	if known, ok := azureCodes[code]; ok && a.Status >= 400 {
		return is(v, known.status, "AADSTS"+code+": "+known.reason)
	}
	if error := a.text("error"); codeForm.MatchString(error) {
		v.Reason = statusText(a.Status) + ": " + error
		if len(code) > 0 && len(code) < 12 && strings.Trim(code, "0123456789") == "" {
			v.Reason += ", AADSTS" + code
		}
	}
	return v
}

// azureCodes are those of Entra that say something about a secret
// (https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes).
var azureCodes = map[string]struct {
	status leak.Status
	reason string
}{
	"7000215": {leak.Dead, "not a secret of this application"},
	"7000222": {leak.Expired, "the secret has expired"},
	"7000112": {leak.Restricted, "the application is disabled, and works again when it is enabled"},
	// Ids that stand near a secret may not be its own.
	"700016": {leak.Unknown, "no such application in this tenant: it is deleted, or the pieces do not belong together"},
	"90002":  {leak.Unknown, "no such tenant in the public cloud: it is deleted, of another cloud, or the pieces do not belong together"},
	"900023": {leak.Unknown, "no such tenant in the public cloud"},
	"900382": {leak.Unknown, "the tenant is of another cloud, to which no secret is sent"},
	// What follows comes after the secret was accepted.
	"53003":   {leak.Restricted, "refused by conditional access"},
	"530003":  {leak.Restricted, "refused by conditional access: a managed device is required"},
	"530004":  {leak.Restricted, "refused by conditional access"},
	"500011":  {leak.Restricted, "Graph is not known in this tenant"},
	"501051":  {leak.Restricted, "the application is not assigned to Graph"},
	"7000229": {leak.Restricted, "the application has no service principal in this tenant"},
}

// azureFacts reads the claims of an access token of Graph, which came from its
// issuer by TLS
// (https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference).
// The token itself is forgotten.
func azureFacts(token string) map[string]string {
	facts := map[string]string{leak.FactKind: "service_principal"}
	if t, ok := readJWT(token); ok {
		facts[leak.FactID], facts[leak.FactName] = t.claim("oid"), t.claim("app_displayname")
		facts[leak.FactTenant], facts[leak.FactScopes] = t.claim("tid"), t.claim("roles[*]")
	}
	return facts
}
