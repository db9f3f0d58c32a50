package image

import (
	"archive/tar"
	"bytes"
	"io"

	"github.com/whosekey/whosekey/scanners/archive"
)

// headers is what a layer's archive is read from. It keeps what was read of the headers
// at hand, so that it can be searched as it is where they are damaged.
type headers struct {
	counter
	raw  *counter // of the layer's content, without what headers of gzip say
	kept []byte
	keep bool
	file bool // the entry at hand can be read to its end
}

// maxHeaders is how much of them is kept: PAX and GNU may have 1 MiB each.
const maxHeaders = 4 << 20

func (h *headers) Read(p []byte) (int, error) {
	n, err := h.counter.Read(p)
	if h.keep {
		if len(h.kept) > maxHeaders {
			h.kept = append(h.kept[:0], h.kept[len(h.kept)/2:]...)
		}
		h.kept = append(h.kept, p[:n]...)
	}
	return n, err
}

// next goes on to the next entry. What is left of the one before is not among what is
// kept, so that this is the same however much of it was read; holes, of which there may
// be exabytes, are not read.
func (h *headers) next(tr *tar.Reader) (*tar.Header, error) {
	h.kept = h.kept[:0]
	if h.file {
		if _, err := io.Copy(io.Discard, tr); err != nil {
			return nil, err
		}
	}
	h.keep = true
	next, err := tr.Next()
	h.keep = false
	h.file = next != nil && !archive.Sparse(next)
	return next, err
}

// rest is what is kept, and all that follows.
func (h *headers) rest() io.Reader {
	return io.MultiReader(bytes.NewReader(bytes.Clone(h.kept)), &h.counter)
}
