// Package verifytest is an internet on one machine, for tests of what asks
// providers: names, addresses that look public, TLS servers with certificates
// for any name, and a list of all connections.
//
//	n := verifytest.New(t)
//	n.Serve("api.acme.com", handler)
//	door, err := verify.NewDoor(verify.DoorOptions{
//		Hosts: []string{"api.acme.com"}, Resolver: n, Dial: n.Dial, RootCAs: n.Roots,
//	})
package verifytest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Net is an internet in which only those hosts exist that Serve and ServeConn
// are told of.
type Net struct {
	// Roots trusts the certificates of the hosts.
	Roots *x509.CertPool
	// Inside has Point give addresses of a private network: those of Private.
	Inside bool

	t       testing.TB
	ca      *x509.Certificate
	caKey   *ecdsa.PrivateKey
	leafKey *ecdsa.PrivateKey

	mu      sync.Mutex
	addrs   map[string]netip.Addr // by name; "*" for all that have none of their own
	servers map[netip.Addr]string // address on loopback of what answers there
	looked  []string
	dialed  []string
	certs   map[string]*tls.Certificate
	srv     map[string][]*net.SRV // by name, with the service: "_mongodb._tcp.acme.example"
	txt     map[string][]string
}

// Private is the network in which hosts are that are Inside.
var Private = netip.MustParsePrefix("10.77.0.0/16")

// New returns an empty internet, which ends with the test.
func New(t testing.TB) *Net {
	n := &Net{
		t: t, Roots: x509.NewCertPool(), addrs: map[string]netip.Addr{},
		servers: map[netip.Addr]string{}, certs: map[string]*tls.Certificate{},
		srv: map[string][]*net.SRV{}, txt: map[string][]string{},
	}
	n.caKey, n.leafKey = newKey(t), newKey(t)
	n.ca = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "verifytest"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, n.ca, n.ca, n.caKey.Public(), n.caKey)
	if err != nil {
		t.Fatal(err)
	}
	if n.ca, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	n.Roots.AddCert(n.ca)
	return n
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Serve answers https requests for a host; "*" stands for all hosts that have
// no handler of their own. The handler sees the host in Request.Host.
func (n *Net) Serve(host string, h http.Handler) {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are to fail
	s.TLS = &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		return n.Certificate(hello.ServerName, time.Now().Add(time.Hour)), nil
	}}
	s.StartTLS()
	n.t.Cleanup(s.Close)
	n.Point(host, s.Listener.Addr().String())
}

// ServeConn answers connections to a host by hand.
func (n *Net) ServeConn(host string, serve func(net.Conn)) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	n.Point(host, l.Addr().String())
}

// Point gives a host an address of its own, at which a server on this machine
// answers. Without a server nobody does.
func (n *Net) Point(host, server string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	k := len(n.servers)
	addr := netip.AddrFrom4([4]byte{20, 1, byte(k >> 8), byte(k)})
	if n.Inside {
		addr = netip.AddrFrom4([4]byte{10, 77, byte(k >> 8), byte(k)})
	}
	n.addrs[host] = addr
	n.servers[addr] = server
}

// Private gives a host an address of a private network.
func (n *Net) Private(host string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addrs[host] = netip.AddrFrom4([4]byte{10, 1, 2, 3})
}

// Certificate makes one for a name, or for several with blanks between them.
func (n *Net) Certificate(name string, until time.Time) *tls.Certificate {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := fmt.Sprint(name, until.Truncate(time.Hour))
	if c := n.certs[key]; c != nil {
		return c
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(n.certs)) + 2), Subject: pkix.Name{CommonName: name},
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = strings.Fields(name)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, n.ca, n.leafKey.Public(), n.caKey)
	if err != nil {
		n.t.Error(err)
		return nil
	}
	n.certs[key] = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: n.leafKey}
	return n.certs[key]
}

// CA is the certificate in Roots, in PEM, for another process.
func (n *Net) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: n.ca.Raw})
}

// LookupNetIP resolves a name, as net.Resolver does.
func (n *Net) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.looked = append(n.looked, host)
	for _, name := range []string{host, "*"} {
		if a, ok := n.addrs[name]; ok {
			return []netip.Addr{a}, nil
		}
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// Dial connects to whatever answers at an address.
func (n *Net) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	n.dialed = append(n.dialed, address)
	to, err := netip.ParseAddrPort(address)
	server := n.servers[to.Addr()]
	n.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if server == "" {
		server = "127.0.0.1:1" // where nobody listens: the connection is refused
	}
	return new(net.Dialer).DialContext(ctx, "tcp", server)
}

// Service gives a name servers for a service, "host:port", and TXT records.
func (n *Net) Service(service, name string, addresses []string, text ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	found := []*net.SRV{}
	for _, a := range addresses {
		host, port, err := net.SplitHostPort(a)
		number, bad := strconv.ParseUint(port, 10, 16)
		if err != nil || bad != nil {
			n.t.Fatalf("%s is no address", a)
		}
		found = append(found, &net.SRV{Target: host + ".", Port: uint16(number)})
	}
	n.srv["_"+service+"._tcp."+name], n.txt[name] = found, text
}

// LookupSRV returns what Service was told, as net.Resolver does.
func (n *Net) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	full := "_" + service + "._" + proto + "." + name
	n.looked = append(n.looked, full)
	if found := n.srv[full]; found != nil {
		return full, found, nil
	}
	return "", nil, &net.DNSError{Err: "no such host", Name: full, IsNotFound: true}
}

// LookupTXT returns what Service was told, as net.Resolver does.
func (n *Net) LookupTXT(_ context.Context, name string) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.looked = append(n.looked, name)
	if text := n.txt[name]; text != nil {
		return text, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// Looked returns the names that were resolved.
func (n *Net) Looked() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.looked)
}

// Dialed returns the addresses that were connected to.
func (n *Net) Dialed() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.dialed)
}
