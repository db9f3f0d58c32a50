package cilog

// who is what one job of a log with several says of itself.
type who struct {
	runner      string
	permissions []string
	told        bool // its first line was there
	unclear     bool // it names two runners
}

// begin has another job begin.
func (f *facts) begin() { f.who = new(who) }

// of is what is said of the job that printed something.
func (f *facts) of(w *who) *facts {
	if w == nil || w.unclear || !f.several || f.mixed {
		return f
	}
	g := *f
	g.runner, g.permissions, g.several = w.runner, w.permissions, false
	return &g
}

// next has a job of a service begin, as its log says where it does.
func (f *facts) next(service string) {
	if f.Service != service {
		return
	}
	w := f.who
	f.several = f.several || w != nil && (w.told || w.runner != "" || len(w.permissions) > 0)
	f.begin()
	f.who.told = true
}
