package cilog

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// jenkins reads the builds of a job, or of the jobs in a folder. Project is the
// address of its page.
type jenkins struct{ *live }

func newJenkins(l *live) (service, error) {
	l.basic(l.User)
	return &jenkins{l}, nil
}

// maxFolders bounds how deep folders of jobs are read.
const maxFolders = 10

func (j *jenkins) logs(ctx context.Context, visit func(remote) error) error {
	return j.job(ctx, "", 0, visit)
}

// job lists the builds of the job at a path below the project.
func (j *jenkins) job(ctx context.Context, at string, depth int, visit func(remote) error) error {
	var about struct {
		Name string `json:"fullName"`
		Jobs []struct {
			Name string `json:"name"`
		} `json:"jobs"`
	}
	if _, err := j.client.json(ctx, j.client.at(at+"api/json", url.Values{"tree": {"fullName,jobs[name]"}}), &about); err != nil {
		return asCall(err)
	}
	if depth < maxFolders {
		for _, sub := range about.Jobs {
			name := sub.Name
			if j.Branch != "" && depth > 0 && name != j.Branch && name != url.PathEscape(j.Branch) {
				continue
			}
			if err := j.job(ctx, at+"job/"+url.PathEscape(name)+"/", depth+1, visit); err != nil && err != errStop {
				return err
			}
		}
	}
	if len(about.Jobs) > 0 || j.Workflow != "" && about.Name != j.Workflow && path.Base(about.Name) != j.Workflow {
		return nil
	}
	return j.builds(ctx, at, about.Name, visit)
}

func (j *jenkins) builds(ctx context.Context, at, name string, visit func(remote) error) error {
	const step = 100
	for from := 0; ; from += step {
		var list struct {
			Builds []struct {
				Number    int   `json:"number"`
				Timestamp int64 `json:"timestamp"`
				Building  bool  `json:"building"`
				Artifacts []struct {
					Path string `json:"relativePath"`
				} `json:"artifacts"`
			} `json:"allBuilds"`
		}
		tree := fmt.Sprintf("allBuilds[number,timestamp,building,artifacts[relativePath]]{%d,%d}", from, from+step)
		if _, err := j.client.json(ctx, j.client.at(at+"api/json", url.Values{"tree": {tree}}), &list); err != nil {
			return asCall(err)
		}
		for _, b := range list.Builds {
			n := strconv.Itoa(b.Number)
			if j.Run != "" && j.Run != n {
				continue
			}
			when := time.UnixMilli(b.Timestamp)
			short := strings.Trim(name, "/") + "/" + n
			if b.Building {
				j.cov().LeaveOut("run that is not finished", "run it again when it is", short)
				continue
			}
			r := remote{
				key: "jenkins/" + j.client.base.Host + "/" + short, name: short, when: when, address: j.client.at(at+n+"/consoleText", nil),
				about: leak.Log{Service: "jenkins", Job: name, Run: n, RunURL: plainURL(j.client.at(at+n+"/", nil))},
			}
			if err := visit(r); err != nil {
				return err
			}
			for _, a := range b.Artifacts {
				if !j.Artifacts {
					break
				}
				f := r
				f.key, f.name, f.archive = r.key+"/"+a.Path, short+"/artifact/"+a.Path, true
				f.address = j.client.at(at+n+"/artifact/"+(&url.URL{Path: a.Path}).EscapedPath(), nil)
				if err := visit(f); err != nil {
					return err
				}
			}
		}
		if len(list.Builds) < step {
			return nil
		}
	}
}
