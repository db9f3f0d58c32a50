package decode

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func TestURLs(t *testing.T) {
	pw := mixed(18)
	for _, v := range []saying{
		{name: "postgres", value: "postgres://app_rw:" + pw + "@db.prod.acme.io:5432/payments?sslmode=disable", want: []string{
			"provider=postgresql", "identity_type=database_user", "name=app_rw", "server=db.prod.acme.io:5432", "opens=database payments", "environment=prod", "tenant=db.prod.acme.io", "note=the connection is not encrypted",
		}},
		{name: "driver", value: "postgresql+asyncpg://app:" + pw + "@h/db", want: []string{"provider=postgresql", "name=app"}},
		{name: "RDS", value: "mysql://admin:" + pw + "@orders.c9akciq32rgd.eu-west-1.rds.amazonaws.com:3306/orders", want: []string{"region=eu-west-1", "name=admin"}},
		{name: "Atlas", value: "mongodb+srv://svc:" + pw + "@cluster0.ab1cd.mongodb.net/app", want: []string{"tenant=ab1cd", "tenant_kind=project", "provider=mongodb"}},
		{name: "Neon", value: "postgres://neo:" + pw + "@ep-cool-sun-123456-pooler.us-east-2.aws.neon.tech/main", want: []string{"tenant=ep-cool-sun-123456", "region=us-east-2"}},
		{name: "Supabase", value: "postgres://postgres:" + pw + "@db.abcdefghijklmnopqrst.supabase.co:5432/postgres", want: []string{"tenant=abcdefghijklmnopqrst", "name=postgres"}},
		{name: "Supabase's pooler", value: "postgres://postgres.abcdefghijklmnopqrst:" + pw + "@aws-0-eu-central-1.pooler.supabase.com:6543/postgres", want: []string{"tenant=abcdefghijklmnopqrst", "name=postgres", "region=eu-central-1"}},
		{name: "Azure", value: "postgres://app@acme-pg:" + pw + "@acme-pg.postgres.database.azure.com/x", want: []string{"tenant=acme-pg", "name=app"}},
		{name: "DigitalOcean", value: "rediss://default:" + pw + "@redis-do-user-1234567-0.b.db.ondigitalocean.com:25061", want: []string{"tenant=1234567"}},
		{name: "vhost", value: "amqps://billing:" + pw + "@mq.acme.io/%2Fprod", want: []string{"opens=vhost /prod", "provider=rabbitmq", "identity_type=service_account"}},
		{name: "not escaped", value: "postgres://app:a/b@c" + pw + "@h.acme.io/db", secret: pw, want: []string{"name=app", "server=h.acme.io"}},
		{name: "an address", value: "postgres://jane%40acme.io:" + pw + "@h.acme.io/db", want: []string{"email=jane@acme.io", "human=jane"}},
		{name: "jdbc", value: "jdbc:postgresql://h.acme.io:5432/db?user=rep&password=" + pw, want: []string{"name=rep", "provider=postgresql"}},
		{name: "jdbc, semicolons", value: "jdbc:sqlserver://acme.database.windows.net:1433;database=erp;user=sa_erp@acme;password=" + pw, want: []string{"name=sa_erp", "tenant=acme", "provider=sqlserver"}},
		{name: "jdbc, Oracle", value: "jdbc:oracle:thin:scott/" + pw + "@//ora.acme.io:1521/ORCL", want: []string{"name=scott", "provider=oracle"}},
		{name: "Go's MySQL", value: "app:" + pw + "@tcp(10.0.0.5:3306)/shop?parseTime=true", want: []string{"name=app", "server=10.0.0.5:3306", "opens=database shop"}},
		{name: "libpq", value: "host=db.acme.io user=etl password=" + pw + " dbname=dwh", want: []string{"name=etl", "opens=database dwh"}},
		{name: "token in a URL", value: "https://x-access-token:gh" + "p_" + strings.Repeat("A", 30) + "0uCPlr@github.com/acme/app.git", want: []string{"provider=github", "!name=x-access-token", "server=github.com"}},
		{name: "token as the user", value: "https://gh" + "p_" + strings.Repeat("A", 30) + "0uCPlr:x-oauth-basic@github.com/acme/app.git", secret: strings.Repeat("A", 30), want: []string{"provider=github"}},
		{name: "web", value: "https://ci:" + pw + "@nexus.acme.io/repository", want: []string{"name=ci", "server=nexus.acme.io"}},
		{name: "parts", value: pw, rule: "postgresql-url", parts: map[string]string{"user": "app_ro", "host": "db.staging.acme.io", "port": "5432", "database": "app"}, want: []string{"name=app_ro", "server=db.staging.acme.io:5432", "environment=staging", "identity_type=database_user"}},
		{name: "parts of a URL", value: pw, rule: "url-password", parts: map[string]string{"user": "deploy", "host": "git.acme.io"}, want: []string{"name=deploy", "server=git.acme.io"}},
		{name: "basic", value: "Authorization: Basic " + b64("svc-build:"+pw), want: []string{"name=svc-build"}},
		{name: "basic, by rule", value: b64("jane@acme.io:" + pw), rule: "basic-authorization", want: []string{"email=jane@acme.io"}},
		{name: "ADO.NET", value: "Server=db.prod.acme.io,1433;Database=erp;User Id=app_rw;Pass" + "word=" + pw + ";Encrypt=True", want: []string{"name=app_rw", "server=db.prod.acme.io:1433", "provider=sqlserver", "environment=prod"}},
		{name: "Npgsql", value: "Host=pg.acme.io;Username=rep;Pass" + "word=" + pw + ";Database=dwh", want: []string{"name=rep", "provider=postgresql", "opens=database dwh"}},
		{name: "with its variable", value: "export DATABASE_URL=\"postgres://app:" + pw + "@db.acme.io/x\"", want: []string{"name=app", "provider=postgresql"}},
		{name: "no login", value: "https://acme.io/@scope/path", want: []string{"!name", "!server"}},
	} {
		if v.secret == "" {
			v.secret = pw
		}
		checkSaying(t, v)
	}
}

