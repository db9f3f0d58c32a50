package cilog

import "github.com/whosekey/whosekey/internal/coded"

// maxPacked is how much one gzip or zlib within a log may unpack to.
const maxPacked = 1 << 20

// packed unpacks what is packed in base64. Of a place in it only the whole is known.
func (x *expander) packed(v, child *view, lo, hi int, encoding string, unpack func([]byte, int) ([]byte, bool)) {
	text, more := unpack(coded.Decode64(make([]byte, 0, (hi-lo)*3/4), v.text[lo:hi]), maxPacked)
	if len(text) == 0 || !x.room(child, len(text)+2) {
		return
	}
	if more {
		x.tooMuch("text that was packed in a log is too long")
	}
	child.gap()
	child.segs = append(child.segs, seg{at: len(child.text), from: int64(lo), to: int64(hi), encoding: encoding})
	child.text = append(child.text, text...)
}
