package report

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// schemaVersion is that of the JSON below, which docs/schema/run-v1.json
// describes. It grows when a reader of the old one would misread the new one;
// a new field is not that.
const schemaVersion = 1

// line is one line of JSONL; one field is set.
type line struct {
	Run     *wireRun     `json:"run,omitempty"`
	Finding *wireFinding `json:"finding,omitempty"`
	Summary *wireSummary `json:"summary,omitempty"`
}

type wireRun struct {
	Schema        int        `json:"schema"`
	Tool          string     `json:"tool"`
	Version       string     `json:"version"`
	Mode          string     `json:"mode"`
	Target        string     `json:"target"`
	Rules         int        `json:"rules"`
	RulesVersion  string     `json:"rules_version"`
	Salted        bool       `json:"salted"`
	RepositoryURI string     `json:"repository_uri,omitempty"`
	Revision      string     `json:"revision,omitempty"`
	Branch        string     `json:"branch,omitempty"`
	Root          string     `json:"root,omitempty"`
	Catalog       []wireRule `json:"catalog"`
}

// wireRule is a rule in the catalog.
type wireRule struct {
	ID         string          `json:"id"`
	Title      string          `json:"title"`
	Provider   string          `json:"provider"`
	Severity   float64         `json:"severity"`
	Confidence leak.Confidence `json:"confidence,omitempty"`
	About      string          `json:"about,omitempty"`
	Rotate     string          `json:"rotate,omitempty"`
}

type wireFinding struct {
	ID         string          `json:"id"`
	Rule       string          `json:"rule"`
	Title      string          `json:"title"`
	Provider   string          `json:"provider"`
	Severity   float64         `json:"severity"`
	Confidence leak.Confidence `json:"confidence"`
	Verdict    leak.Status     `json:"verdict"`
	Detail     *wireVerdict    `json:"verdict_detail,omitempty"`

	// Null where nobody looked. Risk and Owner are those of the identity.
	Identity *record.Record `json:"identity"`
	Owner    *string        `json:"owner"`
	Risk     *int           `json:"risk"`

	// Only with Options.ShowSecrets. Where a value is not UTF-8, it stands
	// here with U+FFFD, and in the field after it as it is.
	Secret      *string           `json:"secret,omitempty"`
	SecretBytes []byte            `json:"secret_bytes,omitempty"`
	Parts       map[string]string `json:"parts,omitempty"`
	PartsBytes  map[string][]byte `json:"parts_bytes,omitempty"`
	Loose       []string          `json:"loose,omitempty"`
	Elsewhere   []string          `json:"elsewhere,omitempty"`

	Encoding  string         `json:"encoding,omitempty"`
	Why       []string       `json:"why,omitempty"`
	Also      []string       `json:"also,omitempty"`
	About     string         `json:"about,omitempty"`
	Rotate    string         `json:"rotate,omitempty"`
	Locations []wireLocation `json:"locations"`
}

type wireLocation struct {
	Kind leak.Kind `json:"kind"`
	// Repository is that of the log, if there is one.
	Repository string  `json:"repository,omitempty"`
	Path       *string `json:"path"`
	PathBytes  []byte  `json:"path_bytes,omitempty"`
	InArchive  string  `json:"in_archive,omitempty"`
	wirePosition
	Head        *wirePosition `json:"head,omitempty"`
	Merge       *wirePosition `json:"merge,omitempty"`
	Commit      string        `json:"commit,omitempty"`
	Author      string        `json:"author,omitempty"`
	Date        string        `json:"date,omitempty"`
	Cut         bool          `json:"cut,omitempty"`
	AtHead      bool          `json:"at_head"`
	Staged      bool          `json:"staged,omitempty"`
	Unreachable bool          `json:"unreachable,omitempty"`
	Field       string        `json:"field,omitempty"`
	NoteFor     string        `json:"note_for,omitempty"`
	*WireImage
	*WireLog
	Problem string `json:"problem,omitempty"`
}

