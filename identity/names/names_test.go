package names

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// secret stands for the credential in the texts of tests.
const secret = "S3CR3T"

// query makes a query of a text with the secret in it.
func query(provider, path, text string) *identity.Query {
	start := strings.Index(text, secret)
	f := &leak.Finding{Rule: leak.RuleInfo{Provider: provider}}
	f.Locations = []leak.Location{{Kind: leak.KindBlob, Path: path}}
	return &identity.Query{
		Finding: f, Now: time.Now(),
		Places: []identity.Place{{Location: f.Locations[0], Text: []byte(text), Start: start, End: start + len(secret), FirstLine: 1}},
	}
}

func ask(t *testing.T, q *identity.Query) (out []string) {
	t.Helper()
	a, err := New().Resolve(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range a.Evidence {
		if e.Reason == "" || strings.Contains(fmt.Sprint(e), secret) {
			t.Errorf("evidence %+v", e)
		}
		out = append(out, fmt.Sprintf("%s=%s %.2g", e.Claim, e.Value, e.Weight))
	}
	return out
}

// keyID is an access key id of account 111122223333, put together here so that
// no file looks like it had one.
var keyID = "AK" + "IARTV7SE6GX36MYABC"[0:18]

func TestNeighbours(t *testing.T) {
	const tenant = "6f1c2a3e-5b7d-4c1f-9a0e-2d4b6c8e0f12"
	for name, c := range map[string]struct{ provider, path, text, want string }{
		"azure in one block": {"azure", "x.tfvars", "tenant_id     = \"" + tenant + "\"\nclient_id = \"b3d5f7a9-1c2e-4a6b-8d0f-3e5a7c9b1d24\"\nclient_secret = \"" + secret + "\"\n",
			"id=b3d5f7a9-1c2e-4a6b-8d0f-3e5a7c9b1d24 0.9; tenant=" + tenant + " 0.9; tenant_kind=tenant 0.9"},
		"azure of another environment": {"azure", "x", "PROD_AZURE_TENANT_ID=" + tenant + "\nSTAGING_AZURE_CLIENT_SECRET=" + secret + "\n", "environment=staging 0.3"},
		"vault":                        {"vault", "ops/vault.env", "VAULT_ADDR=https://Vault.acme.example\nVAULT_TOKEN=" + secret + "\n", "server=vault.acme.example 0.9; tenant=vault.acme.example 0.9; tenant_kind=server 0.9"},
		"a role's ARN":                 {"aws", "x", "AWS_SECRET_ACCESS_KEY=" + secret + "\nAWS_ROLE_ARN=arn:aws:iam::999988887777:role/deploy-role\n", "tenant=999988887777 0.3; tenant_kind=account 0.3"},
		"a user's ARN":                 {"aws", "x", "AWS_SECRET_ACCESS_KEY=" + secret + "\nIAM_USER_ARN=arn:aws:iam::999988887777:user/ci/ci-deploy\n", "name=ci-deploy 0.6; tenant=999988887777 0.9; tenant_kind=account 0.9"},
		"a queue":                      {"aws", "x", "AWS_SECRET_ACCESS_KEY=" + secret + "\nQUEUE_URL=https://sqs.eu-west-1.amazonaws.com/999988887777/orders\n", "tenant=999988887777 0.6; tenant_kind=account 0.6"},
		"a topic":                      {"aws", "x", "AWS_SECRET_ACCESS_KEY=" + secret + "\nTOPIC=arn:aws:sns:eu-west-1:999988887777:orders\n", "tenant=999988887777 0.6; tenant_kind=account 0.6"},
		"a queue far away":             {"aws", "x", "AWS_SECRET_ACCESS_KEY=" + secret + "\n\n" + strings.Repeat("x\n", 20) + "QUEUE_URL=https://sqs.eu-west-1.amazonaws.com/999988887777/orders\n", ""},
		"a cloud id":                   {"elastic", "x", "ELASTIC_CLOUD_ID=logs:" + base64.StdEncoding.EncodeToString([]byte("eu-west-1.aws.found.io$abc123$def456")) + "\nELASTIC_API_KEY=" + secret + "\n", "server=abc123.eu-west-1.aws.found.io 0.9"},
		"no cloud id":                  {"elastic", "x", "cloud.id: \"logs:" + base64.StdEncoding.EncodeToString([]byte("no dollars stand in here")) + "\"\napi_key: " + secret + "\n", ""},
		"a layer of others":            {"aws", "x", "AWS_SECRET_ACCESS_KEY=" + secret + "\nLAYER=arn:aws:lambda:eu-west-1:580247275435:layer:Insights:14\n", ""},
		"a placeholder":                {"vault", "x", "VAULT_ADDR=${ADDR}\nVAULT_TOKEN=" + secret + "\n", ""},
		"lines apart":                  {"vault", "x", "VAULT_ADDR=https://a.example\n\nVAULT_TOKEN=" + secret + "\n", "server=a.example 0.75; tenant=a.example 0.75; tenant_kind=server 0.75"},
		"far apart":                    {"vault", "x", "VAULT_ADDR=https://a.example\n" + strings.Repeat("x\n", 20) + "\nVAULT_TOKEN=" + secret + "\n", "server=a.example 0.5; tenant=a.example 0.5; tenant_kind=server 0.5"},
		"two of as much":               {"vault", "x", "VAULT_ADDR=https://a.example\nFOO=1\nVAULT_TOKEN=" + secret + "\nVAULT_ADDR=https://b.example\n", "server=b.example 0.75; tenant=b.example 0.75; tenant_kind=server 0.9"},
		"in a comment":                 {"vault", "x", "# VAULT_ADDR=https://old.example\nVAULT_TOKEN=" + secret + "\n", "server=old.example 0.3; tenant=old.example 0.3; tenant_kind=server 0.3"},
		"all in comments":              {"vault", "x", "# VAULT_ADDR=https://old.example\n# VAULT_TOKEN=" + secret + "\n", "server=old.example 0.9; tenant=old.example 0.9; tenant_kind=server 0.9"},
		"of another by its prefix":     {"azure", "x", "AZURE_TENANT_ID=" + tenant + "\nAZURE_CLIENT_SECRET=\nGRAPH_CLIENT_SECRET=" + secret + "\n", "service=graph 0.3; tenant=" + tenant + " 0.3; tenant_kind=tenant 0.3"},
		"of another section":           {"okta", "x.yml", "staging:\n  okta_org_url: https://s.okta.com\n  okta_api_token: x\nproduction:\n  okta_api_token: " + secret + "\n", "environment=prod 0.3"},
		"of another section, alone":    {"okta", "x.yml", "staging:\n  okta_org_url: https://s.okta.com\nproduction:\n  okta_api_token: " + secret + "\n", "environment=prod 0.3"},
		"the nearest of two":           {"vault", "x", "VAULT_ADDR=https://a.example\nVAULT_TOKEN=" + secret + "\n\n\nVAULT_ADDR=https://b.example\n", "server=a.example 0.9; tenant=a.example 0.9; tenant_kind=server 0.9"},
		"ini sections": {"aws", "credentials", "[other]\naws_account_id = 999988887777\n[prod]\naws_account_id = 111122223333\naws_secret_access_key = " + secret + "\n",
			"environment=prod 0.3; tenant=111122223333 0.9; tenant_kind=account 0.9"},
		"a password's user and host": {"", "config.yml", "production:\n  database:\n    username: payments_app\n    host: db.prod.acme.example\n    password: " + secret + "\n",
			"environment=prod 0.3; identity_type=database_user 0.75; name=payments_app 0.9; provider=database 0.75; server=db.prod.acme.example 0.9; tenant=db.prod.acme.example 0.9; tenant_kind=server 0.9"},
		"a user of something else":  {"", "x", "DB_USER=app\nSMTP_PASSWORD=" + secret + "\n", "identity_type=service_account 0.9; provider=smtp 0.9"},
		"a user by prefix":          {"", "x", "DB_USER=app\nDB_HOST=db.acme.example:5432\nDB_PASSWORD=" + secret + "\nPGUSER=other\n", "identity_type=database_user 0.75; name=app 0.9; provider=postgresql 0.75; server=db.acme.example:5432 0.9; tenant=db.acme.example 0.9; tenant_kind=server 0.9"},
		"an address as a user":      {"smtp", "x", "SMTP_USER=jo@acme.example\nSMTP_PASSWORD=" + secret + "\n", "email=jo@acme.example 0.9; human=jo 0.9; name=jo 0.9"},
		"kubernetes env":            {"twilio", "d.yaml", "env:\n- name: TWILIO_ACCOUNT_SID\n  value: AC" + strings.Repeat("0a", 16) + "\n- name: TWILIO_AUTH_TOKEN\n  value: " + secret + "\n", "tenant=AC" + strings.Repeat("0a", 16) + " 0.9; tenant_kind=account 0.9"},
		"json":                      {"aws", "a.json", "{\"env\": \"production\",\n \"accountId\": \"111122223333\", \"secretAccessKey\": \"" + secret + "\"}", "environment=prod 0.5; tenant=111122223333 0.9; tenant_kind=account 0.9"},
		"xml":                       {"", "s.xml", "<server>\n  <username>deployer</username>\n  <password>" + secret + "</password>\n</server>\n", "name=deployer 0.9"},
		"flags":                     {"", "run.sh", "mysql --user app --host db.acme.example --password " + secret + "\n", "name=app 0.9; server=db.acme.example 0.9"},
		"the user of a URL":         {"github", "release.sh", "git push https://devp:" + secret + "@github.com/acme/x\n", "name=devp 0.9"},
		"nobody in a URL":           {"github", "release.sh", "git push https://x-access-token:" + secret + "@github.com/acme/x\n", ""},
		"a name":                    {"stripe", "x", "PAYMENTS_PROD_STRIPE_KEY=" + secret + "\n", "environment=prod 0.3; service=payments 0.3"},
		"a key of several lines":    {"privatekey", "x.yaml", "staging:\n  bastionKey: |\n    " + secret + "\n", "environment=staging 0.3; service=bastion 0.3"},
		"square's sandbox":          {"square", "x", "SQUARE_APPLICATION_ID=sandbox-sq0idb-" + strings.Repeat("aB3", 7) + "x\nSQUARE_ACCESS_TOKEN=" + secret + "\n", "environment=sandbox 0.7; id=sandbox-sq0idb-" + strings.Repeat("aB3", 7) + "x 0.9"},
		"square in production":      {"square", "x.js", "{appId: 'sq0idp-" + strings.Repeat("aB3", 7) + "x', accessToken: '" + secret + "'}\n", "environment=prod 0.7; id=sq0idp-" + strings.Repeat("aB3", 7) + "x 0.9"},
		"an access key id":          {"aws", "x", "AWS_ACCESS_KEY_ID=" + keyID + "\nAWS_SECRET_ACCESS_KEY=" + secret + "\n", ""},
		"a path":                    {"stripe", "k8s/overlays/staging/x.yaml", "a: " + secret + "\n", "environment=staging 0.3"},
		"a test":                    {"stripe", "test/fixtures/a.json", secret, "note=" + identity.NoteTestFixture + " 0.3"},
		"production data in a test": {"stripe", "test/fixtures/prod/a.json", secret, "environment=prod 0.3; note=" + identity.NoteTestFixture + " 0.3"},
		"in a test's function":      {"stripe", "x.rb", "def test_with_prod_key\n  key = \"" + secret + "\"\nend\n", ""},
		"encoded in a URL":          {"", "x.rb", "get \"/x?user%2Fnextangler=" + secret + "\"\n", ""},
		"a template's folder":       {"", "lib/app/templates/x", secret, ""},
		"a service by path":         {"stripe", "services/payments/.env.production", secret, "environment=prod 0.3; service=payments 0.3"},
	} {
		got := ask(t, query(c.provider, c.path, c.text))
		if name == "an access key id" {
			if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "tenant=") }) || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "key_id=") }) {
				t.Errorf("%s: %q", name, got)
			}
			continue
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, strings.Join(got, "; "), c.want)
		}
	}
}

