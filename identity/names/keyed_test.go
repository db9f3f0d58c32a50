package names

import (
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestUserBesideAToken: a token of somebody's account belongs to the user whose name is
// in the same record.
func TestUserBesideAToken(t *testing.T) {
	person := []leak.Evidence{{Class: leak.FromRule, Claim: leak.ClaimType, Value: string(leak.HumanAccount), Weight: .6}}
	for name, c := range map[string]struct{ provider, path, text, want, not string }{
		"YAML":                      {"github", "c.yml", "github:\n  user: zeta-bot\n  token: " + secret + "\n", "name=zeta-bot 0.9", ""},
		"the other way round":       {"github", "c.yml", "github:\n  token: " + secret + "\n  username: zeta-bot\n", "name=zeta-bot 0.9", ""},
		"JSON":                      {"github", "c.json", `{"github":{"username":"zeta-bot","token":"` + secret + `"}}`, "name=zeta-bot 0.9", ""},
		"JSON in lines":             {"gitlab", "c.json", "{\n \"gitlab\": {\n  \"login\": \"zeta-bot\",\r\n  \"access_token\": \"" + secret + "\"\r\n }\r\n}\r\n", "name=zeta-bot 0.9", ""},
		"of another account":        {"github", "c.yml", "a:\n  user: other\n  token: x\nb:\n  user: zeta-bot\n  token: " + secret + "\n", "name=zeta-bot 0.9", "other"},
		"gh":                        {"github", ".config/gh/hosts.yml", "github.com:\n    user: zeta-bot\n    oauth_token: " + secret + "\n    git_protocol: https\n", "name=zeta-bot 0.9|server=github.com", "name=https"},
		"gh with users":             {"github", "hosts.yml", "git.acme.example:\n    users:\n        zeta-bot:\n            oauth_token: " + secret + "\n        other:\n    user: other\n", "name=zeta-bot 0.9|server=git.acme.example", ""},
		"glab":                      {"gitlab", ".config/glab-cli/config.yml", "hosts:\n    git.acme.example:\n        token: " + secret + "\n        user: zeta-bot\n", "name=zeta-bot 0.9|server=git.acme.example", ""},
		"variables":                 {"npm", ".env", "NPM_USER=zeta-bot\nNPM_TOKEN=" + secret + "\n", "name=zeta-bot 0.9", ""},
		"of the operating system":   {"github", ".env", "USER=ann\nGITHUB_TOKEN=" + secret + "\n", "", "name="},
		"nobody":                    {"github", "c.yml", "github:\n  user: x-access-token\n  token: " + secret + "\n", "", "name="},
		"of a database beside it":   {"github", ".env", "DB_USER=app\nGITHUB_TOKEN=" + secret + "\n", "", "name="},
		"in the line of an .npmrc":  {"npm", ".npmrc", "//npm.acme.example/team/:_authToken=" + secret + "\n", "server=npm.acme.example 0.9", ""},
		"with a port":               {"gitlab", ".npmrc", "@acme:registry=x\n//git.acme.example:8443/api/v4/packages/npm/:_authToken=\"" + secret + "\"\n", "server=git.acme.example:8443 0.9", ""},
		"auths of Docker":           {"docker", "config.json", "{\n \"auths\": {\n  \"hub.acme.example\": {\n   \"auth\": \"" + secret + "\"\n  }\n }\n}\n", "server=hub.acme.example 0.9", ""},
		"auths in one line":         {"docker", "config.json", `{"auths":{"a.acme.example":{"auth":"x"},"https://hub.acme.example/v1/":{"auth":"` + secret + `"}}}`, "server=hub.acme.example 0.9", "a.acme"},
		"Composer":                  {"gitlab", "auth.json", `{"gitlab-token": {"git.acme.example": "` + secret + `"}}`, "server=git.acme.example 0.9", ""},
		"Terraform":                 {"terraform", ".terraformrc", "credentials \"tfe.acme.example\" {\n  token = \"" + secret + "\"\n}\n", "server=tfe.acme.example 0.9", ""},
		"a section is no server":    {"github", "c.ini", "[profile.dev]\ntoken = " + secret + "\n", "", "server="},
		"a property is no server":   {"github", "c.yml", "spring.datasource:\n  token: " + secret + "\n", "", "server="},
		"of Stripe":                 {"stripe", ".env", "STRIPE_ACCOUNT=acct_1ZetaZeta\nSTRIPE_SECRET_KEY=" + secret + "\n", "tenant=acct_1ZetaZeta 0.9", ""},
		"of OpenAI":                 {"openai", ".env", "OPENAI_ORG_ID=org-zetazeta\nOPENAI_PROJECT=proj_zz\nOPENAI_API_KEY=" + secret + "\n", "tenant=org-zetazeta 0.9|tenant_name=proj_zz", ""},
		"of OpenAI by Spring":       {"openai", "a.yml", "spring:\n  ai:\n    openai:\n      organization-id: org-zetazeta\n      api-key: " + secret + "\n", "tenant=org-zetazeta 0.9", ""},
		"Snowflake's connections":   {"generic", ".snowflake/connections.toml", "[prod]\naccount = \"zeta-acct\"\nuser = \"ETL\"\npassword = \"" + secret + "\"\n", "tenant=zeta-acct 0.9|provider=snowflake 0.9|name=ETL 0.9", ""},
		"a section of its settings": {"", "config.toml", "[connections.zz]\naccount = \"zeta-acct\"\nuser = \"ETL\"\npassword = \"" + secret + "\"\n", "tenant=zeta-acct 0.9|provider=snowflake", ""},
		"dbt":                       {"generic", "profiles.yml", "acme:\n  outputs:\n    prod:\n      type: snowflake\n      account: zeta-acct\n      user: ETL\n      password: " + secret + "\n", "tenant=zeta-acct 0.9|provider=snowflake", ""},
		"az ad sp create-for-rbac":  {"azure", "sp.json", "{\n \"appId\": \"x\",\n \"displayName\": \"pay-deployer\",\n \"password\": \"" + secret + "\"\n}\n", "label=pay-deployer 0.9", ""},
		"no Snowflake":              {"generic", "config.toml", "[mail]\naccount = \"zeta-acct\"\nuser = \"ETL\"\npassword = \"" + secret + "\"\n", "name=ETL", "snowflake"},
	} {
		q := query(c.provider, c.path, c.text)
		if c.provider == "github" || c.provider == "gitlab" || c.provider == "npm" {
			q.Known = person
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
