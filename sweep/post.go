package sweep

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/whosekey/whosekey/internal/pause"
)

// Webhook is where digests are sent. Its address is a secret: no error and no log has more
// of it than the host.
type Webhook struct {
	Address string
	Sleep   func(context.Context, time.Duration) error // nil: it sleeps
}

const (
	postTries = 5
	// maxPostWait is how long a server may have itself waited for; one that wants more is
	// left to a later try, which is put off for maxPostLater at most.
	maxPostWait, maxPostLater = time.Minute, 24 * time.Hour
)

// Check returns an error if nothing can be sent there.
func (h *Webhook) Check() error {
	u, err := url.Parse(h.Address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("the address of the webhook cannot be used")
	}
	return nil
}

// Post sends JSON. What may pass, it tries again: no answer, 408, 429 and 5xx, after as long
// as the server says, or 1, 2, 4 and 8 seconds. An error that wraps Later says when the
// server wants to be asked again, if that is too long to wait for.
func (h *Webhook) Post(ctx context.Context, text []byte) error {
	sleep := h.Sleep
	if sleep == nil {
		sleep = pause.For
	}
	for try := 1; ; try++ {
		f := h.once(ctx, text)
		if f == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case !f.passes:
			return f.err
		case f.after > maxPostWait:
			return &notYet{f.err, &Later{min(f.after, maxPostLater), "the webhook says so"}}
		case try == postTries:
			return fmt.Errorf("%w (%d times)", f.err, try)
		}
		wait := cmp.Or(f.after, time.Second<<(try-1))
		slog.Info("the webhook is tried again", "err", f.err, "wait", wait.String())
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// notYet says that a webhook wants to be left alone for longer than anybody waits.
type notYet struct {
	err error
	*Later
}

func (n *notYet) Error() string {
	return fmt.Sprintf("%v, and not before %v have passed", n.err, n.After)
}
func (n *notYet) Unwrap() error { return n.Later }

// unsent says why a webhook did not take something.
type unsent struct {
	err    error
	passes bool          // it may be otherwise in a while
	after  time.Duration // 0 if the server does not say
}

// once sends JSON, and returns nil if it arrived.
func (h *Webhook) once(ctx context.Context, text []byte) *unsent {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.Address, bytes.NewReader(text))
	if err != nil {
		return &unsent{err: errors.New("the address of the webhook cannot be read")}
	}
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		if e := new(url.Error); errors.As(err, &e) {
			err = e.Err
		}
		return &unsent{err: fmt.Errorf("send the digest to %s: %w", req.URL.Host, err), passes: !errors.As(err, new(*tls.CertificateVerificationError))}
	}
	defer res.Body.Close()
	io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	if res.StatusCode/100 == 2 {
		return nil
	}
	s := res.StatusCode
	after, _ := pause.Asked(res.Header, time.Now())
	return &unsent{
		err:    fmt.Errorf("send the digest to %s: %d %s", req.URL.Host, s, http.StatusText(s)),
		passes: s == http.StatusRequestTimeout || s == http.StatusTooManyRequests || s >= 500,
		after:  after.Round(time.Second),
	}
}
