package decode

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
)

const rs256 = `{"alg":"RS256","typ":"JWT","kid":"k1"}`

func token(payload string) Input { return value(jwtOf(rs256, payload)) }

func TestTokensOfIssuers(t *testing.T) {
	const tenant, app, object = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "11111111-2222-3333-4444-555555555555", "99999999-8888-7777-6666-555555555555"
	const mi = "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/payments-mi"
	check(t, []vector{
		{"Kubernetes, in a Secret", token(`{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"payments","kubernetes.io/serviceaccount/secret.name":"deployer-token-x2k","kubernetes.io/serviceaccount/service-account.name":"deployer","kubernetes.io/serviceaccount/service-account.uid":"` + object + `","sub":"system:serviceaccount:payments:deployer"}`),
			map[string]string{"provider": "kubernetes", "identity_type": "service_account", "name": "payments/deployer", "id": object, "label": "deployer-token-x2k", "note": "it never expires"}, nil, []string{"tenant", "expires"}},
		{"Kubernetes, bound, EKS", token(`{"aud":["sts.amazonaws.com"],"exp":1772370000,"iat":1772366400,"iss":"https://oidc.eks.eu-west-1.amazonaws.com/id/` + made("0123456789ABCDEF", 32) + `","kubernetes.io":{"namespace":"shop","node":{"name":"ip-10-0-0-1"},"pod":{"name":"api-7f","uid":"u"},"serviceaccount":{"name":"api","uid":"` + object + `"},"warnafter":1772366407},"sub":"system:serviceaccount:shop:api"}`),
			map[string]string{"name": "shop/api", "id": object, "tenant": made("0123456789ABCDEF", 32), "region": "eu-west-1", "opens": "pod api-7f|node ip-10-0-0-1", "expires": "2026-03-01T13:00:00Z", "issued": "2026-03-01T12:00:00Z", "server": "sts.amazonaws.com"}, nil, nil},
		{"Kubernetes, bound, GKE", token(`{"iss":"https://container.googleapis.com/v1/projects/acme-prod/locations/europe-west1/clusters/main","kubernetes.io":{"namespace":"n","serviceaccount":{"name":"s"}},"exp":1772370000}`),
			map[string]string{"tenant": "acme-prod/europe-west1/main", "tenant_name": "main", "region": "europe-west1"}, nil, nil},
		{"Kubernetes, bound, AKS", token(`{"iss":"https://westeurope.oic.prod-aks.azure.com/` + tenant + `/` + app + `/","kubernetes.io":{"namespace":"n","serviceaccount":{"name":"s"}}}`),
			map[string]string{"tenant": app, "region": "westeurope", "note": "of the Entra tenant " + tenant}, nil, nil},
		{"Kubernetes, any cluster", token(`{"iss":"https://kubernetes.default.svc.cluster.local","kubernetes.io":{"namespace":"n","serviceaccount":{"name":"s"}}}`), map[string]string{"name": "n/s"}, nil, []string{"tenant"}},
		{"Entra, application", token(`{"iss":"https://sts.windows.net/` + tenant + `/","tid":"` + tenant + `","appid":"` + app + `","app_displayname":"payments","oid":"` + object + `","sub":"` + object + `","idtyp":"app","roles":["Mail.Read","Sites.ReadWrite.All"],"aud":"https://graph.microsoft.com","exp":1772370000,"wids":["62e90394-69f5-4237-9190-012177145e10"]}`),
			map[string]string{"provider": "azure", "identity_type": "service_principal", "tenant": tenant, "name": "payments", "id": object, "permission": "Mail.Read|Sites.ReadWrite.All|Global Administrator", "server": "https://graph.microsoft.com"}, nil, nil},
		{"Entra, managed identity", token(`{"iss":"https://sts.windows.net/` + tenant + `/","tid":"` + tenant + `","appid":"` + app + `","oid":"` + object + `","sub":"` + object + `","idtyp":"app","xms_mirid":"` + mi + `","exp":1772370000}`),
			map[string]string{"identity_type": "managed_identity", "name": "payments-mi", "note": "the managed identity is " + mi}, nil, nil},
		{"Entra, person", token(`{"iss":"https://login.microsoftonline.com/` + tenant + `/v2.0","tid":"` + tenant + `","azp":"` + app + `","oid":"` + object + `","sub":"x","preferred_username":"jane@acme.io","name":"Jane Doe","scp":"User.Read Files.Read"}`),
			map[string]string{"identity_type": "human_account", "email": "jane@acme.io", "human": "Jane Doe", "permission": "User.Read|Files.Read"}, nil, []string{"name"}},
		{"GitHub Actions", token(`{"iss":"https://token.actions.githubusercontent.com","sub":"repo:acme/api:environment:production","repository":"acme/api","repository_owner":"acme","actor":"jane","workflow":"deploy","environment":"production","ref":"refs/heads/main","job_workflow_ref":"acme/api/.github/workflows/deploy.yml@refs/heads/main","aud":"sts.amazonaws.com","exp":1772370000,"iat":1772366400}`),
			map[string]string{"provider": "github", "identity_type": "workload_identity", "name": "acme/api", "tenant": "acme", "human": "jane", "environment": "prod", "service": "deploy", "id": "repo:acme/api:environment:production"}, nil, nil},
		{"GitLab CI", token(`{"iss":"https://gitlab.acme.io","namespace_path":"acme/pay","project_path":"acme/pay/api","user_login":"jane","sub":"project_path:acme/pay/api:ref_type:branch:ref:main","ref":"main","environment":"eu","deployment_tier":"staging","exp":1772370000,"aud":"https://vault.acme.io"}`),
			map[string]string{"provider": "gitlab@gitlab.acme.io", "identity_type": "workload_identity", "name": "acme/pay/api", "tenant": "acme/pay", "environment": "staging", "human": "jane"}, nil, nil},
		{"Supabase", token(`{"iss":"supabase","ref":"abcdefghijklmnopqrst","role":"service_role","iat":1672531200,"exp":1988107200}`),
			map[string]string{"provider": "supabase", "identity_type": "api_key", "tenant": "abcdefghijklmnopqrst", "permission": "admin|service_role", "issued": "2023-01-01T00:00:00Z", "expires": "2032-12-31T12:00:00Z"}, nil, nil},
		{"Supabase, public", token(`{"iss":"supabase","ref":"abcdefghijklmnopqrst","role":"anon"}`), map[string]string{"kind": "anon key", "permission": "anon"}, nil, nil},
		{"Google, service account", token(`{"iss":"https://accounts.google.com","sub":"1089","azp":"1089","email":"ci@acme-prod.iam.gserviceaccount.com","aud":"https://api.acme.io","exp":1772370000}`),
			map[string]string{"provider": "google", "identity_type": "service_account", "name": "ci@acme-prod.iam.gserviceaccount.com", "tenant": "acme-prod"}, nil, nil},
		{"Google, person", token(`{"iss":"https://accounts.google.com","sub":"1089","hd":"acme.io","email":"jane@acme.io"}`), map[string]string{"identity_type": "human_account", "tenant": "acme.io", "email": "jane@acme.io"}, nil, []string{"name"}},
		{"Google, self-signed", token(`{"iss":"ci@acme-prod.iam.gserviceaccount.com","sub":"ci@acme-prod.iam.gserviceaccount.com","aud":"https://pubsub.googleapis.com/"}`), map[string]string{"name": "ci@acme-prod.iam.gserviceaccount.com", "tenant": "acme-prod"}, nil, nil},
		{"Auth0, machine", token(`{"iss":"https://acme.eu.auth0.com/","sub":"abcDEF123@clients","aud":"https://acme.eu.auth0.com/api/v2/","gty":"client-credentials","scope":"read:users delete:users","azp":"abcDEF123","exp":1772370000}`),
			map[string]string{"provider": "auth0", "identity_type": "service_principal", "tenant": "acme.eu.auth0.com", "id": "abcDEF123", "permission": "read:users|delete:users"}, nil, nil},
		{"Okta", token(`{"iss":"https://acme.okta.com/oauth2/default","sub":"0oa1abcd","cid":"0oa1abcd","scp":["groups.read"],"exp":1772370000}`), map[string]string{"provider": "okta", "tenant": "acme.okta.com", "identity_type": "service_principal", "permission": "groups.read"}, nil, nil},
		{"Cognito", token(`{"iss":"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf","sub":"u","username":"jane","client_id":"c"}`), map[string]string{"provider": "aws", "tenant": "eu-west-1_AbCdEf", "region": "eu-west-1", "human": "jane"}, nil, nil},
		{"Keycloak, service account", token(`{"iss":"https://sso.acme.io/realms/main","azp":"billing","preferred_username":"service-account-billing","realm_access":{"roles":["admin"]},"sub":"u"}`),
			map[string]string{"provider": "keycloak@sso.acme.io", "tenant": "main", "identity_type": "service_account", "name": "service-account-billing", "permission": "admin"}, nil, nil},
		{"CircleCI", token(`{"iss":"https://oidc.circleci.com/org/` + tenant + `","aud":"` + tenant + `","sub":"org/` + tenant + `/project/p/user/u","oidc.circleci.com/project-id":"` + app + `"}`), map[string]string{"provider": "circleci", "tenant": tenant, "name": app}, nil, nil},
		{"Buildkite", token(`{"iss":"https://agent.buildkite.com","sub":"organization:acme:pipeline:p","organization_slug":"acme","pipeline_slug":"p"}`), map[string]string{"tenant": "acme", "name": "p"}, nil, nil},
		{"SPIFFE", token(`{"sub":"spiffe://acme.io/ns/shop/sa/api","aud":["db"],"exp":1772370000}`), map[string]string{"identity_type": "workload_identity", "name": "spiffe://acme.io/ns/shop/sa/api"}, nil, nil},
		{"GitHub App", token(`{"iat":1772366400,"exp":1772367000,"iss":"123456"}`), map[string]string{"provider": "github", "identity_type": "oauth_app", "id": "123456"}, nil, nil},
		{"Cloudflare Access", token(`{"iss":"https://acme.cloudflareaccess.com","common_name":"e367.access","sub":"","aud":"x"}`), map[string]string{"provider": "cloudflare", "tenant": "acme", "identity_type": "service_account"}, nil, nil},
		{"any", token(`{"iss":"https://id.acme.io/x","sub":"svc-7","client_id":"svc-7","aud":["a","b"],"roles":["r"],"jti":"j1","iat":1772366400.5,"exp":"1772370000"}`),
			map[string]string{"tenant": "id.acme.io", "tenant_kind": "issuer", "id": "svc-7", "identity_type": "service_principal", "server": "a|b", "key_id": "j1", "issued": "2026-03-01T12:00:00Z", "expires": "2026-03-01T13:00:00Z"}, nil, nil},
		{"any person", token(`{"iss":"https://id.acme.io","sub":"1","email":"jane@acme.io","preferred_username":"jane"}`), map[string]string{"identity_type": "human_account", "human": "jane", "name": "jane", "email": "jane@acme.io"}, nil, nil},
		{"any person without a name", token(`{"sub":"1","email":"jane@acme.io","client_id":"web"}`), map[string]string{"identity_type": "human_account", "email": "jane@acme.io", "opens": "client web"}, nil, []string{"name"}},
		{"behind Bearer", value("Bearer " + jwtOf(rs256, `{"sub":"x"}`)), map[string]string{"id": "x"}, nil, nil},
	})
}