func TestLoginFiles(t *testing.T) {
	pw := mixed(18)
	for _, v := range []saying{
		{name: ".npmrc", value: "@acme:registry=https://npm.acme.io/\n//npm.acme.io/:_authToken=" + pw + "\n//npm.pkg.github.com/:username=ci\n//npm.pkg.github.com/:_password=" + b64(pw), want: []string{"server=npm.acme.io", "opens=packages of @acme", "note=also in the file: ci at npm.pkg.github.com"}},
		{name: ".npmrc, _auth", value: "//npm.acme.io/repository/npm/:_auth=" + b64("builder:"+pw), want: []string{"name=builder", "server=npm.acme.io"}},
		{name: ".pypirc, no list", value: "[acme]\nrepository = https://acme.jfrog.io/artifactory/api/pypi/py\nusername = uploader\npassword = " + pw, want: []string{"name=uploader", "server=acme.jfrog.io", "label=acme", "provider=pypi"}},
		{name: ".pypirc, no list, another server", value: "[acme]\nrepository: https://nexus.acme.io/repository/hosted/\nusername: uploader\nca_cert: /x\npassword: " + pw + "\n[two]\nrepository = https://b.acme.io\nusername = two\npassword = x", want: []string{"name=uploader", "server=nexus.acme.io", "label=acme", "provider=pypi", "note=also in the file: two at b.acme.io"}},
		{name: ".pypirc", value: "[distutils]\nindex-servers = acme\n\n[acme]\nrepository = https://pip.acme.io/simple\nusername = uploader\npassword = " + pw, want: []string{"name=uploader", "server=pip.acme.io", "label=acme"}},
		{name: ".netrc", value: "machine git.acme.io\n  login deploy\n  password " + pw + "\nmachine api.acme.io login bob password x", want: []string{"name=deploy", "server=git.acme.io", "note=also in the file: bob at api.acme.io"}},
		{name: ".pgpass", value: "# hosts\ndb.prod.acme.io:5432:orders:app_rw:" + pw + "\n*:*:*:postgres:a\\:b", want: []string{"name=app_rw", "server=db.prod.acme.io", "opens=database orders", "identity_type=database_user", "environment=prod"}},
		{name: ".my.cnf", value: "[client]\nuser = backup\npass" + "word = \"" + pw + "\"\nhost = db.acme.io\n", want: []string{"name=backup", "server=db.acme.io", "identity_type=database_user"}},
		{name: ".git-credentials", value: "https://ci:" + pw + "@git.acme.io\nhttps://bob:x@github.com\n", want: []string{"name=ci", "server=git.acme.io", "note=also in the file: bob at github.com"}},
		{name: "settings.xml", value: `<settings><servers><server><id>releases</id><username>deployer</username><password>` + pw + `</password></server></servers><profiles><profile><repositories><repository><id>releases</id><url>https://nexus.acme.io/r</url></repository></repositories></profile></profiles></settings>`, want: []string{"name=deployer", "server=nexus.acme.io", "label=releases"}},
		{name: "gradle", value: "org.gradle.jvmargs=-Xmx2g\nnexusUsername=deployer\nnexusPass" + "word=" + pw + "\n", want: []string{"name=deployer", "label=nexus"}},
		{name: "NuGet", value: `<?xml version="1.0"?><configuration><packageSources><add key="Acme Feed" value="https://nuget.acme.io/v3/index.json" /></packageSources><packageSourceCredentials><Acme_x0020_Feed><add key="Username" value="ci" /><add key="ClearTextPassword" value="` + pw + `" /></Acme_x0020_Feed></packageSourceCredentials></configuration>`, want: []string{"name=ci", "server=nuget.acme.io", "label=Acme Feed"}},
		{name: "cargo", value: "[registries.acme]\ntoken = \"" + pw + "\"\n", want: []string{"label=acme", "provider=cargo"}},
		{name: "htpasswd", value: "admin:$apr1$abcdefgh$" + mixed(22) + "\n", secret: mixed(22), want: []string{"name=admin"}},
		{
			name: "Jenkins", value: "<?xml version='1.1' encoding='UTF-8'?>\n<com.cloudbees.plugins.credentials.SystemCredentialsProvider plugin=\"credentials@1\"><domainCredentialsMap><entry><list>" +
				"<com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl><scope>GLOBAL</scope><id>nexus-prod</id><description>Nexus upload</description><username>svc-nexus</username><pass" + "word>{" + pw + "}</pass" + "word></com.cloudbees.plugins.credentials.impl.UsernamePasswordCredentialsImpl>" +
				"<org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl><id>slack</id><secret>{x}</secret></org.jenkinsci.plugins.plaincredentials.impl.StringCredentialsImpl></list></entry></domainCredentialsMap></com.cloudbees.plugins.credentials.SystemCredentialsProvider>",
			want: []string{"name=svc-nexus", "key_id=nexus-prod", "label=Nexus upload", "environment=prod", "note=also in the file: secret text slack, user somebody", "provider=jenkins"},
		},
		{name: "sops", value: "db: ENC[AES256_GCM,data:abc]\nsops:\n    kms:\n        - arn: arn:aws:kms:eu-west-1:111122223333:key/abc\n    age:\n        - recipient: age1xyz\n    lastmodified: \"2024-05-01T10:00:00Z\"\n", want: []string{"name=arn:aws:kms:eu-west-1:111122223333:key/abc", "note=opened by the age recipient age1xyz", "rotated=2024-05-01T10:00:00Z"}},
	} {
		if v.secret == "" {
			v.secret = pw
		}
		checkSaying(t, v)
	}
}

