package sweep

import (
	"context"
	"net/url"
	"strings"

	"github.com/google/go-github/v92/github"

	"github.com/whosekey/whosekey/store"
)

// gists lists those of a user, or of the members of an organisation that the token
// sees. A gist is a repository of its own.
// https://docs.github.com/en/rest/gists/gists
func (g *gitHub) gists(ctx context.Context, me string, visit func([]*store.Repository) error) error {
	if g.What == "user" {
		return g.gistsOf(ctx, g.Name, me, visit)
	}
	opts := &github.ListMembersOptions{ListOptions: github.ListOptions{PerPage: 100}}
	for {
		members, res, err := g.api.Organizations.ListMembers(ctx, g.Name, opts)
		if err != nil {
			return g.problem(err, res)
		}
		for _, m := range members {
			if err := g.gistsOf(ctx, m.GetLogin(), me, visit); err != nil {
				return err
			}
		}
		if opts.Page = res.NextPage; opts.Page == 0 {
			return nil
		}
	}
}

// gistsOf lists those of a user; of the one that the token is of, the secret ones too.
func (g *gitHub) gistsOf(ctx context.Context, user, me string, visit func([]*store.Repository) error) error {
	ask := user
	if strings.EqualFold(user, me) {
		ask = ""
	}
	opts := &github.GistListOptions{ListOptions: github.ListOptions{PerPage: 100}}
	for {
		gs, res, err := g.api.Gists.List(ctx, ask, opts)
		if err != nil {
			return g.problem(err, res)
		}
		var rs []*store.Repository
		for _, k := range gs {
			r := &store.Repository{
				Name: "gists/" + user + "/" + k.GetID(), Address: k.GetGitPullURL(), Native: gistMark + k.GetID(), Exposure: exposure("", !k.GetPublic()),
				Pushed: pushed(k.GetUpdatedAt().Time),
			}
			switch {
			case k.GetID() == "":
				g.left.unusable("gist that is listed without a name", "gists/"+user)
			case !g.hostOfGists(k.GetGitPullURL()):
				g.left.unusable("gist at another host, which gets no request", r.Name)
			case g.take(r, "gist"):
				rs = append(rs, r)
			}
		}
		if err := visit(rs); err != nil {
			return err
		}
		if opts.Page = res.NextPage; opts.Page == 0 {
			return nil
		}
	}
}

// gistMark begins what the store keeps of a gist as the forge's own name.
const gistMark = "gist "

// hostOfGists reports whether gists are fetched from an address: the server's own, or
// gist.github.com, which gets no token and wants none, as whoever knows the address
// of a gist may read it.
func (g *gitHub) hostOfGists(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.User == nil && (u.Host == g.base.Host && u.Scheme == g.base.Scheme || gistHost(g.base, u))
}

// gistHost reports whether an address is at the host that a server has for gists alone.
func gistHost(base, u *url.URL) bool {
	return u.Scheme == "https" && u.Host == "gist."+strings.TrimPrefix(base.Host, "www.")
}
