package scenario

import (
	"encoding/base64"
	"fmt"
	"strings"
)

const decimal = "0123456789"

func (g *generator) number(n int) string { return "1" + g.text(decimal, n-1) }

// keyed are kinds of which nothing tells whose they are. The company has labels
// for them, though.
func keyed(provider string) func(*generator, *account) {
	return func(g *generator, a *account) {
		a.names = []string{a.svc.name + "-" + strings.ToLower(provider)}
		if a.facts["of"] != "" {
			a.names[0] = a.facts["of"]
		}
	}
}

func plainKey(variable string, text func(*generator) string) func(*generator, *account) cred {
	return func(g *generator, a *account) cred {
		s := text(g)
		return cred{secret: s, fields: []field{secret(variable, s)}}
	}
}

func sendgridKey(g *generator, a *account) cred {
	id, s := g.text(alnum, 22), g.text(alnum, 43)
	a.names = append(a.names, id)
	return cred{secret: s, fields: []field{secret("SENDGRID_API_KEY", "S"+"G."+id+"."+s)}}
}

func snowflakeUser(g *generator, a *account) {
	a.names = []string{one(g, []string{strings.ToUpper(a.svc.name) + "_LOADER", "svc_" + a.svc.name, "etl"})}
	if who := a.facts["of"]; who != "" {
		a.names[0] = who
	}
	a.tenants = []string{home(a) + "-" + a.env}
	if a.foreign {
		a.tenants = []string{home(a) + "-eu"}
	}
}

func snowflakePassword(g *generator, a *account) cred {
	s := g.text(alnum, 10) + "!" + g.text(alnum, 8)
	return cred{secret: s, fields: []field{extra("SNOWFLAKE_ACCOUNT", a.tenants[0]), extra("SNOWFLAKE_USER", a.names[0]), secret("SNOWFLAKE_PASSWORD", s)}}
}

// workspace is the company's number at a service, or a vendor's.
func (g *generator) workspace(a *account, ours string) string {
	if a.foreign {
		return g.text("23456789", len(ours))
	}
	return ours
}

func slackBot(g *generator, a *account) {
	n := g.number(12)
	a.names, a.tenants = []string{a.svc.name + "-bot", n, "bot " + n}, []string{g.workspace(a, "20112223334")}
}

func slackToken(g *generator, a *account) cred {
	s := "xo" + "xb-" + a.tenants[0] + "-" + a.names[1] + "-" + g.text(alnum, 24)
	return cred{secret: s, fields: []field{secret("SLACK_BOT_TOKEN", s)}}
}

func slackHook(g *generator, a *account) {
	n := "B0" + g.text(upper, 9)
	a.names, a.tenants = []string{n, "webhook " + n}, []string{"T0" + g.workspace(a, "2ACME77XY")}
}

func slackURL(g *generator, a *account) cred {
	s := g.text(alnum, 24)
	return cred{secret: s, fields: []field{secret("SLACK_WEBHOOK_URL", "https://hooks.sla"+"ck.com/services/"+a.tenants[0]+"/"+a.names[0]+"/"+s)}}
}

func githubUser(g *generator, a *account) {
	p := one(g, a.svc.team.people)
	login := one(g, []string{g.org.name + "-bot", g.org.name + "-ci", strings.ToLower(strings.Fields(p.name)[0]) + "-" + g.org.name})
	if who := a.facts["of"]; who != "" {
		login = strings.ReplaceAll(who, ".", "-")
	}
	a.names, a.tenants = []string{login}, []string{"github.com", g.org.name, "api.github.com"}
}

func githubToken(g *generator, a *account) cred {
	s := g.github()
	return cred{secret: s, fields: []field{extra("GITHUB_USER", a.names[0]), secret("GITHUB_TOKEN", s)}}
}

func gitlabUser(g *generator, a *account) {
	a.facts["org"], a.facts["user"] = g.workspace(a, "1"), g.number(6)
	a.names, a.tenants = []string{a.facts["user"], "user " + a.facts["user"]}, []string{a.facts["org"], "gitlab." + g.org.name + ".example"}
}

func gitlabToken(g *generator, a *account) cred {
	var org, user int64
	fmt.Sscan(a.facts["org"], &org)
	fmt.Sscan(a.facts["user"], &user)
	s := g.gitlab(org, int64(10+g.rng.IntN(90)), user)
	return cred{secret: s, fields: []field{extra("GITLAB_HOST", "gitlab."+g.org.name+".example"), secret("GITLAB_TOKEN", s)}}
}

func supabaseProject(g *generator, a *account) {
	ref := g.text("abcdefghijklmnopqrstuvwxyz", 20)
	a.names, a.tenants = []string{a.svc.name, "service_role", ref}, []string{ref, ref + ".supabase.co"}
}

func supabaseKey(g *generator, a *account) cred {
	s := g.jwt(`{"alg":"HS256","typ":"JWT"}`, `{"iss":"supabase","ref":"`+a.tenants[0]+`","role":"service_role","iat":1735689600,"exp":2051222400}`)
	return cred{secret: s, fields: []field{extra("SUPABASE_URL", "https://"+a.tenants[0]+".supabase.co"), secret("SUPABASE_SERVICE_ROLE_KEY", s)}}
}