// TestOnly: a storage account beside the secret of an app is not the app.
func TestOnly(t *testing.T) {
	text := "AZURE_STORAGE_ACCOUNT=acmedata\nAZURE_KEY=" + secret + "\n"
	for rule, want := range map[string]string{"entra-client-secret": "", "azure-storage-key": "name=acmedata 0.9"} {
		q := query("azure", "x", text)
		q.Finding.Rule.ID = rule
		if got := strings.Join(ask(t, q), "; "); got != want {
			t.Errorf("%s: %q, want %q", rule, got, want)
		}
	}
}

func TestPathEnvironment(t *testing.T) {
	for path, want := range map[string]string{
		"envs/prod/x.tf": "prod", "environments/test/x": "test", "test/x": "", "config/test.yml": "test", "config/production.yml": "prod", ".env.production": "prod",
		"values-prod.yaml": "prod", "terraform.staging.tfvars": "staging", "src/product/x": "", "prod.env": "prod", "appsettings.Development.json": "dev",
		"x_test.go": "", "live/acme/x": "", "live/prod/x": "prod", "deploy/acme-prod/x": "prod", "a/dev/x": "dev", "reproduction/x": "", "latest.txt": "",
		"x/.env": "", ".env.test": "test", "foo-test.yml": "", "staging/prod-copy.sql": "staging", ".env.local": "",
	} {
		if got, _ := PathEnvironment(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string]string{"PAYMENTS_PROD_STRIPE_KEY": "payments prod stripe key", "myAPIKey2": "my api key2", "spring.datasource.password": "spring datasource password", "AWSAccessKeyId": "aws access key id", "": ""} {
		if got := strings.Join(Words(name), " "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]bool{"TOKEN": true, "api_key": true, "password": true, "STRIPE_KEY": false, "DEPLOY_TOKEN": false, "DB_PASSWORD": true} {
		if Generic(name) != want {
			t.Errorf("Generic(%s) is not %v", name, want)
		}
	}
}

func TestKeyAt(t *testing.T) {
	for text, want := range map[string]string{
		"a:\n  b:\n    c: " + secret:                     "c [b a]",
		"resource \"x\" \"y\" {\n  token = \"" + secret:  "token [y]",
		"[prod]\nkey=" + secret:                          "key [prod]",
		"x = { \"inner\": \"" + secret + "\" }":          "inner [x]",
		"export FOO='" + secret + "'":                    "FOO []",
		"config[\"tok\"] = \"" + secret:                  "tok []",
		"const apiKey = `" + secret:                      "apiKey []",
		"curl -H 'Authorization: Bearer " + secret + "'": "Authorization []",
		secret:                                   " []",
		"url: https://u:" + secret + "@h/?key=v": "url []",
	} {
		q := query("", "x", text)
		k := q.Places[0].Around().Key
		if got := fmt.Sprint(k.Name, " ", k.Above); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func FuzzResolve(f *testing.F) {
	f.Add("aws", "a/prod/x.yml", []byte("a:\n  - name: x\n    value: y\n  key: |\n  z --user b"), 10)
	f.Add("", "x", []byte("<a>b</a>\n[x]\nk=v"), 8)
	f.Fuzz(func(t *testing.T, provider, path string, text []byte, at int) {
		at = max(0, min(at, len(text)))
		q := query(provider, path, secret)
		q.Places[0].Text, q.Places[0].Start, q.Places[0].End = text, at, min(len(text), at+5)
		q.Known = []leak.Evidence{{Claim: leak.ClaimTenant, Value: path}}
		if _, err := New().Resolve(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkResolve(b *testing.B) {
	text := strings.Repeat("some_key = \"some value\" # and a comment\nexport FOO=bar\n", 1200) + "AWS_SECRET_ACCESS_KEY=" + secret + "\n" + strings.Repeat("foo: bar\n", 4000)
	q := query("aws", "a/b/c", text)
	for b.Loop() {
		New().Resolve(b.Context(), q)
	}
}

// TestRolesAreOfOtherAccounts: a role that a key is to take on is often in another
// account than the key.
func TestRolesAreOfOtherAccounts(t *testing.T) {
	for text, want := range map[string]string{
		"AWS_ROLE_ARN=arn:aws:iam::444455556666:role/deploy\nAWS_SECRET_ACCESS_KEY=" + secret + "\n": "tenant=444455556666 0.3; tenant_kind=account 0.3",
		"role_arn = arn:aws:iam::444455556666:role/deploy\naws_secret_access_key = " + secret + "\n": "tenant=444455556666 0.3; tenant_kind=account 0.3",
		"arn: arn:aws:iam::444455556666:role/deploy\naws_secret_access_key: " + secret + "\n":        "tenant=444455556666 0.3; tenant_kind=account 0.3",
		"AWS_USER_ARN=arn:aws:iam::444455556666:user/deploy\nAWS_SECRET_ACCESS_KEY=" + secret + "\n": "name=deploy 0.6; tenant=444455556666 0.9; tenant_kind=account 0.9",
	} {
		if got := strings.Join(ask(t, query("aws", "x", text)), "; "); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestJDBC: the URL says which kind of database a password is for, around it or
// beside it.
func TestJDBC(t *testing.T) {
	for text, c := range map[string][2]string{
		"url=jdbc:postgresql://db.acme.example/pay?user=pay&password=" + secret + "\n":                {"jdbc", "identity_type=database_user 0.9; kind=login of a postgresql server 0.9; name=pay 0.9; opens=database pay 0.9; provider=postgresql 0.9; server=db.acme.example 0.9; tenant=db.acme.example 0.9; tenant_kind=server 0.9"},
		"db.url=jdbc:mysql://db.acme.example:3306/pay\ndb.username=pay\ndb.password=" + secret + "\n": {"", "identity_type=database_user 0.9; name=pay 0.9; provider=mysql 0.9; server=db.acme.example:3306 0.9; tenant=db.acme.example 0.9; tenant_kind=server 0.9"},
	} {
		if got := strings.Join(ask(t, query(c[0], "x", text)), "; "); got != c[1] {
			t.Errorf("%q: %s, want %s", text, got, c[1])
		}
	}
}

// TestCutIsSaid: of a credential in very many files, it is said how many were
// looked at.
func TestCutIsSaid(t *testing.T) {
	q := query("vault", "a.env", "X="+secret)
	for i := range 100 {
		q.Finding.Locations = append(q.Finding.Locations, leak.Location{Path: fmt.Sprintf("src/%d.go", i)})
	}
	for len(q.Places) < identity.MaxPlaces {
		q.Places = append(q.Places, q.Places[0])
	}
	got := strings.Join(ask(t, q), "; ")
	for _, want := range []string{"in 8 of the 101 files", "by 64 of its 101 paths"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s: no %q", got, want)
		}
	}
}
