package cilog

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/google/go-github/v92/github"

	"github.com/whosekey/whosekey/internal/githubapp"
	"github.com/whosekey/whosekey/leak"
)

// gitHub lists runs with the official client; logs and artifacts are redirects,
// which our own follows.
type gitHub struct {
	*live
	owner, repo string
	api         *github.Client
	digests     map[string]bool // of artifacts that were fetched
}

func newGitHub(l *live) (service, error) {
	owner, repo, err := two(l.Project, "OWNER/REPOSITORY")
	if err != nil {
		return nil, err
	}
	l.bearer()
	if l.App != nil {
		// The token can read the logs of this repository, and nothing else.
		want := githubapp.Want{Of: "repos/" + url.PathEscape(owner) + "/" + url.PathEscape(repo), Repositories: []string{repo}, Permissions: map[string]string{"actions": "read"}}
		l.client.token = func(ctx context.Context) (string, error) { return l.App.Token(ctx, l.client.base.String(), want) }
		l.client.renew = l.App.Refused
	}
	l.client.header.Set("X-GitHub-Api-Version", "2022-11-28")
	if l.Release != "" {
		l.client.accept, l.client.rights = "application/octet-stream", assetRights
	}
	base := l.client.base.String()
	// Limits are waited for by the client below, which knows them.
	api, err := github.NewClient(github.WithTransport(l.client), github.WithURLs(&base, nil), github.WithDisableRateLimitCheck())
	if err != nil {
		return nil, err
	}
	return &gitHub{live: l, owner: owner, repo: repo, api: api, digests: map[string]bool{}}, nil
}

func (g *gitHub) logs(ctx context.Context, visit func(remote) error) error {
	if g.Release != "" {
		return g.assets(ctx, visit)
	}
	err := g.runs(ctx, visit)
	if !g.Artifacts || g.Run != "" || err != nil && !errors.Is(err, errStop) {
		return err
	}
	return g.caches(ctx)
}

// caches counts what workflows keep between runs: GitHub says that it is there, and
// gives it to jobs alone.
// https://docs.github.com/en/rest/actions/cache#list-github-actions-caches-for-a-repository
func (g *gitHub) caches(ctx context.Context) error {
	opts := &github.ActionsCacheListOptions{ListOptions: github.ListOptions{PerPage: 100}}
	for {
		list, resp, err := g.api.Actions.ListCaches(ctx, g.owner, g.repo, opts)
		if err != nil || list == nil {
			err = g.explain(resp, err)
			if ctx.Err() != nil || errors.As(err, new(*brokenError)) {
				return err
			}
			g.cov().Skip("list of caches that the service did not give", "look at the token: it needs Actions: read (a classic token: the scope repo)", err.Error())
			return nil
		}
		for _, c := range list.ActionsCaches {
			g.cov().LeaveOut("cache: GitHub gives it to jobs alone", "restore it in a job, and search it with whosekey dir", c.GetKey()+" of "+c.GetRef())
		}
		if resp.NextPage == 0 {
			return nil
		}
		opts.Page = resp.NextPage
	}
}

func (g *gitHub) runs(ctx context.Context, visit func(remote) error) error {
	if g.Run != "" {
		id, err := strconv.ParseInt(g.Run, 10, 64)
		if err != nil {
			return fmt.Errorf("--run %q: it is the number in the address of the run's page", g.Run)
		}
		run, resp, err := g.api.Actions.GetWorkflowRunByID(ctx, g.owner, g.repo, id)
		if err != nil || run == nil {
			return g.explain(resp, err)
		}
		return g.run(ctx, run, visit)
	}
	created := ""
	if !g.Since.IsZero() {
		created = ">=" + g.Since.UTC().Format(time.RFC3339)
	}
	for {
		last, more, err := g.pages(ctx, created, visit)
		if err != nil || !more || last.IsZero() {
			return err
		}
		from := "*"
		if !g.Since.IsZero() {
			from = g.Since.UTC().Format(time.RFC3339)
		}
		// GitHub gives 1,000 runs for one question; the next is for older ones.
		if next := from + ".." + last.UTC().Format(time.RFC3339); next != created {
			created = next
			continue
		}
		return nil
	}
}

