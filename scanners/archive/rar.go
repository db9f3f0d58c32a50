package archive

import (
	"errors"
	"fmt"
	"io"

	"github.com/nwaples/rardecode/v2"
)

// rar looks into a RAR archive, of version 3 or 5.
func (w *walker) rar(in *input, depth int) error {
	r, err := rardecode.NewReader(in.reader(), rardecode.MaxDictionarySize(maxDict))
	if err != nil {
		return rarError(err)
	}
	for {
		h, err := nextRar(r)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return rarError(err)
		}
		if err := w.entry(); err != nil {
			return err
		}
		if h.IsDir || h.UnPackedSize == 0 && !h.UnKnownSize {
			if err := w.bareName(in, h.Name, h.IsDir); err != nil {
				return err
			}
			continue
		}
		at := join(in.path, clean(h.Name))
		if h.Encrypted {
			w.leaveOut(encrypted, at)
			if err := w.bareName(in, h.Name, false); err != nil {
				return err
			}
			continue
		}
		if err := w.rarFile(at, r, depth); err != nil {
			return err
		}
	}
}

func (w *walker) rarFile(at string, r io.Reader, depth int) error {
	inner := w.stream(at, &meter{r: &emitted{r}, w: w})
	defer w.close(inner)
	return w.visit(inner, depth)
}

func nextRar(r *rardecode.Reader) (h *rardecode.FileHeader, err error) {
	defer survive(&err)
	return r.Next()
}

// survive makes an error of a panic: the decoder is not ours, and its input is
// hostile.
func survive(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("unpack a RAR archive: %v: %w", p, errDamaged)
	}
}

// emitted says what the errors of the decoder mean to us.
type emitted struct{ r io.Reader }

func (e *emitted) Read(p []byte) (n int, err error) {
	defer survive(&err)
	n, err = e.r.Read(p)
	if err != nil && err != io.EOF {
		err = rarError(err)
	}
	return n, err
}

func rarError(err error) error {
	switch {
	case isStop(err):
		return err
	case errors.Is(err, rardecode.ErrArchiveEncrypted), errors.Is(err, rardecode.ErrArchivedFileEncrypted), errors.Is(err, rardecode.ErrBadPassword):
		return errEncrypted
	case errors.Is(err, rardecode.ErrDictionaryTooLarge), errors.Is(err, rardecode.ErrUnknownDecoder), errors.Is(err, rardecode.ErrUnsupportedDecoder):
		return fmt.Errorf("%v: %w", err, errMethod)
	}
	return err
}