// WireImage is where in a container image a place is. It has a name that others see
// since encoding/json sets no other embedded pointers.
type WireImage struct {
	Image       string `json:"image"`
	Digest      string `json:"image_digest,omitempty"`
	Platform    string `json:"platform,omitempty"`
	Final       bool   `json:"in_final"`
	Layer       int    `json:"layer,omitempty"`
	Layers      int    `json:"layers,omitempty"`
	LayerDigest string `json:"layer_digest,omitempty"`
	Instruction string `json:"instruction,omitempty"`
	RemovedIn   int    `json:"removed_in_layer,omitempty"`
	RemovedBy   string `json:"removed_by,omitempty"`
	Replaced    bool   `json:"replaced,omitempty"`
}

func toWireImage(l *leak.Location) *WireImage {
	i := l.Image
	if i == nil {
		return nil
	}
	return &WireImage{
		Image: text(i.Name), Digest: i.Digest, Platform: text(i.Platform), Final: l.AtHead, Layer: i.Layer, Layers: i.Layers,
		LayerDigest: i.LayerDigest, Instruction: text(i.Instruction), RemovedIn: i.RemovedIn, RemovedBy: text(i.RemovedBy), Replaced: i.Replaced,
	}
}

type wirePosition struct {
	Line      int        `json:"line"`
	Column    int        `json:"column"`
	EndLine   int        `json:"end_line"`
	EndColumn int        `json:"end_column"`
	Binary    bool       `json:"binary,omitempty"`
	Blob      string     `json:"blob,omitempty"`
	LineHash  string     `json:"line_hash,omitempty"`
	Frame     *wireFrame `json:"frame,omitempty"`
}

type wireFrame struct {
	First     int      `json:"first"`
	Lines     []string `json:"lines"`
	MarkStart int      `json:"mark_start"`
	MarkEnd   int      `json:"mark_end"`
}

type wireSummary struct {
	Findings   int              `json:"findings"`
	Places     int              `json:"places"`
	Failing    int              `json:"failing"`
	Suppressed int              `json:"suppressed"`
	Truncated  int64            `json:"truncated"`
	Incomplete bool             `json:"incomplete"`
	Counts     map[string]int64 `json:"counts"`
	Skipped    []wireGap        `json:"skipped"`
	LeftOut    []wireGap        `json:"left_out"`
	Notes      []string         `json:"notes"`
	Ignored    []wireIgnored    `json:"ignored,omitempty"`
}

type wireGap struct {
	Reason string   `json:"reason"`
	Fix    string   `json:"fix,omitempty"`
	Count  int64    `json:"count"`
	First  []string `json:"first,omitempty"`
}

func toWireRun(r Run) *wireRun {
	w := &wireRun{
		Schema: schemaVersion, Tool: r.Tool, Version: r.Version,
		Mode: r.Mode, Target: cleanURL(text(r.Target)),
		Rules: r.Rules, RulesVersion: r.RulesVersion, Salted: r.Salted,
		RepositoryURI: cleanURL(text(r.RepositoryURI)), Revision: r.Revision, Branch: text(r.Branch),
		Root: text(r.Root), Catalog: []wireRule{},
	}
	for _, c := range sortedCatalog(r.Catalog) {
		w.Catalog = append(w.Catalog, wireRule{
			ID: c.ID, Title: c.Title, Provider: c.Provider, Severity: c.Severity,
			Confidence: c.Sure, About: c.About, Rotate: c.Rotate,
		})
	}
	return w
}

func toWireFinding(f *leak.Finding, opts Options) *wireFinding {
	w := &wireFinding{
		ID: f.ID, Rule: f.Rule.ID, Title: f.Rule.Title, Provider: f.Rule.Provider,
		Severity: f.Rule.Severity, Confidence: f.Confidence, Verdict: f.Verdict.Status, Detail: toWireVerdict(&f.Verdict, opts),
		Encoding: f.Encoding, Why: texts(f.Why), Also: f.Also,
		About: f.Rule.About, Rotate: advice(f),
		Locations: make([]wireLocation, len(f.Locations)),
	}
	if w.Identity = opts.identity(f); w.Identity != nil {
		w.Owner = &w.Identity.Owner
		if k := risk(w.Identity); k != nil {
			w.Risk = &k.Score
		}
	}
	if opts.ShowSecrets {
		w.reveal(f.Parts)
		w.Loose, w.Elsewhere = f.Loose, f.Elsewhere
	}
	for i := range f.Locations {
		w.Locations[i] = toWireLocation(&f.Locations[i])
	}
	return w
}

