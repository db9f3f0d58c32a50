package decode

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// scheme is what a URL's scheme says of the login in it.
type scheme struct {
	provider string
	identity leak.IdentityType
	kind     string
	path     string // what the path is: "database", "vhost"
}

// database is a scheme of those, of an unknown kind without a provider.
func database(provider string) scheme {
	return scheme{provider, leak.DatabaseUser, "login of a " + cmp.Or(provider, "database") + " server", "database"}
}

func service(provider, path string) scheme {
	return scheme{provider, leak.ServiceAccount, "login of a " + provider + " server", path}
}

var schemes = map[string]scheme{
	"postgres": database("postgresql"), "postgresql": database("postgresql"), "postgis": database("postgresql"), "pgsql": database("postgresql"),
	"mysql": database("mysql"), "mysql2": database("mysql"), "mysqlx": database("mysql"), "mariadb": database("mariadb"),
	"mongodb": database("mongodb"), "mongodb+srv": database("mongodb"), "redis": database("redis"), "rediss": database("redis"), "valkey": database("redis"),
	"sqlserver": database("sqlserver"), "mssql": database("sqlserver"), "oracle": database("oracle"), "cockroachdb": database("cockroachdb"), "cockroach": database("cockroachdb"),
	"clickhouse": database("clickhouse"), "redshift": database("redshift"), "neo4j": database("neo4j"), "neo4j+s": database("neo4j"), "bolt": database("neo4j"), "bolt+s": database("neo4j"),
	"couchdb": database("couchdb"), "cassandra": database("cassandra"), "influxdb": database("influxdb"), "elasticsearch": database("elastic"), "snowflake": database("snowflake"),
	"db2": database("db2"), "trino": database("trino"), "presto": database("presto"), "hive": database("hive"), "vertica": database("vertica"),
	"amqp": service("rabbitmq", "vhost"), "amqps": service("rabbitmq", "vhost"), "nats": service("nats", ""), "tls": service("nats", ""), "kafka": service("kafka", ""), "stomp": service("stomp", ""),
	"mqtt": {"mqtt", leak.Device, "login of an MQTT broker", ""}, "mqtts": {"mqtt", leak.Device, "login of an MQTT broker", ""},
	"smtp": service("smtp", ""), "smtps": service("smtp", ""), "imap": service("imap", ""), "imaps": service("imap", ""), "ldap": service("ldap", "base"), "ldaps": service("ldap", "base"),
	"ftp": service("ftp", ""), "ftps": service("ftp", ""), "sftp": service("ssh", ""), "ssh": service("ssh", ""), "smb": service("smb", "share"),
	"http":  {"", leak.UnknownIdentity, "login of a web server in a URL", ""},
	"https": {"", leak.UnknownIdentity, "login of a web server in a URL", ""},
}

// target is where a login leads.
type target struct {
	scheme                     scheme
	user, password, host, path string
	options                    url.Values
	tls                        bool // by the scheme or an option
}

// OverTLS ends what is said of the kind of a login to a server that has TLS.
const OverTLS = " over TLS"

// overTLS are the schemes of connections that are encrypted.
var overTLS = map[string]bool{
	"rediss": true, "amqps": true, "mqtts": true, "smtps": true, "imaps": true, "ldaps": true, "ftps": true, "neo4j+s": true, "bolt+s": true, "mongodb+srv": true,
}

// kind is what a login is, in words.
func (t *target) kind(host string) string {
	switch {
	case strings.HasSuffix(host, ".mongodb.net"):
		return "login of a MongoDB Atlas cluster"
	case t.tls:
		return t.scheme.kind + OverTLS
	}
	return t.scheme.kind
}

// serverURLs reads URLs with a login in them.
func serverURLs(in *Input) []leak.Evidence {
	t, ok := parseURL(in.Value)
	if !ok {
		if t, ok = parseJDBC(in.Value); !ok {
			return nil
		}
	}
	return t.claims(in, "the URL").list
}

