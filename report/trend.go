package report

import "github.com/whosekey/whosekey/leak"

// Point is what one run found, for the lines of how that goes on.
type Point struct {
	Label    string `json:"label"` // when or what: a date, the name of a file
	Findings int    `json:"findings"`
	Live     int    `json:"live"`
	Severe   int    `json:"severe"` // of critical or high risk
	New      int    `json:"new"`    // not in the run before
	Gone     int    `json:"gone"`   // in the run before, and not in this one
}

// Trend makes the points of several runs, oldest first. Runs whose ids are keyed
// by different keys have nothing in common.
type Trend struct {
	Of     string // what a point is of: "day", "week"; empty for a run
	points []Point
	before map[string]bool
}

// Run returns a Handler for the next run.
func (t *Trend) Run(label string) Handler {
	return &trendRun{t: t, p: Point{Label: text(label)}, ids: map[string]bool{}}
}

// TrendOf begins with points that are known.
func TrendOf(points ...Point) *Trend { return &Trend{points: points} }

// Points are those of the runs that have finished.
func (t *Trend) Points() []Point { return t.points }

type trendRun struct {
	t   *Trend
	p   Point
	ids map[string]bool
}

func (r *trendRun) Start(Run) error { return nil }

func (r *trendRun) Finding(f *leak.Finding) error {
	r.ids[f.ID] = true
	r.p.Findings++
	if b := bandOf(f); b == "critical" || b == "high" {
		r.p.Severe++
	}
	if f.Verdict.Status == leak.Live {
		r.p.Live++
	}
	if r.t.before != nil && !r.t.before[f.ID] {
		r.p.New++
	}
	return nil
}

func (r *trendRun) Finish(Summary) error {
	for id := range r.t.before {
		if !r.ids[id] {
			r.p.Gone++
		}
	}
	r.t.before = r.ids
	r.t.points = append(r.t.points, r.p)
	return nil
}
