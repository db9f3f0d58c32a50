package image

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// maxAhead is how many layers are held open where their files were read again: who
// asks for files in their order reads each layer once.
const maxAhead = 4

// reread is a layer that is read a second time, up to an entry.
type reread struct {
	part *part
	tr   *tar.Reader // nil if the layer is no archive
	in   *headers
	next int64 // number of the entry that comes next
	ends func() error
}

// reopen opens a file of a part again, as it is or as it was searched, and returns
// its name.
func (s *Source) reopen(ctx context.Context, p *part, n int64, decoded bool) (io.ReadCloser, string, error) {
	if !p.searched {
		return nil, "", errNoText
	}
	if l := s.resume(p, n); l != nil {
		if text, name, err := l.entry(n); err == nil {
			return s.reading(l, text, decoded), name, nil
		}
		l.ends()
	}
	l, err := openAgain(ctx, p)
	if err != nil {
		return nil, "", err
	}
	text, name, err := l.entry(n)
	if err != nil {
		l.ends()
		return nil, "", err
	}
	return s.reading(l, text, decoded), name, nil
}

// resume takes a layer that is held open before an entry; nil if none is.
func (s *Source) resume(p *part, n int64) *reread {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, l := range s.ahead {
		if l.part == p && l.next <= n&^aside {
			s.ahead = append(s.ahead[:i], s.ahead[i+1:]...)
			return l
		}
	}
	return nil
}

// reading is an entry's text. When it is closed, its layer is held open.
func (s *Source) reading(l *reread, text io.Reader, decoded bool) io.ReadCloser {
	text = cutText{text}
	if decoded {
		text = scanners.Decode(text)
	}
	return &closing{text, func() error {
		if l.tr == nil {
			return l.ends()
		}
		s.mu.Lock()
		s.ahead = append(s.ahead, l)
		var old *reread
		if len(s.ahead) > maxAhead {
			old, s.ahead = s.ahead[0], s.ahead[1:]
		}
		s.mu.Unlock()
		if old != nil {
			return old.ends()
		}
		return nil
	}}
}

// cutText is a text that may end with its layer, which was told when it was searched.
type cutText struct{ r io.Reader }

func (c cutText) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}

func openAgain(ctx context.Context, p *part) (*reread, error) {
	raw, err := p.open(ctx)
	if err != nil {
		return nil, explain(err)
	}
	u, err := unpack(raw)
	if err != nil {
		raw.Close()
		return nil, err
	}
	l := &reread{part: p, in: &headers{counter: counter{r: u}, raw: u.raw}, ends: func() error { u.close(); return raw.Close() }}
	head, err := u.Peek(blockSize)
	if err != nil && err != io.EOF {
		l.ends()
		return nil, err
	}
	if isTar(head) {
		l.tr = tar.NewReader(l.in)
	}
	return l, nil
}

// entry goes on to an entry.
func (l *reread) entry(n int64) (io.Reader, string, error) {
	if l.tr == nil {
		if n != 0 {
			return nil, "", errNoText
		}
		return l.in, "", nil
	}
	for {
		h, err := l.in.next(l.tr)
		at := l.next
		l.next++
		insecure := errors.Is(err, tar.ErrInsecurePath)
		switch {
		case err != nil && !insecure && at == n:
			rest := &trimmed{r: l.in}
			if err != io.EOF {
				rest.r = l.in.rest()
			}
			if head, err := rest.first(); err != nil || head == nil {
				return nil, "", errNoText
			}
			return rest, "", nil
		case err == io.EOF:
			return nil, "", errNoText
		case err != nil && !insecure:
			return nil, "", err
		case at|attributesOf == n:
			return bytes.NewReader(archive.Attributes(h)), cleanPath(h.Name), nil
		case at|targetOf == n:
			return strings.NewReader(h.Linkname), cleanPath(h.Name), nil
		case at < n:
		case !regular(h) || h.Size == 0:
			return nil, "", errNoText
		case archive.Sparse(h):
			holes := int64(archive.MaxHoles)
			return &archive.Solid{R: l.tr, Under: func() int64 { return l.in.n }, Holes: &holes}, cleanPath(h.Name), nil
		default:
			return l.tr, cleanPath(h.Name), nil
		}
	}
}

// closing is a text with what is to be closed behind it.
type closing struct {
	io.Reader
	close func() error
}

func (c *closing) Close() error { return c.close() }
