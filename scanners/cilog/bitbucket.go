package cilog

import (
	"context"
	"errors"
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
	repo string // path of the repository
	path string // of its pipelines
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
	path := "2.0/repositories/" + url.PathEscape(workspace) + "/" + url.PathEscape(repo)
	return &bitbucket{l, path, path + "/pipelines"}, nil
}

type bitbucketPipeline struct {
	UUID    string    `json:"uuid"`
	Number  int64     `json:"build_number"`
	Created time.Time `json:"created_on"`
	Target  struct {
		RefName  string `json:"ref_name"`
		Source   string `json:"source"` // of a pull request
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
	err := b.pipelines(ctx, visit)
	if !b.Artifacts || err != nil && !errors.Is(err, errStop) {
		return err
	}
	b.cov().LeaveOut("artifacts of pipelines: Bitbucket's API has none (BCLOUD-19330)", "have the pipeline put them into the downloads of the repository, which are searched", b.Project)
	if b.Run != "" {
		return nil
	}
	return b.downloads(ctx, visit)
}

type bitbucketDownload struct {
	Name    string    `json:"name"`
	Created time.Time `json:"created_on"`
}

// downloads lists the files of the repository that pipelines keep what they made in.
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-downloads/
func (b *bitbucket) downloads(ctx context.Context, visit func(remote) error) error {
	return numbered(ctx, b.client, b.repo+"/downloads", url.Values{"pagelen": {"100"}}, func(d bitbucketDownload) error {
		if d.Created.Before(b.Since) {
			return nil
		}
		return visit(remote{
			key: fmt.Sprintf("bitbucket/%s/download/%s/%d", b.Project, d.Name, d.Created.Unix()), name: "downloads/" + d.Name, when: d.Created, archive: true,
			address: b.client.at(b.repo+"/downloads/"+url.PathEscape(d.Name), nil), about: leak.Log{Service: "bitbucket", Repository: b.Project},
		})
	})
}

func (b *bitbucket) pipelines(ctx context.Context, visit func(remote) error) error {
	// The branch is compared here: a list that is asked for with target.branch may lack
	// the pipelines of pull requests from it. Nothing says that it has them.
	q := url.Values{"sort": {"-created_on"}, "pagelen": {"100"}}
	return numbered(ctx, b.client, b.path+"/", q, func(p bitbucketPipeline) error {
		switch {
		case !b.Since.IsZero() && p.Created.Before(b.Since):
			return errStop
		case b.Run != "" && b.Run != strconv.FormatInt(p.Number, 10),
			b.Branch != "" && b.Branch != p.Target.RefName && b.Branch != p.Target.Source,
			b.Workflow != "" && b.Workflow != p.Target.Selector.Pattern:
			return nil
		}
		steps := b.path + "/" + url.PathEscape(p.UUID) + "/steps/"
		err := numbered(ctx, b.client, steps, url.Values{"pagelen": {"100"}}, func(s bitbucketStep) error {
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
		return b.past(err, "pipeline that the service has deleted", fmt.Sprintf("pipelines/%d", p.Number))
	})
}
