package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/rules"
)

func (a *app) rulesShowCommand() *cobra.Command {
	var f ruleFlags
	c := &cobra.Command{
		Use:   "show RULE",
		Short: "Show all that is known of a rule",
		Example: `  whosekey rules show slack-bot-token
  whosekey rules show acme-token --rules acme.toml`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: ruleIDs,
		RunE: func(_ *cobra.Command, args []string) error {
			ps, _, err := f.load()
			if err != nil {
				return err
			}
			color, _ := a.terminal(a.stdout)
			s := &sheet{w: a.stdout, color: color}
			if d, err := detector(nil, args[0]); err == nil {
				info := d.Spec().Rule
				s.head(info.ID, info.Title)
				s.row("provider", "%s; written in Go", info.Provider)
				s.row("confidence", "%s, severity %.1f", info.Sure, info.Severity)
				s.row("rotate", "%s", info.Rotate)
				s.row("see", "%s", info.About)
				return nil
			}
			p, r, err := find(ps, args[0])
			if err != nil {
				return err
			}
			s.rule(p, r)
			return nil
		},
	}
	f.add(c)
	return c
}

// sheet prints facts, a line each.
type sheet struct {
	w     io.Writer
	color bool
}

func (s *sheet) paint(code, text string) string {
	if !s.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s *sheet) head(id, title string) {
	fmt.Fprintf(s.w, "%s  %s\n", s.paint("1", id), printable(title))
}

func (s *sheet) row(name, format string, args ...any) {
	if text := printable(fmt.Sprintf(format, args...)); strings.TrimSpace(text) != "" {
		fmt.Fprintf(s.w, "  %s %s\n", s.paint("36", fmt.Sprintf("%-11s", name)), text)
	}
}

func (s *sheet) rule(p *rules.Provider, r *rules.Rule) {
	info := p.Info(r)
	s.head(r.ID, r.Title)
	s.row("provider", "%s (%s), %s", p.Name, p.ID, p.File)
	s.row("confidence", "%s, severity %.1f", r.Confidence, r.Severity)
	fmt.Fprintf(s.w, "  %s %s\n", s.paint("36", "pattern    "), s.paint("33", printable(r.Pattern)))
	var lits []string
	for _, l := range r.Shape.Literals {
		text := fmt.Sprintf("%q", l.Text)
		if l.Fold {
			text += " in any case"
		}
		lits = append(lits, text)
	}
	s.row("literals", "%s", strings.Join(lits, ", "))
	s.row("match", "%d to %d bytes", r.Shape.MinLen, r.Shape.MaxLen)
	if e := r.Extend; e != nil {
		s.row("extend", "%s%s, %d bytes at most", e.Class, e.Until, e.Max)
	}
	if r.Entropy > 0 {
		s.row("entropy", "%.1f bits per character at least", r.Entropy)
	}
	s.row("checksum", "%s", r.Checksum)
	s.row("structure", "%s", r.Structure)
	s.row("stopwords", "%s", strings.Join(r.Stopwords, ", "))
	for _, n := range r.Near {
		need := "if it is there"
		if n.Required {
			need = "required"
		}
		if n.Literal != "" {
			need += ", of those with " + n.Literal
		}
		if e := n.Extend; e != nil {
			need += fmt.Sprintf("; goes on with %s, %d bytes at most", e.Class, e.Max)
		}
		s.row("near", "%s within %d bytes, %s", n.Pattern, n.Within, need)
	}
	s.identity(r.Identity)
	s.verification(p, r)
	for _, l := range r.Leaks {
		s.row("leak", "%s", strings.TrimSpace(l.Text))
	}
	for _, c := range r.Clean {
		s.row("clean", "%s (%s)", strings.TrimSpace(c.Text), c.Why)
	}
	s.row("rotate", "%s", r.Rotate)
	s.row("see", "%s", info.About)
}

func (s *sheet) identity(i *rules.Identity) {
	if i == nil {
		return
	}
	s.row("identity", "%s", i.Type)
	if i.Power != "" {
		s.row("power", "%s", i.Power)
	}
	if i.Lifetime != "" {
		s.row("lifetime", "%s", i.Lifetime)
	}
	s.row("legacy", "%s", i.Legacy)
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(i.Parts)) {
		parts = append(parts, k+" = "+i.Parts[k])
	}
	s.row("parts", "%s", strings.Join(parts, ", "))
}

func (s *sheet) verification(p *rules.Provider, r *rules.Rule) {
	for _, v := range p.Verify {
		if len(v.Rules) > 0 && !slices.Contains(v.Rules, r.ID) {
			continue
		}
		switch {
		case v.None != "":
			s.row("verify", "not possible: %s", v.None)
		case v.Go != "":
			s.row("verify", "%s, class %s; %s", v.Go, v.Class, v.Docs)
		default:
			s.row("verify", "%s, class %s; %s", v.Request, v.Class, v.Docs)
		}
		s.row("checked", "%s", v.Checked)
		return
	}
	s.row("verify", "nothing is known of how to ask")
}

// literalsOf are the literals of a rule that stand in a text.
func literalsOf(p *rules.Provider, r *rules.Rule, text string) ([]string, error) {
	ds, err := detectors.Compile(alone(p, r))
	if err != nil {
		return nil, err
	}
	return detectors.LiteralsIn(ds[0], text), nil
}
