package main

import (
	"time"

	"github.com/whosekey/whosekey/report"
)

// timed hides the progress bar before the report starts, and tells the report
// how long the run took.
type timed struct {
	report.Handler
	started time.Time
	ready   func()
}

func (t *timed) Start(r report.Run) error {
	t.ready()
	return t.Handler.Start(r)
}

func (t *timed) Finish(s report.Summary) error {
	s.Took = time.Since(t.started)
	return t.Handler.Finish(s)
}
