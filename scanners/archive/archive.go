// Package archive looks into files that hold other files or pack their text:
// archives, compressed streams and documents, in each other to any depth. It
// knows nothing of where the outermost file comes from.
//
// Nothing is unpacked to disk. What has to be held in memory is bounded, and so
// is all else that a hostile file could ask for: see Limits.
package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/whosekey/whosekey/scanners"
)

// Limits bound what is unpacked of one file, with all that is in it. What they
// keep from being searched is counted.
type Limits struct {
	Depth   int           // archives in each other; 0: none is opened
	Ratio   int64         // bytes that are unpacked for each byte of the file
	Size    int64         // bytes that are unpacked
	Entries int64         // files in the archives
	Time    time.Duration // that it takes
}

// Defaults are the limits of a scan for which nobody sets others.
func Defaults() Limits {
	return Limits{Depth: 8, Ratio: 1000, Size: 64 << 30, Entries: 1_000_000, Time: 10 * time.Minute}
}

// Check returns an error that names the flag of a limit that makes no sense.
func (l Limits) Check() error {
	switch {
	case l.Depth < 0:
		return fmt.Errorf("--archive-depth %d: it counts from 0, which opens no archive", l.Depth)
	case l.Ratio < 1:
		return fmt.Errorf("--archive-ratio %d: it counts from 1", l.Ratio)
	case l.Size < 1:
		return fmt.Errorf("--archive-size %d: it counts from 1", l.Size)
	case l.Entries < 1:
		return fmt.Errorf("--archive-entries %d: it counts from 1", l.Entries)
	case l.Time <= 0:
		return fmt.Errorf("--archive-time %v: it has to be more than 0", l.Time)
	}
	return nil
}

// File is the outermost file.
type File struct {
	Name string      // for messages, and for formats that only a name tells
	Size int64       // in bytes; -1 if nobody knows
	At   io.ReaderAt // its Size bytes; nil for a stream
	R    io.Reader   // the stream, from its beginning
	// Itself: its bytes are emitted too, as a text with an empty Path, unless the
	// Result would be Whole without. It needs At.
	Itself bool
}

// Text is a piece of text that was found in a file.
type Text struct {
	// Path leads to it from the outermost file: "inner.jar!path", without the
	// name of that file. It is empty for the text of a file that is only
	// compressed. A name is as hostile people wrote it, but has no "..", and no
	// "/" at its beginning.
	Path string
	// Number counts the texts of a file, in an order that is always the same.
	Number uint32
	// Bare: it is the name of an entry of which nothing else is searched. That of a
	// folder ends with a slash.
	Bare bool
	// R yields the text. It is valid until emit returns. Who reads it can ignore
	// its error, which Walk notes.
	R io.Reader
}

// Result says what became of a file.
type Result struct {
	Kind Kind // None: it is none that can be looked into
	// Whole is set if nothing of the file is left to be searched: all that it
	// holds was emitted. If it is not set, its bytes have to be searched as they
	// are, as those of any other file.
	Whole bool
	Texts uint32 // how many were emitted
}

// Walk emits the texts in a file that is an archive, a compressed stream or a
// document. What cannot be read, or is beyond the limits, is counted in cov,
// which may be nil. The error is that of emit, or of ctx.
//
// Of a stream everything is consumed, if the Kind of the result is not None.
// Otherwise some of it was read: a caller sniffs first.
func Walk(ctx context.Context, f File, l Limits, cov *scanners.Coverage, emit func(*Text) error) (Result, error) {
	w := &walker{ctx: ctx, lim: l, cov: cov, emit: emit, file: f, began: time.Now(), holes: MaxHoles}
	in := w.outermost(f)
	head := in.peek(SniffLen)
	k := Sniff(head, f.Name)
	if f.At != nil {
		k = SniffFile(head, f.Name, f.At, f.Size)
	}
	if k == None {
		return w.itself(Result{})
	}
	if l.Depth <= 0 {
		w.leaveOut(notOpened, "")
		return w.itself(Result{Kind: k})
	}
	err := w.open(k, in, 1)
	switch {
	case err == nil || isStop(err) || w.over != nil:
	case k.Opaque():
		w.damage("", err)
	default:
		w.badDocument("", err)
	}
	if !k.Opaque() && w.over == nil && !isStop(err) {
		err = w.andZip(k, in, 0)
	}
	if f.At == nil && w.over == nil && !isStop(err) {
		if _, err := io.Copy(io.Discard, in.reader()); err != nil { // what comes after the end
			w.damage("", err)
		}
	}
	if k != patchFile || w.next > 0 { // most are only text
		w.tell()
	}
	res := Result{Kind: k, Whole: (k.Opaque() || w.apart) && !w.failed, Texts: w.next}
	if s := new(stop); errors.As(err, &s) {
		return res, s.err
	}
	return w.itself(res)
}

// itself emits the bytes of a file that wants it, if they have to be searched.
func (w *walker) itself(res Result) (Result, error) {
	if !w.file.Itself || res.Whole || w.ctx.Err() != nil {
		return res, w.ctx.Err()
	}
	text := &Text{Number: w.next, R: &telling{w, io.NewSectionReader(w.file.At, 0, w.file.Size)}}
	w.next++
	res.Whole, res.Texts = true, w.next
	if err := w.emit(text); err != nil {
		return res, err
	}
	return res, w.ctx.Err()
}

// telling notes how a reader fails.
type telling struct {
	w *walker
	r io.Reader
}

func (t *telling) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err != nil && err != io.EOF {
		t.w.damage("", err)
	}
	return n, err
}
