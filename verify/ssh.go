package verify

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// sshKey asks hosts of git whose a key is, as ssh -T git@github.com does: they
// greet whoever logs in, and give nobody a shell. It asks only those that the
// user allows by name (--allow-host github.com:22), so by default none: a login
// stands in the log of the account. A key that they refuse may open other
// hosts, so it is never dead. A server of the user's own is asked alone, if the user
// names it: see own.
type sshKey struct{ hosts []sshHost }

// sshHost is a host of git with the fingerprints of its keys, as it publishes
// them, and how it greets.
type sshHost struct {
	name  string
	keys  []string
	greet *lazy.RE // its group is who logged in; nil: it does not say
	user  string   // that everybody logs in as
	port  string   // empty: 22
	own   bool     // the user names it: what its key is nobody knows
}

func (h *sshHost) address() string { return net.JoinHostPort(h.name, cmp.Or(h.port, "22")) }

// of are the hosts that are asked about a key: those of git, or the one that the user
// names (--part host=git.acme.example:2222 --part user=git).
func (k sshKey) of(q *Query) ([]sshHost, error) {
	host := q.part("host")
	if host == "" {
		return k.hosts, nil
	}
	t, ok := parseTarget(host, cmp.Or(q.part("port"), "22"))
	if !ok || t.port == "" {
		return nil, errName
	}
	for _, h := range k.hosts {
		if h.name == t.host && t.port == "22" {
			return []sshHost{h}, nil
		}
	}
	return []sshHost{{name: t.host, port: t.port, user: cmp.Or(q.part("user"), "git"), own: true}}, nil
}

// gitHosts are those that whosekey knows. Looked up in November 2026.
var gitHosts = []sshHost{
	// https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/githubs-ssh-key-fingerprints
	{name: "github.com", keys: []string{
		"SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU", "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",
		"SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s",
	}, greet: lazy.New(`^Hi ([0-9A-Za-z][0-9A-Za-z_./\[\]-]{0,140})! You've successfully authenticated`), user: "git"},
	// https://docs.gitlab.com/user/gitlab_com/#ssh-host-keys-fingerprints
	{name: "gitlab.com", keys: []string{
		"SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8", "SHA256:HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw",
		"SHA256:ROQFvPThGrW4RuWLoL9tq9I9zJ42fK4XywyRtbOz/EQ",
	}, greet: lazy.New(`^Welcome to GitLab, @([0-9A-Za-z_.-]{1,255})!`), user: "git"},
	// https://support.atlassian.com/bitbucket-cloud/docs/configure-ssh-and-two-step-verification/
	{name: "bitbucket.org", keys: []string{
		"SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM", "SHA256:FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0",
		"SHA256:46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E",
	}, greet: lazy.New(`logged in as ([0-9A-Za-z_.-]{1,64})\.`), user: "git"},
}

func (sshKey) Class() leak.Class { return leak.S1 }
func (sshKey) Control() string {
	return "a host of git tells everybody alike that it does not know a key"
}
func (sshKey) Hosts() []string { return nil }

func (k sshKey) Plan(q Query) ([]Call, error) {
	if _, err := privateKey(q.part(leak.SecretPart)); err != nil {
		if needsPassphrase(err) {
			return nil, nil // Verify says so
		}
		return nil, err
	}
	hosts, err := k.of(&q)
	var out []Call
	for _, h := range hosts {
		out = append(out, Call{leak.S1, "ssh", h.address(), ""})
	}
	return out, err
}

func needsPassphrase(err error) bool { return errors.As(err, new(*ssh.PassphraseMissingError)) }

func (k sshKey) Verify(ctx context.Context, q Query) leak.Verdict {
	key, err := privateKey(q.part(leak.SecretPart))
	if err != nil {
		if needsPassphrase(err) {
			return leak.Verdict{Status: leak.Unverifiable, Reason: "needs its passphrase"}
		}
		return stopped(leak.S1, err)
	}
	return k.login(ctx, &q, key)
}

