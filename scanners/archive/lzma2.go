package archive

import (
	"bufio"
	"encoding/binary"
	"io"
)

// newLZMA decodes what has five bytes of properties; size is that of the text,
// or -1. large is asked before the window takes more than smallDict.
func newLZMA(r io.Reader, props []byte, size int64, large func() error) (io.Reader, error) {
	if len(props) < 5 {
		return nil, errDamaged
	}
	d := &lzmaDecoder{src: r, size: size, large: large}
	if err := d.setProps(props[0]); err != nil {
		return nil, err
	}
	dict := binary.LittleEndian.Uint32(props[1:])
	if dict > maxDict {
		return nil, errDict
	}
	d.dict = max(1<<12, int(dict))
	if size >= 0 && size < int64(d.dict) { // it needs no more
		d.dict = max(1<<12, int(size))
	}
	d.reset()
	return d, d.begin()
}

// newLZMAFile decodes a file of the old .lzma format.
func newLZMAFile(r io.Reader, large func() error) (io.Reader, error) {
	var h [13]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, err
	}
	return newLZMA(r, h[:5], int64(binary.LittleEndian.Uint64(h[5:])), large)
}

// lzma2 decodes LZMA2: chunks of LZMA, or of bytes as they are.
type lzma2 struct {
	r     *bufio.Reader
	d     lzmaDecoder
	chunk []byte
	plain int // bytes of the chunk as they are
	ended bool
	ready bool // the dictionary, and the state, were reset
	props bool
}

// newLZMA2 takes the size of the dictionary as LZMA2 writes it.
func newLZMA2(r *bufio.Reader, dict byte, large func() error) (*lzma2, error) {
	if dict > 40 {
		return nil, errDamaged
	}
	size := uint64(2|dict&1) << (dict/2 + 11)
	if size > maxDict {
		return nil, errDict
	}
	return &lzma2{r: r, d: lzmaDecoder{dict: int(size), large: large}}, nil
}

func (l *lzma2) Read(p []byte) (int, error) {
	for !l.ended {
		if l.plain > 0 {
			n, err := io.ReadFull(l.r, p[:min(len(p), l.plain)])
			for _, b := range p[:n] {
				l.d.put(b)
			}
			l.plain -= n
			return n, cut(err)
		}
		if l.d.size > 0 {
			n, err := l.d.Read(p)
			if l.d.ended {
				err = errDamaged
			}
			return n, err
		}
		if err := l.next(); err != nil {
			return 0, cut(err)
		}
	}
	return 0, io.EOF
}

// leastChunk is how many bytes of a chunk make it worth decoding.
const leastChunk = 8

func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// next reads the header of a chunk, and the chunk if it is LZMA.
func (l *lzma2) next() error {
	control, err := l.r.ReadByte()
	if err != nil || control == 0 {
		l.ended = err == nil
		return err
	}
	if control == 1 || control >= 0xE0 {
		l.d.win, l.d.wpos, l.d.total, l.ready = l.d.win[:0], 0, 0, true
	}
	var h [5]byte
	if control < 0x80 {
		if control > 2 || !l.ready {
			return errDamaged
		}
		_, err := io.ReadFull(l.r, h[:2])
		l.plain = int(binary.BigEndian.Uint16(h[:])) + 1
		return err
	}
	n := 4
	if control >= 0xC0 {
		n = 5
	}
	if _, err := io.ReadFull(l.r, h[:n]); err != nil {
		return err
	}
	if n == 5 {
		if err := l.d.setProps(h[4]); err != nil {
			return err
		}
		l.props = true
	}
	if !l.ready || !l.props {
		return errDamaged
	}
	if control >= 0xA0 {
		l.d.reset()
	}
	l.d.size = int64(control&0x1F)<<16 + int64(binary.BigEndian.Uint16(h[:])) + 1
	size := int(binary.BigEndian.Uint16(h[2:])) + 1
	if l.chunk == nil {
		l.chunk = make([]byte, 1<<16)
	}
	size, err = io.ReadFull(l.r, l.chunk[:size])
	if size < leastChunk && err != nil {
		return err
	}
	// Of one that is cut, what came is decoded: a chunk is up to 2 MiB of text.
	l.d.in, l.d.pos, l.d.left = l.chunk[:size], 0, 0
	return l.d.begin()
}
