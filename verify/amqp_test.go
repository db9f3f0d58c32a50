package verify_test

import (
	"fmt"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

func TestAMQP(t *testing.T) {
	n := verifytest.New(t)
	n.Inside = true
	p := verifytest.NewPlace(t)
	cert, key, ca := p.WriteCertificate(n, "other.acme.example")
	port, secure, epmd, dist := verifytest.FreePort(t), verifytest.FreePort(t), verifytest.FreePort(t), verifytest.FreePort(t)
	users := fmt.Sprintf(`{"users":[{"name":"app","password":"%s","tags":""},{"name":"lonely","password":"%s","tags":""},
		{"name":"disabled","password_hash":"","tags":""},{"name":"full","password":"%s","tags":"","limits":{"max-connections":0}}],"vhosts":[{"name":"/"},{"name":"prod"}],
		"permissions":[{"user":"app","vhost":"/","configure":"","write":"","read":".*"},{"user":"app","vhost":"prod","configure":"","write":"","read":".*"},
		{"user":"full","vhost":"/","configure":"","write":"","read":".*"}]}`, secretOf(1), secretOf(2), secretOf(2))
	conf := fmt.Sprintf("listeners.tcp.1 = 127.0.0.1:%s\nlisteners.ssl.1 = 127.0.0.1:%s\nssl_options.cacertfile = %s\nssl_options.certfile = %s\nssl_options.keyfile = %s\n", port, secure, ca, cert, key) +
		"ssl_options.verify = verify_none\nload_definitions = " + p.Write("users.json", users) + "\nlog.console = true\nlog.file = false\n"
	for name, v := range map[string]string{
		"RABBITMQ_NODENAME": "whosekey" + port + "@localhost", "RABBITMQ_CONFIG_FILE": p.Write("rabbitmq.conf", conf), "RABBITMQ_MNESIA_BASE": p.Path("mnesia"),
		"RABBITMQ_LOG_BASE": p.Path("log"), "RABBITMQ_ENABLED_PLUGINS_FILE": p.Write("plugins", "[]."), "RABBITMQ_DIST_PORT": dist, "ERL_EPMD_PORT": epmd,
		"ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_CONF_ENV_FILE": p.Write("env", ""), "RABBITMQ_FEATURE_FLAGS_FILE": p.Path("flags"),
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none",
	} {
		p.Setenv(name, v)
	}
	p.Start("127.0.0.1:"+epmd, "epmd", "-port", epmd, "-address", "127.0.0.1")
	p.Start("127.0.0.1:"+secure, "rabbitmq-server")
	n.Point(db, "127.0.0.1:"+port)
	n.Point("other.acme.example", "127.0.0.1:"+secure)
	logsIn(t, n, "amqp", []loginTest{
		{"right", account("amqp", "app", secretOf(1)), leak.Live, "", map[string]string{"name": "app", "tenant": "/", "server": "RabbitMQ 3"}},
		{"a virtual host", account("amqp", "app", secretOf(1), "database", "prod"), leak.Live, "", map[string]string{"tenant": "prod"}},
		{"TLS", account("amqps", "app", secretOf(1), "host", "other.acme.example"), leak.Live, "", nil},
		{"wrong", account("amqp", "app", secretOf(2)), leak.Dead, "403", nil},
		{"nobody", account("amqp", "nobody", secretOf(2)), leak.Dead, "403", nil},
		{"guest", account("amqp", "guest", secretOf(2)), leak.Unknown, "own machine", nil},
		{"disabled", account("amqp", "disabled", secretOf(2)), leak.Dead, "403", nil},
		{"full", account("amqp", "full", secretOf(2)), leak.Restricted, "530", nil},
		{"no rights", account("amqp", "lonely", secretOf(2)), leak.Restricted, "530", nil},
		{"no such host", account("amqp", "app", secretOf(1), "database", "gone"), leak.Restricted, "530", nil},
		{"no TLS there", account("amqps", "app", secretOf(1)), leak.Unknown, "", nil},
	})
	n.Point(db, "127.0.0.1:"+secure)
	logsIn(t, n, "amqp", []loginTest{{"another name", account("amqps", "app", secretOf(1)), leak.Unknown, "the certificate is for another host", nil}})
	strange(t, "amqp", account("amqp", "app", secretOf(1)))
}
