package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

var (
	guid     = lazy.New(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`)
	hostForm = lazy.New(`(?i)^(?:[a-z][a-z0-9+.-]*://)?([a-z0-9._-]+)(?::[0-9]+)?(?:[/?].*)?$`)
)

// hosted are the providers whose software anybody can run. What is on another server
// than those that a provider has for all is another identity, even if it has the same
// name.
var hosted = set(AnyDatabase, "cassandra", "couchdb", "db2", "hive", "influxdb", "kafka", "presto", "trino", "vertica", "artifactory", "bitbucket", "clickhouse",
	"cockroachdb", "databricks", "docker", "dynatrace", "elastic", "ftp", "github", "gitlab", "grafana", "harbor", "httpauth", "jdbc", "jenkins", "jfrog", "kubernetes",
	"ldap", "mariadb", "minio", "mongodb", "mqtt", "mysql", "nats", "neo4j", "npm", "nuget", "oracle", "postgresql", "pulumi", "rabbitmq", "redis", "redshift", "sentry",
	"smb", "smtp", "sonarqube", "sourcegraph", "sqlserver", "terraform", "urlcredentials", "vault")

// AnyDatabase is the provider of users of a database whose kind nothing says.
const AnyDatabase = "database"

// Elsewhere reports whether a host can be somebody's own server of a provider's
// software. What a service has for all of its customers says nothing of one.
func Elsewhere(provider, host string) bool {
	return hosted[provider] && !slices.Contains(decode.SharedHosts(provider), host)
}

// anybody are providers that have names of many: without the server a name says
// nothing.
func anybody(provider string) bool {
	return hosted[provider] && decode.SharedHosts(provider) == nil
}

// place is the part of an id that says where: the provider, with the host if it
// is somebody's own and the tenant does not say it.
func (c *Conclusion) place() string {
	where, host := c.server()
	tenant := c.get(leak.ClaimTenant, Likely)
	if host == "" || strings.EqualFold(host, hostOf(tenant)) || tenant != "" && c.ofDatabase() && tenanted(host) {
		return where
	}
	return where + "@" + escape(host)
}

// server is the provider in an id, and the host if it is somebody's own.
func (c *Conclusion) server() (provider, own string) {
	provider = c.get(leak.ClaimProvider, 0)
	if provider == "" {
		provider = "unknown"
	}
	if of, at, ok := strings.Cut(provider, "@"); ok { // an issuer says both
		return escape(of), at
	}
	if of := registries[hostOf(c.get(leak.ClaimServer, Possible))]; provider == "docker" && of != "" {
		return of, ""
	}
	host := hostOf(c.get(leak.ClaimServer, Likely))
	if c.ofDatabase() && c.get(leak.ClaimTenant, Possible) == "" {
		return escape(provider), "" // the host is the tenant
	}
	if !Elsewhere(provider, host) || clouds(provider, host) || host == "" || local(host) {
		return escape(provider), ""
	}
	return escape(provider), host
}

// tenanted reports whether a database's host has the name of a project or an endpoint of a
// service in it, whose users are the same by each of its hosts: package decode's tenants.
func tenanted(host string) bool {
	for _, end := range []string{".mongodb.net", ".neon.tech", ".supabase.co", ".pooler.supabase.com"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return false
}

// ofDatabase reports whether it is the user of a database server that anybody can
// run.
func (c *Conclusion) ofDatabase() bool {
	return anybody(c.get(leak.ClaimProvider, 0)) && c.identityType() == leak.DatabaseUser
}

// hostOf is the host of an address, in lower case.
func hostOf(server string) string {
	if m := hostForm.FindStringSubmatch(server); m != nil {
		return strings.ToLower(strings.TrimSuffix(m[1], "."))
	}
	return ""
}

// npm is what the domains of npm are called.
const npm = "npmjs"

// providerDomains are the ends of the names of a provider's own servers, beside
// those in hosted.
var providerDomains = map[string][]string{
	"sentry": {".sentry.io"}, "elastic": {".es.io", ".elastic-cloud.com", ".found.io"}, "github": {"ghcr.io", ".github.com", ".githubusercontent.com"},
	"gitlab": {"registry.gitlab.com"}, "docker": {".docker.io", "docker.io", ".docker.com"}, "bitbucket": {".bitbucket.org"}, "npm": {"." + npm + ".org", "." + npm + ".com"},
}

// registries are those that belong to a provider of more than that.
var registries = map[string]string{
	"ghcr.io": "github", "docker.pkg.github.com": "github", "registry.gitlab.com": "gitlab", "quay.io": "quay",
	"docker.io": "dockerhub", "index.docker.io": "dockerhub", "registry-1.docker.io": "dockerhub", "hub.docker.com": "dockerhub",
}

// clouds reports whether a host is a provider's own by its domain.
func clouds(provider, host string) bool {
	return slices.ContainsFunc(providerDomains[provider], func(d string) bool {
		return host == d || strings.HasPrefix(d, ".") && strings.HasSuffix(host, d)
	})
}

// human reports whether a type of identity can be a person, whose name can be an
// address.
func human(t leak.IdentityType) bool {
	switch t {
	case leak.HumanAccount, leak.UnknownIdentity, "", leak.SSHKey, leak.SigningKey, leak.EncryptionKey, leak.OAuthToken, leak.DatabaseUser:
		return true
	}
	return false
}

func (c *Conclusion) identityType() leak.IdentityType {
	t := leak.IdentityType(c.get(leak.ClaimType, 0))
	if !slices.Contains(leak.IdentityTypes, t) {
		return leak.UnknownIdentity
	}
	return t
}

// tenant is that of the id: where there is none, the host that the credential is
// for, if it is no host of all.
func (c *Conclusion) tenant() string {
	if t := c.get(leak.ClaimTenant, c.least()); t != "" {
		return portless(t)
	}
	provider := c.get(leak.ClaimProvider, 0)
	m := hostForm.FindStringSubmatch(c.get(leak.ClaimServer, Likely))
	// A part of a cloud is somebody's, and so is a server of a database.
	if host := hostOf(c.get(leak.ClaimServer, Likely)); anybody(provider) && clouds(provider, host) || c.ofDatabase() && host != "" && !local(host) {
		return host
	}
	if hosted[provider] || m == nil || !strings.Contains(m[1], ".") {
		return "-"
	}
	return strings.ToLower(m[1])
}

var hostPort = lazy.New(`^([A-Za-z0-9._-]+):[0-9]{1,5}$`)

// portless is a tenant without the port of a server: an address with it and one without
// are of one server.
func portless(tenant string) string {
	if m := hostPort.FindStringSubmatch(tenant); m != nil {
		return m[1]
	}
	return tenant
}

// canonical is the id of the identity of a credential with the given id:
// nhi:<provider>:<type>:<tenant>/<local id>.
func (c *Conclusion) canonical(credential string) string {
	where, tenant := c.place(), c.tenant()
	return fmt.Sprintf("nhi:%s:%s:%s/%s", where, c.identityType(), escape(fold(where, tenant)), c.local(where, tenant, credential))
}

// name is what the identity is called, for comparing: of a person with an address
// the address, of what is named after its id the id. It is empty where only the
// tenant is named, as of the keys of an account each is an identity, and of a pair
// of keys.
func (c *Conclusion) name() string {
	if c.pair() {
		return ""
	}
	return c.called()
}

// called is the name that others than a pair of keys are compared by.
func (c *Conclusion) called() string {
	least := c.least()
	if !c.inAccount() {
		least = Likely
	}
	name, id := c.get(leak.ClaimName, least), c.get(leak.ClaimID, least)
	name = c.wholeName(name)
	login := len(c.claims[leak.ClaimName]) > 0 && c.claims[leak.ClaimName][0].asked
	if email := c.get(leak.ClaimEmail, Likely); !login && human(c.identityType()) && address(email) != "" && strings.EqualFold(person(email), name) {
		name = email
	}
	if name == "" || id != "" && strings.Contains(name, id) {
		name = id
	}
	if Keyed(c.identityType()) && strings.EqualFold(name, c.get(leak.ClaimTenant, Possible)) {
		return ""
	}
	return name
}

// inAccount reports whether it is somebody in an account that is known for sure, so that
// two of one name there, as sure as the record shows it, are one. What has keys of
// which each is an identity is none, nor is a user of a server.
func (c *Conclusion) inAccount() bool {
	return c.get(leak.ClaimTenant, Likely) != "" && !Keyed(c.identityType()) && !c.ofDatabase() && !anybody(c.get(leak.ClaimProvider, 0))
}

// Keyed reports whether the key itself is the identity, by a type of that.
func Keyed(t leak.IdentityType) bool {
	return t == leak.APIKey || t == leak.OAuthToken || t == leak.Webhook || t == leak.SigningKey || t == leak.EncryptionKey
}

// local is the id within the tenant: the name, else that of the key, else that of
// the credential.
func (c *Conclusion) local(where, tenant, credential string) string {
	if c.torn() {
		return "hmac:" + credential
	}
	if name := c.name(); name != "" {
		return c.byName(name, where, tenant, credential)
	}
	for _, claim := range []string{leak.ClaimID, leak.ClaimFingerprint, leak.ClaimKeyID} {
		if value := c.get(claim, Likely); value != "" && (claim != leak.ClaimID || c.pair()) {
			return escapeLocal(fold(where, value))
		}
	}
	return "hmac:" + credential
}

// byName is the local id of what is known by its name: of a person with an address no
// more of that than others may read.
func (c *Conclusion) byName(name, where, tenant, credential string) string {
	out := fold(where, name)
	if address(name) != "" {
		sum := sha256.Sum256([]byte(strings.ToLower(name)))
		out = person(strings.ToLower(name)) + "~" + hex.EncodeToString(sum[:4])
	}
	if c.nowhere(where, tenant) && !guid.MatchString(name) && (anybody(where) || !everywhere(where, name)) {
		out += "~" + short(credential)
	}
	return escapeLocal(out)
}

func short(id string) string { return id[:min(8, len(id))] }

// caseless are providers whose names do not tell upper from lower case.
var caseless = set("github", "gitlab", "bitbucket", "google", "dockerhub", "npm", "azure", "atlassian")

func fold(where, s string) string {
	provider, _, _ := strings.Cut(where, "@")
	if caseless[provider] || guid.MatchString(s) || mailbox.MatchString(s) {
		return strings.ToLower(s)
	}
	return s
}

const maxLocal = 200

// escapeLocal keeps an id on one line, and bounded.
func escapeLocal(s string) string {
	if len(s) > maxLocal {
		sum := sha256.Sum256([]byte(s))
		s = s[:maxLocal-20] + "~" + hex.EncodeToString(sum[:8])
	}
	return percent(s, " %\"'<>`\\")
}

func escape(s string) string { return percent(s[:min(len(s), maxLocal)], " /%\"'<>`\\:@") }

func percent(s, special string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if ch := s[i]; ch < ' ' || ch >= 0x7f || strings.IndexByte(special, ch) >= 0 {
			fmt.Fprintf(&b, "%%%02X", ch)
		} else {
			b.WriteByte(ch)
		}
	}
	return b.String()
}

// keys are what two records have in common if they are of one identity. Only what
// is likely is compared, and nothing if two tenants are claimed.
func (c *Conclusion) keys() (out []string) {
	if c.torn() {
		return nil
	}
	where := c.place()
	tenant := strings.ToLower(c.get(leak.ClaimTenant, Likely))
	if at := c.tenant(); tenant == "" && at != "-" { // a server of which nobody knows whether all have it
		tenant = strings.ToLower(at)
	}
	add := func(kind, value string, everywhere bool) {
		if value == "" {
			return
		}
		value = fold(where, value)
		if !c.nowhere(where, tenant) {
			out = append(out, strings.Join([]string{kind, where, tenant, value}, "\x00"))
		}
		if everywhere {
			out = append(out, strings.Join([]string{kind, where, "*", value}, "\x00"))
		}
	}
	name, id := c.name(), c.get(leak.ClaimID, Likely)
	if Keyed(c.identityType()) && strings.EqualFold(id, tenant) {
		id = ""
	}
	if name != id {
		add("name", name, everywhere(where, name))
	}
	if guid.MatchString(id) || strings.HasPrefix(id, "arn:") {
		add("id", id, true)
	} else {
		add("id of a "+string(c.identityType()), id, false) // users and apps are counted apart
	}
	if key := c.get(leak.ClaimKeyID, Likely); len(key) >= 8 {
		add("key", key, true)
	}
	for _, print := range c.all(leak.ClaimFingerprint, Likely) { // in each form that it is printed in
		out = append(out, "print\x00"+print)
	}
	return out
}
