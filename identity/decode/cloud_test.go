package decode

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

var cloudNow = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// made makes text that looks random and is the same in each run.
func made(alphabet string, n int) string {
	r := rand.New(rand.NewPCG(uint64(n), uint64(len(alphabet))))
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

const (
	b64Chars   = alphanum + "+/"
	upperChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

// vector is a credential, what must be said of it, and what must not be.
type vector struct {
	name  string
	in    Input
	want  map[string]string // claim -> values, separated by |
	never []string          // texts that open something
	none  []string          // claims that must not be made
}

func b64(s string) string    { return base64.StdEncoding.EncodeToString([]byte(s)) }
func b64url(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func jwtOf(header, payload string) string {
	return b64url(header) + "." + b64url(payload) + "." + made(urlChars, 86)
}

func routable(prefix, head, payload string) string {
	enc := b64url(made(urlChars, 16) + payload + string(rune(len(payload))))
	t := prefix + head + enc + ".01." + tokensum.GitLabLength(len(enc))
	return t + tokensum.GitLabSum(t)
}

func check(t *testing.T, vs []vector) {
	t.Helper()
	for _, v := range vs {
		t.Run(v.name, func(t *testing.T) {
			v.in.Now = cloudNow
			got := Decode(v.in)
			have := map[string][]string{}
			for _, e := range got {
				have[e.Claim] = append(have[e.Claim], e.Value)
				if e.Class != leak.FromStructure || e.Weight <= 0 || e.Weight > 1 || e.Reason == "" {
					t.Errorf("incomplete: %+v", e)
				}
				for _, n := range v.never {
					if strings.Contains(e.Value, n) || strings.Contains(e.Reason, n) {
						t.Errorf("%s gives away a secret: %q, %q", e.Claim, e.Value, e.Reason)
					}
				}
			}
			for claim, want := range v.want {
				for w := range strings.SplitSeq(want, "|") {
					if !slices.Contains(have[claim], w) {
						t.Errorf("%s is %q, want %q", claim, have[claim], w)
					}
				}
			}
			for _, claim := range v.none {
				if len(have[claim]) > 0 {
					t.Errorf("%s is %q, want nothing", claim, have[claim])
				}
			}
			if len(v.want) == 0 && len(got) > 0 {
				t.Errorf("got %+v, want nothing", got)
			}
			for _, typ := range have[leak.ClaimType] {
				if !slices.Contains(leak.IdentityTypes, leak.IdentityType(typ)) {
					t.Errorf("there is no type %q", typ)
				}
			}
			single := []string{leak.ClaimTenant, leak.ClaimExpires, leak.ClaimIssued, leak.ClaimType, leak.ClaimProvider, leak.ClaimEnvironment, leak.ClaimName, leak.ClaimID}
			for _, claim := range single {
				if vs := have[claim]; len(slices.Compact(slices.Sorted(slices.Values(vs)))) > 1 {
					t.Errorf("%s contradicts itself: %q", claim, vs)
				}
			}
		})
	}
}

func value(s string) Input { return Input{Value: s} }

func TestAWS(t *testing.T) {
	id, canaryID := "ASI"+"AQNZGKIQY56JQ7WML", "AKI"+"AYVP4CIPPERUVIFXG"
	secret := made(b64Chars, 40)
	signed := "https://acme-data.s3.eu-west-1.amazonaws.com/a/b.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + id +
		"%2F20260301%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260301T120000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=" + made(lowHex, 64)
	short := "bedrock-api-key-" + b64("bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="+id+
		"%2F20260301%2Fus-east-1%2Fbedrock%2Faws4_request&X-Amz-Date=20260301T120000Z&X-Amz-Expires=43200&X-Amz-Signature="+made(lowHex, 64)+"&Version=1")
	ecr, _ := json.Marshal(map[string]any{"payload": made(b64Chars, 300), "datakey": made(b64Chars, 100), "version": "2", "type": "DATA_KEY", "expiration": 1772366400})
	session := "IQoJ" + strings.TrimPrefix(b64("!\n\torigin_ec\x10\x0e\x1a\tus-east-1\"H"+made(alphanum, 200)), "IQoJ")
	check(t, []vector{
		{"temporary key", value(id), map[string]string{"provider": "aws", "tenant": "029608264753", "tenant_kind": "account", "key_id": id, "identity_type": "managed_identity", "kind": "temporary access key"}, nil, []string{"canary"}},
		{"key with its secret", Input{Value: secret, Parts: map[string]string{"key_id": canaryID}}, map[string]string{"tenant": "595918472158", "canary": "canarytokens.org", "identity_type": "service_account"}, []string{secret}, nil},
		{"old key", value("AKIAIOSFODNN7EXAMPLE"), map[string]string{"provider": "aws", "key_id": "AKIAIOSFODNN7EXAMPLE"}, nil, []string{"tenant"}},
		{"credentials file", value("[default]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secret + "\n"), map[string]string{"tenant": "029608264753"}, []string{secret}, nil},
		{"role id", value("ARO" + "A" + made("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17)), map[string]string{"identity_type": "managed_identity", "kind": "id of a role"}, nil, []string{"key_id", "tenant"}},
		{"user", value("arn:aws:iam::123456789012:user/ci/payments"), map[string]string{"tenant": "123456789012", "name": "payments", "identity_type": "service_account"}, nil, nil},
		{"user named by an address", value("arn:aws:iam::123456789012:user/jane@acme.io"), map[string]string{"tenant": "123456789012", "email": "jane@acme.io", "name": "jane@acme.io"}, nil, nil},
		{"session of a role", value("arn:aws-us-gov:sts::123456789012:assumed-role/deploy/i-0123"), map[string]string{"name": "deploy", "label": "i-0123", "identity_type": "managed_identity"}, nil, nil},
		{"root", value("arn:aws:iam::123456789012:root"), map[string]string{"permission": "admin", "name": "root"}, nil, nil},
		{"queue", value("https://sqs.eu-central-1.amazonaws.com/123456789012/orders"), map[string]string{"tenant": "123456789012", "region": "eu-central-1", "provider": "aws"}, nil, nil},
		{"topic", value("arn:aws:sns:us-east-1:123456789012:alerts"), map[string]string{"tenant": "123456789012", "region": "us-east-1"}, nil, nil},
		{"signed address", value(signed), map[string]string{"tenant": "029608264753", "region": "eu-west-1", "opens": "s3", "issued": "2026-03-01T12:00:00Z", "expires": "2026-03-01T13:00:00Z", "server": "acme-data.s3.eu-west-1.amazonaws.com"}, []string{made(lowHex, 64)}, nil},
		{"short-term Bedrock key", value(short), map[string]string{"tenant": "029608264753", "expires": "2026-03-02T00:00:00Z", "kind": "short-term Amazon Bedrock API key"}, []string{made(lowHex, 64)}, nil},
		{"long-term Bedrock key", value("ABSK" + b64("BedrockAPIKey-h4fz-at-123456789012:"+secret)), map[string]string{"tenant": "123456789012", "name": "BedrockAPIKey-h4fz", "identity_type": "service_account", "permission": "AmazonBedrockLimitedAccess"}, []string{secret}, nil},
		{"Bedrock key of another user", value("ABSK" + b64("ml-team-at-home-at-123456789012:"+secret)), map[string]string{"tenant": "123456789012", "name": "ml-team-at-home"}, []string{secret}, []string{"permission"}},
		{"Bedrock key of an address", value("ABSK" + b64("jane@acme.io-at-123456789012:"+secret)), map[string]string{"tenant": "123456789012", "name": "jane@acme.io"}, []string{secret}, nil},
		{"ECR password", value(b64(string(ecr))), map[string]string{"expires": "2026-03-01T12:00:00Z", "identity_type": "registry_robot", "provider": "aws"}, []string{made(b64Chars, 100)}, nil},
		{"ECR login", Input{Value: b64("AWS:" + b64(string(ecr))), Parts: map[string]string{"host": "123456789012.dkr.ecr.us-east-1.amazonaws.com"}}, map[string]string{"expires": "2026-03-01T12:00:00Z", "tenant": "123456789012"}, nil, nil},
		{"session token", value(session), map[string]string{"region": "us-east-1", "provider": "aws"}, []string{made(alphanum, 200)[:20]}, nil},
		{"a word in capitals", value("see ASCATERINGSERVICES and " + "AID" + "AKINGOFTHEHILLSX"), nil, nil, nil},
		{"not an id", value("XAKIA" + made(upperChars, 16)), nil, nil, nil},
	})
}

func TestForges(t *testing.T) {
	a30 := strings.Repeat("A", 30)
	classic := func(prefix string) string { h := prefix + "_" + a30; return h + tokensum.GitHubSum(h) }
	if !strings.HasSuffix(classic("gh"+"p"), "0uC"+"Plr") {
		t.Error("the published checksum is another one")
	}
	claims := jwtOf(`{"alg":"ES256","typ":"JWT"}`, `{"exp":1772370000,"iat":1772366400}`)
	atlassian := func(prefix string) string {
		h := prefix + made(urlChars, 60) + "="
		return h + tokensum.AtlassianSum(h)
	}
	bitbucket := "ATB" + "B" + made(alphanum, 24)
	pat := b64("123456789012:" + made(alphanum, 20))
	glsa := "gls" + "a_" + made(alphanum, 32)
	cloudToken := "gl" + "c_" + b64(`{"o":"998877","n":"ingest-ci","k":"`+made(alphanum, 24)+`","m":{"r":"prod-eu-west-2"}}`)
	payload := "c:1\no:1\np:2a\nu:2s"
	check(t, []vector{
		{"classic", value(classic("gh" + "p")), map[string]string{"provider": "github", "identity_type": "human_account", "kind": "classic personal access token"}, []string{a30}, nil},
		{"classic, wrong checksum", value(classic("gh" + "p")[:39] + "s"), map[string]string{"note": "the checksum is wrong: not a real token, or mistyped"}, nil, []string{"identity_type"}},
		{"OAuth", value(classic("gh" + "o")), map[string]string{"identity_type": "oauth_token"}, nil, nil},
		{"user of an app", value(classic("gh" + "u")), map[string]string{"identity_type": "oauth_token"}, nil, nil},
		{"installation", value(classic("gh" + "s")), map[string]string{"identity_type": "oauth_token", "kind": "GitHub App installation access token"}, nil, nil},
		{"refresh", value(classic("gh" + "r")), map[string]string{"kind": "refresh token of a GitHub App"}, nil, nil},
		{"fine-grained", value("github" + "_pat_" + made(alphanum, 22) + "_" + made(alphanum, 59)), map[string]string{"identity_type": "human_account", "kind": "fine-grained personal access token"}, nil, nil},
		{"stateless", value("gh" + "s_123456_" + claims), map[string]string{"identity_type": "oauth_token", "opens": "app 123456", "expires": "2026-03-01T13:00:00Z"}, []string{made(urlChars, 86)}, nil},
		{"stateless of Actions", value("gh" + "s_15368_" + claims), map[string]string{"identity_type": "ci_identity"}, nil, nil},
		{"client id", value("Iv1." + made(lowHex, 16)), map[string]string{"identity_type": "oauth_app", "id": "Iv1." + made(lowHex, 16)}, nil, nil},
		{"npm", value(classic("np" + "m")), map[string]string{"provider": "npm", "kind": "npm access token"}, []string{a30}, nil},

		{"npm login", Input{Rule: "npm-registry-login", Value: b64("deploy:" + made(alphanum, 20))}, map[string]string{"name": "deploy"}, []string{made(alphanum, 20)}, nil},

		{"GitLab routable", value(routable("glpat", "-", payload)), map[string]string{"provider": "gitlab", "tenant": "1", "tenant_kind": "organization", "id": "100", "opens": "project 82", "note": "of cell 1"}, []string{b64url(made(urlChars, 16))[:20]}, nil},
		{"GitLab routable, own prefix", value(routable("SIE-glpat", "-", "o:1\nu:z")), map[string]string{"id": "35", "note": "of an instance whose tokens begin with SIE-"}, nil, nil},
		{"GitLab routable, wrong checksum", value(routable("glpat", "-", payload)[:20] + "x" + routable("glpat", "-", payload)[21:]), map[string]string{"provider": "gitlab", "note": "the checksum is wrong: not a real token, or mistyped"}, nil, []string{"tenant", "id"}},
		{"GitLab runner, routable", value(routable("glrt", "-t3_", "g:5\no:1\nu:2s")), map[string]string{"identity_type": "ci_identity", "opens": "jobs of a project|group 5", "human": "user 100"}, nil, []string{"id"}},
		{"GitLab personal", value("glp" + "at-" + made(alphanum, 20)), map[string]string{"kind": "personal, project or group access token"}, nil, nil},
		{"GitLab deploy", value("gld" + "t-" + made(alphanum, 20)), map[string]string{"identity_type": "service_account", "kind": "deploy token"}, nil, nil},
		{"GitLab job", value("glc" + "bt-64_" + made(alphanum, 20)), map[string]string{"identity_type": "ci_identity", "note": "it ends with its job"}, nil, nil},
		{"GitLab job, JWT", value("glc" + "bt-" + jwtOf(`{"alg":"RS256","kid":"k"}`, `{"sub":"gid://gitlab/Ci::Build/4321","iss":"gitlab.example.com","aud":"gitlab-authz-token","iat":1772366400,"exp":1772370000,"o":"1","p":"2a"}`)), map[string]string{"id": "4321", "server": "gitlab.example.com", "expires": "2026-03-01T13:00:00Z", "opens": "project 82"}, nil, nil},
		{"GitLab trigger", value("glp" + "tt-" + made(lowHex, 40)), map[string]string{"permission": "send"}, nil, nil},
		{"GitLab feed with user", value("glf" + "t-" + made(lowHex, 64) + "-4711"), map[string]string{"id": "4711", "permission": "read-only"}, nil, nil},
		{"GitLab agent", value("glagent" + "-" + made(alphanum, 50)), map[string]string{"identity_type": "service_account"}, nil, nil},
		{"GitLab SCIM", value("glsoat" + "-" + made(alphanum, 20)), map[string]string{"permission": "manage"}, nil, nil},
		{"GitLab application", value("gloas" + "-" + made(alphanum, 64)), map[string]string{"identity_type": "oauth_app"}, nil, nil},
		{"GitLab feature flags", value("glffct" + "-" + made(alphanum, 20)), map[string]string{"permission": "read-only"}, nil, nil},
		{"GitLab runner registration", value("GR" + "1348941" + made(alphanum, 20)), map[string]string{"kind": "runner registration token"}, nil, nil},

		{"Atlassian", value(atlassian("ATA" + "TT3")), map[string]string{"provider": "atlassian", "identity_type": "human_account"}, nil, nil},
		{"Atlassian, escaped", value(strings.Replace(atlassian("ATA"+"TT3"), "=", "%3D", 1)), map[string]string{"provider": "atlassian"}, nil, nil},
		{"Atlassian, wrong checksum", value("ATA" + "TT3" + made(urlChars, 60) + "=00000000"), map[string]string{"note": badSum}, nil, []string{"identity_type"}},
		{"Atlassian organization", value(atlassian("ATC" + "TT3")), map[string]string{"identity_type": "api_key", "provider": "atlassian"}, nil, nil},
		{"Bitbucket access token", Input{Provider: "bitbucket", Value: atlassian("ATC" + "TT3")}, map[string]string{"identity_type": "api_key", "provider": "bitbucket"}, nil, nil},
		{"Bitbucket app password", value(bitbucket + tokensum.AtlassianSum(bitbucket)), map[string]string{"provider": "bitbucket", "identity_type": "human_account"}, nil, nil},
		{"Data Center", value(pat), map[string]string{"provider": "atlassian", "key_id": "123456789012"}, []string{made(alphanum, 20)}, nil},
		{"Bitbucket Data Center", value("BBDC-" + pat), map[string]string{"provider": "bitbucket", "key_id": "123456789012"}, nil, nil},

		{"Grafana", value(glsa + "_" + tokensum.GrafanaSum(glsa)), map[string]string{"provider": "grafana", "identity_type": "service_account"}, nil, nil},
		{"Grafana Cloud", value(cloudToken), map[string]string{"tenant": "998877", "label": "ingest-ci", "name": "ingest-ci", "region": "prod-eu-west-2"}, []string{made(alphanum, 24)}, nil},
		{"Grafana, old", value(b64(`{"k":"` + made(alphanum, 32) + `","n":"mykey","id":3}`)), map[string]string{"tenant": "3", "label": "mykey", "identity_type": "api_key"}, []string{made(alphanum, 32)}, nil},
	})
}

func TestGoogle(t *testing.T) {
	key := "-----BEGIN " + "PRIVATE KEY-----\n" + b64("0\x03\x02\x01\x00") + "\n-----END " + "PRIVATE KEY-----\n"
	id := made(lowHex, 40)
	file := func(email, project, pem string) string {
		b, _ := json.Marshal(map[string]string{"type": "service_account", "project_id": project, "private_key_id": id, "private_key": pem,
			"client_email": email, "client_id": "108900000000000000001", "universe_domain": "googleapis.com"})
		return string(b)
	}
	client := "1234567890-" + made("abcdefghijklmnopqrstuvwxyz0123456789", 32) + ".apps.googleusercontent.com"
	check(t, []vector{
		{"key file", value(file("payments@acme-prod.iam.gserviceaccount.com", "acme-prod", key)), map[string]string{"provider": "google", "identity_type": "service_account",
			"name": "payments@acme-prod.iam.gserviceaccount.com", "tenant": "acme-prod", "tenant_kind": "project", "id": "108900000000000000001", "key_id": id}, []string{b64("0\x03\x02\x01\x00")}, []string{"note"}},
		{"key file, broken", value(file("payments@acme-prod.iam.gserviceaccount.com", "acme-prod", "-----BEGIN")), map[string]string{"note": "the private key in the file cannot be read"}, nil, nil},
		{"project of a domain", value(file("ci@acme.example.com.iam.gserviceaccount.com", "example.com:acme", key)), map[string]string{"tenant": "example.com:acme"}, nil, nil},
		{"App Engine", value(file("acme-prod@appspot.gserviceaccount.com", "acme-prod", key)), map[string]string{"permission": "roles/editor"}, nil, nil},
		{"Compute Engine", value(file("123456789-compute@developer.gserviceaccount.com", "acme-prod", key)), map[string]string{"tenant": "acme-prod", "permission": "roles/editor"}, nil, nil},
		{"Firebase", value(file("firebase-adminsdk-x1y2z@acme-prod.iam.gserviceaccount.com", "acme-prod", key)), map[string]string{"permission": "roles/firebase.sdkAdminServiceAgent"}, nil, nil},
		{"parts", Input{Rule: "google-service-account-key", Value: key, Parts: map[string]string{"client_email": "ci@acme-prod.iam.gserviceaccount.com", "key_id": id, "project": "acme-prod"}}, map[string]string{"name": "ci@acme-prod.iam.gserviceaccount.com", "tenant": "acme-prod", "key_id": id}, nil, nil},
		{"user credentials", value(`{"type":"authorized_user","client_id":"` + client + `","client_secret":"` + made(alphanum, 24) + `","refresh_token":"1//` + made(alphanum, 40) + `","quota_project_id":"acme-dev","account":"jane@acme.io"}`), map[string]string{"identity_type": "oauth_token", "id": client, "email": "jane@acme.io", "tenant": "1234567890"}, []string{made(alphanum, 24), made(alphanum, 40)}, []string{"name"}},
		{"federation", value(`{"type":"external_account","audience":"//iam.googleapis.com/projects/123456/locations/global/workloadIdentityPools/github/providers/actions","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","service_account_impersonation_url":"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/deploy@acme-prod.iam.gserviceaccount.com:generateAccessToken"}`),
			map[string]string{"identity_type": "workload_identity", "name": "deploy@acme-prod.iam.gserviceaccount.com", "label": "github/actions", "tenant": "acme-prod", "note": "the file holds no secret: it says where a workload gets its token"}, nil, nil},
		{"client file", value(`{"installed":{"client_id":"` + client + `","project_id":"acme-dev","client_secret":"` + made(alphanum, 24) + `"}}`), map[string]string{"identity_type": "oauth_app", "id": client, "tenant": "acme-dev"}, []string{made(alphanum, 24)}, nil},
		{"client id", value(client), map[string]string{"id": client, "tenant": "1234567890", "identity_type": "oauth_app"}, nil, nil},
		{"client secret", Input{Value: "GOCS" + "PX-" + made(alphanum, 28), Parts: map[string]string{"client_id": client}}, map[string]string{"identity_type": "oauth_app", "tenant": "1234567890"}, []string{made(alphanum, 28)}, nil},
		{"API key", value("AI" + "za" + made(alphanum, 35)), map[string]string{"identity_type": "api_key"}, nil, []string{"key_id"}},
		{"HMAC key", Input{Value: made(b64Chars, 40), Parts: map[string]string{"access_id": "GOOG1E" + made(upperChars, 55)}}, map[string]string{"identity_type": "service_account", "key_id": "GOOG1E" + made(upperChars, 55)}, []string{made(b64Chars, 40)}, nil},
		{"access token", value("ya" + "29." + made(alphanum, 120)), map[string]string{"identity_type": "oauth_token"}, nil, nil},
	})
}

func TestMessengers(t *testing.T) {
	hex64, hex32 := made(lowHex, 64), made(lowHex, 32)
	uuid := "11111111-2222-3333-4444-555555555555"
	tenant, creator := "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "99999999-8888-7777-6666-555555555555"
	flake := "175928847299117063" // of Discord's reference
	discord := b64url(flake) + "." + b64url("\x0a\x5d\x85\x31") + "." + made(urlChars, 27)
	check(t, []vector{
		{"Slack bot", value("xox" + "b-123456789012-234567890123-" + made(alphanum, 24)), map[string]string{"provider": "slack", "identity_type": "bot", "tenant": "123456789012", "id": "234567890123"}, []string{made(alphanum, 24)}, nil},
		{"Slack user", value("xox" + "p-123456789012-234567890123-345678901234-" + hex32), map[string]string{"identity_type": "oauth_token", "id": "234567890123"}, []string{hex32}, nil},
		{"Slack app", value("xap" + "p-1-A012345678X-1234567890123-" + hex64), map[string]string{"identity_type": "oauth_app", "id": "A012345678X"}, []string{hex64}, nil},
		{"Slack rotating", value("xox" + "e.xoxp-1-" + made(alphanum, 160)), map[string]string{"kind": "Slack user token that rotates, or app configuration token"}, nil, nil},
		{"Slack workflow", value("xwf" + "p-1234567890-" + made(alphanum, 40)), map[string]string{"identity_type": "bot"}, nil, nil},
		{"Slack webhook", value("https://hooks.slack.com/services/T01ABCDEFG/B01ABCDEFG/" + made(alphanum, 24)), map[string]string{"identity_type": "webhook", "tenant": "T01ABCDEFG", "id": "B01ABCDEFG", "permission": "send"}, []string{made(alphanum, 24)}, nil},
		{"Slack workflow webhook", value("https://hooks.slack.com/workflows/T01ABCDEFG/A01ABCDEFG/123456789012345678/" + made(alphanum, 24)), map[string]string{"tenant": "T01ABCDEFG", "id": "A01ABCDEFG"}, []string{made(alphanum, 24)}, nil},
		{"Slack trigger", value("https://hooks.slack.com/triggers/E01ABCDEFG/1234567890123/" + hex32), map[string]string{"tenant": "E01ABCDEFG", "id": "1234567890123"}, []string{hex32}, nil},
		{"Teams", value("https://acme.webhook.office.com/webhookb2/" + uuid + "@" + tenant + "/IncomingWebhook/" + hex32 + "/" + creator), map[string]string{"provider": "microsoftteams", "tenant": tenant, "human": creator, "id": uuid}, []string{hex32}, nil},
		{"Discord bot", value(discord), map[string]string{"identity_type": "bot", "id": flake, "created": "2016-04-30T11:18:25Z", "issued": "2016-07-05T17:51:45Z"}, []string{made(urlChars, 27)}, nil},
		{"Discord bot, newer", value(b64url(flake) + ".G" + made(alphanum, 5) + "." + made(urlChars, 38)), map[string]string{"id": flake, "created": "2016-04-30T11:18:25Z"}, nil, []string{"issued"}},
		{"no Discord bot", value(b64url("not a number at all") + ".abcdef." + made(urlChars, 27)), nil, nil, nil},
		{"Discord webhook", value("https://discord.com/api/webhooks/" + flake + "/" + made(urlChars, 68)), map[string]string{"id": flake, "created": "2016-04-30T11:18:25Z", "identity_type": "webhook"}, []string{made(urlChars, 68)}, nil},
		{"Telegram", value("123456789:AA" + made(urlChars, 33)), map[string]string{"identity_type": "bot", "id": "123456789"}, []string{made(urlChars, 33)}, nil},
		{"Twilio account", value("AC" + hex32), map[string]string{"tenant": "AC" + hex32}, nil, []string{"permission"}},
		{"Twilio key", value("SK" + hex32), map[string]string{"key_id": "SK" + hex32}, nil, nil},
		{"Twilio auth token", Input{Value: hex32[1:] + "a", Parts: map[string]string{"account": "AC" + hex32}}, map[string]string{"tenant": "AC" + hex32, "permission": "admin"}, nil, nil},
		{"SendGrid", value("SG" + "." + made(alphanum, 22) + "." + made(alphanum, 43)), map[string]string{"key_id": made(alphanum, 22), "identity_type": "api_key"}, []string{made(alphanum, 43)}, nil},
		{"Mailchimp", value(hex32 + "-us21"), map[string]string{"region": "us21", "provider": "mailchimp"}, []string{hex32}, nil},
		{"Mailgun", value("key-" + hex32), map[string]string{"provider": "mailgun", "permission": "admin"}, nil, nil},
		{"Mailgun public", value("pubkey-" + hex32), map[string]string{"permission": "read-only"}, nil, nil},
		{"Stripe", value("sk" + "_live_51" + made(alphanum, 97)), map[string]string{"provider": "stripe", "environment": "prod", "permission": "admin"}, nil, []string{"tenant"}},
		{"Stripe restricted", value("rk" + "_test_51" + made(alphanum, 97)), map[string]string{"environment": "test", "kind": "Stripe restricted key"}, nil, []string{"permission"}},
		{"Stripe organization", value("sk" + "_org_live_" + made(alphanum, 60)), map[string]string{"environment": "prod", "kind": "Stripe organization key"}, nil, nil},
		{"Stripe webhook", value("whs" + "ec_" + made(alphanum, 32)), map[string]string{"identity_type": "signing_key"}, nil, []string{"environment"}},
		{"no Stripe key", value("sk" + "_live_" + made(alphanum, 40)), nil, nil, []string{"provider", "permission"}},
		{"Stripe webhook, by its rule", Input{Rule: "stripe-webhook-secret", Value: "whs" + "ec_" + made(alphanum, 32)}, map[string]string{"provider": "stripe"}, nil, nil},
		{"Clerk webhook", Input{Rule: "clerk-webhook-secret", Provider: "clerk", Value: "whs" + "ec_" + made(alphanum, 32)}, nil, nil, []string{"provider", "kind"}},
		{"webhook of nobody", Input{Rule: "standard-webhook-secret", Value: "whs" + "ec_" + made(alphanum, 32)}, nil, nil, []string{"provider", "kind"}},
		{"Stripe publishable", value("pk" + "_live_" + made(alphanum, 24)), map[string]string{"kind": "Stripe publishable key"}, nil, []string{"permission"}},
	})
}

func TestCloudFiles(t *testing.T) {
	id, secret := "ASI"+"AQNZGKIQY56JQ7WML", made(b64Chars, 40)
	const app, tenant = "11111111-2222-3333-4444-555555555555", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
	google := `{"type":"service_account","project_id":"acme-prod","private_key_id":"` + made(lowHex, 40) + `","client_email":"ci@acme-prod.iam.gserviceaccount.com"}`
	check(t, []vector{
		{"create-access-key", value(`{"AccessKey":{"UserName":"payments","AccessKeyId":"` + "AKI" + "AQNZGKIQY56JQ7WML" + `","Status":"Active","SecretAccessKey":"` + secret + `","CreateDate":"2026-03-01T12:00:00+00:00"}}`), map[string]string{"name": "payments", "tenant": "029608264753", "issued": "2026-03-01T12:00:00Z"}, []string{secret}, nil},
		{"assume-role", value(`{"Credentials":{"AccessKeyId":"` + id + `","SecretAccessKey":"` + secret + `","SessionToken":"x","Expiration":"2026-03-01T13:00:00Z"},"AssumedRoleUser":{"Arn":"arn:aws:sts::029608264753:assumed-role/deploy/ci"}}`), map[string]string{"name": "deploy", "label": "ci", "tenant": "029608264753", "expires": "2026-03-01T13:00:00Z"}, []string{secret}, nil},
		{"service principal", value(`{"appId":"` + app + `","displayName":"ci-deploy","password":"` + secret + `","tenant":"` + tenant + `"}`), map[string]string{"identity_type": "service_principal", "name": "ci-deploy", "id": app, "tenant": tenant}, []string{secret}, nil},
		{"service principal for SDKs", value(`{"clientId":"` + app + `","clientSecret":"` + secret + `","subscriptionId":"` + tenant + `","tenantId":"` + tenant + `"}`), map[string]string{"id": app, "opens": "subscription " + tenant}, []string{secret}, nil},
		{"key file in base64", value(b64(google)), map[string]string{"name": "ci@acme-prod.iam.gserviceaccount.com", "tenant": "acme-prod"}, nil, nil},
	})
}

func sasQuery(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "&%s=%s", pairs[i], url.QueryEscape(pairs[i+1]))
	}
	return b.String()[1:]
}

// TestRolesBesideKeysOfUsers: a long-term key is a user's, whatever roles stand beside it.
func TestRolesBesideKeysOfUsers(t *testing.T) {
	key := "AWS_ACCESS_KEY_ID=" + "AK" + "IAQNZGKIQY56JQ7WML" + "\n"
	const role, user = "ROLE_ARN=arn:aws:iam::123456789012:role/deploy\n", "USER_ARN=arn:aws:iam::029608264753:user/ci-bot\n"
	for text, want := range map[string]string{key + role: "", key + role + user: "ci-bot", role: "deploy", "AS" + key[len("AWS_ACCESS_KEY_ID=")+2:] + role: "deploy"} {
		got := ""
		for _, e := range Decode(Input{Value: text, Now: cloudNow}) {
			if e.Claim == leak.ClaimName && !strings.Contains(e.Value, "QNZG") {
				got = e.Value
			}
			if e.Claim == leak.ClaimTenant && e.Value == "123456789012" && strings.HasPrefix(text, "AWS") {
				t.Errorf("%q: tenant %s, %s", text, e.Value, e.Reason)
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
