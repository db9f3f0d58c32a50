package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/whosekey/whosekey/leak"
)

// How GitHub reads SARIF (docs/reports.md has the rest): of a result only the
// first location, of the fingerprints only primaryLocationLineHash, and the
// severity of the rule. It shows no code for a file that is not in the
// checkout, and wants a path and a line nevertheless.

const (
	sarifSchema = "https://json.schemastore.org/sarif-2.1.0.json"
	homepage    = "https://github.com/whosekey/whosekey"
	category    = "whosekey/" // tells our analyses apart; changing it orphans alerts
	srcRoot     = "SRCROOT"
)

// NewSARIF returns a Handler that writes SARIF 2.1.0 as GitHub code scanning
// reads it: one result for every place of every credential, without any text
// of the file. Results are written as they come and are not kept.
//
// With Options.SARIFSplit the results are kept until the end, sorted, and
// written in as many runs as GitHub's limits demand.
func NewSARIF(w io.Writer, opts Options) Handler {
	if opts.SARIFSplit {
		return &sarifParts{w: w, opts: opts, max: githubTakes}
	}
	return newSARIFLog(w, opts)
}

func newSARIFLog(w io.Writer, opts Options) *sarifLog {
	return &sarifLog{w: w, opts: opts, index: map[string]int{}, category: category}
}

type sarifLog struct {
	w     io.Writer
	opts  Options
	run   Run
	rules []leak.RuleInfo // those of the catalog, sorted, then others as they came
	index map[string]int  // of a rule in rules, by id
	begun bool            // a result was written

	category string // tells this run apart from others of one log
	life     lifecycle
	cut      string // what GitHub's limits left out, for people
}

func (s *sarifLog) Start(r Run) error {
	s.run = r
	for _, rule := range sortedCatalog(r.Catalog) {
		s.addRule(rule)
	}
	if _, err := io.WriteString(s.w, sarifHead); err != nil {
		return err
	}
	return s.begin()
}

// sarifHead and sarifTail stand around the runs of a log.
const (
	sarifHead = `{"$schema":"` + sarifSchema + `","version":"2.1.0","runs":[`
	sarifTail = "]}\n"
)

// begin begins the run. The results stand before the tool because a finding may
// have a rule that is not in the catalog.
func (s *sarifLog) begin() error {
	_, err := io.WriteString(s.w, `{"results":[`)
	return err
}

func (s *sarifLog) addRule(rule leak.RuleInfo) int {
	at, known := s.index[rule.ID]
	if !known {
		at = len(s.rules)
		s.index[rule.ID] = at
		s.rules = append(s.rules, rule)
	}
	return at
}

func (s *sarifLog) Finding(f *leak.Finding) error {
	for _, l := range s.life.places(f, s.opts) {
		if err := s.place(f, l); err != nil {
			return err
		}
	}
	return nil
}

// place writes the result of one place.
func (s *sarifLog) place(f *leak.Finding, l *leak.Location) error {
	return s.write(s.result(f, l).WithRuleIndex(s.addRule(f.Rule)))
}

func (s *sarifLog) write(r *sarif.Result) error {
	text, err := encodeSARIF(r)
	if err != nil {
		return err
	}
	before := ",\n"
	if !s.begun {
		s.begun = true
		before = "\n"
	}
	_, err = s.w.Write(append([]byte(before), text...))
	return err
}

func (s *sarifLog) Finish(sum Summary) error {
	for i := range sum.Ignored {
		if err := s.ignored(&sum.Ignored[i]); err != nil {
			return err
		}
	}
	if err := s.end(sum); err != nil {
		return err
	}
	_, err := io.WriteString(s.w, sarifTail)
	return err
}

// end writes the rest of the run.
func (s *sarifLog) end(sum Summary) error {
	text, err := encodeSARIF(s.describe(sum))
	if err != nil {
		return err
	}
	_, err = s.w.Write(append([]byte("\n],\n"), bytes.TrimPrefix(text, []byte("{"))...))
	return err
}

// result is one place of a credential.
func (s *sarifLog) result(f *leak.Finding, l *leak.Location) *sarif.Result {
	pos := checkoutPosition(l)
	if l.Merge != nil { // upload-sarif says that it is about what is checked out: codeql-action#2807
		pos = l.Merge
	}
	if printedBy(l) {
		pos = &leak.Position{Line: l.Log.SourceLine}
	}
	r := sarif.NewRuleResult(f.Rule.ID).
		WithLevel(level(f.Rule.Severity)).
		WithRank(rank(f)).
		WithMessage(sarif.NewTextMessage(s.message(f, l))).
		WithLocations([]*sarif.Location{s.location(l, pos)}).
		WithFingerprints(map[string]string{"whosekey/v1": f.ID}).
		WithProperties(s.properties(f, l, pos))
	if f.Confidence == leak.Low {
		r.WithLevel(sarif.LevelNote)
	}
	s.opts.suppress(f, r)
	if hash := lineHash(f, l, pos); hash != "" {
		r.WithPartialFingerprints(map[string]string{"primaryLocationLineHash": hash})
	}
	return r
}

