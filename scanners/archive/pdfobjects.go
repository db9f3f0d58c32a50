package archive

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// pdfStrings appends the strings among objects, a line each, with the name that stands
// in front: what forms, notes, links and the document's own description say. In the
// file they may be in hex, in UTF-16 or cut by backslashes. If open is set, it decrypts
// them.
func pdfStrings(out, objects []byte, open func([]byte) []byte) []byte {
	l := &pdfLexer{b: objects}
	var name []byte
	for {
		t := l.next()
		switch {
		case t.kind == 0 || len(out) > maxPDF:
			return out
		case t.kind == '/':
			name = t.text[:min(len(t.text), 64)]
		case t.kind == 's':
			if open != nil {
				t.text = open(t.text)
			}
			if text := pdfText(t.text); len(text) > 0 {
				out = append(append(append(append(out, name...), ' '), text...), '\n')
			}
		}
	}
}

// pdfText is a string as a text: in UTF-16 or UTF-8 with a mark, or in what is nearly
// Latin-1. There is none if it is no text. See ISO 32000-2, 7.9.2.2.
func pdfText(s []byte) []byte {
	switch {
	case bytes.HasPrefix(s, []byte("\xFE\xFF")):
		u := make([]uint16, 0, len(s)/2)
		for s = s[2:]; len(s) >= 2; s = s[2:] {
			u = append(u, uint16(s[0])<<8|uint16(s[1]))
		}
		s = []byte(string(utf16.Decode(u)))
	case bytes.HasPrefix(s, []byte("\xEF\xBB\xBF")):
		s = s[3:]
	case !utf8.Valid(s):
		var latin []byte
		for _, c := range s {
			latin = appendLatin1(latin, c)
		}
		s = latin
	}
	if !plainText(s) {
		return nil
	}
	return s
}
