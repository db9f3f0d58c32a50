package decode

import (
	"encoding/json"
	"sort"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// registryLogin is one login of a registry.
type registryLogin struct {
	Auth, Username, Password, Email, IdentityToken string
}

// dockerConfig reads config.json, the older .dockercfg, and either in base64 as
// Kubernetes secrets have it.
func dockerConfig(in *Input) []leak.Evidence {
	text := in.Value
	if !strings.HasPrefix(text, "{") {
		if !strings.HasPrefix(text, "eyJ") && !strings.HasPrefix(text, "ewo") || strings.Contains(text, ".") || len(text) > 1<<17 {
			return nil
		}
		raw, ok := unlines(text)
		if !ok {
			return nil
		}
		text = string(raw)
	}
	if !strings.Contains(text, `"auth`) && !strings.Contains(text, `"identitytoken"`) && !strings.Contains(text, `"username"`) {
		return nil
	}
	logins := registryLogins(text)
	var hosts []string
	for host := range logins {
		hosts = append(hosts, host)
	}
	sort.Strings(hosts)
	var c *told
	for i, host := range hosts[:min(len(hosts), maxEntries)] {
		login := logins[host]
		user, password := login.pair()
		if password == "" && user == acrUser { // as "az acr login" writes it
			password = login.IdentityToken
		}
		if in.entries != nil && !in.full() {
			in.enter(registry(in, host, user, password).list, password, login.Auth, login.IdentityToken)
		}
		if i == 0 {
			c = registry(in, host, user, password)
			if login.IdentityToken != "" {
				c.add(leak.ClaimNote, "has an identity token in place of a password", "identitytoken of the login")
			}
			continue
		}
		c.text(leak.ClaimNote, "also in the file: "+publicUser(user)+" at "+registryHost(host), "another login of the file")
	}
	if c == nil {
		return nil
	}
	return c.list
}

// publicUser is a user's name where notes may have it.
func publicUser(user string) string {
	if local, domain, is := mailAddress(user); is && !program(domain) {
		user = local
	}
	if user == "" || secretish(user) {
		return "somebody"
	}
	return user
}

func registryLogins(text string) map[string]registryLogin {
	var doc struct{ Auths map[string]json.RawMessage }
	if readJSON([]byte(text), &doc) != nil {
		return nil
	}
	if doc.Auths == nil && readJSON([]byte(text), &doc.Auths) != nil {
		return nil
	}
	logins := map[string]registryLogin{}
	for host, raw := range doc.Auths {
		var l registryLogin
		if len(host) < 300 && strings.ContainsAny(host, ".:") && json.Unmarshal(raw, &l) == nil && l != (registryLogin{}) {
			logins[host] = l
		}
	}
	return logins
}

func (l *registryLogin) pair() (user, password string) {
	if raw, ok := unbase64(l.Auth); ok {
		if user, password, ok = strings.Cut(string(raw), ":"); ok {
			return user, password
		}
	}
	return l.Username, l.Password
}

func registryHost(host string) string {
	host = strings.TrimPrefix(strings.TrimPrefix(host, "https://"), "http://")
	host, _, _ = strings.Cut(host, "/")
	return host
}

// acrUser is the user of a token of Azure Container Registry.
const acrUser = "00000000-0000-0000-0000-000000000000"

// registry is about one login. User names tell robots from people: many
// registries have a name of their own for each kind.
func registry(in *Input, server, user, password string) *told {
	host := registryHost(server)
	provider := registryProvider(host)
	c := &told{weight: .95}
	weight := .9
	if HarborRobot(user) != "" {
		provider, weight = "harbor", .95
	} else if provider == "docker" {
		weight = .5
	}
	c.weigh(leak.ClaimProvider, provider, weight, "host of the registry")
	c.add(leak.ClaimServer, host, "host of the registry")
	const reason = "user name of the registry login"
	identity, kind, inner := c.registryUser(in, host, user, password)
	if identity == "" {
		c.weigh(leak.ClaimType, string(leak.HumanAccount), .4, "a login that is not named like a robot")
	}
	c.add(leak.ClaimType, string(identity), reason)
	c.weigh(leak.ClaimKind, kind, .5, reason)
	c.join(inner)
	if c.find(leak.ClaimName, len(c.list)) < 0 && user != acrUser && user != "AWS" && !strings.HasPrefix(user, "_json_key") && user != "oauth2accesstoken" {
		c.who(user, reason)
	}
	if c.find(leak.ClaimTenant, len(c.list)) < 0 {
		c.registryTenant(host)
	}
	return c
}

// registryUser tells what kind a user is by the name, and what the password says
// of itself. The type is empty where the name tells nothing.
func (c *told) registryUser(in *Input, host, user, password string) (identity leak.IdentityType, kind string, inner []leak.Evidence) {
	const reason = "user name of the registry login"
	switch org, robot, plus := strings.Cut(user, "+"); {
	case user == "_json_key":
		return leak.ServiceAccount, "service account key as a registry login", in.within("", password)
	case user == "_json_key_base64":
		raw, _ := unbase64(password)
		return leak.ServiceAccount, "service account key as a registry login", in.within("", string(raw))
	case user == "oauth2accesstoken":
		return leak.OAuthToken, "Google access token as a registry login", nil
	case user == "AWS":
		return leak.ServiceAccount, "ECR password, which ends after 12 hours", in.within("", password)
	case user == acrUser:
		return leak.ServicePrincipal, "Azure Container Registry token", in.within("", password)
	case isUUID(user) && strings.HasSuffix(host, ".azurecr.io"):
		c.add(leak.ClaimID, user, reason)
		return leak.ServicePrincipal, "secret of a service principal as a registry login", nil
	case strings.HasPrefix(user, "gitlab+deploy-token-"), user == "gitlab-ci-token":
		return leak.RegistryRobot, "deploy or job token as a registry login", nil
	case HarborRobot(user) != "", strings.HasPrefix(user, "robot@"):
		if project, _, ok := strings.Cut(user[6:], "+"); ok {
			c.tenant(project, "project", reason)
		}
		return leak.RegistryRobot, "robot account of Harbor", nil
	case plus && madeOf(org, "_-.", 1, 100) && madeOf(robot, "_-.", 1, 100):
		c.tenant(org, "organization", reason)
		return leak.RegistryRobot, "robot account of an organization", nil
	}
	return "", "registry login", in.within("", password)
}

// harborRobot is the name of a robot account with the prefix that Harbor gives them by
// itself (goharbor.io/docs/2.7.0/administration/robot-accounts/). Where files fill in
// variables the dollar is written twice; names of variables are in capitals.
var harborRobot = lazy.New(`^robot\${1,2}([a-z0-9][a-z0-9._-]*(?:\+[a-z0-9][a-z0-9._-]*)?)$`)

// HarborRobot is the user if it is a robot account of Harbor, else empty.
func HarborRobot(user string) string {
	if m := harborRobot.FindStringSubmatch(user); m != nil && len(user) <= maxText {
		return "robot$" + m[1]
	}
	return ""
}

// registryTenant reads accounts in the names of hosts.
func (c *told) registryTenant(host string) {
	f := strings.Split(host, ".")
	switch {
	case len(f) >= 6 && f[1] == "dkr" && f[2] == "ecr" && isNumber(f[0]):
		c.tenant(f[0], "account", "host of the registry")
		c.add(leak.ClaimRegion, f[3], "host of the registry")
	case strings.HasSuffix(host, ".azurecr.io"):
		c.tenant(f[0], "registry", "host of the registry")
	case strings.HasSuffix(host, ".jfrog.io"):
		c.tenant(f[0], "instance", "host of the registry")
	}
}

func registryProvider(host string) string {
	for end, provider := range map[string]string{
		"docker.io": "dockerhub", "quay.io": "quay", "gcr.io": "google", "pkg.dev": "google", "azurecr.io": "azure", "ghcr.io": "github",
		"jfrog.io": "jfrog", "amazonaws.com": "aws", "registry.gitlab.com": "gitlab", "registry.digitalocean.com": "digitalocean", "ocir.io": "oracle", "icr.io": "ibm",
	} {
		if host == end || strings.HasSuffix(host, "."+end) {
			return provider
		}
	}
	if strings.Contains(host, "harbor") {
		return "harbor"
	}
	return "docker"
}
