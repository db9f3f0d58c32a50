package report

import (
	"fmt"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/whosekey/whosekey/leak"
)

// What becomes of an alert is decided by what stands in the next log: a result
// that is missing is "fixed". To delete a line fixes nothing while the credential
// works, so results stay until it does not, and then they go, which is the truth.

// The values of Options.SARIFHistory.
const (
	HistoryKeep     = "keep"      // until the credential is dead or expired; the zero value is this too
	HistoryHeadOnly = "head-only" // and only where it stands in HEAD, in the index or in a file
	HistoryNone     = "none"      // another word for head-only
	HistoryAll      = "all"       // every place of every credential, whatever its state
)

// Histories are the values of Options.SARIFHistory, for flags.
var Histories = []string{HistoryKeep, HistoryHeadOnly, HistoryNone, HistoryAll}

// lifecycle decides which places of a finding are results, and counts the rest.
type lifecycle struct {
	over    int // credentials that no longer work
	history int // credentials with no place at HEAD
}

// places are those that are results. A finding without a place has one that
// says so.
func (c *lifecycle) places(f *leak.Finding, o Options) []*leak.Location {
	if over(f) && o.SARIFHistory != HistoryAll && !o.SARIFSuppressed {
		c.over++
		return nil
	}
	all := placesOf(f)
	if o.SARIFHistory != HistoryHeadOnly && o.SARIFHistory != HistoryNone {
		return all
	}
	var here []*leak.Location
	for _, l := range all {
		if present(l) {
			here = append(here, l)
		}
	}
	if len(here) == 0 {
		c.history++
	}
	return here
}

// notes say what is missing.
func (c *lifecycle) notes() []string {
	var out []string
	if c.over > 0 {
		out = append(out, fmt.Sprintf("%s not among the results, for no longer working: dead or expired.", plural(int64(c.over), "credentials")))
	}
	if c.history > 0 {
		out = append(out, fmt.Sprintf("%s not among the results, for standing in the history only.", plural(int64(c.history), "credentials")))
	}
	return out
}

// over reports whether a credential is known to open nothing any more.
func over(f *leak.Finding) bool {
	return f.Verdict.Status == leak.Dead || f.Verdict.Status == leak.Expired
}

// present reports whether a place is in what one sees without looking into the
// history.
func present(l *leak.Location) bool {
	return l.AtHead || l.Staged || l.Kind == leak.KindFile || l.Kind == leak.KindStdin || l.Kind == leak.KindLog || l.Kind == ""
}

// placesOf are the places of a finding; one that says that it is not known for a
// finding without any.
func placesOf(f *leak.Finding) []*leak.Location {
	if len(f.Locations) == 0 {
		return []*leak.Location{{Problem: "it is not known where it stands"}}
	}
	out := make([]*leak.Location, len(f.Locations))
	for i := range f.Locations {
		out[i] = &f.Locations[i]
	}
	return out
}

// suppress marks the result of a credential that no longer works, where those
// are asked for.
func (o *Options) suppress(f *leak.Finding, r *sarif.Result) {
	if !o.SARIFSuppressed || !over(f) {
		return
	}
	why := "the credential has expired"
	if f.Verdict.Status == leak.Dead {
		why = "its provider refuses the credential"
	}
	if !f.Verdict.When.IsZero() {
		why += ", as of " + day(f.Verdict.When)
	}
	r.WithLevel(sarif.LevelNote).AddSuppression(sarif.NewSuppression().
		WithKind("external").WithStatus("accepted").WithJustification(why))
}

// ignored writes the result of what the policy dropped, where those are asked
// for.
func (s *sarifLog) ignored(g *leak.Ignored) error {
	if !s.opts.SARIFSuppressed {
		return nil
	}
	rule := leak.RuleInfo{ID: g.Rule, Title: g.Rule}
	if at, known := s.index[g.Rule]; known {
		rule = s.rules[at]
	}
	kind := "inSource" // a comment beside it
	if g.By == leak.ByBaseline || g.By == leak.BySettings || g.By == leak.ByConfidence {
		kind = "external"
	}
	until := ""
	if g.Until != "" {
		until = "until " + g.Until
	}
	why := join(", ", g.Reason, g.Owner, until)
	if why == "" {
		why = "no reason is given"
	}
	l := leak.Location{Kind: leak.KindFile, Path: g.Path, Position: leak.Position{Line: g.Line}}
	message := fmt.Sprintf("%s: ignored by %s: %s.", rule.Title, source(g.By), why)
	return s.write(sarif.NewRuleResult(rule.ID).
		WithLevel(sarif.LevelNote).
		WithMessage(sarif.NewTextMessage(bracketed.Replace(shown(message)))).
		WithLocations([]*sarif.Location{s.location(&l, &l.Position)}).
		WithFingerprints(map[string]string{"whosekey/v1": g.ID}).
		AddSuppression(sarif.NewSuppression().WithKind(kind).WithStatus("accepted").WithJustification(shown(why))).
		WithRuleIndex(s.addRule(rule)))
}
