package report

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/whosekey/whosekey/leak"
)

// GitLab's secret detection report, which a job hands over as
// artifacts:reports:secret_detection (gitlab.com/gitlab-org/security-products/
// security-report-schemas, version 15.2.1). GitLab refuses a report that does not
// fit the schema as a whole. It has a field for the source line, which would hold
// the secret: it stays empty.
const gitlabSchema = "15.2.1"

// Lengths that the schema allows.
const (
	gitlabName     = 255
	gitlabSolution = 7000
)

type gitlabReport struct {
	Version         string                `json:"version"`
	Scan            gitlabScan            `json:"scan"`
	Vulnerabilities []gitlabVulnerability `json:"vulnerabilities"`
}

type gitlabScan struct {
	Analyzer  gitlabTool      `json:"analyzer"`
	Scanner   gitlabTool      `json:"scanner"`
	Type      string          `json:"type"`
	StartTime string          `json:"start_time"`
	EndTime   string          `json:"end_time"`
	Status    string          `json:"status"`
	Messages  []gitlabMessage `json:"messages,omitempty"`
}

type gitlabTool struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	URL     string       `json:"url"`
	Version string       `json:"version"`
	Vendor  gitlabVendor `json:"vendor"`
}

type gitlabVendor struct {
	Name string `json:"name"`
}

type gitlabMessage struct {
	Level string `json:"level"`
	Value string `json:"value"`
}

type gitlabVulnerability struct {
	ID          string                  `json:"id"`
	Name        string                  `json:"name"`
	Description string                  `json:"description"`
	Severity    string                  `json:"severity"`
	Solution    string                  `json:"solution,omitempty"`
	Identifiers []gitlabIdentifier      `json:"identifiers"`
	Links       []gitlabLink            `json:"links,omitempty"`
	Details     map[string]gitlabDetail `json:"details,omitempty"`
	Tracking    gitlabTracking          `json:"tracking"`
	Flags       []gitlabFlag            `json:"flags,omitempty"`
	Location    gitlabLocation          `json:"location"`
}

type gitlabIdentifier struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
	URL   string `json:"url,omitempty"`
}

type gitlabLink struct {
	URL string `json:"url"`
}

type gitlabDetail struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

type gitlabTracking struct {
	Type  string       `json:"type"`
	Items []gitlabItem `json:"items"`
}

type gitlabItem struct {
	File       string            `json:"file"`
	StartLine  int               `json:"start_line"`
	EndLine    int               `json:"end_line"`
	Signatures []gitlabSignature `json:"signatures"`
}

