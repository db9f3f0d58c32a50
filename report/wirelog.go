package report

import (
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// WireLog are the fields of a location in the log of a CI service. It has a name that
// others see since encoding/json sets no other embedded pointers.
type WireLog struct {
	Service    string   `json:"service,omitempty"`
	Repository string   `json:"repository,omitempty"`
	Workflow   string   `json:"workflow,omitempty"`
	Job        string   `json:"job,omitempty"`
	Step       string   `json:"step,omitempty"`
	Attempt    int      `json:"attempt,omitempty"`
	Run        string   `json:"run,omitempty"`
	RunURL     string   `json:"run_url,omitempty"`
	Printed    string   `json:"printed,omitempty"`
	Readers    []string `json:"readers,omitempty"`
	Source     string   `json:"source,omitempty"`
	SourceLine int      `json:"source_line,omitempty"`
}

func toWireLog(l *leak.Log) *WireLog {
	if l == nil {
		return nil
	}
	return &WireLog{
		l.Service, text(l.Repository), text(l.Workflow), text(l.Job), text(l.Step), l.Attempt, text(l.Run), runURL(text(l.RunURL)),
		text(l.Printed), texts(l.Readers), text(l.Source), l.SourceLine,
	}
}

func fromWireLog(w *WireLog) *leak.Log {
	if w == nil {
		return nil
	}
	l := leak.Log(*w)
	return &l
}

// logWords say which job printed a text, and what is known of how.
func logWords(l *leak.Log) string {
	if l == nil {
		return ""
	}
	attempt := ""
	if l.Attempt > 0 {
		attempt = strconv.Itoa(l.Attempt)
	}
	var words []string
	for _, p := range [][2]string{
		{"workflow ", l.Workflow}, {"job ", l.Job}, {"step ", l.Step}, {"run ", l.Run}, {"attempt ", attempt}, {"printed by ", l.Printed},
	} {
		if p[1] != "" {
			words = append(words, p[0]+visible(text(p[1])))
		}
	}
	return strings.Join(words, ", ")
}

// logSource names the line of the workflow that printed it.
func logSource(l *leak.Log) string {
	if l == nil || l.Source == "" {
		return ""
	}
	return visible(text(l.Source)) + ":" + strconv.Itoa(l.SourceLine)
}

// logRows are the lines of the text report about the job.
func (t *textReport) logRows(l *leak.Log) {
	if l == nil {
		return
	}
	for _, p := range [][2]string{
		{"printed", logWords(l)}, {"by line", logSource(l)}, {"run", visible(text(runURL(l.RunURL)))}, {"read by", visible(text(strings.Join(l.Readers, "; ")))},
	} {
		if p[1] != "" {
			t.row(p[0], p[1])
		}
	}
}

// logSentence is what SARIF's messages say of the job.
func logSentence(l *leak.Log) string {
	words := logWords(l)
	if words == "" {
		return ""
	}
	s := " It stands in a log: " + words
	if src := logSource(l); src != "" {
		s += "; by " + src
	}
	return s + "."
}

// logProperties are those of a SARIF result.
func logProperties(l *leak.Log, p map[string]any) {
	if l == nil {
		return
	}
	for key, value := range map[string]string{
		"service": l.Service, "repository": text(l.Repository), "workflow": text(l.Workflow), "job": text(l.Job), "step": text(l.Step), "run": text(l.Run),
		"run_url": runURL(text(l.RunURL)), "printed": text(l.Printed), "source": text(l.Source),
	} {
		if value != "" {
			p[key] = value
		}
	}
	if l.Attempt > 0 {
		p["attempt"] = l.Attempt
	}
	if l.SourceLine > 0 {
		p["source_line"] = l.SourceLine
	}
	if len(l.Readers) > 0 {
		p["readers"] = texts(l.Readers)
	}
}
