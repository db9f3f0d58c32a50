package cilog

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/whosekey/whosekey/leak"
)

// azureRecord is a stage, a job, a task or the like of a timeline. What was tried again
// names the timelines of its earlier attempts:
//   - https://learn.microsoft.com/en-us/rest/api/azure/devops/build/timeline/get
//   - TimelineAttempt in https://github.com/microsoft/azure-devops-node-api/blob/master/api/interfaces/BuildInterfaces.ts
type azureRecord struct {
	ID, ParentID, Type, Name string
	Attempt                  int
	Log                      *struct {
		ID int64 `json:"id"`
	}
	Before []azureAttempt `json:"previousAttempts"`
}

type azureAttempt struct {
	Attempt  int
	Timeline string `json:"timelineId"`
}

// maxTimelines bounds the attempts of a build that are read.
const maxTimelines = 100

// timelines lists the logs of all attempts, the last one first.
func (a *azure) timelines(ctx context.Context, b azureBuild, visit func(remote) error) error {
	id := strconv.FormatInt(b.ID, 10)
	records, err := a.timeline(ctx, id, "")
	if err != nil {
		return a.past(err, deleted, id)
	}
	var before []azureAttempt
	for _, r := range records {
		before = append(before, r.Before...)
	}
	slices.SortStableFunc(before, func(x, y azureAttempt) int { return cmp.Compare(y.Attempt, x.Attempt) })
	listed := map[int64]bool{} // what was not tried again is in all of them
	if err := a.records(b, records, listed, visit); err != nil {
		return err
	}
	seen := map[string]bool{"": true}
	for _, one := range before {
		if seen[one.Timeline] {
			continue
		}
		if seen[one.Timeline] = true; len(seen) > maxTimelines {
			a.cov().Skip(fmt.Sprintf("build with more than %d timelines of earlier attempts", maxTimelines), "look at the build's page", id)
			return nil
		}
		records, err := a.timeline(ctx, id, one.Timeline)
		if err != nil {
			if err = a.past(err, "timeline of an earlier attempt that the service has deleted", id); err != nil {
				return err
			}
			continue
		}
		if err := a.records(b, records, listed, visit); err != nil {
			return err
		}
	}
	return nil
}

// timeline asks for one of a build, the last if its id is empty.
func (a *azure) timeline(ctx context.Context, build, id string) ([]azureRecord, error) {
	path := a.path + "/" + build + "/timeline"
	if id != "" {
		path += "/" + url.PathEscape(id)
	}
	var line struct{ Records []azureRecord }
	if _, err := a.client.json(ctx, a.client.at(path, url.Values{"api-version": {azureVersion}}), &line); err != nil {
		return nil, asCall(err)
	}
	return line.Records, nil
}

// records lists the logs of a timeline that are not listed yet.
func (a *azure) records(b azureBuild, records []azureRecord, listed map[int64]bool, visit func(remote) error) error {
	id := strconv.FormatInt(b.ID, 10)
	byID := map[string]*azureRecord{}
	for i := range records {
		byID[records[i].ID] = &records[i]
	}
	for i := range records {
		r := &records[i]
		if r.Log == nil || listed[r.Log.ID] {
			continue
		}
		listed[r.Log.ID] = true
		about := leak.Log{
			Service: "azure", Repository: b.Repository.ID, Workflow: b.Definition.Name, Run: id, RunURL: pageURL(b.Links.Web.Href),
		}
		if r.Type == "Task" {
			about.Step = r.Name
		}
		about.Job, about.Attempt = jobOf(r, byID)
		err := visit(remote{
			key: fmt.Sprintf("azure/%s/%s/%d", a.Project, id, r.Log.ID), about: about, when: b.Queued, name: fmt.Sprintf("builds/%s/logs/%d", id, r.Log.ID),
			address: a.client.at(fmt.Sprintf("%s/%s/logs/%d", a.path, id, r.Log.ID), url.Values{"api-version": {azureVersion}}),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// jobOf is the name of the job that a record of a timeline is in, and the attempt: the
// latest of the record and of what it is in.
func jobOf(r *azureRecord, byID map[string]*azureRecord) (job string, attempt int) {
	for range 10 {
		if r == nil {
			break
		}
		if attempt = max(attempt, r.Attempt); r.Type == "Job" && job == "" {
			job = r.Name
		}
		r = byID[r.ParentID]
	}
	return job, attempt
}
