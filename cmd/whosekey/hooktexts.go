package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"unicode/utf16"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// hookText is something that a hook was handed to search.
type hookText struct {
	name string // for the report
	data []byte
	old  bool // it is there already: what stands in it too is not new elsewhere
}

// hookTexts is a source of texts in memory.
type hookTexts struct {
	texts []hookText
	lost  []scanners.Gap // what should have been searched too, each with one name
}

const hookChunk = 1 << 20

// Scan implements scanners.Source.
func (h *hookTexts) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	cov := new(scanners.Coverage)
	for _, g := range h.lost {
		cov.Skip(g.Reason, g.Fix, g.First[0])
	}
	split := scanners.Splitter{Size: hookChunk, Reach: reach}
	for i, t := range h.texts {
		if err := ctx.Err(); err != nil {
			return cov, err
		}
		if len(t.data) > 0 {
			if err := split.Split(bytes.NewReader(t.data), leak.Chunk{Ref: leak.Ref(i + 1)}, emit); err != nil {
				return cov, err
			}
		}
		if !t.old {
			cov.Count("files", 1)
			cov.Count("bytes", int64(len(t.data)))
		}
	}
	return cov, ctx.Err()
}

// Locate implements scanners.Source.
func (h *hookTexts) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	out := make([][]leak.Location, len(matches))
	for i, ms := range matches {
		for _, m := range ms {
			l := leak.Location{Kind: leak.KindFile, Ref: m.Ref, Span: m.Span}
			t, err := h.text(m.Ref)
			if err != nil {
				l.Problem = err.Error()
			} else if t.old {
				out[i] = nil
				break
			} else {
				l.Path = t.name
			}
			out[i] = append(out[i], l)
		}
	}
	return out, ctx.Err()
}

var errNoText = errors.New("there is no such text")

// Open implements scanners.Source.
func (h *hookTexts) Open(_ context.Context, ref leak.Ref) (io.ReadCloser, error) {
	t, err := h.text(ref)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(t.data)), nil
}

// text returns a text by its number, from 1.
func (h *hookTexts) text(ref leak.Ref) (*hookText, error) {
	if ref < 1 || ref > leak.Ref(len(h.texts)) {
		return nil, errNoText
	}
	return &h.texts[ref-1], nil
}

// fromUTF16 returns a text that says that it is in UTF-16 in UTF-8, and any
// other as it is.
func fromUTF16(data []byte) []byte {
	big := bytes.HasPrefix(data, []byte{0xFE, 0xFF})
	if !big && !bytes.HasPrefix(data, []byte{0xFF, 0xFE}) {
		return data
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		u := uint16(data[i]) | uint16(data[i+1])<<8
		if big {
			u = u<<8 | u>>8
		}
		units = append(units, u)
	}
	return []byte(string(utf16.Decode(units)))
}
