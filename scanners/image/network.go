package image

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/time/rate"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/pause"
	"github.com/whosekey/whosekey/scanners"
)

// Login is what a registry is told instead of what docker login has kept.
type Login struct {
	Registry       string // the only one that is told: "ghcr.io"
	User, Password string
	Token          string // a bearer token, instead of both
}

// How long a registry may take to begin its answer, and to send the next piece.
var (
	patience = 60 * time.Second
	stall    = 60 * time.Second
)

// backoff is how often what broke off is asked for again.
var backoff = remote.Backoff{Duration: time.Second, Factor: 3, Jitter: 0.1, Steps: 3}

// least is how many bytes a piece has: who sends fewer in that time sends nothing.
const least = 1 << 10

// network is how registries are asked.
type network struct {
	keys      authn.Keychain
	transport http.RoundTripper
	backoff   remote.Backoff
}

func newNetwork(o Options) *network {
	l := o.Login
	tr := remote.DefaultTransport.(*http.Transport).Clone()
	tr.ResponseHeaderTimeout = patience
	n := &network{keys: &asked{keys: authn.DefaultKeychain, told: map[string]*answer{}}, transport: &guard{tr, o.Pace}}
	n.backoff = backoff
	if l.Registry != "" {
		n.keys = authn.NewMultiKeychain(login(l), n.keys)
	}
	return n
}

func (n *network) options(ctx context.Context) []remote.Option {
	return []remote.Option{
		remote.WithContext(ctx), remote.WithAuthFromKeychain(n.keys), remote.WithTransport(n.transport), remote.WithRetryBackoff(n.backoff),
		remote.WithUserAgent("whosekey"),
	}
}

// login is a keychain of one registry.
type login Login

// Resolve implements authn.Keychain.
func (l login) Resolve(r authn.Resource) (authn.Authenticator, error) {
	reg, err := name.NewRegistry(l.Registry, name.WeakValidation)
	if err != nil || r.RegistryStr() != reg.RegistryStr() {
		return authn.Anonymous, nil
	}
	return authn.FromConfig(authn.AuthConfig{Username: l.User, Password: l.Password, RegistryToken: l.Token}), nil
}

// guard lets nothing but TLS leave this machine, keeps to what registries allow, and
// ends what has stalled.
type guard struct {
	next http.RoundTripper
	pace *rate.Limiter // nil for none
}

var (
	errPlain   = errors.New("plain http is for registries on this machine only")
	errStalled = errors.New("the registry has stopped sending")
	errInward  = errors.New("it redirects to this machine")
	errCircle  = fmt.Errorf("it redirects more than %d times", maxRedirects)
)

// maxRedirects is the usual limit, which a client loses that has its own rules for
// redirects, as that of the registry library.
const maxRedirects = 10

// redirects counts what led to a request.
func redirects(req *http.Request) (n int) {
	for from := req.Response; from != nil && from.Request != nil && n <= maxRedirects; from = from.Request.Response {
		n++
	}
	return n
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && !loopback(req.URL.Hostname()) {
		return nil, fmt.Errorf("%s: %w", req.URL.Host, errPlain)
	}
	if redirects(req) > maxRedirects {
		return nil, fmt.Errorf("%s: %w", req.URL.Host, errCircle)
	}
	// req.Response is the redirect that led here.
	if from := req.Response; from != nil && from.Request != nil && loopback(req.URL.Hostname()) && !loopback(from.Request.URL.Hostname()) {
		return nil, fmt.Errorf("%s: %w", from.Request.URL.Host, errInward)
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	resp, err := g.ask(ctx, req)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	steady := &scanners.Steady{ReadCloser: resp.Body, Ctx: ctx, Cancel: cancel, Within: stall, Least: least, Err: errStalled}
	switch resp.Body = steady; {
	case resp.StatusCode >= http.StatusBadRequest:
		resp.Body = inMemory(steady, maxRefusal)
	case !large(req):
		resp.Body = inMemory(steady, maxManifest)
	}
	return resp, nil
}

// Bounds on waiting for a registry that was asked too often: one that names a longer
// time is asked no more.
var (
	maxBusy  = 2 * time.Minute
	busyAsks = 4
)

// ask asks at the pace that is allowed, and once more when a registry says that it was
// asked too often and how long to wait.
func (g *guard) ask(ctx context.Context, req *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		if g.pace != nil {
			if err := g.pace.Wait(ctx); err != nil {
				return nil, err
			}
		}
		resp, err := g.next.RoundTrip(req.WithContext(ctx))
		if err != nil || resp.StatusCode != http.StatusTooManyRequests || req.Body != nil || try == busyAsks {
			return resp, err
		}
		wait, ok := pause.Asked(resp.Header, time.Now())
		if !ok || wait > maxBusy {
			return resp, nil
		}
		resp.Body.Close()
		if err := pause.For(ctx, wait); err != nil {
			return nil, err
		}
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

var (
	request = lazy.New(`(?:Get|Head|Post) "https?://([^/"?]*)[^"]*": `)
	query   = lazy.New(`\?[^\s"']*`)
)

// withoutURLs is the text of an error without the addresses that were asked, of
// which the queries can be signed. A registry on this machine is asked with TLS and
// without, and then says both.
func withoutURLs(err error) string {
	parts := strings.Split(query.ReplaceAllString(request.ReplaceAllString(err.Error(), "$1: "), ""), "; ")
	if rest := slices.DeleteFunc(slices.Clone(parts), func(s string) bool {
		return strings.HasSuffix(s, "server gave HTTP response to HTTPS client")
	}); len(rest) > 0 {
		parts = rest
	}
	return strings.Join(slices.Compact(parts), "; ")
}
