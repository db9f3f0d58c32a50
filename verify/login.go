package verify

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// login is a Verifier that logs in by a protocol of its own, asks who it is,
// and logs out. The server stands in the scanned text, so the user must allow
// it. There is one attempt with each credential, never two: servers lock accounts
// after a few wrong ones. Which is why nothing here retries, tries a second host,
// or leaves that to a library. After one that worked there may be one of a
// made-up user: see control.
type login struct {
	protocol string // for people: "postgresql"
	port     string // where the URL names none
	tlsPort  string // the same with TLS
	ask      func(ctx context.Context, s *session) leak.Verdict
	lockless bool // its servers have no locks: a wrong password does no harm
}

// logins are the protocols, by the names of builtins.
var logins = map[string]login{
	"amqp":       {"amqp", "5672", "5671", amqpLogin, false},
	"ldap":       {"ldap", "389", "636", ldapLogin, false},
	"mongodb":    {"mongodb", "27017", "", mongoLogin, false},
	"mqtt":       {"mqtt", "1883", "8883", mqttLogin, false},
	"mysql":      {"mysql", "3306", "", mysqlLogin, false},
	"nats":       {"nats", "4222", "", natsLogin, false},
	"postgresql": {"postgresql", "5432", "", postgresql, false},
	"redis":      {"redis", "6379", "", redisLogin, true},
	"smtp":       {"smtp", "587", "465", smtpLogin, false},
	"sqlserver":  {"sqlserver", "1433", "", sqlserver, false},
}

// Hosts implements Verifier: none are constant.
func (login) Hosts() []string { return nil }

// Class implements Verifier.
func (login) Class() leak.Class { return leak.S1 }

// Control implements Verifier: Verify makes it itself, for each user.
func (login) Control() string { return "each log-in has its own" }

// Controls is how many calls a control may take that Verify makes itself.
func (login) Controls() int { return 1 }

// Plan implements Verifier.
func (l login) Plan(q Query) ([]Call, error) {
	e, err := l.account(&q)
	if err != nil {
		return nil, err
	}
	return []Call{{leak.S1, l.protocol, e.address(), ""}}, nil
}

// Verify implements Verifier.
func (l login) Verify(ctx context.Context, q Query) leak.Verdict {
	e, err := l.account(&q)
	if err != nil {
		return stopped(leak.S1, err)
	}
	conn, err := e.dial(ctx, &q)
	v := leak.Verdict{Status: leak.Unknown, Class: leak.S1, Host: e.address(), When: q.Now}
	if err != nil {
		return failed(ctx, v, err)
	}
	s := &session{account: e, q: &q, v: v}
	return l.control(ctx, s, l.enter(ctx, s, conn))
}

// Why nothing is sent by a connection that everybody on the way can read, and
// answer: it goes to an address of the internet, or a proxy alone knows where.
const (
	errClear      = problem("there is no TLS, and its address is of the internet: nothing is sent")
	errClearProxy = problem("there is no TLS, and behind a proxy nobody knows what its address is: nothing is sent")
)

// unsent is why nothing is sent on an exposed connection.
func (s *session) unsent() problem {
	if s.proxied {
		return errClearProxy
	}
	return errClear
}

// account is what a URL in scanned text says.
type account struct {
	scheme   string // "rediss"; empty where it is no URL
	protocol string // "redis:tls", where what stands around the password says it
	host     string
	port     string
	tlsPort  bool // the port is the one that the protocol has with TLS
	user     string
	password string
	database string     // what stands after the host
	options  url.Values // what stands after that
}

func (e *account) address() string { return net.JoinHostPort(e.host, e.port) }

// option returns the first of some options that is there, in lower case.
func (e *account) option(names ...string) string { return strings.ToLower(e.optionText(names...)) }

// optionText returns it as it is.
func (e *account) optionText(names ...string) string {
	for _, name := range names {
		for k, v := range e.options {
			if strings.EqualFold(k, name) && len(v) > 0 {
				return v[0]
			}
		}
	}
	return ""
}

var (
	errNUL  = errors.New("the credential cannot be sent: it has a NUL in it")
	errUnix = errors.New("it belongs to a socket of one machine, not to a host")
	errName = errors.New("what stands in the place of the host is no name of a host")
)

// azureRedis is where caches of Azure are, which have no port without TLS unless
// somebody opened it
// (https://learn.microsoft.com/en-us/azure/azure-cache-for-redis/cache-configure).
const azureRedis = ".redis.cache.windows.net"

