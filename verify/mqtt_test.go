package verify_test

import (
	"fmt"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

func TestMQTT(t *testing.T) {
	n := verifytest.New(t)
	p := verifytest.NewPlace(t)
	cert, key, _ := p.WriteCertificate(n, "other.acme.example")
	port, secure, open := verifytest.FreePort(t), verifytest.FreePort(t), verifytest.FreePort(t)
	passwords := p.Write("passwords", "")
	p.Run("", "mosquitto_passwd", "-b", passwords, "app", secretOf(1))
	conf := fmt.Sprintf("per_listener_settings true\nlistener %s 127.0.0.1\nallow_anonymous false\npassword_file %s\n", port, passwords)
	conf += fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous false\npassword_file %s\ncertfile %s\nkeyfile %s\n", secure, passwords, cert, key)
	conf += fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous true\n", open)
	p.Start("127.0.0.1:"+open, "mosquitto", "-c", p.Write("mosquitto.conf", conf))
	n.Point(db, "127.0.0.1:"+port)
	n.Point("other.acme.example", "127.0.0.1:"+secure)
	logsIn(t, n, "mqtt", []loginTest{
		{"right", account("mqtt", "app", secretOf(1)), leak.Live, "", map[string]string{"name": "app"}},
		{"TLS", account("mqtts", "app", secretOf(1), "host", "other.acme.example"), leak.Live, "", nil},
		{"wrong", account("mqtt", "app", secretOf(2)), leak.Dead, "5:", nil},
		{"nobody", account("mqtt", "nobody", secretOf(1)), leak.Dead, "5:", nil},
		{"no TLS there", account("mqtts", "app", secretOf(1)), leak.Unknown, "", nil},
	})
	n.Point(db, "127.0.0.1:"+secure)
	logsIn(t, n, "mqtt", []loginTest{{"another name", account("mqtts", "app", secretOf(1)), leak.Unknown, "the certificate is for another host", nil}})
	n.Point(db, "127.0.0.1:"+open)
	logsIn(t, n, "mqtt", []loginTest{{"open", account("mqtt", "app", secretOf(1)), leak.Unknown, "without a password", nil}})
	strange(t, "mqtt", account("mqtt", "app", secretOf(1)))
}
