package cilog

import "github.com/whosekey/whosekey/internal/coded"

// maxGzip is how much one gzip within a log may unpack to.
const maxGzip = 1 << 20

// gzip unpacks gzip in base64. Of a place in it only the whole is known.
func (x *expander) gzip(v, child *view, lo, hi int) {
	text, more := coded.Gunzip(coded.Decode64(make([]byte, 0, (hi-lo)*3/4), v.text[lo:hi]), maxGzip)
	if len(text) == 0 || !x.room(child, len(text)+2) {
		return
	}
	if more {
		x.tooMuch("text that was packed in a log is too long")
	}
	child.gap()
	child.segs = append(child.segs, seg{at: len(child.text), from: int64(lo), to: int64(hi), encoding: "base64, gzip"})
	child.text = append(child.text, text...)
}
