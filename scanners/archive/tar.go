package archive

import (
	"archive/tar"
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// tar looks into a tar file: that of POSIX, GNU, or older. Links and devices
// hold nothing but their names.
func (w *walker) tar(in *input, depth int) error {
	var from io.Reader = in.reader()
	sr, _ := from.(*io.SectionReader)
	count := &counter{r: from}
	if sr == nil {
		from = count
	}
	t := tar.NewReader(from)
	pad := &padding{sr: sr, count: count}
	for {
		h, err := t.Next()
		if err := w.padded(pad); err != nil {
			return err
		}
		if err == io.EOF {
			return w.afterTar(in, from, depth)
		}
		if err != nil {
			return err
		}
		if err := w.entry(); err != nil {
			return err
		}
		if err := w.attributes(in, h); err != nil {
			return err
		}
		if err := w.target(in, h.Name, h.Linkname); err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeGNUSparse || h.Size == 0 {
			if err := w.bareName(in, h.Name, h.Typeflag == tar.TypeDir); err != nil {
				return err
			}
			continue
		}
		inner := w.tarred(t, h, sr, count)
		inner.path = join(in.path, clean(h.Name))
		pad.expect(h, inner.path)
		err = w.visit(inner, depth)
		w.close(inner)
		if err != nil {
			return err
		}
	}
}

// tarred makes an input of the file at which a reader of a tar file is. sr is
// what it reads, or nil, and then count knows how much that was.
func (w *walker) tarred(t *tar.Reader, h *tar.Header, sr *io.SectionReader, count *counter) *input {
	if sr != nil && !Sparse(h) {
		if at, err := sr.Seek(0, io.SeekCurrent); err == nil && h.Size <= sr.Size()-at {
			return section("", sr, at, h.Size)
		}
	}
	var r io.Reader = t
	size := h.Size
	if Sparse(h) {
		under := func() int64 { return count.n }
		if sr != nil {
			under = func() int64 { at, _ := sr.Seek(0, io.SeekCurrent); return at }
		}
		r, size = &Solid{R: &patient{t, w}, Under: under, Holes: &w.holes}, -1
	}
	if sr != nil {
		r = &meter{r: r, w: w}
	}
	inner := w.stream("", r)
	inner.size = size
	return inner
}

// patient looks at the clock while holes are read.
type patient struct {
	r io.Reader
	w *walker
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.w.onTime(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}

// Attributes is what a header says in further fields of PAX, those of the file
// system's attributes among them: a line each.
func Attributes(h *tar.Header) (text []byte) {
	var keys []string
	for key, value := range h.PAXRecords {
		if value != "" && !plainRecord(key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, name := range []string{h.Uname, h.Gname} {
		if len(name) >= leak.MinName {
			text = append(append(append(text, "owner="...), name...), '\n')
		}
	}
	for _, key := range keys {
		text = append(append(append(append(text, key...), '='), h.PAXRecords[key]...), '\n')
	}
	return text
}

// InAttributes is the last part of the way to them.
const InAttributes = "(attributes)"

func (w *walker) attributes(in *input, h *tar.Header) error {
	text := Attributes(h)
	if text == nil {
		return nil
	}
	at := in.path
	if h.Typeflag != tar.TypeXGlobalHeader {
		at = join(at, clean(h.Name))
	}
	if at != "" {
		at += "!"
	}
	return w.text(at+InAttributes, bytes.NewReader(text))
}

// plainRecord reports whether a field is one that every tar file has, or of numbers.
func plainRecord(key string) bool {
	switch key {
	case "path", "linkpath", "size", "uid", "gid", "uname", "gname", "mtime", "atime", "ctime", "charset", "hdrcharset",
		"SCHILY.dev", "SCHILY.ino", "SCHILY.nlink", "LIBARCHIVE.creationtime", "SCHILY.xattr.security.capability", "SCHILY.xattr.security.selinux", "RHT.security.selinux":
		return true
	}
	return strings.HasPrefix(key, "GNU.sparse.")
}

// afterTar looks at what comes after the end of a tar file: nothing but zeros,
// another one, or something that somebody may have put there to hide it.
func (w *walker) afterTar(in *input, from io.Reader, depth int) error {
	buf := make([]byte, 32<<10)
	rest := &checkedReader{r: from}
	for {
		n, err := io.ReadFull(rest, buf)
		if rest.err != nil { // which may be the one that ReadFull has for an end
			err = rest.err
		}
		if skip := zeros(buf[:n]); skip < n {
			skip -= skip % 512 // where a header would begin
			inner := w.stream(join(in.path, "(after the end)"), io.MultiReader(&slice{buf[skip:n]}, from))
			defer w.close(inner)
			if in.joined < maxJoined && Sniff(inner.peek(SniffLen), "") == tarred {
				inner.path, inner.joined = in.path, in.joined+1
				if err := w.entry(); err != nil {
					return err
				}
				return w.tar(inner, depth)
			}
			return w.visit(inner, depth)
		}
		if rest.err == nil && (err == io.EOF || err == io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.onTime(); err != nil {
			return err
		}
	}
}

// maxJoined is how many tar files may follow each other.
const maxJoined = 32

// zeros returns how many of the first bytes are zero.
func zeros(b []byte) int {
	for i, c := range b {
		if c != 0 {
			return i
		}
	}
	return len(b)
}

// slice reads bytes.
type slice struct{ b []byte }

func (s *slice) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.b)
	s.b = s.b[n:]
	return n, nil
}
