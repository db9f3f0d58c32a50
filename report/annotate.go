package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/whosekey/whosekey/leak"
)

// Lines on standard output that CI servers turn into remarks beside the code.
// Both servers take ten of a kind from a step and drop the rest without a word,
// so the worst come first and the last says how many are not shown.
const perLevel = 10

// remark is one of them. Its texts are visible characters; who writes it escapes
// what is syntax.
type remark struct {
	level          string // of SARIF
	file           string // empty for what is in no file
	pos            *leak.Position
	title, message string
	rule           string
}

// remarks are those that are shown, worst first: an incomplete scan, then of
// each credential the place that matters, then further places.
func (h *whole) remarks(s Summary, level func(*leak.Finding) string) []remark {
	all := map[string][]remark{}
	if gaps := missing(s); gaps != "" {
		all[sarif.LevelError] = append(all[sarif.LevelError], remark{
			level: sarif.LevelError, title: "whosekey: incomplete scan", message: limited("Not searched: "+gaps, 4000),
		})
	}
	for _, it := range spread(worstFirst(h.all)) {
		w, message := level(it.f), h.sentence(it.f, it.l)
		if it.f.Verdict.Status != leak.Canary { // of a trap the sentences say it
			message += " What to do: " + shown(todo(it.f))
		}
		all[w] = append(all[w], remark{
			level: w, file: h.opts.prefixed(shown(file(it.l))), pos: checkoutPosition(it.l), rule: shown(it.f.Rule.ID),
			title: shown(it.f.Rule.Title), message: message,
		})
	}
	var out []remark
	for _, w := range []string{sarif.LevelError, sarif.LevelWarning, sarif.LevelNote} {
		list := all[w]
		if more := len(list) - perLevel + 1; more > 1 {
			list = append(list[:perLevel-1:perLevel-1], remark{
				level: w, title: "whosekey", message: fmt.Sprintf("and %s more: see the summary or the report.", thousands(int64(more))),
			})
		}
		out = append(out, list...)
	}
	return out
}

// prefixed is a path as the server sees it; empty for none.
func (o *Options) prefixed(path string) string {
	if path == "" {
		return ""
	}
	return o.Prefix + path
}

// github writes workflow commands (docs.github.com, "Workflow commands for
// GitHub Actions"). The runner reads a command where a line begins with two
// colons; nothing that was scanned can begin a line here.
func github(h *whole, s Summary) ([]byte, error) {
	var b bytes.Buffer
	for _, r := range h.remarks(s, weight) {
		command := map[string]string{sarif.LevelError: "error", sarif.LevelWarning: "warning", sarif.LevelNote: "notice"}[r.level]
		var props []string
		prop := func(name, value string) { props = append(props, name+"="+githubProperty.Replace(value)) }
		if r.file != "" {
			prop("file", r.file)
			for _, n := range githubPosition(r.pos) {
				prop(n.name, fmt.Sprint(n.value))
			}
		}
		prop("title", r.title)
		fmt.Fprintf(&b, "::%s %s::%s\n", command, strings.Join(props, ","), githubData.Replace(r.message))
	}
	fmt.Fprintf(&b, "whosekey: %s\n", headline(h.all, s))
	return b.Bytes(), nil
}

// The runner undoes exactly these (actions/runner, ActionCommand).
var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

type namedNumber struct {
	name  string
	value int
}

// githubPosition has columns only within one line, as others are refused.
func githubPosition(p *leak.Position) []namedNumber {
	if p == nil || p.Line < 1 {
		return nil
	}
	out := []namedNumber{{"line", p.Line}}
	if p.EndLine >= p.Line {
		out = append(out, namedNumber{"endLine", p.EndLine})
	}
	if p.EndLine == p.Line && p.Column > 0 && p.EndColumn > p.Column && !p.NoText {
		out = append(out, namedNumber{"col", p.Column}, namedNumber{"endColumn", p.EndColumn})
	}
	return out
}

// azure writes logging commands of Azure Pipelines (learn.microsoft.com, "Logging
// commands"), which know errors and warnings only. The agent looks for a command
// anywhere in a line, takes the first, and undoes the escapes in all of it.
func azure(h *whole, s Summary) ([]byte, error) {
	var b bytes.Buffer
	loud := func(f *leak.Finding) string {
		if w := weight(f); w == sarif.LevelError {
			return w
		}
		return sarif.LevelWarning
	}
	for _, r := range h.remarks(s, loud) {
		props := "type=" + r.level + ";"
		if r.file != "" {
			props += "sourcepath=" + azureText.Replace(r.file) + ";"
			if r.pos != nil && r.pos.Line > 0 {
				props += fmt.Sprintf("linenumber=%d;", r.pos.Line)
				if r.pos.Column > 0 && !r.pos.NoText {
					props += fmt.Sprintf("columnnumber=%d;", r.pos.Column)
				}
			}
		}
		if r.rule != "" {
			props += "code=" + azureText.Replace(r.rule) + ";"
		}
		if r.rule == "" { // else the message begins with it
			r.message = r.title + ": " + r.message
		}
		fmt.Fprintf(&b, "##vso[task.logissue %s]%s\n", props, azureText.Replace(r.message))
	}
	if s.Failing > 0 {
		fmt.Fprintf(&b, "##vso[task.complete result=Failed;]whosekey: %s\n", azureText.Replace(headline(h.all, s)))
	} else {
		fmt.Fprintf(&b, "whosekey: %s\n", headline(h.all, s))
	}
	return b.Bytes(), nil
}

// The percent sign first: the agent undoes it last (CommandStringConvertor).
var azureText = strings.NewReplacer("%", "%AZP25", ";", "%3B", "\r", "%0D", "\n", "%0A", "]", "%5D")
