package sweep

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/store"
)

func trimGit(address string) string { return strings.TrimSuffix(address, ".git") }

// newRest makes what the two forges have in common.
func newRest(kind, tail string, logins *Logins, header func(*http.Request, string)) (*rest, *url.URL, error) {
	f, err := parseForge(kind, tail)
	if err != nil {
		return nil, nil, err
	}
	base, err := f.base()
	if err != nil {
		return nil, nil, err
	}
	token := logins.forge(f, base, "")
	p := newPolite(base, func(ctx context.Context, req *http.Request) error {
		secret, err := token(ctx)
		if err == nil && secret != "" {
			header(req, secret)
		}
		return err
	}, logins.Answers)
	p.sleep = logins.sleeper()
	return &rest{f, &http.Client{Transport: p}, logins}, base, nil
}

// gitLab lists the projects of a group and its subgroups, or of a user.
type gitLab struct {
	*rest
	base  *url.URL
	known map[string]*store.Repository // by name, as the last listing left them
}

func (g *gitLab) remember(known map[string]*store.Repository) { g.known = known }

func newGitLab(tail string, logins *Logins) (Source, error) {
	r, base, err := newRest("gitlab", tail, logins, func(req *http.Request, token string) { req.Header.Set("PRIVATE-TOKEN", token) })
	return &gitLab{rest: r, base: base}, err
}

// gitLabProject is what the API says of a project.
type gitLabProject struct {
	ID         int64     `json:"id"`
	Path       string    `json:"path_with_namespace"`
	Address    string    `json:"http_url_to_repo"`
	Branch     string    `json:"default_branch"`
	Visibility string    `json:"visibility"`
	Archived   bool      `json:"archived"`
	Empty      bool      `json:"empty_repo"`
	ForkOf     *struct{} `json:"forked_from_project"`
	Active     time.Time `json:"last_activity_at"`
	Wiki       bool      `json:"wiki_enabled"`
}

// settled is how old an activity must be to be the last: GitLab writes it down once
// an hour at most.
const settled = 2 * time.Hour

// weekOf names the week in which the refs of a project were asked for, whatever its last
// activity: GitLab does not always write down that a tag was pushed or made there
// (https://gitlab.com/gitlab-org/gitlab/-/issues/581897 and 505462). Weeks of projects
// begin on different days, so that a seventh of them is asked a day.
func weekOf(id int64, now time.Time) string {
	const day = 24 * 60 * 60
	return "week " + strconv.FormatInt((now.Unix()/day+id%7)/7, 10)
}

// List implements Source.
func (g *gitLab) List(ctx context.Context, visit func([]*store.Repository) error) error {
	kind := map[string]string{"group": "groups", "user": "users"}[g.What]
	if kind == "" {
		return &Never{fmt.Errorf("gitlab: %q is neither group nor user", g.What)}
	}
	q := url.Values{"per_page": {"100"}, "order_by": {"id"}, "sort": {"asc"}, "pagination": {"keyset"}}
	if g.What == "group" {
		q.Set("include_subgroups", "true")
	}
	next := fmt.Sprintf("%s/api/v4/%s/%s/projects?%s", g.base, kind, url.PathEscape(g.Name), q.Encode())
	projects := map[string]*store.Repository{}
	for next != "" {
		var ps []gitLabProject
		var err error
		if next, err = g.get(ctx, next, &ps); err != nil {
			return err
		}
		g.told += len(ps)
		rs, err := g.convert(ctx, ps)
		if err != nil {
			return err
		}
		if err := visit(rs); err != nil {
			return err
		}
		for _, r := range rs {
			projects[r.Native] = r
		}
	}
	if !g.Choice.Images {
		return nil
	}
	return g.images(ctx, projects, visit)
}

