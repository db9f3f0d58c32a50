package cilog

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
)

// maxGzip is how much one gzip within a log may unpack to.
const maxGzip = 1 << 20

// gzip unpacks gzip in base64. Of a place in it only the whole is known.
func (x *expander) gzip(v, child *view, lo, hi int) {
	packed := decode64(make([]byte, 0, (hi-lo)*3/4), v.text[lo:hi])
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return
	}
	text, err := io.ReadAll(io.LimitReader(z, maxGzip)) // what a cut one still gives counts
	if len(text) == 0 || !x.room(child, len(text)+2) {
		return
	}
	if err == nil && len(text) == maxGzip {
		x.tooMuch("text that was packed in a log is too long")
	}
	child.gap()
	child.segs = append(child.segs, seg{at: len(child.text), from: int64(lo), to: int64(hi), encoding: "base64, gzip"})
	child.text = append(child.text, text...)
}
