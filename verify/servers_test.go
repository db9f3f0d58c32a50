package verify_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// servers are those that tests log in to, each with a credential that is right,
// that is wrong, and that is expired or locked; and that are down.
var servers = []struct {
	name     string // for people
	verifier string
	file     string // of the test
	// Names of cases in the test, and what comes of them.
	right, wrong string
	isWrong      leak.Status
	over         string
	is           string // what comes of over, for people
}{
	{"PostgreSQL", "postgresql", "postgresql_test.go", `"right"`, `"wrong"`, leak.Dead, `"expired"`, "expired: `dead`, as it does not tell that from a wrong one"},
	{"MariaDB", "mysql", "mysql_test.go", `"right"`, `"wrong"`, leak.Dead, `"locked"`, "expired: `expired`; locked: `restricted`"},
	{"Redis", "redis", "redis_test.go", `"right"`, `"wrong"`, leak.Dead, `"disabled"`, "no expiry; disabled: `dead`"},
	{"RabbitMQ", "amqp", "amqp_test.go", `"right"`, `"wrong"`, leak.Dead, `"disabled"`, "no expiry; disabled: `dead`; shut out by its limits: `restricted`"},
	{"Mosquitto", "mqtt", "mqtt_test.go", `"right"`, `"wrong"`, leak.Dead, `"disabled"`, "no expiry; disabled: `dead`"},
	{"NATS", "nats", "nats_test.go", `"right"`, `"wrong"`, leak.Dead, `"ended"`, "a password has none; a JWT that ended: `expired`; revoked: `dead`"},
	{"OpenLDAP", "ldap", "ldap_test.go", `"right"`, `"wrong"`, leak.Dead, `"expired"`, "expired: `expired`; locked: `unknown`"},
	{"OpenSSH", "ssh", "sshd_test.go", `"right"`, `"wrong"`, leak.Unknown, `"expired"`, "expired: `unknown`, as it does not tell that from a key that it does not know"},
	{"container registry (go-containerregistry)", "oci", "oci_test.go", `"Docker Hub"`, `"Docker Hub, wrong"`, leak.Dead, `"ECR"`, "a password of ECR that ended: `expired`; others have no expiry"},
	{"SMTP (made up)", "smtp", "smtp_test.go", `"right"`, `"wrong"`, leak.Dead, `"534 5.7.9`, "the protocol has no word for it; other refusals: `unknown`"},
	{"MongoDB (made up)", "mongodb", "mongodb_test.go", `"right"`, `"wrong"`, leak.Dead, `"not from here"`, "no expiry; right, but not from here: `restricted`"},
	{"SQL Server (made up)", "sqlserver", "sqlserver_test.go", `"right"`, `"wrong"`, leak.Dead, `"locked"`, "expired: `expired`; locked: `unknown`"},
}

// TestServersHaveAllCases: the table, its tests and the documentation say the same.
func TestServersHaveAllCases(t *testing.T) {
	docs, err := os.ReadFile("../docs/verification.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		text, err := os.ReadFile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{s.right, s.wrong, s.over} {
			if !strings.Contains(string(text), name) {
				t.Errorf("%s: %s has no case %s", s.name, s.file, name)
			}
		}
		row := fmt.Sprintf("| %s | `live` | `%s` | %s | `unknown` |\n", s.name, s.isWrong, s.is)
		if !strings.Contains(string(docs), row) {
			t.Errorf("the documentation lacks %s", row)
		}
	}
}

// credentialFor is one for a server at db.
func credentialFor(t *testing.T, verifier string) (parts map[string]string, host string) {
	switch verifier {
	case "ssh":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		block, err := ssh.MarshalPrivateKey(key, "")
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"secret": string(pem.EncodeToMemory(block))}, "github.com"
	case "oci":
		return map[string]string{"secret": basic("app", secretOf(1)), "registry": db}, db
	}
	return account(verifier, "app", secretOf(1), "host", db), db
}

// TestServersDown: where nobody listens, and where somebody listens and never
// says anything, it is unknown, with the reason.
func TestServersDown(t *testing.T) {
	silent := func(c net.Conn) { io.Copy(io.Discard, c) }
	for _, s := range servers {
		for name, want := range map[string]string{"nobody listens": "connection refused", "silence": "no answer within 300ms"} {
			t.Run(s.name+"/"+name, func(t *testing.T) {
				n := verifytest.New(t)
				n.Inside = true
				parts, host := credentialFor(t, s.verifier)
				if name == "silence" {
					n.ServeConn(host, silent)
				} else {
					n.Point(host, "")
				}
				v := native(t, s.verifier)
				o := verify.DoorOptions{
					Hosts: v.Hosts(), Allow: []string{host}, AllowPrivate: []netip.Prefix{verifytest.Private}, Resolver: n, Dial: n.Dial, RootCAs: n.Roots,
					CallTimeout: 30 * time.Second, DialTimeout: 30 * time.Second,
				}
				if name == "silence" { // it would be silent for longer, too
					o.CallTimeout = 300 * time.Millisecond
				}
				all := partsOf(parts)
				e, err := verify.New(verify.Config{Mode: verify.Safe, Verifiers: map[string]verify.Verifier{"acme": v}, Door: o})
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				f := &leak.Finding{ID: "f", Rule: leak.RuleInfo{ID: "acme"}, Parts: all, Confidence: leak.High}
				if err := e.Verify(t.Context(), []*leak.Finding{f}); err != nil {
					t.Fatal(err)
				}
				wants(t, s.verifier, f.Verdict, leak.Unknown, want, all)
				if f.Verdict.When.IsZero() || f.Verdict.Host == "" {
					t.Errorf("the evidence lacks when or who: %+v", f.Verdict)
				}
			})
		}
	}
}
