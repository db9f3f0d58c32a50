package scenario

import (
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/internal/tokensum"
)

// cred is a credential as it is written down: fields, or a whole file.
type cred struct {
	fields []field
	file   string // text of the file; fields are empty then
	path   string // what such a file is called
	also   []string
	secret string // a piece of it
}

// field is a variable. need says that nobody writes the credential without it.
type field struct {
	name, value  string
	secret, need bool
}

func secret(name, value string) field { return field{name, value, true, true} }
func needed(name, value string) field { return field{name, value, false, true} }
func extra(name, value string) field  { return field{name, value, false, false} }

// kind is a sort of credential.
type kind struct {
	name string
	// called gives an account of it its names, tenants and facts.
	called func(g *generator, a *account)
	// made makes a credential of an account.
	made func(g *generator, a *account) cred
}

// kinds are as often as they stand here: clouds and databases are what leaks
// most.
var kinds = []kind{
	{"aws", awsUser, awsKey}, {"aws", awsUser, awsKey}, {"aws", awsUser, awsKey},
	{"gcp", gcpAccount, gcpKey}, {"gcp", gcpAccount, gcpKey},
	{"entra", entraApp, entraSecret}, {"entra", entraApp, entraSecret},
	{"storage", storageAccount, storageKey},
	{"postgres", databaseUser("db"), databaseURL("DATABASE_URL", "postgres", 5432)}, {"postgres", databaseUser("db"), databaseURL("POSTGRES_URL", "postgresql", 5432)},
	{"mysql", databaseUser("mysql"), databaseURL("MYSQL_URL", "mysql", 3306)},
	{"mongodb", databaseUser("mongo"), databaseURL("MONGO_URI", "mongodb", 27017)},
	{"amqp", databaseUser("rabbit"), databaseURL("AMQP_URL", "amqp", 5672)},
	{"snowflake", snowflakeUser, snowflakePassword},
	{"stripe", keyed("STRIPE"), plainKey("STRIPE_SECRET_KEY", func(g *generator) string { return "sk_" + "live_51" + g.text(alnum, 97) })},
	{"sendgrid", keyed("SENDGRID"), sendgridKey},
	{"slack", slackBot, slackToken}, {"webhook", slackHook, slackURL},
	{"github", githubUser, githubToken}, {"github", githubUser, githubToken},
	{"gitlab", gitlabUser, gitlabToken},
	{"datadog", keyed("DATADOG"), plainKey("DD_API_KEY", func(g *generator) string { return g.text(hex, 32) })},
	{"openai", keyed("OPENAI"), plainKey("OPENAI_API_KEY", func(g *generator) string {
		return "sk-" + "svcacct-" + g.text(alnum, 58) + "T3Blbk" + "FJ" + g.text(alnum, 58)
	})},
	{"supabase", supabaseProject, supabaseKey},
	{"doppler", dopplerConfig, dopplerToken},
	{"vault", vaultServer, vaultToken},
	{"okta", oktaOrg, oktaToken},
	{"npm", keyed("NPM"), plainKey("NPM_TOKEN", func(g *generator) string {
		head := "np" + "m_" + g.text(alnum, 30)
		return head + tokensum.GitHubSum(head)
	})},
	{"grafana", grafanaPolicy, grafanaToken},
	{"cloudflare", cloudflareAccount, cloudflareToken},
	{"twilio", twilioAccount, twilioToken},
	{"mailgun", mailgunDomain, mailgunKey},
	{"quay", quayRobot, quayAuth},
	{"kubernetes", clusterAccount, clusterToken},
	{"ssh", sshUser, sshFile}, {"age", ageUser, ageFile},
	{"telegram", telegramBot, telegramToken},
	{"sentry", sentryOrg, sentryToken},
	{"googleapi", googleProject, googleKey},
	{"digitalocean", keyed("DIGITALOCEAN"), plainKey("DIGITALOCEAN_TOKEN", func(g *generator) string { return "dop" + "_v1_" + g.text(hex, 64) })},
}

func (g *generator) name(a *account) {
	for _, k := range kinds {
		if k.name == a.kind {
			k.called(g, a)
			return
		}
	}
}

func (g *generator) credential(a *account) cred {
	var fit []kind
	for _, k := range kinds {
		if k.name == a.kind {
			fit = append(fit, k)
		}
	}
	return one(g, fit).made(g, a)
}

// base is what an account is called by its service, as people do it.
func (g *generator) base(a *account) string {
	if who := a.facts["of"]; who != "" {
		return who
	}
	s := a.svc.name
	return one(g, []string{s, s, s + "-app", "svc-" + s, s + "-deployer", s + "-backup", a.svc.team.name + "-ci", s + "-" + a.env})
}

