package convert

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/yamltree"
	"github.com/whosekey/whosekey/leak"
)

func isTrufflehog(_ string, text []byte) bool {
	keys := keysOf(text)
	return has(keys, "SourceMetadata", "DetectorName") || has(keys, "stringsFound", "commitHash", "reason") || drivenBy(keys, "trufflehog")
}

// parseTrufflehog reads the JSON lines of trufflehog --json: pkg/output/json.go and
// proto/source_metadata.proto there.
func parseTrufflehog(text []byte, f *File) error {
	return entries(text, f, func(raw json.RawMessage) error {
		switch keys := keysOf(raw); {
		case isLog(raw):
			return nil
		case drivenBy(keys, "trufflehog"):
			return parseSARIF(raw, f, trufflehogSARIF)
		case has(keys, "stringsFound"):
			return trufflehogLegacy(raw, f)
		}
		var t struct {
			SourceMetadata struct {
				Data map[string]struct {
					Commit, File, Repository, Timestamp, Link string
					Line                                      number
				}
			}
			DetectorName, DetectorDescription, VerificationError string
			Verified                                             bool
			Raw, RawV2                                           secret
			SecretParts                                          map[string]secret
		}
		if err := json.Unmarshal(raw, &t); err != nil || t.DetectorName == "" {
			return errors.New("not a finding")
		}
		h := Hit{Tool: "trufflehog", Rule: t.DetectorName, Secret: t.Raw.Secret, Match: t.RawV2.Secret, Ignored: true}
		for _, name := range slices.Sorted(maps.Keys(t.SecretParts)) {
			if v := t.SecretParts[name].Secret; len(t.SecretParts) > 1 && v.Len() > 0 {
				h.Pieces = append(h.Pieces, Piece{name, v})
			}
		}
		if rest, ok := t.RawV2.Secret.After(t.Raw.Secret, ":"); ok && len(t.SecretParts) == 0 { // older versions do not name them
			h.Pieces = []Piece{{"id", t.Raw.Secret}, {"secret", rest}}
		}
		for _, source := range slices.Sorted(maps.Keys(t.SourceMetadata.Data)) {
			d := t.SourceMetadata.Data[source]
			h.Commit, h.Path, h.Line, h.Repository, h.Date = d.Commit, slashed(d.File), int(d.Line), d.Repository, day(d.Timestamp)
		}
		switch {
		case t.Verified:
			h.Status, h.StatusReason = leak.Live, "TruffleHog says that it works"
		case t.VerificationError != "":
			h.Status, h.StatusReason = leak.Unknown, "TruffleHog asked and got no answer"
		}
		f.Hits = append(f.Hits, h)
		return nil
	})
}

// isLog reports whether a value is a line of a log, as TruffleHog writes them beside
// what it found if both go to one file: zap's, {"level":"info-0","ts":...,"msg":...}.
func isLog(raw []byte) bool {
	keys := keysOf(raw)
	return has(keys, "level", "ts", "msg") && !has(keys, "DetectorName")
}

type kingfisherMatch struct {
	Rule struct {
		Name, ID string
	}
	Finding struct {
		Snippet           secret
		Fingerprint, Path string
		Line              number
		ColumnStart       number `json:"column_start"`
		ColumnEnd         number `json:"column_end"`
		Validation        struct{ Status string }
		Git               *struct {
			Repository string `json:"repository_url"`
			Commit     struct{ ID, Date string }
			File       struct{ Path string }
		} `json:"git_metadata"`
	}
}

func isKingfisher(_ string, text []byte) bool {
	keys := keysOf(text)
	if list, ok := keys["findings"]; ok {
		keys = keysOf(list)
	}
	return has(keys, "rule", "finding") || has(keys, "id", "matches") || drivenBy(keys, "kingfisher")
}

// parseKingfisher reads kingfisher's JSON and JSON lines: the finding records of
// its src/reporter.rs, alone, in lists of matches, or in envelopes, of which
// src/reporter/json_format.rs writes one for each repository.
func parseKingfisher(text []byte, f *File) error {
	return entries(text, f, func(raw json.RawMessage) error {
		keys := keysOf(raw)
		inner, ok := keys["findings"]
		switch {
		case drivenBy(keys, "kingfisher"):
			return parseSARIF(raw, f, kingfisherSARIF)
		case !ok && (has(keys, "access_map") || has(keys, "audit")):
			return nil // what a credential opens, and what was searched
		case !ok:
			return kingfisherRecord(raw, f)
		case inner[0] != '[' && has(keys, "rules_applied", "scan_duration"):
			return nil // the summary, with their number: src/scanner/summary.rs
		}
		var list []json.RawMessage
		if json.Unmarshal(inner, &list) != nil || list == nil {
			return errors.New("not a list of findings")
		}
		for _, one := range list {
			if kingfisherRecord(one, f) != nil {
				f.Lost++
			}
		}
		return nil
	})
}