// parseURL splits scheme://user:password@host:port/path?options. Passwords are
// often not escaped as they should be, so that a parser of URLs refuses them.
func parseURL(value string) (target, bool) {
	name, rest, ok := strings.Cut(value, "://")
	name = strings.ToLower(name)
	if base, driver, plus := strings.Cut(name, "+"); plus && schemes[name].kind == "" && madeOf(driver, "_", 1, 20) {
		name = base // postgresql+asyncpg
	}
	s, known := schemes[name]
	if !ok || !known || len(rest) > 4096 || strings.ContainsAny(rest, " \t\n\"'`<>") {
		return target{}, false
	}
	t := target{scheme: s}
	rest, query, _ := strings.Cut(rest, "?")
	t.options, _ = url.ParseQuery(query)
	t.tls = overTLS[name] || t.options.Get("tls") == "true" || t.options.Get("ssl") == "true"
	login, host, web := "", rest, name == "http" || name == "https"
	within := rest
	if web { // paths may have an @, and their passwords are escaped
		within, _, _ = strings.Cut(rest, "/")
	}
	if i := strings.LastIndexByte(within, '@'); i >= 0 {
		login, host = rest[:i], rest[i+1:]
	}
	t.host, t.path, _ = strings.Cut(host, "/")
	t.user, t.password, _ = strings.Cut(login, ":")
	t.user, t.password = unescape(t.user), unescape(t.password)
	if t.user == "" {
		t.user = t.options.Get("user")
	}
	if t.password == "" {
		t.password = t.options.Get("password")
	}
	if login == "" && (web || t.user == "") || web && isHex(t.user, 32) && isNumber(lastPath(t.path)) {
		return target{}, false // no login, or Sentry's
	}
	return t, t.host != ""
}

// Database says which kind of database the scheme of a URL is for, one of JDBC
// included; empty for none.
func Database(url string) (provider string) {
	name, _, ok := strings.Cut(strings.TrimPrefix(strings.ToLower(url), "jdbc:"), ":")
	name, _, _ = strings.Cut(name, "+")
	if s := schemes[name]; ok && s.identity == leak.DatabaseUser {
		return s.provider
	}
	return ""
}

func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// claims are what a target says.
func (t *target) claims(in *Input, where string) *told {
	c := &told{weight: .9}
	host := t.hostname()
	weight := .9
	provider := t.provider(host)
	if t.scheme.identity == leak.UnknownIdentity {
		weight = .3
	}
	if provider == "http" && t.scheme.identity == leak.DatabaseUser {
		provider = "" // which kind is not known
	}
	if provider != t.scheme.provider && provider != "http" { // known by its host
		c.add(leak.ClaimProvider, provider, "host of "+where)
	} else {
		c.weigh(leak.ClaimProvider, provider, weight, "scheme of "+where)
	}
	c.weigh(leak.ClaimType, string(t.scheme.identity), weight, "scheme of "+where)
	c.weigh(leak.ClaimKind, t.kind(host), weight, "scheme of "+where)
	c.add(leak.ClaimServer, t.host, "host of "+where)
	user := t.user
	if ref, ok := supabaseUser(user, host); ok {
		c.tenant(ref, "project", "user name in "+where)
		user, _, _ = strings.Cut(user, ".")
	}
	if name, server, ok := strings.Cut(user, "@"); ok && strings.HasPrefix(host, server+".") {
		user = name // user@server, as Azure wants it
	}
	if secretish(t.user) {
		c.join(in.within("", t.user))
	}
	c.join(in.within("", t.password))
	c.who(user, "user name in "+where)
	if t.scheme.path != "" {
		c.text(leak.ClaimScope, prefixed(t.scheme.path+" ", unescape(strings.Trim(t.path, "/"))), "path of "+where)
	}
	c.hostTenant(host)
	c.named(host+" "+t.path+" "+user, "a word in the host, database or user of "+where)
	if o := t.options.Get("sslmode"); o == "disable" {
		c.add(leak.ClaimNote, "the connection is not encrypted", "options of "+where)
	}
	return c
}

// hostname is the first host without its port.
func (t *target) hostname() string {
	host, _, _ := strings.Cut(t.host, ",")
	if i := strings.LastIndexByte(host, ':'); i > 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.ToLower(host)
}

// provider is the scheme's, or for the web that of well-known hosts.
func (t *target) provider(host string) string {
	if t.scheme.provider != "" {
		return t.scheme.provider
	}
	for _, known := range [][2]string{{"github.com", "github"}, {"gitlab.com", "gitlab"}, {"bitbucket.org", "bitbucket"}, {"dev.azure.com", "azure"}, {"visualstudio.com", "azure"}, {"jfrog.io", "jfrog"}, {"es.io", "elastic"}, {"elastic-cloud.com", "elastic"}, {"sentry.io", "sentry"}, {"datadoghq.com", "datadog"}, {"datadoghq.eu", "datadog"}, {"ddog-gov.com", "datadog"}} {
		if host == known[0] || strings.HasSuffix(host, "."+known[0]) {
			return known[1]
		}
	}
	return "http"
}

func supabaseUser(user, host string) (ref string, ok bool) {
	_, ref, ok = strings.Cut(user, ".")
	return ref, ok && strings.HasSuffix(host, ".pooler.supabase.com") && madeOf(ref, "", 20, 20)
}

