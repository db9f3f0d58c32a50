package archive

import (
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"
)

// classStrings returns the texts of a Java class, one a line: those of its
// constant pool, which everything else refers to. See The Java Virtual Machine
// Specification, 4.4.
func classStrings(b []byte) ([]byte, error) {
	bad, cut := fmt.Errorf("constant pool of a class: %w", errDamaged), fmt.Errorf("constant pool of a class: %w", io.ErrUnexpectedEOF)
	if len(b) < 10 {
		return nil, cut
	}
	out := make([]byte, 0, min(len(b), 1<<20))
	count := int(binary.BigEndian.Uint16(b[8:]))
	b = b[10:]
	for i := 1; i < count; i++ {
		if len(b) < 3 {
			return out, cut
		}
		n := 0
		switch tag := b[0]; tag {
		case 1:
			n = 2 + int(binary.BigEndian.Uint16(b[1:]))
			if len(b) < 1+n {
				return append(out, b[3:]...), cut
			}
			out = append(append(out, b[3:1+n]...), '\n')
		case 3, 4, 9, 10, 11, 12, 17, 18:
			n = 4
		case 5, 6:
			n = 8
			i++ // they take two places
		case 7, 8, 16, 19, 20:
			n = 2
		case 15:
			n = 3
		default:
			return out, bad
		}
		if len(b) < 1+n {
			return out, cut
		}
		b = b[1+n:]
	}
	return out, nil
}

// pycTexts returns the texts of compiled Python, one a line, and what else is in it,
// with the end of a line in place of each: the mark that follows a text is a letter. The
// format differs from version to version, but texts have had the same marks since 3.4:
// a letter, of which the highest bit may be set, and a length of one byte or of four.
// See Python/marshal.c.
func pycTexts(b []byte) (out, rest []byte) {
	from := 0
	if len(b) <= 1<<20 {
		out, rest = make([]byte, 0, len(b)), make([]byte, 0, len(b))
	}
	for i := 0; i < len(b); {
		head, n := 0, 0
		switch h := pycMarks[b[i]]; {
		case h == 0:
			i++
			continue
		case i+int(h) > len(b):
		case h == 2:
			head, n = 2, int(b[i+1])
		default:
			head, n = 5, int(int32(binary.LittleEndian.Uint32(b[i+1:])))
		}
		if head == 0 || n < 4 || n > len(b)-i-head || !plainText(b[i+head:i+head+n]) {
			i++
			continue
		}
		rest = append(append(rest, b[from:i+head]...), '\n')
		out = append(append(out, b[i+head:i+head+n]...), '\n')
		i += head + n
		from = i
	}
	return out, append(rest, b[from:]...)
}

// pycMarks has the length of a mark and the length behind it, by the mark.
var pycMarks = func() (n [256]byte) {
	for _, c := range "zZ" {
		n[c], n[c|0x80] = 2, 2
	}
	for _, c := range "aAuts" {
		n[c], n[c|0x80] = 5, 5
	}
	return n
}()

// isPyc reports whether a file is compiled Python 3.7 or newer: its version, and flags
// of which there are two (PEP 552).
func isPyc(head []byte) bool {
	return head[2] == '\r' && head[3] == '\n' && head[1] >= 0x0D && head[1] <= 0x0F && head[4] <= 3 && head[5]|head[6]|head[7] == 0
}

// plainText reports whether bytes are text in UTF-8 without control characters.
func plainText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			return false
		}
	}
	return utf8.Valid(b)
}
