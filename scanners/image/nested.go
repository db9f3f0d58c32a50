package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/archive"
)

// maxInMemory is the size of the largest file of which all places can be read while
// it is looked into. Larger ones are read once, from their beginning.
const maxInMemory = 16 << 20

// document tells those formats of which the bytes are searched too, and which
// cannot be read in pieces.
func document(head []byte) bool {
	for _, magic := range []string{"SQLite format 3\x00", "%PDF", "{\\rtf"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

var bigDocument = remark{fmt.Sprintf("document of more than %d MiB in a layer, of which only the bytes were searched", maxInMemory>>20), "take it out of the image, and search it with whosekey dir"}

// lookInto searches what is in a file, if it is an archive or a document. head is
// its beginning; all of it if rest is nil. It returns the file again if its bytes
// are to be searched too; nil if not.
func (w *worker) lookInto(ctx context.Context, ref leak.Ref, name string, head []byte, rest io.Reader, size int64) (io.Reader, error) {
	whole := io.MultiReader(bytes.NewReader(head), orEmpty(rest))
	kind := archive.Sniff(head[:min(len(head), archive.SniffLen)], name)
	var raw []byte
	switch {
	case rest == nil:
		raw = head
	case size >= 0 && size <= maxInMemory && (kind != archive.None || archive.Binary(head)):
		if len(w.held) < int(size) {
			w.held = make([]byte, size)
		}
		n, err := io.ReadFull(whole, w.held[:size])
		if raw = w.held[:n]; err != nil {
			return bytes.NewReader(raw), nil // it says so again
		}
	}
	if raw != nil {
		whole = bytes.NewReader(raw)
	}
	if kind == archive.None && raw != nil {
		kind = archive.SniffBytes(raw, name)
	}
	switch {
	case w.source.opts.Archives.Depth <= 0:
		return whole, nil
	case kind == archive.None && raw == nil:
		return w.pass.Reset(whole), nil
	case kind == archive.None:
		return whole, nil
	}
	number, ok := w.source.nested.Give(ref)
	if !ok {
		return whole, nil
	}
	f := archive.File{Name: name, Size: int64(len(head))}
	switch {
	case raw != nil:
	case document(head):
		w.leaveOut(bigDocument, name)
		return whole, nil
	default:
		f.R, f.Size = whole, -1
	}
	if raw != nil {
		f.At, f.Size = bytes.NewReader(raw), int64(len(raw))
	}
	found := 0
	res, err := w.inner.Search(ctx, f, number, func(c *leak.Chunk) error {
		err := w.emit(c)
		found += c.Found
		return err
	})
	if err != nil {
		return nil, errEmit{err}
	}
	w.source.kept.note(ref, name, found)
	if res.Whole || raw == nil && res.Kind != archive.None {
		return nil, nil
	}
	if raw == nil {
		return whole, nil
	}
	return bytes.NewReader(raw), nil
}

func orEmpty(r io.Reader) io.Reader {
	if r == nil {
		return bytes.NewReader(nil)
	}
	return r
}

// outer opens a file again that was looked into, the way it was then.
func (s *Source) outer(ctx context.Context, number uint32) (archive.File, io.Closer, error) {
	ref, ok := s.nested.Holder(archive.Ref(number, 0))
	if !ok {
		return archive.File{}, nil, errNoText
	}
	var f archive.File
	p, n, ok := s.find(ref)
	if !ok {
		return f, nil, errNoText
	}
	rc, name, err := s.reopen(ctx, p, n, false)
	if err != nil {
		return f, nil, err
	}
	f.Name = name
	head := make([]byte, maxInMemory+1)
	k, err := io.ReadFull(rc, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		rc.Close()
		f.At, f.Size = bytes.NewReader(head[:k]), int64(k)
		return f, nil, nil
	}
	if err != nil {
		rc.Close()
		return f, nil, errors.Join(errNoText, err)
	}
	f.R, f.Size = io.MultiReader(bytes.NewReader(head), rc), -1
	return f, rc, nil
}
