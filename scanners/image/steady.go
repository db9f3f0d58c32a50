package image

import (
	"context"
	"errors"
	"io"
	"strings"
)

// steady is a download that is begun again where it broke off.
type steady struct {
	rc    io.ReadCloser
	again func() (io.ReadCloser, error)
	tries int
	n     int64 // read so far
}

// Read implements io.Reader. What was read before is read again and thrown away:
// not every registry can begin in the middle.
func (s *steady) Read(p []byte) (int, error) {
	for {
		n, err := s.rc.Read(p)
		s.n += int64(n)
		if n > 0 || err == nil || err == io.EOF || s.tries == 0 || !broken(err) {
			return n, err
		}
		s.tries--
		rc, failed := s.again()
		if failed != nil {
			return 0, err
		}
		s.rc.Close()
		s.rc = rc
		if _, failed := io.CopyN(io.Discard, rc, s.n); failed != nil {
			return 0, err
		}
	}
}

// broken reports whether a connection broke, and nothing else is wrong.
func broken(err error) bool {
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, errStalled) && !strings.Contains(err.Error(), "error verifying")
}

func (s *steady) Close() error { return s.rc.Close() }

// maxLayer is how large a layer may be of which an image does not say the size.
const maxLayer = 64 << 30

// upTo is a download that must not have more bytes than were announced: some never end.
type upTo struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader.
func (u *upTo) Read(p []byte) (int, error) {
	if u.left < 0 {
		return 0, errDigest
	}
	n, err := u.ReadCloser.Read(p[:min(int64(len(p)), u.left+1)])
	if u.left -= int64(n); u.left < 0 {
		return n - 1, errDigest
	}
	return n, err
}
