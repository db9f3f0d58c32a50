package archive

import (
	"bytes"
	"io"
)

// SniffFile is Sniff for a file that can be read anywhere. It knows what has a zip file
// behind it too: a program that unpacks itself, a picture, anything; what has a 7z or RAR
// archive behind a program; and images of ISO 9660, whose mark is 32 KiB behind its beginning.
func SniffFile(head []byte, name string, at io.ReaderAt, size int64) Kind {
	k := Sniff(head, name)
	if k == None && isISO(at, size) {
		return isoFile
	}
	if k == None && zipBehind(at, size) {
		return zipped
	}
	if k == None && head0(head) == 'M' {
		_, k = behindProgram(head, at, size)
	}
	return k
}

func head0(head []byte) byte {
	if len(head) == 0 {
		return 0
	}
	return head[0]
}

// SniffBytes is SniffFile for a file that is in memory.
func SniffBytes(data []byte, name string) Kind {
	k := Sniff(data[:min(len(data), SniffLen)], name)
	if k == None && len(data) >= isoMarkAt+isoSector && bytes.HasPrefix(data[isoMarkAt:], isoMark) {
		return isoFile
	}
	if k == None && hasEnd(data[max(0, len(data)-maxEnd):]) && zipBehind(bytes.NewReader(data), int64(len(data))) {
		return zipped
	}
	if k == None && head0(data) == 'M' {
		_, k = behindProgram(data[:min(len(data), SniffLen)], bytes.NewReader(data), int64(len(data)))
	}
	return k
}

// maxEnd is how far from a file's end the end record of a zip file begins at most: its
// comment has a length of 16 bits. Java, Python and unzip look as far.
const maxEnd = endLen + 1<<16 - 1

// hasEnd reports whether an end record may be in the last bytes of a file. No text has a
// byte 5, so that there it costs what memchr does.
func hasEnd(tail []byte) bool { return lastMark(tail) >= 0 }

// lastMark is where the last mark of an end record begins; -1 if there is none.
func lastMark(b []byte) int {
	last := -1
	for at := 0; ; at++ {
		i := bytes.IndexByte(b[at:], endMark[2])
		if i < 0 {
			return last
		}
		if at += i; at >= 2 && at+1 < len(b) && bytes.Equal(b[at-2:at+2], endMark) {
			last = at - 2
		}
	}
}

// zipBehind reports whether a file ends with a zip file that has something in it.
func zipBehind(at io.ReaderAt, size int64) bool {
	if size <= endLen {
		return false
	}
	tail := make([]byte, min(size, maxEnd))
	n, _ := at.ReadAt(tail, size-int64(len(tail)))
	if tail = tail[:n]; !hasEnd(tail) || endOf(tail) < 0 {
		return false
	}
	z := &zipFile{walker: new(walker), in: &input{at: at, size: size}}
	if z.findDirectory() != nil {
		return false
	}
	var mark [4]byte
	n, _ = at.ReadAt(mark[:], z.from)
	return n == 0 || bytes.Equal(mark[:], centralMark) // 0: see Passing
}

// kindOf is what a file that was found is. A short one that is no text is held in memory
// to look what is behind it.
func (w *walker) kindOf(in *input, name string) (Kind, error) {
	head := in.peek(SniffLen)
	k := Sniff(head, name)
	if k != None {
		return k, nil
	}
	if in.at == nil {
		if !Binary(head) {
			return None, nil
		}
		if err := w.hold(in, maxFront); err != nil {
			if isStop(err) || w.over != nil {
				return None, err
			}
			return None, nil
		}
	}
	return SniffFile(head, name, in.at, in.size), nil
}

// maxFront is the size of the largest file within a packed archive behind which a zip file
// is looked for. Of larger ones it is told.
const maxFront = 1 << 20

// Binary reports whether a file that begins with head may be more than text. What is
// packed has a zero soon, and a script that unpacks itself says so in its first line.
func Binary(head []byte) bool {
	return bytes.IndexByte(head, 0) >= 0 || bytes.HasPrefix(head, []byte("#!"))
}

// andZip looks into the zip file behind a document.
func (w *walker) andZip(k Kind, in *input, depth int) error {
	if in.at == nil || !zipBehind(in.at, in.size) {
		return nil
	}
	if depth >= w.lim.Depth {
		w.skip(w.lim.tooDeep(), in.path)
		return nil
	}
	z := newZipFile(w, &input{path: in.path, at: in.at, size: in.size}, depth+1)
	z.front = true
	err := z.findDirectory()
	if err == nil && (k == compoundFile || k == sqliteFile) && !z.inPlace() {
		return nil
	}
	if err == nil {
		err = z.directory()
	}
	if err == nil {
		err = z.beside()
	}
	if err != nil && !isStop(err) && w.over == nil {
		w.damage(in.path, err)
		return nil
	}
	return err
}

// inPlace reports whether the first file of the directory is where that says. Zip files
// in pages of a database, which are searched there, need not be in one piece.
func (z *zipFile) inPlace() bool {
	e, _, err := readCentral(io.NewSectionReader(z.in.at, z.from, z.in.size-z.from))
	var mark [4]byte
	z.in.at.ReadAt(mark[:], z.base+int64(min(e.offset, 1<<62)))
	return err == nil && bytes.Equal(mark[:], localMark)
}
