package report

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// describe is the run without its results.
func (s *sarifLog) describe(sum Summary) *sarif.Run {
	run := sarif.NewRun().
		WithTool(sarif.NewTool().WithDriver(s.driver())).
		WithColumnKind("unicodeCodePoints").
		WithAutomationDetails(sarif.NewRunAutomationDetails().WithID(s.category)).
		WithInvocations([]*sarif.Invocation{s.invocation(sum)}).
		WithProperties(&sarif.PropertyBag{Properties: sarif.Properties{
			"mode":         s.run.Mode,
			"rules":        s.run.Rules,
			"rulesVersion": s.run.RulesVersion,
			"salted":       s.run.Salted,
			"counts":       toWireSummary(sum).Counts,
			"incomplete":   sum.Incomplete,
		}})
	if s.run.Root != "" {
		root := sarif.NewArtifactLocation().WithURI(rootURI(s.run.Root))
		run.WithOriginalUriBaseIds(map[string]sarif.ArtifactLocation{srcRoot: *root})
	}
	if vcs := s.provenance(); vcs != nil {
		run.WithVersionControlProvenance([]*sarif.VersionControlDetails{vcs})
	}
	return run
}

// The official expression for semantic versions is longer; what it refuses
// beyond this one does not come out of a release.
var semver = lazy.New(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

func (s *sarifLog) driver() *sarif.ToolComponent {
	name := s.run.Tool
	if name == "" {
		name = "whosekey"
	}
	d := sarif.NewToolComponent().WithName(name).WithInformationURI(homepage)
	if s.run.Version != "" {
		d.WithVersion(s.run.Version)
	}
	if v := strings.TrimPrefix(s.run.Version, "v"); semver.MatchString(v) {
		d.WithSemanticVersion(v)
	}
	for _, rule := range s.rules {
		d.AddRule(descriptor(rule))
	}
	return d
}

// provenance is nil if it is not known where the repository comes from.
func (s *sarifLog) provenance() *sarif.VersionControlDetails {
	remote := absoluteURL(cleanURL(text(s.run.RepositoryURI)))
	if remote == "" {
		return nil
	}
	v := sarif.NewVersionControlDetails().WithRepositoryURI(remote)
	if s.run.Revision != "" {
		v.WithRevisionID(s.run.Revision)
	}
	if s.run.Branch != "" {
		v.WithBranch(strings.TrimPrefix(text(s.run.Branch), "refs/heads/"))
	}
	return v
}

func (s *sarifLog) invocation(sum Summary) *sarif.Invocation {
	inv := sarif.NewInvocation().WithExecutionSuccessful(!sum.Incomplete)
	tell := func(level, message string) {
		inv.AddToolExecutionNotification(sarif.NewNotification().
			WithLevel(level).WithMessage(sarif.NewTextMessage(message)))
	}
	for _, g := range sum.Skipped {
		tell(sarif.LevelError, "Not searched: "+gapText(g))
	}
	if sum.Incomplete && len(sum.Skipped) == 0 {
		tell(sarif.LevelError, "The scan is incomplete.")
	}
	for _, g := range sum.LeftOut {
		tell(sarif.LevelNote, "Left out: "+gapText(g))
	}
	if sum.Truncated > 0 {
		tell(sarif.LevelWarning, fmt.Sprintf("%d more credentials are not in this report: --max-findings.", sum.Truncated))
	}
	if s.cut != "" {
		tell(sarif.LevelWarning, s.cut)
	}
	for _, note := range s.life.notes() {
		tell(sarif.LevelNote, note)
	}
	if sum.Suppressed > 0 {
		tell(sarif.LevelNote, "Found and left out: "+dropped(sum)+".")
	}
	for _, n := range sum.Notes {
		tell(sarif.LevelNote, text(n))
	}
	return inv
}

// gapText describes a gap in one line.
func gapText(g Gap) string {
	s := fmt.Sprintf("%d × %s", g.Count, text(g.Reason))
	if len(g.First) > 0 {
		s += ": " + text(strings.Join(g.First, ", "))
		if g.Count > int64(len(g.First)) {
			s += ", …"
		}
	}
	if g.Fix != "" {
		s += " (" + text(g.Fix) + ")"
	}
	return s
}

func descriptor(rule leak.RuleInfo) *sarif.ReportingDescriptor {
	d := sarif.NewReportingDescriptor().
		WithID(rule.ID).
		WithName(pascalCase(rule.ID)).
		WithShortDescription(sarif.NewMultiformatMessageString().WithText(rule.Title)).
		WithFullDescription(sarif.NewMultiformatMessageString().WithText(what(rule))).
		WithHelp(help(rule)).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(level(rule.Severity)))
	props := sarif.Properties{"precision": precision(rule.Sure), "provider": rule.Provider}
	if rule.Severity > 0 {
		props["security-severity"] = strconv.FormatFloat(rule.Severity, 'f', 1, 64)
	}
	d.WithProperties(&sarif.PropertyBag{
		Properties: props,
		Tags:       []string{"security", "external/cwe/cwe-798", "OWASP-NHI2"},
	})
	if page := webPage(rule.About); page != "" {
		d.WithHelpURI(page)
	}
	return d
}

// pascalCase makes the name of a rule out of its id.
func pascalCase(id string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(id, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == '/' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

func what(rule leak.RuleInfo) string {
	return rule.Title + " in a file, or in the history of one. " +
		"Whoever can read it can use it. To delete the line does not help: it stays in the history and in every copy."
}

func help(rule leak.RuleInfo) *sarif.MultiformatMessageString {
	plain := what(rule)
	rich := "**What it is.** " + plain
	plain += "\n\nWhat to do: " + rotate(rule)
	rich += "\n\n**What to do.** " + rotate(rule)
	if page := webPage(rule.About); page != "" {
		plain += "\n\nAbout these credentials: " + page
		rich += "\n\n[About these credentials](" + page + ")"
	}
	return sarif.NewMultiformatMessageString().WithText(plain).WithMarkdown(rich)
}

// level is GitHub's word for a severity.
func level(severity float64) string {
	switch {
	case severity >= 7:
		return sarif.LevelError
	case severity >= 4:
		return sarif.LevelWarning
	}
	return sarif.LevelNote
}

func precision(c leak.Confidence) string {
	switch c {
	case leak.High:
		return "very-high"
	case leak.Low:
		return "low"
	}
	return "medium"
}

// rank orders results from 0 to 100: how bad it is, and how sure that is.
func rank(f *leak.Finding) float64 {
	if r, ok := riskRank(f); ok {
		return r
	}
	tenths := int(f.Rule.Severity*10 + 0.5)
	switch f.Confidence {
	case leak.Medium:
		tenths = tenths * 8 / 10
	case leak.Low:
		tenths = tenths * 4 / 10
	}
	return float64(min(tenths, 100))
}

// absoluteURL returns s as a URL that SARIF accepts, or "" if it is none. It knows the form git@host:path of git.
func absoluteURL(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\r\n") {
		return ""
	}
	if !strings.Contains(s, "://") {
		host, path, found := strings.Cut(s, ":")
		if !found || strings.ContainsAny(host, `/\`) || len(host) < 2 {
			return ""
		}
		host = host[strings.LastIndexByte(host, '@')+1:]
		s = "ssh://" + host + "/" + strings.TrimPrefix(path, "/")
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	return u.String()
}

// webPage returns s if it is the address of a page on the web, else "": a rule file and a
// run that is read again can hold anything, and GitLab refuses the whole of a report in
// which a link is another address.
func webPage(s string) string {
	s = absoluteURL(s)
	if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return ""
	}
	return s
}
