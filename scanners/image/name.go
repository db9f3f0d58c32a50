package image

import (
	"archive/tar"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// name has the name of an entry of a layer searched, whatever it is an entry of.
func (w *worker) name(names *scanners.Namer, ref leak.Ref, name string) error {
	return w.path(names, ref, name, name)
}

// path has a path searched that the entry of a name has.
func (w *worker) path(names *scanners.Namer, ref leak.Ref, path, name string) error {
	err := names.Path(ref, path, func(c *leak.Chunk) error {
		err := w.emit(c)
		w.source.kept.note(ref, name, c.Found)
		return err
	})
	if err != nil {
		return errEmit{err}
	}
	return nil
}

// targetOf is set in the number of an entry where the text is what a link leads to.
const targetOf = 1 << 33

// aside is what is set where the text is not the content of an entry.
const aside = attributesOf | targetOf

// inTarget is the last part of the way to it.
const inTarget = "(link target)"

// target has what a link leads to searched, as names are.
func (w *worker) target(names *scanners.Namer, ref leak.Ref, h *tar.Header, name string) error {
	if h.Typeflag != tar.TypeSymlink && h.Typeflag != tar.TypeLink {
		return nil
	}
	return w.path(names, ref, h.Linkname, name)
}
