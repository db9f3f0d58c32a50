package decode

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// rep is a character, n times: secrets of the right length that open nothing.
func rep(s string, n int) string { return strings.Repeat(s, n) }

// mixed is n letters and digits that look like a secret, the same each time.
func mixed(n int) string {
	const letters = "aK7bL2cM9dN4eP6fQ8gR3hS5jT1"
	var b strings.Builder
	for i := range n {
		b.WriteByte(letters[(i*i+3*i)%len(letters)])
	}
	return b.String()
}

func b64raw(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) }

// synapse appends what Synapse does.
func synapse(head string) string { return head + "_" + tokensum.SynapseSum(head) }

// saying is a credential, the part of it that opens something, and what it
// says, as "claim=value"; "!claim" is what it must not say.
type saying struct {
	name, value, secret string
	want                []string
	rule                string
	parts               map[string]string
}

func checkSaying(t *testing.T, v saying) {
	t.Helper()
	got := Decode(Input{Value: v.value, Rule: v.rule, Parts: v.parts, Now: now})
	has, claims := map[string]bool{}, map[string]bool{}
	var all []string
	for _, e := range got {
		has[e.Claim+"="+e.Value], claims[e.Claim] = true, true
		all = append(all, fmt.Sprintf("%s=%s (%.2f, %s)", e.Claim, e.Value, e.Weight, e.Reason))
		if e.Weight <= 0 || e.Weight > 1 || e.Reason == "" {
			t.Errorf("%s: weight %v, reason %q of %s", v.name, e.Weight, e.Reason, e.Claim)
		}
		if v.secret != "" && (strings.Contains(e.Value, v.secret) || strings.Contains(e.Reason, v.secret)) {
			t.Errorf("%s: %s gives the secret away", v.name, e.Claim)
		}
		if e.Claim != leak.ClaimEmail && e.Claim != leak.ClaimProvider && hasAddress(e.Value) && !strings.HasSuffix(e.Value, "serviceaccounts.com") && !strings.HasSuffix(e.Value, "gserviceaccount.com") || hasAddress(e.Reason) {
			t.Errorf("%s: an address in %s=%q", v.name, e.Claim, e.Value)
		}
	}
	values := map[string]string{}
	for _, e := range got {
		if old, twice := values[e.Claim]; twice && single[e.Claim] && e.Claim != leak.ClaimEnvironment && old != e.Value {
			t.Errorf("%s: two of %s: %q and %q", v.name, e.Claim, old, e.Value)
		}
		values[e.Claim] = e.Value
	}
	for _, w := range v.want {
		if claim, not := strings.CutPrefix(w, "!"); not && (claims[claim] || has[claim]) || !not && !has[w] {
			t.Errorf("%s: want %s, got\n\t%s", v.name, w, strings.Join(all, "\n\t"))
		}
	}
}

