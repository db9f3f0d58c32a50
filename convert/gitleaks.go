package convert

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// gitleaksFinding is an element of a report of gitleaks, and of Betterleaks before
// version 2: report/finding.go of either.
type gitleaksFinding struct {
	RuleID, Description              string
	StartLine, EndLine               number
	StartColumn, EndColumn           number
	Match, Secret                    secret
	File, Commit, Author, Date, Link string
	ValidationStatus                 string
}

// gitleaks7Finding is one of version 7 and before, which had no column and called a
// rule by its description: report/report.go there. The offender of some rules is the
// whole assignment.
type gitleaks7Finding struct {
	LineNumber                       number
	Offender                         secret
	Rule, Commit, Author, File, Date string
}

// betterleaksFinding is one of Betterleaks 2: docs/v2_migration.md there.
type betterleaksFinding struct {
	RuleID      string `json:"rule_id"`
	Description string `json:"description"`
	Match       struct {
		Value       secret `json:"value"`
		Full        secret `json:"full"`
		Fingerprint string `json:"fingerprint"`
	} `json:"match"`
	Location struct {
		Path        string `json:"path"`
		StartLine   number `json:"start_line"`
		EndLine     number `json:"end_line"`
		StartColumn number `json:"start_column"`
		EndColumn   number `json:"end_column"`
	} `json:"location"`
	Analysis struct {
		Status string `json:"status"`
		Reason string `json:"status_reason"`
	} `json:"analysis"`
	Attributes map[string]json.RawMessage `json:"attributes"`
}

func isGitleaks(_ string, text []byte) bool {
	if bytes.Equal(bytes.TrimSpace(text), []byte("[]")) {
		return true
	}
	keys := keysOf(text)
	return has(keys, "RuleID") || has(keys, "schema_version") || has(keys, "offender") || isGitleaksTable(text) || isGitleaksSARIF(keys)
}

func parseGitleaks(text []byte, f *File) error {
	if isGitleaksTable(text) {
		return parseGitleaksTable(text, f)
	}
	keys := keysOf(text)
	if one := isGitleaksSARIF(keys) || has(keys, "findings"); one && !json.Valid(text) {
		f.Lost++ // what comes after it
	}
	if isGitleaksSARIF(keys) {
		return parseGitleaksSARIF(keys["runs"], f)
	} else if has(keys, "findings") {
		text = keys["findings"]
	} else if string(bytes.TrimSpace(text)) == "null" || len(bytes.TrimSpace(text)) == 0 {
		// What a scan leaves that did not end. Of one that found nothing gitleaks writes [].
		return errors.New("it is empty, as if the scan had not ended: a report of nothing is []")
	}
	if t := bytes.TrimSpace(text); len(t) > 0 && t[0] != '[' && t[0] != '{' {
		return errors.New("neither JSON, SARIF nor CSV: write the report with --report-format json")
	}
	return entries(text, f, func(raw json.RawMessage) error {
		keys := keysOf(raw)
		if inner, ok := keys["finding"]; ok {
			raw, keys = inner, keysOf(inner)
		} else if has(keys, "scan") {
			return nil // the summary at the end
		}
		if has(keys, "rule_id") {
			return betterleaks(raw, f)
		}
		if has(keys, "offender") {
			return gitleaks7(raw, f)
		}
		var g gitleaksFinding
		if err := json.Unmarshal(raw, &g); err != nil || g.RuleID == "" {
			return errors.New("not a finding")
		}
		f.Hits = append(f.Hits, g.hit())
		return nil
	})
}

func (g *gitleaksFinding) hit() Hit {
	h := Hit{
		Tool: "gitleaks", Rule: g.RuleID, Title: g.Description, Secret: g.Secret.Secret, Match: g.Match.Secret,
		Commit: g.Commit, Path: slashed(g.File), Line: int(g.StartLine), Column: int(g.StartColumn), EndLine: int(g.EndLine),
		Author: g.Author, Date: day(g.Date), Ignored: true,
	}
	if g.EndColumn > 0 { // gitleaks counts the last character, we the one after it
		h.EndColumn = int(g.EndColumn) + 1
	}
	h.Status, h.StatusReason = validation(g.ValidationStatus, "Betterleaks")
	return h
}

