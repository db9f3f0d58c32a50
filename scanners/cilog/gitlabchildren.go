package cilog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"strconv"
)

// newest lists the pipelines of a project, the newest first. The list has those that
// other ones started (child pipelines) only if it is asked for them alone:
//   - https://docs.gitlab.com/api/pipelines/#list-project-pipelines
//   - https://gitlab.com/gitlab-org/gitlab/-/merge_requests/149839
//
// So two lists are read at once.
func (g *gitLab) newest(ctx context.Context, visit func(remote) error) error {
	q := url.Values{"order_by": {"id"}, "sort": {"desc"}, "per_page": {"100"}}
	if g.Branch != "" {
		q.Set("ref", g.Branch)
	}
	children := maps.Clone(q)
	children.Set("source", "parent_pipeline")
	own, stop := iter.Pull2(g.list(ctx, q))
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
func (g *gitLab) list(ctx context.Context, q url.Values) iter.Seq2[gitLabPipeline, error] {
	return func(yield func(gitLabPipeline, error) bool) {
		enough := errors.New("enough")
		err := pages(ctx, g.client, g.path("pipelines"), q, func(p gitLabPipeline) error {
			if !yield(p, nil) {
				return enough
			}
			return nil
		})
		if err != nil && err != enough {
			yield(gitLabPipeline{}, err)
		}
	}
}

// one asks for a pipeline.
func (g *gitLab) one(ctx context.Context, id string) (p gitLabPipeline, err error) {
	if _, err := g.client.json(ctx, g.client.at(g.path("pipelines/"+url.PathEscape(id)), nil), &p); err != nil {
		return p, asCall(err)
	}
	return p, nil
}

// family lists a pipeline and those that it started in this project.
// https://docs.gitlab.com/api/jobs/#list-all-trigger-jobs-for-a-pipeline
func (g *gitLab) family(ctx context.Context, p gitLabPipeline, seen map[int64]bool, visit func(remote) error) error {
	const most = 1000
	if seen[p.ID] || len(seen) >= most {
		return nil
	}
	seen[p.ID] = true
	if err := g.pipeline(ctx, p, visit); err != nil {
		return err
	}
	type bridge struct {
		Name string `json:"name"`
		Down *struct {
			ID int64 `json:"id"`
		} `json:"downstream_pipeline"`
	}
	q := url.Values{"per_page": {"100"}}
	err := pages(ctx, g.client, g.path(fmt.Sprintf("pipelines/%d/bridges", p.ID)), q, func(b bridge) error {
		if b.Down == nil {
			return nil
		}
		child, err := g.one(ctx, strconv.FormatInt(b.Down.ID, 10))
		if err != nil {
			return g.past(err, "pipeline of another project that this one started", fmt.Sprintf("%s: pipeline %d", b.Name, b.Down.ID))
		}
		return g.family(ctx, child, seen, visit)
	})
	return g.past(err, "list of the pipelines that one started, which the service does not have", fmt.Sprintf("pipelines/%d", p.ID))
}
