package cilog

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"path"
	"strings"

	"github.com/whosekey/whosekey/internal/inflate"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// archive searches all that is in an archive: text as logs, if somebody saved it, and not
// a job. It has not searched what is none, or what has more in it than could be taken out.
func (w *search) archive(ctx context.Context, b *blob) (searched bool, err error) {
	f, c, err := w.source.archived(ctx, uint32(b.ref))
	if err != nil {
		w.source.cov.Skip("unreadable archive", "download it again", name(b)+": "+err.Error())
		return true, nil
	}
	defer c.Close()
	in := archive.Searcher{Limits: w.source.opts.limits(), Cov: w.source.cov, Split: scanners.Splitter{Size: 1 << 20, Reach: w.reach}, Keep: w.source.keep}
	if !b.disk.live {
		in.Own = func(t *archive.Text, ref leak.Ref) (bool, error) { return w.inside(ctx, b, t, ref) }
	}
	res, err := in.Search(ctx, f, uint32(b.ref), func(c *leak.Chunk) error {
		err := w.emit(c)
		b.hits.Add(int64(c.Found))
		return err
	})
	if res.Whole && res.Texts > 0 {
		w.source.cov.Count("bytes", f.Size)
	}
	return res.Whole, err
}

// inside searches a text of an archive as a log, unless it is binary.
func (w *search) inside(ctx context.Context, b *blob, t *archive.Text, ref leak.Ref) (done bool, err error) {
	w.head.Reset(t.R)
	t.R = w.head
	head, _ := w.head.Peek(scanners.SniffLen)
	if bytes.IndexByte(head, 0) >= 0 && scanners.Plain(head) {
		return false, nil
	}
	in := insideBlob(b, t.Path, ref)
	w.lines.Reset(scanners.Decode(w.head))
	_, _, err = w.read(ctx, in, dialected(w.lines, nil, io.NopCloser(nil))) // why it ended early, Walk tells
	n := in.hits.Load()
	b.hits.Add(n)
	if s := w.source; n > 0 {
		s.mu.Lock()
		s.inner[ref] = in
		s.mu.Unlock()
	}
	return true, err
}

// insideBlob is a log in an archive, of which the path tells as much as that of one in a
// folder.
func insideBlob(b *blob, inner string, ref leak.Ref) *blob {
	in := &blob{ref: ref, path: b.path, inner: inner, packed: true}
	if inner != "" {
		in.path += "!" + inner
	}
	at := strings.LastIndexByte(in.path, '!') + 1
	of, file := in.path[:at], in.path[at:]
	in.about = aboutPath(file)
	if shares(file) {
		in.folder = of + folderOf(file)
	}
	return in
}

// logOf is the log that a text is of, or the archive that it is in.
func (s *Source) logOf(ref leak.Ref) (*blob, error) {
	s.mu.Lock()
	b := s.inner[ref]
	s.mu.Unlock()
	if b != nil {
		return b, nil
	}
	return s.blobOf(outer(ref))
}

// openInside opens a text in an archive, as it was searched.
func (s *Source) openInside(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	s.mu.Lock()
	isLog := s.inner[ref] != nil
	s.mu.Unlock()
	if kept, ok := s.keep.Open(ref); ok {
		return kept, nil
	}
	r, err := s.again.Open(ctx, ref)
	if err != nil || !isLog {
		return r, err
	}
	return scanners.DecodeCloser(dialected(bufio.NewReader(r), nil, r)), nil
}

// packedArchive reports whether what begins so is an archive in gzip, whatever it is called.
func packedArchive(head []byte) bool {
	if !bytes.HasPrefix(head, gzipHead) {
		return false
	}
	z, err := inflate.NewGzip(bytes.NewReader(head))
	if err != nil {
		return false
	}
	var in [archive.SniffLen]byte
	n, _ := io.ReadFull(z, in[:])
	return archive.Sniff(in[:n], "").Opaque()
}

// unpackedName is the path of a log without what says how it is packed.
func unpackedName(p string) string {
	switch ext := path.Ext(p); ext {
	case ".gz", ".zst", ".xz", ".bz2", ".lz4":
		return strings.TrimSuffix(p, ext)
	}
	return p
}
