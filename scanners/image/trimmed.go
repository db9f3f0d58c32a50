package image

import (
	"bytes"
	"io"
)

// trimmed is a text without the zeros that it begins with.
type trimmed struct {
	r    io.Reader
	rest []byte
}

// first reads up to something that is not zero; nil at the end.
func (t *trimmed) first() ([]byte, error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := t.r.Read(buf)
		if at := bytes.IndexFunc(buf[:n], func(r rune) bool { return r != 0 }); at >= 0 {
			t.rest = buf[at:n]
			return t.rest, nil
		}
		if err == io.EOF {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (t *trimmed) Read(p []byte) (n int, err error) {
	if len(t.rest) == 0 {
		return t.r.Read(p)
	}
	n = copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}
