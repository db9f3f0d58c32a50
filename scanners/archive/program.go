package archive

import (
	"bytes"
	"io"
)

// Programs for Windows that unpack themselves have a 7z or RAR archive behind what is
// loaded of them, after at most some lines for the program.

// maxBeside is how far behind a program's end the archive is looked for.
const maxBeside = 64 << 10

// programEnd is where what is loaded of a program ends, by its header and its list of
// sections; 0 for what is none. See
// https://learn.microsoft.com/windows/win32/debug/pe-format.
func programEnd(head []byte) (end int64) {
	if len(head) < 0x40 || head[0] != 'M' || head[1] != 'Z' {
		return 0
	}
	at := int64(le32(head[0x3C:]))
	if at+24 > int64(len(head)) || !bytes.Equal(head[at:at+4], []byte("PE\x00\x00")) {
		return 0
	}
	sections := at + 24 + int64(le16(head[at+20:]))
	for range le16(head[at+6:]) {
		if sections+40 > int64(len(head)) {
			return 0
		}
		end = max(end, int64(le32(head[sections+20:]))+int64(le32(head[sections+16:])))
		sections += 40
	}
	return end
}

// packedMark finds an archive in what stands behind a program.
func packedMark(b []byte) (at int, k Kind) {
	for mark, kind := range map[string]Kind{string(sevenMagic): sevenZipped, string(rarMagic): rarred} {
		if i := bytes.Index(b, []byte(mark)); i >= 0 && (k == None || i < at) {
			at, k = i, kind
		}
	}
	return at, k
}

// behindProgram is where an archive begins behind a program, and its kind; None if there is
// none.
func behindProgram(head []byte, at io.ReaderAt, size int64) (int64, Kind) {
	end := programEnd(head)
	if end == 0 || end >= size {
		return 0, None
	}
	b := make([]byte, min(maxBeside, size-end))
	n, _ := at.ReadAt(b, end)
	i, k := packedMark(b[:n])
	return end + int64(i), k
}

// program emits the program in front of an archive, and looks into that. It is done if
// there is one.
func (w *walker) program(in *input, depth int) (done bool, err error) {
	if in.at == nil {
		return false, nil
	}
	at, k := behindProgram(in.peek(SniffLen), in.at, in.size)
	if k == None {
		return false, nil
	}
	if err := w.text(join(in.path, "(before the archive)"), io.NewSectionReader(in.at, 0, at)); err != nil {
		return true, err
	}
	return true, w.open(k, section(in.path, in.at, at, in.size-at), depth)
}

// beside keeps what stands behind a program in a stream.
type beside struct {
	counter
}

// besideOf watches a stream that begins so; nil if it is no program.
func besideOf(head []byte, r io.Reader) *beside {
	end := programEnd(head)
	if end == 0 {
		return nil
	}
	return &beside{counter{r: r, from: end, to: end + maxBeside}}
}

// packed reports whether there was an archive.
func (b *beside) packed() bool {
	if b == nil {
		return false
	}
	_, k := packedMark(b.kept)
	return k != None
}

var programPassed = remark{"program that unpacks itself in what goes by once, not opened", "unpack what it is in, and search that"}
