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
	return j.job(ctx, jenkinsJob{wanted: j.Workflow == ""}, visit)
}

// jenkinsJob is a job or a folder of them.
type jenkinsJob struct {
	at     string // its path below the project
	depth  int
	wanted bool // by its name, or by that of a folder that it is in
	branch bool // it is a branch of what it is in
}

// multibranch is how the names of the classes of jobs end that have a job for each branch:
// https://javadoc.jenkins.io/plugin/branch-api/jenkins/branch/MultiBranchProject.html
const multibranch = "MultiBranchProject"

// job lists the builds of a job, or of those in a folder.
func (j *jenkins) job(ctx context.Context, of jenkinsJob, visit func(remote) error) error {
	var about struct {
		Class string `json:"_class"`
		Name  string `json:"fullName"`
		Jobs  []struct {
			Name string `json:"name"`
		} `json:"jobs"`
	}
	if _, err := j.client.json(ctx, j.client.at(of.at+"api/json", url.Values{"tree": {"fullName,jobs[name]"}}), &about); err != nil {
		return asCall(err)
	}
	of.wanted = of.wanted || about.Name == j.Workflow || path.Base(about.Name) == j.Workflow
	branches := strings.HasSuffix(about.Class, multibranch)
	if of.depth < maxFolders {
		for _, sub := range about.Jobs {
			name := sub.Name
			if j.Branch != "" && branches && name != j.Branch && name != url.PathEscape(j.Branch) {
				continue
			}
			at := of.at + "job/" + url.PathEscape(name) + "/"
			err := j.job(ctx, jenkinsJob{at: at, depth: of.depth + 1, wanted: of.wanted, branch: branches}, visit)
			if gone(err) { // others are still read
				j.cov().Skip("job that Jenkins lists and does not show", "give the token's user Job/Read there, or name another job", path.Join(about.Name, name))
			} else if err != nil && err != errStop {
				return err
			}
		}
	}
	if len(about.Jobs) > 0 || !of.wanted {
		return nil
	}
	return j.builds(ctx, of, about.Name, visit)
}

type jenkinsBuild struct {
	Number    int   `json:"number"`
	Timestamp int64 `json:"timestamp"`
	Building  bool  `json:"building"`
	Artifacts []struct {
		Path string `json:"relativePath"`
	} `json:"artifacts"`
	Actions []struct {
		Built struct {
			Branches []struct {
				Name string `json:"name"`
			} `json:"branch"`
		} `json:"lastBuiltRevision"`
	} `json:"actions"`
}

// otherBranch reports whether a build says that it is of branches, and not of this one:
// origin/main, refs/remotes/origin/main. It is what the Git plugin keeps of a build:
// https://javadoc.jenkins.io/plugin/git/hudson/plugins/git/util/BuildData.html
func (b *jenkinsBuild) otherBranch(branch string) bool {
	says := false
	for _, a := range b.Actions {
		for _, of := range a.Built.Branches {
			if of.Name == branch || strings.HasSuffix(of.Name, "/"+branch) {
				return false
			}
			says = true
		}
	}
	return says
}

func (j *jenkins) builds(ctx context.Context, of jenkinsJob, name string, visit func(remote) error) error {
	const step = 100
	fields := "number,timestamp,building,artifacts[relativePath]"
	if j.Branch != "" && !of.branch {
		fields += ",actions[lastBuiltRevision[branch[name]]]"
	}
	at := of.at
	for from := 0; ; from += step {
		var list struct {
			Builds []jenkinsBuild `json:"allBuilds"`
		}
		tree := fmt.Sprintf("allBuilds[%s]{%d,%d}", fields, from, from+step)
		if _, err := j.client.json(ctx, j.client.at(at+"api/json", url.Values{"tree": {tree}}), &list); err != nil {
			return asCall(err)
		}
		for _, b := range list.Builds {
			n := strconv.Itoa(b.Number)
			if j.Run != "" && j.Run != n || j.Branch != "" && !of.branch && b.otherBranch(j.Branch) {
				continue
			}
			if err := j.build(b, at+n+"/", name, visit); err != nil {
				return err
			}
		}
		if len(list.Builds) < step {
			return nil
		}
	}
}

// build lists the log of a build of a job, and its artifacts. at is its path.
func (j *jenkins) build(b jenkinsBuild, at, job string, visit func(remote) error) error {
	n := strconv.Itoa(b.Number)
	short := strings.Trim(job, "/") + "/" + n
	if b.Building {
		j.cov().LeaveOut("run that is not finished", "run it again when it is", short)
		return nil
	}
	r := remote{
		key: "jenkins/" + j.client.base.Host + "/" + short, name: short, when: time.UnixMilli(b.Timestamp), address: j.client.at(at+"consoleText", nil),
		about: leak.Log{Service: "jenkins", Job: job, Run: n, RunURL: plainURL(j.client.at(at, nil))},
	}
	if err := visit(r); err != nil || !j.Artifacts {
		return err
	}
	for _, a := range b.Artifacts {
		f := r
		f.key, f.name, f.archive = r.key+"/"+a.Path, short+"/artifact/"+a.Path, true
		f.address = j.client.at(at+"artifact/"+(&url.URL{Path: a.Path}).EscapedPath(), nil)
		if err := visit(f); err != nil {
			return err
		}
	}
	return nil
}
