package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
)

// Runs are the files of runs that were written as JSON lines, oldest first. The
// page is of the last one; the others are points of its trend.
type Runs struct {
	Files   []string
	Options report.Options
}

// Version goes by when the files were written, and how long they are.
func (r *Runs) Version(context.Context) (string, error) {
	var b strings.Builder
	for _, name := range r.Files {
		st, err := os.Stat(name)
		if err != nil {
			return "", fmt.Errorf("read the run: %w", err)
		}
		fmt.Fprintf(&b, "%d.%d-", st.ModTime().UnixNano(), st.Size())
	}
	return b.String(), nil
}

// Write makes the page anew. A run that was cut off is shown as far as it goes,
// and says so.
func (r *Runs) Write(ctx context.Context, w io.Writer, version string, _ url.Values) error {
	opts := r.Options
	opts.Page.Live, opts.Page.Version = true, version
	page := &ended{}
	err := WriteRuns(ctx, r.Files, opts, func(opts report.Options) (report.Handler, error) {
		page.Handler = report.NewHTML(w, opts)
		return page, nil
	})
	if page.done {
		return nil
	}
	return err
}

// WriteRuns plays runs back. The last goes to the Handler that to makes; the
// options that it is given have the trend of all. If a run is damaged, the error
// says so, and what could be read was written.
func WriteRuns(ctx context.Context, files []string, opts report.Options, to func(report.Options) (report.Handler, error)) error {
	trend := &report.Trend{}
	var damaged error
	for i, name := range files {
		h := &ended{Handler: trend.Run(label(name))}
		if i == len(files)-1 {
			if i > 0 {
				opts.Page.Trend = trend
			}
			shown, err := to(opts)
			if err != nil {
				return err
			}
			h.Handler = both{h.Handler, shown}
		}
		if err := replay(ctx, name, h); err != nil {
			err = fmt.Errorf("read the run %s: %w", name, err)
			if !h.done {
				return err
			}
			damaged = errors.Join(damaged, err)
		}
	}
	return damaged
}

// ended knows whether its Handler got a run to the end.
type ended struct {
	report.Handler
	done bool
}

func (e *ended) Finish(s report.Summary) error {
	err := e.Handler.Finish(s)
	e.done = err == nil
	return err
}

func replay(ctx context.Context, name string, h report.Handler) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return report.Replay(&until{ctx, f}, h)
}

// until reads until its context is done.
type until struct {
	ctx context.Context
	r   io.Reader
}

func (u *until) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}

// label is what a point of the trend is called.
func label(name string) string {
	return strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
}

// both hands a run to the trend and then to the page, which reads the trend.
type both [2]report.Handler

func (b both) Start(r report.Run) error { return errors.Join(b[0].Start(r), b[1].Start(r)) }

func (b both) Finding(f *leak.Finding) error { return errors.Join(b[0].Finding(f), b[1].Finding(f)) }

func (b both) Finish(s report.Summary) error { return errors.Join(b[0].Finish(s), b[1].Finish(s)) }