// kingfisherRecord reads a finding, or a rule with its matches.
func kingfisherRecord(raw json.RawMessage, f *File) error {
	keys := keysOf(raw)
	list := []json.RawMessage{raw}
	if inner, ok := keys["matches"]; ok && (json.Unmarshal(inner, &list) != nil || list == nil) || !ok && !has(keys, "rule", "finding") {
		return errors.New("not a finding")
	}
	for _, one := range list {
		var k kingfisherMatch
		if err := json.Unmarshal(one, &k); err != nil || k.Rule.ID == "" {
			f.Lost++
			continue
		}
		f.Hits = append(f.Hits, k.hit())
	}
	return nil
}

func (k *kingfisherMatch) hit() Hit {
	d := &k.Finding
	h := Hit{
		Tool: "kingfisher", Rule: k.Rule.ID, Title: k.Rule.Name, Secret: d.Snippet.Secret, Path: slashed(d.Path), Line: int(d.Line), Ignored: true,
	}
	if g := d.Git; g != nil {
		h.Repository, h.Commit, h.Date = g.Repository, g.Commit.ID, day(g.Commit.Date)
		if g.File.Path != "" {
			h.Path = slashed(g.File.Path)
		}
	}
	h.setKingfisher(d.Validation.Status)
	return h
}

var kingfisherKeys = lazy.New(`(?m)^(?:ExactFindings|repositories|fingerprint_algorithm):`)

func isKingfisherBaseline(_ string, text []byte) bool {
	return kingfisherKeys.Match(text) && bytes.Contains(text, []byte("fingerprint:"))
}

// parseKingfisherBaseline reads its baselines of version 1 (ExactFindings) and 2
// (repositories): docs/BASELINE.md there. Their fingerprints are hashes of the
// credential and its offsets, which nobody can invert; the places remain.
func parseKingfisherBaseline(text []byte, f *File) error {
	docs, err := yamltree.Parse(text)
	if err != nil || len(docs) == 0 {
		return errors.New("not YAML")
	}
	if yamltree.Get(docs[0], "ExactFindings") == nil && yamltree.Get(docs[0], "repositories") == nil {
		return errors.New(`there are neither "ExactFindings" nor "repositories" in it`)
	}
	add := func(n *yamltree.Node, repository string) {
		line, _ := strconv.Atoi(yamltree.Text(yamltree.Get(n, "line")))
		if line == 0 {
			line, _ = strconv.Atoi(yamltree.Text(yamltree.Get(n, "linenum")))
		}
		file := yamltree.Text(yamltree.Get(n, "path"))
		if file == "" {
			file = yamltree.Text(yamltree.Get(n, "filepath"))
		}
		if file == "" || line <= 0 {
			f.Lost++
			return
		}
		f.Hits = append(f.Hits, Hit{
			Tool: "kingfisher", Rule: yamltree.Text(yamltree.Get(n, "rule_id")), Path: slashed(file), Line: line, Repository: repository, Ignored: true,
		})
	}
	for _, n := range yamltree.List(yamltree.Get(docs[0], "ExactFindings", "matches")) {
		add(n, "")
	}
	for _, repo := range yamltree.List(yamltree.Get(docs[0], "repositories")) {
		for _, n := range yamltree.List(yamltree.Get(repo, "findings")) {
			add(n, yamltree.Text(yamltree.Get(repo, "id")))
		}
	}
	return nil
}

func isDetectSecrets(_ string, text []byte) bool {
	keys := keysOf(text)
	return has(keys, "results") && (has(keys, "plugins_used") || has(keys, "generated_at") || has(keys, "version"))
}

