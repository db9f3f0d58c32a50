package image

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/whosekey/whosekey/scanners/archive"
)

// What is kept of an archive that goes by once: the files that say which layers
// belong to which image stand at its end.
const (
	maxHeld     = 8 << 20  // of one file
	maxHeldAll  = 48 << 20 // of all
	streamChunk = 256 << 10
)

// opener opens an archive that can only be read from its beginning. It may fail the
// second time.
type opener func(ctx context.Context) (io.ReadCloser, error)

// streamed is what has gone by of an archive.
type streamed struct {
	open  opener
	small map[string][]byte
	parts map[string]*part
	links map[string]string
	held  int
	cut   bool // it ended early
}

// planStream searches the layers of an archive as they come by, and plans the rest
// when it is known what they are.
func (r *run) planStream(ctx context.Context, t target, open opener) error {
	s := &streamed{open: open, small: map[string][]byte{}, parts: map[string]*part{}, links: map[string]string{}}
	if err := s.read(ctx, r); err != nil {
		return err
	}
	store := &layoutStore{name: t.path, stream: s}
	if store.name == "" {
		store.name = t.arg
	}
	store.file = func(name string) (io.ReadCloser, int64, error) {
		data, ok := s.small[s.real(name)]
		if !ok {
			return nil, 0, absent("the archive has no " + name)
		}
		return io.NopCloser(bytes.NewReader(data)), int64(len(data)), nil
	}
	store.names = func() []string {
		return append(slices.Collect(maps.Keys(s.small)), slices.Collect(maps.Keys(s.parts))...)
	}
	if t.path = store.name; s.cut {
		store.cut = true
		r.skip(cutOff, t.path)
	}
	return r.planFiles(ctx, t, store)
}

// real is the file that a name leads to.
func (s *streamed) real(name string) string {
	name = cleanPath(name)
	if to, ok := s.links[name]; ok {
		return to
	}
	return name
}

// read reads the archive once.
func (s *streamed) read(ctx context.Context, r *run) error {
	rc, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer rc.Close()
	u, err := unpack(rc)
	if err != nil {
		return explain(err)
	}
	defer u.close()
	tr := tar.NewReader(u)
	w := newWorker(r)
	for n := 0; ; n++ {
		h, err := tr.Next()
		if s.cut = damaged(err) && n > 0; s.cut {
			return nil
		}
		if damaged(err) {
			return errNoArchive
		}
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return explain(fmt.Errorf("read the archive: %w", err))
		}
		if n > maxFiles {
			return fmt.Errorf("it has more than %d files", maxFiles)
		}
		name := cleanPath(h.Name)
		switch {
		case h.Typeflag == tar.TypeSymlink:
			s.links[name] = cleanPath(path.Join(path.Dir(name), h.Linkname))
		case h.Typeflag == tar.TypeLink:
			s.links[name] = cleanPath(h.Linkname)
		case regular(h) && !archive.Sparse(h):
			err := s.file(ctx, w, h, name, tr)
			if s.cut = errors.Is(err, io.ErrUnexpectedEOF); s.cut {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}
	_, err = io.Copy(io.Discard, u) // of what comes over a socket, the end
	return explain(err)
}

// file keeps a small file that is JSON, and searches everything else.
func (s *streamed) file(ctx context.Context, w *worker, h *tar.Header, name string, tr io.Reader) error {
	in := bufio.NewReaderSize(tr, streamChunk)
	if head, _ := in.Peek(1); h.Size <= maxHeld && s.held+int(h.Size) <= maxHeldAll && len(head) == 1 && (head[0] == '{' || head[0] == '[') {
		data, err := io.ReadAll(in)
		if err != nil {
			return explain(err)
		}
		s.small[name], s.held = data, s.held+len(data)
		return nil
	}
	digest := digestOf(name)
	if path.Base(name) == "layer.tar" {
		digest = v1.Hash{}
	}
	if w.base[digest.String()] || w.byBlob[blobKey(roleLayer, digest.String())] != nil && digest != (v1.Hash{}) {
		return nil // it is not searched, or elsewhere
	}
	p := &part{role: roleLayer, name: name, blob: blob{file: name, size: h.Size, digest: digest}}
	if err := w.recall(p); err != nil {
		return err
	}
	w.source.add(p)
	if p.blob.digest, p.done = (v1.Hash{}), true; p.known != "" {
		p.store, p.sum, s.parts[name] = &layoutStore{name: name, stream: s}, digest, p
		return nil
	}
	p.store = &layoutStore{name: name, stream: s}
	s.parts[name] = p
	sum, _ := v1.Hasher("sha256")
	err := w.counted(p, func() error {
		err := w.layer(ctx, p, io.TeeReader(in, sum))
		if _, left := io.Copy(sum, in); err == nil {
			err = left
		}
		return w.tell(ctx, p, err)
	})
	p.sum = v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}
	return err
}

// claim gives the part of a file that has gone by to those who say what it is. Its
// digest must be what they say.
func (s *streamed) claim(r *run, b blob, as role, name string) *part {
	file := b.file
	if file == "" {
		file = blobPath(b.digest)
	}
	p := s.parts[s.real(file)]
	if p == nil {
		return nil
	}
	p.role, p.name, p.blob.digest, p.blob.media = as, name, b.digest, b.media
	if want := b.digest; want != (v1.Hash{}) && want != p.sum || p.denies(b.content) {
		r.skip(wrongDigest, name+" "+p.blob.key())
		p.whole = false
	}
	if p.blob.digest == (v1.Hash{}) {
		p.blob.digest = p.sum
	}
	return p
}

// reopen opens a file of the archive again.
func (s *streamed) reopen(ctx context.Context, name string) (io.ReadCloser, error) {
	rc, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	u, err := unpack(rc)
	if err != nil {
		rc.Close()
		return nil, err
	}
	end := func() error { u.close(); return rc.Close() }
	tr := tar.NewReader(u)
	for {
		h, err := tr.Next()
		switch {
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			end()
			if err == io.EOF {
				err = errNoText
			}
			return nil, err
		case cleanPath(h.Name) == name && regular(h):
			return &closing{tr, end}, nil
		}
	}
}
