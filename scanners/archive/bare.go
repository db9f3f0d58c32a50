package archive

import (
	"io"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// bareName emits the name of an entry of which nothing else is searched: an empty file, a
// folder, a link, what is encrypted. The error is one that ends the walk.
func (w *walker) bareName(in *input, name string, folder bool) error {
	return w.bareAt(join(in.path, clean(name)), folder)
}

// bareAt is bareName for a whole path. That of a folder ends with a slash, so that what
// is in the folder does not tell its name again.
func (w *walker) bareAt(at string, folder bool) error {
	if len(at) < leak.MinName || w.over != nil { // nothing is in so short a name
		return w.over
	}
	if folder {
		at += "/"
	}
	w.bare++
	return w.emitText(Text{Path: at, Bare: true}, strings.NewReader(""))
}

// found is how many texts were emitted that are more than names.
func (w *walker) found() uint32 { return w.next - w.bare }

// folder reports whether an entry has the name of a folder.
func (e *zipEntry) folder() bool { return strings.HasSuffix(e.name, "/") }

// text emits a text. The error is one that ends the walk.
func (w *walker) text(at string, r io.Reader) error {
	return w.emitText(Text{Path: at}, r)
}
