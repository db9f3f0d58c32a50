package archive

import (
	"bufio"
	"fmt"
	"io"
	"time"
	"weak"

	"github.com/klauspost/compress/zstd"
)

// The window of a zstd stream is memory that its header asks for, before anything
// is unpacked.
const (
	// maxWindow is the largest window: what `zstd --ultra --long=27` makes can be
	// unpacked.
	maxWindow = 128 << 20
	// smallWindow is the largest that is had without asking. What zstd makes
	// without options needs no more.
	smallWindow = 8 << 20
)

// largeWindow is taken by who unpacks a stream with a large window: there is one at
// a time, in the whole process. lastLarge is the decoder of the last of them, as
// long as nobody collected it.
var (
	largeWindow = make(chan struct{}, 1)
	lastLarge   weak.Pointer[zstd.Decoder]
)

var errWindows = fmt.Errorf("window of more than %d MiB within another one: %w", smallWindow>>20, errMethod)

// zstd unpacks a zstd stream. It is to be closed.
func (w *walker) zstd(r io.Reader) (io.ReadCloser, error) {
	in := bufio.NewReaderSize(r, 4<<10)
	head, _ := in.Peek(zstd.HeaderMaxSize)
	var h zstd.Header
	if err := h.Decode(head); err != nil || !h.Skippable && h.WindowSize <= smallWindow {
		z, err := newZstd(in, smallWindow)
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	if w.large {
		return nil, errWindows // who waits for it holds it
	}
	began := time.Now()
	select {
	case largeWindow <- struct{}{}:
		w.began = w.began.Add(time.Since(began))
	case <-w.ctx.Done():
		return nil, &stop{w.ctx.Err()}
	}
	z := lastLarge.Value()
	var err error
	if z == nil {
		z, err = newZstd(in, maxWindow)
	} else {
		err = z.Reset(in)
	}
	if err != nil {
		<-largeWindow
		return nil, err
	}
	w.large = true
	return &largeZstd{z, w}, nil
}

func newZstd(r io.Reader, window uint64) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
}

// largeZstd gives the window back when it is closed.
type largeZstd struct {
	*zstd.Decoder
	w *walker
}

func (l *largeZstd) Close() error {
	if l.w == nil {
		return nil
	}
	l.Reset(nil)
	lastLarge = weak.Make(l.Decoder)
	l.w.large, l.w = false, nil
	<-largeWindow
	return nil
}
