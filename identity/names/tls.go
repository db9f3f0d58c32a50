package names

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/around"
	"github.com/whosekey/whosekey/internal/lazy"
)

// tlsEnds are the names of fields that say that the server has TLS from the first
// byte on, if they are true. Of mail and directories they say less: STARTTLS.
var tlsEnds = []string{"tls", "ssl", "usetls", "usessl", "tlsenabled", "sslenabled", "enabletls", "enablessl"}

// withTLS are the servers to which a connection is TLS from the first byte on, where
// settings say that there is TLS.
var withTLS = map[string]bool{"redis": true, "rabbitmq": true, "mqtt": true, "mongodb": true}

// A tlsBlock is a block of settings of TLS: "ssl:" with "enabled: true" in it, as
// docs.spring.io/spring-boot has it for spring.data.redis.ssl, or "tls:" with no more
// than certificates, as in github.com/redis/ioredis.
type tlsBlock struct {
	path string        // its names
	on   *around.Field // says that it is used
	off  bool
}

var (
	tlsBlocks = []string{"tls", "ssl", "tlsconfig", "sslconfig", "tlsoptions", "ssloptions"}
	switches  = []string{"enabled", "enable", "use", "active", "on", "mode", "required"}
	yes       = []string{"true", "1", "yes", "on"}
	no        = []string{"false", "0", "no", "off", "disable", "disabled", "none", "never"}
)

// overTLS keeps a field that says that the server has TLS, and reports whether it says
// nothing else.
func (b *beside) overTLS(f *around.Field, name string) bool {
	value := strings.ToLower(f.Value)
	if b.mine(name, tlsEnds) {
		if slices.Contains(yes, value) {
			b.login.tls = f
		}
		b.login.clear = b.login.clear || slices.Contains(no, value)
		return true
	}
	scheme, _, url := strings.Cut(value, "://")
	if (url && b.mine(name, hostEnds) || b.mine(name, kindEnds)) && slices.Contains([]string{"tls", "rediss", "amqps", "mqtts", "ldaps"}, scheme) {
		b.login.tls = f
	}
	return false
}

// nestedTLS keeps a field that says so in a block within the one that the password is
// in, or in a block of TLS within one around that, and reports whether it is one. What is
// taken for TLS by mistake is no more than a connection that fails; what is not known
// as TLS is a password that goes out in clear.
func (b *beside) nestedTLS(f *around.Field, name string) bool {
	names, up, root, ok := b.seen.Blocks(f)
	if !ok {
		return false
	}
	if last := len(names) - 1; root { // [redis.tls] beside [redis.auth]
		names = slices.Clone(names)
		names[last] = strings.TrimPrefix(names[last], b.seen.Family())
	}
	at := slices.IndexFunc(names, func(n string) bool { return b.mine(Plain(n), tlsBlocks) || slices.Contains(tlsBlocks, Plain(n)) })
	if last := len(names) - 1; up > 0 || root { // another server's may be there too
		if at = last; !b.mine(Plain(names[last]), tlsBlocks) && (up == 0 || !slices.Contains(tlsBlocks, Plain(names[last]))) {
			return false
		}
	}
	value := strings.ToLower(f.Value)
	if at < 0 {
		if slices.Contains(tlsEnds, name) && slices.Contains(yes, value) {
			b.login.tls = f
			return true
		}
		return false
	}
	path := strings.Join(names[at:], " ")
	i := slices.IndexFunc(b.login.nested, func(t tlsBlock) bool { return t.path == path })
	if i < 0 {
		i, b.login.nested = len(b.login.nested), append(b.login.nested, tlsBlock{path: path})
	}
	t := &b.login.nested[i]
	switch {
	case slices.Contains(switches, name) && slices.Contains(no, value) || name == "disabled" && slices.Contains(yes, value):
		t.off = true
	case name == "disabled" || name == "insecure": // of some programs no TLS, of some no look at the certificate
	case t.on == nil && value != "null" && value != "~" && value != "{}":
		t.on = f
	}
	return true
}

// overTLS is the field that says that the server has TLS, if one does.
func (l *login) overTLS() *around.Field {
	for i := range l.nested {
		if t := &l.nested[i]; l.tls == nil && t.on != nil && !t.off {
			return t.on
		}
	}
	return l.tls
}

// overTLSOf is the field that says that the server has TLS, or that of its host where the
// name of their block says so: [redis-tls], REDIS_TLS_HOST.
func (b *beside) overTLSOf() *around.Field {
	if f := b.login.overTLS(); f != nil || len(b.login.hosts) == 0 || b.login.clear {
		return f
	}
	if tlsName.MatchString(b.seen.OwnBlock()) || strings.HasSuffix(b.prefix, "tls") || strings.HasSuffix(b.prefix, "ssl") {
		return &b.login.hosts[0]
	}
	return nil
}

// tlsName is the name of a block with one of its words: redis-tls, cacheSSL.
var tlsName = lazy.New(`(?i:(?:^|[^a-z])(?:tls|ssl)(?:$|[^a-z]))|[a-z](?:TLS|SSL|Tls|Ssl)(?:$|[^a-z])`)
