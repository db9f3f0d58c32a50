package verify_test

import (
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

func TestMQTT(t *testing.T) {
	n := verifytest.New(t)
	n.Inside = true
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
		{"wrong", account("mqtt", "app", secretOf(2)), leak.Dead, "refused for this user from here", nil},
		{"nobody", account("mqtt", "nobody", secretOf(1)), leak.Dead, "5:", nil},
		{"no TLS there", account("mqtts", "app", secretOf(1)), leak.Unknown, "", nil},
	})
	n.Point(db, "127.0.0.1:"+secure)
	logsIn(t, n, "mqtt", []loginTest{{"another name", account("mqtts", "app", secretOf(1)), leak.Unknown, "the certificate is for another host", nil}})
	n.Point(db, "127.0.0.1:"+open)
	logsIn(t, n, "mqtt", []loginTest{{"open", account("mqtt", "app", secretOf(1)), leak.Unknown, "without a password", nil}})
	strange(t, "mqtt", account("mqtt", "app", secretOf(1)))
}

// TestMQTTDisabled logs in to a broker that knows a user and has disabled it, by
// Mosquitto's plugin for dynamic security.
func TestMQTTDisabled(t *testing.T) {
	plugins, _ := filepath.Glob("/usr/lib/*/mosquitto_dynamic_security.so")
	if len(plugins) == 0 {
		t.Skip("Mosquitto has no plugin for dynamic security here")
	}
	n := verifytest.New(t)
	n.Inside = true
	p := verifytest.NewPlace(t)
	var clients []map[string]any
	for name, disabled := range map[string]bool{"app": false, "late": true} {
		salt := []byte("salt of twelve"[:12])
		sum, err := pbkdf2.Key(sha512.New, secretOf(1), salt, 101, 64)
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, map[string]any{"username": name, "password": sum, "salt": salt, "iterations": 101, "disabled": disabled, "roles": []any{}})
	}
	known, err := json.Marshal(map[string]any{"clients": clients, "roles": []any{}, "groups": []any{}})
	if err != nil {
		t.Fatal(err)
	}
	port := verifytest.FreePort(t)
	conf := fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous false\nplugin %s\nplugin_opt_config_file %s\n", port, plugins[0], p.Write("clients.json", string(known)))
	p.Start("127.0.0.1:"+port, "mosquitto", "-c", p.Write("mosquitto.conf", conf))
	n.Point(db, "127.0.0.1:"+port)
	logsIn(t, n, "mqtt", []loginTest{
		{"right", account("mqtt", "app", secretOf(1)), leak.Live, "", nil},
		{"disabled", account("mqtt", "late", secretOf(1)), leak.Dead, "5:", nil},
	})
}

// TestMQTTCodes: what the standard says that a refusal means.
func TestMQTTCodes(t *testing.T) {
	for code, want := range map[byte]leak.Status{1: leak.Unknown, 2: leak.Unknown, 3: leak.Unknown, 4: leak.Dead, 5: leak.Dead, 6: leak.Unknown} {
		n := verifytest.New(t)
		n.Inside = true
		n.ServeConn(db, func(c net.Conn) {
			c.Read(make([]byte, 1000))
			c.Write([]byte{0x20, 2, 0, code})
		})
		logsIn(t, n, "mqtt", []loginTest{{fmt.Sprint(code), account("mqtt", "app", secretOf(1)), want, "", nil}})
	}
}
