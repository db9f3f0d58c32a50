package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/archive"
)

// archive searches what is in a blob that is an archive or a document. Nothing
// of it is left to be searched if the result is all.
func (t *teller) archive(w, n int, f archive.File) (all bool, err error) {
	if n > archive.MaxFile {
		return false, nil
	}
	f.Name = t.store.ID(n).String()
	res, err := t.workers[w].inner.Search(t.ctx, f, uint32(n), func(c *leak.Chunk) error { return t.send(n, c) })
	return res.Whole, err
}

// archive opens a blob again that was looked into.
func (r *Repo) archive(_ context.Context, number uint32) (archive.File, io.Closer, error) {
	if int64(number) >= int64(r.store.Len()) {
		return archive.File{}, nil, errors.New("no object has this number")
	}
	id := r.store.ID(int(number))
	o, err := r.store.Read(int(number))
	if err != nil {
		return archive.File{}, nil, fmt.Errorf("read object %s: %w", id, err)
	}
	if o.Type != gitpack.Blob {
		return archive.File{}, nil, fmt.Errorf("object %s is no file", id)
	}
	if f, ok := r.stored(&o); ok {
		return archive.File{Name: id.String(), At: f.File, Size: f.size, Itself: true}, f, nil
	}
	content := o.Content()
	f := fileOf(content, o.Size)
	f.Name = id.String()
	return f, content, nil
}

// inMemory is the size from which on an archive is read as a stream. What it
// holds is then numbered in another order, so that this must not depend on how
// the store hands it out.
const inMemory = 32 << 20

func fileOf(r io.Reader, size int64) archive.File {
	if size >= inMemory {
		return archive.File{R: r, Size: size}
	}
	data, _ := io.ReadAll(io.LimitReader(r, inMemory)) // what is missing is noted by the store
	return archive.File{At: bytes.NewReader(data), Size: int64(len(data))}
}

// placeInner adds the way through an archive to the path of a place in one.
func (r *Repo) placeInner(l *leak.Location) {
	if _, _, ok := archive.Split(l.Ref); !ok || l.InArchive != "" || l.Problem != "" {
		return
	}
	in, err := r.inner.Path(l.Ref)
	if err != nil {
		l.Problem = err.Error()
	}
	archive.Place(l, in)
}