func gitleaks7(raw json.RawMessage, f *File) error {
	var g gitleaks7Finding
	if err := json.Unmarshal(raw, &g); err != nil || g.Rule == "" {
		return errors.New("not a finding")
	}
	f.Hits = append(f.Hits, Hit{
		Tool: "gitleaks", Rule: g.Rule, Title: g.Rule, Secret: g.Offender.Secret, Match: g.Offender.Secret,
		Commit: g.Commit, Path: slashed(g.File), Line: int(g.LineNumber), Author: g.Author, Date: day(g.Date), Ignored: true,
	})
	return nil
}

func betterleaks(raw json.RawMessage, f *File) error {
	var b betterleaksFinding
	if err := json.Unmarshal(raw, &b); err != nil || b.RuleID == "" {
		return errors.New("not a finding")
	}
	attribute := func(name string) (s string) {
		json.Unmarshal(b.Attributes[name], &s)
		return s
	}
	h := Hit{
		Tool: "betterleaks", Rule: b.RuleID, Title: b.Description, Secret: b.Match.Value.Secret, Match: b.Match.Full.Secret,
		Commit: attribute("git.sha"), Path: slashed(b.Location.Path), Line: int(b.Location.StartLine), Column: int(b.Location.StartColumn),
		EndLine: int(b.Location.EndLine), Author: attribute("git.author_name"), Date: day(attribute("git.date")), Ignored: true,
	}
	if sha256Line.MatchString(b.Match.Fingerprint) {
		h.SHA256 = b.Match.Fingerprint
	}
	h.Status, h.StatusReason = validation(b.Analysis.Status, "Betterleaks")
	f.Hits = append(f.Hits, h)
	return nil
}

// validation maps what scanners say of whether a credential works. Only a plain no
// is one.
func validation(word, tool string) (leak.Status, string) {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "", "none", "skipped", "not attempted", "not_attempted", "unchecked":
		return "", ""
	case "valid", "active", "live", "verified", "active credential":
		return leak.Live, tool + " says that it works"
	case "invalid", "revoked":
		return leak.Dead, tool + " says that it does not work"
	}
	return leak.Unknown, tool + " asked and got no clear answer"
}

var (
	sha256Line = lazy.New(`^[0-9a-f]{64}$`)
	placeLine  = lazy.New(`^(?:([0-9a-fA-F]{7,64}):)?([^:]+):([\w.-]+):(\d{1,9})$`)
)

func isIgnoreList(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		return sha256Line.Match(line) || placeLine.Match(line)
	}
	return false
}

// parseIgnoreList reads a .gitleaksignore, with lines COMMIT:FILE:RULE:LINE or
// FILE:RULE:LINE, and a .betterleaksignore: version 1 has the same, version 2
// SHA-256 hashes of the credentials. From gitleaks 8.26 on COMMIT has seven digits.
// A comment over a line is taken for its reason.
func parseIgnoreList(text []byte, f *File) error {
	reason := ""
	for raw := range bytes.Lines(text) {
		line := strings.TrimSpace(string(raw))
		switch {
		case line == "":
			reason = ""
		case line[0] == '#':
			reason = strings.TrimSpace(strings.TrimLeft(line, "# "))
		case sha256Line.MatchString(line):
			f.Hits = append(f.Hits, Hit{Tool: "betterleaks", SHA256: line, Reason: reason, Ignored: true})
		default:
			m := placeLine.FindStringSubmatch(line)
			if m == nil {
				f.Lost++
				continue
			}
			n, _ := strconv.Atoi(m[4])
			f.Hits = append(f.Hits, Hit{Tool: "gitleaks", Rule: m[3], Commit: strings.ToLower(m[1]), Path: slashed(m[2]), Line: n, Reason: reason, Ignored: true})
		}
	}
	return nil
}
