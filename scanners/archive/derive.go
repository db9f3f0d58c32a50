package archive

import (
	"bytes"
	"fmt"
	"io"
)

var largeDocument = remark{fmt.Sprintf("document of more than %d MiB, of which only the bytes were searched as they are", maxDocument>>20), "turn it into text, and search that"}

// derive emits what is in a file of the kinds that have a reader of their own.
// The error is what is wrong with the file, or one that ends the walk.
func (w *walker) derive(k Kind, in *input, depth int) error {
	switch k {
	case rpmPackage:
		return w.rpm(in, depth)
	case cpioArchive:
		return w.cpio(in, depth)
	}
	if k.Opaque() {
		return errMethod
	}
	if in.at != nil {
		switch k {
		case sqliteFile:
			return w.sqlite(in, depth)
		case sqliteLog:
			return w.sqliteLog(in)
		case compoundFile:
			return w.compound(in, depth)
		case isoFile:
			return w.iso(in, depth)
		}
	}
	data, err := w.viewOf(k, in)
	if err == errTooLarge && (k == pdfFile || k == mailFile) { // of which the bytes say little
		w.skip(largeDocument, in.path)
		return nil
	}
	if err == errTooLarge {
		w.leaveOut(largeDocument, in.path)
		return nil
	}
	if err != nil {
		return err
	}
	defer w.release(in)
	return w.deriveFrom(k, in, data, depth)
}

// viewOf is bytesOf; of a kind whose bytes are only read it copies none that are in
// memory in one piece.
func (w *walker) viewOf(k Kind, in *input) ([]byte, error) {
	if k == classFile || k == pycFile || k == patchFile || k.counted() {
		if err := w.hold(in, maxDocument); err == nil && in.held > 0 && in.whole != nil {
			return in.whole, nil
		}
	}
	return w.bytesOf(in)
}

// bytesOf reads a document, which is to be released.
func (w *walker) bytesOf(in *input) ([]byte, error) {
	if err := w.hold(in, maxDocument); err != nil {
		return nil, err
	}
	if in.size > maxDocument || w.held+in.size > maxHeld+maxDocument {
		return nil, errTooLarge
	}
	data := make([]byte, in.size)
	n, err := in.at.ReadAt(data, 0)
	if n == len(data) {
		err = nil
	}
	return data[:n], err
}

func (w *walker) deriveFrom(k Kind, in *input, data []byte, depth int) error {
	emit := func(name string, text []byte) error {
		if len(text) == 0 {
			return nil
		}
		return w.text(join(in.path, name), bytes.NewReader(text))
	}
	switch k {
	case sqliteFile, sqliteLog, compoundFile, isoFile:
		in.at, in.size = bytes.NewReader(data), int64(len(data))
		return w.derive(k, in, depth)
	case mailFile:
		return w.mail(in, data, depth)
	case notebook:
		return w.notebook(in, data)
	case patchFile:
		return w.gitPatch(in.path, data, depth)
	case pdfFile:
		return w.pdf(in, data, depth)
	case rtfFile:
		return w.rtf(in, data, depth)
	case officeXML:
		return emit("text", officeText(data))
	case pycFile:
		w.apart = w.apart || in.outer
		text, rest := pycTexts(data)
		if err := w.text(in.path, bytes.NewReader(rest)); err != nil {
			return err
		}
		return emit("strings", text)
	case plistFile, dexFile, androidFile:
		return w.counted(k, in, data, depth)
	case classFile:
		text, bad := classStrings(data)
		if err := emit("strings", text); err != nil {
			return err
		}
		return bad
	}
	return fmt.Errorf("document of kind %d: %w", k, errMethod)
}

// discard reads a reader to its end.
func discard(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}
