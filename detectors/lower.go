package detectors

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// view is bytes as a text without a copy of them, for those who neither change the
// bytes while they have it nor keep it.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// A shortRoom is what most values fit into.
type shortRoom [256]byte

// lowered is strings.ToLower into a room if it fits; then it is good until that is used again.
func lowered(s string, room []byte) string {
	upper := false
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return strings.ToLower(s)
		}
		upper = upper || isUpper(s[i])
	}
	if !upper {
		return s
	}
	if len(s) > len(room) {
		return strings.ToLower(s)
	}
	for i := range len(s) {
		c := s[i]
		if isUpper(c) {
			c |= 0x20
		}
		room[i] = c
	}
	return view(room[:len(s)])
}

// base64In decodes base64 of either alphabet into a room if it fits; empty if it is none.
func base64In(s string, room []byte) []byte {
	s = strings.TrimRight(s, "=")
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	if enc.DecodedLen(len(s)) > len(room) {
		room = make([]byte, enc.DecodedLen(len(s)))
	}
	n, err := enc.Decode(room, unsafe.Slice(unsafe.StringData(s), len(s)))
	if err != nil {
		return nil
	}
	return room[:n]
}

func base64Of(s string) []byte { return base64In(s, nil) }
