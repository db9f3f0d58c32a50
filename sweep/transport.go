package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/whosekey/whosekey/internal/pause"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// Answers keeps what forges answered, so that they need not say it again: an
// unchanged answer costs nothing of a request budget.
type Answers interface {
	Answer(ctx context.Context, address string) (tag string, body []byte, err error)
	KeepAnswer(ctx context.Context, address, tag string, body []byte) error
}

// polite is how forges are asked: logged in, within their limits, again when they
// fail, and for what has changed alone. No error has an address: it may hold a
// credential.
type polite struct {
	base    *url.URL
	login   func(context.Context, *http.Request) error // adds the credential
	refused func(token string) bool                    // reports whether there is another now; nil for no
	answers Answers                                    // nil for none
	limit   *rate.Limiter
	sleep   func(context.Context, time.Duration) error // tests do not wait
}

func newPolite(base *url.URL, login func(context.Context, *http.Request) error, answers Answers) *polite {
	return &polite{base: base, login: login, answers: answers, limit: rate.NewLimiter(10, 20), sleep: pause.For}
}

const (
	maxTries  = 6
	maxWait   = time.Hour // for a limit; one that is further away is left to a later try
	maxAnswer = 32 << 20
)

// RoundTrip implements http.RoundTripper.
func (p *polite) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if req.URL.Host != p.base.Host || req.URL.Scheme != p.base.Scheme {
		return nil, errors.New("the forge names an address of another host") // which would get the credential
	}
	renewed := false
	for try := 1; ; try++ {
		if err := p.limit.Wait(ctx); err != nil {
			return nil, err
		}
		res, token, err := p.once(ctx, req)
		wait, again := p.again(res, err, try)
		if err == nil && res.StatusCode == http.StatusUnauthorized && !renewed && p.refused != nil {
			renewed, again = true, p.refused(token)
		}
		if !again || try == maxTries {
			if res != nil { // GitLab's client slows down by it: for years, if a server says so
				res.Header.Del("RateLimit-Limit")
			}
			return res, err
		}
		if res != nil {
			res.Body.Close()
		}
		if wait > maxWait {
			return nil, &Later{wait, "the forge's limit is reached"}
		}
		if wait > 5*time.Second {
			slog.Info("waiting for the forge", "host", p.base.Host, "wait", wait.Round(time.Second).String())
		}
		if err := p.sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// again says whether, and after how long, a request is worth another try.
func (p *polite) again(res *http.Response, err error, try int) (time.Duration, bool) {
	backoff := time.Second << (try - 1)
	switch {
	case err != nil:
		return backoff, true
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusForbidden:
		if wait, ok := pause.Asked(res.Header, time.Now()); ok {
			return wait + time.Second, true
		}
		for _, h := range []string{"X-Ratelimit-Remaining", "Ratelimit-Remaining"} {
			if res.Header.Get(h) != "0" {
				continue
			}
			reset, err := strconv.ParseInt(res.Header.Get(h[:len(h)-len("Remaining")]+"Reset"), 10, 64)
			if err == nil {
				return max(0, time.Until(time.Unix(reset, 0))) + time.Second, true
			}
		}
		// GitHub's secondary limits need not say for how long: a minute, then longer.
		// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
		return time.Minute << (try - 1), res.StatusCode == http.StatusTooManyRequests || secondary(res)
	case res.StatusCode >= 500:
		wait, _ := pause.Asked(res.Header, time.Now())
		return max(backoff, wait), true
	}
	return 0, false
}

// once asks, and returns the token that it did so with.
func (p *polite) once(ctx context.Context, req *http.Request) (res *http.Response, token string, err error) {
	out := req.Clone(ctx)
	if req.GetBody != nil { // the first try has read it
		body, err := req.GetBody()
		if err != nil {
			return nil, "", err
		}
		out.Body = body
	}
	if p.login != nil {
		if err := p.login(ctx, out); err != nil {
			return nil, "", err
		}
		token = strings.TrimPrefix(out.Header.Get("Authorization"), "Bearer ")
	}
	var kept []byte
	conditional := p.answers != nil && req.Method == http.MethodGet
	address := req.URL.String()
	if conditional {
		tag, body, err := p.answers.Answer(ctx, address)
		if err == nil && tag != "" {
			out.Header.Set("If-None-Match", tag)
			kept = body
		}
	}
	res, err = http.DefaultTransport.RoundTrip(out)
	if err != nil {
		return nil, "", errors.New("the forge does not answer: " + reason(err))
	}
	paged(req.URL, res.Header)
	if conditional && kept != nil && res.StatusCode == http.StatusNotModified {
		res.Body.Close()
		res.StatusCode, res.Status = http.StatusOK, "200 OK"
		body, link, _ := bytes.Cut(kept, []byte(linkMark))
		res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		res.Header.Set("Link", string(link))
		res.Header.Del(nextPage)
		paged(req.URL, res.Header)
		return res, token, nil
	}
	if tag := res.Header.Get("ETag"); conditional && tag != "" && res.StatusCode == http.StatusOK {
		return res, token, p.keep(ctx, address, tag, res)
	}
	return res, token, nil
}

// keep keeps an answer, with where the next page is: the answer that it has not
// changed need not say.
func (p *polite) keep(ctx context.Context, address, tag string, res *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	res.Body.Close()
	if err != nil {
		return errors.New("the forge's answer was cut off")
	}
	if len(body) > maxAnswer {
		return fmt.Errorf("the forge's answer has more than %d bytes", maxAnswer)
	}
	whole := append(bytes.Clone(body), linkMark+res.Header.Get("Link")...)
	if err := p.answers.KeepAnswer(ctx, address, tag, whole); err != nil {
		slog.Debug("an answer is not kept", "err", err)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// secondary reports whether a refusal is for asking too much, and leaves it to be read.
func secondary(res *http.Response) bool {
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), res.Body), res.Body}
	text := bytes.ToLower(body)
	return err == nil && (bytes.Contains(text, []byte("secondary rate limit")) || bytes.Contains(text, []byte("secondary-rate-limits")) || bytes.Contains(text, []byte("abuse detection")))
}

