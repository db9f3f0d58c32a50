// Package scannertest has what a test of a scanners.Source needs: Accept, the
// checks that every Source must pass, and Mem, a Source in memory.
package scannertest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// Mem is a Source of blobs in memory, scanned in the order of their names on
// the goroutine that calls Scan.
type Mem struct {
	Blobs map[string][]byte // by name
	Size  int               // of a chunk; 0: each blob in one piece
	Kind  leak.Kind         // of the locations; empty: leak.KindFile
}

// Text returns a Mem of a single blob.
func Text(name, text string) *Mem {
	return &Mem{Blobs: map[string][]byte{name: []byte(text)}}
}

func (m *Mem) names() []string { return slices.Sorted(maps.Keys(m.Blobs)) }

// name of the blob that ref stands for.
func (m *Mem) name(ref leak.Ref) (string, error) {
	if names := m.names(); ref > 0 && ref <= leak.Ref(len(names)) {
		return names[ref-1], nil
	}
	return "", fmt.Errorf("no blob has the number %d", ref)
}

// Scan implements scanners.Source.
func (m *Mem) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	cov := new(scanners.Coverage)
	split := scanners.Splitter{Size: m.Size, Reach: reach}
	for i, name := range m.names() {
		blob := m.Blobs[name]
		if m.Size == 0 {
			split.Size = len(blob) + 1
		}
		err := split.Split(bytes.NewReader(blob), leak.Chunk{Ref: leak.Ref(i + 1)}, func(c *leak.Chunk) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return emit(c)
		})
		if err != nil {
			return cov, fmt.Errorf("scan %s: %w", name, err)
		}
		cov.Count("files", 1)
		cov.Count("bytes", int64(len(blob)))
	}
	return cov, ctx.Err()
}

// Locate implements scanners.Source.
func (m *Mem) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	out := make([][]leak.Location, len(matches))
	for i, ms := range matches {
		for _, match := range ms {
			l := leak.Location{Kind: m.Kind, Ref: match.Ref, Span: match.Span}
			if l.Kind == "" {
				l.Kind = leak.KindFile
			}
			var err error
			if l.Path, err = m.name(match.Ref); err != nil {
				l.Problem = err.Error()
			}
			out[i] = append(out[i], l)
		}
	}
	return out, ctx.Err()
}

// Open implements scanners.Source.
func (m *Mem) Open(_ context.Context, ref leak.Ref) (io.ReadCloser, error) {
	name, err := m.name(ref)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(m.Blobs[name])), nil
}
