package report

import (
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/whosekey/whosekey/leak"
)

// Code Insights of Bitbucket Cloud (developer.atlassian.com, "Reports"): a report
// is PUT, its annotations are POSTed, at most 100 at a time and 1,000 in all. An
// annotation without a summary is refused, and so is one with a long one.
const (
	insightsAll     = 1000
	insightsRequest = 100
	insightsSummary = 450
	insightsDetails = 2000
)

// insights holds the bodies of the requests, in order.
type insights struct {
	Report      insightsReport         `json:"report"`
	Annotations [][]insightsAnnotation `json:"annotations"`
}

type insightsReport struct {
	ExternalID string         `json:"external_id"`
	Title      string         `json:"title"`
	Details    string         `json:"details"`
	Reporter   string         `json:"reporter"`
	Link       string         `json:"link"`
	ReportType string         `json:"report_type"`
	Result     string         `json:"result"`
	Data       []insightsData `json:"data"`
}

type insightsData struct {
	Title string `json:"title"`
	Type  string `json:"type"`
	Value any    `json:"value"`
}

type insightsAnnotation struct {
	ExternalID string `json:"external_id"`
	Type       string `json:"annotation_type"`
	Path       string `json:"path,omitempty"`
	Line       int    `json:"line,omitempty"`
	Summary    string `json:"summary"`
	Details    string `json:"details"`
	Severity   string `json:"severity"`
	Result     string `json:"result"`
	Link       string `json:"link,omitempty"`
}

func bitbucket(h *whole, s Summary) ([]byte, error) {
	out := insights{Report: h.insightsReport(s), Annotations: [][]insightsAnnotation{}}
	ids := map[*leak.Location]string{}
	for _, f := range h.all {
		list := keys(f)
		for i := range f.Locations {
			ids[&f.Locations[i]] = list[i]
		}
	}
	for i, it := range spread(worstFirst(h.all)) {
		if i == insightsAll {
			break // the report says how many there are
		}
		id := ids[it.l]
		if id == "" { // no place is known
			id = keys(it.f)[0]
		}
		if i%insightsRequest == 0 {
			out.Annotations = append(out.Annotations, nil)
		}
		last := &out.Annotations[len(out.Annotations)-1]
		*last = append(*last, h.insightsAnnotation(it, id))
	}
	return indented(out)
}

func (h *whole) insightsReport(s Summary) insightsReport {
	places, verdicts := 0, map[leak.Status]int{}
	for _, f := range h.all {
		places += len(placesOf(f))
		verdicts[f.Verdict.Status]++
	}
	r := insightsReport{
		ExternalID: "whosekey", Title: "whosekey: leaked credentials", Reporter: "whosekey", Link: homepage,
		ReportType: "SECURITY", Result: "PASSED",
		Data: []insightsData{
			{"Credentials", "NUMBER", len(h.all)}, {"Places", "NUMBER", places}, {"Failing", "NUMBER", s.Failing},
			{"Live", "NUMBER", verdicts[leak.Live]}, {"Searched", "TEXT", mainCounts(s.Counts)}, {"Complete", "BOOLEAN", !s.Incomplete},
		},
	}
	details := "whosekey: " + headline(h.all, s) + "."
	if places > insightsAll {
		details += " Only the worst " + thousands(insightsAll) + " places have annotations."
	}
	if gaps := missing(s); gaps != "" {
		details += " Not searched: " + gaps + "."
	}
	r.Details = limited(details, insightsDetails)
	if s.Failing > 0 || s.Incomplete {
		r.Result = "FAILED"
	}
	return r
}

func (h *whole) insightsAnnotation(it item, id string) insightsAnnotation {
	a := insightsAnnotation{
		ExternalID: "whosekey-" + id, Type: "VULNERABILITY", Path: shown(file(it.l)),
		Summary: limited(h.sentence(it.f, it.l), insightsSummary), Severity: "LOW", Result: "FAILED", Link: webPage(it.f.Rule.About),
	}
	if a.Path != "" {
		a.Line = checkoutPosition(it.l).Line
	}
	for _, x := range h.facts(it.f, it.l) {
		a.Details += x.name + ": " + x.text + "\n"
	}
	a.Details = limited(a.Details, insightsDetails)
	if weight(it.f) == sarif.LevelNote {
		a.Result = "IGNORED"
		return a
	}
	switch gitlabSeverity(it.f) {
	case "Critical":
		a.Severity = "CRITICAL"
	case "High":
		a.Severity = "HIGH"
	case "Medium":
		a.Severity = "MEDIUM"
	}
	return a
}
