package cilog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/whosekey/whosekey/scanners"
)

// stallIn is how long the next piece of an answer may take, unless the user says so.
var stallIn = time.Minute

// leastPiece is how many bytes a piece has: who sends fewer in that time sends nothing.
const leastPiece = 1 << 10

var errStalled = errors.New("the service has stopped sending")

// steadily asks, and ends an answer that has stalled.
func steadily(tr http.RoundTripper, req *http.Request, within time.Duration) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	resp, err := tr.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	resp.Body = &scanners.Steady{ReadCloser: resp.Body, Ctx: ctx, Cancel: cancel, Within: within, Least: leastPiece, Err: errStalled}
	return resp, nil
}

// What has stalled is asked for less often than what broke off, as each time costs all of
// the patience that there is; and after some logs in a row the service is given up, so that
// one which sends nothing ends a scan of any number of logs.
const (
	stallTries = 3
	maxStuck   = 3
)

var errGivenUp = errors.New("three logs in a row have stalled, or had no end")

// patience sets how long the service may send nothing.
func (c *client) patience(d time.Duration) {
	c.stall = d
	if t, ok := c.http.(*http.Transport); ok {
		t.ResponseHeaderTimeout = d
	}
}

// tries is how often something is asked for that ends with an error; nil is one of the
// service's own.
func (c *client) tries(ctx context.Context, err error) int {
	if ctx.Value(hasty{}) != nil && !isStall(err) {
		return tornTries
	}
	if err == nil {
		return maxTries
	}
	if unreached(err) != nil && !isStall(err) {
		return connectTries
	}
	if !isStall(err) {
		return maxTries
	}
	if c.stuck.Load() > 0 {
		return 1
	}
	return stallTries
}

// Of logs that break off or that the service fails to give, the first ones have all the
// tries that there are; those that follow in a row are tried again once: each costs a
// minute else, of many that are damaged.
const (
	maxTorn   = 2
	tornTries = 2
)

// hasty is the key of a context in which little is tried again.
type hasty struct{}

// forLog is the context in which a log is asked for.
func (c *client) forLog(ctx context.Context) context.Context {
	if c.torn.Load() < maxTorn {
		return ctx
	}
	return context.WithValue(ctx, hasty{}, true)
}

// isTorn reports whether another try might have given a log.
func isTorn(err error) bool {
	if e := new(answerError); errors.As(err, &e) {
		return e.status >= 500
	}
	return !isStall(err) && !errors.Is(err, errTooMuch) && !errors.As(err, new(*pageError)) && !errors.As(err, new(*fs.PathError))
}

func isStall(err error) bool {
	late := net.Error(nil)
	return errors.Is(err, errStalled) || errors.As(err, &late) && late.Timeout()
}

// stuckAt counts the logs in a row that did not come to an end.
func (c *client) stuckAt(err error) {
	switch {
	case err == nil:
		c.stuck.Store(0)
		c.torn.Store(0)
	case isStall(err), errors.Is(err, errTooMuch):
		c.stuck.Add(1)
	case isTorn(err):
		c.torn.Add(1)
	}
}

// givenUp is an error as soon as there were too many of them.
func (c *client) givenUp() error {
	if c.stuck.Load() >= maxStuck {
		return errGivenUp
	}
	return nil
}

func isJSON(resp *http.Response) bool {
	return strings.Contains(strings.ToLower(resp.Header.Get("Content-Type")), "json")
}

// buffer reads an answer to its end, if it is no longer than a list may be.
func buffer(resp *http.Response) error {
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		resp.Body.Close()
		return &brokenError{err}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(data), resp.Body), resp.Body}
	return nil
}

// pageError says that there is a web page where a log or a list should be.
type pageError struct{ host string }

func (e *pageError) Error() string {
	return fmt.Sprintf("%s gives a web page instead: a login or a proxy may have answered", e.host)
}

// isPage reports whether an answer is a web page: by its type, or by how it begins.
func isPage(resp *http.Response, head []byte) bool {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Type"))), "text/html") {
		return true
	}
	head = bytes.ToLower(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"))
	return bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}
