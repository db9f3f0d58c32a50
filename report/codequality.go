package report

import (
	"fmt"

	"github.com/whosekey/whosekey/leak"
)

// GitLab's code quality report (artifacts:reports:codequality), a part of Code
// Climate's format: docs.gitlab.com/ci/testing/code_quality. Every tier of GitLab
// shows it in a merge request. It compares by fingerprint, which must be unique
// in the file.

type qualityIssue struct {
	Description string          `json:"description"`
	CheckName   string          `json:"check_name"`
	Fingerprint string          `json:"fingerprint"`
	Severity    string          `json:"severity"`
	Location    qualityLocation `json:"location"`
}

type qualityLocation struct {
	Path  string       `json:"path"`
	Lines qualityLines `json:"lines"`
}

type qualityLines struct {
	Begin int `json:"begin"`
}

// codeQuality writes an issue for every place of every credential, and one for
// an incomplete scan: the format has no other word for it.
func codeQuality(h *whole, s Summary) ([]byte, error) {
	list := []qualityIssue{}
	if gaps := missing(s); gaps != "" {
		list = append(list, qualityIssue{
			"whosekey did not search everything: " + gaps, "whosekey-incomplete", uuid("incomplete"), "major",
			qualityLocation{".", qualityLines{1}},
		})
	}
	for _, f := range worstFirst(h.all) {
		fingerprints := keys(f)
		for i, l := range placesOf(f) {
			list = append(list, qualityIssue{
				Description: h.sentence(f, l), CheckName: shown(f.Rule.ID), Fingerprint: fingerprints[i], Severity: qualitySeverity(f),
				Location: qualityLocation{shown(locationPath(l)), qualityLines{max(checkoutPosition(l).Line, 1)}},
			})
		}
	}
	return indented(list)
}

// sentence is the message of a place in a line.
func (h *whole) sentence(f *leak.Finding, l *leak.Location) string {
	line := shown(h.opts.sentences(f, l, true))
	if file(l) == "" {
		line = fmt.Sprintf("%s Place: %s.", line, place(l))
	}
	return line
}

func qualitySeverity(f *leak.Finding) string {
	switch gitlabSeverity(f) {
	case "Critical":
		return "blocker"
	case "High":
		return "critical"
	case "Medium":
		return "major"
	case "Low":
		return "minor"
	}
	return "info"
}
