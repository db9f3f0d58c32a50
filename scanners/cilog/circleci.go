package cilog

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// circleCI lists pipelines, workflows and jobs with version 2 of the API, and
// the outputs of a job's steps with 1.1, as 2 has none. Project is a slug:
// gh/acme/api.
type circleCI struct{ *live }

func newCircleCI(l *live) (service, error) {
	if l.Token != "" {
		l.client.header.Set("Circle-Token", l.Token)
	}
	return &circleCI{l}, nil
}

// slug is the project as a part of a path.
func (c *circleCI) slug() string { return (&url.URL{Path: c.Project}).EscapedPath() }

// tokenPages reads lists that say which token leads to the next page.
func tokenPages[T any](ctx context.Context, c *client, path string, q url.Values, visit func(T) error) error {
	for {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next_page_token"`
		}
		if _, err := c.json(ctx, c.at(path, q), &page); err != nil {
			return asCall(err)
		}
		for _, one := range page.Items {
			if err := visit(one); err != nil {
				return err
			}
		}
		if page.Next == "" || page.Next == q.Get("page-token") {
			return nil
		}
		q.Set("page-token", page.Next)
	}
}

type circlePipeline struct {
	ID      string    `json:"id"`
	Number  int64     `json:"number"`
	Created time.Time `json:"created_at"`
}

type circleWorkflow struct {
	ID, Name, Status string
}

type circleJob struct {
	Number int64  `json:"job_number"`
	Name   string `json:"name"`
	Status string `json:"status"`
}

type circleArtifact struct {
	Path string `json:"path"`
	Node int    `json:"node_index"`
	URL  string `json:"url"`
}

func (c *circleCI) logs(ctx context.Context, visit func(remote) error) error {
	q := url.Values{}
	if c.Branch != "" {
		q.Set("branch", c.Branch)
	}
	return tokenPages(ctx, c.client, "api/v2/project/"+c.slug()+"/pipeline", q, func(p circlePipeline) error {
		if !c.Since.IsZero() && p.Created.Before(c.Since) {
			return errStop
		}
		if c.Run != "" && c.Run != strconv.FormatInt(p.Number, 10) && c.Run != p.ID {
			return nil
		}
		err := tokenPages(ctx, c.client, "api/v2/pipeline/"+url.PathEscape(p.ID)+"/workflow", url.Values{}, func(w circleWorkflow) error {
			if c.Workflow != "" && c.Workflow != w.Name {
				return nil
			}
			err := tokenPages(ctx, c.client, "api/v2/workflow/"+url.PathEscape(w.ID)+"/job", url.Values{}, func(j circleJob) error {
				return c.job(ctx, p, w, j, visit)
			})
			return c.unknown(err, fmt.Sprintf("pipelines/%d/%s", p.Number, w.Name))
		})
		return c.unknown(err, fmt.Sprintf("pipelines/%d", p.Number))
	})
}

// unknown counts what CircleCI lists and then does not know: older runs are still read.
func (c *circleCI) unknown(err error, name string) error {
	if !gone(err) {
		return err
	}
	c.cov().Skip("job that CircleCI lists and does not show", "look at its page: it may be gone, or not for this token", name)
	return nil
}

func (c *circleCI) job(ctx context.Context, p circlePipeline, w circleWorkflow, j circleJob, visit func(remote) error) error {
	name := fmt.Sprintf("pipelines/%d/%s/%s", p.Number, w.Name, j.Name)
	switch j.Status {
	case "running", "queued", "on_hold", "not_running":
		c.cov().LeaveOut("run that is not finished", "run it again when it is", name)
		return nil
	}
	if j.Number == 0 { // an approval
		return nil
	}
	var build struct {
		URL   string `json:"build_url"`
		Steps []struct {
			Name    string `json:"name"`
			Actions []struct {
				Index  int    `json:"index"`
				Output string `json:"output_url"`
			} `json:"actions"`
		} `json:"steps"`
	}
	if _, err := c.client.json(ctx, c.client.at(fmt.Sprintf("api/v1.1/project/%s/%d", c.slug(), j.Number), nil), &build); err != nil {
		return c.unknown(asCall(err), name)
	}
	for i, step := range build.Steps {
		for _, a := range step.Actions {
			if a.Output == "" {
				continue // it printed nothing
			}
			err := visit(remote{
				key: fmt.Sprintf("circleci/%s/%d/%d/%d", c.Project, j.Number, i, a.Index), when: p.Created, address: a.Output,
				name: fmt.Sprintf("%s/%d_%s.%d", name, i, step.Name, a.Index),
				about: leak.Log{
					Service: "circleci", Repository: c.Project, Workflow: w.Name, Job: j.Name, Step: step.Name,
					Run: strconv.FormatInt(p.Number, 10), RunURL: plainURL(build.URL),
				},
			})
			if err != nil {
				return err
			}
		}
	}
	if !c.Artifacts {
		return nil
	}
	about := leak.Log{
		Service: "circleci", Repository: c.Project, Workflow: w.Name, Job: j.Name, Run: strconv.FormatInt(p.Number, 10), RunURL: plainURL(build.URL),
	}
	path := fmt.Sprintf("api/v2/project/%s/%d/artifacts", c.slug(), j.Number)
	err := tokenPages(ctx, c.client, path, url.Values{}, func(a circleArtifact) error {
		return visit(remote{
			key: fmt.Sprintf("circleci/%s/%d/artifact/%d/%s", c.Project, j.Number, a.Node, a.Path), when: p.Created, address: a.URL, archive: true,
			name: fmt.Sprintf("%s/artifacts/%d/%s", name, a.Node, a.Path), about: about,
		})
	})
	return c.unknown(err, name+"/artifacts")
}
