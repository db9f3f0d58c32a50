package cilog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/whosekey/whosekey/internal/pause"
)

// client asks a service. The token goes to the service's own address and
// nowhere else: what it redirects to is signed, and gets none. Two services have
// hosts of their own for artifacts, which are not signed. Errors have no query, which
// may be a signature.
type client struct {
	base   *url.URL // of the API
	header http.Header
	token  func(context.Context) (string, error) // nil: header has it
	renew  func(token string) bool               // reports whether token has another one after a refusal; nil for no
	kin    string                                // suffix of further hosts of the service that want the token; empty for none
	http   http.RoundTripper
	rights string // what the token must be allowed to, for people
	accept string // of what get asks for; empty: anything
	sleep  func(context.Context, time.Duration) error
	now    func() time.Time

	told  atomic.Bool   // the user knows that there is no connection
	idle  atomic.Int64  // questions since the last log that is new
	stall time.Duration // how long the next piece of an answer may take
	stuck atomic.Int64  // logs in a row that stalled, or had no end
	torn  atomic.Int64  // logs in a row that broke off, or that it failed to give

	mu    sync.Mutex
	until time.Time // nothing is asked before
}

// maxIdle bounds the questions that lead to no log.
var maxIdle int64 = 20_000

var errNoEnd = errors.New("the service lists pages without an end")

// Bounds of a conversation with a service.
const (
	maxAnswer    = 32 << 20 // of JSON
	maxTries     = 6
	maxWait      = 2 * time.Hour // for a limit to be lifted
	maxRedirects = 5
)

