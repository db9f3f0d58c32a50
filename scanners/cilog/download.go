package cilog

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// download writes what an address gives to a file. It tries again if that ends
// early. The file has its name only when it is whole.
func (l *live) download(ctx context.Context, address, file string) error {
	for try := 1; ; try++ {
		err := l.once(ctx, address, file)
		if err == nil || try >= l.client.tries(err) || ctx.Err() != nil || errors.As(err, new(*answerError)) || !errors.As(err, new(*brokenError)) {
			return err
		}
		if err := l.client.sleep(ctx, time.Second<<try); err != nil {
			return err
		}
	}
}

// maxDownload is how large a log or an artifact may be: some never end.
var maxDownload int64 = 16 << 30

// errTooMuch is one error for all sizes: who is called asks which it is.
var errTooMuch = errors.New("it has more bytes than are fetched (--max-download), or no end")

// brokenError says that a body ended early.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return "the answer broke off: " + e.err.Error() }

func (e *brokenError) Unwrap() error { return e.err }

func (l *live) once(ctx context.Context, address, file string) error {
	resp, err := l.client.get(ctx, address)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body := bufio.NewReaderSize(resp.Body, 4<<10)
	if head, _ := body.Peek(512); isPage(resp, head) {
		return &pageError{resp.Request.URL.Host}
	}
	f, err := os.OpenFile(file+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	most := cmp.Or(l.Most, maxDownload)
	n, err := io.Copy(f, io.LimitReader(body, most+1))
	if err == nil && n > most {
		return errors.Join(errTooMuch, f.Close(), os.Remove(f.Name()))
	}
	if errors.As(err, new(*fs.PathError)) { // it is this machine's disk that has no more, not the service
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if err == nil && resp.ContentLength >= 0 && n < resp.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		f.Close()
		return &brokenError{err}
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(file+".part", file)
}
