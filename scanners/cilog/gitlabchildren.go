package cilog

import (
	"context"
	"errors"
	"fmt"
	"iter"

	gitlabapi "gitlab.com/gitlab-org/api/client-go"
)

// newest lists the pipelines of a project, the newest first. The list has those that
// other ones started (child pipelines) only if it is asked for them alone:
//   - https://docs.gitlab.com/api/pipelines/#list-project-pipelines
//   - https://gitlab.com/gitlab-org/gitlab/-/merge_requests/149839
//
// So two lists are read at once.
func (g *gitLab) newest(ctx context.Context, visit func(remote) error) error {
	id, desc, parent := "id", "desc", string(gitlabapi.PipelineSourceParentPipeline)
	of := gitlabapi.ListProjectPipelinesOptions{OrderBy: &id, Sort: &desc}
	if g.Branch != "" {
		of.Ref = &g.Branch
	}
	children := of
	children.Source = &parent
	own, stop := iter.Pull2(g.list(ctx, of))
	defer stop()
	started, stop := iter.Pull2(g.list(ctx, children))
	defer stop()
	a, err, more := own()
	if err != nil {
		return err
	}
	b, errB, moreB := started()
	for more || moreB {
		if err == nil {
			err = errB
		}
		if err != nil { // mostly both say the same
			return err
		}
		one := a
		if !more || moreB && b.ID > a.ID {
			one = b
		}
		if err := g.pipeline(ctx, one, visit); err != nil {
			return err
		}
		if more && a.ID == one.ID {
			a, err, more = own()
		}
		if moreB && b.ID == one.ID { // an old server has it in both
			b, errB, moreB = started()
		}
	}
	return nil
}

// list is one of pipelines. What comes with an error is the last.
func (g *gitLab) list(ctx context.Context, of gitlabapi.ListProjectPipelinesOptions) iter.Seq2[*gitlabapi.PipelineInfo, error] {
	return func(yield func(*gitlabapi.PipelineInfo, error) bool) {
		enough := errors.New("enough")
		err := pages(g, func(page gitlabapi.ListOptions) ([]*gitlabapi.PipelineInfo, *gitlabapi.Response, error) {
			of.ListOptions = page
			return g.api.Pipelines.ListProjectPipelines(g.Project, &of, gitlabapi.WithContext(ctx))
		}, func(p *gitlabapi.PipelineInfo) error {
			if !yield(p, nil) {
				return enough
			}
			return nil
		})
		if err != nil && err != enough {
			yield(nil, err)
		}
	}
}

// one asks for a pipeline.
func (g *gitLab) one(ctx context.Context, id int64) (*gitlabapi.PipelineInfo, error) {
	p, resp, err := g.api.Pipelines.GetPipeline(g.Project, id, gitlabapi.WithContext(ctx))
	if err != nil {
		return nil, g.explain(resp, err)
	}
	return &gitlabapi.PipelineInfo{ID: p.ID, Name: p.Name, CreatedAt: p.CreatedAt}, nil
}

// family lists a pipeline and those that it started in this project.
// https://docs.gitlab.com/api/jobs/#list-all-trigger-jobs-for-a-pipeline
func (g *gitLab) family(ctx context.Context, p *gitlabapi.PipelineInfo, seen map[int64]bool, visit func(remote) error) error {
	const most = 1000
	if seen[p.ID] || len(seen) >= most {
		return nil
	}
	seen[p.ID] = true
	if err := g.pipeline(ctx, p, visit); err != nil {
		return err
	}
	err := pages(g, func(page gitlabapi.ListOptions) ([]*gitlabapi.Bridge, *gitlabapi.Response, error) {
		return g.api.Jobs.ListPipelineBridges(g.Project, p.ID, &gitlabapi.ListJobsOptions{ListOptions: page}, gitlabapi.WithContext(ctx))
	}, func(b *gitlabapi.Bridge) error {
		if b.DownstreamPipeline == nil {
			return nil
		}
		child, err := g.one(ctx, b.DownstreamPipeline.ID)
		if err != nil {
			return g.past(err, "pipeline of another project that this one started", fmt.Sprintf("%s: pipeline %d", b.Name, b.DownstreamPipeline.ID))
		}
		return g.family(ctx, child, seen, visit)
	})
	return g.past(err, "list of the pipelines that one started, which the service does not have", fmt.Sprintf("pipelines/%d", p.ID))
}