func TestDockerConfig(t *testing.T) {
	pw := mixed(18)
	config := func(host, user, password string) string {
		doc, _ := json.Marshal(map[string]any{"auths": map[string]any{host: map[string]string{"auth": b64(user + ":" + password)}}})
		return string(doc)
	}
	google := `{"type":"service_account","project_id":"acme-prod","private_key_id":"` + strings.Repeat("0a", 20) + `","client_email":"puller@acme-prod.iam.gserviceaccount.com","client_id":"123456789012345678901"}`
	const entra, object = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "99999999-8888-7777-6666-555555555555"
	acr := jwtOf(rs256, `{"jti":"j1","sub":"`+object+`","nbf":1772366400,"exp":1772370000,"iat":1772366400,"iss":"Azure Container Registry","aud":"acme.azurecr.io","version":"1.0","grant_type":"refresh_token","tenant":"`+entra+`","permissions":{"actions":["read","write"]},"roles":[]}`)
	for _, v := range []saying{
		{name: "Quay", value: config("quay.io", "acme+deploy", pw), want: []string{"identity_type=registry_robot", "name=acme+deploy", "tenant=acme", "provider=quay", "server=quay.io"}},
		{name: "Harbor", value: config("harbor.acme.io", "robot$shop+ci", pw), want: []string{"identity_type=registry_robot", "tenant=shop", "name=robot$shop+ci"}},
		{name: "Google", value: config("eu.gcr.io", "_json_key", google), want: []string{"identity_type=service_account", "name=puller@acme-prod.iam.gserviceaccount.com", "tenant=acme-prod"}},
		{name: "ECR", value: config("111122223333.dkr.ecr.eu-west-1.amazonaws.com", "AWS", pw), want: []string{"tenant=111122223333", "region=eu-west-1", "provider=aws"}},
		{name: "ACR", value: config("acme.azurecr.io", "00000000-0000-0000-0000-000000000000", pw), want: []string{"tenant=acme", "identity_type=service_principal", "!name"}},
		{name: "ACR, refresh token", value: config("acme.azurecr.io", "00000000-0000-0000-0000-000000000000", acr), want: []string{"tenant=" + entra, "tenant_kind=tenant", "provider=azure", "id=" + object, "server=acme.azurecr.io", "permission=read", "permission=write", "expires=2026-03-01T13:00:00Z", "!name"}},
		{name: "ACR, identity token", value: `{"auths":{"acme.azurecr.io":{"auth":"` + b64("00000000-0000-0000-0000-000000000000:") + `","identitytoken":"` + acr + `"}}}`, want: []string{"tenant=" + entra, "tenant_kind=tenant", "id=" + object, "!name"}},
		{name: "a person", value: config("https://index.docker.io/v1/", "jane", pw), want: []string{"name=jane", "provider=dockerhub", "server=index.docker.io"}},
		{name: "in base64", value: b64(config("quay.io", "acme+deploy", pw)), want: []string{"name=acme+deploy"}},
	} {
		v.secret = pw
		checkSaying(t, v)
	}
}

