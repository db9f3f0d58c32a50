package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// maxLine is the longest line that Replay reads. A finding with 10,000 places
// and their frames takes about half of it.
const maxLine = 16 << 20

// Replay reads a run that NewJSONL wrote and hands it to h.
//
// If the input ends before the summary, or cannot be read on, h still gets
// what was there, and a Summary that says it is incomplete; Replay then
// returns an error that names the line. An error of h is returned at once.
func Replay(r io.Reader, h Handler) error {
	p := &player{h: h, sure: map[string]leak.Confidence{}}
	err := p.play(r)
	if err == nil || p.refused || !p.started || p.finished {
		return err
	}
	return errors.Join(err, h.Finish(Summary{
		Findings:   p.findings,
		Places:     p.places,
		Incomplete: true,
		Skipped: []Gap{{
			Reason: "the rest of the run: its report was cut off or is damaged",
			Fix:    "scan again",
			Count:  1,
		}},
	}))
}

// player is the state of one Replay.
type player struct {
	h                          Handler
	started, finished, refused bool // refused: h returned an error
	findings, places           int
	sure                       map[string]leak.Confidence // by rule, from the catalog
}

func (p *player) play(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	n := 0
	for lines.Scan() {
		n++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if err := p.line(lines.Bytes()); p.refused {
			return err
		} else if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("line %d: longer than %d MiB", n+1, maxLine>>20)
	case err != nil:
		return fmt.Errorf("line %d: read the run: %w", n+1, err)
	case !p.started:
		return errors.New("there is no run in it: was it written with --format jsonl?")
	case !p.finished:
		return fmt.Errorf("the run was cut off after line %d: it has no summary", n)
	}
	return nil
}

// ErrAnotherRun is the error of Replay for several runs in one file: they are not one
// run, and only the first of them was read.
var ErrAnotherRun = errors.New("another run begins")

// line hands over one line.
func (p *player) line(text []byte) error {
	var l line
	if !p.started {
		if err := checkSchema(text); err != nil {
			return err
		}
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return fmt.Errorf("not JSON of a run: %w", err)
	}
	switch {
	case p.finished && l.Run != nil:
		return ErrAnotherRun
	case p.finished:
		return errors.New("there is more after the summary")
	case !p.started && l.Run == nil:
		return errors.New(`the first line must be {"run":…}: was it written with --format jsonl?`)
	case l.Run != nil && p.started:
		return ErrAnotherRun
	case l.Run != nil:
		p.started = true
		return p.handler(p.h.Start(p.run(l.Run)))
	case l.Finding != nil:
		f, err := p.finding(l.Finding)
		if err != nil {
			return err
		}
		return p.handler(p.h.Finding(f))
	case l.Summary != nil:
		p.finished = true
		return p.handler(p.h.Finish(fromWireSummary(l.Summary)))
	}
	return errors.New("neither run, finding nor summary")
}

func (p *player) handler(err error) error {
	p.refused = err != nil
	return err
}

// OtherSchema is the error of Replay for a run of another version: nothing of it
// was read. whosekey verify calls that a mistake of whoever names the run.
type OtherSchema struct{ Version int }

func (o *OtherSchema) Error() string {
	return fmt.Sprintf("the run has schema %d and this whosekey reads schema %d: use the version that wrote it", o.Version, schemaVersion)
}

// checkSchema looks at nothing but the version, so that a newer one gets a
// message about that and not about some field.
func checkSchema(text []byte) error {
	var l struct {
		Run *struct {
			Schema *int `json:"schema"`
		} `json:"run"`
	}
	if err := json.Unmarshal(text, &l); err != nil || l.Run == nil || l.Run.Schema == nil {
		return errors.New(`the first line must be {"run":{"schema":…}}: was it written with --format jsonl?`)
	}
	if *l.Run.Schema != schemaVersion {
		return &OtherSchema{*l.Run.Schema}
	}
	return nil
}

func (p *player) run(w *wireRun) Run {
	r := Run{
		Tool: w.Tool, Version: w.Version, Mode: w.Mode, Target: w.Target,
		Rules: w.Rules, RulesVersion: w.RulesVersion, Salted: w.Salted,
		RepositoryURI: w.RepositoryURI, Revision: w.Revision, Branch: w.Branch, Root: w.Root,
	}
	for _, c := range w.Catalog {
		p.sure[c.ID] = c.Confidence
		r.Catalog = append(r.Catalog, leak.RuleInfo{
			ID: c.ID, Title: c.Title, Provider: c.Provider, Severity: c.Severity,
			Sure: c.Confidence, About: c.About, Rotate: c.Rotate,
		})
	}
	return r
}

