package archive

import (
	"bytes"
	"errors"
	"io"

	"github.com/whosekey/whosekey/internal/inflate"
)

// errFields is that not all of what the headers say is searched.
var errFields = errors.New("gzip file with more than 1 MiB of names and comments, searched up to there")

// WithFields is a text that comes out of z, and behind it, on lines of their own, what the
// headers of its members say: extra fields, names and comments (RFC 1952, 2.3.1), which
// programs that unpack the file do not show.
func WithFields(text io.Reader, z *inflate.Gzip) io.Reader {
	return io.MultiReader(text, &gzipFields{z: z})
}

type gzipFields struct {
	z    *inflate.Gzip
	text io.Reader // nil: before the first Read, when all members have been read
	err  error     // behind it
}

func (f *gzipFields) Read(p []byte) (int, error) {
	if f.text == nil {
		fields, whole := f.z.Fields()
		if f.err = io.EOF; !whole {
			f.err = errFields
		}
		if len(fields) > 0 {
			fields = append([]byte("\n"), fields...)
		}
		f.text = bytes.NewReader(fields)
	}
	n, err := f.text.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}
