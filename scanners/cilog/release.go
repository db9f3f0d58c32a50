package cilog

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/google/go-github/v92/github"

	"github.com/whosekey/whosekey/leak"
)

// The rights that the assets of a release take, for people.
const assetRights = "the permission contents:read (a classic token: the scope repo)"

// assets lists what was uploaded to a release. What GitHub makes of the tag itself, the
// archives of its source, is in the repository.
// https://docs.github.com/en/rest/releases/assets#list-release-assets
func (g *gitHub) assets(ctx context.Context, visit func(remote) error) error {
	id, err := strconv.ParseInt(g.Release, 10, 64)
	if err != nil {
		return fmt.Errorf("release %q: it is the number that GitHub's API gives it", g.Release)
	}
	opts := &github.ListOptions{PerPage: 100}
	for {
		list, resp, err := g.api.Repositories.ListReleaseAssets(ctx, g.owner, g.repo, id, opts)
		if err != nil {
			return g.explain(resp, err)
		}
		for _, a := range list {
			name := fmt.Sprintf("releases/%d/%s", id, a.GetName())
			if s := a.GetState(); s != "" && s != "uploaded" {
				g.cov().Skip("asset of the release that is not uploaded yet", "run it again when it is", name)
				continue
			}
			err := visit(remote{
				key: fmt.Sprintf("github/%s/asset/%d", g.Project, a.GetID()), about: leak.Log{Service: "github", Repository: g.Project},
				when: a.GetCreatedAt().Time, name: name, archive: true,
				address: g.client.at(fmt.Sprintf("repos/%s/%s/releases/assets/%d", url.PathEscape(g.owner), url.PathEscape(g.repo), a.GetID()), nil),
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