// pages lists runs, and says when the last one was made, and whether there may be
// more than GitHub gives.
func (g *gitHub) pages(ctx context.Context, created string, visit func(remote) error) (last time.Time, more bool, err error) {
	opts := &github.ListWorkflowRunsOptions{Branch: g.Branch, Created: created, ListOptions: github.ListOptions{PerPage: 100}}
	n := 0
	for {
		runs, resp, err := g.list(ctx, opts)
		if err != nil || runs == nil {
			return last, false, g.explain(resp, err)
		}
		for _, r := range runs.WorkflowRuns {
			n++
			last = r.GetCreatedAt().Time
			if err := g.run(ctx, r, visit); err != nil {
				return last, false, err
			}
		}
		if resp.NextPage == 0 {
			return last, n >= 1000, nil
		}
		opts.Page = resp.NextPage
	}
}

func (g *gitHub) list(ctx context.Context, opts *github.ListWorkflowRunsOptions) (*github.WorkflowRuns, *github.Response, error) {
	if g.Workflow != "" {
		return g.api.Actions.ListWorkflowRunsByFileName(ctx, g.owner, g.repo, url.PathEscape(g.Workflow), opts)
	}
	return g.api.Actions.ListRepositoryWorkflowRuns(ctx, g.owner, g.repo, opts)
}

// errNothing is what explain makes of an answer that is empty, which the official client
// takes for one.
var errNothing = errors.New("the service gives an empty answer")

// explain makes of an error one that says which permission is missing.
func (g *gitHub) explain(resp *github.Response, err error) error {
	if err == nil {
		err = errNothing
	}
	if resp != nil && resp.Response != nil && resp.StatusCode >= 400 {
		return g.client.refused(resp.Request.URL, resp.Response)
	}
	return &callError{g.client.failed(g.client.base, err)}
}

// run lists the logs of a run, the last attempt first, and its artifacts.
func (g *gitHub) run(ctx context.Context, r *github.WorkflowRun, visit func(remote) error) error {
	id := strconv.FormatInt(r.GetID(), 10)
	if r.GetStatus() != "completed" {
		g.cov().LeaveOut("run that is not finished", "run it again when it is", id)
		return nil
	}
	about := leak.Log{
		Service: "github", Repository: g.Project, Workflow: r.GetName(), Run: id, RunURL: plainURL(r.GetHTMLURL()),
	}
	path := fmt.Sprintf("repos/%s/%s/actions/runs/%s", url.PathEscape(g.owner), url.PathEscape(g.repo), id)
	for n := max(1, r.GetRunAttempt()); n >= 1; n-- {
		about.Attempt = n
		of := about
		err := visit(remote{
			key: fmt.Sprintf("github/%s/%s/%d", g.Project, id, n), about: about, when: r.GetCreatedAt().Time,
			address: g.client.at(fmt.Sprintf("%s/attempts/%d/logs", path, n), nil), name: fmt.Sprintf("runs/%s/attempts/%d", id, n),
			absent: func(ctx context.Context, file string) ([]remote, error) { return g.absent(ctx, r.GetID(), of, file) },
		})
		if err != nil {
			return err
		}
	}
	if !g.Artifacts {
		return nil
	}
	about.Attempt = 0
	return g.past(g.artifacts(ctx, r, about, visit), "list of artifacts that the service does not have", "runs/"+id)
}

func (g *gitHub) artifacts(ctx context.Context, r *github.WorkflowRun, about leak.Log, visit func(remote) error) error {
	opts := &github.ListOptions{PerPage: 100}
	for {
		list, resp, err := g.api.Actions.ListWorkflowRunArtifacts(ctx, g.owner, g.repo, r.GetID(), opts)
		if err != nil || list == nil {
			return g.explain(resp, err)
		}
		for _, a := range list.Artifacts {
			name := fmt.Sprintf("runs/%d/artifacts/%s", r.GetID(), a.GetName())
			if a.GetExpired() {
				g.cov().LeaveOut("artifact that has expired", "", name)
				continue
			}
			if d := a.GetDigest(); d != "" {
				if g.digests[d] {
					g.cov().LeaveOut("artifact that is the same as another", "", name)
					continue
				}
				g.digests[d] = true
			}
			err := visit(remote{
				key: fmt.Sprintf("github/%s/artifact/%d", g.Project, a.GetID()), about: about, when: r.GetCreatedAt().Time, name: name, archive: true,
				address: g.client.at(fmt.Sprintf("repos/%s/%s/actions/artifacts/%d/zip", url.PathEscape(g.owner), url.PathEscape(g.repo), a.GetID()), nil),
			})
			if err != nil {
				return err
			}
		}
		if resp.NextPage == 0 {
			return nil
		}
		opts.Page = resp.NextPage
	}
}
