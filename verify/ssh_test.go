package verify

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// gitServer is a host of git: it greets whoever has the key.
type gitServer struct {
	host     ssh.Signer
	knows    ssh.PublicKey
	greeting string
	all      bool // it takes any key
}

func newSSH(t *testing.T, key crypto.Signer) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (g *gitServer) serve(c net.Conn) {
	config := &ssh.ServerConfig{PublicKeyCallback: func(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if g.all {
			return nil, nil
		}
		if g.knows == nil || m.User() != "git" || string(key.Marshal()) != string(g.knows.Marshal()) {
			return nil, errors.New("no")
		}
		return nil, nil
	}}
	config.AddHostKey(g.host)
	_, chans, reqs, err := ssh.NewServerConn(c, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(reqs)
	for n := range chans {
		ch, in, err := n.Accept()
		if err != nil {
			return
		}
		for r := range in {
			r.Reply(r.Type == "shell", nil)
			if r.Type == "shell" {
				io.WriteString(ch.Stderr(), g.greeting)
				ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{1}))
				ch.Close()
			}
		}
	}
}

func sshDoor(t *testing.T, n *verifytest.Net, allow ...string) Door {
	t.Helper()
	rates := map[string]float64{}
	for _, h := range allow {
		rates[h] = 1e6
	}
	door, err := NewDoor(DoorOptions{Allow: allow, Rates: rates, Resolver: n, Dial: n.Dial, RootCAs: n.Roots, CallTimeout: 30 * time.Second, DialTimeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(door.Close)
	return door
}

func TestSSH(t *testing.T) {
	_, hostKey, _ := ed25519.GenerateKey(rand.Reader)
	host := newSSH(t, hostKey)
	// The hosts are the real ones, with the key of the server in this process.
	var v sshKey
	for _, h := range gitHosts {
		h.keys = []string{ssh.FingerprintSHA256(host.PublicKey())}
		v.hosts = append(v.hosts, h)
	}
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	r, _ := rsa.GenerateKey(rand.Reader, 2048)
	for _, tt := range []struct {
		name, host, greeting string
		key                  crypto.Signer
		facts                string // name and kind
	}{
		{"a person at GitHub", "github.com", "Hi alice! You've successfully authenticated, but GitHub does not provide shell access.\n", ed, "alice ssh_key"},
		{"a deploy key", "github.com", "Hi acme/app! You've successfully authenticated, but GitHub does not provide shell access.\n", ec, "acme/app deploy_key"},
		{"GitLab", "gitlab.com", "Welcome to GitLab, @bob!\n", r, "bob ssh_key"},
		{"Bitbucket", "bitbucket.org", "authenticated via ssh key.\n\nYou can use git to connect to Bitbucket. Shell access is disabled\n", ed, " ssh_key"},
		{"an endless greeting", "github.com", strings.Repeat("x\x1b", 1<<20), ed, " ssh_key"},
	} {
		n := verifytest.New(t)
		key := newSSH(t, tt.key)
		for _, h := range v.hosts {
			g := &gitServer{host: host}
			if h.name == tt.host {
				g.knows, g.greeting = key.PublicKey(), tt.greeting
			}
			n.ServeConn(h.name, g.serve)
		}
		q := Query{Parts: leak.Parts{"secret": leak.NewSecret(openSSH(t, tt.key, ""))}, Door: sshDoor(t, n, "github.com:22", "gitlab.com:22", "bitbucket.org:22"), Now: time.Now()}
		got := v.Verify(t.Context(), q)
		if got.Status != leak.Live || got.Facts["server"] != tt.host || got.Facts["name"]+" "+got.Facts["kind"] != tt.facts {
			t.Errorf("%s: %s (%s), facts %v", tt.name, got.Status, got.Reason, got.Facts)
		}
		if len(tt.greeting) < 1000 {
			continue
		}
		q.Parts["secret"] = leak.NewSecret(openSSH(t, ec, ""))
		if got := v.Verify(t.Context(), q); got.Status != leak.Unknown || !strings.Contains(got.Reason, "github.com, gitlab.com, bitbucket.org do not know it") {
			t.Errorf("another key: %+v", got)
		}
	}
}

func openSSH(t *testing.T, key crypto.Signer, pass string) string {
	t.Helper()
	b, err := ssh.MarshalPrivateKey(key, "")
	if pass != "" {
		b, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(pass))
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(b))
}

// TestSSHRefuses: nobody is asked who is not allowed, and no host but the one
// that published its key.
func TestSSHRefuses(t *testing.T) {
	_, hostKey, _ := ed25519.GenerateKey(rand.Reader)
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	n := verifytest.New(t)
	n.ServeConn("github.com", (&gitServer{host: newSSH(t, hostKey), knows: newSSH(t, key).PublicKey(), greeting: "Hi mallory! You've successfully authenticated"}).serve)
	v := sshKey{gitHosts}
	ctx := t.Context()
	ask := func(text string, allow ...string) leak.Verdict {
		return v.Verify(ctx, Query{Parts: leak.Parts{"secret": leak.NewSecret(text)}, Door: sshDoor(t, n, allow...), Now: time.Now()})
	}
	for _, tt := range []struct {
		name, text, allow string
		want              leak.Status
		reason            string
	}{
		{"not allowed", openSSH(t, key, ""), "other.example", leak.SkippedCheck, "--allow-host github.com:22"},
		{"an impostor", openSSH(t, key, ""), "github.com:22", leak.Unknown, "another key than it publishes"},
		{"down", openSSH(t, key, ""), "gitlab.com:22", leak.Unknown, "no host of that name"},
		{"a passphrase", openSSH(t, key, "x"), "github.com:22", leak.Unverifiable, "passphrase"},
		{"no key", "-----BEGIN OPENSSH PRIVATE KEY-----", "github.com:22", leak.Unknown, "cannot be read"},
	} {
		if got := ask(tt.text, tt.allow); got.Status != tt.want || !strings.Contains(got.Reason, tt.reason) {
			t.Errorf("%s: %s (%s), want %s (%s)", tt.name, got.Status, got.Reason, tt.want, tt.reason)
		}
	}
	q := func(host string) Query {
		return Query{Parts: leak.Parts{"secret": leak.NewSecret(openSSH(t, key, "")), "host": leak.NewSecret(host)}, Door: sshDoor(t, n, "github.com:22", "any.example:22"), Now: time.Now()}
	}
	for host, want := range map[string]string{
		"github.com": "ssh github.com:22", "github.com:22": "ssh github.com:22", "github.com:443": "ssh github.com:443", "any.example": "ssh any.example:22",
		"${HOST}": "what stands in the place of the host is no name of a host", "[fe80::1]:22": "ssh [fe80::1]:22",
	} {
		calls, err := v.Plan(q(host))
		got := fmt.Sprint(err)
		if len(calls) == 1 && err == nil {
			got = calls[0].Method + " " + calls[0].Host
		}
		if got != want {
			t.Errorf("plan for %s: %s, want %s", host, got, want)
		}
	}
	any := &gitServer{host: newSSH(t, hostKey), all: true}
	n.ServeConn("any.example", any.serve)
	if got := v.Verify(ctx, q("any.example")); got.Status != leak.Unknown || got.Reason != "any.example takes any key" {
		t.Errorf("takes all: %+v", got)
	}
	for name, serve := range map[string]func(net.Conn){
		"another protocol": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") },
		"silence":          func(c net.Conn) { io.Copy(io.Discard, c) },
		"cut off":          func(c net.Conn) { io.WriteString(c, "SSH-2.0-x\r\n") },
		"endless": func(c net.Conn) {
			for err := error(nil); err == nil; {
				_, err = c.Write(make([]byte, 32<<10))
			}
		},
	} {
		n = verifytest.New(t)
		n.ServeConn("github.com", serve)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(t.Context(), time.Second) // whatever is said, it is unknown
		defer cancel()
		if got := ask(openSSH(t, key, ""), "github.com:22"); got.Status != leak.Unknown || got.Reason == "" {
			t.Errorf("%s: %s (%s)", name, got.Status, got.Reason)
		}
	}
	calls, err := v.Plan(Query{Parts: leak.Parts{"secret": leak.NewSecret(openSSH(t, key, ""))}})
	if err != nil || len(calls) != 3 || calls[0].Host != "github.com:22" || len(v.Hosts()) != 0 {
		t.Errorf("plans %v, %v; hosts %v", calls, err, v.Hosts())
	}
}
