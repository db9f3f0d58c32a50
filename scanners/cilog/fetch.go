package cilog

import "context"

// fetch has a log read, unless it was.
func (l *live) fetch(ctx context.Context, s *Source, r remote, visit func(*blob) error) error {
	if known, err := l.known(ctx, s, r); known || err != nil {
		return err
	}
	file, err := l.have(ctx, s, r)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case gone(err):
		return l.journal.finish(r.key, 0)
	case err != nil:
		return l.client.givenUp()
	}
	w := batch{remotes: []remote{r}, files: []string{file}}
	if r.absent != nil {
		if err := l.complete(ctx, s, &w); err != nil {
			return err
		}
	}
	return l.open(s, &w, visit)
}

// batch is what counts as read at once.
type batch struct {
	remotes []remote
	files   []string
	failed  bool // something could not be had: it is asked for again in the next run
}

// complete fetches what the file of a log lacks. Its error is the scan's end.
func (l *live) complete(ctx context.Context, s *Source, w *batch) error {
	r := w.remotes[0]
	more, err := r.absent(ctx, w.files[0])
	if gone(err) { // an old server, or the run was deleted just now
		s.cov.LeaveOut("list of jobs that the service does not have", "", r.name)
	} else if err != nil && ctx.Err() == nil {
		w.failed = true
		s.cov.Skip("list of jobs, to see which are not in the archive of their run", "run it again with --state: only what is missing is asked for", r.name+": "+err.Error())
	}
	for _, r := range more {
		file, err := l.have(ctx, s, r)
		if ctx.Err() != nil {
			break
		}
		if err == nil {
			w.remotes, w.files = append(w.remotes, r), append(w.files, file)
		} else if !gone(err) {
			w.failed = true
		}
		if err := l.client.givenUp(); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// have returns the file of a log, and fetches it if it is not there. Why it cannot be
// had is told.
func (l *live) have(ctx context.Context, s *Source, r remote) (string, error) {
	file, fetched := l.journal.file(r.key)
	if fetched {
		return file, nil
	}
	err := l.download(ctx, l.giver(r), file)
	l.client.stuckAt(err)
	switch {
	case err == nil, ctx.Err() != nil:
	case gone(err):
		s.cov.LeaveOut(l.single()+" that the service has deleted", "", r.name)
	default:
		s.cov.Skip(l.single()+" that could not be downloaded", l.later(), r.name+": "+err.Error())
	}
	return file, err
}

// open lists what is in files that were fetched, which count as read when the last of
// their logs is.
func (l *live) open(s *Source, w *batch, visit func(*blob) error) error {
	p := &parts{left: 1, failed: w.failed, done: func(hits int64, failed bool) {
		for _, r := range w.remotes {
			if !failed {
				l.journal.finish(r.key, hits)
			}
		}
	}}
	add := func(b *blob) error {
		p.add()
		b.done, b.key = p.end, w.remotes[0].key
		return visit(b)
	}
	for i, r := range w.remotes {
		if err := l.openOne(s, r, w.files[i], add); err != nil {
			return err
		}
	}
	p.end(0, false)
	return nil
}

func (l *live) openOne(s *Source, r remote, file string, add func(*blob) error) error {
	shown := l.Service + ":" + l.Project + "/" + r.name
	if l.Service == "jenkins" {
		shown = "jenkins:" + r.name
	}
	d := diskFile{path: file, shown: shown, live: true, about: r.about}
	if r.archive {
		return add(&blob{path: shown, folder: shown, about: r.about, disk: &d, open: d.text(0)})
	}
	return s.file(d, add)
}
