package dir

import (
	"context"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/leak"
)

// fileInput is standard input that is a large file, which needs not be kept.
type fileInput struct {
	*pieces
	f      *os.File
	before fs.FileInfo
}

// largeFile returns nil if the input is something else.
func largeFile(r io.Reader, reach int) *fileInput {
	f, ok := r.(*os.File)
	if !ok {
		return nil
	}
	fi, err := f.Stat()
	if err != nil || !fi.Mode().IsRegular() {
		return nil
	}
	base, err := f.Seek(0, io.SeekCurrent) // others may have read a part
	if err != nil || fi.Size()-base < minPieces || madeUp(f) || !plainFile(f, base) {
		return nil
	}
	in := &fileInput{newPieces(f, stdinRef, base, fi.Size()-base, reach), f, fi}
	in.verify = true
	in.grown = func() int64 {
		if fi, err := f.Stat(); err == nil {
			return fi.Size() - base
		}
		return 0
	}
	return in
}

// scan has as many workers search the file.
func (in *fileInput) scan(ctx context.Context, workers int, emit func(*leak.Chunk) error) error {
	g, ctx := errgroup.WithContext(ctx)
	for range workers {
		g.Go(func() error {
			return in.search(make([]byte, in.size), func(c *leak.Chunk) error {
				if err := ctx.Err(); err != nil {
					return err
				}
				return emit(c)
			})
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	in.f.Seek(in.base+in.end, io.SeekStart) // where who reads after us goes on
	return nil
}

// open returns the text again. Its parts are compared with what was searched
// if something has written to the file meanwhile, as logs grow all the time.
func (in *fileInput) open() (io.ReadCloser, error) {
	fi, err := in.f.Stat()
	if err != nil {
		return nil, err
	}
	if in.err == nil && fi.Size() == in.before.Size() && fi.ModTime().Equal(in.before.ModTime()) {
		return io.NopCloser(io.NewSectionReader(in.f, in.base, in.end)), nil
	}
	return io.NopCloser(&again{p: in.pieces}), nil
}

// madeUp is made for an os.File.
func madeUp(f *os.File) (yes bool) {
	if c, err := f.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { yes = made(int(fd)) })
	}
	return yes
}
