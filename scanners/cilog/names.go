package cilog

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// newPart is what the path of a log has that the one before it had not: its name, and the
// folder or archive that it is in unless that is the same.
func newPart(path, before string) (name, folder string) {
	at := strings.LastIndexAny(path, "/!") + 1
	if path[:at] == before {
		return path[at:], before
	}
	return path, path[:at]
}

// name has the name of a log searched.
func (w *search) name(b *blob) error {
	return w.names.Name(b.ref, b.name, func(c *leak.Chunk) error {
		err := w.emit(c)
		b.hits.Add(int64(c.Found))
		return err
	})
}

// noText opens what has no more than a name.
func noText(context.Context) (io.ReadCloser, error) { return nil, errors.New("it is a folder") }
