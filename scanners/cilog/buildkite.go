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

// buildkite lists builds with their jobs. Project is ORGANIZATION/PIPELINE.
type buildkite struct {
	*live
	org, pipeline string
	same          map[string]bool // SHA-1 of artifacts that were fetched
}

func newBuildkite(l *live) (service, error) {
	org, pipeline, err := two(l.Project, "ORGANIZATION/PIPELINE")
	if err != nil {
		return nil, err
	}
	l.bearer()
	return &buildkite{l, org, pipeline, map[string]bool{}}, nil
}

type buildkiteBuild struct {
	Number   int64     `json:"number"`
	Created  time.Time `json:"created_at"`
	WebURL   string    `json:"web_url"`
	Finished string    `json:"finished_at"`
	Jobs     []struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Name     string `json:"name"`
		Retries  int    `json:"retries_count"`
		Finished string `json:"finished_at"`
	} `json:"jobs"`
}

func (b *buildkite) logs(ctx context.Context, visit func(remote) error) error {
	path := fmt.Sprintf("v2/organizations/%s/pipelines/%s/builds", url.PathEscape(b.org), url.PathEscape(b.pipeline))
	if b.Run != "" {
		var one buildkiteBuild
		if _, err := b.client.json(ctx, b.client.at(path+"/"+url.PathEscape(b.Run), url.Values{"include_retried_jobs": {"true"}}), &one); err != nil {
			return asCall(err)
		}
		return b.build(ctx, path, one, visit)
	}
	q := url.Values{"per_page": {"100"}, "include_retried_jobs": {"true"}}
	if b.Branch != "" {
		q.Set("branch", b.Branch)
	}
	if !b.Since.IsZero() {
		q.Set("created_from", b.Since.UTC().Format(time.RFC3339))
	}
	return linkPages(ctx, b.client, path, q, func(one buildkiteBuild) error { return b.build(ctx, path, one, visit) })
}

// linkPages reads lists whose Link header (RFC 8288) says that there is a next page.
func linkPages[T any](ctx context.Context, c *client, path string, q url.Values, visit func(T) error) error {
	for page := 1; ; page++ {
		q.Set("page", strconv.Itoa(page))
		var list []T
		h, err := c.json(ctx, c.at(path, q), &list)
		if err != nil {
			return asCall(err)
		}
		for _, one := range list {
			if err := visit(one); err != nil {
				return err
			}
		}
		if len(list) == 0 || !strings.Contains(h.Get("Link"), `rel="next"`) {
			return nil
		}
	}
}

func (b *buildkite) build(ctx context.Context, path string, one buildkiteBuild, visit func(remote) error) error {
	for _, j := range one.Jobs {
		name := fmt.Sprintf("builds/%d/%s", one.Number, j.ID)
		switch {
		case j.Type != "script" || b.Workflow != "" && b.Workflow != j.Name:
			continue
		case j.Finished == "":
			b.cov().LeaveOut("run that is not finished", "run it again when it is", name)
			continue
		}
		err := visit(remote{
			key: "buildkite/" + b.Project + "/" + j.ID, name: name, when: one.Created,
			address: b.client.at(fmt.Sprintf("%s/%d/jobs/%s/log", path, one.Number, url.PathEscape(j.ID)), nil),
			about: leak.Log{
				Service: "buildkite", Repository: b.org, Workflow: b.pipeline, Job: j.Name, Attempt: j.Retries + 1,
				Run: strconv.FormatInt(one.Number, 10), RunURL: plainURL(one.WebURL),
			},
		})
		if err != nil {
			return err
		}
	}
	if !b.Artifacts {
		return nil
	}
	return b.past(b.artifacts(ctx, path, one, visit), "list of artifacts that the service does not have", fmt.Sprintf("builds/%d", one.Number))
}

// buildkiteArtifact is a file. https://buildkite.com/docs/apis/rest-api/artifacts
type buildkiteArtifact struct {
	ID    string `json:"id"`
	Job   string `json:"job_id"`
	State string `json:"state"`
	Path  string `json:"path"`
	SHA1  string `json:"sha1sum"`
}

func (b *buildkite) artifacts(ctx context.Context, path string, one buildkiteBuild, visit func(remote) error) error {
	jobs := map[string]string{}
	for _, j := range one.Jobs {
		jobs[j.ID] = j.Name
	}
	number := strconv.FormatInt(one.Number, 10)
	return linkPages(ctx, b.client, path+"/"+number+"/artifacts", url.Values{"per_page": {"100"}}, func(a buildkiteArtifact) error {
		job, known := jobs[a.Job]
		name := fmt.Sprintf("builds/%s/%s/artifacts/%s", number, a.Job, a.Path)
		switch {
		case b.Workflow != "" && known && b.Workflow != job:
			return nil
		case a.State == "expired" || a.State == "deleted":
			b.cov().LeaveOut("artifact that has expired", "", name)
			return nil
		case a.State != "finished":
			b.cov().LeaveOut("artifact that was not uploaded", "", name)
			return nil
		case a.SHA1 != "" && b.same[a.SHA1]:
			b.cov().LeaveOut("artifact that is the same as another", "", name)
			return nil
		}
		b.same[a.SHA1] = true
		return visit(remote{
			key: "buildkite/" + b.Project + "/artifact/" + a.ID, name: name, when: one.Created, archive: true,
			// What download_url says, without taking the service's word for the host.
			address: b.client.at(fmt.Sprintf("%s/%s/jobs/%s/artifacts/%s/download", path, number, url.PathEscape(a.Job), url.PathEscape(a.ID)), nil),
			about:   leak.Log{Service: "buildkite", Repository: b.org, Workflow: b.pipeline, Job: job, Run: number, RunURL: plainURL(one.WebURL)},
		})
	})
}
