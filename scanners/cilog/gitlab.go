package cilog

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	gitlabapi "gitlab.com/gitlab-org/api/client-go"

	"github.com/whosekey/whosekey/leak"
)

// gitLab asks with the official client, over transports of ours: docs/adr/0018.
type gitLab struct {
	*live
	api   *gitlabapi.Client // for lists
	files *gitlabapi.Client // for traces and artifacts, which may be of any length
}

func newGitLab(l *live) (service, error) {
	if l.Token != "" {
		l.client.header.Set("PRIVATE-TOKEN", l.Token)
	}
	g := &gitLab{live: l}
	var err error
	if g.api, err = g.official(answers{l.client}); err != nil {
		return nil, err
	}
	g.files, err = g.official(streams{l.client})
	return g, err
}

func (g *gitLab) path(rest string) string {
	return "projects/" + url.PathEscape(g.Project) + "/" + rest
}

func (g *gitLab) logs(ctx context.Context, visit func(remote) error) error {
	if g.Run != "" {
		id, err := strconv.ParseInt(g.Run, 10, 64)
		if err != nil {
			return fmt.Errorf("--run %q: it is the number in the address of the pipeline's page", g.Run)
		}
		p, err := g.one(ctx, id)
		if err != nil {
			return err
		}
		return g.family(ctx, p, map[int64]bool{}, visit)
	}
	return g.newest(ctx, visit)
}

// asCall marks an error as one of asking.
func asCall(err error) error { return &callError{err} }

func (g *gitLab) pipeline(ctx context.Context, p *gitlabapi.PipelineInfo, visit func(remote) error) error {
	if !g.Since.IsZero() && p.CreatedAt != nil && p.CreatedAt.Before(g.Since) {
		return errStop
	}
	retried := true
	err := pages(g, func(page gitlabapi.ListOptions) ([]*gitlabapi.Job, *gitlabapi.Response, error) {
		o := &gitlabapi.ListJobsOptions{ListOptions: page, IncludeRetried: &retried}
		return g.api.Jobs.ListPipelineJobs(g.Project, p.ID, o, gitlabapi.WithContext(ctx))
	}, func(j *gitlabapi.Job) error { return g.job(p, j, visit) })
	return g.past(err, "pipeline that the service has deleted", fmt.Sprintf("pipelines/%d", p.ID))
}

// job lists the log of a job, and what it kept.
func (g *gitLab) job(p *gitlabapi.PipelineInfo, j *gitlabapi.Job, visit func(remote) error) error {
	if g.Workflow != "" && g.Workflow != j.Name {
		return nil
	}
	name := fmt.Sprintf("jobs/%d", j.ID)
	switch {
	case j.ErasedAt != nil:
		g.cov().LeaveOut(deleted, "", name)
		return nil
	case j.FinishedAt == nil:
		switch j.Status {
		case "", "skipped", "manual", "canceled": // have no log
		default:
			g.cov().LeaveOut("run that is not finished", "run it again when it is", name)
		}
		return nil
	}
	about := leak.Log{
		Service: "gitlab", Repository: g.Project, Workflow: p.Name, Job: j.Name, Run: strconv.FormatInt(p.ID, 10), RunURL: plainURL(j.WebURL),
	}
	err := visit(remote{
		key: fmt.Sprintf("gitlab/%s/%d", g.Project, j.ID), about: about, name: name, give: g.file(name + "/trace"),
	})
	if err != nil || !g.Artifacts || j.ArtifactsFile.Filename == "" {
		return err
	}
	return visit(remote{
		key: fmt.Sprintf("gitlab/%s/%d/artifacts", g.Project, j.ID), about: about, name: name + "/artifacts", archive: true,
		give: g.file(name + "/artifacts"),
	})
}
