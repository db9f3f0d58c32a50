package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// placeRecord is what a row of occurrences keeps of a location beside its columns.
// What leads back to bytes is gone when a scan ends.
type placeRecord struct {
	Kind        leak.Kind        `json:"kind"`
	Path        []byte           `json:"path,omitempty"` // only if the column has it otherwise
	InArchive   string           `json:"in,omitempty"`
	Inner       []byte           `json:"inner,omitempty"` // InArchive, only if JSON has it otherwise
	At          *position        `json:"at,omitempty"`
	Head        *position        `json:"head,omitempty"`
	Author      string           `json:"author,omitempty"`
	Cut         bool             `json:"cut,omitempty"`
	Staged      bool             `json:"staged,omitempty"`
	Unreachable bool             `json:"unreachable,omitempty"`
	Field       string           `json:"field,omitempty"`
	NoteFor     string           `json:"note,omitempty"`
	Problem     string           `json:"problem,omitempty"`
	Image       *leak.ImagePlace `json:"image,omitempty"`
	Log         *leak.Log        `json:"log,omitempty"`
}

type position struct {
	Blob      string      `json:"blob,omitempty"`
	Line      int         `json:"l,omitempty"`
	Column    int         `json:"c,omitempty"`
	EndLine   int         `json:"el,omitempty"`
	EndColumn int         `json:"ec,omitempty"`
	LineHash  string      `json:"hash,omitempty"`
	Frame     *leak.Frame `json:"frame,omitempty"`
	NoText    bool        `json:"binary,omitempty"`
}

func toPosition(p *leak.Position) *position {
	if p == nil {
		return nil
	}
	return &position{p.Blob, p.Line, p.Column, p.EndLine, p.EndColumn, p.LineHash, p.Frame, p.NoText}
}

func (p *position) position() *leak.Position {
	if p == nil {
		return nil
	}
	return &leak.Position{
		Blob: p.Blob, Line: p.Line, Column: p.Column, EndLine: p.EndLine, EndColumn: p.EndColumn,
		LineHash: p.LineHash, Frame: p.Frame, NoText: p.NoText,
	}
}

// placeKey identifies a place within a finding and a repository. The same place,
// found again, has the same.
func placeKey(l *leak.Location) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00%d\x00%d\x00%s\x00%s", l.Kind, l.Path, l.Commit, l.Blob, l.Line, l.Column, l.Field, l.NoteFor)
	if i := l.Image; i != nil {
		fmt.Fprintf(h, "\x00%s\x00%s\x00%s", i.Name, i.Platform, i.LayerDigest)
	}
	if g := l.Log; g != nil {
		fmt.Fprintf(h, "\x00%s\x00%s\x00%s\x00%s\x00%d", g.Service, g.Run, g.Job, g.Step, g.Attempt)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

func encodePlace(l *leak.Location) (string, error) {
	r := placeRecord{
		Kind: l.Kind, InArchive: l.InArchive, At: toPosition(&l.Position), Head: toPosition(l.Head), Author: l.Author,
		Cut: l.Cut, Staged: l.Staged, Unreachable: l.Unreachable, Field: l.Field, NoteFor: l.NoteFor, Problem: l.Problem, Image: l.Image, Log: l.Log,
	}
	if clean(l.Path) != l.Path {
		r.Path = []byte(l.Path)
	}
	if clean(l.InArchive) != l.InArchive {
		r.InArchive, r.Inner = "", []byte(l.InArchive)
	}
	return encode(&r)
}

func decodePlace(text, path, commit string, atHead bool, date int64) (l leak.Location, err error) {
	var r placeRecord
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return l, fmt.Errorf("read a place: %w", err)
	}
	l = leak.Location{
		Kind: r.Kind, Path: path, InArchive: r.InArchive, Head: r.Head.position(), Commit: commit, Author: r.Author, Date: unstampDate(date),
		AtHead: atHead, Cut: r.Cut, Staged: r.Staged, Unreachable: r.Unreachable, Field: r.Field, NoteFor: r.NoteFor, Problem: r.Problem, Image: r.Image, Log: r.Log,
	}
	if r.Path != nil {
		l.Path = string(r.Path)
	}
	if r.Inner != nil {
		l.InArchive = string(r.Inner)
	}
	if r.At != nil {
		l.Position = *r.At.position()
	}
	return l, nil
}

// Dates of commits may be any: they are kept as seconds.
func stampDate(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func unstampDate(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// encode writes a record. JSON has a way to write NUL that databases do not take.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write a record: %w", err)
	}
	return withoutNUL(string(b)), nil
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
