package cilog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	gitlabapi "gitlab.com/gitlab-org/api/client-go"
)

// official is GitLab's client over a transport, which adds the token, waits for limits
// and asks again: the client does none of that.
func (g *gitLab) official(t http.RoundTripper) (*gitlabapi.Client, error) {
	h := &http.Client{Transport: t, CheckRedirect: redirected}
	return gitlabapi.NewAuthSourceClient(gitlabapi.Unauthenticated{}, gitlabapi.WithBaseURL(g.client.base.String()), gitlabapi.WithHTTPClient(h), gitlabapi.WithoutRetries())
}

// redirected is what client.get asks of where it is led, for the official client.
func redirected(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return errRedirects
	}
	req.Header.Del("Referer") // storage need not know which project it is
	return secure(req.URL)
}

// limitHeader is what GitLab's client slows down by. A server could have it wait for
// years; what is to be waited for, client.again knows.
const limitHeader = "RateLimit-Limit"

// answers is the transport for lists, which are read to their ends.
type answers struct{ *client }

// RoundTrip implements http.RoundTripper.
func (a answers) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := a.client.RoundTrip(req)
	if err == nil {
		resp.Header.Del(limitHeader)
	}
	return resp, err
}

// streams is the transport for what goes to a Writer, which says when it is enough.
type streams struct{ *client }

// maxRefusal bounds what is read of an answer that is a refusal.
const maxRefusal = 64 << 10

// RoundTrip implements http.RoundTripper.
func (s streams) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.ask(req)
	if err != nil {
		return nil, err
	}
	resp.Header.Del(limitHeader)
	if resp.StatusCode != http.StatusOK {
		resp.Body = withClose{io.LimitReader(resp.Body, maxRefusal), resp.Body}
		return resp, nil
	}
	if err := notPage(resp); err != nil {
		return nil, err
	}
	return resp, nil
}

// notPage is an error for an answer that is a web page, which it closes.
func notPage(resp *http.Response) error {
	body := bufio.NewReaderSize(resp.Body, 4<<10)
	if head, _ := body.Peek(512); isPage(resp, head) {
		resp.Body.Close()
		return &pageError{resp.Request.URL.Host}
	}
	resp.Body = withClose{body, resp.Body}
	return nil
}

// file gives a file of the project. The client's own calls for traces and artifacts hold
// them in memory; what it does with a Writer does not, but reads on when the Writer
// wants no more.
func (g *gitLab) file(rest string) giver {
	return func(ctx context.Context, w io.Writer) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		req, err := g.files.NewRequest(http.MethodGet, g.path(rest), nil, []gitlabapi.RequestOptionFunc{gitlabapi.WithContext(ctx)})
		if err != nil {
			return err
		}
		resp, err := g.files.Do(req, &last{w, cancel})
		switch {
		case resp == nil || resp.Response == nil:
			return g.client.failed(req.URL, err)
		case resp.StatusCode != http.StatusOK:
			return g.client.refused(resp.Request.URL, resp.Response)
		case err != nil:
			return &brokenError{err}
		}
		return nil
	}
}

// last ends the request when the Writer has an error.
type last struct {
	w    io.Writer
	stop func()
}

// Write implements io.Writer.
func (l *last) Write(p []byte) (int, error) {
	n, err := l.w.Write(p)
	if err != nil {
		l.stop()
	}
	return n, err
}

// pages asks for one page of a list after the other.
func pages[T any](g *gitLab, ask func(gitlabapi.ListOptions) ([]*T, *gitlabapi.Response, error), visit func(*T) error) error {
	page := gitlabapi.ListOptions{PerPage: 100, Page: 1}
	for page.Page > 0 {
		list, resp, err := ask(page)
		if err != nil {
			return g.explain(resp, err)
		}
		for _, one := range list {
			if one == nil {
				continue
			}
			if err := visit(one); err != nil {
				return err
			}
		}
		if resp.NextPage == page.Page {
			return nil
		}
		page.Page = resp.NextPage
	}
	return nil
}

// explain makes of what the official client says an error that says which scope is
// missing, and nothing of the answer's text.
func (g *gitLab) explain(resp *gitlabapi.Response, err error) error {
	switch {
	case resp == nil || resp.Response == nil:
		return asCall(g.client.failed(g.client.base, err))
	case resp.StatusCode != http.StatusOK:
		return asCall(g.client.refused(resp.Request.URL, resp.Response))
	}
	return asCall(g.client.notJSON(err))
}

// notJSON says what is wrong with an answer that should have been JSON.
func (c *client) notJSON(err error) error {
	if strings.Contains(err.Error(), "invalid character '<'") {
		return fmt.Errorf("%w: is it the address of the API?", &pageError{c.base.Host})
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || isStall(err) {
		return &brokenError{err}
	}
	return fmt.Errorf("%s does not answer in the JSON that is documented: is it the address of the API?", c.base.Host)
}