func TestTokens(t *testing.T) {
	uuid := "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
	s40, s64 := mixed(40), mixed(64)
	hex32, hex64 := rep("0a1b", 8), rep("0a1b", 16)
	for _, v := range []saying{
		{name: "square", value: "sq0" + "atp-" + mixed(22), secret: mixed(22), want: []string{"provider=square", "environment=prod", "permission=admin", "identity_type=api_key"}},
		{name: "square sandbox, older form", value: "sandbox-sq0" + "atp-" + mixed(22), want: []string{"environment=sandbox"}},
		{name: "square sandbox secret, older form", value: "sandbox-sq0" + "csp-" + mixed(43), want: []string{"environment=sandbox"}},
		{name: "square sandbox", value: "sandbox-sq0" + "atb-" + mixed(22), want: []string{"environment=sandbox"}},
		{name: "square sandbox application id", value: "sandbox-sq0" + "idb-" + mixed(22), want: []string{"provider=square", "environment=sandbox", "identity_type=oauth_app", "kind=application id, which is no secret"}},
		{name: "square application id", value: "sq0" + "idp-" + mixed(22), want: []string{"provider=square", "environment=prod", "identity_type=oauth_app"}},
		{name: "square EAAA", value: "EA" + "AA" + mixed(60), want: []string{"provider=square", "!environment"}},
		{name: "braintree", value: "access_token$production$abcdefghij123456$" + hex32, secret: hex32, want: []string{"tenant=abcdefghij123456", "tenant_kind=merchant", "environment=prod", "identity_type=oauth_token"}},
		{name: "plaid", value: "access-sandbox-" + uuid, secret: uuid, want: []string{"provider=plaid", "environment=sandbox"}},
		{name: "plaid production", value: "access-production-" + uuid, want: []string{"environment=prod"}},
		{name: "razorpay", value: "rzp_" + "live_" + mixed(14), want: []string{"environment=prod"}},
		{name: "razorpay pair", value: mixed(24), secret: mixed(24), parts: map[string]string{"key_id": "rzp_" + "test_" + rep("a", 14)}, want: []string{"environment=test", "key_id=rzp_" + "test_" + rep("a", 14)}},
		{name: "easypost", value: "EZ" + "TK" + mixed(54), want: []string{"environment=test"}},
		{name: "shopify", value: "shp" + "at_" + hex32, secret: hex32, parts: map[string]string{"shop": "acme.myshopify.com"}, want: []string{"tenant=acme", "identity_type=oauth_app", "tenant_kind=shop"}},
		{name: "openai project", value: "sk-" + "proj-" + mixed(60) + "T3Blbk" + "FJ" + mixed(60), secret: mixed(60), want: []string{"provider=openai", "identity_type=api_key"}},
		{name: "openai service account", value: "sk-" + "svcacct-" + mixed(60) + "T3Blbk" + "FJ" + mixed(60), want: []string{"identity_type=service_account"}},
		{name: "openai admin", value: "sk-" + "admin-" + mixed(60) + "T3Blbk" + "FJ" + mixed(60), want: []string{"permission=admin"}},
		{name: "openai old", value: "sk-" + mixed(20) + "T3Blbk" + "FJ" + mixed(20), want: []string{"kind=user API key of the old form"}},
		{name: "not openai", value: "sk-" + mixed(48), want: []string{"!provider"}},
		{name: "anthropic", value: "sk-ant-" + "api03-" + mixed(93) + "AA", want: []string{"provider=anthropic", "identity_type=api_key"}},
		{name: "anthropic admin", value: "sk-ant-" + "admin01-" + mixed(93) + "AA", want: []string{"permission=admin"}},
		{name: "anthropic oauth", value: "sk-ant-" + "oat01-" + mixed(93) + "AA", want: []string{"identity_type=ai_agent"}},
		{name: "vault", value: "hvs." + base64.RawURLEncoding.EncodeToString(append(append([]byte{8, 1, 0x12, 32}, make([]byte, 32)...), append([]byte{0x1a, 30}, make([]byte, 30)...)...)), want: []string{"provider=vault", "identity_type=service_account", "kind=service token"}},
		{name: "vault namespace", value: "hvb." + mixed(60) + ".a1b2C3", want: []string{"tenant=a1b2C3", "tenant_kind=namespace"}},
		{name: "terraform", value: mixed(14) + ".atlasv1." + mixed(67), want: []string{"provider=terraform"}},
		{name: "doppler service", value: "dp." + "st.prd_payments." + s40, secret: s40, want: []string{"name=prd_payments", "environment=prod", "identity_type=service_account"}},
		{name: "doppler personal", value: "dp." + "pt." + s40, want: []string{"identity_type=human_account"}},
		{name: "doppler audit", value: "dp." + "audit." + s40, want: []string{"permission=read-only"}},
		{
			name:   "1password",
			value:  "ops_" + b64url(`{"signInAddress":"acme.1password.com","userAuth":{"method":"SRPg-4096"},"email":"2ob4dix7b57ka@1passwordserviceaccounts.com","srpX":"`+hex64+`","deviceUuid":"x"}`),
			secret: hex64, want: []string{"tenant=acme.1password.com", "name=2ob4dix7b57ka@1passwordserviceaccounts.com", "identity_type=service_account"},
		},
		{name: "jetbrains", value: "perm:" + b64("root") + "." + b64("token") + "." + s40, secret: s40, want: []string{"name=root", "label=token", "identity_type=human_account"}},
		{name: "jetbrains numbers", value: "perm-" + b64("admin") + "." + b64("47-1") + "." + s40, want: []string{"name=admin", "key_id=47-1"}},
		{name: "harness sat", value: "sat." + rep("aB", 11) + "." + rep("a1", 12) + "." + mixed(20), secret: mixed(20), want: []string{"identity_type=service_account", "tenant_kind=account", "key_id=" + rep("a1", 12)}},
		{name: "dynatrace", value: "dt0" + "c01." + rep("A", 24) + "." + s64, secret: s64, want: []string{"key_id=dt0" + "c01." + rep("A", 24), "provider=dynatrace"}},
		{name: "tailscale", value: "tskey-" + "client-kABCDEF7CNTRL-" + mixed(32), secret: mixed(32), want: []string{"key_id=kABCDEF7CNTRL", "identity_type=oauth_app"}},
		{name: "tailscale auth", value: "tskey-" + "auth-kABCDEF7CNTRL-" + mixed(32), want: []string{"permission=join", "identity_type=device"}},
		{name: "airtable", value: "pat" + mixed(14) + "." + hex64, secret: hex64, want: []string{"key_id=pat" + mixed(14)}},
		{name: "asana", value: "2/1200000000000001/1200000000000002:" + hex32, secret: hex32, want: []string{"id=1200000000000001", "key_id=1200000000000002"}},
		{name: "asana old", value: "1/1200000000000001:" + hex32, want: []string{"id=1200000000000001"}},
		{name: "postman", value: "PMAK-" + "5f1e2d3c" + rep("ab", 8) + "-" + rep("cd", 17), secret: rep("cd", 17), want: []string{"issued=2020-07-27T01:26:20Z", "provider=postman"}},
		{name: "mapbox", value: "sk." + b64url(`{"u":"acme-maps","a":"ckabc123"}`) + "." + mixed(22), secret: mixed(22), want: []string{"name=acme-maps", "key_id=ckabc123", "tenant=acme-maps"}},
		{name: "mapbox public", value: "pk." + b64url(`{"u":"acme-maps","a":"ckabc123"}`) + "." + mixed(22), want: []string{"kind=public access token"}},
		{
			name: "sentry", value: "sntr" + "ys_" + b64(`{"iat":1705160506.519571,"url":"https://sentry.io","region_url":"https://us.sentry.io","org":"acme"}`) + "_" + mixed(43), secret: mixed(43),
			want: []string{"tenant=acme", "server=sentry.io", "region=us.sentry.io", "issued=2024-01-13T15:41:46Z", "identity_type=ci_identity"},
		},
		{name: "sentry dsn", value: "https://" + hex32 + "@o4504.ingest.sentry.io/5678", want: []string{"tenant=4504", "id=5678", "permission=send"}},
		{name: "algolia", value: b64(hex64 + "filters=team%3Aa&validUntil=1893456000"), secret: hex64, want: []string{"expires=2030-01-01T00:00:00Z", "permission=filters team:a", "permission=read-only"}},
		{name: "elastic", value: b64("VuaCfGcBCdbkQm-e5aOx:" + mixed(22)), secret: mixed(22), want: []string{"key_id=VuaCfGcBCdbkQm-e5aOx"}},
		{name: "elastic cloud id", value: "prod:" + b64("us-east-1.aws.found.io$"+hex32+"$"+rep("c", 32)), want: []string{"server=us-east-1.aws.found.io", "tenant=" + hex32}},
		{name: "cloudflare tunnel", value: b64(`{"a":"` + hex32 + `","t":"` + uuid + `","s":"` + b64(s40) + `"}`), secret: b64(s40), want: []string{"tenant=" + hex32, "id=" + uuid, "tenant_kind=account"}},
		{name: "jfrog", value: b64("reftkn:01:1893456000:" + mixed(28)), secret: mixed(28), want: []string{"expires=2030-01-01T00:00:00Z", "provider=jfrog"}},
		{name: "jfrog, a token", value: b64url(`{"alg":"RS256"}`) + "." + b64url(`{"sub":"jfac@01abc/users/ci-deploy","scp":"applied-permissions/admin","iss":"jfac@01abc","iat":1700000000}`) + "." + mixed(86), secret: mixed(86), want: []string{"provider=jfrog", "name=ci-deploy", "identity_type=human_account", "permission=admin"}},
		{name: "gcloud's own client", value: `{"type":"authorized_user","client_id":"764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com","client_sec` + `ret":"x","quota_project_id":"acme-dev","refresh_token":"` + mixed(60) + `"}`, secret: mixed(60), want: []string{"identity_type=human_account", "tenant=acme-dev", "!id", "!name"}},
		{name: "matrix", value: synapse("sy" + "t_" + b64raw("deploy.bot") + "_" + rep("aB", 10)), secret: rep("aB", 10), want: []string{"provider=matrix", "name=deploy.bot", "identity_type=human_account", "kind=access token"}},
		{name: "matrix, refresh", value: synapse("sy" + "r_" + b64raw("ci") + "_" + rep("aB", 10)), want: []string{"name=ci", "kind=refresh token"}},
		{name: "matrix, wrong checksum", value: "sy" + "t_" + b64raw("ci") + "_" + rep("aB", 10) + "_abcdef", want: []string{"provider=matrix", "note=" + badSum, "!name"}},
		{name: "not matrix", value: synapse("sy" + "t_" + b64raw("an name") + "_" + rep("aB", 10)), want: []string{"!provider"}},
		{name: "a wrong checksum", value: "gh" + "p_" + strings.Repeat("A", 36), want: []string{"provider=github", "note=the checksum is wrong: not a real token, or mistyped", "!identity_type"}},
		{name: "jfrog for ever", value: b64("reftkn:01:0000000000:" + mixed(28)), want: []string{"note=never expires"}},
		{name: "salesforce", value: "00D" + "5f000000abcd!" + "AQ" + mixed(90), secret: mixed(90), want: []string{"tenant=00D5f000000abcd", "tenant_kind=organization"}},
		{name: "digitalocean", value: "dop_" + "v1_" + hex64, want: []string{"provider=digitalocean", "identity_type=human_account"}},
		{name: "sonar", value: "sqp_" + rep("0a1b2", 8), want: []string{"identity_type=ci_identity"}},
		{name: "databricks", value: "do" + "se" + hex32, want: []string{"identity_type=service_principal"}},
		{name: "launchdarkly", value: "mob-" + uuid, want: []string{"provider=launchdarkly"}},
		{name: "hubspot", value: "pat-" + "na1-" + uuid, secret: uuid, want: []string{"region=na1", "provider=hubspot"}},
		{name: "newrelic", value: "eu01xx" + rep("a1", 15) + "NRAL", want: []string{"region=eu", "permission=send"}},
		{name: "newrelic query", value: "NR" + "IQ-" + mixed(32), want: []string{"permission=read-only"}},
		{name: "sourcegraph", value: "sgp_" + rep("0a1b", 4) + "_" + rep("0a1b2", 8), want: []string{"tenant=" + rep("0a1b", 4)}},
		{name: "bootstrap", value: "abcdef." + rep("0123456789abcdef", 1), secret: "0123456789abcdef", want: []string{"key_id=abcdef", "name=system:bootstrap:abcdef"}},
		{name: "rancher", value: "token-x7k2p:" + mixed(54), secret: mixed(54), want: []string{"key_id=token-x7k2p"}},
		{name: "rancher kubeconfig", value: "kubeconfig-user-abc12.c-x9k2p:" + mixed(54), want: []string{"name=user-abc12", "tenant=c-x9k2p", "tenant_kind=cluster"}},
		{name: "swarm", value: "SWMTKN-1-" + rep("1a", 25) + "-" + rep("b2c3d", 5), secret: rep("b2c3d", 5), want: []string{"tenant=" + rep("1a", 25), "permission=join"}},
		{name: "zapier", value: "https://hooks.zapier.com/hooks/catch/123456/" + "abc12de/", secret: "abc12de", want: []string{"tenant=123456", "identity_type=webhook"}},
		{name: "logic app", value: "https://prod-12.westeurope.logic.azure.com:443/workflows/" + hex32 + "/triggers/manual/paths/invoke?api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=" + mixed(43), secret: mixed(43), want: []string{"id=" + hex32, "region=westeurope", "permission=send"}},
		{name: "power automate", value: "https://default" + hex32[:28] + ".d7.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/" + hex32 + "/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=" + mixed(43), secret: mixed(43), want: []string{"id=" + hex32, "permission=/triggers/manual/run"}},
		{name: "ansible", value: "$ANSIBLE_VAULT;1.2;AES256;prod\n" + hex64, want: []string{"name=prod", "environment=prod"}},
		{name: "docker pat", value: "dckr_" + "oat_" + mixed(32), want: []string{"identity_type=registry_robot"}},
		{name: "nothing", value: "hello world", want: []string{"!provider", "!name", "!identity_type"}},
		{name: "a hash", value: hex64, want: []string{"!provider", "!name"}},
	} {
		checkSaying(t, v)
	}
}