// TestAbsurdTokens: nothing in a token is believed to have a shape.
func TestAbsurdTokens(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 6000) + "1" + strings.Repeat("}", 6000)
	check(t, []vector{
		{"unsigned", value(b64url(`{"alg":"none"}`) + "." + b64url(`{"sub":"admin"}`) + "."), map[string]string{"note": "alg is none: nobody signed it, so all that it says may be made up", "id": "admin"}, nil, nil},
		{"year 9999", token(`{"sub":"x","exp":253402300799}`), map[string]string{"expires": "9999-12-31T23:59:59Z", "note": "it as good as never expires"}, nil, nil},
		{"after the year 9999", token(`{"sub":"x","exp":253402300800}`), map[string]string{"note": "exp is after the year 9999"}, nil, []string{"expires"}},
		{"milliseconds", token(`{"sub":"x","exp":1772370000000}`), map[string]string{"note": "exp is after the year 9999"}, nil, []string{"expires"}},
		{"huge", token(`{"sub":"x","exp":1e400,"iat":99999999999999999999999999999999}`), map[string]string{"id": "x"}, nil, []string{"expires", "issued"}},
		{"negative", token(`{"sub":"x","exp":-5,"iat":-62135596800}`), map[string]string{"note": "exp is before 1970|iat is before 1970"}, nil, []string{"expires", "issued"}},
		{"end before beginning", token(`{"sub":"x","iat":1772370000,"exp":1772366400}`), map[string]string{"note": "it expires before it was issued"}, nil, nil},
		{"future", token(`{"sub":"x","iat":1972370000,"exp":1972370001}`), map[string]string{"note": "it is issued in the future"}, nil, nil},
		{"types", token(`{"sub":["a","b"],"iss":{"x":1},"aud":{"y":[]},"exp":true,"iat":null,"scope":[1,2,{"a":"b"}],"roles":{},"email":7,"kubernetes.io":"no","realm_access":[]}`), map[string]string{"kind": "JSON Web Token"}, nil, []string{"expires", "id", "tenant"}},
		{"deep", token(`{"sub":"x","kubernetes.io":` + deep + `}`), map[string]string{"id": "x"}, nil, nil},
		{"control characters", token(`{"sub":"a\u001b[31m","iss":"x\ny","preferred_username":"\u202egnp"}`), map[string]string{"kind": "JSON Web Token"}, nil, []string{"id", "tenant", "name", "human"}},
		{"long", token(`{"sub":"` + strings.Repeat("a", 2000) + `"}`), map[string]string{"kind": "JSON Web Token"}, nil, []string{"id", "name"}},
		{"log-in in a claim", token(`{"sub":"x","aud":"https://u:` + made(alphanum, 12) + `@db.acme.io/"}`), map[string]string{"id": "x"}, []string{made(alphanum, 12)}, nil},
		{"no algorithm", value(jwtOf(`{"typ":"JWT"}`, `{"sub":"x"}`)), nil, nil, nil},
		{"no payload", value(jwtOf(rs256, `[1]`)), nil, nil, nil},
		{"encrypted", value(b64url(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + "." + made(urlChars, 40) + ".a.b.c"), nil, nil, nil},
	})
}

