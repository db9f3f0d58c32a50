package cilog

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// azure lists builds, and by their timelines the logs of tasks. Project is
// ORGANIZATION/PROJECT; with --base of a server, COLLECTION/PROJECT.
type azure struct {
	*live
	path string
}

func newAzure(l *live) (service, error) {
	org, project, err := two(l.Project, "ORGANIZATION/PROJECT")
	if err != nil {
		return nil, err
	}
	l.basic("")
	return &azure{l, url.PathEscape(org) + "/" + url.PathEscape(project) + "/_apis/build/builds"}, nil
}

const azureVersion = "7.1"

type azureBuild struct {
	ID         int64     `json:"id"`
	Number     string    `json:"buildNumber"`
	Status     string    `json:"status"`
	Queued     time.Time `json:"queueTime"`
	Definition struct {
		Name string `json:"name"`
	} `json:"definition"`
	Repository struct {
		ID string `json:"id"`
	} `json:"repository"`
	Links struct {
		Web struct {
			Href string `json:"href"`
		} `json:"web"`
	} `json:"_links"`
}

func (a *azure) logs(ctx context.Context, visit func(remote) error) error {
	if a.Run != "" {
		var one azureBuild
		if _, err := a.client.json(ctx, a.client.at(a.path+"/"+url.PathEscape(a.Run), url.Values{"api-version": {azureVersion}}), &one); err != nil {
			return asCall(err)
		}
		return a.build(ctx, one, visit)
	}
	q := url.Values{"api-version": {azureVersion}, "queryOrder": {"queueTimeDescending"}, "$top": {"100"}}
	if a.Branch != "" {
		q.Set("branchName", "refs/heads/"+strings.TrimPrefix(a.Branch, "refs/heads/"))
	}
	if !a.Since.IsZero() {
		q.Set("minTime", a.Since.UTC().Format(time.RFC3339))
	}
	for {
		var list struct{ Value []azureBuild }
		h, err := a.client.json(ctx, a.client.at(a.path, q), &list)
		if err != nil {
			return asCall(err)
		}
		for _, b := range list.Value {
			if a.Workflow != "" && a.Workflow != b.Definition.Name {
				continue
			}
			if err := a.build(ctx, b, visit); err != nil {
				return err
			}
		}
		next := h.Get("X-Ms-Continuationtoken")
		if next == "" || next == q.Get("continuationToken") {
			return nil
		}
		q.Set("continuationToken", next)
	}
}

func (a *azure) build(ctx context.Context, b azureBuild, visit func(remote) error) error {
	id := strconv.FormatInt(b.ID, 10)
	if b.Status != "completed" {
		a.cov().LeaveOut("run that is not finished", "run it again when it is", id)
		return nil
	}
	if err := a.timelines(ctx, b, visit); err != nil || !a.Artifacts {
		return err
	}
	return a.artifacts(ctx, b, visit)
}

// azureArtifact is one of a build.
// https://learn.microsoft.com/en-us/rest/api/azure/devops/build/artifacts/list
type azureArtifact struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Source   string `json:"source"` // the record of the timeline that made it
	Resource struct {
		Type     string `json:"type"`
		Download string `json:"downloadUrl"`
	} `json:"resource"`
}

func (a *azure) artifacts(ctx context.Context, b azureBuild, visit func(remote) error) error {
	id := strconv.FormatInt(b.ID, 10)
	var list struct{ Value []azureArtifact }
	if _, err := a.client.json(ctx, a.client.at(a.path+"/"+id+"/artifacts", url.Values{"api-version": {azureVersion}}), &list); err != nil {
		if gone(err) {
			return nil
		}
		return asCall(err)
	}
	for _, one := range list.Value {
		name := fmt.Sprintf("builds/%s/artifacts/%s", id, one.Name)
		if one.Resource.Download == "" || one.Resource.Type == "FilePath" { // a folder that agents share
			a.cov().LeaveOut("artifact that the service does not have itself", "search the folder or the repository that it names", name)
			continue
		}
		err := visit(remote{
			key: fmt.Sprintf("azure/%s/%s/artifact/%d", a.Project, id, one.ID), name: name, when: b.Queued, archive: true, address: one.Resource.Download,
			about: leak.Log{Service: "azure", Repository: b.Repository.ID, Workflow: b.Definition.Name, Run: id, RunURL: pageURL(b.Links.Web.Href)},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var buildID = lazy.New(`^buildId=[0-9]+$`)

// pageURL is plainURL, with the number of the build, which is in the query.
func pageURL(s string) string {
	plain := plainURL(s)
	if u, err := url.Parse(s); err == nil && plain != "" && buildID.MatchString(u.RawQuery) {
		plain += "?" + u.RawQuery
	}
	return plain
}
