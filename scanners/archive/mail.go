package archive

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"path"
	"strings"
)

// maxParts is how deep parts of a message may lie in each other.
const maxParts = 16

// mail emits the parts of a message, or of all in a mailbox, that are encoded.
// The others can be found in its bytes.
func (w *walker) mail(in *input, data []byte, depth int) error {
	if !bytes.HasPrefix(data, []byte("From ")) {
		return w.message(in.path, data, depth)
	}
	for i := 1; len(data) > 0; i++ {
		if err := w.entry(); err != nil {
			return err
		}
		end := bytes.Index(data[1:], []byte("\nFrom "))
		one := data
		if data = nil; end >= 0 {
			one, data = one[:end+2], one[end+2:]
		}
		_, text, _ := bytes.Cut(one, []byte("\n"))
		if err := w.message(join(in.path, fmt.Sprintf("message %d", i)), text, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) message(at string, data []byte, depth int) error {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return nil // a text that begins as a message does
	}
	p := &parts{walker: w, at: at, depth: depth}
	return p.part(textproto.MIMEHeader(m.Header), m.Body, 0)
}

// parts counts the parts of a message.
type parts struct {
	*walker
	at    string
	depth int // archives that the message is in
	n     int
}

func (p *parts) part(h textproto.MIMEHeader, body io.Reader, deep int) error {
	kind, params, _ := mime.ParseMediaType(h.Get("Content-Type"))
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" && deep < maxParts {
		r := multipart.NewReader(body, params["boundary"])
		for {
			part, err := r.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				p.leaveOut(badDocument, p.at)
				return nil
			}
			if err := p.entry(); err != nil {
				return err
			}
			if err := p.part(part.Header, part, deep+1); err != nil {
				return err
			}
		}
	}
	p.n++
	switch strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding"))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, &base64Text{body})
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	default:
		if kind != "message/rfc822" {
			return nil
		}
	}
	name := fmt.Sprintf("part %d", p.n)
	_, disposition, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
	for _, given := range []string{disposition["filename"], params["name"]} {
		if given != "" {
			name = clean(path.Base(clean(given)))
			break
		}
	}
	inner := p.stream(join(p.at, name), &meter{r: &softened{body, p}, w: p.walker})
	defer p.close(inner)
	return p.visit(inner, p.depth)
}

// softened ends where its reader fails: the bytes of a message are searched too,
// so that bad base64 in it is no incident.
type softened struct {
	r io.Reader
	p *parts
}

func (s *softened) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		s.p.leaveOut(badDocument, s.p.at)
		err = io.EOF
	}
	return n, err
}

// base64Byte is one for the bytes of base64.
var base64Byte = func() (is [256]uint8) {
	for c := range is {
		if b := byte(c); letter(b) || isDigit(b) || b == '+' || b == '/' || b == '=' {
			is[c] = 1
		}
	}
	return is
}()

// base64Text leaves out what is no base64, such as spaces at the ends of lines.
type base64Text struct{ r io.Reader }

func (b *base64Text) Read(p []byte) (int, error) {
	for {
		n, err := b.r.Read(p)
		kept := 0
		for _, c := range p[:n] {
			p[kept] = c
			kept += int(base64Byte[c])
		}
		if kept > 0 || err != nil || len(p) == 0 {
			return kept, err
		}
	}
}