// field is a field of a macaroon of form 2.
func field(kind byte, s string) string {
	return string(append(binary.AppendUvarint([]byte{kind}, uint64(len(s))), s...))
}

func TestMacaroons(t *testing.T) {
	id := "3f0b0d2a-53b2-4c5e-8a52-fd2f6ad3a3a1"
	index := func(caveats ...string) string {
		m := "\x02" + field(1, "index.example.org") + field(2, id) + "\x00"
		for _, c := range caveats {
			m += field(2, c) + "\x00"
		}
		m += "\x00" + field(6, rep("s", 32))
		return "py" + "pi-" + b64url(m)
	}
	packed, _ := hex.DecodeString("94" + "93c403010203c410" + rep("ff", 16) + "c3" +
		"b5" + hex.EncodeToString([]byte("https://api.fly.io/v1")) + "96" + "0092cd30391f" + "03" + "9181ce0001e2401f" + "04" + "92ce65a2c000ce70dbd880" + "c420" + rep("00", 32))
	for _, v := range []saying{
		{name: "all projects", value: index(`{"version": 1, "permissions": "user"}`), want: []string{"server=index.example.org", "key_id=" + id, "opens=all projects of the user", "permission=publish"}},
		{name: "projects", value: index(`[1,["acme-app"]]`, `[0,1893456000,1704067200]`), want: []string{"name=acme-app", "opens=project acme-app", "expires=2030-01-01T00:00:00Z", "issued=2024-01-01T00:00:00Z"}},
		{name: "user", value: index(`[3,"u-1"]`), want: []string{"id=u-1", "identity_type=human_account"}},
		{name: "publisher", value: index(`[4,"pub-1"]`), want: []string{"identity_type=workload_identity"}},
		{name: "fly", value: "fm2_" + base64.StdEncoding.EncodeToString(packed), want: []string{"tenant=12345", "permission=admin", "opens=app 123456: admin", "expires=2030-01-01T00:00:00Z", "server=https://api.fly.io/v1"}},
	} {
		checkSaying(t, v)
	}
}

