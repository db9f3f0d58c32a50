package verify

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// maxAddresses is how many addresses of a host are tried.
const maxAddresses = 3

// connect opens a connection to a host that may be contacted. The name is
// resolved once, and the connection goes to the very address that was checked:
// a name that resolves to something else the next time (DNS rebinding) gains
// nothing by it.
func (g *Guard) connect(ctx context.Context, t target) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, g.opts.DialTimeout)
	defer cancel()
	if g.proxy != nil && !t.addr.IsLoopback() {
		return g.throughProxy(ctx, t)
	}
	addrs, err := g.resolve(ctx, t)
	if err != nil {
		return nil, err
	}
	var last error
	for i, a := range addrs[:min(len(addrs), maxAddresses)] {
		conn, err := g.dialOne(ctx, netip.AddrPortFrom(a, portOf(t)).String(), min(len(addrs), maxAddresses)-i)
		if err == nil {
			return &placed{conn, a}, nil
		}
		last = err
	}
	return nil, last
}

// placed is a connection to an address that was checked.
type placed struct {
	net.Conn
	addr netip.Addr
}

// inside reports whether a connection goes to an address that is not of the
// internet: this machine, or a network of the user's. Where a proxy made the
// connection nobody knows.
func inside(c net.Conn) (inside, proxied bool) {
	p, ok := c.(*placed)
	return ok && refusal(p.addr, nil) != "", !ok
}

func portOf(t target) uint16 {
	p, _ := netip.ParseAddrPort("0.0.0.0:" + t.port) // the port has been checked
	return p.Port()
}

