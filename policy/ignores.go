package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// Ignores decides which findings are left out of a report, and keeps account of
// them: by the settings' allow lists, by comments beside them, by a baseline.
type Ignores struct {
	Config   *Config   // nil for none
	Baseline *Baseline // nil for none
	// Inline is one of InlineModes; empty for the first.
	Inline string
	// Refused says why comments do not count though they would; empty if they do.
	// Findings that have one then say so.
	Refused string
	// All reports what is in the baseline as well.
	All bool
	Now time.Time

	Least leak.Confidence // findings below are left out

	dropped []leak.Ignored
}

// InlineModes say what comments in the text do: they count, they count if they
// give a reason, they do not count.
var InlineModes = []string{"on", "require-reason", "off"}

// Keep removes the ignored places of a finding and reports whether any is left.
// It is called for each finding of a run, in one goroutine.
func (g *Ignores) Keep(f *leak.Finding) bool {
	entries := g.entries(f)
	if g.below(f) {
		return false
	}
	if c := g.Config; c != nil {
		for i := range c.Allow {
			a := &c.Allow[i]
			if len(a.Rules) > 0 && !slices.Contains(a.Rules, f.Rule.ID) {
				continue
			}
			g.drop(f, leak.Ignored{By: leak.BySettings, Reason: a.Reason}, func(l *leak.Location) bool { return a.covers(l.Path) })
		}
	}
	if c := g.Config; c != nil {
		for _, s := range c.Screens {
			g.drop(f, leak.Ignored{By: leak.BySettings, Reason: s.Reason}, func(l *leak.Location) bool { return s.Covers(f, l) })
		}
	}
	if g.Inline != "off" {
		g.comments(f)
	}
	if !g.All {
		for _, e := range entries {
			if !e.Expired(g.Now) {
				g.drop(f, leak.Ignored{By: leak.ByBaseline, Reason: e.Reason, Owner: e.Owner, Until: e.Expires}, e.covers)
			} else if slices.ContainsFunc(f.Locations, func(l leak.Location) bool { return e.covers(&l) }) {
				g.remark(f, "its entry in the baseline expired on "+e.Expires)
			}
		}
	}
	return len(f.Locations) > 0
}

// entries are those of the baseline that are about a credential. They are in use,
// whatever else says of it.
func (g *Ignores) entries(f *leak.Finding) (out []*Entry) {
	if g.Baseline == nil {
		return nil
	}
	for _, i := range g.Baseline.about(f) {
		e := &g.Baseline.Entries[i]
		if slices.ContainsFunc(f.Locations, func(l leak.Location) bool { return e.covers(&l) }) {
			g.Baseline.used[i] = true
			out = append(out, e)
		}
	}
	return out
}

// comments drops the places that a comment beside them allows.
func (g *Ignores) comments(f *leak.Finding) {
	type group struct{ by, reason, until string }
	var order []group
	for i := range f.Locations {
		l := &f.Locations[i]
		a := said(l)
		if a == nil {
			continue
		}
		if g.Refused != "" {
			g.remark(f, "the comment "+a.By+" beside it does not count: "+g.Refused)
			continue
		}
		if why := g.lacks(f, a); why != "" {
			if why != elsewhere {
				g.remark(f, why)
			}
			continue
		}
		if k := (group{a.By, a.Reason, a.Until}); !slices.Contains(order, k) {
			order = append(order, k)
		}
	}
	for _, k := range order {
		g.drop(f, leak.Ignored{By: k.by, Reason: k.reason, Until: k.until}, func(l *leak.Location) bool {
			a := said(l)
			return a != nil && a.By == k.by && a.Reason == k.reason && a.Until == k.until && g.lacks(f, a) == ""
		})
	}
}

// said is the comment that counts at a place: of a file that is there in HEAD, the
// one there.
func said(l *leak.Location) *leak.Allowance {
	if l.Head != nil {
		return l.Head.Allowed
	}
	return l.Allowed
}

const elsewhere = "it is about another rule"

// lacks says why a comment does not count; empty if it does.
func (g *Ignores) lacks(f *leak.Finding, a *leak.Allowance) string {
	own := strings.HasPrefix(a.By, "whosekey:")
	switch {
	case a.Rule != "" && a.Rule != f.Rule.ID && !slices.Contains(f.Also, a.Rule):
		return elsewhere
	case a.Reason == "" && (own || g.Inline == "require-reason"):
		return "the comment " + a.By + " beside it gives no reason, and does not count without one"
	case a.Until == "":
		return ""
	}
	if _, err := time.Parse(time.DateOnly, a.Until); err != nil {
		return "the comment " + a.By + " beside it does not count: its until= is no day such as 2027-01-31"
	}
	if g.Now.UTC().Format(time.DateOnly) > a.Until {
		return "the comment " + a.By + " beside it counted until " + a.Until
	}
	return ""
}

