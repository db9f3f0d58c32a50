package cilog

import (
	"path"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

// folders are those that parts of runs stand in, and what their names tell. GitHub and Azure
// export N_JOB.txt beside JOB/N_STEP.txt (https://github.com/con/git-annex/issues/43 lists
// such an archive); jobs are counted from 0 or 1, steps from 1. A folder is named as paths
// are, with the separator at its end: run/build/, logs.zip!build/; empty for where a scan began.
type folders struct {
	of    map[string]holds
	whole map[string]bool // folders that the steps of a job are in, if that is there: its own file is
}

// holds says what is in a folder.
type holds uint8

const (
	hasParts holds = 1 << iota // N_NAME.txt
	hasJobs                    // one that can only be of a job
	hasSteps                   // one that can only be of a step
)

// firstSteps are what services call the first step of each job.
var firstSteps = map[string]bool{"Set up job": true, "Initialize job": true}

// exportDir is a folder as archives of services unpack to: their name is logs_RUN.zip.
var exportDir = lazy.New(`(?:^|[/!])logs_[0-9]+/$`)

// splitPath is the folder that a log is in, and its name there.
func splitPath(p string) (dir, file string) {
	at := strings.LastIndexAny(p, "/!") + 1
	return p[:at], p[at:]
}

// above is the folder that a folder is in.
func above(dir string) string {
	dir, _ = splitPath(strings.TrimRight(dir, "/!"))
	return dir
}

// add notes a part of a run.
func (f *folders) add(p string) {
	if len(f.of)+len(f.whole) >= 2*maxEntries {
		return
	}
	dir, file := splitPath(unpackedName(p))
	has := hasParts
	switch m := stepFile.FindStringSubmatch(file); {
	case file == "system.txt":
		has |= hasSteps
	case m == nil:
		return
	case strings.Trim(m[1], "-0") == "" || m[1][0] == '-':
		has |= hasJobs
		fallthrough
	default:
		f.whole[dir+m[2]+"/"] = true
		if firstSteps[m[2]] {
			has |= hasSteps
		}
	}
	f.of[dir] |= has
}

// conclude notes where exports are: a job's file stands beside the folder of its steps.
func (f *folders) conclude() {
	var exports []string
	for dir, has := range f.of {
		if f.whole[dir] || has&hasSteps != 0 && !f.exports(dir) && strings.HasSuffix(dir, "/") {
			exports = append(exports, above(dir))
		}
	}
	for _, dir := range exports {
		f.of[dir] |= hasJobs
	}
}

// exports reports whether a folder is one that a run was exported to: what stands in it are the logs of jobs.
func (f *folders) exports(dir string) bool {
	return f.of[dir]&hasJobs != 0 || exportDir.MatchString(dir)
}

// settle says whether a log is that of a job or of a step, of which the path alone tells
// nothing: run/1_build.txt may be either. mu is held.
func (s *Source) settle(b *blob) {
	if b.judged || b.folder == "" {
		return
	}
	b.judged = true
	dir, file := splitPath(unpackedName(b.path))
	m := stepFile.FindStringSubmatch(file)
	if m == nil {
		return
	}
	f := &s.parts
	switch {
	case !f.whole[dir] && f.exports(dir):
		if b.about.Step != "" {
			b.about.Job, b.about.Step, b.folder = m[2], "", path.Dir(b.path)
		}
	case f.whole[dir] || f.of[dir]&hasSteps != 0 || f.exports(above(dir)):
		if b.about.Step == "" { // the folder has no name here
			b.about.Job, b.about.Step = "", m[2]
		}
	case b.about.Step != "" && b.about.Service == "" && !strings.HasSuffix(above(dir), ".zip!"):
		b.about.Job, b.about.Step = "", ""
	}
}
