package names

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestClientsAndUsers: the secret of an OAuth client belongs to the client whose id is in its
// record, a value of a Secret to who logs in with it, and a robot's name has a dollar.
func TestClientsAndUsers(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	config := `{"username":"eu-admin","password":"` + secret + `"}`
	for name, c := range map[string]struct{ provider, path, text, want, not string }{
		"variables":          {"generic", ".env", "OIDC_ISSUER=https://sso.acme.io/realms/prod\nOIDC_CLIENT_ID=pay-web\nOIDC_CLIENT_SECRET=" + secret + "\n", "name=pay-web 0.9|identity_type=oauth_app 0.9|provider=keycloak@sso.acme.io 0.9|tenant=prod 0.9", ""},
		"of another prefix":  {"generic", ".env", "GITHUB_CLIENT_ID=web\nOIDC_CLIENT_SECRET=" + secret + "\n", "", "name="},
		"Spring":             {"generic", "a.yml", "registration:\n  acme:\n    client-id: billing\n    client-secret: " + secret + "\n  other:\n    client-id: shop\n    client-secret: x\n", "name=billing 0.9", "shop"},
		"Spring's provider":  {"generic", "a.yml", "spring:\n  security:\n    oauth2:\n      client:\n        registration:\n          a:\n            client-id: shop\n            client-secret: x\n          b:\n            client-id: pay\n            client-secret: " + secret + "\n        provider:\n          a:\n            issuer-uri: https://a.acme.io/realms/one\n          b:\n            issuer-uri: https://b.acme.io/realms/two\n", "name=pay 0.9|provider=keycloak@b.acme.io 0.75|tenant=two 0.75", "a.acme.io"},
		"Spring's other one": {"generic", "a.yml", "spring:\n  security:\n    oauth2:\n      client:\n        registration:\n          a:\n            client-id: shop\n            client-secret: x\n          b:\n            client-id: pay\n            client-secret: " + secret + "\n            provider: a\n        provider:\n          a:\n            issuer-uri: https://a.acme.io/realms/one\n          b:\n            issuer-uri: https://b.acme.io/realms/two\n", "name=pay 0.9|provider=keycloak@a.acme.io 0.75|tenant=one 0.75", "b.acme.io"},
		"Spring's lines":     {"generic", "a.properties", "s.registration.b.client-id=pay\ns.registration.b.client-secret=" + secret + "\ns.registration.b.provider=sso\ns.provider.b.issuer-uri=https://b.acme.io/realms/two\ns.provider.sso.issuer-uri=https://a.acme.io/realms/one\n", "name=pay 0.9|provider=keycloak@a.acme.io 0.75|tenant=one 0.75", "b.acme.io"},
		"a service's issuer": {"generic", "a.json", `{"issuer":"https://acme.eu.auth0.com/","client_id":"Zz12zz","client_secret":"` + secret + `"}`, "name=Zz12zz 0.9|provider=auth0 0.9|tenant=acme.eu.auth0.com 0.9", ""},
		"some issuer":        {"generic", "a.json", `{"issuer":"https://id.acme.io/x","clientId":"shop","clientSecret":"` + secret + `"}`, "name=shop 0.9|server=id.acme.io 0.9", ""},
		"keycloak.json":      {"generic", "keycloak.json", "{\n \"realm\": \"acme\",\n \"auth-server-url\": \"https://sso.acme.io/\",\n \"resource\": \"portal\",\n \"credentials\": {\n  \"secret\": \"" + secret + "\"\n }\n}\n", "name=portal 0.75|provider=keycloak@sso.acme.io|tenant=acme", ""},
		"an export of a realm": {"generic", "realm.json", "{\n \"realm\": \"acme\",\n \"clients\": [\n  {\n   \"clientId\": \"a\",\n   \"secret\": \"x\"\n  },\n  {\n   \"clientId\": \"pay-api\",\n   \"secret\": \"" + secret + "\"\n  }\n ]\n}\n",
			"name=pay-api 0.9|provider=keycloak 0.75|tenant=acme 0.75", "name=a "},
		"a secret of sessions": {"generic", ".env", "CLIENT_ID=web\nSESSION_SECRET=" + secret + "\n", "", "name="},
		"a user's password":    {"generic", ".env", "CLIENT_ID=web\nPASSWORD=" + secret + "\nUSERNAME=jane\n", "name=jane", "web"},
		"a template":           {"generic", ".env", "OIDC_CLIENT_ID=${ID}\nOIDC_CLIENT_SECRET=" + secret + "\n", "", "name="},
		"of a provider":        {"google", ".env", "CLIENT_ID=web\nCLIENT_SECRET=" + secret + "\n", "", "name="},
		"a robot":              {"generic", ".env", "HARBOR_URL=https://r.acme.io\nHARBOR_USER='robot$ci'\nHARBOR_PASSWORD=" + secret + "\n", "name=robot$ci 0.9|provider=harbor 0.9|identity_type=registry_robot 0.9|server=r.acme.io 0.9", ""},
		"a robot of a project": {"generic", "v.yaml", "registry: r.acme.io\nusername: robot$$pay+ci\npassword: " + secret + "\n", "name=robot$pay+ci 0.9|tenant=pay 0.9", ""},
		"a variable":           {"generic", ".env", "HARBOR_USER=robot$CI_NAME\nHARBOR_PASSWORD=" + secret + "\n", "", "name="},
		"a Secret":             {rules.KubernetesSecret, "s.yaml", "kind: Secret\nstringData:\n  url: https://git.acme.io/a.git\n  username: argo\n  password: " + secret + "\n", "name=argo 0.9|server=git.acme.io 0.9", ""},
		"a Secret in base64":   {rules.KubernetesSecret, "s.yaml", "kind: Secret\ndata:\n  server: " + b64("https://eu.acme.io") + "\n  username: " + b64("argo") + "\n  password: " + secret + "\n", "name=argo 0.9|server=eu.acme.io 0.9", b64("argo")},
		"no server":            {rules.KubernetesSecret, "s.yaml", "kind: Secret\ndata:\n  server: ///////\n  password: " + secret + "\n", "", "server="},
		"a cluster":            {rules.KubernetesSecret, "s.yaml", "kind: Secret\nstringData:\n  server: https://eu.acme.io\n  config: '" + config + "'\n", "name=eu-admin 0.9|server=eu.acme.io 0.75", ""},
	} {
		q := query(c.provider, c.path, c.text)
		if c.provider == rules.KubernetesSecret {
			q.Finding.Rule = leak.RuleInfo{ID: rules.KubernetesSecret, Provider: "kubernetes"}
		}
		if name == "a cluster" {
			p := &q.Places[0]
			p.Start, p.End = p.Start-len(`{"username":"eu-admin","password":"`), p.End+len(`"}`)
		}
		got := ask(t, q)
		for _, want := range strings.Split(c.want, "|") {
			if want != "" && !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, want) }) {
				t.Errorf("%s: %q\nwant %s", name, got, want)
			}
		}
		if c.not != "" && strings.Contains(strings.Join(got, "; "), c.not) {
			t.Errorf("%s: %q\nhas %s", name, got, c.not)
		}
	}
}
