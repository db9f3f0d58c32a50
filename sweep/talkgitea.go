package sweep

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/whosekey/whosekey/store"
)

// giteaTexts are those of a repository on Gitea or Forgejo.
// https://docs.gitea.com/api/ (issueListIssues, issueGetRepoComments, repoListPullReviews,
// repoGetPullReviewComments)
type giteaTexts struct {
	g     *gitea
	api   string // address of the repository
	since time.Time
	pulls []int64 // that were listed
}

// giteaText is an issue, a comment or a review, as far as they are alike.
type giteaText struct {
	ID     int64  `json:"id"`
	Number int64  `json:"number"`
	Title  string `json:"title"`
	Body   string `json:"body"`
	User   struct {
		Login string `json:"login"`
	} `json:"user"`
	Updated  time.Time `json:"updated_at"`
	Pull     *struct{} `json:"pull_request"`
	IssueURL string    `json:"issue_url"`
	PullURL  string    `json:"pull_request_url"`
	Comments int       `json:"comments_count"`
}

func giteaTalk(rest string, r *store.Repository, logins *Logins, since time.Time) ([]talkList, error) {
	src, err := newGitea(rest, logins)
	if err != nil {
		return nil, err
	}
	g := *src.(*gitea)
	g.rest = g.rest.forgetful()
	owner, name, _ := strings.Cut(r.Name, "/")
	t := &giteaTexts{g: &g, api: fmt.Sprintf("%s/api/v1/repos/%s/%s", g.base, url.PathEscape(owner), url.PathEscape(name)), since: since}
	return []talkList{t.issues, t.comments, t.reviews}, nil
}

// each asks for one page after the other. What is not there is switched off.
func (t *giteaTexts) each(ctx context.Context, path string, visit func(*giteaText) error) error {
	q := url.Values{"limit": {"50"}, "state": {"all"}}
	if !t.since.IsZero() {
		q.Set("since", t.since.UTC().Format(time.RFC3339))
	}
	next := t.api + path + "?" + q.Encode()
	for next != "" {
		var all []giteaText
		var err error
		if next, err = t.g.get(ctx, next, &all); err != nil {
			if errors.Is(err, errNotThere) {
				return errOff
			}
			return err
		}
		for i := range all {
			if err := visit(&all[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *giteaTexts) issues(ctx context.Context, visit func(written) error) error {
	t.pulls = nil
	return t.each(ctx, "/issues", func(k *giteaText) error {
		kind := "issues"
		if k.Pull != nil {
			kind = "pulls"
			t.pulls = append(t.pulls, k.Number)
		}
		return visit(written{fmt.Sprintf("%s/%d", kind, k.Number), k.User.Login, k.Updated, []byte(k.Title + "\n\n" + k.Body)})
	})
}

func (t *giteaTexts) comments(ctx context.Context, visit func(written) error) error {
	return t.each(ctx, "/issues/comments", func(k *giteaText) error {
		below := "comments"
		for kind, address := range map[string]string{"issues": k.IssueURL, "pulls": k.PullURL} {
			if _, number, ok := strings.Cut(address, "/"+kind+"/"); ok {
				below = kind + "/" + number
			}
		}
		return visit(written{fmt.Sprintf("%s#issuecomment-%d", below, k.ID), k.User.Login, k.Updated, []byte(k.Body)})
	})
}

// reviews are those of pull requests that have changed, with their remarks on lines.
func (t *giteaTexts) reviews(ctx context.Context, visit func(written) error) error {
	for _, n := range t.pulls {
		path := fmt.Sprintf("/pulls/%d/reviews", n)
		remark := func(k *giteaText) error {
			return visit(written{fmt.Sprintf("pulls/%d#issuecomment-%d", n, k.ID), k.User.Login, k.Updated, []byte(k.Body)})
		}
		err := t.each(ctx, path, func(k *giteaText) error {
			if err := remark(k); err != nil || k.Comments == 0 {
				return err
			}
			return t.each(ctx, fmt.Sprintf("%s/%d/comments", path, k.ID), remark)
		})
		if err != nil && !errors.Is(err, errOff) {
			return err
		}
	}
	return nil
}
