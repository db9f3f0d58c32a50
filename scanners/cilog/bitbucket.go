package cilog

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// bitbucket lists pipelines and their steps. Project is WORKSPACE/REPOSITORY.
type bitbucket struct {
	*live
	path string
}

func newBitbucket(l *live) (service, error) {
	workspace, repo, err := two(l.Project, "WORKSPACE/REPOSITORY")
	if err != nil {
		return nil, err
	}
	if l.User != "" {
		l.basic(l.User)
	} else {
		l.bearer()
	}
	return &bitbucket{l, "2.0/repositories/" + url.PathEscape(workspace) + "/" + url.PathEscape(repo) + "/pipelines"}, nil
}

type bitbucketPipeline struct {
	UUID    string    `json:"uuid"`
	Number  int64     `json:"build_number"`
	Created time.Time `json:"created_on"`
	Target  struct {
		RefName  string `json:"ref_name"`
		Selector struct {
			Pattern string `json:"pattern"`
		} `json:"selector"`
	} `json:"target"`
}

type bitbucketStep struct {
	UUID  string `json:"uuid"`
	Name  string `json:"name"`
	State struct {
		Name string `json:"name"`
	} `json:"state"`
}

// numbered reads lists of which the number of the page is known, and whether
// there is a next one: its address is the service's word, and not needed.
func numbered[T any](ctx context.Context, c *client, path string, q url.Values, visit func(T) error) error {
	for page := 1; ; page++ {
		q.Set("page", strconv.Itoa(page))
		var list struct {
			Values []T    `json:"values"`
			Next   string `json:"next"`
			Size   int    `json:"size"`
			Length int    `json:"pagelen"`
		}
		if _, err := c.json(ctx, c.at(path, q), &list); err != nil {
			return asCall(err)
		}
		for _, one := range list.Values {
			if err := visit(one); err != nil {
				return err
			}
		}
		if len(list.Values) == 0 || list.Next == "" && page*list.Length >= list.Size {
			return nil
		}
	}
}

func (b *bitbucket) logs(ctx context.Context, visit func(remote) error) error {
	q := url.Values{"sort": {"-created_on"}, "pagelen": {"100"}}
	if b.Branch != "" {
		q.Set("target.branch", b.Branch)
	}
	return numbered(ctx, b.client, b.path+"/", q, func(p bitbucketPipeline) error {
		switch {
		case !b.Since.IsZero() && p.Created.Before(b.Since):
			return errStop
		case b.Run != "" && b.Run != strconv.FormatInt(p.Number, 10),
			b.Branch != "" && b.Branch != p.Target.RefName,
			b.Workflow != "" && b.Workflow != p.Target.Selector.Pattern:
			return nil
		}
		steps := b.path + "/" + url.PathEscape(p.UUID) + "/steps/"
		return numbered(ctx, b.client, steps, url.Values{"pagelen": {"100"}}, func(s bitbucketStep) error {
			name := fmt.Sprintf("pipelines/%d/%s", p.Number, strings.Trim(s.UUID, "{}"))
			if s.State.Name != "COMPLETED" {
				b.cov().LeaveOut("run that is not finished", "run it again when it is", name)
				return nil
			}
			return visit(remote{
				key: "bitbucket/" + b.Project + "/" + s.UUID, name: name, when: p.Created, address: b.client.at(steps+url.PathEscape(s.UUID)+"/log", nil),
				about: leak.Log{
					Service: "bitbucket", Repository: b.Project, Workflow: p.Target.Selector.Pattern, Step: s.Name, Run: strconv.FormatInt(p.Number, 10),
					RunURL: fmt.Sprintf("https://bitbucket.org/%s/pipelines/results/%d", b.Project, p.Number),
				},
			})
		})
	})
}

// hasNext reports whether a Link header (RFC 8288) leads to another page.
func hasNext(link string) bool { return strings.Contains(link, `rel="next"`) }