func TestScopesAreBounded(t *testing.T) {
	n := 0
	for _, e := range Decode(token(`{"sub":"x","scope":"` + strings.Repeat("a b c d e f ", 4000) + `","groups":["` + strings.Repeat(`x","`, 4000) + `"]}`)) {
		if e.Claim == leak.ClaimPermission {
			n++
		}
	}
	if n > 2*maxItems {
		t.Errorf("%d permissions", n)
	}
}

func FuzzCloud(f *testing.F) {
	for _, s := range []string{jwtOf(rs256, `{"sub":"x","exp":1}`), jwtOf(rs256, `{"iss":"kubernetes/serviceaccount"}`),
		"gl" + "c_" + b64(`{"o":"1"}`), routable("glpat", "-", "o:1"), `{"type":"service_account","client_email":"a@b.iam.gserviceaccount.com"}`,
		"arn:aws:iam::123456789012:user/x", "AccountName=a;AccountKey=b;EndpointSuffix=core.windows.net", "HostName=a.azure-devices.net;DeviceId=d;SharedAccessKey=x=",
		"https://a.blob.core.windows.net/c?sv=2022-11-02&sp=r&sig=x&se=2030-01-01", "SharedAccessSignature sr=a.servicebus.windows.net&sig=x&se=1&skn=y",
		b64url("175928847299117063") + ".Cl2FMQ." + strings.Repeat("a", 27), "IQoJb3JpZ2luX2VjEA4aCXVzLWVhc3QtMSJIAAAAAAAA", "xoxb-1-2-3"} {
		f.Add(s, "", "")
	}
	f.Add("x", "key_id", "AKIA"+"AAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, s, name, part string) {
		in := Input{Value: s, Parts: map[string]string{name: part}, Now: cloudNow}
		for _, d := range cloud {
			for _, e := range d.read(&in) {
				if !showable(e.Value) || e.Weight <= 0 || e.Weight > 1 || e.Reason == "" {
					t.Errorf("%s says %+v", d.name, e)
				}
				if e.Claim == leak.ClaimExpires || e.Claim == leak.ClaimIssued || e.Claim == leak.ClaimCreated {
					if _, err := time.Parse(time.RFC3339, e.Value); err != nil {
						t.Errorf("%s: %v", d.name, err)
					}
				}
				if e.Claim != leak.ClaimEmail && e.Claim != leak.ClaimProvider && strings.Contains(e.Value, "@") && address(e.Value) {
					t.Errorf("%s: an address in %s: %q", d.name, e.Claim, e.Value)
				}
			}
		}
	})
}

