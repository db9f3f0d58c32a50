package image

import (
	"bytes"
	"context"
	"io"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// file searches a file. size is -1 if it is not known.
func (w *worker) file(ctx context.Context, p *part, n int64, name string, r *counter, size int64) error {
	ref := p.ref(n)
	defer func() { w.cov.Count("bytes", r.n) }()
	w.cov.Count("files", 1)
	want := w.buf[:maxWhole+1]
	if size > maxWhole {
		want = want[:archive.SniffLen]
	}
	k, err := io.ReadFull(r, want)
	whole := err == io.EOF || err == io.ErrUnexpectedEOF && (size < 0 || int64(k) == size)
	switch {
	case err != nil && !whole:
		if failed := w.short(ctx, ref, name, want[:k]); failed != nil { // what there is of it
			return failed
		}
		return err
	case k == 0:
		return nil
	case whole:
		return w.short(ctx, ref, name, want[:k])
	}
	text, err := w.lookInto(ctx, ref, name, bytes.Clone(want), r, size)
	if err != nil || text == nil {
		return err
	}
	found := 0
	var failed error
	err = w.split.Split(w.tape.Record(ref, scanners.Decode(text)), leak.Chunk{Ref: ref}, func(c *leak.Chunk) error {
		failed = w.emit(c)
		found += c.Found
		w.tape.Keep(c.At)
		return failed
	})
	w.tape.Finish(false)
	if failed != nil {
		return errEmit{failed}
	}
	w.source.kept.note(ref, name, found)
	if p, ok := text.(*archive.Passing); ok && err == nil && p.Passed() != "" {
		w.skip(remark{p.Passed(), "take it out of the image, and search it with whosekey dir"}, name)
	}
	return err
}

// short searches a file that fits into a chunk.
func (w *worker) short(ctx context.Context, ref leak.Ref, name string, raw []byte) error {
	if rest, err := w.lookInto(ctx, ref, name, raw, nil, int64(len(raw))); err != nil || rest == nil {
		return err
	}
	data, _ := scanners.DecodeBytes(raw)
	c := leak.Chunk{Ref: ref, Data: data}
	if err := w.emit(&c); err != nil {
		return errEmit{err}
	}
	w.source.keep.Keep(ref, data, c.At)
	w.source.kept.note(ref, name, c.Found)
	return nil
}
