package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// wireIgnored is leak.Ignored in JSON.
type wireIgnored struct {
	ID     string `json:"id"`
	Rule   string `json:"rule"`
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
	Owner  string `json:"owner,omitempty"`
	Until  string `json:"until,omitempty"`
	Places int    `json:"places"`
	Path   string `json:"path,omitempty"`
	Line   int    `json:"line,omitempty"`
	Whole  bool   `json:"whole"`
}

func toWireIgnored(list []leak.Ignored) (out []wireIgnored) {
	for _, g := range list {
		out = append(out, wireIgnored{g.ID, g.Rule, g.By, text(g.Reason), text(g.Owner), text(g.Until), g.Places, text(g.Path), g.Line, g.Whole})
	}
	return out
}

func fromWireIgnored(list []wireIgnored) (out []leak.Ignored) {
	for _, g := range list {
		out = append(out, leak.Ignored(g))
	}
	return out
}

// dropped says how many credentials were found and left out, and by what.
func dropped(s Summary) string {
	by := map[string]int64{}
	for _, g := range s.Ignored {
		if g.Whole {
			by[source(g.By)]++
		}
	}
	var parts []string
	for _, kind := range []string{source(leak.ByBaseline), comments, source(leak.BySettings), source(leak.ByConfidence)} {
		if n := by[kind]; n > 0 {
			parts = append(parts, thousands(n)+" by "+kind)
		}
	}
	out := plural(int64(s.Suppressed), "credentials")
	if len(parts) == 0 {
		return out
	}
	return out + ": " + strings.Join(parts, ", ")
}

const comments = "comments beside them"

// source is what a finding was left out by.
func source(by string) string {
	switch by {
	case leak.ByBaseline:
		return "the baseline"
	case leak.BySettings:
		return "allow lists of the settings"
	case leak.ByConfidence:
		return "--" + by
	}
	return comments
}

// ignored lists what was dropped, if all is to be shown.
func (t *textReport) ignored(list []leak.Ignored) {
	if !t.opts.Verbose {
		return
	}
	for _, g := range list {
		where := g.Path
		if where == "" {
			where = "(no file)"
		} else if g.Line > 0 {
			where = fmt.Sprintf("%s:%d", where, g.Line)
		}
		line := g.Rule + " " + where
		if g.Places > 1 {
			line += fmt.Sprintf(" and %s more", thousands(int64(g.Places-1)))
		}
		said := slices.DeleteFunc([]string{g.Reason, g.Owner}, func(s string) bool { return s == "" })
		if g.Until != "" {
			said = append(said, "until "+g.Until)
		}
		line += " by " + g.By
		if len(said) > 0 {
			line += ": " + strings.Join(said, ", ")
		}
		t.paintedRow(faint, "ignored", visible(text(line))+" ["+visible(short(g.ID))+"]")
	}
}
