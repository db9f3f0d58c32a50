package archive

import (
	"bytes"
	"io"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
)

// withoutQuoted is a message, or a mailbox, in which lines of quoted-printable are empty
// that say something else than their text does: a token behind "=3D" has two letters
// more. It is nil if there are none. Lines keep their numbers.
func withoutQuoted(data []byte) []byte {
	if !namesQuoted(data) {
		return nil
	}
	var out []byte
	from := 0
	eachMessage(data, func(text []byte) error {
		for _, body := range quotedBodies(text, 0) {
			at := bytes.Index(data[from:], body)
			if at < 0 {
				continue // it is none of one piece
			}
			at += from
			out = append(append(out, data[from:at]...), plainLines(body)...)
			from = at + len(body)
		}
		return nil
	})
	if from == 0 {
		return nil
	}
	return append(out, data[from:]...)
}

// namesQuoted reports whether a text has the name of quoted-printable. Most that it
// is asked about are base64, which has no dash.
func namesQuoted(data []byte) bool {
	const name = "quoted-printable"
	dash := strings.IndexByte(name, '-')
	for at := 0; ; at++ {
		i := bytes.IndexByte(data[at:], '-')
		if i < 0 {
			return false
		}
		at += i
		if from := at - dash; from >= 0 && from+len(name) <= len(data) && strings.EqualFold(string(data[from:from+len(name)]), name) {
			return true
		}
	}
}

// quotedBodies are the parts in quoted-printable that can be decoded.
func quotedBodies(message []byte, deep int) (out [][]byte) {
	m, err := mail.ReadMessage(bytes.NewReader(message))
	if err != nil || deep > maxParts {
		return nil
	}
	eachPart(textproto.MIMEHeader(m.Header), m.Body, 0, func(p part) error {
		quoted := p.encoding == "quoted-printable"
		if !quoted && (p.encoding == "base64" || p.kind != "message/rfc822") {
			return nil // no attachment is read for nothing
		}
		body, err := io.ReadAll(p.body)
		if err != nil {
			return nil
		}
		if !quoted {
			out = append(out, quotedBodies(body, deep+1)...)
		} else if _, err := io.Copy(io.Discard, quotedprintable.NewReader(bytes.NewReader(body))); err == nil {
			out = append(out, body)
		}
		return nil
	})
	return out
}

// plainLines are the lines of quoted-printable that say what they are, and the ends of
// the others. Lines that go on in the next one are one.
func plainLines(body []byte) (out []byte) {
	for len(body) > 0 {
		end, plain := 0, true
		for {
			i := bytes.IndexByte(body[end:], '\n') + 1
			if i == 0 {
				i = len(body) - end
			}
			line := bytes.TrimRight(body[end:end+i], " \t\r\n")
			plain = plain && bytes.IndexByte(line, '=') < 0
			if end += i; end == len(body) || !bytes.HasSuffix(line, []byte("=")) {
				break
			}
		}
		if plain {
			out = append(out, body[:end]...)
		} else {
			out = append(out, bytes.Repeat([]byte("\n"), bytes.Count(body[:end], []byte("\n")))...)
		}
		body = body[end:]
	}
	return out
}