// login tries a key at each host that is allowed, until one takes it.
func (k sshKey) login(ctx context.Context, q *Query, key crypto.Signer) leak.Verdict {
	signer, err := ssh.NewSignerFromSigner(key)
	if err != nil {
		return stopped(leak.S1, errKey)
	}
	hosts, err := k.of(q)
	if err != nil {
		return stopped(leak.S1, err)
	}
	var refused []string
	at := "" // who refused it first
	var unclear, skipped *leak.Verdict
	var all heard
	for _, h := range hosts {
		v := h.ask(ctx, q, signer)
		all.add(v)
		switch v.Status {
		case leak.Live:
			return all.in(v)
		case leak.Dead:
			at = cmp.Or(at, h.address())
			refused = append(refused, strings.TrimSuffix(h.address(), ":22"))
		case leak.SkippedCheck:
			if skipped == nil {
				skipped = &v
			}
		default:
			if unclear == nil {
				unclear = &v
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	switch {
	case unclear != nil:
		return all.in(*unclear)
	case refused != nil:
		v := leak.Verdict{Class: leak.S1, Host: at, When: q.Now}
		return all.in(is(v, leak.Unknown, strings.Join(refused, ", ")+map[bool]string{true: " does", false: " do"}[len(refused) == 1]+" not know it; it may open other hosts"))
	}
	return all.in(*skipped)
}

// maxGreeting bounds what is read of a greeting, in bytes.
const maxGreeting = 4 << 10

// ask logs in at a host. Dead means that it does not know the key.
func (h sshHost) ask(ctx context.Context, q *Query, key ssh.Signer) leak.Verdict {
	v := h.enter(ctx, q, key)
	if h.own && v.Status == leak.Live {
		return h.control(ctx, q, v)
	}
	return v
}

// enter is ask without a control.
func (h sshHost) enter(ctx context.Context, q *Query, key ssh.Signer) leak.Verdict {
	address := h.address()
	v := leak.Verdict{Status: leak.Unknown, Class: leak.S1, Host: address, When: q.Now}
	conn, err := q.Door.Dial(ctx, "tcp", address)
	if err != nil {
		return failed(ctx, v, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	known, impostor := false, false
	client, chans, reqs, err := ssh.NewClientConn(&capped{Conn: conn, left: maxRead}, address, &ssh.ClientConfig{
		User: h.user, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, ClientVersion: "SSH-2.0-whosekey",
		HostKeyCallback: func(_ string, _ net.Addr, host ssh.PublicKey) error {
			if known = h.own || slices.Contains(h.keys, ssh.FingerprintSHA256(host)); !known {
				impostor = true
				return errors.New("another key")
			}
			return nil
		},
	})
	switch {
	case impostor:
		return is(v, leak.Unknown, h.name+" has another key than it publishes: somebody stands in between, or it is new")
	case err != nil && known && strings.Contains(err.Error(), "unable to authenticate"):
		return is(v, leak.Dead, h.name+" does not know it")
	case err != nil:
		return failed(ctx, v, err)
	}
	c := ssh.NewClient(client, chans, reqs)
	defer c.Close()
	v = is(v, leak.Live, h.name+" took it for a login")
	said := ""
	if !h.own { // which may have a shell
		said = greeting(c)
	}
	v.Facts = tidyFacts(q, h.facts(said))
	return v
}

// Controls is how many calls a control may take that Verify makes itself.
func (sshKey) Controls() int { return 1 }

// control is the verdict after a login at a server of the user's own: one that takes a
// key that nobody has, for the same user, takes all. Keys do not lock accounts.
func (h sshHost) control(ctx context.Context, q *Query, v leak.Verdict) leak.Verdict {
	_, made, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return failed(ctx, v, err)
	}
	signer, err := ssh.NewSignerFromSigner(made)
	if err != nil {
		return failed(ctx, v, err)
	}
	switch got := h.enter(ctx, q, signer); got.Status {
	case leak.Dead:
		v.Control = controlRefused
	case leak.Live:
		v = is(v, leak.Unknown, h.name+" takes any key")
		v.Control, v.Facts = controlAccept, nil
	default:
		v = is(v, leak.Unknown, "it is not known whether "+h.name+" takes any key: "+got.Reason)
		v.Control, v.Facts = "inconclusive: "+got.Reason, nil
	}
	return v
}

// greeting is what a host says to somebody who wants a shell.
func greeting(c *ssh.Client) string {
	s, err := c.NewSession()
	if err != nil {
		return ""
	}
	defer s.Close()
	var out few
	s.Stdout, s.Stderr = &out, &out
	if s.Shell() == nil {
		s.Wait() // its status is always one of failure
	}
	return out.text()
}

func (h sshHost) facts(said string) map[string]string {
	facts := map[string]string{leak.FactKind: "ssh_key", leak.FactServer: h.name}
	if h.greet == nil {
		return facts
	}
	if m := h.greet.FindStringSubmatch(strings.TrimSpace(said)); m != nil {
		facts[leak.FactName] = m[1]
		if strings.Contains(m[1], "/") { // GitHub greets the repository of a deploy key
			facts[leak.FactKind] = "deploy_key"
		}
	}
	return facts
}

// few keeps the first bytes that are written to it. Two goroutines write.
type few struct {
	mu  sync.Mutex
	buf []byte
}

func (f *few) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.buf = append(f.buf, p[:min(len(p), maxGreeting-len(f.buf))]...)
	return len(p), nil
}

func (f *few) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return string(f.buf)
}
