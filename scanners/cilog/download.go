package cilog

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// download writes what is given to a file. It tries again if that ends
// early. The file has its name only when it is whole.
func (l *live) download(ctx context.Context, give giver, file string) error {
	ctx = l.client.forLog(ctx)
	for try := 1; ; try++ {
		err := l.once(ctx, give, file)
		if err == nil || try >= l.client.tries(ctx, err) || ctx.Err() != nil || errors.As(err, new(*answerError)) || !errors.As(err, new(*brokenError)) {
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

// giver writes what a service has of one log or artifact. An error of the way there is a
// brokenError, and nothing else is.
type giver func(ctx context.Context, w io.Writer) error

func (l *live) giver(r remote) giver {
	if r.give != nil {
		return r.give
	}
	return func(ctx context.Context, w io.Writer) error {
		resp, err := l.client.get(ctx, r.address)
		if err != nil {
			return err
		}
		if err := notPage(resp); err != nil {
			return err
		}
		defer resp.Body.Close()
		n, err := io.Copy(w, resp.Body)
		if err == nil && n < resp.ContentLength {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return &brokenError{err}
		}
		return nil
	}
}

func (l *live) once(ctx context.Context, give giver, file string) error {
	f, err := os.OpenFile(file+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	to := &fill{to: f, left: cmp.Or(l.Most, maxDownload)}
	err = give(ctx, to)
	if to.err != nil { // it is this machine's disk that has no more, or too much, and not the service
		err = to.err
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(file+".part", file)
}

// fill writes up to a number of bytes.
type fill struct {
	to   io.Writer
	left int64
	err  error // why it takes no more
}

// Write implements io.Writer.
func (f *fill) Write(p []byte) (n int, err error) {
	if f.left -= int64(len(p)); f.left < 0 {
		f.err = errTooMuch
	} else if n, err = f.to.Write(p); err != nil {
		f.err = err
	}
	return n, f.err
}
