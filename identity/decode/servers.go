package decode

import (
	"cmp"

	"github.com/whosekey/whosekey/leak"
)

// servers are words that name a kind of server in settings, beside the schemes of
// URLs: drivers, adapters and the beginnings of variables' names.
var servers = map[string]string{
	"pg": "postgres", "psql": "postgres", "postgre": "postgres", "npgsql": "postgres", "psycopg": "postgres", "psycopg2": "postgres", "asyncpg": "postgres",
	"trilogy": "mysql", "pymysql": "mysql", "mysqli": "mysql", "maria": "mariadb", "mongo": "mongodb", "mongoid": "mongodb", "mongoose": "mongodb",
	"sqlsrv": "sqlserver", "tedious": "sqlserver", "oci8": "oracle", "oracledb": "oracle", "predis": "redis", "phpredis": "redis",
	"rabbit": "amqp", "rabbitmq": "amqp", "elastic": "elasticsearch", "influx": "influxdb", "couch": "couchdb",
	"bolt": "", "hive": "", "presto": "", "tls": "", "http": "", "https": "", "snowflake": "", "ssh": "", "sftp": "", "stomp": "", // mean more than that
}

// Server says which kind of server the words of a name or a value are of, and what a
// login to it is: of "django db backends postgresql" PostgreSQL, of "SqlServer" the
// two words together. It is empty for none.
func Server(words []string) (provider string, t leak.IdentityType) {
	for i, w := range words {
		for _, w := range []string{w, joined(words, i)} {
			if same, ok := servers[w]; ok {
				w = same
			}
			if s := schemes[w]; s.provider != "" {
				return s.provider, s.identity
			}
		}
	}
	return "", ""
}

// joined is a word and the one behind it.
func joined(words []string, i int) string {
	if i+1 == len(words) {
		return ""
	}
	return words[i] + words[i+1]
}

// ports are those that servers listen on if nobody says otherwise.
var ports = map[string]string{
	"5432": "postgres", "3306": "mysql", "1433": "sqlserver", "1521": "oracle", "27017": "mongodb", "6379": "redis", "6380": "redis", "5672": "amqp", "5671": "amqp",
	"25": "smtp", "465": "smtp", "587": "smtp", "2525": "smtp", "389": "ldap", "636": "ldap", "5439": "redshift", "26257": "cockroachdb", "9042": "cassandra", "7687": "neo4j",
}

// Port says which kind of server listens on a port, and what a login to it is.
func Port(port string) (provider string, t leak.IdentityType) {
	s := schemes[ports[port]]
	return s.provider, s.identity
}

// usual are the ports that are meant where none is named. Others in ports say TLS.
var usual = map[string]string{
	"postgresql": "5432", "mysql": "3306", "mariadb": "3306", "sqlserver": "1433", "oracle": "1521", "mongodb": "27017", "redis": "6379", "rabbitmq": "5672",
	"smtp": "587", "ldap": "389", "redshift": "5439", "cockroachdb": "26257", "cassandra": "9042", "neo4j": "7687",
}

// Usual reports whether a port is the one that is meant where none is named.
func Usual(provider, port string) bool { return usual[provider] == port }

// Listens is a port, or the one that is meant where none is named.
func Listens(provider, port string) string { return cmp.Or(port, usual[provider]) }

// Host says whose a server is by its name, as for the host of a URL with a login.
func Host(host string) []leak.Evidence {
	c := &told{weight: .9}
	t := target{host: host}
	c.hostTenant(t.hostname())
	return c.list
}
