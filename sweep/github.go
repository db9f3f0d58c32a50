package sweep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/go-github/v92/github"

	"github.com/whosekey/whosekey/store"
)

// gitHub lists what an organisation or a user has on GitHub, or on a GitHub
// Enterprise Server.
type gitHub struct {
	*Forge
	base *url.URL
	api  *github.Client
	// people is asked who somebody is, which is kept nowhere; nil if the token is nobody's.
	people *github.Client
}

func newGitHub(rest string, logins *Logins) (Source, error) {
	return newGitHubAsking(rest, logins, logins.Answers)
}

// newGitHubAsking keeps what GitHub answers in answers; nil for nowhere.
func newGitHubAsking(rest string, logins *Logins, answers Answers) (*gitHub, error) {
	f, err := parseForge("github", rest)
	if err != nil {
		return nil, err
	}
	base, err := f.base()
	if err != nil {
		return nil, err
	}
	api := f.api(base)
	token := logins.forge(f, base, api.String())
	p := newPolite(api, func(ctx context.Context, req *http.Request) error {
		secret, err := token(ctx)
		if err == nil && secret != "" {
			req.Header.Set("Authorization", "Bearer "+secret)
		}
		return err
	}, answers)
	p.sleep, p.refused = logins.sleeper(), logins.App.Refused
	text := api.String()
	client, err := github.NewClient(github.WithTransport(p), github.WithURLs(&text, nil), github.WithDisableRateLimitCheck())
	if err != nil {
		return nil, err
	}
	g := &gitHub{Forge: f, base: base, api: client}
	if logins.App == nil && logins.Tokens["github"] != "" {
		forgets := *p
		forgets.answers = nil
		g.people, err = github.NewClient(github.WithTransport(&forgets), github.WithURLs(&text, nil), github.WithDisableRateLimitCheck())
	}
	return g, err
}

// List implements Source.
func (g *gitHub) List(ctx context.Context, visit func([]*store.Repository) error) error {
	me := "" // who the token is of, asked when it matters
	var err error
	if g.What == "user" { // others see only what is public
		if me, err = g.self(ctx); err != nil {
			return err
		}
	}
	if err := g.repositories(ctx, me, visit); err != nil {
		return err
	}
	if g.Choice.Gists {
		if g.What != "user" {
			if me, err = g.self(ctx); err != nil {
				return err
			}
		}
		if err := g.gists(ctx, me, visit); err != nil {
			return err
		}
	}
	if g.Choice.Images {
		return g.images(ctx, visit)
	}
	return nil
}

// repositories lists those of an organisation or of a user; of me, which the token is of, the
// private ones too.
func (g *gitHub) repositories(ctx context.Context, me string, visit func([]*store.Repository) error) error {
	own := strings.EqualFold(me, g.Name)
	page := github.ListOptions{PerPage: 100}
	for {
		var rs []*github.Repository
		var res *github.Response
		var err error
		switch g.What {
		case "org":
			rs, res, err = g.api.Repositories.ListByOrg(ctx, g.Name, &github.RepositoryListByOrgOptions{Sort: "full_name", ListOptions: page})
		case "user":
			if own {
				rs, res, err = g.api.Repositories.ListByAuthenticatedUser(ctx, &github.RepositoryListByAuthenticatedUserOptions{Affiliation: "owner", Sort: "full_name", ListOptions: page})
				break
			}
			rs, res, err = g.api.Repositories.ListByUser(ctx, g.Name, &github.RepositoryListByUserOptions{Sort: "full_name", ListOptions: page})
		default:
			return &Never{fmt.Errorf("github: %q is neither org nor user", g.What)}
		}
		if err != nil {
			return g.problem(err, res)
		}
		g.told += len(rs)
		here, err := sameHost(g.base, g.convert(rs))
		if err == nil {
			err = visit(here)
		}
		if err != nil {
			return err
		}
		if page.Page = res.NextPage; page.Page == 0 {
			return nil
		}
	}
}

// self is who the token is of; empty if it is nobody's, as that of an App.
func (g *gitHub) self(ctx context.Context) (string, error) {
	if g.people == nil {
		return "", nil
	}
	u, res, err := g.people.Users.Get(ctx, "")
	if err == nil {
		return u.GetLogin(), nil
	}
	if res != nil && res.Response != nil && (res.StatusCode == http.StatusForbidden || res.StatusCode == http.StatusNotFound) {
		return "", nil
	}
	return "", g.problem(err, res)
}

func (g *gitHub) problem(err error, res *github.Response) error {
	if later := new(Later); errors.As(err, &later) {
		return later
	}
	if res != nil && res.Response != nil && res.StatusCode >= 400 {
		return refused(res.StatusCode, "github "+g.Name)
	}
	if e := new(url.Error); errors.As(err, &e) {
		err = e.Err
	}
	return err
}

func (g *gitHub) convert(rs []*github.Repository) (out []*store.Repository) {
	for _, r := range rs {
		k := &store.Repository{
			Name: r.GetFullName(), Address: r.GetCloneURL(), Native: strconv.FormatInt(r.GetID(), 10), Branch: r.GetDefaultBranch(),
			Exposure: exposure(r.GetVisibility(), r.GetPrivate()), Archived: r.GetArchived(), Fork: r.GetFork(),
			Pushed: pushed(r.GetPushedAt().Time),
		}
		if !g.take(k, "repository") {
			continue
		}
		out = append(out, k)
		if g.Choice.Wikis && r.GetHasWiki() {
			out = append(out, wikiOf(k))
		}
	}
	return out
}

func exposure(visibility string, private bool) string {
	switch {
	case visibility == "public" || visibility == "internal" || visibility == "private":
		return visibility
	case private:
		return "private"
	}
	return "public"
}

const wikiMark = "wiki " // before the number of the repository whose wiki it is

// wikiOf is the wiki of a repository, a repository of its own.
func wikiOf(k *store.Repository) *store.Repository {
	wiki := *k
	// Nothing says when a wiki was written to: each sweep fetches it.
	wiki.Name, wiki.Native, wiki.Pushed, wiki.Refs = k.Name+".wiki", wikiMark+cmp.Or(k.Native, k.Name), "", unknownRefs
	wiki.Address = trimGit(k.Address) + ".wiki.git"
	return &wiki
}