type gitlabSignature struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"value"`
}

type gitlabFlag struct {
	Type        string `json:"type"`
	Origin      string `json:"origin"`
	Description string `json:"description"`
}

type gitlabLocation struct {
	File      string       `json:"file"`
	StartLine int          `json:"start_line"`
	EndLine   int          `json:"end_line"`
	Commit    gitlabCommit `json:"commit"`
}

type gitlabCommit struct {
	SHA string `json:"sha"`
}

// gitlab writes a vulnerability for every place of every credential, worst first.
func gitlab(h *whole, s Summary) ([]byte, error) {
	tool := gitlabTool{ID: "whosekey", Name: "whosekey", URL: homepage, Version: shown(h.run.Version), Vendor: gitlabVendor{"whosekey"}}
	if tool.Version == "" {
		tool.Version = "unknown"
	}
	r := gitlabReport{
		Version: gitlabSchema,
		Scan: gitlabScan{
			Analyzer: tool, Scanner: tool, Type: "secret_detection", Status: "success",
			StartTime: h.begun, EndTime: h.opts.clock(),
		},
		Vulnerabilities: []gitlabVulnerability{},
	}
	if s.Incomplete {
		r.Scan.Status = "failure"
	}
	if gaps := missing(s); gaps != "" {
		r.Scan.Messages = append(r.Scan.Messages, gitlabMessage{"warn", "Not searched: " + gaps})
	}
	for _, f := range worstFirst(h.all) {
		ids := keys(f)
		for i, l := range placesOf(f) {
			r.Vulnerabilities = append(r.Vulnerabilities, h.vulnerability(f, l, ids[i]))
		}
	}
	return indented(r)
}

// clock is the time for readers that must have one; the beginning of time as
// computers count stands for none.
func (o *Options) clock() string {
	now := time.Unix(0, 0)
	if o.Clock != nil {
		now = o.Clock()
	}
	return now.UTC().Format("2006-01-02T15:04:05")
}

// indented is v as JSON for people.
func indented(v any) ([]byte, error) {
	text, err := encodeJSON(v)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func (h *whole) vulnerability(f *leak.Finding, l *leak.Location, key string) gitlabVulnerability {
	at := h.gitlabLocation(l)
	v := gitlabVulnerability{
		ID: uuid(key), Name: limited(shown(f.Rule.Title), gitlabName), Severity: gitlabSeverity(f),
		// GitLab shows it as Markdown. A code span also keeps names from being
		// mentions when an issue is made of it.
		Description: inlineText(f.Rule.Title) + " in " + inlineCode(place(l)) + ".",
		Solution:    limited(shown(todo(f)), gitlabSolution),
		Identifiers: []gitlabIdentifier{
			{"whosekey_rule_id", "whosekey rule " + shown(f.Rule.ID), shown(f.Rule.ID), ""},
			{"cwe", "CWE-798", "798", "https://cwe.mitre.org/data/definitions/798.html"},
		},
		Details:  map[string]gitlabDetail{},
		Location: at,
		// rule_value is GitLab's word for "the same secret in the same file".
		Tracking: gitlabTracking{"source", []gitlabItem{{at.File, at.StartLine, at.EndLine, []gitlabSignature{{"rule_value", signature(f, at.File)}}}}},
	}
	if v.Name == "" {
		v.Name = "Leaked credential"
	}
	for _, x := range h.facts(f, l) {
		if x.name != "Do" && x.name != "See" {
			v.Details[x.name] = gitlabDetail{x.name, "text", x.text}
		}
	}
	if page := webPage(f.Rule.About); page != "" {
		v.Links = []gitlabLink{{page}}
	}
	if f.Confidence == leak.Low && f.Verdict.Status != leak.Live {
		v.Flags = []gitlabFlag{{"flagged-as-likely-false-positive", "whosekey", "low confidence: it only sounds secret"}}
	}
	return v
}

// gitlabLocation needs a commit; GitLab's own analyzer writes zeros for none.
func (h *whole) gitlabLocation(l *leak.Location) gitlabLocation {
	pos := checkoutPosition(l)
	at := gitlabLocation{File: shown(locationPath(l)), StartLine: max(pos.Line, 1), EndLine: max(pos.EndLine, pos.Line, 1)}
	at.Commit.SHA = l.Commit
	if at.Commit.SHA == "" {
		at.Commit.SHA = h.run.Revision
	}
	if at.Commit.SHA == "" {
		at.Commit.SHA = "0000000"
	}
	return at
}

func gitlabSeverity(f *leak.Finding) string {
	if over(f) {
		return "Info"
	}
	if weight(f) == sarif.LevelNote {
		return "Low"
	}
	switch severityWord(f.Rule.Severity) {
	case "critical":
		return "Critical"
	case "high":
		return "High"
	case "medium":
		return "Medium"
	}
	return "Low"
}

func signature(f *leak.Finding, file string) string {
	return uuid(fmt.Sprintf("%s\x00%s\x00%s", f.Rule.ID, f.ID, file))
}

// uuid makes a version 5 UUID (RFC 9562) of a name, in the namespace for URLs.
func uuid(name string) string {
	space, _ := hex.DecodeString("6ba7b8119dad11d180b400c04fd430c8")
	sum := sha1.Sum(append(space, homepage+"#"+name...))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
