package scannertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// Option changes what Accept demands.
type Option int

// SharesData is for a source that hands out memory which it needs after emit
// has returned. Nobody may write to the Data of such a source's chunks.
const SharesData Option = 1

// reaches are those that Accept scans with.
var reaches = []int{0, 1, 64, 3000}

// soon is more than a machine under load needs to stop a scan.
const soon = 20 * time.Second

// Accept checks that a source keeps the contract of scanners.Source. Each call
// of newSource must return a new one, of the same blobs: want has the text of
// each by the Path that Locate gives it. No two may share a Path.
//
// It expects every byte of every blob to be emitted, so it is not for sources
// that leave out what they have emitted already as a part of another blob.
func Accept(t *testing.T, newSource func() scanners.Source, want map[string][]byte, options ...Option) {
	t.Helper()
	a := &acceptance{newSource: newSource, want: want, shares: slices.Contains(options, SharesData)}
	for _, reach := range reaches {
		t.Run(fmt.Sprintf("reach %d", reach), func(t *testing.T) { a.content(t, reach) })
	}
	t.Run("emit stops", a.emitStops)
	t.Run("cancelled before", a.cancelledBefore)
	t.Run("cancelled in emit", a.cancelledInEmit)
}

type acceptance struct {
	newSource func() scanners.Source
	want      map[string][]byte
	shares    bool
}

// piece is a copy of a chunk.
type piece struct {
	offset int64
	data   []byte
	more   bool
}

func (p piece) end() int64 { return p.offset + int64(len(p.data)) }

// scan copies all that a source emits, and spoils what it got.
func (a *acceptance) scan(ctx context.Context, t *testing.T, s scanners.Source, reach int, then func() error) (map[leak.Ref][]piece, error) {
	t.Helper()
	var mu sync.Mutex
	got := map[leak.Ref][]piece{}
	cov, err := within(t, func() (*scanners.Coverage, error) {
		return s.Scan(ctx, reach, func(c *leak.Chunk) error {
			if c.Name {
				if c.Offset != 0 || c.More || len(c.Data) < leak.MinName {
					t.Errorf("the name %q is cut, or too short", c.Data)
				}
				return nil
			}
			p := piece{c.Offset, bytes.Clone(c.Data), c.More}
			if !a.shares {
				for i := range c.Data {
					c.Data[i] = '~'
				}
			}
			mu.Lock()
			defer mu.Unlock()
			got[c.Ref] = append(got[c.Ref], p)
			return then()
		})
	})
	if cov == nil {
		t.Error("Scan returns no Coverage")
	}
	return got, err
}

func goOn() error { return nil }

// content checks the chunks of a whole scan, and that Locate and Open agree.
func (a *acceptance) content(t *testing.T, reach int) {
	s := a.newSource()
	got, err := a.scan(t.Context(), t, s, reach, goOn)
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	missing := maps.Clone(a.want)
	for ref, pieces := range got {
		path, ok := a.locate(t, s, ref)
		text, known := missing[path]
		if !ok || !known {
			t.Errorf("blob %d is at %q, which is not wanted, or wanted once and there twice", ref, path)
			continue
		}
		delete(missing, path)
		checkPieces(t, path, pieces, text, reach)
		checkOpen(t, s, ref, path, text)
	}
	for path, text := range missing {
		if len(text) > 0 {
			t.Errorf("%q is not emitted", path)
		}
	}
	a.locateAll(t, s, got)
	a.stranger(t, s)
}

// checkPieces checks that the chunks of a blob, in whatever order they came,
// cover it and overlap enough.
func checkPieces(t *testing.T, path string, pieces []piece, text []byte, reach int) {
	t.Helper()
	slices.SortFunc(pieces, func(a, b piece) int { return int(a.offset - b.offset) })
	if first := pieces[0].offset; first != 0 {
		t.Errorf("%q begins at %d", path, first)
	}
	for i, p := range pieces {
		if p.offset < 0 || p.end() > int64(len(text)) || !bytes.Equal(p.data, text[p.offset:p.end()]) {
			t.Errorf("%q: the chunk of %d bytes at %d is not what the blob of %d bytes has there", path, len(p.data), p.offset, len(text))
			return
		}
		last := i == len(pieces)-1
		if p.more == last {
			t.Errorf("%q: More is %v in chunk %d of %d", path, p.more, i+1, len(pieces))
		}
		if last {
			if p.end() != int64(len(text)) {
				t.Errorf("%q ends at %d, want %d", path, p.end(), len(text))
			}
			return
		}
		next := pieces[i+1].offset
		if next <= p.offset || p.end()-next < int64(2*reach) {
			t.Errorf("%q: chunks at %d, which ends at %d, and %d overlap by less than %d", path, p.offset, p.end(), next, 2*reach)
		}
	}
}

// checkOpen opens a blob twice: the first time must not use it up.
func checkOpen(t *testing.T, s scanners.Source, ref leak.Ref, path string, text []byte) {
	t.Helper()
	for range 2 {
		r, err := s.Open(t.Context(), ref)
		if err != nil {
			t.Errorf("Open %q: %v", path, err)
			return
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("Open %q gives %d bytes, %v, that are not the %d that were emitted", path, len(got), err, len(text))
		}
		if err := r.Close(); err != nil {
			t.Errorf("Close %q: %v", path, err)
		}
	}
}