// convert makes repositories of projects. Of those with a recent activity the server
// is asked for the refs, and of all others once a week.
func (g *gitLab) convert(ctx context.Context, ps []gitLabProject) ([]*store.Repository, error) {
	var out, wikis []*store.Repository
	for _, p := range ps {
		r := &store.Repository{
			Name: p.Path, Address: p.Address, Native: strconv.FormatInt(p.ID, 10), Branch: p.Branch, Exposure: p.Visibility, Archived: p.Archived, Fork: p.ForkOf != nil,
		}
		if time.Since(p.Active) > settled {
			r.Pushed, r.Stat = p.Active.UTC().Format(time.RFC3339), weekOf(p.ID, time.Now())
		}
		if g.take(r, "repository") {
			out = append(out, r)
			if g.Choice.Wikis && p.Wiki {
				wikis = append(wikis, wikiOf(r))
			}
		}
	}
	out, err := sameHost(g.base, out)
	if err != nil {
		return nil, err
	}
	if wikis, err = sameHost(g.base, wikis); err != nil {
		return nil, err
	}
	wait, ask := errgroup.WithContext(ctx)
	wait.SetLimit(asks)
	for _, r := range out {
		if r.Pushed == "" {
			wait.Go(func() error {
				r.Refs = g.logins.watermark(ask, g.Spec(), r.Address)
				return ask.Err()
			})
		} else if k := g.known[r.Name]; k != nil && k.Stat != r.Stat && k.Searched == r.Pushed {
			wait.Go(func() error {
				g.weekly(ask, k, r)
				return ask.Err()
			})
		}
	}
	return append(out, wikis...), wait.Wait()
}

// weekly looks whether a project has other refs than were searched, though there was no
// activity. If the server does not say, the next listing asks it.
func (g *gitLab) weekly(ctx context.Context, k, r *store.Repository) {
	switch refs := g.logins.watermark(ctx, g.Spec(), r.Address); refs {
	case k.Refs:
	case unknownRefs:
		r.Stat = k.Stat
	default:
		r.Pushed, r.Refs = "", refs
	}
}

// gitea lists the repositories of an organisation or user on Gitea or Forgejo.
type gitea struct {
	*rest
	base *url.URL
}

func newGitea(tail string, logins *Logins) (Source, error) {
	r, base, err := newRest("gitea", tail, logins, func(req *http.Request, token string) { req.Header.Set("Authorization", "token "+token) })
	return &gitea{r, base}, err
}

// giteaRepository is what the API says of a repository.
type giteaRepository struct {
	ID       int64     `json:"id"`
	Name     string    `json:"full_name"`
	Address  string    `json:"clone_url"`
	Branch   string    `json:"default_branch"`
	Private  bool      `json:"private"`
	Internal bool      `json:"internal"`
	Archived bool      `json:"archived"`
	Fork     bool      `json:"fork"`
	Updated  time.Time `json:"updated_at"`
	Wiki     bool      `json:"has_wiki"`
}

// List implements Source.
func (g *gitea) List(ctx context.Context, visit func([]*store.Repository) error) error {
	kind := map[string]string{"org": "orgs", "user": "users"}[g.What]
	if kind == "" {
		return &Never{fmt.Errorf("gitea: %q is neither org nor user", g.What)}
	}
	next := fmt.Sprintf("%s/api/v1/%s/%s/repos?limit=50", g.base, kind, url.PathEscape(g.Name))
	for next != "" {
		var rs []giteaRepository
		var err error
		if next, err = g.get(ctx, next, &rs); err != nil {
			return err
		}
		g.told += len(rs)
		var out []*store.Repository
		for _, r := range rs {
			k := &store.Repository{
				Name: r.Name, Address: r.Address, Native: strconv.FormatInt(r.ID, 10), Branch: r.Branch, Exposure: exposure("", r.Private), Archived: r.Archived, Fork: r.Fork,
				Pushed: pushed(r.Updated),
			}
			if r.Internal {
				k.Exposure = "internal"
			}
			if g.take(k, "repository") {
				out = append(out, k)
				if g.Choice.Wikis && r.Wiki {
					out = append(out, wikiOf(k))
				}
			}
		}
		if out, err = sameHost(g.base, out); err != nil {
			return err
		}
		if err := visit(out); err != nil {
			return err
		}
	}
	if g.Choice.Images {
		return g.images(ctx, visit)
	}
	return nil
}
