package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/policy"
)

func (a *app) rulesExplainCommand() *cobra.Command {
	var f ruleFlags
	c := &cobra.Command{
		Use:   "explain RULE FILE:LINE",
		Short: "Say why a rule finds something in a line of a file, or which of its checks said no",
		Long: `Run a rule on a line of a file, stage by stage: literal, pattern, what it goes on with, other
pieces nearby, placeholder, entropy, checksum, structure, look-alike, rules that are surer,
policy; for generic-secret the assignment, the value, the name and the judgement of the value.
The first stage that says no is the reason. No credential is printed. The exit code is 1 if something is found.`,
		Example: `  whosekey rules explain slack-bot-token config/app.yml:12
  whosekey rules explain acme-token src/main.go:40 --rules acme.toml --config .whosekey.toml`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: ruleIDs,
		RunE: func(_ *cobra.Command, args []string) error {
			ps, _, err := f.load()
			if err != nil {
				return err
			}
			d, err := detector(ps, args[0])
			if err != nil {
				return err
			}
			ds, err := detectors.Compile(ps)
			if err != nil {
				return err
			}
			e := explaining{app: a, flags: &f, d: d, rule: args[0], set: detectors.NewSet(append(ds, detectors.Builtin(nil)...)...)}
			e.sheet.w = a.stdout
			e.sheet.color, _ = a.terminal(a.stdout)
			return e.run(args[1])
		},
	}
	f.add(c)
	return c
}

type explaining struct {
	*app
	sheet sheet
	flags *ruleFlags
	d     detectors.Detector
	rule  string
	set   *detectors.Set // of them, and of what is written in Go
	path  string
	data  []byte
	scan  []pipeline.Decided // what the scan reports of the data
}

func (e *explaining) run(place string) error {
	at := strings.LastIndexByte(place, ':')
	if at < 0 {
		return usage(fmt.Errorf("%q names no line", place), "write FILE:LINE, such as config/app.yml:12")
	}
	line, err := strconv.Atoi(place[at+1:])
	if err != nil || line < 1 {
		return usage(fmt.Errorf("%q: lines count from 1", place), "write FILE:LINE, such as config/app.yml:12")
	}
	e.path = place[:at]
	if e.data, err = policy.ReadFile(e.path); err != nil {
		return usage(fmt.Errorf("read file: %w", err), "")
	}
	from, to, ok := lineAt(e.data, line)
	if !ok {
		return usage(fmt.Errorf("%s has no line %d", e.path, line), "")
	}
	if e.scan, err = pipeline.Decide(context.Background(), e.set, e.data); err != nil {
		return err
	}
	all := detectors.Explain(e.d, e.data, from, to)
	for _, x := range all {
		e.one(&x, line, x.At-from+1)
	}
	if e.code == exitFindings {
		return nil
	}
	if e.otherwise(line, from, to) {
		return nil
	}
	if len(all) == 0 {
		var lits []string
		for _, l := range e.d.Spec().Literals {
			lits = append(lits, strconv.Quote(l.Text))
		}
		if len(lits) > 8 {
			lits = append(lits[:8], "...")
		}
		e.step("literal", false, "none of "+strings.Join(lits, ", ")+" begins in this line")
	}
	return nil
}

// one says what became of one occurrence of a literal.
func (e *explaining) one(x *detectors.Explained, line, column int) {
	fmt.Fprintf(e.stdout, "%s:%d:%d\n", printable(e.path), line, column)
	for _, s := range x.Steps {
		e.step(s.Name, s.OK, s.Says)
	}
	if x.Hit != nil && e.overlap(x.Hit) && e.policy(x.Hit) {
		e.step("finding", true, "it is reported"+e.doubt(x.Hit))
		e.code = exitFindings
	}
}