// dialOne gives an address its share of the time that is left.
func (g *Guard) dialOne(ctx context.Context, address string, share int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok && share > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(share))
		defer cancel()
	}
	if g.opts.Dial != nil {
		return g.opts.Dial(ctx, "tcp", address)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

// resolve returns the addresses of a host that may be contacted.
func (g *Guard) resolve(ctx context.Context, t target) ([]netip.Addr, error) {
	addrs := []netip.Addr{t.addr}
	if !t.addr.IsValid() {
		var err error
		if addrs, err = g.opts.Resolver.LookupNetIP(ctx, "ip", t.host); err != nil {
			return nil, err
		}
	}
	var good []netip.Addr
	why := "nobody"
	for _, a := range addrs {
		a = a.Unmap()
		if bad := g.refuses(t, a); bad == "" {
			good = append(good, a)
		} else {
			why = bad
		}
	}
	if len(good) == 0 {
		return nil, leadsTo(t, why)
	}
	return good, nil
}

// refuses says why an address of a host must not be contacted. Whoever writes
// an address as an allowed host means it; but those that are another host on
// each machine, and hand out its credentials, want to be written twice.
func (g *Guard) refuses(t target, a netip.Addr) string {
	if p, ok := g.allow.find(t.host, t.port); ok && t.addr.IsValid() && !p.below && !machineOwn(a) {
		return ""
	}
	return refusal(a, g.opts.AllowPrivate)
}

func leadsTo(t target, why string) error {
	return &Refused{Host: t.String(), Why: "its address is of " + why, Fix: "--allow-private"}
}

// ParseProxy checks the address of a proxy. The error does not quote it.
func ParseProxy(s string) error {
	_, err := parseProxy(s)
	return err
}

func parseProxy(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	// The text may hold a password, and so may errors.
	bad := func(why string) (*url.URL, error) {
		return nil, errors.New("the proxy must be given as http://host:port or https://host:port" + why)
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return bad("")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#"):
		return bad(", with nothing behind")
	case u.Port() != "" && !validPort(u.Port()):
		return bad("; its port is not a number from 1 to 65535")
	case !ascii(u.Hostname()):
		return bad("; write the ASCII form of its name (xn--...)")
	}
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	t, ok := parseTarget(net.JoinHostPort(u.Hostname(), port), "")
	if !ok || t.addr.IsUnspecified() || t.addr.IsMulticast() {
		return bad("; that is no name of a host, and no address of one")
	}
	u.Host = net.JoinHostPort(u.Hostname(), port)
	return u, nil
}

// lookTime is how long a name may take that a proxy will resolve again.
const lookTime = 2 * time.Second

// checkProxied refuses what a proxy must not be asked for: a host of which one
// address may not be contacted, as far as this machine knows them. The proxy
// resolves the name itself, and may be told another address; one that this
// machine cannot resolve is left to it. Each host is looked up once.
func (g *Guard) checkProxied(ctx context.Context, t target) error {
	g.mu.Lock()
	known, done := g.proxied[t]
	g.mu.Unlock()
	if done {
		return known
	}
	addrs := []netip.Addr{t.addr}
	if !t.addr.IsValid() {
		look, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		addrs, _ = g.opts.Resolver.LookupNetIP(look, "ip", t.host)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	var err error
	for _, a := range addrs {
		if why := g.refuses(t, a.Unmap()); why != "" {
			err = leadsTo(t, why)
		}
	}
	g.mu.Lock()
	g.proxied[t] = err
	g.mu.Unlock()
	return err
}

// throughProxy asks the proxy for a tunnel.
func (g *Guard) throughProxy(ctx context.Context, t target) (net.Conn, error) {
	if err := g.checkProxied(ctx, t); err != nil {
		return nil, err
	}
	conn, err := g.dialProxy(ctx)
	if err != nil {
		return nil, problem("the proxy cannot be reached: " + Reason(err))
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })
	defer stop()
	in := bufio.NewReaderSize(conn, 4<<10)
	if err := tunnel(conn, in, g.proxy.User, net.JoinHostPort(t.host, t.port)); err != nil {
		conn.Close()
		return nil, err
	}
	return &buffered{conn, in}, nil
}

func (g *Guard) dialProxy(ctx context.Context) (net.Conn, error) {
	var conn net.Conn
	var err error
	if g.opts.Dial != nil {
		conn, err = g.opts.Dial(ctx, "tcp", g.proxy.Host)
	} else {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", g.proxy.Host)
	}
	if err != nil || g.proxy.Scheme == "http" {
		return conn, err
	}
	secure := tls.Client(conn, &tls.Config{ServerName: g.proxy.Hostname(), MinVersion: tls.VersionTLS12, RootCAs: g.opts.RootCAs})
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// tunnel speaks CONNECT (RFC 9110, section 9.3.6).
func tunnel(out io.Writer, in *bufio.Reader, user *url.Userinfo, address string) error {
	head := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if user != nil {
		password, _ := user.Password()
		head += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)) + "\r\n"
	}
	if _, err := io.WriteString(out, head+"\r\n"); err != nil {
		return problem("the proxy does not answer: " + Reason(err))
	}
	line, err := proxyHead(in)
	if err != nil {
		return problem("the proxy does not answer: " + Reason(err))
	}
	var version string
	var code int
	if n, _ := fmt.Sscanf(line, "%s %d", &version, &code); n != 2 || !strings.HasPrefix(version, "HTTP/1.") {
		return problem("the proxy does not speak HTTP")
	}
	if code != http.StatusOK {
		return problem(fmt.Sprintf("the proxy refuses: %d %s", code, http.StatusText(code)))
	}
	return nil
}

// proxyHead reads a head of at most 64 lines and returns its first line.
func proxyHead(in *bufio.Reader) (first string, err error) {
	for i := range 64 {
		line, err := in.ReadSlice('\n') // of 4 KiB at most
		if err != nil {
			return "", err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if i == 0 {
			first = text
		} else if text == "" {
			return first, nil
		}
	}
	return "", problem("its head is too long")
}

// buffered is a connection of which some bytes have been read ahead.
type buffered struct {
	net.Conn
	in *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.in.Read(p) }
