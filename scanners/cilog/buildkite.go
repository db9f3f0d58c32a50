package cilog

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// buildkite lists builds with their jobs. Project is ORGANIZATION/PIPELINE.
type buildkite struct {
	*live
	org, pipeline string
}

func newBuildkite(l *live) (service, error) {
	org, pipeline, err := two(l.Project, "ORGANIZATION/PIPELINE")
	if err != nil {
		return nil, err
	}
	l.bearer()
	return &buildkite{l, org, pipeline}, nil
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
		return b.build(path, one, visit)
	}
	const size = 100
	q := url.Values{"per_page": {strconv.Itoa(size)}, "include_retried_jobs": {"true"}}
	if b.Branch != "" {
		q.Set("branch", b.Branch)
	}
	if !b.Since.IsZero() {
		q.Set("created_from", b.Since.UTC().Format(time.RFC3339))
	}
	for page := 1; ; page++ {
		q.Set("page", strconv.Itoa(page))
		var list []buildkiteBuild
		h, err := b.client.json(ctx, b.client.at(path, q), &list)
		if err != nil {
			return asCall(err)
		}
		for _, one := range list {
			if err := b.build(path, one, visit); err != nil {
				return err
			}
		}
		if len(list) == 0 || !hasNext(h.Get("Link")) {
			return nil
		}
	}
}

func (b *buildkite) build(path string, one buildkiteBuild, visit func(remote) error) error {
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
	return nil
}