func TestKubeconfig(t *testing.T) {
	k := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now, NotAfter: now.AddDate(1, 0, 0), Subject: pkix.Name{CommonName: "kubernetes-admin", Organization: []string{"system:masters"}}}
	cert := pemOf("CERTIFICATE", must[[]byte](t)(x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)))
	token := b64url(`{"alg":"RS256","kid":"a"}`) + "." + b64url(`{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"payments","kubernetes.io/serviceaccount/service-account.name":"api","sub":"system:serviceaccount:payments:api"}`) + "." + mixed(86)
	head := "apiVersion: v1\nkind: Config\ncurrent-context: prod\nclusters:\n- name: acme-prod\n  cluster:\n    server: https://k8s.acme.io:6443\ncontexts:\n- name: prod\n  context: {cluster: acme-prod, user: boss, namespace: payments}\nusers:\n"
	checkSaying(t, saying{name: "certificate", value: head + "- name: boss\n  user:\n    client-certificate-data: " + b64(cert) + "\n    client-key-data: QUJD\n", want: []string{
		"name=kubernetes-admin", "permission=admin", "tenant=acme-prod", "tenant_kind=cluster", "server=k8s.acme.io:6443", "expires=2027-11-01T00:00:00Z", "identity_type=certificate", "environment=prod",
	}})
	checkSaying(t, saying{name: "token", value: head + "- name: boss\n  user: {token: " + token + "}\n- name: other\n  user: {password: x}\n", secret: mixed(86), want: []string{"identity_type=service_account", "note=also in the file: user other, a password"}})
	checkSaying(t, saying{name: "exec", value: head + "- name: boss\n  user:\n    exec:\n      command: aws\n      args: [eks, get-token, --cluster-name, acme, --role, 'arn:aws:iam::111122223333:role/deploy']\n", want: []string{"note=no secret in the file: a token is got by aws", "opens=cluster acme"}})
}

