package verify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// DoorOptions say where a Door leads. The zero value of a field is its default.
type DoorOptions struct {
	// Hosts that verifiers may ask, as Verifier.Hosts names them.
	Hosts []string
	// Allow are hosts that the user allows: "git.acme.com", "10.0.0.5:5432",
	// "*.acme.com". See ParseAllowed.
	Allow []string
	// AllowPrivate are addresses that may be contacted though they are not of
	// the internet: loopback, private networks and the like. A host that Allow
	// names by its address needs no entry.
	AllowPrivate []netip.Prefix
	// Proxy is asked to connect to hosts: http://host:port or https://host:port,
	// with user:password@ or without. The environment's proxies are not used.
	Proxy string

	Rate  float64            // calls a second to a host at most; default 2, or what Rates says. More only for hosts of Allow
	Rates map[string]float64 // by host, as in Hosts

	CallTimeout time.Duration // for one call with its answer; default 10 s
	DialTimeout time.Duration // for a connection; default 5 s
	// CredentialTimeout is for all calls about one credential, without the time
	// that they wait for each other; default 30 s, or CallTimeout if that is more.
	CredentialTimeout time.Duration
	// Patience is how long a host may ask us to wait before it is asked again;
	// default 30 s.
	Patience    time.Duration
	Concurrency int // calls under way at once; default 32

	Version string         // of this program, for User-Agent
	RootCAs *x509.CertPool // default: the system's

	// Resolver and Dial stand for the network in tests. Dial is called with an
	// address that has been checked.
	Resolver interface {
		LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	}
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// maxAnswer is how much of an answer's body is read.
const maxAnswer = 64 << 10

// Guard is the Door of a run. It may be used by several goroutines at once.
type Guard struct {
	opts      DoorOptions
	hosts     patterns // that verifiers name
	allow     patterns // that the user names
	rates     []hostRate
	proxy     *url.URL
	transport *http.Transport
	others    map[string]*http.Transport // of hosts with authorities of their own
	all       chan struct{}              // as many as calls may be under way

	mu      sync.Mutex
	gauges  map[string]*gauge // by host and port
	proxied map[target]error  // whether the proxy may be asked for a host
}

type hostRate struct {
	pattern
	perSecond float64
}

// NewDoor returns a Door that leads to the hosts of the options and nowhere
// else. An error says which option makes no sense.
func NewDoor(o DoorOptions) (*Guard, error) {
	o.defaults()
	g := &Guard{opts: o, gauges: map[string]*gauge{}, proxied: map[target]error{}, others: map[string]*http.Transport{}, all: make(chan struct{}, o.Concurrency)}
	for _, s := range o.Hosts {
		p, err := declared(s)
		if err != nil {
			return nil, err
		}
		g.hosts = append(g.hosts, p)
	}
	for _, s := range o.Allow {
		p, err := allowed(s)
		if err != nil {
			return nil, err
		}
		g.allow = append(g.allow, p)
	}
	for s, r := range o.Rates {
		p, err := declared(s)
		if err != nil {
			return nil, err
		}
		if !(r > 0) {
			return nil, fmt.Errorf("verify: rate %v of %s: must be more than 0", r, s)
		}
		g.rates = append(g.rates, hostRate{p, r})
	}
	var err error
	if g.proxy, err = parseProxy(o.Proxy); err != nil {
		return nil, err
	}
	if !(o.Rate >= 0) || math.IsInf(o.Rate, 0) {
		return nil, fmt.Errorf("rate %v: must be more than 0 calls a second", o.Rate)
	}
	g.transport = g.newTransport()
	return g, nil
}

func (o *DoorOptions) defaults() {
	set := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	set(&o.CallTimeout, 10*time.Second)
	set(&o.DialTimeout, 5*time.Second)
	set(&o.CredentialTimeout, max(30*time.Second, o.CallTimeout))
	set(&o.Patience, 30*time.Second)
	if o.Concurrency <= 0 {
		o.Concurrency = 32
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Version == "" {
		o.Version = "devel"
	}
}

// newTransport makes what sends requests. It is used without http.Client, so
// there are no redirects and no cookies, and without HTTP/2, which has no
// advantage here and many more ways to misbehave.
func (g *Guard) newTransport() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: nil, // see Guard.connect
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			t, ok := parseTarget(address, "")
			if !ok {
				return nil, errNoHost
			}
			return g.connect(ctx, t)
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: g.opts.RootCAs},
		TLSHandshakeTimeout:    g.opts.DialTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConnsPerHost:    perHost,
		MaxIdleConns:           512,
		IdleConnTimeout:        10 * time.Second,
		DisableCompression:     true, // what is cut off at maxAnswer is what was sent
		Protocols:              protocols,
	}
}

// Close gives up connections that are kept for further calls.
func (g *Guard) Close() {
	g.transport.CloseIdleConnections()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.others {
		t.CloseIdleConnections()
	}
}

// Do implements Door. Each call is one about a credential of its own.
func (g *Guard) Do(ctx context.Context, class leak.Class, r *http.Request) (*Answer, error) {
	return g.visit(nil).Do(ctx, class, r)
}

// Dial implements Door.
func (g *Guard) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return g.visit(nil).Dial(ctx, network, address)
}

// permits says why a host must not be contacted, and is nil if it may. hosts
// are those that the verifier names; nil are those of all.
func (g *Guard) permits(t target, hosts patterns) error {
	if hosts == nil {
		hosts = g.hosts
	}
	if _, ok := hosts.find(t.host, t.port); ok {
		return nil
	}
	if _, ok := g.allow.find(t.host, t.port); ok {
		if t.addr.IsValid() { // known before anybody is asked
			if why := g.refuses(t, t.addr); why != "" {
				return leadsTo(t, why)
			}
		}
		return nil
	}
	return &Refused{Host: t.String(), Why: "the host is not allowed", Fix: "--allow-host " + t.String()}
}

// gauge returns what is known of a host.
func (g *Guard) gauge(t target) *gauge {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := net.JoinHostPort(t.host, t.port)
	if g.gauges[key] == nil {
		g.gauges[key] = newGauge(g.rate(t))
	}
	return g.gauges[key]
}

// rate is how many calls a second a host may get: the lowest that a provider's file
// and the user want, and for a server that only the user allows what the user wants.
func (g *Guard) rate(t target) float64 {
	r := 0.0
	for _, h := range g.rates {
		if h.fits(t.host, t.port) && (r == 0 || h.perSecond < r) {
			r = h.perSecond
		}
	}
	_, provider := g.hosts.find(t.host, t.port)
	if r == 0 && !provider && g.opts.Rate > 0 {
		return g.opts.Rate
	}
	if r == 0 {
		r = defaultRate
	}
	if g.opts.Rate > 0 {
		r = min(r, g.opts.Rate)
	}
	return r
}
