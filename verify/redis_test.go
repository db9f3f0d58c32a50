package verify_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// redisSettings are files with a password of Redis: see pgSettings.
var redisSettings = map[string]string{
	"appsettings.json":   `{"ConnectionStrings": {"Redis": "DBHOST:6380,user=billing,password=PW,ssl=False,abortConnect=False"}}`,
	"appsettings.json#2": "{\r\n  \"Redis\": {\r\n    \"Configuration\": \"DBHOST,user=billing,password=PW\"\r\n  }\r\n}\r\n",
	"Startup.cs":         `services.AddStackExchangeRedisCache(o => o.Configuration = "DBHOST:6379,password=PW,user=billing,allowAdmin=true");`,
	"cache.env":          "REDIS_CONNECTION=DBHOST:6380,password=PW,user=billing,connectTimeout=5000\n",
	".env":               "REDIS_HOST=DBHOST\nREDIS_PORT=6380\nREDIS_USERNAME=billing\nREDIS_PASSWORD=PW\n",
	"application.yml":    "spring:\n  data:\n    redis:\n      host: DBHOST\n      port: 6380\n      username: billing\n      password: PW\n",
}

func TestRedis(t *testing.T) {
	n := verifytest.New(t)
	n.Inside = true
	p := verifytest.NewPlace(t)
	cert, key, ca := p.WriteCertificate(n, "other.acme.example")
	port, secure, open := verifytest.FreePort(t), verifytest.FreePort(t), verifytest.FreePort(t)
	conf := p.Write("redis.conf", strings.NewReplacer("PORT", port, "SECURE", secure, "CERT", cert, "KEY", key, "CA", ca, "DIR", p.Dir).Replace(`
port PORT
bind 127.0.0.1
save ""
dir DIR
tls-port SECURE
tls-cert-file CERT
tls-key-file KEY
tls-ca-cert-file CA
tls-auth-clients no
`)+fmt.Sprintf("user default on >%s ~* +@all\nuser app on >%s ~* +@all\nuser billing on >%s ~* +@all\nuser late off >%s ~* +@all\nuser tiny on >%s -@all\nuser free on nopass ~* +@all\n", secretOf(1), secretOf(2), passwordOf(1), secretOf(3), secretOf(4)))
	p.Start("127.0.0.1:"+port, "redis-server", conf)
	p.Start("127.0.0.1:"+open, "redis-server", "--port", open, "--bind", "127.0.0.1", "--save", "", "--dir", p.Dir)
	n.Point(db, "127.0.0.1:"+port)
	n.Point("other.acme.example", "127.0.0.1:"+secure)
	logsIn(t, n, "redis", []loginTest{
		{"right", account("redis", "app", secretOf(2)), leak.Live, "", map[string]string{"name": "app", "server": "redis "}},
		{"no user", account("redis", "", secretOf(1)), leak.Live, "", map[string]string{"name": "default"}},
		{"TLS", account("rediss", "app", secretOf(2), "host", "other.acme.example"), leak.Live, "", nil},
		{"TLS by a connection string", account("", "app", secretOf(2), "protocol", "redis:tls", "host", "other.acme.example"), leak.Live, "", nil},
		{"few rights", account("redis", "tiny", secretOf(4)), leak.Live, "", map[string]string{"name": "tiny"}},
		{"any password", account("redis", "free", secretOf(4)), leak.Unknown, "the server lets everybody in without a password", nil},
		{"wrong", account("redis", "app", secretOf(1)), leak.Dead, "WRONGPASS", nil},
		{"wrong without user", account("redis", "", secretOf(2)), leak.Dead, "WRONGPASS", nil},
		{"disabled", account("redis", "late", secretOf(3)), leak.Dead, "disabled", nil},
		{"a command", account("redis", "app", "a\r\nFLUSHALL\r\n"), leak.Dead, "WRONGPASS", nil},
		{"no TLS there", account("rediss", "app", secretOf(2)), leak.Unknown, "", nil},
	})
	n.Point(settingsDB, "127.0.0.1:"+port)
	settingsLogIn(t, n, redisSettings, passwordOf(1), passwordOf(2))
	n.Point("other.acme.example", "127.0.0.1:"+secure)
	n.Point("wrong.acme.example", "127.0.0.1:"+secure)
	n.Point(db, "127.0.0.1:"+secure)
	logsIn(t, n, "redis", []loginTest{{"another name", account("rediss", "app", secretOf(2)), leak.Unknown, "the certificate is for another host", nil}})
	n.Point(db, "127.0.0.1:"+open)
	logsIn(t, n, "redis", []loginTest{{"open", account("redis", "", secretOf(2)), leak.Unknown, "without a password", nil}})
	strange(t, "redis", account("redis", "app", secretOf(1)))
}
