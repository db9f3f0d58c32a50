package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/whosekey/whosekey/internal/pause"
	"github.com/whosekey/whosekey/leak"
)

// visit is the Door as one credential has it: only to the hosts of its
// verifier, for as many calls and as long as it may take.
type visit struct {
	guard *Guard
	hosts patterns      // of the verifier; nil: of all
	most  leak.Class    // of a call; empty: any
	pay   func() error  // for a call; nil: free
	mu    sync.Mutex    // for what follows
	left  time.Duration // for calls
	calls []*record     // by host, in the order of the first call
	last  *record
}

func (g *Guard) visit(hosts patterns) *visit {
	return &visit{guard: g, hosts: hosts, left: g.opts.CredentialTimeout}
}

// Do implements Door.
func (v *visit) Do(ctx context.Context, class leak.Class, r *http.Request) (*Answer, error) {
	t, err := v.check(class, r)
	if err != nil {
		v.refused(t, err)
		return nil, err
	}
	r = r.Clone(ctx)
	r.Header.Set("User-Agent", "whosekey/"+v.guard.opts.Version+" (+https://github.com/whosekey/whosekey)")
	var first error
	for try := 0; ; try++ {
		a, begun, err := v.once(ctx, t, class, r)
		wait, again := v.again(ctx, r, a, err)
		if try > 0 || begun && err != nil || !again || rewind(r) != nil {
			if err == errBudget && first != nil {
				err = first // what became of the call that was made
			}
			if err != nil {
				return nil, safe(err)
			}
			if err := v.postponed(t, a); err != nil {
				return nil, err
			}
			return a, nil
		}
		if first = err; err == nil {
			first = problem(statusText(a.Status))
		}
		v.guard.gauge(t).pause(wait)
	}
}

// once makes a call. begun tells that something of an answer has come.
func (v *visit) once(ctx context.Context, t target, class leak.Class, r *http.Request) (a *Answer, begun bool, err error) {
	gauge := v.guard.gauge(t)
	pass, err := gauge.enter(ctx, v.guard.all, v.guard.opts.Patience)
	if err != nil {
		v.refused(t, err)
		return nil, false, err
	}
	defer pass.leave()
	limit, err := v.start(t, class)
	if err != nil {
		return nil, false, err
	}
	began := time.Now()
	call, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var answered atomic.Bool
	connections := 0
	call = httptrace.WithClientTrace(call, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			// net/http repeats by itself a question for which it took a connection
			// that the server had given up: that is a call, too.
			if connections++; connections > 1 && v.pay != nil && v.pay() != nil {
				cancel()
			}
		},
		WroteRequest:         func(httptrace.WroteRequestInfo) { pass.sent(); v.arrived() },
		GotFirstResponseByte: func() { answered.Store(true) },
	})
	a, err = v.roundTrip(r.WithContext(call))
	v.spend(time.Since(began), a, err)
	begun = answered.Load()
	if err != nil && ctx.Err() != nil {
		return nil, begun, ctx.Err() // whoever called us gave up: the host is not to blame
	}
	if err != nil {
		err = v.late(err, call.Err() != nil, limit)
	}
	gauge.done(err == nil && a.Status < 500 && a.Status != http.StatusTooManyRequests || forbidden(err))
	return a, begun, err
}

// safe makes of an error one that may be printed.
func safe(err error) error {
	if no := new(Refused); errors.As(err, &no) {
		return no
	}
	return problem(Reason(err))
}

// forbidden reports whether nobody was asked.
func forbidden(err error) bool { return errors.As(err, new(*Refused)) }

func (v *visit) roundTrip(r *http.Request) (*Answer, error) {
	transport, done := v.guard.transportFor(r)
	defer done()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	a := &Answer{Status: resp.StatusCode, Header: resp.Header, Open: endless(resp)}
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("half an answer: %w", err)
	}
	if len(a.Body) > maxAnswer {
		a.Body, a.Cut = a.Body[:maxAnswer], true
	}
	return a, nil
}

// endless reports whether an answer says neither how long it is nor where it
// ends, so that one that was cut off looks like one that is whole (RFC 9112,
// section 6.3).
func endless(resp *http.Response) bool {
	return resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 && resp.Request.Method != http.MethodHead
}

// start pays for a call and returns how long it may take.
func (v *visit) start(t target, class leak.Class) (time.Duration, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.left <= 0 {
		return 0, problem(fmt.Sprintf("no answer within %v in all", v.guard.opts.CredentialTimeout))
	}
	if v.pay != nil {
		if err := v.pay(); err != nil {
			return 0, err
		}
	}
	v.last = v.of(t)
	v.last.class, v.last.code, v.last.why = class, 0, ""
	return min(v.left, v.guard.opts.CallTimeout), nil
}

// again reports whether a call is worth a second try, and after how long: one
// that the host postponed, or a question that was lost with its connection
// before anything of an answer came.
func (v *visit) again(ctx context.Context, r *http.Request, a *Answer, err error) (time.Duration, bool) {
	if err != nil {
		lost := errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		return 0, lost && ctx.Err() == nil && r.Method != http.MethodPost
	}
	wait, ok := retryAfter(a)
	return wait, ok && wait <= v.guard.opts.Patience
}

