package report

import (
	"slices"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// pageIndex is what the page has at hand of all findings: a row for each, the
// graph, and numbers of the whole run. Rows are arrays, and texts that many rows
// share stand in Names.
type pageIndex struct {
	Run     *wireRun       `json:"run"`
	Summary *wireSummary   `json:"summary"`
	Live    bool           `json:"live,omitempty"`
	Version string         `json:"version,omitempty"`
	Left    int            `json:"left,omitempty"` // findings that are not in the page
	Block   int            `json:"block"`          // findings of a block
	Bands   map[string]int `json:"bands"`          // of all findings
	States  map[string]int `json:"states"`
	Names   []string       `json:"names"`
	Rows    [][]any        `json:"rows"`
	Nodes   [][]any        `json:"nodes"`
	Edges   [][]any        `json:"edges"`
	Trend   []Point        `json:"trend"`
	TrendOf string         `json:"trend_of,omitempty"` // what a point is of, if not a run

	whole *whole
	names map[string]int
	graph pageGraph
}

func newPageIndex(w *whole, t *Totals, s *wireSummary) *pageIndex {
	run := toWireRun(w.run)
	run.Catalog = []wireRule{} // each finding says what its rule is
	x := &pageIndex{
		Run: run, Summary: s, Block: blockFindings, Bands: t.Bands, States: t.States, Left: max(0, t.Findings-len(w.all)),
		Live: w.opts.Page.Live, Version: w.opts.Page.Version, Rows: [][]any{}, Trend: []Point{}, whole: w, names: map[string]int{},
	}
	if x.Bands == nil {
		x.Bands, x.States = map[string]int{}, map[string]int{}
	}
	x.name("") // number 0
	x.graph.at = map[string]int{}
	return x
}

// name is the number of a text that rows share.
func (x *pageIndex) name(s string) int {
	n, known := x.names[s]
	if !known {
		n = len(x.Names)
		x.names[s] = n
		x.Names = append(x.Names, s)
	}
	return n
}

// add appends the row of a finding; page/src/data.js has the meaning of its
// columns.
func (x *pageIndex) add(f *leak.Finding, d *pageDetail) {
	flags := 0
	if slices.ContainsFunc(f.Locations, func(l leak.Location) bool { return present(&l) }) {
		flags |= 1
	}
	if d.Identity != nil {
		flags |= 2
	}
	var identity, kind, owner, env, status string
	if r := d.Identity; r != nil {
		identity, kind, owner, env, status = r.Name, string(r.IdentityType), r.Owner, r.Environment, string(r.Status)
		if identity == "" {
			identity = r.ProviderID
		}
	}
	repos := []int{}
	for _, name := range repositories(x.whole.run, f) {
		repos = append(repos, x.name(name))
	}
	x.Rows = append(x.Rows, []any{
		f.ID, x.name(text(f.Rule.Title)), x.name(text(f.Rule.Provider)), x.name(f.Rule.ID), int(rank(f)), x.name(bandOf(f)), x.name(string(statusOf(f))),
		x.name(string(f.Confidence)), x.name(identity), x.name(kind), x.name(owner), x.name(env), x.name(status), repos, text(place(foremost(f))),
		firstSeen(f, d.Identity), len(f.Locations), flags,
	})
	x.graph.add(len(x.Rows)-1, f, d.Identity)
}

func (x *pageIndex) finish() {
	x.Nodes, x.Edges = x.graph.nodes, x.graph.edges
	if x.Nodes == nil {
		x.Nodes, x.Edges = [][]any{}, [][]any{}
	}
}

// statusOf is the state of a finding: nobody has asked where nothing is said.
func statusOf(f *leak.Finding) leak.Status {
	if f.Verdict.Status == "" {
		return leak.Unchecked
	}
	return f.Verdict.Status
}

// bandOf is the word for the risk of a finding, or for what rank stands in for it.
func bandOf(f *leak.Finding) string {
	if _, known := riskRank(f); known {
		if c := f.Credential(); c != nil && c.Risk.Band != "" {
			return c.Risk.Band
		}
		return f.Identity.Risk.Band
	}
	return severityWord(rank(f) / 10)
}

// repositories are those that a finding is in, images and projects of CI
// services too; what the run is about where nothing else is known.
func repositories(run Run, f *leak.Finding) []string {
	var out []string
	if f.Identity != nil {
		out = append(out, f.Identity.Repositories...)
	}
	for i := range f.Locations {
		l := &f.Locations[i]
		switch {
		case l.Repository != "":
			out = append(out, l.Repository)
		case l.Log != nil && l.Log.Repository != "":
			out = append(out, l.Log.Repository)
		case l.Image != nil && l.Image.Name != "":
			out = append(out, l.Image.Name)
		}
	}
	if len(out) == 0 {
		out = append(out, cleanURL(text(run.RepositoryURI)))
		if out[0] == "" {
			out[0] = cleanURL(text(run.Target))
		}
	}
	out = texts(out)
	slices.Sort(out)
	return slices.Compact(out)
}

// firstSeen is the day since when others could have had it; empty if nothing
// tells.
func firstSeen(f *leak.Finding, r *record.Record) string {
	first := ""
	if r != nil {
		for _, c := range r.Credentials {
			first = c.FirstExposedAt
		}
	}
	for i := range f.Locations {
		if d := rfc3339(f.Locations[i].Date); d != "" && (first == "" || d < first) {
			first = d
		}
	}
	return first[:min(len(first), 10)]
}
