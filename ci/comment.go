package ci

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v92/github"
)

// Marker begins the comment that is kept up to date.
const Marker = "<!-- whosekey:pr -->"

// MaxComment is how many bytes of Markdown a comment may have; GitHub takes 65,536
// characters.
const MaxComment = 60_000

// Conversation is a pull request of GitHub's, which has one comment of ours.
type Conversation struct {
	API        string // GITHUB_API_URL; empty for api.github.com
	Token      string
	Repository string // owner/name
	Number     int
}

// Put makes the comment say body, or makes one, if create is set. A body that is
// there already is left alone. Only a comment that begins with Marker and is our own
// is changed: others can write the marker too.
func (c *Conversation) Put(ctx context.Context, body string, create bool) error {
	owner, name, ok := strings.Cut(c.Repository, "/")
	if !ok || strings.Contains(name, "/") || c.Token == "" {
		return errors.New("no token, or no repository")
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	body = Marker + "\n" + body
	mine, err := c.find(ctx, client, owner, name)
	if err != nil {
		return reason("list the comments", err)
	}
	switch {
	case mine != nil && strings.TrimSpace(mine.GetBody()) == strings.TrimSpace(body):
		return nil
	case mine != nil:
		_, _, err = client.Issues.UpdateComment(ctx, owner, name, mine.GetID(), github.IssueCommentRequest{Body: body})
		return reason("update the comment", err)
	case create:
		_, _, err = client.Issues.CreateComment(ctx, owner, name, c.Number, github.IssueCommentRequest{Body: body})
		return reason("write the comment", err)
	}
	return nil
}

func (c *Conversation) client() (*github.Client, error) {
	opts := []github.ClientOptionsFunc{github.WithAuthToken(c.Token), github.WithTimeout(30 * time.Second), github.WithEnvProxy()}
	if c.API != "" {
		u, err := url.Parse(c.API)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost" {
			return nil, fmt.Errorf("GITHUB_API_URL is no address that a token is sent to")
		}
		base := strings.TrimRight(c.API, "/") + "/"
		opts = append(opts, github.WithURLs(&base, nil))
	}
	return github.NewClient(opts...)
}

// maxPages bounds the comments that are looked through, a hundred a page.
const maxPages = 50

// find returns our comment, nil if there is none.
func (c *Conversation) find(ctx context.Context, client *github.Client, owner, name string) (*github.IssueComment, error) {
	login := ""
	if me, _, err := client.Users.Get(ctx, ""); err == nil {
		login = me.GetLogin() // the token of a run may not ask, and is that of a bot
	}
	opts := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: 100}}
	for range maxPages {
		list, answer, err := client.Issues.ListComments(ctx, owner, name, c.Number, opts)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			own := login != "" && x.GetUser().GetLogin() == login || login == "" && x.GetUser().GetType() == "Bot"
			if own && strings.HasPrefix(x.GetBody(), Marker) {
				return x, nil
			}
		}
		if answer.NextPage == 0 {
			return nil, nil
		}
		opts.Page = answer.NextPage
	}
	return nil, nil
}

// reason says what went wrong without the address, which go-github's errors have.
func reason(what string, err error) error {
	if err == nil {
		return nil
	}
	if e := new(github.ErrorResponse); errors.As(err, &e) && e.Response != nil {
		hint := ""
		switch e.Response.StatusCode {
		case http.StatusForbidden, http.StatusNotFound:
			hint = " (the job needs \"permissions: pull-requests: write\"; pull requests of forks never have it)"
		}
		return fmt.Errorf("%s: GitHub answers %d%s", what, e.Response.StatusCode, hint)
	}
	if e := new(url.Error); errors.As(err, &e) {
		return fmt.Errorf("%s: %w", what, e.Err)
	}
	if e := new(github.RateLimitError); errors.As(err, &e) {
		return fmt.Errorf("%s: the rate limit of the token is used up", what)
	}
	return fmt.Errorf("%s: no answer that GitHub would give", what)
}
