package report

import (
	"cmp"
	"path"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/whosekey/whosekey/leak"
)

// sarifPath is locationPath, but for logs. Code scanning shows a file of the repository,
// knows an alert by its path, and wants that to be the same in each upload; the log of a
// run is in no repository, and has another name in each run. So what is in a log stands
// at the line of the workflow that printed it, where that is known. Other logs get a path
// below .log, where no file of a checkout is expected, with no number of a run in it:
//
//	.log/github/acme/api/CI/build/Deploy   service, repository, workflow, job, step
//	.log/logs/build.txt                    a file, of which nothing is known
func sarifPath(l *leak.Location) string {
	if l.Kind != leak.KindLog {
		return locationPath(l)
	}
	p := sarifLogPath(l)
	if in := relativePath(l.Repository); in != "" {
		return in + "/" + p
	}
	return p
}

func sarifLogPath(l *leak.Location) string {
	if printedBy(l) {
		return relativePath(l.Log.Source)
	}
	if g := l.Log; g != nil && g.Service != "" && g.Job != "" {
		p := ".log"
		for _, name := range []string{oneName(g.Service), relativePath(g.Repository), oneName(g.Workflow), oneName(g.Job), oneName(g.Step)} {
			p = path.Join(p, name)
		}
		return p
	}
	return ".log/" + cmp.Or(relativePath(l.Path), "stdin")
}

// oneName is a name that is one part of a path.
func oneName(s string) string {
	s = strings.ReplaceAll(s, "/", "_")
	return strings.TrimLeft(s, ".") // no dot segments
}

// printedBy reports whether it is known what line of a workflow printed a text.
func printedBy(l *leak.Location) bool {
	return l.Kind == leak.KindLog && l.Log != nil && relativePath(l.Log.Source) != "" && l.Log.SourceLine > 0
}

// logLocation names the place in the log itself.
func logLocation(l *leak.Location) *sarif.LogicalLocation {
	name := cmp.Or(l.Path, "stdin")
	full := name
	if l.Line > 0 {
		full = name + lineAndColumn(&l.Position)
	}
	return sarif.NewLogicalLocation().WithName(text(name)).WithKind("resource").WithFullyQualifiedName(text(full))
}