// otherwise says what the scan finds by the rule in a line other than by its literals there:
// in what was decoded, or since the name of the provider stands around it.
func (e *explaining) otherwise(line, from, to int) bool {
	for _, m := range e.scan {
		if m.Rule != e.rule || m.Span.Start < int64(from) || m.Span.Start >= int64(to) {
			continue
		}
		fmt.Fprintf(e.stdout, "%s:%d:%d\n", printable(e.path), line, int(m.Span.Start)-from+1)
		how := "with the name of the provider, which stands around it"
		if m.Encoding != "" {
			how = "decoded: " + m.Encoding
		}
		e.step("around", true, how)
		h := &detectors.Hit{Start: int(m.Span.Start), End: int(m.Span.End), Parts: m.Parts}
		if e.overlap(h) && e.policy(h) {
			e.step("finding", true, "it is reported"+e.doubt(h))
			e.code = exitFindings
		}
		return true
	}
	return false
}

func (e *explaining) step(name string, ok bool, says string) {
	word := e.sheet.paint("32", "yes")
	if !ok {
		word = e.sheet.paint("31", "no ")
	}
	fmt.Fprintf(e.stdout, "  %-11s %s  %s\n", name, word, printable(says))
}

// lineAt returns where a line begins and ends, counted from 1.
func lineAt(data []byte, line int) (from, to int, ok bool) {
	for n := 1; ; n++ {
		to = len(data)
		if i := bytes.IndexByte(data[from:], '\n'); i >= 0 {
			to = from + i
		}
		if n == line {
			return from, to, from < len(data)
		}
		if to == len(data) {
			return 0, 0, false
		}
		from = to + 1
	}
}

// overlap says which rules find the same bytes, and whether one of them counts
// instead, as the scan decides.
func (e *explaining) overlap(h *detectors.Hit) bool {
	if step, why := e.set.Without(e.rule, h); step != "" {
		e.step(step, false, why)
		return false
	}
	span := leak.Span{Start: int64(h.Start), End: int64(h.End)}
	winner := ""
	for _, m := range e.scan {
		if !m.Span.Overlaps(span) && !slices.ContainsFunc(m.Places(), span.Overlaps) {
			continue
		}
		if m.Rule != e.rule {
			winner = m.Rule
			continue
		}
		if len(m.Also) > 0 {
			e.step("overlap", true, "it counts before "+strings.Join(m.Also, ", "))
		}
		return true
	}
	if winner == "" {
		e.step("service", false, "too little says that it is a credential, unless the name of a service of which no more is known stands beside it")
	} else {
		e.step("overlap", false, "the rule "+winner+" is surer, or finds more, and counts instead")
	}
	return false
}

// doubt says why the finding is less sure than its rule.
func (e *explaining) doubt(h *detectors.Hit) string {
	if why := pipeline.Doubt(e.set, e.rule, h.Parts, filepath.ToSlash(e.path)); why != "" {
		return ", with low confidence: " + why
	}
	return ""
}

// policy says whether the settings or a comment allow the finding.
func (e *explaining) policy(h *detectors.Hit) bool {
	c := &policy.Config{}
	if e.flags.config != "" {
		f := scanFlags{config: e.flags.config}
		s, err := f.prepare()
		if err != nil {
			return true // it was read before
		}
		c = s.config
		if slices.Contains(s.off, e.rule) {
			e.step("policy", false, "the settings disable the rule")
			return false
		}
	}
	l := leak.Location{Path: filepath.ToSlash(e.path)}
	l.Allowed = policy.Allowance(e.data[:h.Start], e.data[h.End:])
	finding := &leak.Finding{Rule: e.d.Spec().Rule, Parts: h.Parts, Locations: []leak.Location{l}}
	if c.Fits != nil {
		l := &finding.Locations[0]
		l.Fits = c.Fits(finding, e.data[:h.Start], e.data[h.Start:h.End], e.data[h.End:])
	}
	ignores := policy.Ignores{Config: c, Inline: policy.InlineModes[0], Now: time.Now()}
	if c.Policy.Inline != "" {
		ignores.Inline = c.Policy.Inline
	}
	if ignores.Keep(finding) {
		for _, why := range finding.Why {
			e.step("policy", true, why)
		}
		return true
	}
	for _, d := range ignores.Dropped() {
		e.step("policy", false, "allowed by "+d.By+": "+d.Reason)
	}
	return false
}
