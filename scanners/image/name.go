package image

import (
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// name has the name of an entry of a layer searched, whatever it is an entry of.
func (w *worker) name(names *scanners.Namer, ref leak.Ref, name string) error {
	err := names.Path(ref, name, func(c *leak.Chunk) error {
		err := w.emit(c)
		w.source.kept.note(ref, name, c.Found)
		return err
	})
	if err != nil {
		return errEmit{err}
	}
	return nil
}