const nextPage = "X-Next-Page"

// paged has both headers say where the next page is, if one does: GitLab's pages by
// number need not have a Link, and what was kept of an answer is its Link.
func paged(of *url.URL, h http.Header) {
	link := nextLink(h.Get("Link"))
	if n, err := strconv.Atoi(h.Get(nextPage)); err == nil && n > 0 && link == "" {
		u, q := *of, of.Query()
		q.Set("page", strconv.Itoa(n))
		u.RawQuery = q.Encode()
		h.Set("Link", "<"+u.String()+`>; rel="next"`)
		return
	}
	if u, err := url.Parse(link); err == nil && link != "" && h.Get(nextPage) == "" && u.Query().Get("page") != "" {
		h.Set(nextPage, u.Query().Get("page"))
	}
}

// linkMark stands between an answer and its Link. JSON goes on after neither.
const linkMark = "\n\x00Link: "

// reason is what is wrong with a connection, without the address.
func reason(err error) string {
	if e := new(url.Error); errors.As(err, &e) {
		err = e.Err
	}
	return err.Error()
}

// errNotThere is what a forge says of what it does not have, or does not show.
var errNotThere = errors.New("there is nothing of that name, or the token may not see it")

// refused makes of an answer that is not there what the caller branches on.
func refused(status int, what string) error {
	switch status {
	case http.StatusUnauthorized:
		return fmt.Errorf("%s: %w", what, gitrepo.ErrLogin)
	case http.StatusNotFound:
		return &Never{fmt.Errorf("%s: %w", what, errNotThere)}
	}
	return fmt.Errorf("%s: %d %s", what, status, http.StatusText(status))
}
