package cilog

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/google/go-github/v92/github"

	"github.com/whosekey/whosekey/leak"
)

// maxJobLogs is how many jobs of an attempt are asked for by themselves. gh gives up
// at 25.
const maxJobLogs = 100

// absent lists the logs of jobs that the archive of an attempt lacks: GitHub makes
// archives that have the logs of some jobs only, and gives the others one by one.
//   - https://github.com/cli/cli/issues/10853
//   - https://github.com/cli/cli/pull/11172
//   - https://docs.github.com/en/rest/actions/workflow-jobs
func (g *gitHub) absent(ctx context.Context, run int64, about leak.Log, file string) ([]remote, error) {
	have := jobsIn(file)
	if have == nil {
		return nil, nil // it is told that it is damaged
	}
	var out []remote
	opts := &github.ListOptions{PerPage: 100}
	for {
		list, resp, err := g.api.Actions.ListWorkflowJobsAttempt(ctx, g.owner, g.repo, run, int64(about.Attempt), opts)
		if err != nil || list == nil {
			return out, g.explain(resp, err)
		}
		for _, j := range list.Jobs {
			if !printed(j) || have.take(j.GetName()) {
				continue
			}
			name := fmt.Sprintf("runs/%d/attempts/%d/jobs/%d", run, about.Attempt, j.GetID())
			if len(out) == maxJobLogs {
				g.cov().Skip(fmt.Sprintf("archive of a run that lacks the logs of more than %d jobs", maxJobLogs), "look at the run's page", name)
				return out, nil
			}
			of := about
			of.Job = j.GetName()
			out = append(out, remote{
				key: fmt.Sprintf("github/%s/job/%d", g.Project, j.GetID()), about: of, name: name,
				address: g.client.at(fmt.Sprintf("repos/%s/%s/actions/jobs/%d/logs", url.PathEscape(g.owner), url.PathEscape(g.repo), j.GetID()), nil),
			})
		}
		if resp.NextPage == 0 {
			return out, nil
		}
		opts.Page = resp.NextPage
	}
}

// printed reports whether a job has a log: those that were skipped, or cancelled before
// they began, have none.
func printed(j *github.WorkflowJob) bool {
	return j.GetStatus() == "completed" && j.GetConclusion() != "skipped" && (j.GetConclusion() != "cancelled" || len(j.Steps) > 0)
}

// jobNames counts the jobs of an archive by their names.
type jobNames map[string]int

// jobsIn returns the jobs whose logs are in an archive: JOB/system.txt, JOB/1_STEP.txt
// and 0_JOB.txt. It is nil if the archive cannot be read.
func jobsIn(file string) jobNames {
	z, err := zip.OpenReader(file)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil
	}
	defer z.Close()
	whole, folders := jobNames{}, jobNames{}
	for i, e := range z.File {
		if i == maxEntries {
			break
		}
		dir, base := path.Split(e.Name)
		if dir != "" {
			folders[bare(strings.Trim(dir, "/"))] = 1
		} else if m := stepFile.FindStringSubmatch(base); m != nil {
			whole[bare(m[2])]++
		}
	}
	for name, n := range folders { // a folder stands for a job that has no log as a whole
		whole[name] = max(whole[name], n)
	}
	return whole
}

// take reports whether a job is there, once for each log of that name.
func (n jobNames) take(job string) bool {
	name := bare(job)
	if n[name] == 0 {
		return false
	}
	n[name]--
	return true
}

// bare is what names of jobs and of their files have in common: an archive has
// some characters in another way, or not at all, and names are cut.
func bare(name string) string {
	const most = 60 // gh knows of 90 UTF-16 units, with what is left out here
	var b strings.Builder
	n := 0
	for _, r := range strings.ToLower(name) {
		if n < most && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(r)
			n++
		}
	}
	if n == 0 { // 🚀
		return strconv.Quote("")
	}
	return b.String()
}
