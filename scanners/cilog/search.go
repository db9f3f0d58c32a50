package cilog

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// chunkSize is how much clean text is searched at once.
const chunkSize = 2 << 20

// search is what a worker needs for one log after the other.
type search struct {
	source *Source
	emit   func(*leak.Chunk) error
	reach  int

	b      *blob
	text   view // clean
	aside  view
	marks  marks
	expand expander
	names  scanners.Namer
	clean  *cleaner
	tape   scanners.Tape
	offset int64         // of text in the clean log
	seen   int           // bytes of text that the chunk before had, too
	masked int64         // places at which the service left something out
	head   *bufio.Reader // of a text in an archive
	lines  *bufio.Reader // of that, converted
}

func newSearch(s *Source, reach int, emit func(*leak.Chunk) error) *search {
	w := &search{source: s, emit: emit, reach: reach, head: bufio.NewReaderSize(nil, scanners.SniffLen), lines: bufio.NewReader(nil)}
	w.clean = newCleaner(&w.text, &w.aside, &w.marks)
	w.clean.full, w.clean.least = max(chunkSize, 16*reach), 8*reach
	w.clean.ready = func() error { return w.chunk(true) }
	w.expand.most = 2 * w.clean.full
	w.tape = scanners.Tape{Keeper: s.keep, Size: 3*w.clean.full + blockSize}
	w.expand.emit = func(v *view) error { return w.view(v, 0, false) }
	return w
}

// search searches a log, or an archive. What cannot be read is skipped.
func (w *search) search(ctx context.Context, b *blob) (failed bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	err = w.name(b)
	if err != nil || b.only {
		return false, err
	}
	if b.disk != nil {
		if searched, err := w.archive(ctx, b); searched || err != nil {
			return false, err
		}
	}
	cov := w.source.cov
	r, err := b.open(ctx)
	if err != nil {
		cov.Skip("unreadable log", "look at its permissions, or download it again", name(b)+": "+err.Error())
		return true, nil
	}
	return w.log(ctx, b, r)
}

// log searches a log.
func (w *search) log(ctx context.Context, b *blob, r io.ReadCloser) (bool, error) {
	n, broken, err := w.read(ctx, b, r)
	if err != nil {
		return false, err
	}
	w.source.cov.Count("bytes", n)
	if broken != nil {
		w.source.cov.Skip("log that ended early", "download it again", fmt.Sprintf("%s: %v", name(b), broken))
	}
	return broken != nil, nil
}

// read searches what a reader gives of a log, and returns how many bytes that were, and
// why it ended early.
func (w *search) read(ctx context.Context, b *blob, r io.ReadCloser) (n int64, early, err error) {
	defer r.Close()
	w.start(b)
	if of, ok := r.(ofService); ok {
		w.marks.facts.is(of.service, false)
	}
	text := scanners.Decode(r)
	if b.packed {
		text = w.tape.Record(b.ref, text)
		defer w.tape.Finish(false)
	}
	counted := &counter{r: text, ctx: ctx}
	w.clean.reset(counted)
	broken := w.clean.run()
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	if broken != nil && counted.err == nil {
		return 0, nil, broken // emit's
	}
	if err := w.chunk(false); err != nil {
		return 0, nil, err
	}
	w.source.cov.Count("logs", 1)
	if w.masked > 0 {
		w.source.cov.Count("masked values", w.masked)
	}
	if w.marks.facts.patches {
		w.source.cov.LeaveOut("binary patch of git in a log, which is not decoded", "save what follows it as a .patch file, and search that with whosekey dir", name(b))
	}
	w.learn()
	return counted.n, counted.err, nil
}

func name(b *blob) string {
	if b.path == "" {
		return "standard input"
	}
	return b.path
}

func (w *search) start(b *blob) {
	w.b, w.offset, w.seen, w.masked = b, 0, 0, 0
	w.text.reset(nil)
	w.aside.reset(nil)
	w.marks.reset()
	w.marks.facts.Service, w.marks.facts.given = b.about.Service, b.about.Service != ""
	w.expand.tooMuch = func(what string) {
		w.source.cov.LeaveOut(what, "decode it yourself, and search that", name(b))
	}
}

// chunk searches the text at hand, and keeps the end of it for the next.
func (w *search) chunk(more bool) error {
	if err := w.view(&w.text, w.offset, more); err != nil {
		return err
	}
	w.masked += masks(w.text.text[w.seen:])
	if err := w.expand.all(&w.text, w.seen); err != nil {
		return err
	}
	if len(w.aside.text) > 0 {
		if err := w.view(&w.aside, 0, false); err != nil {
			return err
		}
		if err := w.expand.all(&w.aside, 0); err != nil {
			return err
		}
		w.aside.reset(nil)
	}
	// Twice the reach is what chunks must share; what is encoded twice is longer.
	keep := min(len(w.text.text), 4*w.reach)
	drop := len(w.text.text) - keep
	w.text.drop(drop)
	w.marks.drop(drop)
	w.offset += int64(drop)
	w.seen = keep
	return nil
}

// view has a text searched.
func (w *search) view(v *view, offset int64, more bool) error {
	c := leak.Chunk{Ref: w.b.ref, Offset: offset, Data: v.text, More: more}
	c.Place = func(s leak.Span) (leak.Span, string) { return w.place(v, int(s.Start-offset), int(s.End-offset)) }
	c.Takes = func(s leak.Span, f leak.Form) bool { return v.takes(int(s.Start-offset), int(s.End-offset), f) }
	err := w.emit(&c)
	if w.b.packed {
		w.tape.Keep(c.At)
	}
	return err
}

// place maps a match to the log, and notes what was going on there.
func (w *search) place(v *view, start, end int) (leak.Span, string) {
	in, root, at, encoding := v.place(start, end)
	if root == &w.aside {
		at = -1
	}
	w.note(in.Start, at)
	return in, encoding
}

// note keeps what printed the text at an offset of the log, which is at at in
// the text at hand; -1 if that is not known.
func (w *search) note(start int64, at int) {
	w.b.hits.Add(1)
	now := seen{spot: w.marks.now}
	if at >= 0 {
		now.spot = w.marks.at(at)
		line, before := linesAt(w.text.text, min(at, len(w.text.text)))
		now.printed = now.spot.printed(line, before)
	}
	s := w.source
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sighting{w.b.ref, start}
	if _, ok := s.spots[key]; !ok {
		s.spots[key] = now
	}
}

// linesAt returns the line that an offset is in, and the one before.
func linesAt(text []byte, at int) (line, before []byte) {
	const most = 4096
	lo := max(0, at-most)
	start := lo + bytes.LastIndexByte(text[lo:at], '\n') + 1
	line = text[start:min(len(text), start+most)]
	if start > lo+1 {
		from := lo + bytes.LastIndexByte(text[lo:start-1], '\n') + 1
		before = text[from : start-1]
	}
	return line, before
}

// counter counts what is read, and keeps the error that ended it.
type counter struct {
	r   io.Reader
	ctx context.Context
	n   int64
	err error // other than the end
}

func (c *counter) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}
