package image

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/scanners/archive"
)

// maxFiles is how many files an archive of images may have.
const maxFiles = 200_000

// damaged reports whether an archive ends early, or has something else where the next
// file should begin.
func damaged(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, tar.ErrHeader)
}

var errNoArchive = &errRegistry{text: "it is no tar archive, as docker save writes them, and no OCI layout", fix: "name an image like acme/app:1.2; files and folders are searched by whosekey dir"}

// fileAt is where in an archive a file is.
type fileAt struct{ at, size int64 }

// indexTar lists the files of an archive that can be read at any place. Links
// within the archive, as older versions of docker save make them, are followed by
// name. cut says that the archive ends early: files are those up to there.
func indexTar(f *os.File) (files map[string]fileAt, cut bool, err error) {
	files = map[string]fileAt{}
	links := map[string]string{}
	tr := tar.NewReader(f)
	for {
		h, err := tr.Next()
		if cut = damaged(err) && len(files) > 0; cut || err == io.EOF {
			break
		}
		if damaged(err) {
			return nil, false, errNoArchive
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return nil, false, err
		}
		if len(files)+len(links) > maxFiles {
			return nil, false, fmt.Errorf("it has more than %d files", maxFiles)
		}
		name := cleanPath(h.Name)
		switch {
		case h.Typeflag == tar.TypeSymlink:
			links[name] = cleanPath(path.Join(path.Dir(name), h.Linkname))
		case h.Typeflag == tar.TypeLink:
			links[name] = cleanPath(h.Linkname)
		case regular(h) && !archive.Sparse(h):
			at, err := f.Seek(0, io.SeekCurrent)
			if err != nil {
				return nil, false, err
			}
			files[name] = fileAt{at, h.Size}
		}
	}
	for name, to := range links {
		if target, ok := files[to]; ok {
			if _, taken := files[name]; !taken {
				files[name] = target
			}
		}
	}
	return files, cut, nil
}

// openArchive opens an archive as a layout, of which manifest.json may be what it is
// read by.
func openArchive(name string) (*layoutStore, io.Closer, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", name)
	}
	var files map[string]fileAt
	cut := false
	if err == nil {
		files, cut, err = indexTar(f)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	open := func(name string) (io.ReadCloser, int64, error) {
		at, ok := files[cleanPath(name)]
		if !ok {
			return nil, 0, absent("the archive has no " + name)
		}
		return io.NopCloser(io.NewSectionReader(f, at.at, at.size)), at.size, nil
	}
	return &layoutStore{name: name, file: open, cut: cut, names: func() []string { return slices.Collect(maps.Keys(files)) }}, f, nil
}

var (
	cutOff = remark{"archive of images that ends early or is damaged: what it lacks was not searched", "save it again"}
	noList = remark{"archive or layout of images with no list of its images, or a damaged one: each of its files was searched by itself", "save it again"}
)

// isPacked reports whether a file is compressed, so that it cannot be read at any
// place.
func isPacked(name string) (bool, error) {
	if st, err := os.Stat(name); err != nil || !st.Mode().IsRegular() {
		return true, err // a pipe
	}
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 4)
	n, _ := io.ReadFull(f, head)
	return bytes.HasPrefix(head[:n], gzipMagic) || bytes.HasPrefix(head[:n], zstdMagic), nil
}

// planArchive plans what an archive has: by manifest.json, which docker save writes,
// or by index.json. Newer versions write both; then each has what the other lacks.
func (r *run) planArchive(ctx context.Context, t target) error {
	if t.path == "-" {
		once := r.source.opts.Stdin
		return r.planStream(ctx, t, func(context.Context) (io.ReadCloser, error) {
			if once == nil {
				return nil, errors.New("standard input cannot be read twice")
			}
			in := io.NopCloser(once)
			once = nil
			return in, nil
		})
	}
	if packed, err := isPacked(t.path); err != nil || packed {
		if err != nil {
			return err
		}
		return r.planStream(ctx, t, func(context.Context) (io.ReadCloser, error) { return os.Open(t.path) })
	}
	store, f, err := openArchive(t.path)
	if err != nil {
		return err
	}
	r.source.closers = append(r.source.closers, f)
	if store.cut {
		r.skip(cutOff, t.path)
	}
	return r.planFiles(ctx, t, store)
}

// planFiles plans an archive of which the files can be opened.
func (r *run) planFiles(ctx context.Context, t target, store *layoutStore) error {
	raw, err := store.readFile("manifest.json")
	if err == nil && !json.Valid(raw) {
		err = errors.New("manifest.json ends early, or is damaged")
	}
	if _, _, noIndex := store.file("index.json"); noIndex == nil && (err != nil || t.kind == inOCIArchive) {
		return r.planLayout(ctx, t, store)
	}
	if err != nil {
		if files := imageFiles(store.names()); len(files) > 0 {
			return r.planLoose(ctx, t, store, files)
		}
		return fmt.Errorf("it is neither what docker save writes nor an OCI layout: %w", err)
	}
	return r.planSaved(ctx, t, store, raw)
}

var hexName = lazy.New(`(?:^|/)(?:sha256:)?([0-9a-f]{64})(?:\.json|\.tar|\.tar\.gz)?$`)

// digestOf takes a digest out of the name of a file that is called by it.
func digestOf(file string) v1.Hash {
	if m := hexName.FindStringSubmatch(file); m != nil {
		return v1.Hash{Algorithm: "sha256", Hex: m[1]}
	}
	return v1.Hash{}
}
