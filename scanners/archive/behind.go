package archive

import (
	"bytes"
	"encoding/binary"
	"io"
)

// SniffFile is Sniff for a file that can be read anywhere. It knows programs with
// a zip file behind them too: those that unpack themselves.
func SniffFile(head []byte, name string, at io.ReaderAt, size int64) Kind {
	k := Sniff(head, name)
	if k == None && program(head) && zipBehind(at, size) {
		return zipped
	}
	return k
}

// SniffBytes is SniffFile for a file that is in memory.
func SniffBytes(data []byte, name string) Kind {
	head := data[:min(len(data), SniffLen)]
	k := Sniff(head, name)
	if k == None && program(head) && bytes.Contains(data[max(0, len(data)-endLen-maxShort):], endMark) && zipBehind(bytes.NewReader(data), int64(len(data))) {
		return zipped
	}
	return k
}

// maxShort is how long the comment of a zip file behind a program may be.
const maxShort = 1 << 10

// program reports whether a file begins as one that can be executed does.
func program(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch head[0] {
	case 'M':
		return head[1] == 'Z'
	case '#':
		return head[1] == '!'
	case 0x7F:
		return string(head[1:4]) == "ELF"
	case 0xCF, 0xCE, 0xCA, 0xFE: // Mach-O
		v := binary.BigEndian.Uint32(head)
		return v == 0xCFFAEDFE || v == 0xCEFAEDFE || v == 0xCAFEBABE || v == 0xFEEDFACF
	}
	return false
}

// zipBehind reports whether a file ends with a zip file that has something in it.
func zipBehind(at io.ReaderAt, size int64) bool {
	tail := make([]byte, min(size, endLen+maxShort))
	n, _ := at.ReadAt(tail, size-int64(len(tail)))
	if tail = tail[:n]; endOf(tail) < 0 {
		return false
	}
	z := &zipFile{in: &input{at: at, size: size}}
	if z.findDirectory() != nil {
		return false
	}
	var mark [4]byte
	at.ReadAt(mark[:], z.from)
	return bytes.Equal(mark[:], centralMark)
}

// kindOf is what a file that was found is. A short program is held in memory to
// look what is behind it.
func (w *walker) kindOf(in *input, name string) (Kind, error) {
	head := in.peek(SniffLen)
	if k := Sniff(head, name); k != None || !program(head) {
		return k, nil
	}
	if err := w.hold(in, maxProgram); err != nil {
		if isStop(err) || w.over != nil {
			return None, err
		}
		return None, nil
	}
	return SniffFile(head, name, in.at, in.size), nil
}

// maxProgram is the size of the largest program within an archive behind which a zip
// file is looked for.
const maxProgram = 1 << 20
