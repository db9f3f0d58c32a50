package cilog

import (
	"bytes"
	"unicode/utf8"
)

// What terminals are told between the text of a log.
const (
	esc = 0x1b
	bel = 0x07
	csi = 0x9b // ESC [ in one byte (ECMA-48, 5.3)
)

// maxEscape is the length of the longest sequence that is taken for one. A
// console note of Jenkins can have some kilobytes.
const maxEscape = 16 << 10

// sequence is what an escape sequence does to the text.
type sequence int

const (
	noSequence sequence = iota // none: the character stands for itself
	dropped                    // it changes how text looks
	moved                      // it moves the cursor: what follows stands elsewhere
	carries                    // it has a text of its own: links, titles, notes
	unfinished                 // the end is not there yet
)

// sequenceAt returns the length of the sequence that is at an offset of a line, 0 for none.
func sequenceAt(line []byte, i int) (n int, kind sequence, body []byte) {
	switch c := line[i]; {
	case c == esc:
	case c == csi && !inRune(line, i):
	case c == 0xC2 && i+1 < len(line) && line[i+1] == csi: // as UTF-8 has it
	default:
		return 0, noSequence, nil
	}
	n, kind, body = escape(line[i:])
	if kind == noSequence || kind == unfinished {
		n = 0
	}
	return n, kind, body
}

// inRune reports whether a byte is one of a character in UTF-8 that begins before it.
func inRune(line []byte, i int) bool {
	for k := 1; k < utf8.UTFMax && k <= i; k++ {
		if utf8.RuneStart(line[i-k]) {
			_, n := utf8.DecodeRune(line[i-k:])
			return n > k
		}
	}
	return false
}

// escape classifies what starts with the control character at text[0]. body is
// the text that it carries.
func escape(text []byte) (n int, kind sequence, body []byte) {
	if text[0] != esc {
		return control(text, bytes.IndexByte(text[:2], csi)+1)
	}
	if len(text) < 2 {
		return 1, unfinished, nil
	}
	switch c := text[1]; {
	case c == '[':
		return control(text, 2)
	case c == ']' || c == '_' || c == 'P' || c == '^' || c == 'X': // OSC, APC, DCS, PM, SOS
		return carried(text)
	case c >= 0x20 && c <= 0x2f: // nF: designates a character set
		if len(text) < 3 {
			return 2, unfinished, nil
		}
		return 3, dropped, nil
	case c == '=' || c == '>' || c == '7' || c == '8' || c == 'c':
		return 2, dropped, nil
	case c == 'D' || c == 'E' || c == 'M' || c == 'H':
		return 2, moved, nil
	}
	return 1, noSequence, nil
}

// noteHead and noteEnd are around a console note of Jenkins
// (hudson.console.ConsoleNote): base64 of an object that marks up the text.
var (
	noteHead = []byte("\x1b[8mha:")
	noteEnd  = []byte("\x1b[0m")
)

// control reads a CSI sequence (ECMA-48, 5.4), of which from bytes introduce it.
func control(text []byte, from int) (n int, kind sequence, body []byte) {
	if bytes.HasPrefix(text, noteHead) {
		// The first escape ends it, or it is none: a log may have only heads.
		body := text[len(noteHead):min(len(text), maxEscape)]
		i := bytes.IndexByte(body, esc)
		if i >= 0 && bytes.HasPrefix(body[i:], noteEnd) {
			return len(noteHead) + i + len(noteEnd), carries, body[:i]
		}
		if (i < 0 || len(body)-i < len(noteEnd)) && len(text) < maxEscape && bytes.IndexByte(body, '\n') < 0 {
			return len(text), unfinished, nil
		}
	}
	for i := from; i < len(text) && i < 64; i++ {
		switch c := text[i]; {
		case c >= 0x20 && c < 0x40:
		case c == 'm' || c == 'K' || c == 'h' || c == 'l' || c == 'n' || c == 'q' || c == 't' || c == 'r':
			return i + 1, dropped, nil
		case c >= 0x40 && c < 0x7f:
			return i + 1, moved, nil
		default:
			return 1, noSequence, nil
		}
	}
	if len(text) < 64 {
		return len(text), unfinished, nil
	}
	return 1, noSequence, nil
}

// carried reads a sequence with a text, which BEL or ESC \ ends.
func carried(text []byte) (n int, kind sequence, body []byte) {
	for i := 2; i < len(text) && i < maxEscape; i++ {
		switch text[i] {
		case bel:
			return i + 1, carries, text[2:i]
		case esc:
			if i+1 < len(text) && text[i+1] == '\\' {
				return i + 2, carries, text[2:i]
			}
			if i+1 < len(text) {
				return 1, noSequence, nil
			}
		case '\n':
			return 1, noSequence, nil
		}
	}
	if len(text) < maxEscape {
		return len(text), unfinished, nil
	}
	return 1, noSequence, nil
}