// TestIdsAlone: the public id of a credential says which one it is.
func TestIdsAlone(t *testing.T) {
	account, client := "AC"+rep("0a", 16), "123456789012-"+rep("0a", 16)+".apps.googleusercontent.com"
	for _, v := range []saying{
		{name: "Twilio account", value: account, want: []string{"id=" + account, "tenant=" + account}},
		{name: "Twilio key", value: "SK" + rep("0a", 16), want: []string{"key_id=SK" + rep("0a", 16)}},
		{name: "OAuth client", value: client, want: []string{"id=" + client, "tenant=123456789012"}},
		{name: "Vault of old", value: "s." + rep("aB3x", 6), want: []string{"provider=vault"}},
		{name: "a word", value: "s." + rep("abc", 8), want: []string{"!provider"}},
		{name: "Slack of old", value: "xoxa-2-" + "261527442813-3973040867436-3973040867437-" + rep("0a", 16), secret: rep("0a", 16), want: []string{"tenant=261527442813", "id=3973040867436"}},
		{name: "refresh token of old", value: "xoxr-" + "261527442813-3973040867436-3973040867437-" + mixed(24), secret: mixed(24), want: []string{"tenant=261527442813"}},
		{name: "age, wrong checksum", value: "AGE-SECRET-KEY-" + "1" + rep("Q", 58), want: []string{"note=" + badSum, "!identity_type"}},
		{name: "Grafana, wrong checksum", value: "glsa" + "_" + mixed(32) + "_00000000", want: []string{"note=" + badSum, "!identity_type"}},
		{name: "signed address", value: "https://b.s3.amazonaws.com/x?X-Amz-Credential=AKIA" + "RTV7SE6GX36MYABC%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=3600&X-Amz-Signature=" + rep("0a", 32), want: []string{"expires=2026-01-01T01:00:00Z", "!note"}},
	} {
		checkSaying(t, v)
	}
}
