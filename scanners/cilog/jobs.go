package cilog

import (
	"maps"
	"path"
	"slices"
	"strconv"

	"github.com/whosekey/whosekey/leak"
)

// shares reports whether the name of a file is one that GitHub and Azure give to a
// part of a run, so that what one of its logs says is true for the others of its job.
// Any other file is a run of its own: who looks for a leak saves logs of many side by
// side, and the runner of one is not that of the next.
func shares(p string) bool {
	p = unpackedName(p)
	return stepFile.MatchString(path.Base(p)) || path.Base(p) == "system.txt" && path.Dir(p) != "."
}

// jobKey names the job that a log is of, as all its parts do.
func jobKey(b *blob) string {
	if b.folder == "" {
		return b.path
	}
	return b.folder + "\x00" + b.about.Job + "\x00" + strconv.Itoa(b.about.Attempt)
}

// learn keeps what the log said of its job.
func (w *search) learn() {
	f, b, s := w.marks.facts, w.b, w.source
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.folder != "" {
		s.parts.add(b.path)
	}
	if b.hits.Load() > 0 {
		s.own[b.ref] = &f
	}
	if b.folder == "" {
		return
	}
	of := s.jobs[jobKey(b)]
	if of == nil {
		of = new(facts)
		s.jobs[jobKey(b)] = of
	}
	if of.differs(&f) {
		of.mixed = true
	}
	of.join(&f)
}

// jobOf is what is known of the job that a log is of: what the log says, and if that
// does not tell another story, what the other logs of the job say. nil is for nothing.
func (s *Source) jobOf(b *blob) *facts {
	f, of := s.own[b.ref], s.jobs[jobKey(b)]
	if of == nil || of.mixed || f != nil && f.mixed || of.Service != "github" && of.Service != "azure" {
		return f
	}
	all := new(facts)
	if f != nil {
		*all = *f
		all.env = maps.Clone(f.env)
	}
	all.join(of)
	return all
}

// differs reports whether two logs cannot be of the same job.
func (f *facts) differs(g *facts) bool {
	if g.mixed || f.several || g.several {
		return true
	}
	for _, p := range [][2]string{
		{f.Service, g.Service}, {f.Repository, g.Repository}, {f.Job, g.Job}, {f.runner, g.runner},
		{f.env["GITHUB_RUN_ID"], g.env["GITHUB_RUN_ID"]}, {f.env["BUILD_BUILDID"], g.env["BUILD_BUILDID"]},
	} {
		if p[0] != "" && p[1] != "" && p[0] != p[1] {
			return true
		}
	}
	return false
}

// join adds what another log of the same job says.
func (f *facts) join(g *facts) {
	for _, p := range []struct{ to, from *string }{
		{&f.Service, &g.Service}, {&f.Repository, &g.Repository}, {&f.Job, &g.Job}, {&f.runner, &g.runner},
	} {
		f.set(p.to, *p.from)
	}
	if len(f.permissions) == 0 {
		f.permissions = g.permissions
	}
	for k, v := range g.env {
		if f.env == nil {
			f.env = map[string]string{}
		}
		if f.env[k] == "" {
			f.env[k] = v
		}
	}
}

// merge fills in what the log itself says of its job.
func merge(l leak.Log, f *facts) leak.Log {
	g := *f
	if g.mixed {
		g = facts{}
	}
	for _, p := range []struct{ to, from *string }{
		{&g.Service, &l.Service}, {&g.Repository, &l.Repository}, {&g.Workflow, &l.Workflow}, {&g.Job, &l.Job},
		{&g.Run, &l.Run}, {&g.RunURL, &l.RunURL},
	} {
		if *p.from != "" {
			*p.to = *p.from
		}
	}
	if l.Attempt > 0 {
		g.Attempt = l.Attempt
	}
	g.conclude()
	g.Step = l.Step
	if l.RunURL != "" {
		g.RunURL = l.RunURL
	}
	return g.Log
}

// once drops from the places of a credential those in the log of a whole job
// that the log of a step has too.
func (s *Source) once(ls []leak.Location) []leak.Location {
	steps := map[string]int{}
	for i := range ls {
		if b, err := s.logOf(ls[i].Ref); err == nil && b.about.Step != "" {
			steps[jobKey(b)]++
		}
	}
	if len(steps) == 0 {
		return ls
	}
	return slices.DeleteFunc(ls, func(l leak.Location) bool {
		b, err := s.logOf(l.Ref)
		if err != nil || b.about.Step != "" || b.folder == "" || steps[jobKey(b)] == 0 {
			return false
		}
		steps[jobKey(b)]-- // as often as the steps have it
		return true
	})
}