// hostTenant reads whose a server is from the names that hosters give them.
func (c *told) hostTenant(host string) {
	const reason = "host of the server"
	f := strings.Split(host, ".")
	n := len(f)
	is := func(end string) bool { return strings.HasSuffix(host, end) }
	switch {
	case is(".amazonaws.com") && n >= 6 && (f[n-3] == "rds" || f[n-3] == "redshift" || f[n-3] == "docdb" || f[n-3] == "neptune"):
		c.add(leak.ClaimRegion, f[n-4], reason)
		c.tenant(host, "server", reason)
	case is(".mongodb.net") && n == 4:
		c.tenant(f[1], "project", reason)
	case is(".neon.tech") && strings.HasPrefix(f[0], "ep-"):
		c.tenant(strings.TrimSuffix(f[0], "-pooler"), "endpoint", reason)
		c.add(leak.ClaimRegion, f[1], reason)
	case is(".supabase.co") && n == 4 && f[0] == "db":
		c.tenant(f[1], "project", reason)
	case is(".pooler.supabase.com"):
		if _, region, ok := strings.Cut(strings.TrimPrefix(f[0], "aws-"), "-"); ok {
			c.add(leak.ClaimRegion, region, reason)
		}
	case is(".database.windows.net"), is(".database.azure.com"), is(".redis.cache.windows.net"), is(".cosmos.azure.com"):
		c.tenant(f[0], "server", reason)
	case is(".ondigitalocean.com") && strings.Contains(f[0], "-do-user-"):
		_, account, _ := strings.Cut(f[0], "-do-user-")
		account, _, _ = strings.Cut(account, "-")
		c.tenant(account, "account", reason)
	case is(".cockroachlabs.cloud"), is(".aivencloud.com"), is(".cloudamqp.com"), is(".upstash.io"), is(".render.com"), is(".es.io"), is(".elastic-cloud.com"), is(".snowflakecomputing.com"):
		c.tenant(f[0], "service", reason)
	case host == "localhost", strings.HasPrefix(host, "127."), host == "":
		c.list = append(c.list, leak.Evidence{Class: leak.FromName, Claim: leak.ClaimEnvironment, Value: "dev", Weight: .3, Reason: "the server is on the same machine"})
	case !shared(host) && c.find(leak.ClaimTenant, len(c.list)) < 0:
		c.tenant(host, "server", reason)
	}
}

// parts reads a login whose pieces a rule cut out.
func parts(in *Input) []leak.Evidence {
	user, host := in.Parts["user"], in.Parts["host"]
	if user == "" && host == "" || strings.Contains(in.Value, "://") {
		return nil
	}
	t := target{user: unescape(user), password: in.Value, host: host, path: in.Parts["database"]}
	t.tls = overTLS[strings.TrimRight(strings.ToLower(in.Parts["scheme"]), ":")] // "rediss:"
	base, _, _ := strings.Cut(in.Rule, "-")
	if s, ok := schemes[in.Parts["scheme"]]; ok {
		t.scheme = s
	} else if s, ok := schemes[base]; ok {
		t.scheme = s
	} else if s, ok := schemes[in.Provider]; ok {
		t.scheme = s
	} else if strings.HasPrefix(in.Rule, "url-") || strings.HasPrefix(in.Rule, "jdbc-") {
		t.scheme = schemes["https"]
		if base == "jdbc" {
			t.scheme = scheme{"", leak.DatabaseUser, "login of a database", "database"}
		}
	} else {
		return nil
	}
	if port := in.Parts["port"]; port != "" && !strings.Contains(t.host, ":") {
		t.host += ":" + port
	}
	return t.claims(in, "the URL around it").list
}

// basic reads Authorization headers with a user's name and password, and the
// same in Docker's and npm's files.
func basic(in *Input) []leak.Evidence {
	value := in.Value
	for _, start := range []string{"Authorization:", "authorization:", "Proxy-Authorization:"} {
		value = strings.TrimSpace(strings.TrimPrefix(value, start))
	}
	word, rest, _ := strings.Cut(value, " ")
	switch {
	case strings.EqualFold(word, "basic"):
		value = strings.TrimSpace(rest)
	case !strings.HasPrefix(in.Rule, "basic-") && !strings.HasPrefix(in.Rule, "docker-config-") && in.Rule != "npm-registry-login":
		return nil
	}
	raw, ok := unbase64(value)
	user, password, cut := strings.Cut(string(raw), ":")
	if !ok || !cut || len(raw) > 1<<16 || !printable(user) {
		return nil
	}
	if strings.HasPrefix(in.Rule, "docker-config-") {
		return registry(in, in.Parts["host"], user, password).list
	}
	c := &told{weight: .7}
	c.weigh(leak.ClaimType, string(leak.UnknownIdentity), .2, "a Basic header")
	c.weigh(leak.ClaimKind, "user name and password of a Basic header", .5, "a Basic header")
	c.who(user, "user name in the header")
	c.join(in.within("", password))
	if secretish(user) {
		c.join(in.within("", user))
	}
	return c.list
}
