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

// mail emits the parts of a message, or of all in a mailbox, that are encoded, and
// before them its bytes, in which the others are. The bytes of the outermost file are
// left to the caller of Walk, unless lines of them are to be left out.
func (w *walker) mail(in *input, data []byte, depth int) error {
	raw := withoutQuoted(data)
	if in.outer {
		w.apart = raw != nil
	} else if raw == nil {
		raw = data
	}
	if raw != nil {
		if err := w.text(in.path, bytes.NewReader(raw)); err != nil {
			return err
		}
	}
	box := bytes.HasPrefix(data, boxMark)
	n := 0
	return eachMessage(data, func(text []byte) error {
		at := in.path
		if n++; box {
			if err := w.entry(); err != nil {
				return err
			}
			at = join(at, fmt.Sprintf("message %d", n))
		}
		return w.message(at, text, depth)
	})
}

var boxMark = []byte("From ")

// eachMessage calls do for a message, or for all in a mailbox.
func eachMessage(data []byte, do func(text []byte) error) error {
	if !bytes.HasPrefix(data, boxMark) {
		return do(data)
	}
	for len(data) > 0 {
		end := bytes.Index(data[1:], []byte("\nFrom "))
		one := data
		if data = nil; end >= 0 {
			one, data = one[:end+2], one[end+2:]
		}
		_, text, _ := bytes.Cut(one, []byte("\n"))
		if err := do(text); err != nil {
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
	p := &parts{walker: w, at: at, depth: depth, uu: bytes.Contains(data, append([]byte("\n"), uuMark...)), git: bytes.Contains(data, gitPatchMark)}
	if err := p.headers(m.Header); err != nil {
		return err
	}
	return eachPart(textproto.MIMEHeader(m.Header), m.Body, 0, p.part)
}

// part is one of a message.
type part struct {
	header         textproto.MIMEHeader
	kind, encoding string
	params         map[string]string // of the kind
	body           io.Reader
	broken         bool // it is where a list of parts cannot be read on
}

// eachPart calls do for the parts of a message that have no parts.
func eachPart(h textproto.MIMEHeader, body io.Reader, deep int, do func(part) error) error {
	kind, params, _ := mime.ParseMediaType(h.Get("Content-Type"))
	if !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" || deep >= maxParts {
		return do(part{header: h, kind: kind, params: params, body: body,
			encoding: strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding")))})
	}
	r := multipart.NewReader(body, params["boundary"])
	for {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return do(part{broken: true})
		}
		if err := eachPart(p.Header, p, deep+1, do); err != nil {
			return err
		}
	}
}

// parts counts the parts of a message.
type parts struct {
	*walker
	at    string
	depth int // archives that the message is in
	n     int
	uu    bool // there may be files of uuencode in it
	git   bool // there may be binary files in patches of git
}

// part looks into a part that is encoded, or a message.
func (p *parts) part(one part) error {
	if one.broken {
		p.leaveOut(badDocument, p.at)
		return nil
	}
	if err := p.entry(); err != nil {
		return err
	}
	p.n++
	body, name := one.body, p.nameOf(one)
	switch one.encoding {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, &base64Text{body})
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	default:
		if one.kind != "message/rfc822" {
			return p.asItIs(name, body)
		}
	}
	inner := p.stream(join(p.at, name), &meter{r: &softened{body, p}, w: p.walker})
	defer p.close(inner)
	if p.git && p.hold(inner, maxDocument) == nil && !isGitPatch(inner.peek(SniffLen)) {
		if text, err := p.bytesOf(inner); err == nil {
			defer p.release(inner)
			if err := p.gitPatch(inner.path, text, p.depth); err != nil {
				return err
			}
		}
	}
	return p.visit(inner, p.depth)
}

// nameOf is the name of a part, or its number.
func (p *parts) nameOf(one part) string {
	_, disposition, _ := mime.ParseMediaType(one.header.Get("Content-Disposition"))
	for _, given := range []string{disposition["filename"], one.params["name"]} {
		if given != "" {
			return clean(path.Base(clean(given)))
		}
	}
	return fmt.Sprintf("part %d", p.n)
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
