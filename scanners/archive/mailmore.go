package archive

import (
	"bytes"
	"io"
	"mime"
	"net/mail"
	"path"
	"slices"
	"strings"
)

// headers emits the lines of a message's header that have words encoded as RFC 2047 says,
// decoded: a long one is several.
func (p *parts) headers(h mail.Header) error {
	d := mime.WordDecoder{CharsetReader: func(_ string, r io.Reader) (io.Reader, error) { return r, nil }}
	var lines []string
	for name, values := range h {
		for _, v := range values {
			if !strings.Contains(v, "=?") {
				continue
			}
			if text, err := d.DecodeHeader(v); err == nil && text != v {
				lines = append(lines, name+": "+text+"\n")
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	slices.Sort(lines)
	return p.text(join(p.at, "(headers)"), strings.NewReader(strings.Join(lines, "")))
}

// asItIs looks into a part that is not encoded, or in a way of its own: it may be an
// archive in bytes, or a text with files that were encoded before there was MIME.
func (p *parts) asItIs(name string, body io.Reader) error {
	inner := p.stream(join(p.at, name), &meter{r: body, w: p.walker})
	defer p.close(inner)
	if k := Sniff(inner.peek(SniffLen), ""); k != None && k != mailFile {
		return p.visit(inner, p.depth)
	}
	if !p.uu && !p.git {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(inner.reader(), maxDocument)) // less than the message has
	if isStop(err) || p.over != nil {
		return err
	}
	if p.git {
		if err := p.gitPatch(inner.path, text, p.depth); err != nil {
			return err
		}
	}
	for p.uu {
		given, file, rest := nextUU(text)
		if rest == nil {
			return nil
		}
		if err := p.visitBytes(join(p.at, clean(path.Base(clean(given)))), file, p.depth); err != nil {
			return err
		}
		text = rest
	}
	return nil
}

var uuMark = []byte("begin ")

// nextUU is the first file in a text that is encoded as uuencode does, and what follows;
// rest is nil if there is none. See
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/uuencode.html.
func nextUU(b []byte) (name string, file, rest []byte) {
	for at := 0; ; {
		i := bytes.Index(b[at:], uuMark)
		if i < 0 {
			return "", nil, nil
		}
		begin := at + i
		if at = begin + len(uuMark); begin > 0 && b[begin-1] != '\n' {
			continue
		}
		line, more, ok := bytes.Cut(b[at:], []byte("\n"))
		mode, given, named := strings.Cut(strings.TrimRight(string(line[:min(len(line), maxName)]), "\r "), " ")
		if !ok || !named || len(mode) < 3 || len(mode) > 4 || strings.Trim(mode, "01234567") != "" {
			continue
		}
		if file, rest = uuLines(more); len(file) > 0 {
			return given, file, rest
		}
	}
}

// uuLines decodes the lines of a file: the first character of each says how many bytes it
// has. A line that is none ends it.
func uuLines(b []byte) (out, rest []byte) {
	for len(b) > 0 {
		line, more, _ := bytes.Cut(b, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 || line[0] < ' ' || line[0] > '`' {
			break
		}
		n := int(line[0]-' ') & 63
		if n == 0 || len(line) > 1+(n+2)/3*4+2 {
			break
		}
		digits := append(bytes.Clone(line[1:]), bytes.Repeat([]byte(" "), 64*2)...) // spaces at the end may be lost
		var bytes []byte
		for i := 0; len(bytes) < n; i += 4 {
			v := uint32(0)
			for _, c := range digits[i : i+4] {
				if c < ' ' || c > '`' {
					return out, b
				}
				v = v<<6 | uint32(c-' ')&63
			}
			bytes = append(bytes, byte(v>>16), byte(v>>8), byte(v))
		}
		out, b = append(out, bytes[:n]...), more
	}
	if b == nil {
		b = []byte{}
	}
	return out, b
}