// home is who runs an account's cloud: the company, or a vendor.
func home(a *account) string {
	if a.foreign {
		return a.facts["of"]
	}
	return a.svc.repo.g.org.name
}

func awsUser(g *generator, a *account) {
	cloud := g.org.clouds[a.env]
	if a.foreign {
		cloud = 500000000000 + int64(g.rng.IntN(300000000000))
	}
	name, account := g.base(a), fmt.Sprintf("%012d", cloud)
	a.names = []string{name, "arn:aws:iam::" + account + ":user/" + name}
	a.tenants = []string{account}
	a.facts["account"] = account
}

func awsKey(g *generator, a *account) cred {
	var account int64
	fmt.Sscan(strings.TrimLeft(a.facts["account"], "0"), &account)
	id, key := g.awsKey(account)
	a.names = append(a.names, id)
	return cred{secret: key, fields: []field{extra("AWS_REGION", "eu-west-1"), extra("AWS_ACCOUNT_ID", a.facts["account"]), needed("AWS_ACCESS_KEY_ID", id), secret("AWS_SECRET_ACCESS_KEY", key)}}
}

func gcpAccount(g *generator, a *account) {
	project := fmt.Sprintf("%s-%s-%s", home(a), a.svc.team.name, a.env)
	if a.foreign {
		project = home(a) + "-shared"
	}
	name := strings.ReplaceAll(g.base(a), ".", "-")
	a.names = []string{name + "@" + project + ".iam.gserviceaccount.com", name, "1" + g.text(decimal, 20)}
	a.tenants = []string{project}
}

func gcpKey(g *generator, a *account) cred {
	text := g.gcpFile(a.names[1], a.tenants[0], a.names[2])
	body := text[strings.Index(text, "PRIVATE KEY-----"):]
	return cred{file: text, path: one(g, []string{"key.json", "credentials.json", a.names[1] + ".json", "sa.json"}), secret: body[18+64 : 18+64+40]}
}

func guid(g *generator) string {
	return strings.Join([]string{g.text(hex, 8), g.text(hex, 4), "4" + g.text(hex, 3), "a" + g.text(hex, 3), g.text(hex, 12)}, "-")
}

func entraApp(g *generator, a *account) {
	a.names, a.tenants = []string{g.base(a), guid(g)}, []string{g.org.directory}
	if a.foreign {
		a.tenants = []string{guid(g)}
	}
}

func entraSecret(g *generator, a *account) cred {
	s := g.text(alnum, 3) + "8Q~" + g.text(alnum, 31)
	s += tokensum.EntraSum(s)
	return cred{secret: s, fields: []field{extra("AZURE_TENANT_ID", a.tenants[0]), extra("AZURE_CLIENT_ID", a.names[1]), secret("AZURE_CLIENT_SECRET", s)}}
}

func storageAccount(g *generator, a *account) {
	name := strings.NewReplacer(".", "", "-", "").Replace(home(a) + a.env + a.svc.name)
	a.names, a.tenants = []string{name}, []string{name}
}

func storageKey(g *generator, a *account) cred {
	key := g.text(b64, 76) + "+ASt"
	key += tokensum.AzureKeySum(key, tokensum.AzureKinds[0], false)
	if g.often(50) {
		return cred{secret: key, fields: []field{secret("AZURE_STORAGE_CONNECTION_STRING", "DefaultEndpointsProtocol=https;AccountName="+a.names[0]+";AccountKey="+key+";EndpointSuffix=core.windows.net")}}
	}
	return cred{secret: key, fields: []field{extra("AZURE_STORAGE_ACCOUNT", a.names[0]), secret("AZURE_STORAGE_KEY", key)}}
}

// databaseUser names users of servers that are called so: often the same in
// all environments, and often one that many services have.
func databaseUser(server string) func(*generator, *account) {
	return func(g *generator, a *account) {
		name := one(g, []string{a.svc.name, a.svc.name + "_app", a.svc.name + "_rw", "app", "admin"})
		if who := a.facts["of"]; who != "" {
			name = who
		}
		host := fmt.Sprintf("%s-%s.%s.%s.example", a.svc.name, server, a.env, home(a))
		if a.foreign {
			host = server + "." + home(a) + ".example"
		}
		a.names, a.tenants = []string{name}, []string{host}
	}
}

func databaseURL(variable, scheme string, port int) func(*generator, *account) cred {
	return func(g *generator, a *account) cred {
		s := g.text(alnum, 20)
		url := fmt.Sprintf("%s://%s:%s@%s:%d/%s", scheme, a.names[0], s, a.tenants[0], port, a.svc.name)
		return cred{secret: s, fields: []field{secret(variable, url)}}
	}
}
