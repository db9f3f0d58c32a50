package main

import (
	"cmp"
	"context"
	"io"
	"os"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/cilog"
)

// gitHubToken is the run's: the action hands on its input under a name of its own.
func gitHubToken() string {
	return cmp.Or(os.Getenv("WHOSEKEY_GITHUB_TOKEN"), os.Getenv("GITHUB_TOKEN"))
}

// runLogs are the logs and artifacts of the run that a workflow_run is about, or what was
// uploaded to a release; nil if it is about neither, or there is nothing to ask GitHub with.
func (r *ciRun) runLogs() *cilog.Source {
	if r.job.Run == "" && r.job.Release == "" || !r.github() || gitHubToken() == "" {
		return nil
	}
	src, err := cilog.NewLive(cilog.Options{
		Workers: workers(r.workers), MaxFile: r.maxBlob, Workflows: strings.Join(hereRepository(), ""), Archives: r.archives,
	}, cilog.Live{
		Service: "github", Project: os.Getenv("GITHUB_REPOSITORY"), Base: os.Getenv("GITHUB_API_URL"), Token: gitHubToken(), Run: r.job.Run, Release: r.job.Release, Artifacts: true,
	})
	if err != nil {
		r.warn("ask for what belongs to the event", err)
		return nil
	}
	return src
}

// besideCode is what belongs to an event and is in no repository.
type besideCode struct{ what, left, right, mode string }

var (
	ofRun     = besideCode{"logs of the run", "what the run left", "actions", "logs"}
	ofRelease = besideCode{"assets of the release", "what was uploaded to the release", "contents", "dir"}
)

// withLogs is a repository, and the logs of a run or the assets of a release beside it.
type withLogs struct {
	scanners.Source
	logs *cilog.Source
	are  besideCode
}

// logBit is in the Refs of logs. The numbers that other sources put there are those of
// an archive after a billion.
const logBit leak.Ref = 1 << 62

// Scan implements scanners.Source. Logs that cannot be had make it incomplete, and
// cost nothing that is found in the repository.
func (w *withLogs) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	cov, err := w.Source.Scan(ctx, reach, emit)
	if err != nil {
		return cov, err
	}
	failed := false // emit, which is no matter of the logs
	more, err := w.logs.Scan(ctx, reach, func(c *leak.Chunk) error {
		c.Ref |= logBit
		err := emit(c)
		c.Ref &^= logBit
		failed = failed || err != nil
		return err
	})
	if more != nil {
		cov.Add(more)
	}
	if err != nil && (failed || ctx.Err() != nil) {
		return cov, err
	}
	if err != nil {
		cov.Skip(w.are.what+" that could not be fetched", "the token must be one that may read them (permissions: "+w.are.right+": read)", printable(err.Error()))
	} else if counts := more.Counts(); w.are == ofRun && counts["logs"] == 0 && len(more.LeftOut()) > 0 {
		cov.Skip("the run is not over, and has no logs yet", "start the workflow when it is: workflow_run: types: [completed]", "")
	}
	return cov, nil
}

// Locate implements scanners.Source.
func (w *withLogs) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	code, logs := make([][]leak.Match, len(matches)), make([][]leak.Match, len(matches))
	for i, ms := range matches {
		for _, m := range ms {
			if m.Ref&logBit == 0 {
				code[i] = append(code[i], m)
			} else {
				m.Ref &^= logBit
				logs[i] = append(logs[i], m)
			}
		}
	}
	out, err := w.Source.Locate(ctx, code)
	if err != nil {
		return nil, err
	}
	more, err := w.logs.Locate(ctx, logs)
	if err != nil {
		return nil, err
	}
	for i, places := range more {
		for _, l := range places {
			if l.Ref != 0 {
				l.Ref |= logBit
			}
			out[i] = append(out[i], l)
		}
	}
	return out, nil
}

// Open implements scanners.Source.
func (w *withLogs) Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	if ref&logBit != 0 {
		return w.logs.Open(ctx, ref&^logBit)
	}
	return w.Source.Open(ctx, ref)
}

// Kept implements scanners.Keeping.
func (w *withLogs) Kept(ref leak.Ref) []scanners.Stretch {
	if ref&logBit != 0 {
		return w.logs.Kept(ref &^ logBit)
	}
	return nil
}
