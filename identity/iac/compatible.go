package iac

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/leak"
)

// databases are providers whose credentials are database users.
var databases = []string{"postgresql", "mysql", "mariadb", "mongodb", "redis", "sqlserver", "jdbc", "redshift", "oracle", "cockroachdb", "clickhouse",
	"snowflake", "neo4j", "rabbitmq", "planetscale", "aiven", "supabase", "elastic"}

// open are providers that are none: anybody's password, token or key.
var open = []string{"", "generic", "urlcredentials", "httpauth", "jwt", "privatekey", "smtp", "ftp", "smb", "ldap"}

// engines are what can log in to the databases that the types of resources with
// these beginnings declare users of; of others it is not known.
var engines = []struct {
	kind string
	is   []string
}{
	{"postgresql_", []string{"postgresql", "cockroachdb", "redshift", "supabase", "aiven"}}, {"azurerm_postgresql", []string{"postgresql"}},
	{"mysql_", []string{"mysql", "mariadb", "planetscale", "aiven"}}, {"azurerm_mysql", []string{"mysql", "mariadb"}},
	{"mssql_", []string{"sqlserver"}}, {"azurerm_mssql", []string{"sqlserver"}},
	{"aws_elasticache", []string{"redis"}}, {"aws_docdb", []string{"mongodb"}}, {"aws_redshift", []string{"redshift", "postgresql"}},
	{"redshift_", []string{"redshift", "postgresql"}}, {"aiven_pg", []string{"postgresql", "aiven"}}, {"aiven_kafka", []string{"aiven"}},
	{"neon_", []string{"postgresql"}}, {"cockroach_", []string{"cockroachdb", "postgresql"}}, {"mongodbatlas_", []string{"mongodb"}}, {"snowflake_", []string{"snowflake"}},
	{"google_sql", []string{"postgresql", "mysql", "mariadb", "sqlserver"}}, {"google_alloydb", []string{"postgresql"}},
	{"aws_db_", []string{"postgresql", "mysql", "mariadb", "sqlserver", "oracle"}}, {"aws_rds", []string{"postgresql", "mysql", "mariadb"}},
}

// engineWords are the words of variables that say which database, or that it is
// something else.
var engineWords = map[string]string{
	"postgres": "postgresql", "postgresql": "postgresql", "pg": "postgresql", "pgpassword": "postgresql", "mysql": "mysql", "mariadb": "mariadb", "mongo": "mongodb", "mongodb": "mongodb",
	"redis": "redis", "mssql": "sqlserver", "sqlserver": "sqlserver", "oracle": "oracle", "redshift": "redshift", "snowflake": "snowflake", "rabbitmq": "rabbitmq",
	"amqp": "rabbitmq", "kafka": "kafka", "neo4j": "neo4j", "clickhouse": "clickhouse", "elastic": "elastic", "elasticsearch": "elastic",
	"smtp": "smtp", "mail": "smtp", "email": "smtp", "imap": "imap", "ldap": "ldap", "ftp": "ftp", "sftp": "ftp", "smb": "smb", "mqtt": "mqtt", "proxy": "proxy",
	"registry": "registry", "docker": "docker", "nexus": "nexus", "artifactory": "artifactory", "jenkins": "jenkins", "grafana": "grafana",
}

// engine is what a credential is for: by its provider, or by a word of its
// variable where that is none. Empty if neither says it.
func (l *link) engine() string {
	if p := l.provider(); !slices.Contains(open, p) {
		return p
	} else if p == "smtp" || p == "ftp" || p == "smb" || p == "ldap" || p == "httpauth" {
		return p
	}
	for _, s := range l.starts {
		for _, w := range names.Words(lastKey(s.keys)) {
			if e := engineWords[w]; e != "" {
				return e
			}
		}
	}
	return ""
}

// fitsEngine reports whether a credential can be one of a database's user.
func (l *link) fitsEngine(o *object) bool {
	e := l.engine()
	if e == "" || e == "jdbc" {
		return true
	}
	for _, k := range engines {
		if strings.HasPrefix(o.kind, k.kind) {
			return slices.Contains(k.is, e)
		}
	}
	return slices.Contains(databases, e)
}

// fitsProvider reports whether a credential can be one of an identity's.
func (l *link) fitsProvider(o *object) bool {
	p := l.provider()
	if c := l.claim(leak.ClaimProvider); c != "" && slices.Contains(open, p) {
		p = c
	}
	p, _, _ = strings.Cut(p, "@")
	if o.identity == leak.DatabaseUser {
		known := slices.Contains(databases, p) || slices.Contains(open, p) || leak.IdentityType(l.claim(leak.ClaimType)) == leak.DatabaseUser
		return known && l.fitsEngine(o)
	}
	return o.provider == "" || p == o.provider || p == "gcp" && o.provider == "google" || slices.Contains(open, p) && o.provider != "kubernetes" ||
		o.provider == "kubernetes" && p == "jwt"
}

// fitsName reports whether a name is enough to tell an identity by: that of a
// user beside a password is a name on some server, and clouds have users with
// the same name. What is unique in the world is.
func (l *link) fitsName(o *object, name string) bool {
	if o.identity == leak.DatabaseUser || strings.Contains(name, "@") || strings.HasPrefix(name, "arn:") || guid.MatchString(name) {
		return true
	}
	if p := l.provider(); !slices.Contains(open, p) {
		return true
	}
	c := l.claim(leak.ClaimProvider)
	return c != "" && !slices.Contains(open, c) && c == o.provider
}

// unsure is the weight of the user of a database of which it is not known
// whether it is on the server that the credential is for.
const unsure = .4

// database lowers the weight of a database user whose server is not known, and is
// 0 for one of another server: each has users called app.
func (l *link) database(o *object, weight float64) float64 {
	if o.identity != leak.DatabaseUser {
		return weight
	}
	host := l.host()
	server, _, _ := strings.Cut(strings.ToLower(o.server), ":")
	first, _, _ := strings.Cut(host, ".")
	switch {
	case host != "" && (host == server || first == server):
		return weight
	case host == "" || server == "" || host == "localhost" || strings.Trim(host, "0123456789.") == "" || !strings.Contains(host, "."):
		return min(weight, unsure)
	}
	return 0
}

// keysOfUser is how many access keys a user of AWS can have.
const keysOfUser = 2
