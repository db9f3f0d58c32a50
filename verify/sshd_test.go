package verify

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestOpenSSH logs in to a real server, which stands in the place of a host of
// git: it lets in one key, and not those that are expired, for another place, or
// unknown to it. The user is the one that the server runs as, as it is not root;
// without PAM it would take nobody's account for a locked one.
func TestOpenSSH(t *testing.T) {
	n := verifytest.New(t)
	p := verifytest.NewPlace(t)
	keys := map[string]crypto.Signer{}
	for _, name := range []string{"host", "right", "wrong", "expired", "elsewhere"} {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = key
	}
	public := func(name string) string {
		return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(newSSH(t, keys[name]).PublicKey()))) + "\n"
	}
	known := "restrict " + public("right") + `expiry-time="20010101" ` + public("expired") + `from="192.0.2.1" ` + public("elsewhere")
	block, err := ssh.MarshalPrivateKey(keys["host"], "")
	if err != nil {
		t.Fatal(err)
	}
	port := verifytest.FreePort(t)
	conf := p.Write("sshd_config", strings.NewReplacer("PORT", port, "HOST", p.Write("host", string(pem.EncodeToMemory(block))),
		"KNOWN", p.Write("known", known), "PID", p.Path("pid")).Replace(`
Port PORT
ListenAddress 127.0.0.1
HostKey HOST
PidFile PID
AuthorizedKeysFile KNOWN
StrictModes no
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication no
`))
	p.Start("127.0.0.1:"+port, "sshd", "-D", "-e", "-f", conf)
	host := gitHosts[0]
	host.user, host.keys = p.User(), []string{ssh.FingerprintSHA256(newSSH(t, keys["host"]).PublicKey())}
	v := sshKey{[]sshHost{host}}
	n.Point("github.com", "127.0.0.1:"+port)
	ask := func(name string) leak.Verdict {
		parts := leak.Parts{"secret": leak.NewSecret(openSSH(t, keys[name], ""))}
		return v.Verify(t.Context(), Query{Parts: parts, Door: sshDoor(t, n, "github.com:22"), Now: time.Now()})
	}
	for name, want := range map[string]leak.Status{"right": leak.Live, "wrong": leak.Unknown, "expired": leak.Unknown, "elsewhere": leak.Unknown} {
		got := ask(name)
		if got.Status != want || want == leak.Unknown && !strings.Contains(got.Reason, "github.com does not know it") {
			t.Errorf("%s: %s (%s), want %s", name, got.Status, got.Reason, want)
		}
		if want == leak.Live && (got.Facts["server"] != "github.com" || got.Facts["kind"] != "ssh_key") {
			t.Errorf("%s: facts %v", name, got.Facts)
		}
	}
	// A server of the user's own is asked alone, if the user names it.
	n.Point("git.acme.example", "127.0.0.1:"+port)
	for name, want := range map[string]string{"right": "live git.acme.example took it", "wrong": "unknown git.acme.example:2222 does not know it"} {
		parts := leak.Parts{"secret": leak.NewSecret(openSSH(t, keys[name], "")), "host": leak.NewSecret("git.acme.example:2222"), "user": leak.NewSecret(p.User())}
		before := len(n.Dialed())
		got := v.Verify(t.Context(), Query{Parts: parts, Door: sshDoor(t, n, "git.acme.example:2222", "github.com:22"), Now: time.Now()})
		if !strings.HasPrefix(string(got.Status)+" "+got.Reason, want) || got.Host != "git.acme.example:2222" || name == "right" && (got.Control != controlRefused || len(n.Dialed()) != before+2) {
			t.Errorf("own, %s: %+v", name, got)
		}
	}
	n.Point("github.com", "")
	if got := ask("right"); got.Status != leak.Unknown || !strings.Contains(got.Reason, "connection refused") {
		t.Errorf("down: %+v", got)
	}
	host.keys = gitHosts[0].keys
	v.hosts[0] = host
	n.Point("github.com", "127.0.0.1:"+port)
	if got := ask("right"); got.Status != leak.Unknown || !strings.Contains(got.Reason, "another key than it publishes") {
		t.Errorf("an impostor: %+v", got)
	}
}
