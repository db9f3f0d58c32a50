package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/whosekey/whosekey/leak"
)

// item is one place of a finding.
type item struct {
	f *leak.Finding
	l *leak.Location
}

// whole is a Handler that keeps the run to its end: the worst comes first, or
// the reader takes only so much.
type whole struct {
	w      io.Writer
	opts   Options
	begun  string // what its clock said then
	run    Run
	all    []*leak.Finding
	render func(*whole, Summary) ([]byte, error)
}

// atEnd returns the constructor of a format that render writes as a whole.
func atEnd(render func(*whole, Summary) ([]byte, error)) func(io.Writer, Options) Handler {
	return func(w io.Writer, opts Options) Handler {
		return &whole{w: w, opts: opts, begun: opts.clock(), render: render}
	}
}

func (h *whole) Start(r Run) error { h.run = r; return nil }

func (h *whole) Finding(f *leak.Finding) error { h.all = append(h.all, f); return nil }

func (h *whole) Finish(s Summary) error {
	out, err := h.render(h, s)
	if err != nil {
		return err
	}
	_, err = h.w.Write(out)
	return err
}

// weight is how loudly a finding is told: "error", "warning" or "note". What no
// longer works, and what is only likely to be nothing, is a note.
func weight(f *leak.Finding) string {
	switch {
	case over(f):
		return sarif.LevelNote
	case f.Verdict.Status == leak.Live:
		return sarif.LevelError
	case f.Confidence == leak.Low:
		return sarif.LevelNote
	}
	return level(f.Rule.Severity)
}

// worstFirst sorts findings; equals stay as they came.
func worstFirst(all []*leak.Finding) []*leak.Finding {
	order := map[string]int{sarif.LevelError: 0, sarif.LevelWarning: 1, sarif.LevelNote: 2}
	works := func(f *leak.Finding) int {
		if f.Verdict.Status == leak.Live {
			return 0
		}
		return 1
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *leak.Finding) int {
		return cmp.Or(
			cmp.Compare(order[weight(a)], order[weight(b)]),
			cmp.Compare(works(a), works(b)),
			cmp.Compare(rank(b), rank(a)),
		)
	})
	return all
}

// foremost is the place to show of a finding where there is room for one: one
// that is still there.
func foremost(f *leak.Finding) *leak.Location {
	all := placesOf(f)
	if i := slices.IndexFunc(all, present); i >= 0 {
		return all[i]
	}
	return all[0]
}

// spread lists places, the foremost of each finding before any further ones, so
// that a limit cuts places before it cuts credentials.
func spread(all []*leak.Finding) []item {
	var first, rest []item
	for _, f := range all {
		best := foremost(f)
		first = append(first, item{f, best})
		for _, l := range placesOf(f) {
			if l != best && len(f.Locations) > 0 {
				rest = append(rest, item{f, l})
			}
		}
	}
	return append(first, rest...)
}

// keys returns an id for every place of a finding, in their order. It does not
// change when the line moves, and no other place in the run has it.
func keys(f *leak.Finding) []string {
	seen := map[string]int{}
	out := make([]string, 0, len(f.Locations))
	for _, l := range placesOf(f) {
		name := f.ID + "\x00" + locationPath(l)
		seen[name]++
		if n := seen[name]; n > 1 {
			name += fmt.Sprintf("\x00%d", n)
		}
		sum := sha256.Sum256([]byte(name))
		out = append(out, hex.EncodeToString(sum[:16]))
	}
	return out
}

// gist is what the formats for CI servers say of a finding beside its rule. All
// of it is visible and UTF-8; what is not known is empty.
type gist struct {
	identity       string // in a line, for people
	id, name, kind string
	owner, why     string // the best owner, and how that is known
	sure           string // the confidence of the identity: "0.97"
	ownerSure      string // of the owner
	risk, band     string // "71", "high"
	tenant, env    string
}

func (o *Options) gist(f *leak.Finding) gist {
	r := o.read(f)
	if r == nil {
		return gist{}
	}
	name := r.Name
	if name == "" {
		name = r.ProviderID
	}
	g := gist{identity: identityLine(r), id: shown(r.ID), name: shown(name), owner: shown(r.Owner), env: shown(r.Environment)}
	if r.IdentityType != leak.UnknownIdentity {
		g.kind = shown(string(r.IdentityType))
	}
	g.sure = fmt.Sprintf("%.2f", r.Confidence)
	if w := bestOwner(r); w != nil {
		g.why, g.ownerSure = shown(join(", ", ownerWhy(*w), shortRef(w.Ref))), fmt.Sprintf("%.2f", w.Confidence)
	}
	if n := r.Tenant; n != nil {
		g.tenant = shown(join(" ", n.Kind, join(" ", n.ID, quoted(n.Name))))
	}
	if k := risk(r); k != nil {
		g.risk, g.band = fmt.Sprint(k.Score), shown(k.Band)
	}
	return g
}

