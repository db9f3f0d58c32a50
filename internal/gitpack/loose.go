package gitpack

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/klauspost/compress/zlib"
)

// loose is an object in a file of its own.
type loose struct {
	id  ID
	dir string // of the object database
}

func (l loose) path() string {
	s := l.id.String()
	return filepath.Join(l.dir, s[:2], s[2:])
}

// listLoose adds the loose objects of a database.
func (s *Store) listLoose(dir string) []Problem {
	entries, err := readDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return []Problem{{"unreadable folder of objects", dir, err}}
	}
	var problems []Problem
	for _, e := range entries {
		if len(e.Name()) != 2 || !isHex(e.Name()) {
			continue // a link to a folder is followed, as git does
		}
		files, err := readDir(filepath.Join(dir, e.Name()))
		if errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		if err != nil {
			problems = append(problems, Problem{"unreadable folder of objects", e.Name(), err})
			continue
		}
		for _, f := range files {
			if id, ok := ParseID(e.Name() + f.Name()); ok && int(id.n) == s.hash {
				s.loose = append(s.loose, loose{id, dir})
			}
		}
	}
	return problems
}

func isHex(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil
}

// open starts reading a loose object.
func (l loose) open() (Object, io.ReadCloser, error) {
	var o Object
	f, err := openRegular(l.path())
	if err != nil {
		return o, nil, err
	}
	z, err := zlib.NewReader(f)
	if err != nil {
		f.Close()
		return o, nil, fmt.Errorf("%w: %v", errCorrupt, err)
	}
	r := &looseReader{file: f, z: z}
	if o.Type, o.Size, err = r.header(); err == nil {
		var packed int64
		if packed, err = regularSize(f); err == nil && o.Size/maxRatio > packed {
			err = fmt.Errorf("%w: less data than its header says", errCorrupt)
		}
	}
	if err != nil {
		f.Close()
		return o, nil, err
	}
	r.left = o.Size
	return o, r, nil
}

// looseReader yields exactly the bytes that the object's header promises.
type looseReader struct {
	file io.Closer
	z    io.ReadCloser
	rest []byte // read with the header
	left int64
}

// header reads "type size\x00".
func (r *looseReader) header() (Type, int64, error) {
	buf := make([]byte, 64)
	n, err := io.ReadFull(r.z, buf)
	if err != nil && n == 0 {
		return 0, 0, fmt.Errorf("%w: %v", errCorrupt, err)
	}
	head, rest, ok := bytes.Cut(buf[:n], []byte{0})
	name, digits, _ := bytes.Cut(head, []byte{' '})
	kind, known := typeOf(name)
	size, err := strconv.ParseInt(string(digits), 10, 63)
	if !ok || !known || err != nil || size < 0 {
		return 0, 0, fmt.Errorf("%w: a loose object without a proper header", errCorrupt)
	}
	if kind != Blob && size > maxMeta {
		return 0, 0, errTooBig
	}
	r.rest = rest
	return kind, size, nil
}

func (r *looseReader) Read(p []byte) (int, error) {
	if r.left == 0 && len(r.rest) == 0 {
		var one [1]byte // reaching the end makes zlib compare the checksum
		if n, err := r.z.Read(one[:]); n != 0 || err != nil && err != io.EOF {
			return 0, fmt.Errorf("%w: more data than its header says, or a wrong checksum", errCorrupt)
		}
		return 0, io.EOF
	}
	var n int
	var err error
	if len(r.rest) > 0 {
		n = copy(p, r.rest)
		r.rest = r.rest[n:]
	} else {
		n, err = r.z.Read(p[:min(int64(len(p)), r.left)])
	}
	if r.left -= int64(n); r.left < 0 {
		return 0, fmt.Errorf("%w: more data than its header says", errCorrupt)
	}
	if err == io.EOF && r.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err == io.EOF || err == nil {
		return n, nil // the next call checks the end
	}
	return n, fmt.Errorf("%w: %v", errCorrupt, err)
}

func (r *looseReader) Close() error { return r.file.Close() }

// readAll reads size bytes from r, and its end, into buf if that has room.
func readAll(r io.Reader, buf []byte, size int64) ([]byte, error) {
	if int64(cap(buf)) <= size {
		buf = make([]byte, 0, size+1)
	}
	n, err := io.ReadFull(r, buf[:size+1])
	switch {
	case err == io.ErrUnexpectedEOF && int64(n) == size, err == io.EOF && size == 0:
		return buf[:n], nil
	case err == nil:
		err = fmt.Errorf("%w: more data than its header says", errCorrupt)
	}
	return nil, err
}
