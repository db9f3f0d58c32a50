package sweep

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-github/v92/github"
	gitlabapi "gitlab.com/gitlab-org/api/client-go"

	"github.com/whosekey/whosekey/store"
)

// images lists the container images that an organisation or user has at GitHub.
// https://docs.github.com/en/rest/packages/packages#list-packages-for-an-organization
func (g *gitHub) images(ctx context.Context, visit func([]*store.Repository) error) error {
	kind := "container"
	o := &github.PackageListOptions{PackageType: &kind}
	host := registriesOf(g.Forge, g.base)[0]
	_, err := eachPage(&o.ListOptions, func() ([]*github.Package, *github.Response, error) {
		ask := g.api.Organizations.ListPackages
		if g.What == "user" {
			ask = g.api.Users.ListPackages
		}
		ps, res, err := ask(ctx, g.Name, o)
		if err != nil && res != nil && res.Response != nil && res.StatusCode == http.StatusForbidden {
			err = &Never{fmt.Errorf("github %s: the token may not list packages: it is to be a classic one with read:packages", g.Name)}
		} else if err != nil {
			err = g.problem(err, res)
		}
		return ps, res, err
	}, func(p *github.Package) error {
		of, owner := p.GetRepository(), p.GetOwner().GetLogin()
		if owner == "" {
			owner = g.Name
		}
		if p.GetName() == "" {
			g.left.unusable("container image that is listed without a name", "")
			return nil
		}
		r := imageAt(strings.ToLower(host+"/"+owner+"/"+p.GetName()), imageMark+strconv.FormatInt(p.GetID(), 10))
		r.Exposure, r.Archived, r.Fork = exposure(p.GetVisibility(), of.GetPrivate()), of.GetArchived(), of.GetFork()
		if !g.take(r, "container image") {
			return nil
		}
		return visit([]*store.Repository{r})
	})
	return err
}

// api is the official client, which asks as politely as we do. What it is answered is
// kept nowhere if that is told.
func (g *gitLab) api(keep bool) (*gitlabapi.Client, error) {
	r := g.rest
	if !keep {
		r = r.forgetful()
	}
	// The token is added by the transport.
	return gitlabapi.NewAuthSourceClient(gitlabapi.Unauthenticated{}, gitlabapi.WithBaseURL(g.base.String()), gitlabapi.WithHTTPClient(r.client), gitlabapi.WithoutRetries())
}

// images lists what the registry has of projects: of a group with its subgroups at
// once, of a user's one by one.
// https://docs.gitlab.com/api/container_registry/#list-registry-repositories
func (g *gitLab) images(ctx context.Context, projects map[string]*store.Repository, visit func([]*store.Repository) error) error {
	c, err := g.api(true)
	if err != nil {
		return err
	}
	list := func(ask func(gitlabapi.ListOptions) ([]*gitlabapi.RegistryRepository, *gitlabapi.Response, error)) error {
		return g.pages(func(page gitlabapi.ListOptions) (*gitlabapi.Response, error) {
			rs, res, err := ask(page)
			if err != nil {
				return res, err
			}
			var out []*store.Repository
			for _, r := range rs {
				of := projects[strconv.FormatInt(r.ProjectID, 10)]
				if r.Location == "" || strings.Contains(r.Location, "://") {
					g.left.unusable("container image that is listed without an address", r.Path)
					continue
				}
				if of == nil { // archived, or a fork
					g.left.add(store.Gap{Reason: "container image of a project that is left out", Fix: "--archived and --forks search those", Chosen: true}, r.Path)
					continue
				}
				k := imageAt(r.Location, imageMark+strconv.FormatInt(r.ID, 10))
				k.Exposure, k.Archived, k.Fork = of.Exposure, of.Archived, of.Fork
				if g.take(k, "container image") {
					out = append(out, k)
				}
			}
			return res, visit(out)
		})
	}
	if g.What == "group" {
		return list(func(page gitlabapi.ListOptions) ([]*gitlabapi.RegistryRepository, *gitlabapi.Response, error) {
			return c.ContainerRegistry.ListGroupRegistryRepositories(g.Name, &gitlabapi.ListGroupRegistryRepositoriesOptions{ListOptions: page}, gitlabapi.WithContext(ctx))
		})
	}
	for _, id := range slices.Sorted(maps.Keys(projects)) {
		err := list(func(page gitlabapi.ListOptions) ([]*gitlabapi.RegistryRepository, *gitlabapi.Response, error) {
			return c.ContainerRegistry.ListProjectRegistryRepositories(id, &gitlabapi.ListProjectRegistryRepositoriesOptions{ListOptions: page}, gitlabapi.WithContext(ctx))
		})
		if err != nil && !errors.Is(err, errNotThere) { // its registry is switched off
			return err
		}
	}
	return nil
}

// pages asks for one page after the other. The client panics over answers that it does
// not expect, such as an issue without an id.
func (g *gitLab) pages(ask func(gitlabapi.ListOptions) (*gitlabapi.Response, error)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("gitlab %s: the answer cannot be read: %v", g.Name, p)
		}
	}()
	page := gitlabapi.ListOptions{PerPage: 100, Page: 1}
	for page.Page > 0 {
		res, err := ask(page)
		if err != nil {
			return g.problem(err, res)
		}
		page.Page = res.NextPage
	}
	return nil
}

// problem is what the official client says was wrong.
func (g *gitLab) problem(err error, res *gitlabapi.Response) error {
	if later := new(Later); errors.As(err, &later) {
		return later
	}
	if res != nil && res.Response != nil && res.StatusCode >= 400 {
		return refused(res.StatusCode, "gitlab "+g.Name)
	}
	if e := new(url.Error); errors.As(err, &e) {
		err = e.Err
	}
	return err
}

// giteaPackage is a version of a package.
type giteaPackage struct {
	ID         int64                  `json:"id"`
	Name       string                 `json:"name"`
	Owner      struct{ Login string } `json:"owner"`
	Repository *giteaRepository       `json:"repository"`
}

// images lists the container images of an organisation or user on Gitea or Forgejo,
// which lists each version.
// https://docs.gitea.com/api/ (listPackages)
func (g *gitea) images(ctx context.Context, visit func([]*store.Repository) error) error {
	next := fmt.Sprintf("%s/api/v1/packages/%s?type=container&limit=50", g.base, url.PathEscape(g.Name))
	seen := map[string]bool{}
	for next != "" {
		var ps []giteaPackage
		var err error
		if next, err = g.get(ctx, next, &ps); err != nil {
			return err
		}
		var out []*store.Repository
		for _, p := range ps {
			owner := p.Owner.Login
			if owner == "" {
				owner = g.Name
			}
			ref := strings.ToLower(g.base.Host + "/" + owner + "/" + p.Name)
			r := imageAt(ref, imageMark+ref)
			if of := p.Repository; of != nil {
				r.Exposure, r.Archived, r.Fork = exposure("", of.Private), of.Archived, of.Fork
			}
			if p.Name == "" {
				g.left.unusable("container image that is listed without a name", "")
			} else if !seen[ref] { // each version is listed
				seen[ref] = true
				if g.take(r, "container image") {
					out = append(out, r)
				}
			}
		}
		if err := visit(out); err != nil {
			return err
		}
	}
	return nil
}