func (s *sarifLog) location(l *leak.Location, pos *leak.Position) *sarif.Location {
	artifact := sarif.NewArtifactLocation().WithURI(locationURI(l))
	if uri := outsideURI(s.run.Root, l); uri != "" {
		artifact.WithURI(uri)
	} else if s.run.Root != "" && l.Kind != leak.KindLog {
		artifact.WithURIBaseID(srcRoot)
	}
	// Without a line GitHub refuses the result.
	region := sarif.NewRegion().WithStartLine(max(pos.Line, 1))
	if pos.Line > 0 && pos.Column > 0 {
		region.WithStartColumn(pos.Column)
	}
	if pos.Line > 0 && pos.EndLine >= pos.Line && pos.EndColumn > 0 {
		region.WithEndLine(pos.EndLine).WithEndColumn(pos.EndColumn)
	}
	place := sarif.NewLocation().WithPhysicalLocation(
		sarif.NewPhysicalLocation().WithArtifactLocation(artifact).WithRegion(region))
	if l.Image != nil {
		place.WithLogicalLocations([]*sarif.LogicalLocation{imageLocation(l)})
	}
	if l.Kind == leak.KindLog {
		place.WithLogicalLocations([]*sarif.LogicalLocation{logLocation(l)})
	}
	return place
}

func (s *sarifLog) properties(f *leak.Finding, l *leak.Location, pos *leak.Position) *sarif.PropertyBag {
	p := sarif.Properties{
		"provider":   f.Rule.Provider,
		"confidence": string(f.Confidence),
		"verdict":    string(f.Verdict.Status),
		"at_head":    l.AtHead,
		"kind":       string(l.Kind),
	}
	for key, value := range map[string]string{
		"encoding": f.Encoding,
		"commit":   l.Commit,
		"date":     rfc3339(l.Date),
		"problem":  text(l.Problem),
	} {
		if value != "" {
			p[key] = value
		}
	}
	logProperties(l.Log, p)
	s.opts.sarifIdentity(f, p)
	if detail := toWireVerdict(&f.Verdict, s.opts); detail != nil {
		p["verdict_detail"] = detail
	}
	if l.Image != nil {
		p["image"] = toWireImage(l)
	}
	if pos.NoText {
		p["binary"] = true
	}
	if s.opts.ShowSecrets {
		p["secret"] = text(f.Parts[leak.SecretPart].Reveal())
	}
	return &sarif.PropertyBag{Properties: p}
}

// checkoutPosition is where the checkout has it, if it does, as that is what
// GitHub shows.
func checkoutPosition(l *leak.Location) *leak.Position {
	if l.Head != nil {
		return l.Head
	}
	return &l.Position
}

// message is what GitHub shows of a result.
func (s *sarifLog) message(f *leak.Finding, l *leak.Location) string {
	return bracketed.Replace(s.opts.sentences(f, l, false))
}

// Brackets would be a link in the markup of SARIF's messages.
var bracketed = strings.NewReplacer("[", `\[`, "]", `\]`)

// sentences say what there is to say of a place of a finding. The first must do
// where there is little room. dated says how and when its provider was asked, too;
// SARIF has properties for that, and messages that stay the same.
func (o *Options) sentences(f *leak.Finding, l *leak.Location, dated bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s confidence, %s.", f.Rule.Title, f.Confidence, f.Verdict.Status)
	if v := &f.Verdict; v.Host != "" && v.Sent() {
		fmt.Fprintf(&b, " %s was asked: %s", text(v.Host), text(v.Reason))
		if how := evidence(v, true); dated && len(how) > 1 {
			b.WriteString(" (" + strings.Join(how[1:], ", ") + ")")
		}
		b.WriteString(".")
	} else if asked(f) && v.Reason != "" {
		fmt.Fprintf(&b, " Nobody was asked: %s.", text(v.Reason))
	}
	if s := instead(f); s != "" {
		b.WriteString(" " + s)
	}
	switch {
	case l.Staged:
		b.WriteString(" It is staged, and in no commit yet.")
	case l.Commit != "":
		b.WriteString(" First seen")
		if !l.Date.IsZero() {
			fmt.Fprintf(&b, " on %s", day(l.Date))
		}
		fmt.Fprintf(&b, " in commit %s%s; %s.", short(l.Commit), orBefore(l), headState(l))
	case l.Unreachable:
		b.WriteString(" It is in no commit that a branch or tag leads to, and anybody who has its id can fetch it.")
	}
	if l.Image != nil {
		fmt.Fprintf(&b, " It is in %s; %s.", imagePlace(l), history(l))
	}
	if l.IsName() {
		b.WriteString(" It is in the name.")
	}
	b.WriteString(logSentence(l.Log))
	if l.Problem != "" {
		fmt.Fprintf(&b, " Its place could not be found again: %s.", text(l.Problem))
	}
	b.WriteString(o.belongs(f))
	return b.String()
}

func headState(l *leak.Location) string {
	switch {
	case l.AtHead:
		return "still in HEAD"
	case l.Unreachable:
		return "not in HEAD, nor in any branch or tag"
	}
	return "not in HEAD"
}