// postponed says that the host wants to be asked later than we want to wait.
func (v *visit) postponed(t target, a *Answer) error {
	wait, ok := retryAfter(a)
	if !ok {
		return nil
	}
	v.guard.gauge(t).pause(wait)
	if wait > v.guard.opts.Patience {
		return problem(statusText(a.Status) + ": it wants to be asked again in " + wait.Round(time.Second).String())
	}
	return nil
}

// maxPause bounds what a host can ask for: a run that is longer asks again.
const maxPause = 24 * time.Hour

// retryAfter is how long a host that has too much to do wants to be left alone.
func retryAfter(a *Answer) (time.Duration, bool) {
	if a.Status != http.StatusTooManyRequests && a.Status != http.StatusServiceUnavailable {
		return 0, false
	}
	wait, ok := pause.Asked(a.Header, time.Now())
	return min(wait, maxPause), ok
}

// errNoHost does not quote what might be a credential in the place of a host.
var errNoHost = &Refused{Host: "the host", Why: "it is no name of a host"}

// check refuses what must not be sent: to whom, how, and anything that would
// arrive as something else than one request.
func (v *visit) check(class leak.Class, r *http.Request) (target, error) {
	t, ok := parseTarget(r.URL.Host, map[string]string{"https": "443", "http": "80"}[r.URL.Scheme])
	no := func(why string) (target, error) { return t, &Refused{Host: t.String(), Why: why} }
	if !ok {
		return target{}, errNoHost
	}
	switch {
	case class != leak.S0 && class != leak.S1 && class != leak.S2, v.most != "" && class > v.most:
		return no(fmt.Sprintf("a call of class %s is not allowed", class))
	case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
		return no("only GET, HEAD and POST are allowed")
	case r.URL.Scheme != "https" && !v.plain(t, r):
		return no("only https is allowed")
	case r.URL.User != nil || r.URL.Opaque != "" || r.Host != "" && r.Host != r.URL.Host:
		return no("the request names two hosts")
	case !printable(r.URL.RequestURI()) || !strings.HasPrefix(r.URL.RequestURI(), "/"):
		return t, problem("the credential cannot be sent in an address")
	case !cleanHeader(r.Header):
		return t, problem("the credential cannot be sent in a header")
	}
	return t, v.guard.permits(t, v.hosts)
}

// plain reports whether a request may go without TLS: to a server on this
// machine that the user named by its address.
func (v *visit) plain(t target, r *http.Request) bool {
	p, ok := v.guard.allow.find(t.host, t.port)
	return r.URL.Scheme == "http" && ok && !p.below && t.addr.IsValid() && t.addr.IsLoopback()
}

// printable reports whether s can stand in the first line of a request.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func cleanHeader(h http.Header) bool {
	for name, values := range h {
		if name == "" || strings.ContainsFunc(name, func(r rune) bool {
			return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		}) {
			return false
		}
		for _, v := range values {
			if bytes.ContainsFunc([]byte(v), func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				return false
			}
		}
	}
	return true
}

// Dial implements Door.
func (v *visit) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	t, ok := parseTarget(address, "")
	if !ok || !strings.HasPrefix(network, "tcp") {
		return nil, errNoHost
	}
	if err := v.guard.permits(t, v.hosts); err != nil {
		v.refused(t, err)
		return nil, err
	}
	gauge := v.guard.gauge(t)
	pass, err := gauge.enter(ctx, v.guard.all, v.guard.opts.Patience)
	if err != nil {
		v.refused(t, err)
		return nil, safe(err)
	}
	limit, err := v.start(t, v.most)
	if err != nil {
		pass.leave()
		return nil, err
	}
	began := time.Now()
	conn, err := v.guard.connect(ctx, t)
	pass.sent()
	if ctx.Err() == nil {
		gauge.done(err == nil || forbidden(err))
	}
	if err != nil {
		v.spend(time.Since(began), nil, err)
		pass.leave()
		return nil, safe(err)
	}
	began = time.Now()
	limited := &limitedConn{Conn: conn, wrote: sync.OnceFunc(v.arrived), end: began.Add(limit), leave: func() { v.spend(time.Since(began), nil, nil); pass.leave() }}
	return limited, limited.SetDeadline(time.Time{})
}

// limitedConn ends at its time, whatever the driver that uses it wants, and
// makes place for others when it is closed.
type limitedConn struct {
	net.Conn
	end   time.Time
	wrote func() // something is sent; called before the first byte
	once  sync.Once
	leave func()
}

func (c *limitedConn) Write(p []byte) (int, error) {
	c.wrote()
	return c.Conn.Write(p)
}

// Inside reports whether what is sent stays on this machine or in a network of
// the user's, and whether a proxy alone knows.
func (c *limitedConn) Inside() (is, proxied bool) { return inside(c.Conn) }

func (c *limitedConn) until(t time.Time) time.Time {
	if t.IsZero() || t.After(c.end) {
		return c.end
	}
	return t
}

func (c *limitedConn) SetDeadline(t time.Time) error      { return c.Conn.SetDeadline(c.until(t)) }
func (c *limitedConn) SetReadDeadline(t time.Time) error  { return c.Conn.SetReadDeadline(c.until(t)) }
func (c *limitedConn) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(c.until(t)) }

func (c *limitedConn) Close() error {
	c.once.Do(c.leave)
	return c.Conn.Close()
}
