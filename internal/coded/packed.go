package coded

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
)

// GzipHead is how gzip begins in base64 (RFC 1952: 1f 8b 08).
const GzipHead = "H4sI"

// Gunzip unpacks gzip up to a number of bytes. What a cut one still gives counts;
// more reports that it would have gone on.
func Gunzip(packed []byte, most int) (text []byte, more bool) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, false
	}
	text, _ = io.ReadAll(io.LimitReader(z, int64(most)+1))
	if len(text) > most {
		return text[:most], true
	}
	return text, false
}

// ZlibHead returns where zlib begins in a run of base64, -1 for nowhere: at its start, or
// behind a character that is no letter or digit. Its first byte is 78, as for all windows of
// 32 KB, and the second 01, 5e, 9c or da, by how well it was packed (RFC 1950, 2.2): those
// are a letter and a half.
func ZlibHead(run []byte) int {
	for i := 0; i+3 <= len(run); i++ {
		n := bytes.IndexByte(run[i:], 'e')
		if n < 0 || i+n+3 > len(run) {
			return -1
		}
		if i += n; i > 0 && wordChar(run[i-1]) {
			continue
		}
		var from, to byte
		switch run[i+1] {
		case 'A':
			from, to = 'E', 'H'
		case 'F':
			from, to = '4', '7'
		case 'J':
			from, to = 'w', 'z'
		case 'N':
			from, to = 'o', 'r'
		}
		if c := run[i+2]; from > 0 && from <= c && c <= to {
			return i
		}
	}
	return -1
}

func wordChar(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// Inflate unpacks zlib up to a number of bytes. What a cut one still gives counts if it is
// text: the head is short, and other bytes have it too. more reports that it would have
// gone on.
func Inflate(packed []byte, most int) (text []byte, more bool) {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, false
	}
	text, err = io.ReadAll(io.LimitReader(z, int64(most)+1))
	if more = len(text) > most; more {
		text = text[:most]
	}
	if (err != nil || more) && !printable(text[:min(len(text), 64)]) {
		return nil, false
	}
	return text, more
}

// printable reports whether of some bytes, not few, seven in eight are ASCII that shows.
func printable(text []byte) bool {
	n := 0
	for _, c := range text {
		if c >= ' ' && c < 0x7f || c == '\n' || c == '\t' || c == '\r' {
			n++
		}
	}
	return len(text) >= 8 && 8*n >= 7*len(text)
}
