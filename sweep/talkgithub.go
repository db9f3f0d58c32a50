package sweep

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v92/github"

	"github.com/whosekey/whosekey/store"
)

// gitHubTexts are those of a repository on GitHub.
type gitHubTexts struct {
	g           *gitHub
	owner, repo string
	since       time.Time
}

func gitHubTalk(rest string, r *store.Repository, logins *Logins, since time.Time) (out []talkList, err error) {
	g, err := newGitHubAsking(rest, logins, nil)
	if err != nil {
		return nil, err
	}
	t := &gitHubTexts{g: g, since: since}
	t.owner, t.repo, _ = strings.Cut(r.Name, "/")
	for _, list := range []func(context.Context, func(written) error) (*github.Response, error){t.issues, t.comments, t.reviews} {
		out = append(out, func(ctx context.Context, visit func(written) error) error {
			res, err := list(ctx, visit)
			switch {
			case err == nil:
				return nil
			case res != nil && res.Response != nil && res.StatusCode == http.StatusGone:
				return errOff
			}
			return g.problem(err, res)
		})
	}
	return out, nil
}

// eachPage asks for one page after the other.
func eachPage[T any](page *github.ListOptions, ask func() ([]T, *github.Response, error), visit func(T) error) (*github.Response, error) {
	page.PerPage = 100
	for {
		list, res, err := ask()
		if err != nil {
			return res, err
		}
		for _, one := range list {
			if err := visit(one); err != nil {
				return nil, err
			}
		}
		if page.Page = res.NextPage; page.Page == 0 {
			return res, nil
		}
	}
}

func (t *gitHubTexts) issues(ctx context.Context, visit func(written) error) (*github.Response, error) {
	o := &github.IssueListByRepoOptions{State: "all", Sort: "updated", Direction: "asc", Since: t.since}
	return eachPage(&o.ListOptions, func() ([]*github.Issue, *github.Response, error) {
		return t.g.api.Issues.ListByRepo(ctx, t.owner, t.repo, o)
	}, func(k *github.Issue) error {
		return visit(written{t.path(k.GetHTMLURL(), fmt.Sprintf("issues/%d", k.GetNumber())), k.GetUser().GetLogin(), k.GetUpdatedAt().Time, []byte(k.GetTitle() + "\n\n" + k.GetBody())})
	})
}

func (t *gitHubTexts) comments(ctx context.Context, visit func(written) error) (*github.Response, error) {
	sort, direction := "updated", "asc"
	o := &github.IssueListCommentsOptions{Sort: &sort, Direction: &direction}
	if !t.since.IsZero() {
		o.Since = &t.since
	}
	return eachPage(&o.ListOptions, func() ([]*github.IssueComment, *github.Response, error) {
		return t.g.api.Issues.ListComments(ctx, t.owner, t.repo, 0, o) // 0: of all
	}, func(k *github.IssueComment) error {
		return visit(written{t.path(k.GetHTMLURL(), fmt.Sprintf("comments/%d", k.GetID())), k.GetUser().GetLogin(), k.GetUpdatedAt().Time, []byte(k.GetBody())})
	})
}

func (t *gitHubTexts) reviews(ctx context.Context, visit func(written) error) (*github.Response, error) {
	o := &github.PullRequestListCommentsOptions{Sort: "updated", Direction: "asc", Since: t.since}
	return eachPage(&o.ListOptions, func() ([]*github.PullRequestComment, *github.Response, error) {
		return t.g.api.PullRequests.ListComments(ctx, t.owner, t.repo, 0, o)
	}, func(k *github.PullRequestComment) error {
		return visit(written{t.path(k.GetHTMLURL(), fmt.Sprintf("reviews/%d", k.GetID())), k.GetUser().GetLogin(), k.GetUpdatedAt().Time, []byte(k.GetBody())})
	})
}

// path is the address of a text without the repository's: issues/12#issuecomment-5.
func (t *gitHubTexts) path(address, otherwise string) string {
	u, err := url.Parse(address)
	if err != nil {
		return otherwise
	}
	p, ok := strings.CutPrefix(strings.TrimPrefix(u.Path, t.g.base.Path), "/"+t.owner+"/"+t.repo+"/")
	if !ok || p == "" {
		return otherwise
	}
	if u.Fragment != "" {
		p += "#" + u.Fragment
	}
	return p
}