// reveal writes the secrets into w.
func (w *wireFinding) reveal(parts leak.Parts) {
	for name, part := range parts {
		text, raw := validText(part.Reveal())
		if name == leak.SecretPart {
			w.Secret, w.SecretBytes = &text, raw
			continue
		}
		if w.Parts == nil {
			w.Parts = map[string]string{}
		}
		w.Parts[name] = text
		if raw == nil {
			continue
		}
		if w.PartsBytes == nil {
			w.PartsBytes = map[string][]byte{}
		}
		w.PartsBytes[name] = raw
	}
}

func toWireLocation(l *leak.Location) wireLocation {
	w := wireLocation{
		Kind: l.Kind, wirePosition: toWirePosition(&l.Position), InArchive: text(l.InArchive),
		Commit: l.Commit, Author: text(cleanAuthor(l.Author)), Date: rfc3339(l.Date),
		Cut: l.Cut, AtHead: l.AtHead, Staged: l.Staged, Unreachable: l.Unreachable,
		Field: l.Field, NoteFor: l.NoteFor, Problem: text(l.Problem), WireImage: toWireImage(l),
	}
	w.Repository = text(l.Repository)
	if w.WireLog = toWireLog(l.Log); w.WireLog != nil && w.Repository == "" {
		w.Repository = w.WireLog.Repository
	}
	if l.Path != "" {
		text, raw := validText(l.Path)
		w.Path, w.PathBytes = &text, raw
	}
	if l.Head != nil {
		head := toWirePosition(l.Head)
		w.Head = &head
	}
	if l.Merge != nil {
		merge := toWirePosition(l.Merge)
		w.Merge = &merge
	}
	return w
}

func toWirePosition(p *leak.Position) wirePosition {
	w := wirePosition{
		Line: p.Line, Column: p.Column, EndLine: p.EndLine, EndColumn: p.EndColumn,
		Binary: p.NoText, Blob: p.Blob, LineHash: p.LineHash,
	}
	if p.Frame != nil {
		w.Frame = &wireFrame{p.Frame.First, texts(p.Frame.Lines), p.Frame.MarkStart, p.Frame.MarkEnd}
	}
	return w
}

func toWireSummary(s Summary) *wireSummary {
	w := &wireSummary{
		Findings: s.Findings, Places: s.Places, Failing: s.Failing,
		Suppressed: s.Suppressed, Truncated: s.Truncated, Incomplete: s.Incomplete,
		Counts: s.Counts, Skipped: toWireGaps(s.Skipped), LeftOut: toWireGaps(s.LeftOut),
		Notes: texts(s.Notes), Ignored: toWireIgnored(s.Ignored),
	}
	if w.Counts == nil {
		w.Counts = map[string]int64{}
	}
	return w
}

func toWireGaps(gaps []Gap) []wireGap {
	out := make([]wireGap, len(gaps))
	for i, g := range gaps {
		out[i] = wireGap{text(g.Reason), text(g.Fix), g.Count, texts(g.First)}
	}
	return out
}

// validText returns s as UTF-8, and s itself if that is not the same.
func validText(s string) (text string, raw []byte) {
	if utf8.ValidString(s) {
		return s, nil
	}
	return strings.ToValidUTF8(s, "\uFFFD"), []byte(s)
}

// rfc3339 is in UTC, as the zone of whom made a commit is theirs to know. A
// commit may claim a year that the format cannot say; that is no date.
func rfc3339(t time.Time) string {
	if y := t.UTC().Year(); t.IsZero() || y < 0 || y > 9999 {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
