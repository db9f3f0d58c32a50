package cmdline

import (
	"context"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

const password = "Zx81kqP0vbn2Lw7s"

// claims are what the resolver says of the password in a text, by claim.
func claims(t *testing.T, text string) map[string]string {
	t.Helper()
	text = strings.ReplaceAll(text, "SECRET1", password)
	at := strings.Index(text, password)
	p := identity.Place{Location: leak.Location{Path: "a.sh"}, Text: []byte(text), Start: at, End: at + len(password), FirstLine: 1}
	a, err := New().Resolve(context.Background(), &identity.Query{Finding: &leak.Finding{}, Places: []identity.Place{p}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range a.Evidence {
		if strings.Contains(e.Value+e.Reason, password) {
			t.Errorf("%s: the password is in %+v", text, e)
		}
		if out[e.Claim] == "" {
			out[e.Claim] = e.Value
		}
	}
	return out
}

func TestCommands(t *testing.T) {
	for _, c := range []struct{ text, user, server, provider string }{
		{"docker login -u ci -p SECRET1 registry.acme.io", "ci", "registry.acme.io", "-"},
		{"docker login registry.acme.io --username ci --password SECRET1", "ci", "registry.acme.io", "-"},
		{"docker login --username=ci --password=SECRET1 registry.acme.io:5000", "ci", "registry.acme.io:5000", "-"},
		{`docker login -u "acme+robot" -p "SECRET1" quay.io`, "acme+robot", "quay.io", "quay"},
		{"echo SECRET1 | docker login -u ci --password-stdin registry.acme.io", "ci", "registry.acme.io", "-"},
		{"echo \"SECRET1\" | sudo docker login -u ci --password-stdin registry.acme.io", "ci", "registry.acme.io", "-"},
		{"docker login \\\n  -u ci \\\n  -p SECRET1 \\\n  registry.acme.io\n", "ci", "registry.acme.io", "-"},
		{"docker login \\\r\n  -u ci \\\r\n  -p SECRET1 \\\r\n  registry.acme.io\r\n", "ci", "registry.acme.io", "-"},
		{"RUN docker login -u ci -p SECRET1 registry.acme.io && docker push registry2.acme.io/a", "ci", "registry.acme.io", "-"},
		{`RUN ["docker", "login", "-u", "ci", "-p", "SECRET1", "registry.acme.io"]`, "ci", "registry.acme.io", "-"},
		{"script:\n  - docker login -u ci -p SECRET1 registry.acme.io\n  - docker login -u other -p x y.acme.io\n", "ci", "registry.acme.io", "-"},
		{`{"scripts":{"login":"docker login -u ci -p SECRET1 registry.acme.io","b":"docker login -u no z.acme.io"}}`, "ci", "registry.acme.io", "-"},
		{"\tdocker login -u ci -p SECRET1 registry.acme.io # for CI", "ci", "registry.acme.io", "-"},
		{"Use `docker login -u ci -p SECRET1 registry.acme.io` first.", "ci", "registry.acme.io", "-"},
		{"docker login -u $USER -p SECRET1 $REGISTRY", "", "", "-"},
		{"docker pull registry.acme.io/a; x=SECRET1", "", "", "-"},
		{"docker login harbor.acme.io -u 'robot$ci' -p SECRET1", "robot$ci", "harbor.acme.io", "harbor"},
		{"docker login r.acme.io -u robot\\$pay+ci -p SECRET1", "robot$pay+ci", "r.acme.io", "harbor"},
		{"docker login r.acme.io -u robot$CI_NAME -p SECRET1", "", "r.acme.io", "-"},
		{"podman login -u ci -p SECRET1 quay.io", "ci", "quay.io", "quay"},
		{"skopeo login quay.io --username sk --password SECRET1", "sk", "quay.io", "quay"},
		{"helm registry login r.acme.io -u helmer --password SECRET1", "helmer", "r.acme.io", "-"},
		{"helm repo add acme https://charts.acme.io/stable --username helmer --password SECRET1", "helmer", "charts.acme.io", "-"},
		{"curl -u api-bot:SECRET1 https://api.acme.io/v1/x", "api-bot", "api.acme.io", "-"},
		{"mc alias set prod https://minio.acme.io:9000 backup-svc SECRET1", "backup-svc", "minio.acme.io:9000", "minio"},
		{"mc --quiet alias set --api S3v4 prod https://minio.acme.io backup-svc SECRET1 --path auto\nmc ls prod", "backup-svc", "minio.acme.io", "minio"},
		{"mc alias set prod https://minio.acme.io $KEY SECRET1", "", "minio.acme.io", "minio"},
		{"mc alias list prod https://minio.acme.io; x=SECRET1", "", "", "-"},
		{"curl -s --user 'api-bot:SECRET1' -X POST \"https://api.acme.io:8443/v1\"", "api-bot", "api.acme.io:8443", "-"},
		{"curl https://api.acme.io/v1 -uapi-bot:SECRET1", "api-bot", "api.acme.io", "-"},
		{"wget --user=getter --password=SECRET1 https://dl.acme.io/a.tgz", "getter", "dl.acme.io", "-"},
		{"wget --http-user getter --http-password SECRET1 https://dl.acme.io/a.tgz", "getter", "dl.acme.io", "-"},
		{"mysql -h db.acme.io -u shop -pSECRET1 shop", "shop", "db.acme.io", "mysql"},
		{"mysqldump --host=db.acme.io --user=shop --port=3307 --password=SECRET1 shop > a.sql", "shop", "db.acme.io:3307", "mysql"},
		{"mysql -ushop -hdb.acme.io -pSECRET1", "shop", "db.acme.io", "mysql"},
		{"mariadb -u shop -h db.acme.io -pSECRET1", "shop", "db.acme.io", "mariadb"},
		{"MYSQL_PWD=SECRET1 mysql -u shop -h db.acme.io", "shop", "db.acme.io", "mysql"},
		{"PGPASSWORD=SECRET1 psql -h pg.acme.io -U reporter -p 6432 rep", "reporter", "pg.acme.io:6432", "postgresql"},
		{"PGPASSWORD='SECRET1' PGSSLMODE=require pg_dump -h pg.acme.io -U reporter rep", "reporter", "pg.acme.io", "postgresql"},
		{"export PGPASSWORD=SECRET1\ncd /tmp\npsql -h pg.acme.io -U reporter rep\n", "reporter", "pg.acme.io", "postgresql"},
		{"redis-cli -h r.acme.io -p 6380 --user cache -a SECRET1 ping", "cache", "r.acme.io:6380", "redis"},
		{"redis-cli -h r.acme.io -a SECRET1 ping", "", "r.acme.io", "redis"},
		{"REDISCLI_AUTH=SECRET1 redis-cli -h r.acme.io ping", "", "r.acme.io", "redis"},
		{"mongosh --host m.acme.io -u mongoer -p SECRET1", "mongoer", "m.acme.io", "mongodb"},
		{"mongosh m.acme.io:27018/shop --username mongoer --password SECRET1", "mongoer", "m.acme.io:27018", "mongodb"},
		{"sqlcmd -S sql.acme.io,1434 -U app -P SECRET1 -Q x", "app", "sql.acme.io:1434", "sqlserver"},
		{"cqlsh -u cass -p SECRET1 cas.acme.io", "cass", "cas.acme.io", "cassandra"},
		{"ldapsearch -H ldap://ldap.acme.io:389 -D cn=svc,dc=acme -w SECRET1", "cn=svc,dc=acme", "ldap.acme.io:389", "ldap"},
		{"lftp -u ftper,SECRET1 ftp.acme.io", "ftper", "ftp.acme.io", "ftp"},
		{"rabbitmqadmin -H mq.acme.io -u mqer -p SECRET1 list", "mqer", "mq.acme.io", "rabbitmq"},
		{"smbclient //files.acme.io/share -U app%SECRET1", "app", "files.acme.io", "smb"},
		{"sshpass -p SECRET1 ssh -o StrictHostKeyChecking=no deployer@bastion.acme.io", "deployer", "bastion.acme.io", "ssh"},
		{"sshpass -pSECRET1 scp a.tgz deployer@bastion.acme.io:/srv/", "deployer", "bastion.acme.io", "ssh"},
		{"sshpass -p SECRET1 ssh -l deployer -p 2222 root@bastion.acme.io", "deployer", "bastion.acme.io", "ssh"},
		{"plink -ssh -pw SECRET1 deployer@bastion.acme.io", "deployer", "bastion.acme.io", "ssh"},
		{"kubectl config set-credentials ciuser --token=SECRET1", "ciuser", "", "kubernetes"},
		{"kubectl config set-credentials ciuser --username=kci --password=SECRET1", "kci", "", "kubernetes"},
		{"vault login -address=https://vault.acme.io:8200 -method=userpass username=vaulter password=SECRET1", "vaulter", "vault.acme.io:8200", "vault"},
		{"npm config set //npm.acme.io/:_authToken=SECRET1", "", "npm.acme.io", "npm"},
		{"npm config set //npm.acme.io/:_authToken SECRET1", "", "npm.acme.io", "npm"},
		{"twine upload --repository-url https://pypi.acme.io/simple -u tw -p SECRET1 dist/*", "tw", "pypi.acme.io", "pypi"},
		{"argocd login argo.acme.io --username admin2 --password SECRET1", "admin2", "argo.acme.io", "argocd"},
		{"oc login -u dev -p SECRET1 https://api.acme.io:6443", "dev", "api.acme.io:6443", "openshift"},
		{"cf login -a api.acme.io -u dev -p SECRET1", "dev", "api.acme.io", "cloudfoundry"},
		{"REG_TOKEN=SECRET1\ndocker build .\ndocker login -u ci -p $REG_TOKEN registry.acme.io\n", "ci", "registry.acme.io", "-"},
		{"env:\n  REG_TOKEN: SECRET1\nsteps:\n  - run: echo \"${REG_TOKEN}\" | docker login -u ci --password-stdin registry.acme.io\n", "ci", "registry.acme.io", "-"},
		{"env:\n  REG_TOKEN: SECRET1\nsteps:\n  - run: docker login -u ci -p ${{ env.REG_TOKEN }} registry.acme.io\n", "ci", "registry.acme.io", "-"},
		{"$Token = 'SECRET1'\ndocker login -u ci -p $Token registry.acme.io\n", "ci", "registry.acme.io", "-"},
		{"set TOKEN=SECRET1\r\ndocker login -u ci -p %TOKEN% registry.acme.io\r\n", "ci", "registry.acme.io", "-"},
		{"TOKEN=SECRET1\ngit clone https://svc-backup:${TOKEN}@git.acme.io/a/b.git\n", "svc-backup", "git.acme.io", "-"},
		{"TOKEN=SECRET1\ngit clone https://oauth2:${TOKEN}@git.acme.io/a/b.git\n", "", "git.acme.io", "-"},
		{"DB_PASS=SECRET1\nexport DATABASE_URL=\"postgresql://app:$DB_PASS@db.acme.io:6432/x\"\n", "app", "db.acme.io:6432", "postgresql"},
		{"TOKEN=SECRET1\ndocker login -u ci -p $TOKEN2 registry.acme.io\n", "", "", "-"},
		{"TOKEN=SECRET1\nTOKEN=other\ndocker login -u ci -p $TOKEN registry.acme.io\n", "", "", "-"},
		{"TOKEN=SECRET1\ndocker login -u ci -p $TOKEN a.acme.io\ndocker login -u bob -p $TOKEN b.acme.io\n", "", "", "-"},
		{"TOKEN=SECRET1\ndocker login -u $USER -p $TOKEN $REGISTRY\n", "", "", "-"},
	} {
		got := claims(t, c.text)
		if got[leak.ClaimName] != c.user || got[leak.ClaimServer] != c.server || c.provider != "-" && got[leak.ClaimProvider] != c.provider {
			t.Errorf("%s: user %q at %q of %q, want %q at %q of %q", c.text, got[leak.ClaimName], got[leak.ClaimServer], got[leak.ClaimProvider], c.user, c.server, c.provider)
		}
	}
}

// TestServersOfAll: the host of a service's interface is nobody's tenant; a server of
// one's own is.
func TestServersOfAll(t *testing.T) {
	for command, want := range map[string]string{
		"openai curl -H 'Authorization: Bearer SECRET1' https://api.openai.com/v1/models": "",
		"slack curl https://slack.com/api/auth.test -H \"Authorization: Bearer SECRET1\"": "",
		"github curl -H 'Authorization: token SECRET1' https://api.github.com/user":       "",
		"github curl -H 'Authorization: token SECRET1' https://ghe.acme.io/api/v3/user":   "ghe.acme.io",
		"gitlab curl --header 'PRIVATE-TOKEN: SECRET1' https://git.acme.io/api/v4/user":   "git.acme.io",
		"vault wget --header='X-Vault-Token: SECRET1' https://vault.acme.io/v1/secret":    "vault.acme.io",
		"stripe curl -u SECRET1: https://api.stripe.com/v1/charges":                       "",
		"generic curl -u bot:SECRET1 https://api.acme.io/v1/x":                            "api.acme.io",
		"atlassian curl -u bot:SECRET1 https://api.atlassian.com/x":                       "",
		"httpauth curl -H 'Authorization: Basic SECRET1' https://api.acme.io/v1/x":        "api.acme.io",
	} {
		got := ofProvider(t, command)
		if got[leak.ClaimServer] != want || (got[leak.ClaimTenant] != "" && got[leak.ClaimTenant] != want) {
			t.Errorf("%s: server %q, tenant %q; want %q", command, got[leak.ClaimServer], got[leak.ClaimTenant], want)
		}
	}
}

// TestCustomers: of a service the name below its domain is the tenant.
func TestCustomers(t *testing.T) {
	for command, want := range map[string]string{
		"atlassian curl -u jira-bot:SECRET1 https://acme.atlassian.net/rest/api/3/issue":                    "jira-bot acme account",
		"atlassian T=1\nTOKEN=SECRET1\ncurl -u jira-bot:$TOKEN https://acme.atlassian.net/rest/api/3":       "jira-bot acme account",
		"zendesk curl -u bot/token:SECRET1 https://acme.zendesk.com/api/v2/users/me.json":                   "bot acme account",
		"auth0 curl -H 'Authorization: Bearer SECRET1' https://acme.us-3.auth0.com/api/v2/users":            " acme.us-3.auth0.com tenant",
		"auth0 curl -H 'Authorization: Bearer SECRET1' https://login.us.auth0.com/x":                        "  ",
		"auth0 curl -H 'Authorization: Bearer SECRET1' https://acme.guardian.us.auth0.com/x":                "  ",
		"gitlab curl -F token=SECRET1 -F ref=main https://git.acme.io/api/v4/projects/214/trigger/pipeline": "  ",
		"okta curl -H 'Authorization: SSWS SECRET1' https://acme.okta.com/api/v1/users/me":                  " acme.okta.com organization",
		"atlassian curl -u jira-bot:SECRET1 https://evil.example/?acme.atlassian.net":                       "jira-bot  ",
	} {
		got := ofProvider(t, command)
		if s := got[leak.ClaimName] + " " + got[leak.ClaimTenant] + " " + got[leak.ClaimTenantKind]; s != want {
			t.Errorf("%s: %q, want %q", command, s, want)
		}
	}
}

func TestServicePrincipalsLogIn(t *testing.T) {
	const app, tenant = "aaaaaaaa-1111-4aaa-8aaa-aaaaaaaaaaaa", "11111111-2222-4333-8444-555555555555"
	for _, text := range []string{
		"az login --service-principal -u " + app + " -p SECRET1 --tenant " + tenant,
		"az login --service-principal --username " + app + " --password=SECRET1 -t " + tenant,
	} {
		got := claims(t, text)
		if got[leak.ClaimID] != app || got[leak.ClaimTenant] != tenant || got[leak.ClaimProvider] != "azure" || got[leak.ClaimType] != string(leak.ServicePrincipal) {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// FuzzFind: no text makes it panic, and no word of a command is outside of it.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"docker login -u a -p SECRET1 b.c", `RUN ["docker", "login", "-p", "SECRET1"`, "PGPASSWORD=SECRET1 psql -U", "curl -u \\", "sshpass -p SECRET1 ssh -l"} {
		f.Add(s, 3, 5)
	}
	f.Fuzz(func(t *testing.T, text string, start, end int) {
		if start < 0 || end < start || end > len(text) {
			return
		}
		find(text, start, end)
		variable([]byte(text), text[start:end])
		for at := range min(len(text), 50) {
			for _, w := range first(words(text, at)) {
				if w.start < 0 || w.end > len(text) || w.end < w.start {
					t.Fatalf("%q at %d: %+v", text, at, w)
				}
			}
		}
	})
}

func first(list []word, _ int) []word { return list }

// ofProvider is what a command says of a credential by claim; the first word is the provider.
func ofProvider(t *testing.T, command string) map[string]string {
	t.Helper()
	provider, text, _ := strings.Cut(command, " ")
	text = strings.ReplaceAll(text, "SECRET1", password)
	at := strings.Index(text, password)
	p := identity.Place{Location: leak.Location{Path: "a.sh"}, Text: []byte(text), Start: at, End: at + len(password), FirstLine: 1}
	a, err := New().Resolve(context.Background(), &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: provider}}, Places: []identity.Place{p}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range a.Evidence {
		got[e.Claim] = e.Value
	}
	return got
}
