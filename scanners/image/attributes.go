package image

import (
	"archive/tar"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/archive"
)

// attributesOf is set in the number of an entry where the text is not its content but
// its attributes. There are fewer entries.
const attributesOf = 1 << 32

// attributes searches what the header of an entry says beside its name and the like.
// That is kept if something is in it.
func (w *worker) attributes(ref leak.Ref, h *tar.Header, name string) error {
	text := archive.Attributes(h)
	if text == nil {
		return nil
	}
	w.cov.Count("bytes", int64(len(text)))
	c := leak.Chunk{Ref: ref, Data: text}
	if err := w.emit(&c); err != nil {
		return errEmit{err}
	}
	w.source.keep.Keep(ref, text, c.At)
	w.source.kept.note(ref, name, c.Found)
	return nil
}
