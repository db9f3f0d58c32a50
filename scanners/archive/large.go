package archive

import (
	"bytes"
	"io"
	"time"
)

// large is taken by who needs much memory: for a window, or to hold a file. There is
// one of them at a time, in the whole process, so that what a process needs does not
// grow with what it searches at once.
var large = make(chan struct{}, 1)

// takeLarge waits for it, unless the walker has it. It is to be given back as often.
func (w *walker) takeLarge() error {
	if w.large++; w.large > 1 {
		return nil
	}
	began := time.Now()
	select {
	case large <- struct{}{}:
		w.began = w.began.Add(time.Since(began))
		return nil
	case <-w.ctx.Done():
		w.large--
		return &stop{w.ctx.Err()}
	}
}

func (w *walker) giveLarge() {
	if w.large--; w.large == 0 {
		<-large
	}
}

// lease is a large window that a decoder takes on its way, when its text turns out to
// be long, and that is given back when it is closed.
type lease struct {
	io.Reader // of the decoder
	w         *walker
	held      bool
}

func (l *lease) take() error {
	if l.held {
		return nil
	}
	err := l.w.takeLarge()
	l.held = err == nil
	return err
}

// Close gives it back.
func (l *lease) Close() error {
	if l.held {
		l.held = false
		l.w.giveLarge()
	}
	return nil
}

// smallHold is how much a walker holds in memory without asking.
const smallHold = 8 << 20

// blocks is a file in memory, in pieces: a buffer that grows would be there twice.
type blocks struct {
	list [][]byte // all but the last of blockSize bytes
	size int64
}

// A short file takes one block of its own size.
const (
	blockSize  = 256 << 10
	firstBlock = 16 << 10
)

// grow reads up to n bytes. The error is that of the reader, nil at its end.
func (b *blocks) grow(r io.Reader, n int64) (ended bool, err error) {
	for stop := b.size + n; b.size < stop; {
		used := int(b.size % blockSize)
		if used == 0 {
			b.list = append(b.list, make([]byte, 0, min(stop-b.size, firstBlock)))
		}
		last := &b.list[len(b.list)-1]
		if used == cap(*last) {
			*last = append(make([]byte, 0, min(4*cap(*last), blockSize)), *last...)
		}
		k, err := r.Read((*last)[used:min(int64(cap(*last)), int64(used)+stop-b.size)])
		*last = (*last)[:used+k]
		b.size += int64(k)
		if err == io.EOF {
			return true, nil
		}
		if err != nil {
			return true, err
		}
	}
	return false, nil
}

// at returns what can be read anywhere.
func (b *blocks) at() io.ReaderAt {
	if len(b.list) == 1 {
		return bytes.NewReader(b.list[0])
	}
	return b
}

// ReadAt implements io.ReaderAt.
func (b *blocks) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) && at >= 0 && at < b.size {
		k := copy(p[n:], b.list[at/blockSize][at%blockSize:])
		n, at = n+k, at+int64(k)
	}
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}

// reader returns all bytes.
func (b *blocks) reader() io.Reader { return io.NewSectionReader(b, 0, b.size) }
