package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v92/github"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/store"
)

// talk is a Source of what people wrote about a repository on GitHub: issues and pull
// requests with their titles, comments, and reviews of lines. What forges answer is
// kept nowhere here: it may hold secrets.
type talk struct {
	g           *gitHub
	owner, repo string
	since       time.Time

	mu    sync.Mutex
	n     leak.Ref
	texts map[leak.Ref]written // those in which something was found
}

// written is a text.
type written struct {
	path, author string
	at           time.Time
	text         []byte
}

// newTalk opens what was written about a repository, or changed, since a time.
func newTalk(r *store.Repository, logins *Logins, since time.Time) (LogSource, error) {
	_, rest, _ := strings.Cut(r.Source, ":")
	g, err := newGitHubAsking(rest, logins, nil)
	if err != nil {
		return nil, err
	}
	owner, repo, _ := strings.Cut(r.Name, "/")
	return &talk{g: g, owner: owner, repo: repo, since: since}, nil
}

func (t *talk) Reported() error { return nil }
func (t *talk) Close() error    { return nil }

// Scan implements scanners.Source.
func (t *talk) Scan(ctx context.Context, _ int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	t.mu.Lock()
	t.n, t.texts = 0, map[leak.Ref]written{}
	t.mu.Unlock()
	cov := new(scanners.Coverage)
	cov.Count("bytes", 0)
	for _, list := range []func(context.Context, func(written) error) (*github.Response, error){t.issues, t.comments, t.reviews} {
		var stopped error
		res, err := list(ctx, func(k written) error {
			t.n++
			c := leak.Chunk{Ref: t.n, Data: k.text}
			if stopped = emit(&c); stopped != nil {
				return stopped
			}
			cov.Count("texts", 1)
			cov.Count("bytes", int64(len(k.text)))
			if c.Found > 0 {
				t.mu.Lock()
				t.texts[t.n] = k
				t.mu.Unlock()
			}
			return nil
		})
		switch {
		case stopped != nil:
			return cov, stopped
		case ctx.Err() != nil:
			return cov, ctx.Err()
		case err == nil:
		case res != nil && res.Response != nil && res.StatusCode == http.StatusGone:
			cov.LeaveOut("repository whose issues are switched off", "", t.owner+"/"+t.repo)
		default:
			if later := new(Later); errors.As(err, &later) {
				return cov, later
			}
			cov.Skip("issues and comments that GitHub did not give", "the token needs issues:read and pull_requests:read", t.g.problem(err, res).Error())
		}
	}
	return cov, nil
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

func (t *talk) issues(ctx context.Context, visit func(written) error) (*github.Response, error) {
	o := &github.IssueListByRepoOptions{State: "all", Sort: "updated", Direction: "asc", Since: t.since}
	return eachPage(&o.ListOptions, func() ([]*github.Issue, *github.Response, error) {
		return t.g.api.Issues.ListByRepo(ctx, t.owner, t.repo, o)
	}, func(k *github.Issue) error {
		return visit(written{t.path(k.GetHTMLURL(), fmt.Sprintf("issues/%d", k.GetNumber())), k.GetUser().GetLogin(), k.GetUpdatedAt().Time, []byte(k.GetTitle() + "\n\n" + k.GetBody())})
	})
}

func (t *talk) comments(ctx context.Context, visit func(written) error) (*github.Response, error) {
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

func (t *talk) reviews(ctx context.Context, visit func(written) error) (*github.Response, error) {
	o := &github.PullRequestListCommentsOptions{Sort: "updated", Direction: "asc", Since: t.since}
	return eachPage(&o.ListOptions, func() ([]*github.PullRequestComment, *github.Response, error) {
		return t.g.api.PullRequests.ListComments(ctx, t.owner, t.repo, 0, o)
	}, func(k *github.PullRequestComment) error {
		return visit(written{t.path(k.GetHTMLURL(), fmt.Sprintf("reviews/%d", k.GetID())), k.GetUser().GetLogin(), k.GetUpdatedAt().Time, []byte(k.GetBody())})
	})
}

// path is the address of a text without the repository's: issues/12#issuecomment-5.
func (t *talk) path(address, otherwise string) string {
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

func (t *talk) of(ref leak.Ref) (written, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, ok := t.texts[ref]
	if !ok {
		return k, fmt.Errorf("there is no text %d", ref)
	}
	return k, nil
}

// Locate implements scanners.Source.
func (t *talk) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	out := make([][]leak.Location, len(matches))
	for i, ms := range matches {
		for _, m := range ms {
			l := leak.Location{Kind: leak.KindFile, Ref: m.Ref, Span: m.Span}
			k, err := t.of(m.Ref)
			if err != nil {
				l.Problem = err.Error()
			}
			l.Path, l.Author, l.Date = k.path, k.author, k.at
			out[i] = append(out[i], l)
		}
	}
	return out, ctx.Err()
}

// Open implements scanners.Source.
func (t *talk) Open(_ context.Context, ref leak.Ref) (io.ReadCloser, error) {
	k, err := t.of(ref)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(k.text)), nil
}
