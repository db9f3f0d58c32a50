package archive

import (
	"bytes"
	"math/bits"
)

// vbaBegin is how the source of a module begins, packed: with "Attribute", and a byte of
// flags for each eight characters.
var vbaBegin = []byte("\x00Attribut\x00e")

// vbaSource is the source in a module of Visual Basic, which Office keeps behind what is
// compiled of it; whole says that it does not end early. It is packed in chunks of 4096
// bytes: [MS-OVBA], 2.4.1.
func vbaSource(b []byte) (out []byte, whole bool) {
	const front, most = 3, 4096 // a mark and the head of a chunk
	i := bytes.Index(b, vbaBegin)
	if i < front || b[i-front] != 1 {
		return nil, true
	}
	for b = b[i-front+1:]; len(b) >= 2; {
		head := le16(b)
		size := int(head&0xFFF) + 3
		if head>>12&7 != 3 { // what follows is something else
			return out, true
		}
		chunk := b[2:min(size, len(b))]
		if size > len(b) {
			return vbaChunk(out, chunk), false
		}
		if b = b[size:]; head>>15 == 0 {
			out = append(out, chunk[:min(len(chunk), most)]...)
			continue
		}
		out = vbaChunk(out, chunk)
	}
	return out, true
}

// vbaChunk unpacks a chunk: what is a copy has its distance in as many bits as the text of
// the chunk so far needs.
func vbaChunk(out, in []byte) []byte {
	const most = 4096
	from := len(out)
	for len(in) > 0 {
		flags := in[0]
		in = in[1:]
		for bit := 0; bit < 8 && len(in) > 0; bit++ {
			if flags>>bit&1 == 0 {
				out, in = append(out, in[0]), in[1:]
				continue
			}
			if len(in) < 2 {
				return out
			}
			token, have := le16(in), len(out)-from
			in = in[2:]
			width := max(bits.Len(uint(max(have, 1)-1)), 4)
			back, n := int(token>>(16-width))+1, int(token&(0xFFFF>>width))+3
			if back > have || have+n > most {
				return out
			}
			for range n {
				out = append(out, out[len(out)-back])
			}
		}
	}
	return out
}
