package verify

import (
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// protocols are the log-ins that speak to servers, by what settings and the URLs of
// JDBC call these.
var protocols = map[string]string{
	"postgresql": "postgresql", "postgres": "postgresql", "redshift": "postgresql", "cockroachdb": "postgresql",
	"mysql": "mysql", "mariadb": "mysql", "sqlserver": "sqlserver", "mongodb": "mongodb", "redis": "redis",
	"rabbitmq": "amqp", "amqp": "amqp", "mssql": "sqlserver", "valkey": "redis", "mqtt": "mqtt", "nats": "nats", "ldap": "ldap", "smtp": "smtp",
	"rediss": "redis", "valkeys": "redis", "amqps": "amqp", "mqtts": "mqtt", "ldaps": "ldap", "smtps": "smtp",
}

// LoginParts are the pieces by which a password is asked about whose rule knows nobody.
var LoginParts = []string{"database", "host", "port", "protocol", "user"}

// Protocols are the names that the piece "protocol" may have, in order.
func Protocols() []string { return slices.Sorted(maps.Keys(protocols)) }

// kindOf is how a finding is asked about: as its rule says; if that knows nobody, or
// the password stands in the settings of another server, as the protocol of the server
// does that stands around it, whatever rule found it.
// JDBC has several words before the server: "jtds:sqlserver".
func (e *Engine) kindOf(f *leak.Finding) *kind {
	k := e.kinds[f.Rule.ID]
	if k != nil {
		_, none := k.verifier.(unverifiable)
		if _, in := k.verifier.(login); !none && !in {
			return k
		}
	}
	for word := range strings.SplitSeq(strings.ToLower(f.Parts["protocol"].Reveal()), ":") {
		if l := e.servers[protocols[word]]; l != nil && f.Parts["host"].Len() > 0 {
			return l
		}
	}
	return k
}