func TestTerraformState(t *testing.T) {
	pw := mixed(40)
	state := func(resources string) string {
		return `{"version":4,"terraform_version":"1.9.0","serial":3,"lineage":"x","resources":[` + resources + `]}`
	}
	user := `{"mode":"managed","type":"aws_iam_access_key","name":"ci","module":"module.deploy","instances":[{"attributes":{"id":"AKI` + `AYVP4CIPPERUVIFXG","user":"ci-deployer","secret":"` + pw + `","create_date":"2024-01-01T00:00:00Z","status":"Active"}}]}`
	google := `{"mode":"managed","type":"google_service_account_key","name":"pay","instances":[{"attributes":{"service_account_id":"projects/acme-prod/serviceAccounts/pay@acme-prod.iam.gserviceaccount.com","valid_before":"2034-01-01T00:00:00Z","private_key":"` + b64("{}") + `"}}]}`
	random := `{"mode":"managed","type":"random_password","name":"db","instances":[{"attributes":{"result":"` + pw + `"}}]}`
	database := `{"mode":"managed","type":"aws_db_instance","name":"main","instances":[{"attributes":{"username":"root","password":"` + pw + `","endpoint":"x.c9akciq32rgd.eu-west-1.rds.amazonaws.com:3306"}}]}`
	for _, v := range []saying{
		{name: "IAM", value: state(user + "," + google), want: []string{"name=ci-deployer", "tenant=595918472158", "provider=aws", "identity_type=service_account", "issued=2024-01-01T00:00:00Z", "note=declared in Terraform as module.deploy.aws_iam_access_key.ci", "note=also in the state: google_service_account_key.pay, service account key pay@acme-prod.iam.gserviceaccount.com"}},
		{name: "Google", value: state(google), want: []string{"name=pay@acme-prod.iam.gserviceaccount.com", "tenant=acme-prod", "expires=2034-01-01T00:00:00Z"}},
		{name: "a password and who uses it", value: state(random + "," + database), want: []string{"name=root", "identity_type=database_user", "permission=admin"}},
		{name: "none", value: state(`{"mode":"managed","type":"aws_vpc","name":"x","instances":[{"attributes":{}}]}`), want: []string{"!name"}},
	} {
		v.secret = pw
		checkSaying(t, v)
	}
}

func TestIsFile(t *testing.T) {
	if !IsFile("machine git.acme.io login a password b") || IsFile("postgres://a:b@c/d") || IsFile(openPGP(5, "a")) {
		t.Error("a .netrc is a file, a URL and a key are none")
	}
}

// TestEncryptedLogins: what a rule has cut out of an address says too that the
// connection is encrypted.
func TestEncryptedLogins(t *testing.T) {
	for scheme, want := range map[string]string{"rediss:": "login of a redis server over TLS", "redis:": "login of a redis server", "": "login of a redis server"} {
		got := ""
		for _, e := range Decode(Input{Rule: "redis-url", Provider: "redis", Value: "Zx81kqP0vbn2Lw7s", Parts: map[string]string{"scheme": scheme, "host": "r.acme.io", "port": "6380"}}) {
			if e.Claim == leak.ClaimKind {
				got = e.Value
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", scheme, got, want)
		}
	}
}