// newClient returns a client for an address. A token goes over https only, or to
// this machine.
func newClient(base, rights string) (*client, error) {
	u, err := url.Parse(strings.TrimSuffix(base, "/") + "/")
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("the address of the service is none: write it as https://HOST")
	}
	if u.User != nil {
		return nil, errors.New("there is a login in the address of the service: put it into the environment")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return nil, errors.New("the address of the service is not https: the token could be read on its way")
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	c := &client{base: u, header: http.Header{}, http: t, rights: rights, sleep: pause.For, now: time.Now}
	c.patience(stallIn)
	return c, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// answerError is a status that is no answer. Some callers ask which.
type answerError struct {
	status int
	text   string
}

func (e *answerError) Error() string { return e.text }

// gone reports whether an error says that there is nothing any more, as services
// delete logs.
func gone(err error) bool {
	e := new(answerError)
	return errors.As(err, &e) && (e.status == http.StatusNotFound || e.status == http.StatusGone)
}

// RoundTrip implements http.RoundTripper for the official clients, which read answers
// to their ends: these come soon.
func (c *client) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.ask(req)
	if err == nil {
		resp.Body = withClose{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}

// ask asks with the token, within limits, and again where that helps.
func (c *client) ask(req *http.Request) (*http.Response, error) {
	if same(req.URL, c.base) && c.idle.Add(1) > maxIdle {
		return nil, &callError{errNoEnd}
	}
	renewed := false
	for try := 1; ; try++ {
		if err := c.pause(req.Context()); err != nil {
			return nil, err
		}
		own := req.Clone(req.Context())
		if same(own.URL, c.base) || c.isKin(own.URL) {
			if err := c.login(own); err != nil {
				return nil, err
			}
		}
		resp, err := steadily(c.http, own, c.stall)
		if err == nil && resp.StatusCode == http.StatusOK && same(own.URL, c.base) && isJSON(resp) {
			err = buffer(resp) // a list that breaks off is asked for again, too
		}
		wait, again := c.again(req.Context(), resp, err, try)
		if err == nil && resp.StatusCode == http.StatusUnauthorized && !renewed && c.renew != nil && same(own.URL, c.base) {
			renewed, again = true, c.renew(strings.TrimPrefix(own.Header.Get("Authorization"), "Bearer "))
		}
		if !again || req.Context().Err() != nil {
			if err != nil {
				return nil, err
			}
			return resp, nil
		}
		if resp != nil && resp.Body != nil {
			resp.Body.Close()
		}
		if err != nil || resp.StatusCode >= 500 {
			c.reaching(err, wait)
			err = c.sleep(req.Context(), wait)
		} else {
			err = c.wait(req.Context(), wait)
		}
		if err != nil {
			return nil, err
		}
	}
}

// isKin reports whether an address is one of the service's own for what jobs kept.
func (c *client) isKin(u *url.URL) bool {
	return c.kin != "" && u.Scheme == "https" && u.Port() == "" && strings.HasSuffix(u.Host, c.kin)
}

// login adds who asks.
func (c *client) login(req *http.Request) error {
	for k, v := range c.header {
		req.Header[k] = v
	}
	if c.token == nil {
		return nil
	}
	token, err := c.token(req.Context())
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return err
}

// pause waits until the service's limit is lifted.
func (c *client) pause(ctx context.Context) error {
	c.mu.Lock()
	d := c.until.Sub(c.now())
	c.mu.Unlock()
	if d <= 0 {
		return nil
	}
	return c.wait(ctx, min(d, maxWait))
}

// wait sleeps until a limit is lifted, and says so if that takes long.
func (c *client) wait(ctx context.Context, d time.Duration) error {
	if d > 20*time.Second {
		slog.Warn("the service's limit is used up", "host", c.base.Host, "waiting", d.Round(time.Second))
	}
	return c.sleep(ctx, d)
}

// again says whether to ask again, and when.
func (c *client) again(ctx context.Context, resp *http.Response, err error, try int) (time.Duration, bool) {
	backoff := time.Second << try
	switch {
	case err != nil:
		return backoff, try < c.tries(ctx, err) && !untrusted(err)
	case resp.StatusCode >= 500:
		wait, _ := pause.Asked(resp.Header, c.now())
		return max(backoff, wait), try < c.tries(ctx, nil) && wait <= maxWait
	}
	h := resp.Header
	spent := first(h, "X-Ratelimit-Remaining", "Ratelimit-Remaining") == "0"
	if spent { // do not wait to be told
		if at := reset(h, c.now()); at.After(c.now()) {
			c.mu.Lock()
			c.until = at
			c.mu.Unlock()
		}
	}
	limited := resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusForbidden && (spent || h.Get("Retry-After") != "")
	if !limited || try >= maxTries {
		return 0, false
	}
	wait, _ := pause.Asked(h, c.now())
	if at := reset(h, c.now()); wait == 0 && spent && at.After(c.now()) {
		wait = at.Sub(c.now())
	}
	if wait == 0 {
		wait = backoff
	}
	return wait, wait <= maxWait
}

func first(h http.Header, names ...string) string {
	for _, n := range names {
		if v := h.Get(n); v != "" {
			return v
		}
	}
	return ""
}

// reset is when the limit is lifted: a time, or in how many seconds.
func reset(h http.Header, now time.Time) time.Time {
	n, err := strconv.ParseInt(first(h, "X-Ratelimit-Reset", "Ratelimit-Reset"), 10, 64)
	switch {
	case err != nil:
		return time.Time{}
	case n < 1e9:
		return now.Add(time.Duration(n) * time.Second)
	}
	return time.Unix(n+1, 0)
}

func same(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }

// at is the address of a path of the API, with a query.
func (c *client) at(path string, query url.Values) string {
	u := *c.base
	raw := strings.TrimSuffix(u.EscapedPath(), "/") + "/" + strings.TrimPrefix(path, "/")
	u.Path, u.RawPath, u.RawQuery = raw, "", query.Encode()
	if p, err := url.PathUnescape(raw); err == nil {
		u.Path, u.RawPath = p, raw
	}
	return u.String()
}

// get asks for an address of the service, and follows where it leads. A signed
// address of somebody else may be given, too.
func (c *client) get(ctx context.Context, address string) (*http.Response, error) {
	for range maxRedirects {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, errors.New("the service gave an address that is none")
		}
		if err := secure(req.URL); err != nil {
			return nil, err
		}
		if c.accept != "" {
			req.Header.Set("Accept", c.accept)
		}
		resp, err := c.ask(req)
		if err != nil {
			return nil, c.failed(req.URL, err)
		}
		switch {
		case resp.StatusCode == http.StatusOK:
			return resp, nil
		case resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.Header.Get("Location") != "":
			resp.Body.Close()
			next, err := req.URL.Parse(resp.Header.Get("Location"))
			if err != nil {
				return nil, errors.New("the service redirects to an address that is none")
			}
			address = next.String()
		default:
			resp.Body.Close()
			return nil, c.refused(req.URL, resp)
		}
	}
	return nil, errRedirects
}

var errRedirects = errors.New("the service redirects too often")

// secure is an error for an address that others could listen to.
func secure(u *url.URL) error {
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return errors.New("the service gave an address that is not https")
}

// failed says what went wrong without the query of the address.
func (c *client) failed(u *url.URL, err error) error {
	if ue := new(url.Error); errors.As(err, &ue) {
		err = ue.Err
	}
	if strings.Contains(err.Error(), "invalid character '<'") { // of JSON, in what the official clients say
		err = &pageError{u.Host}
	}
	return fmt.Errorf("ask %s%s: %w", u.Host, u.EscapedPath(), trusting(err))
}

// refused says what a status means.
func (c *client) refused(u *url.URL, resp *http.Response) error {
	text := fmt.Sprintf("%s answers %s for %s", u.Host, resp.Status, u.EscapedPath())
	if same(u, c.base) {
		switch resp.StatusCode {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
			text += ": the token needs " + c.rights
			if want := first(resp.Header, "X-Accepted-Github-Permissions", "X-Accepted-Oauth-Scopes"); want != "" && len(want) < 100 {
				text += " (it asks for " + strings.ToValidUTF8(want, "?") + ")"
			}
		}
	}
	return &answerError{resp.StatusCode, text}
}

// json asks for an answer in JSON, and returns its header.
func (c *client) json(ctx context.Context, address string, into any) (http.Header, error) {
	resp, err := c.get(ctx, address)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	d := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer))
	if err := d.Decode(into); err != nil {
		return nil, c.notJSON(err)
	}
	return resp.Header, nil
}