func (p *player) finding(w *wireFinding) (*leak.Finding, error) {
	verdict, err := fromWireVerdict(w.Verdict, w.Detail)
	if err != nil {
		return nil, err
	}
	f := &leak.Finding{
		ID: w.ID,
		Rule: leak.RuleInfo{
			ID: w.Rule, Title: w.Title, Provider: w.Provider, Severity: w.Severity,
			About: w.About, Rotate: w.Rotate, Sure: p.sure[w.Rule],
		},
		Confidence: w.Confidence, Verdict: verdict,
		Encoding: w.Encoding, Why: w.Why, Also: w.Also,
		Parts: w.secrets(), Loose: w.Loose, Elsewhere: w.Elsewhere,
	}
	if w.Identity != nil {
		f.Identity = w.Identity.Identity()
	}
	for i := range w.Locations {
		l, err := fromWireLocation(&w.Locations[i])
		if err != nil {
			return nil, fmt.Errorf("location %d: %w", i+1, err)
		}
		f.Locations = append(f.Locations, l)
	}
	p.findings++
	p.places += len(f.Locations)
	return f, nil
}

// secrets returns the parts of a run that was written with ShowSecrets, or
// nil.
func (w *wireFinding) secrets() leak.Parts {
	if w.Secret == nil && w.Parts == nil {
		return nil
	}
	parts := leak.Parts{}
	for name, v := range w.Parts {
		parts[name] = leak.NewSecret(rawText(v, w.PartsBytes[name]))
	}
	if w.Secret != nil {
		parts[leak.SecretPart] = leak.NewSecret(rawText(*w.Secret, w.SecretBytes))
	}
	return parts
}

// rawText undoes validText.
func rawText(text string, raw []byte) string {
	if raw != nil {
		return string(raw)
	}
	return text
}

func fromWireLocation(w *wireLocation) (leak.Location, error) {
	l := leak.Location{
		Kind: w.Kind, Position: fromWirePosition(&w.wirePosition), InArchive: w.InArchive,
		Commit: w.Commit, Author: w.Author,
		Cut: w.Cut, AtHead: w.AtHead, Staged: w.Staged, Unreachable: w.Unreachable,
		Field: w.Field, NoteFor: w.NoteFor, Problem: w.Problem, Log: fromWireLog(w.WireLog),
	}
	if l.Log != nil {
		l.Log.Repository = w.Repository
	} else {
		l.Repository = w.Repository
	}
	if i := w.WireImage; i != nil {
		l.Image = &leak.ImagePlace{
			Name: i.Image, Digest: i.Digest, Platform: i.Platform, Layer: i.Layer, Layers: i.Layers, LayerDigest: i.LayerDigest,
			Instruction: i.Instruction, RemovedIn: i.RemovedIn, RemovedBy: i.RemovedBy, Replaced: i.Replaced,
		}
	}
	if w.Path != nil {
		l.Path = rawText(*w.Path, w.PathBytes)
	}
	if w.Head != nil {
		head := fromWirePosition(w.Head)
		l.Head = &head
	}
	if w.Merge != nil {
		merge := fromWirePosition(w.Merge)
		l.Merge = &merge
	}
	if w.Date != "" {
		date, err := time.Parse(time.RFC3339, w.Date)
		if err != nil {
			return l, errors.New("its date is not one of RFC 3339")
		}
		l.Date = date
	}
	return l, nil
}

func fromWirePosition(w *wirePosition) leak.Position {
	p := leak.Position{
		Line: w.Line, Column: w.Column, EndLine: w.EndLine, EndColumn: w.EndColumn,
		NoText: w.Binary, Blob: w.Blob, LineHash: w.LineHash,
	}
	if w.Frame != nil {
		p.Frame = &leak.Frame{
			First: w.Frame.First, Lines: w.Frame.Lines,
			MarkStart: w.Frame.MarkStart, MarkEnd: w.Frame.MarkEnd,
		}
	}
	return p
}

func fromWireSummary(w *wireSummary) Summary {
	s := Summary{
		Findings: w.Findings, Places: w.Places, Failing: w.Failing,
		Suppressed: w.Suppressed, Truncated: w.Truncated, Incomplete: w.Incomplete,
		Counts: w.Counts, Notes: w.Notes, Ignored: fromWireIgnored(w.Ignored),
	}
	for _, g := range w.Skipped {
		s.Skipped = append(s.Skipped, Gap(g))
	}
	for _, g := range w.LeftOut {
		s.LeftOut = append(s.LeftOut, Gap(g))
	}
	return s
}
