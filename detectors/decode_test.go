package detectors

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"testing"
)

// FuzzDecode takes every place of a text for one where an encoded literal
// stands: no decoder may panic, look further than it says, or get a byte wrong.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("c2VjcmV0LXNlY3JldA=="), uint8(3), uint8(20))
	f.Add([]byte("..73656372657400..7"), uint8(9), uint8(2))
	f.Add([]byte("s\x00e\x00c\x00\x00r\x00e\x00t"), uint8(0), uint8(200))
	f.Add([]byte("\x00\x00\xff"), uint8(0), uint8(1))
	f.Add([]byte("a%253D&quot;\\u0026%2"), uint8(9), uint8(9))
	f.Fuzz(func(t *testing.T, data []byte, before, after uint8) {
		b, a := int(before), int(after)+1
		for pos := range data {
			for _, c := range codecs {
				for phase := range 3 {
					if phase > 0 && c != &base64Codec {
						continue
					}
					d, ok := c.decode(data, pos, phase, b, a)
					if !ok {
						continue
					}
					checkDecoded(t, c, data, pos, d)
					// What is out of reach makes no difference.
					lo, hi := max(0, pos-c.reach(b)), min(len(data), pos+c.reach(a)+8)
					e, ok := c.decode(data[lo:hi], pos-lo, phase, b, a)
					if c == &escapeCodec {
						lo, hi = max(0, pos-3*b), min(len(data), pos+3*a)
						e, ok = c.decode(data[lo:hi], pos-lo, phase, b, a)
					}
					if !ok || !bytes.Equal(d.text, e.text) || d.at != e.at || d.start(d.at) != lo+e.start(e.at) {
						t.Fatalf("%s at %d of %q: %q at %d, within reach %q at %d", c.name, pos, data, d.text, d.at, e.text, e.at)
					}
				}
			}
		}
	})
}

// checkDecoded decodes the region again with the standard library.
func checkDecoded(t *testing.T, c *codec, data []byte, pos int, d decoded) {
	t.Helper()
	if c != &utf16Codec && d.at > len(d.text) || d.at < 0 {
		t.Fatalf("%s at %d of %q: the literal is at %d of %q", c.name, pos, data, d.at, d.text)
	}
	lo, hi := d.start(0), d.end(len(d.text))
	if lo < 0 || hi > len(data) && c != &utf16Codec || hi > len(data)+1 {
		t.Fatalf("%s at %d of %q: from %d to %d", c.name, pos, data, lo, hi)
	}
	var want []byte
	switch c {
	case &escapeCodec:
		for i := range d.text { // each byte is what stands there, or what an escape there means
			if at := d.start(i); data[at] != d.text[i] && bytes.IndexByte([]byte(`%\&`), data[at]) < 0 || at >= d.end(i+1) {
				t.Fatalf("escapes at %d of %q: byte %d of %q came from %d", pos, data, i, d.text, at)
			}
		}
		return
	case &base64Codec:
		region := bytes.ReplaceAll(bytes.ReplaceAll(data[lo:hi], []byte("-"), []byte("+")), []byte("_"), []byte("/"))
		want, _ = base64.RawStdEncoding.DecodeString(string(region))
	case &hexCodec:
		want, _ = hex.DecodeString(string(data[lo:hi]))
	default:
		for i := range d.text {
			want = append(want, data[lo+2*i])
		}
	}
	if !bytes.Equal(d.text, want) {
		t.Fatalf("%s at %d of %q: %q, want %q", c.name, pos, data, d.text, want)
	}
}