// account puts the pieces of a credential together. In a URL they are
// percent-encoded (RFC 3986); elsewhere they are what they are. A list of hosts
// stands for its first.
func (l login) account(q *Query) (*account, error) {
	e := &account{scheme: strings.TrimRight(strings.ToLower(q.part("scheme")), ":"), protocol: strings.ToLower(q.part("protocol")), port: q.part("port")}
	plain := func(name string) string {
		text := q.part(name)
		if e.scheme == "" && !strings.HasSuffix(q.Rule, "-url") {
			return text
		}
		if out, err := url.PathUnescape(text); err == nil {
			return out
		}
		return text
	}
	e.password = plain(leak.SecretPart)
	e.user, e.database = strings.TrimPrefix(plain("user"), "*"), strings.TrimPrefix(plain("database"), "*") // a .pgpass for all
	e.options, _ = url.ParseQuery(q.part("options"))
	host, _, _ := strings.Cut(q.part("host"), ",")
	switch {
	case host == "":
		return nil, need("host")
	case e.password == "":
		return nil, need("password")
	case strings.Contains(e.user+e.password+e.database, "\x00"):
		return nil, errNUL
	case strings.HasPrefix(host, "/"):
		return nil, errUnix
	case e.user == "" && l.protocol != "redis" && l.protocol != "nats":
		return nil, need("user name")
	}
	if e.scheme == "" && strings.HasSuffix(strings.ToLower(host), azureRedis) {
		e.scheme, e.port = "rediss", "6380"
	}
	if e.port == "" {
		if e.port = l.port; l.tlsPort != "" && e.secure() {
			e.port = l.tlsPort
		}
	}
	t, ok := parseTarget(host, e.port)
	e.tlsPort = l.tlsPort != "" && t.port == l.tlsPort
	if !ok || t.port == "" {
		return nil, errName
	}
	e.host, e.port = t.host, t.port
	return e, nil
}

// secure reports whether the scheme says TLS from the first byte on: "rediss",
// "mqtt+ssl"; or what stands around the password does, "redis:tls"; or the port.
func (e *account) secure() bool {
	if e.tlsPort {
		return true
	}
	scheme := cmp.Or(e.scheme, e.protocol)
	base := strings.FieldsFunc(scheme, func(r rune) bool { return r == '+' || r == ':' || r == '-' })
	return len(base) > 0 && slices.Contains([]string{"amqps", "ldaps", "mqtts", "rediss", "smtps", "ssl", "tls", "valkeys"}, base[0]) ||
		strings.Contains(scheme, "ssl") || strings.Contains(scheme, "tls")
}

// How much TLS a URL wants, for protocols that begin without.
const (
	tlsMay  = iota // if the server has it
	tlsMust        //
	tlsNone        // said explicitly
)

// session is a connection on which a login is tried, once.
type session struct {
	*account
	q       *Query
	conn    net.Conn
	heard   *capped      // under conn
	v       leak.Verdict // what is known so far
	taken   bool         // by a driver
	inside  bool         // the address is not of the internet
	proxied bool         // a proxy made the connection: the address is not known
	proven  bool         // by a certificate, that the server is the one
	checked bool         // the server has shown that it knows the password
	refused bool         // the server has looked at the password and refused it
}

// exposed reports whether others could read what is sent, and answer it.
func (s *session) exposed() bool { return !s.inside && !s.proven }

// startTLS goes on in TLS. The certificate is checked whatever the URL says: a
// password goes to nobody else than the host that it belongs to.
func (s *session) startTLS(ctx context.Context) error {
	c := tls.Client(s.conn, s.tlsConfig())
	if err := c.HandshakeContext(ctx); err != nil {
		return err
	}
	s.conn = c
	return nil
}

func (s *session) tlsConfig() *tls.Config {
	c := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	c.VerifyConnection = func(tls.ConnectionState) error { // after the certificate was checked
		s.proven = true
		return nil
	}
	if d, ok := s.q.Door.(interface{ Roots() *x509.CertPool }); ok {
		c.RootCAs = d.Roots()
	}
	return c
}

// Roots are the authorities that a login trusts; nil stands for the system's.
func (g *Guard) Roots() *x509.CertPool { return g.opts.RootCAs }

// Roots are those of the Guard.
func (v *visit) Roots() *x509.CertPool { return v.guard.Roots() }

// is is the verdict with a status.
func (s *session) is(status leak.Status, reason string) leak.Verdict {
	return is(s.v, status, reason)
}

// failed is the verdict after an error that says nothing about the credential. Where
// a driver does not say what went wrong, the connection does.
func (s *session) failed(ctx context.Context, err error) leak.Verdict {
	if s.heard != nil && s.heard.err != nil && Reason(err) == noAnswer {
		err = s.heard.err
	}
	return failed(ctx, s.v, err)
}

// live is the verdict after a login that worked. Facts without a value are left
// out.
func (s *session) live(facts map[string]string) leak.Verdict {
	v := s.is(leak.Live, "it logs in")
	v.Facts = map[string]string{}
	for name, f := range facts {
		if f != "" {
			v.Facts[name] = f
		}
	}
	return v
}

const noPassword = "the server lets everybody in without a password"

// maxRead is how much of what a server says is read. A login takes a few
// kilobytes.
const maxRead = 1 << 20

var errLong = problem("the server says more than a login takes")

// capped is a connection on which a server can say only so much.
type capped struct {
	net.Conn
	left  int
	first []byte // what it said at first
	err   error  // the last
}

// maxFirst is how much of a server's first words is kept.
const maxFirst = 256

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errLong
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left, c.err = c.left-n, err
	c.first = append(c.first, p[:min(n, maxFirst-len(c.first))]...)
	return n, err
}

// readLine reads a line of at most the reader's buffer, without its end.
func readLine(in interface{ ReadSlice(byte) ([]byte, error) }) (string, error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}
