package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
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

// lastLarge is the decoder of the last stream with a large window, as long as nobody
// collected it. Who has large may use it.
var lastLarge weak.Pointer[zstd.Decoder]

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
	if err := w.takeLarge(); err != nil {
		return nil, err
	}
	in = bufio.NewReaderSize(in, maxShortZstd)
	if z := shortZstd(in); z != nil {
		return &shortText{z, w}, nil
	}
	if w.window {
		w.giveLarge()
		return nil, errWindows // who waits for it holds it
	}
	z := lastLarge.Value()
	var err error
	if z == nil {
		z, err = newZstd(in, maxWindow)
	} else {
		err = z.Reset(in)
	}
	if err != nil {
		w.giveLarge()
		return nil, err
	}
	w.window = true
	return &largeZstd{z, w}, nil
}

// A short stream, whatever window it asks for, is unpacked at once, if that is not
// too much: then the text is the window.
const (
	maxShortZstd = 1 << 20
	maxShortText = 16 << 20
)

func shortZstd(in *bufio.Reader) io.Reader {
	packed, err := in.Peek(maxShortZstd)
	if err != io.EOF {
		return nil
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil
	}
	defer z.Close()
	for _, room := range []int{128 << 10, 2 << 20, maxShortText} {
		text, err := z.DecodeAll(packed, make([]byte, 0, room))
		if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
			continue
		}
		in.Discard(len(packed))
		if err != nil { // what came before is worth a look
			return io.MultiReader(bytes.NewReader(text), &failing{err})
		}
		return bytes.NewReader(text)
	}
	return nil
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
	l.w.window = false
	l.w.giveLarge()
	l.w = nil
	return nil
}

// failing only has an error.
type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// shortText gives the memory back when it is closed.
type shortText struct {
	io.Reader
	w *walker
}

func (s *shortText) Close() error {
	if s.w != nil {
		s.w.giveLarge()
	}
	s.w, s.Reader = nil, nil
	return nil
}