// parseDetectSecrets reads a .secrets.baseline or what detect-secrets scan prints,
// which is the same: core/potential_secret.py there. Credentials are in it as SHA-1.
func parseDetectSecrets(text []byte, f *File) error {
	var b struct {
		Results map[string][]struct {
			Type   string `json:"type"`
			Hash   string `json:"hashed_secret"`
			Line   number `json:"line_number"`
			Secret *bool  `json:"is_secret"`
			Sure   bool   `json:"is_verified"`
		} `json:"results"`
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return jsonError(err)
	}
	if b.Results == nil {
		return errors.New(`there are no "results" in it`)
	}
	for _, file := range slices.Sorted(maps.Keys(b.Results)) {
		for _, s := range b.Results[file] {
			if !sha1Text.MatchString(s.Hash) {
				f.Lost++
				continue
			}
			h := Hit{Tool: "detect-secrets", Rule: s.Type, SHA1: s.Hash, Path: slashed(file), Line: int(s.Line), Ignored: true, Unfinished: s.Secret == nil}
			h.Word = wordOf(s.Hash)
			switch {
			case s.Secret != nil && *s.Secret:
				h.Reason, h.Unfinished = "detect-secrets audit: a real secret", true
			case s.Secret != nil:
				h.Reason = "detect-secrets audit: no secret"
			}
			if s.Sure {
				h.Status, h.StatusReason = leak.Live, "detect-secrets says that it works"
			}
			f.Hits = append(f.Hits, h)
		}
	}
	return nil
}

// groupWords stand in groups of patterns of detect-secrets (github_token.py and
// gitlab_token.py in detect_secrets/plugins there), which then hashes the group alone.
var groupWords = strings.Fields("ghp gho ghu ghs ghr glpat gldt glft glsoat glrt")

func wordOf(hash string) string {
	for _, w := range groupWords {
		if leak.NewSecret(w).SHA1() == hash {
			return w
		}
	}
	return ""
}

var sha1Text = lazy.New(`^[0-9a-f]{40}$`)

func isGitHub(_ string, text []byte) bool { return has(keysOf(text), "secret_type", "state") }

// parseGitHub reads what GET /repos/{owner}/{repo}/secret-scanning/alerts answers.
// Only resolved alerts are of an ignore list.
func parseGitHub(text []byte, f *File) error {
	// gh api --paginate writes one array after another, with --slurp arrays in an array:
	// https://github.com/cli/cli/pull/8620.
	dec := json.NewDecoder(bytes.NewReader(text))
	for dec.More() {
		var page json.RawMessage
		if err := dec.Decode(&page); err != nil {
			return jsonError(err)
		}
		if err := entries(page, f, func(raw json.RawMessage) error {
			var inner []json.RawMessage
			if json.Unmarshal(raw, &inner) != nil {
				return gitHubAlert(raw, f)
			}
			for _, raw := range inner {
				if gitHubAlert(raw, f) != nil {
					f.Lost++
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func gitHubAlert(raw json.RawMessage, f *File) error {
	var a struct {
		Number     int
		State      string
		Resolution string
		Comment    string `json:"resolution_comment"`
		Type       string `json:"secret_type"`
		Title      string `json:"secret_type_display_name"`
		Secret     secret
		Validity   string
		First      struct {
			Path        string
			StartLine   number `json:"start_line"`
			EndLine     number `json:"end_line"`
			StartColumn number `json:"start_column"`
			Commit      string `json:"commit_sha"`
		} `json:"first_location_detected"`
		Repository struct {
			Name string `json:"full_name"`
		}
	}
	if err := json.Unmarshal(raw, &a); err != nil || a.Type == "" {
		return errors.New("not an alert")
	}
	h := Hit{
		Tool: "github", Rule: a.Type, Title: a.Title, Secret: a.Secret.Secret, Path: slashed(a.First.Path), Line: int(a.First.StartLine), EndLine: int(a.First.EndLine),
		Column: int(a.First.StartColumn), Commit: a.First.Commit, Repository: a.Repository.Name, Ignored: a.State == "resolved",
	}
	if h.Ignored {
		h.Reason = strings.TrimSpace("GitHub alert " + strconv.Itoa(a.Number) + ": " + strings.ReplaceAll(a.Resolution, "_", " "))
		if a.Comment != "" {
			h.Reason += ", " + strings.Join(strings.Fields(a.Comment), " ")
		}
	}
	switch a.Validity {
	case "active":
		h.Status, h.StatusReason = leak.Live, "GitHub says that it works"
	case "inactive":
		h.Status, h.StatusReason = leak.Dead, "GitHub says that it does not work"
	}
	f.Hits = append(f.Hits, h)
	return nil
}
