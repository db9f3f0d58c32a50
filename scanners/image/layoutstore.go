package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxManifest is the size of the largest manifest, index and configuration.
const maxManifest = 32 << 20

// layoutStore is an OCI layout: a folder, or an archive of one.
type layoutStore struct {
	name string
	// file opens one of its files. Nothing outside the layout may be opened by it,
	// whatever its name is.
	file func(name string) (io.ReadCloser, int64, error)
	// names lists its files: of a folder, the blobs.
	names func() []string
	list  []v1.Descriptor             // of index.json, to find referrers
	about map[v1.Hash][]v1.Descriptor // those of list that refer to an image, once they were read
	cut   bool                        // it is an archive that ends early
	// stream is what has gone by of an archive that can be read but from its start.
	stream *streamed
}

// absent says which file of an image on this machine is not there, which it will not be
// if we are run again.
type absent string

func (a absent) Error() string { return string(a) }

// openLayout opens a folder. Links that lead out of it are not followed.
func openLayout(dir string) (*layoutStore, io.Closer, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	open := func(name string) (io.ReadCloser, int64, error) {
		before, err := root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, 0, absent("the layout has no " + name)
		}
		if err != nil {
			return nil, 0, err
		}
		if !before.Mode().IsRegular() { // a FIFO would keep us
			return nil, 0, absent(name + " is no regular file")
		}
		f, err := root.Open(name)
		if err != nil {
			return nil, 0, err
		}
		if after, err := f.Stat(); err != nil || !os.SameFile(before, after) {
			f.Close()
			return nil, 0, fmt.Errorf("%s was replaced while it was opened", name)
		}
		return f, before.Size(), nil
	}
	return &layoutStore{name: dir, file: open, names: func() []string { return blobNames(root.FS()) }}, root, nil
}

// blobNames are the files that a layout's folder has, with no more than an archive may have.
func blobNames(dir fs.FS) (names []string) {
	fs.WalkDir(dir, "blobs", func(name string, e fs.DirEntry, err error) error {
		if len(names) >= maxFiles {
			return fs.SkipAll
		}
		if err == nil && e.Type().IsRegular() {
			names = append(names, name)
		}
		return nil
	})
	return names
}

func (l *layoutStore) site() string { return l.name }

func blobPath(h v1.Hash) string { return path.Join("blobs", h.Algorithm, h.Hex) }

func (l *layoutStore) manifest(ctx context.Context, digest v1.Hash) ([]byte, error) {
	return readBlob(ctx, l, blob{digest: digest, size: -1})
}

func (l *layoutStore) open(ctx context.Context, b blob) (io.ReadCloser, error) {
	name := b.file
	if name == "" {
		name = blobPath(b.digest)
	}
	if l.stream != nil {
		if real := l.stream.real(name); l.stream.parts[real] != nil {
			return l.stream.reopen(ctx, real)
		}
	}
	f, _, err := l.file(name)
	return f, err
}

func (l *layoutStore) referrers(ctx context.Context, digest v1.Hash) (out []v1.Descriptor, err error) {
	if l.about == nil { // each is read once: a list can name the same large one a hundred thousand times
		about, read := map[v1.Hash][]v1.Descriptor{}, map[v1.Hash]bool{}
		for _, d := range l.list {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if read[d.Digest] {
				continue
			}
			read[d.Digest] = true
			raw, err := l.manifest(ctx, d.Digest)
			if err != nil {
				continue // it is told when it is searched itself
			}
			if m, err := v1.ParseManifest(bytes.NewReader(raw)); err == nil && m.Subject != nil {
				about[m.Subject.Digest] = append(about[m.Subject.Digest], d)
			}
		}
		l.about = about
	}
	return l.about[digest], nil
}

// has reports whether it has a file.
func (l *layoutStore) has(name string) bool {
	if l.stream != nil && l.stream.parts[l.stream.real(name)] != nil {
		return true
	}
	f, _, err := l.file(name)
	if err == nil {
		f.Close()
	}
	return err == nil
}

// readFile reads a small file.
func (l *layoutStore) readFile(name string) ([]byte, error) {
	f, _, err := l.file(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readSmall(f)
}

// head returns the beginning of a file; nothing of a layer that has gone by.
func (l *layoutStore) head(name string) ([]byte, error) {
	f, _, err := l.file(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64))
}

var errTooLong = fmt.Errorf("it has more than %d bytes", maxManifest)

func readSmall(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err == nil && len(data) > maxManifest {
		err = errTooLong
	}
	return data, err
}

// readBlob reads a small blob, of which the digest must be right.
func readBlob(ctx context.Context, s store, b blob) ([]byte, error) {
	rc, err := s.open(ctx, b)
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	v := newVerified(rc, b.digest)
	data, err := readSmall(v)
	if err == nil {
		err = v.check()
	}
	return data, err
}

// errDigest means that a blob is not what its digest says.
var errDigest = errors.New("the content does not have the digest that the image says")
