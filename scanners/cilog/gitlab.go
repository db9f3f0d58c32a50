package cilog

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// gitLab asks its REST API by itself: docs/adr/0018 says why, and what of that is open.
type gitLab struct{ *live }

func newGitLab(l *live) (service, error) {
	if l.Token != "" {
		l.client.header.Set("PRIVATE-TOKEN", l.Token)
	}
	return &gitLab{l}, nil
}

func (g *gitLab) path(rest string) string {
	return "api/v4/projects/" + url.PathEscape(g.Project) + "/" + rest
}

type gitLabPipeline struct {
	ID      int64     `json:"id"`
	Status  string    `json:"status"`
	Created time.Time `json:"created_at"`
	WebURL  string    `json:"web_url"`
	Name    string    `json:"name"`
}

type gitLabJob struct {
	ID       int64      `json:"id"`
	Name     string     `json:"name"`
	Stage    string     `json:"stage"`
	Status   string     `json:"status"`
	WebURL   string     `json:"web_url"`
	Finished *time.Time `json:"finished_at"`
	Erased   *time.Time `json:"erased_at"`
	Runner   *struct {
		Description string `json:"description"`
	} `json:"runner"`
	Artifacts *struct {
		Filename string `json:"filename"`
	} `json:"artifacts_file"`
}

func (g *gitLab) logs(ctx context.Context, visit func(remote) error) error {
	if g.Run != "" {
		p, err := g.one(ctx, g.Run)
		if err != nil {
			return err
		}
		return g.family(ctx, p, map[int64]bool{}, visit)
	}
	return g.newest(ctx, visit)
}

// pages reads lists whose header says what page is next.
func pages[T any](ctx context.Context, c *client, path string, q url.Values, visit func(T) error) error {
	for page := "1"; page != ""; {
		q.Set("page", page)
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
		next := h.Get("X-Next-Page")
		if n, err := strconv.Atoi(next); next != "" && (err != nil || strconv.Itoa(n) == page) {
			return nil
		}
		page = next
	}
	return nil
}

// asCall marks an error as one of asking.
func asCall(err error) error { return &callError{err} }

func (g *gitLab) pipeline(ctx context.Context, p gitLabPipeline, visit func(remote) error) error {
	if !g.Since.IsZero() && p.Created.Before(g.Since) {
		return errStop
	}
	q := url.Values{"include_retried": {"true"}, "per_page": {"100"}}
	err := pages(ctx, g.client, g.path(fmt.Sprintf("pipelines/%d/jobs", p.ID)), q, func(j gitLabJob) error {
		if g.Workflow != "" && g.Workflow != j.Name {
			return nil
		}
		name := fmt.Sprintf("jobs/%d", j.ID)
		switch {
		case j.Erased != nil:
			g.cov().LeaveOut(deleted, "", name)
			return nil
		case j.Finished == nil:
			if j.Status == "running" || j.Status == "pending" || j.Status == "created" {
				g.cov().LeaveOut("run that is not finished", "run it again when it is", name)
			}
			return nil // skipped and manual jobs have no log
		}
		about := leak.Log{
			Service: "gitlab", Repository: g.Project, Workflow: p.Name, Job: j.Name, Run: strconv.FormatInt(p.ID, 10), RunURL: plainURL(j.WebURL),
		}
		if err := visit(remote{
			key: fmt.Sprintf("gitlab/%s/%d", g.Project, j.ID), about: about, name: name, address: g.client.at(g.path(name+"/trace"), nil),
		}); err != nil || !g.Artifacts || j.Artifacts == nil {
			return err
		}
		return visit(remote{
			key: fmt.Sprintf("gitlab/%s/%d/artifacts", g.Project, j.ID), about: about, name: name + "/artifacts", archive: true,
			address: g.client.at(g.path(name+"/artifacts"), nil),
		})
	})
	return g.past(err, "pipeline that the service has deleted", fmt.Sprintf("pipelines/%d", p.ID))
}