// locate returns the path of a blob, by the places of several spans in it.
func (a *acceptance) locate(t *testing.T, s scanners.Source, ref leak.Ref) (path string, ok bool) {
	t.Helper()
	spans := []leak.Span{{Start: 0, End: 1}, {Start: 0, End: 0}, {Start: 5, End: 9}, {Start: 0, End: 1 << 20}}
	matches := make([][]leak.Match, len(spans))
	for i, span := range spans {
		matches[i] = []leak.Match{{Ref: ref, Span: span}}
	}
	got, err := s.Locate(t.Context(), matches)
	if err != nil || len(got) != len(spans) {
		t.Fatalf("Locate returns the places of %d credentials, %v, want %d", len(got), err, len(spans))
	}
	for i, places := range got {
		if len(places) != 1 {
			t.Fatalf("Locate returns %d places for one match, want 1", len(places))
		}
		l := places[0]
		if l.Kind == "" || l.Problem != "" || l.Ref != ref || l.Span != spans[i] {
			t.Errorf("Locate(%v, %v) = %+v", ref, spans[i], l)
		}
		if i > 0 && l.Path != path {
			t.Errorf("Locate says that blob %d is at %q and at %q", ref, path, l.Path)
		}
		path = l.Path
	}
	return path, true
}

// locateAll asks for all blobs as the places of one credential, between two
// credentials without any.
func (a *acceptance) locateAll(t *testing.T, s scanners.Source, got map[leak.Ref][]piece) {
	t.Helper()
	matches := make([][]leak.Match, 3)
	for ref := range got {
		matches[1] = append(matches[1], leak.Match{Ref: ref, Span: leak.Span{End: 1}})
	}
	places, err := s.Locate(t.Context(), matches)
	if err != nil || len(places) != 3 || len(places[0]) != 0 || len(places[1]) != len(got) || len(places[2]) != 0 {
		t.Errorf("Locate of one credential in %d blobs, between two in none, gives %+v, %v", len(got), places, err)
	}
	if none, err := s.Locate(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("Locate(nil) = %v, %v", none, err)
	}
}

// stranger asks for blobs that the source never emitted.
func (a *acceptance) stranger(t *testing.T, s scanners.Source) {
	t.Helper()
	for _, ref := range []leak.Ref{0, 1<<40 + 12345, 1<<63 + 12345, 1<<64 - 1} {
		got, err := s.Locate(t.Context(), [][]leak.Match{{{Ref: ref}}})
		if err != nil || len(got) != 1 || len(got[0]) != 1 || got[0][0].Problem == "" {
			t.Errorf("Locate of the unknown blob %d = %+v, %v, want a place with a Problem", ref, got, err)
		}
		if r, err := s.Open(t.Context(), ref); err == nil {
			r.Close()
			t.Errorf("Open of the unknown blob %d succeeds", ref)
		}
	}
}

var errStop = errors.New("the test's emit stops here")

func (a *acceptance) emitStops(t *testing.T) {
	defer leaks(t)()
	calls := 0
	_, err := a.scan(t.Context(), t, a.newSource(), 64, func() error { calls++; return errStop })
	if calls == 0 {
		t.Skip("the source has no blob")
	}
	if !errors.Is(err, errStop) {
		t.Errorf("Scan returns %v, want emit's error", err)
	}
	if many := 4*runtime.GOMAXPROCS(0) + 16; calls > many {
		t.Errorf("emit was called %d times after it had returned an error", calls-1)
	}
}

func (a *acceptance) cancelledBefore(t *testing.T) {
	defer leaks(t)()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.scan(ctx, t, a.newSource(), 64, goOn); !errors.Is(err, context.Canceled) {
		t.Errorf("Scan returns %v, want %v", err, context.Canceled)
	}
}

func (a *acceptance) cancelledInEmit(t *testing.T) {
	defer leaks(t)()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got, err := a.scan(ctx, t, a.newSource(), 64, func() error { cancel(); return nil })
	if len(got) == 0 {
		t.Skip("the source has no blob")
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Scan returns %v, want %v", err, context.Canceled)
	}
}

// within runs scan, which may not hang.
func within(t *testing.T, scan func() (*scanners.Coverage, error)) (cov *scanners.Coverage, err error) {
	t.Helper()
	done := make(chan struct{})
	go func() { cov, err = scan(); close(done) }()
	select {
	case <-done:
		return cov, err
	case <-time.After(soon):
		t.Fatalf("Scan has not returned after %v", soon)
		return nil, nil
	}
}

// leaks returns a function that checks that no goroutine was left running.
func leaks(t *testing.T) func() {
	before := runtime.NumGoroutine()
	return func() {
		var now int
		for end := time.Now().Add(soon); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if now = runtime.NumGoroutine(); now <= before {
				return
			}
		}
		t.Errorf("%d goroutines are running, %d were before Scan", now, before)
	}
}