// brief names the identity in a few words.
func (g *gist) brief() string {
	if g.name == "" {
		return words(g.kind)
	}
	return join(" ", words(g.kind), g.name)
}

// facts are the lines that formats with room for a paragraph have.
func (h *whole) facts(f *leak.Finding, l *leak.Location) []fact {
	g := h.opts.gist(f)
	all := []fact{
		{"Place", place(l)}, {"Since", sinceUnnamed(l)}, {"Confidence", shown(string(f.Confidence))}, {"Verdict", verdictText(f)},
		{"Provider says", shown(factsLine(&f.Verdict, h.opts, ", "))},
		{"Identity", g.identity}, {"Owner", join(" ", g.owner, "("+join("; ", g.why, g.ownerSure)+")")}, {"Risk", join(", ", g.risk, g.band)},
		{"Do", shown(todo(f))}, {"See", shown(f.Rule.About)}, {"Id", shown(f.ID)},
	}
	return slices.DeleteFunc(all, func(x fact) bool { return x.text == "" })
}

// sinceUnnamed is since without the name of who made the commit: these formats
// are read by more people than the repository is.
func sinceUnnamed(l *leak.Location) string {
	c := *l
	c.Author = ""
	return since(&c)
}

// orBefore says that the history is cut off behind the commit that is named.
func orBefore(l *leak.Location) string {
	if l.Cut {
		return " or before, where the history is cut off"
	}
	return ""
}

type fact struct{ name, text string }

func verdictText(f *leak.Finding) string {
	line := shown(join(": ", string(f.Verdict.Status), f.Verdict.Reason))
	if how := evidence(&f.Verdict, true); len(how) > 0 && asked(f) {
		line += " (" + strings.Join(how, ", ") + ")"
	}
	return line
}

// rotate says what to do with a leaked credential.
func rotate(rule leak.RuleInfo) string {
	if rule.Rotate != "" {
		return rule.Rotate
	}
	return "Revoke it at its provider, put a new one in its place, and look in the provider's log for who used it."
}

// instead is what to do about what is not ours to rotate; empty for what is.
func instead(f *leak.Finding) string {
	switch {
	case f.Verdict.Status == leak.Canary:
		return leak.AboutTraps
	case f.Identity != nil && f.Identity.Status == leak.ThirdPartyIdentity:
		return leak.AboutOthers
	}
	return ""
}

// todo says what to do about a finding.
func todo(f *leak.Finding) string {
	return cmp.Or(instead(f), rotate(f.Rule))
}

// shown is s as it may stand in a log: UTF-8, and nothing that cannot be seen.
func shown(s string) string { return visible(text(s)) }

// headline says how a run went, without a word of what was searched.
func headline(all []*leak.Finding, s Summary) string {
	places := 0
	for _, f := range all {
		places += len(f.Locations)
	}
	return headlineOf(len(all), places, s)
}

func headlineOf(n, places int, s Summary) string {
	line := "no leaked credentials"
	switch {
	case n > 0:
		if line = plural(int64(n), "leaked credentials"); places > 0 {
			line += " in " + plural(int64(places), "places")
		}
	case !searchedAnything(s.Counts):
		line = "nothing was searched"
	}
	if s.Truncated > 0 {
		line += fmt.Sprintf(", and %s that --max-findings left out", thousands(s.Truncated))
	}
	if s.Incomplete {
		line += "; the scan is INCOMPLETE: there may be more"
	}
	return line
}

// missing describes what should have been searched and was not, in a line; empty
// for nothing.
func missing(s Summary) string {
	var list []string
	for _, g := range s.Skipped {
		list = append(list, shown(gapText(g)))
	}
	if len(list) == 0 && s.Incomplete {
		list = append(list, "the scan is incomplete")
	}
	return strings.Join(list, "; ")
}

// file is the path of a place that is a file, below the root; empty for others.
func file(l *leak.Location) string {
	if l.Path == "" || l.Kind != leak.KindBlob && l.Kind != leak.KindFile {
		return ""
	}
	return relativePath(text(l.Path))
}

// limited cuts s to at most n characters.
func limited(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
