package decode

import (
	"encoding/binary"
	"strings"
)

// unarmor is the bytes of all blocks of keys in a text (RFC 9580, 6.2).
func unarmor(text string) []byte {
	var raw []byte
	inside, body := false, strings.Builder{}
	for line := range strings.Lines(text) {
		line = strings.Trim(line, " \t\r\n")
		switch {
		case strings.HasPrefix(line, "-----BEGIN PGP P"):
			inside = true
			body.Reset()
		case !inside || line == "" || strings.Contains(line, ": "):
		case strings.HasPrefix(line, "-----END"), strings.HasPrefix(line, "="):
			inside = false
			part, _ := unbase64(body.String())
			raw = append(raw, part...)
		default:
			body.WriteString(line)
		}
	}
	return raw
}

// packet cuts the first packet off. ok is false at the end, or for lengths that
// keys do not have.
func packet(raw []byte) (tag byte, body, rest []byte, ok bool) {
	if len(raw) < 2 || raw[0]&0x80 == 0 {
		return 0, nil, nil, false
	}
	var length, head uint64
	if raw[0]&0x40 != 0 { // the new form
		tag = raw[0] & 63
		switch l := raw[1]; {
		case l < 192:
			length, head = uint64(l), 2
		case l < 224 && len(raw) > 2:
			length, head = uint64(l-192)<<8+uint64(raw[2])+192, 3
		case l == 255 && len(raw) > 5:
			length, head = uint64(binary.BigEndian.Uint32(raw[2:])), 6
		default:
			return 0, nil, nil, false
		}
	} else {
		tag = raw[0] >> 2 & 15
		size := 1 << (raw[0] & 3)
		if size > 4 || len(raw) <= size {
			return 0, nil, nil, false
		}
		for _, b := range raw[1 : 1+size] {
			length = length<<8 | uint64(b)
		}
		head = uint64(1 + size)
	}
	if length > uint64(len(raw))-head {
		return 0, nil, nil, false
	}
	return tag, raw[head : head+length], raw[head+length:], true
}
