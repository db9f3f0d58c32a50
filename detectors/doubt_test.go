package detectors

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestDoubt: only a bad password for a server that is nobody's is doubted.
func TestDoubt(t *testing.T) {
	random := "q7Xv" + "2mLt9Zk"
	for _, c := range []struct {
		user, password, host, database string
		want                           bool
	}{
		{"outline", "outline", "127.0.0.1:5432", "outline_test", true},
		{"outline", "Outline1!", "localhost", "", true},
		{"app", "outline", "[::1]:5432", "outline", true},
		{"app", "umbrella", "db", "", true},
		{"keystone5", "k3yst0n3", "localhost:27017", "test_db", true},
		{"foo%3A", "bar%2F", "localhost", "", true},
		{"at%40", "%2F%40", "foo", "", true},
		{"foo", "bar%25bar", "localhost", "baz", true},
		{"app", "umbrella", "host.docker.internal:3306", "", true},
		{"app", "aMoreSecur3Passwor7!", "example.com", "", true},
		{"app", "umbrella", "db.example.org.", "", true},
		{"app", "umbrella", "203.0.113.7:22", "", true},
		{"app", "umbrella", "proxy.acme.test", "", true},
		{"anna", "annaopensit", "mail", "", true},
		{"ben", "benknows", "mail", "", true},
		{"anna", "annaopensit", "mail.acme.io", "", false},
		{"anna", "anna" + random, "mail", "", false},
		{"app", random, "127.0.0.1:5432", "", false},
		{"app", random, "db.example.com", "", false},
		{"app", "umbrella", "db.acme.io", "", false},
		{"app", "umbrella", "10.0.0.7", "", false},
		{"app", "umbrella", "notexample.com", "", false},
		{"app", "umbrella", "${HOST}", "", false},
		{"app", "app", "%s", "", false},
		{"app", "umbrella", "", "", false},
	} {
		parts := leak.Parts{leak.SecretPart: leak.NewSecret(c.password)}
		for name, v := range map[string]string{"user": c.user, "host": c.host, "database": c.database} {
			if v != "" {
				parts[name] = leak.NewSecret(v)
			}
		}
		if got := Doubt(parts); (got != "") != c.want {
			t.Errorf("%s:%s@%s/%s: doubt %q, want one: %v", c.user, c.password, c.host, c.database, got, c.want)
		}
	}
	if got := Doubt(leak.Parts{leak.SecretPart: leak.NewSecret("umbrella")}); got != "" {
		t.Errorf("without a server: %q", got)
	}
}