func dopplerConfig(g *generator, a *account) {
	config := map[string]string{"prod": "prd", "staging": "stg", "dev": "dev", "": "prd"}[a.env]
	a.names = []string{config + "_" + a.svc.name, config}
}

func dopplerToken(g *generator, a *account) cred {
	s := "dp" + ".st." + a.names[0] + "." + g.text(alnum, 43)
	return cred{secret: s, fields: []field{secret("DOPPLER_TOKEN", s)}}
}

func vaultServer(g *generator, a *account) {
	host := "vault." + a.env + "." + home(a) + ".example"
	if a.foreign {
		host = "vault." + home(a) + ".example"
	}
	a.names, a.tenants = []string{a.svc.name}, []string{host}
}

func vaultToken(g *generator, a *account) cred {
	s := "hv" + "s." + g.text(alnum, 24) // as Vault makes them
	return cred{secret: s, fields: []field{extra("VAULT_ADDR", "https://"+a.tenants[0]), secret("VAULT_TOKEN", s)}}
}

func oktaOrg(g *generator, a *account) {
	host := home(a) + ".okta.com"
	if a.env == "staging" || a.env == "dev" {
		host = home(a) + "-" + a.env + ".oktapreview.com"
	}
	a.names, a.tenants = []string{a.svc.name + "-sync"}, []string{host}
}

func oktaToken(g *generator, a *account) cred {
	s := "0" + "0" + g.text(alnum, 38) + "aB"
	return cred{secret: s, fields: []field{extra("OKTA_ORG_URL", "https://"+a.tenants[0]), secret("OKTA_API_TOKEN", s)}}
}

func grafanaPolicy(g *generator, a *account) {
	a.names, a.tenants = []string{a.svc.name + "-" + one(g, []string{"metrics", "logs", "write"})}, []string{g.workspace(a, "612345")}
}

func grafanaToken(g *generator, a *account) cred {
	body := base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf(`{"o":%q,"n":%q,"k":%q,"m":{"r":"eu"}}`, a.tenants[0], a.names[0], g.text(alnum, 24))))
	s := "gl" + "c_" + body
	return cred{secret: s, fields: []field{secret("GRAFANA_CLOUD_API_KEY", s)}}
}

func cloudflareAccount(g *generator, a *account) {
	a.names, a.tenants = []string{a.svc.name + "-dns"}, []string{"0f1e2d3c4b5a69788796a5b4c3d2e1f0"}
	if a.foreign {
		a.tenants = []string{g.text(hex, 32)}
	}
}

func cloudflareToken(g *generator, a *account) cred {
	s := "cf" + "at_" + g.text(alnum, 40) + g.text(hex, 8)
	return cred{secret: s, fields: []field{extra("CLOUDFLARE_ACCOUNT_ID", a.tenants[0]), secret("CLOUDFLARE_API_TOKEN", s)}}
}

func twilioAccount(g *generator, a *account) {
	a.names, a.tenants = []string{a.svc.name + "-sms"}, []string{"A" + "C" + g.text(hex, 32)}
}

func twilioToken(g *generator, a *account) cred {
	s := g.text(hex, 32)
	return cred{secret: s, fields: []field{needed("TWILIO_ACCOUNT_SID", a.tenants[0]), secret("TWILIO_AUTH_TOKEN", s)}}
}

func mailgunDomain(g *generator, a *account) {
	a.names, a.tenants = []string{a.svc.name + "-mail"}, []string{"mg." + a.svc.name + "." + home(a) + ".example"}
}

func mailgunKey(g *generator, a *account) cred {
	s := g.text(hex, 32) + "-" + g.text(hex, 8) + "-" + g.text(hex, 8)
	return cred{secret: s, fields: []field{extra("MAILGUN_DOMAIN", a.tenants[0]), secret("MAILGUN_API_KEY", s)}}
}

func telegramBot(g *generator, a *account) {
	n := g.number(10)
	a.names = []string{a.svc.name + "_bot", n, "bot " + n}
}

func telegramToken(g *generator, a *account) cred {
	s := a.names[1] + ":A" + "A" + g.text(alnum, 33)
	return cred{secret: s, fields: []field{secret("TELEGRAM_BOT_TOKEN", s)}}
}

func sentryOrg(g *generator, a *account) {
	a.names, a.tenants = []string{a.svc.name + "-releases"}, []string{home(a), "sentry.io"}
}

func sentryToken(g *generator, a *account) cred {
	claims := fmt.Sprintf(`{"iat":1750000000.5,"url":"https://sentry.io","region_url":"https://de.sentry.io","org":%q}`, home(a))
	s := "sntr" + "ys_" + base64.StdEncoding.EncodeToString([]byte(claims)) + "_" + g.text(alnum, 43)
	return cred{secret: s, fields: []field{secret("SENTRY_AUTH_TOKEN", s)}}
}

func googleProject(g *generator, a *account) {
	a.names = []string{a.svc.name + "-maps"}
	a.tenants = []string{fmt.Sprintf("%s-%s-%s", home(a), a.svc.team.name, a.env)}
	if a.foreign {
		a.tenants = []string{home(a) + "-maps"}
	}
}

func googleKey(g *generator, a *account) cred {
	s := "AI" + "za" + g.text(alnum, 35)
	return cred{secret: s, fields: []field{extra("GOOGLE_CLOUD_PROJECT", a.tenants[0]), secret("GOOGLE_API_KEY", s)}}
}