// BenchmarkCloud is what one credential costs, all decoders of the list together.
func BenchmarkCloud(b *testing.B) {
	for name, in := range map[string]Input{
		"jwt":        token(`{"iss":"https://sts.windows.net/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/","roles":["a","b"],"exp":1772370000}`),
		"large jwt":  token(`{"sub":"x","groups":["` + strings.Repeat(`x","`, 10000) + `"]}`),
		"key file":   value(`{"type":"service_account","client_email":"a@acme.iam.gserviceaccount.com","private_key":"` + made(alphanum, 1700) + `"}`),
		"storage":    value(azureKey("+ASt", "Default0", 76)),
		"signature":  value("https://a.blob.core.windows.net/c?" + sasQuery("sv", "2022-11-02", "sp", "r", "se", "2027-01-01", "sig", "x")),
		"unknown":    value(made(alphanum, 40)),
		"megabyte":   value(strings.Repeat("AKIA ", maxValue/5)),
		"megabyte {": value("{" + strings.Repeat(`"type":`, maxValue/8)),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, d := range cloud {
					d.read(&in)
				}
			}
		})
	}
}

// TestLongTokens: a token with very many groups still says whose it is.
func TestLongTokens(t *testing.T) {
	b64 := base64.RawURLEncoding.EncodeToString
	token := b64([]byte(`{"alg":"RS256"}`)) + "." + b64([]byte(`{"iss":"https://sso.acme.example","groups":["x"`+strings.Repeat(`,"g0123456"`, 40_000)+`],"sub":"svc-pay"}`)) + "." + strings.Repeat("aZ09_x7K", 40)
	for _, e := range Decode(Input{Value: token, Now: cloudNow}) {
		if e.Claim == leak.ClaimName && e.Value == "svc-pay" {
			return
		}
	}
	t.Errorf("nothing is said of a token of %d bytes", len(token))
}
