package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// A Ref of a text in a file has the highest bit, the number that its source
// gave the file, and that of the text.
const (
	refBit   = 63
	fileBits = 31
	// MaxFile is the highest number that a file may have.
	MaxFile = 1<<fileBits - 1
)

// Ref is that of a text in a file. A source's own Refs are below all of them.
func Ref(file, text uint32) leak.Ref {
	return 1<<refBit | leak.Ref(file&MaxFile)<<32 | leak.Ref(text)
}

// Split takes a Ref apart. It is not ok if the Ref is of no text in a file.
func Split(ref leak.Ref) (file, text uint32, ok bool) {
	return uint32(ref>>32) & MaxFile, uint32(ref), ref>>refBit == 1
}

// Opener opens a file again by its number. The File is used until its Closer is
// closed, which may be nil.
type Opener func(ctx context.Context, file uint32) (File, io.Closer, error)

// Again finds texts again after a scan, for Locate and Open of a source. It
// looks into files as often as it must, and keeps short texts. It is safe for
// concurrent use.
type Again struct {
	Limits Limits
	Files  Opener
	Keep   *scanners.Keeper // what was kept in the scan; optional

	mu    sync.Mutex
	paths map[leak.Ref]string
	texts map[leak.Ref][]byte
	lost  map[leak.Ref]error
	kept  int
}

const (
	maxKept = 32 << 20 // of all texts
	maxText = 2 << 20  // of one that is kept
)

var errFound = errors.New("all have been found")

// Find looks for texts, each file once. Path then knows them.
func (a *Again) Find(ctx context.Context, refs []leak.Ref) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.paths == nil {
		a.paths, a.texts, a.lost = map[leak.Ref]string{}, map[leak.Ref][]byte{}, map[leak.Ref]error{}
	}
	refs = slices.DeleteFunc(slices.Clone(refs), func(ref leak.Ref) bool {
		path, ok := a.Keep.Named(ref)
		if ok {
			a.paths[ref] = path
		}
		return ok
	})
	slices.Sort(refs)
	refs = slices.Compact(refs)
	for len(refs) > 0 {
		file, _, ok := Split(refs[0])
		n := 1
		for n < len(refs) && refs[n]>>32 == refs[0]>>32 {
			n++
		}
		if ok {
			if err := a.find(ctx, file, refs[:n]); err != nil {
				return err
			}
		}
		refs = refs[n:]
	}
	return nil
}

// find looks for texts of one file. The error is that of ctx.
func (a *Again) find(ctx context.Context, file uint32, refs []leak.Ref) error {
	all := refs
	err := a.walk(ctx, file, func(t *Text) error {
		if len(refs) == 0 {
			return errFound
		}
		if _, number, _ := Split(refs[0]); number != t.Number {
			return nil
		}
		a.paths[refs[0]] = t.Path
		a.keep(refs[0], t.R)
		if refs = refs[1:]; len(refs) == 0 {
			return errFound
		}
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil || errors.Is(err, errFound) {
		err = errGone
	}
	for _, ref := range all {
		if _, ok := a.paths[ref]; !ok {
			a.lost[ref] = err
		}
	}
	return nil
}

var errGone = errors.New("the archive has no such text any more")

func (a *Again) walk(ctx context.Context, file uint32, emit func(*Text) error) error {
	f, c, err := a.Files(ctx, file)
	if err != nil {
		return err
	}
	if c != nil {
		defer c.Close()
	}
	_, err = Walk(ctx, f, a.Limits, nil, emit)
	return err
}

// keep keeps a text, if it is short.
func (a *Again) keep(ref leak.Ref, r io.Reader) {
	if a.kept >= maxKept {
		return
	}
	b, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if len(b) > maxText || err != nil && len(b) == 0 {
		return
	}
	a.kept += len(b)
	a.texts[ref] = b
}

// Path returns where in its file a text is, after Find.
func (a *Again) Path(ref leak.Ref) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p, ok := a.paths[ref]; ok {
		return p, nil
	}
	if err := a.lost[ref]; err != nil {
		return "", err
	}
	return "", errGone
}

// Open returns a text as it was searched: that in UTF-16 and UTF-32 is converted.
func (a *Again) Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	if r, ok := a.Keep.Open(ref); ok {
		return r, nil
	}
	r, err := a.open(ctx, ref)
	if err != nil {
		return nil, err
	}
	return scanners.DecodeCloser(r), nil
}

// open returns a text as it is in its file.
func (a *Again) open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	a.mu.Lock()
	b, ok := a.texts[ref]
	a.mu.Unlock()
	if ok {
		return io.NopCloser(bytes.NewReader(b)), nil
	}
	file, number, ok := Split(ref)
	if !ok {
		return nil, errGone
	}
	ctx, cancel := context.WithCancel(ctx)
	r, w := io.Pipe()
	found := make(chan struct{})
	done := make(chan struct{})
	var err error
	go func() {
		defer close(done)
		err = a.walk(ctx, file, func(t *Text) error {
			if t.Number != number {
				return nil
			}
			close(found)
			_, err := io.Copy(w, t.R)
			w.CloseWithError(err)
			return errFound
		})
	}()
	select {
	case <-found:
		return &reopened{r, func() { cancel(); r.Close(); <-done }}, nil
	case <-done:
	}
	cancel()
	select {
	case <-found: // a short one
		return &reopened{r, func() {}}, nil
	default:
	}
	if err == nil {
		err = errGone
	}
	return nil, fmt.Errorf("look into the archive again: %w", err)
}

// reopened is a text that a walk writes into a pipe.
type reopened struct {
	*io.PipeReader
	end func()
}

func (r *reopened) Close() error {
	r.end()
	return r.PipeReader.Close()
}

// Distinct drops the places of a credential that are in a file which has the
// credential in its own bytes too: the text of a document, most of the time.
func Distinct(places []leak.Location) []leak.Location {
	own := map[string]bool{}
	inner := false
	for i := range places {
		if places[i].Span.OfName() {
			continue
		}
		own[key(&places[i], places[i].Path)] = true
		inner = inner || places[i].InArchive != ""
	}
	if !inner {
		return places
	}
	return slices.DeleteFunc(places, func(l leak.Location) bool {
		if l.InArchive == "" || l.Span.OfName() {
			return false
		}
		if l.Path == l.InArchive && own[key(&l, "")] { // of standard input, which has no name
			return true
		}
		for at := strings.LastIndexByte(l.Path, '!'); at > 0; at = strings.LastIndexByte(l.Path[:at], '!') {
			if own[key(&l, l.Path[:at])] {
				return true
			}
		}
		return false
	})
}

func key(l *leak.Location, path string) string { return l.Commit + "\x00" + l.Blob + "\x00" + path }

// Inner returns the Refs of texts in files that some matches have.
func Inner(matches [][]leak.Match) (refs []leak.Ref) {
	for _, ms := range matches {
		for _, m := range ms {
			if _, _, ok := Split(m.Ref); ok {
				refs = append(refs, m.Ref)
			}
		}
	}
	return refs
}

// Place adds the way of a text through a file to the file's path.
func Place(l *leak.Location, inner string) {
	l.Path, l.InArchive = join(l.Path, inner), inner
}