// remark adds to what is said of a finding.
func (g *Ignores) remark(f *leak.Finding, why string) {
	if !slices.Contains(f.Why, why) {
		f.Why = append(slices.Clone(f.Why), why)
	}
}

// drop removes places of a finding, and takes note of it.
func (g *Ignores) drop(f *leak.Finding, as leak.Ignored, is func(*leak.Location) bool) {
	var first *leak.Location
	kept := f.Locations[:0:0]
	for i := range f.Locations {
		l := &f.Locations[i]
		if !is(l) {
			kept = append(kept, *l)
			continue
		}
		if as.Places++; first == nil {
			first = l
		}
	}
	if first == nil {
		return
	}
	at := &first.Position
	if first.Head != nil {
		at = first.Head
	}
	as.ID, as.Rule, as.Path, as.Line, as.Whole = f.ID, f.Rule.ID, first.Path, at.Line, len(kept) == 0
	f.Locations = kept
	g.dropped = append(g.dropped, as)
}

// Dropped lists what was left out, sorted.
func (g *Ignores) Dropped() []leak.Ignored {
	slices.SortFunc(g.dropped, func(a, b leak.Ignored) int {
		return cmp.Or(strings.Compare(a.Rule, b.Rule), strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), strings.Compare(a.ID, b.ID), strings.Compare(a.By, b.By))
	})
	return g.dropped
}

// lapsed calls f for the entries of the baseline that are expired, and for those
// that Keep did not use, if whole says that the run looked at everything that an
// entry can be about.
func (g *Ignores) lapsed(whole bool, f func(e *Entry, expired bool)) {
	if g.Baseline == nil {
		return
	}
	for i := range g.Baseline.Entries {
		e := &g.Baseline.Entries[i]
		if expired := e.Expired(g.Now); expired || whole && !g.Baseline.used[i] {
			f(e, expired)
		}
	}
}

// Title describes an entry for people.
func (e *Entry) Title() string {
	s := e.ID
	if !strings.HasPrefix(s, "at:") {
		s = s[:min(len(s), 15)]
	}
	for _, part := range []string{e.Rule, e.Path, e.Reason} {
		if part != "" {
			s += ", " + part
		}
	}
	return s
}

// Stale lists the entries that Keep did not use.
func (b *Baseline) Stale() (out []int) {
	for i := range b.Entries {
		if !b.used[i] {
			out = append(out, i)
		}
	}
	return out
}

// about lists the entries of a credential: those of its rule, of other rules that
// matched the same bytes, and those that other scanners left.
func (b *Baseline) about(f *leak.Finding) (out []int) {
	if b.byID == nil {
		b.byID, b.used = map[string][]int{}, map[int]bool{}
		for i := range b.Entries {
			b.index(i)
		}
	}
	if len(b.byID) == 0 {
		return nil
	}
	if secret, ok := f.Parts[leak.SecretPart]; ok {
		for _, rule := range slices.Compact(slices.Sorted(slices.Values(append([]string{f.Rule.ID}, f.Also...)))) {
			out = append(out, b.byID[b.IDOf(secret, rule)]...)
		}
		if _, some := b.byID["sha1"]; some {
			out = append(out, b.byID["sha1:"+secret.SHA1()]...)
		}
		if _, some := b.byID["sha256"]; some {
			out = append(out, b.byID["sha256:"+secret.SHA256()]...)
		}
	}
	for _, path := range paths(f) {
		out = append(out, b.byID["at:"+path]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// index makes an entry one that about finds.
func (b *Baseline) index(i int) {
	id := b.Entries[i].ID
	if strings.HasPrefix(id, "at:") {
		id = "at:" + b.Entries[i].Path
	} else if kind, _, _ := strings.Cut(id, ":"); kind != "b1" {
		b.byID[kind] = nil // there are some of these
	}
	b.byID[id] = append(b.byID[id], i)
}

// Learn adds an entry for a finding. It takes over what entries say of it that
// other scanners left, and these go.
func (b *Baseline) Learn(e Entry, f *leak.Finding) (added bool, err error) {
	if err := e.compile(); err != nil {
		return false, err
	}
	if e.Path != "" && !slices.ContainsFunc(f.Locations, func(l leak.Location) bool { return e.covers(&l) }) {
		return false, nil
	}
	var old []int
	for _, i := range b.about(f) {
		o := &b.Entries[i]
		if !slices.ContainsFunc(f.Locations, func(l leak.Location) bool { return o.covers(&l) }) {
			continue
		}
		if !o.Legacy() && (o.Path == "" || o.Path == e.Path) {
			return false, nil // there is one, of this rule or of another that matched
		}
		if o.Legacy() {
			e.Reason, e.Owner, old = cmp.Or(o.Reason, e.Reason), cmp.Or(o.Owner, e.Owner), append(old, i)
		}
	}
	for _, i := range slices.Backward(old) {
		b.Entries = slices.Delete(b.Entries, i, i+1)
		b.byID, b.places = nil, nil
	}
	return b.Add(e)
}
