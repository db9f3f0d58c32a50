package archive

import (
	"encoding/binary"
	"io"
	"math/bits"
)

// sevenFilters are coders that change bytes before they are packed, so that machine code
// packs better; the number is that of the method. What is not undone here does not touch
// texts: it changes branches of code for other processors.
var sevenFilters = map[uint64]bool{5: true, 6: true, 7: true, 8: true, 9: true, 0xA: true, 0xB: true, 0x03030205: true, 0x03030401: true, 0x03030501: true, 0x03030701: true, 0x03030805: true}

const (
	coderDelta  = 0x03
	coderX86    = 0x04
	coderOldX86 = 0x03030103
)

// deltaReader adds to each byte the one that stands some bytes before it.
type deltaReader struct {
	r    io.Reader
	back int
	last [256]byte
	at   byte
}

func (d *deltaReader) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	for i := range p[:n] {
		p[i] += d.last[byte(int(d.at)-d.back)]
		d.last[d.at] = p[i]
		d.at++
	}
	return n, err
}

// x86Reader makes the targets of calls and jumps relative again, which the filter BCJ has
// made absolute: https://github.com/tukaani-project/xz/blob/master/src/liblzma/simple/x86.c
type x86Reader struct {
	r     io.Reader
	buf   []byte
	from  int    // in buf: what is to be read
	done  int    // up to there it is done
	pos   uint32 // of buf[done] in the text
	near  uint32 // a bit for each of the last opcodes that were seen, the last byte's is 1
	ended error
}

// Read implements io.Reader.
func (x *x86Reader) Read(p []byte) (int, error) {
	for x.from == x.done {
		if x.ended != nil && x.done == len(x.buf) {
			return 0, x.ended
		}
		x.fill()
	}
	n := copy(p, x.buf[x.from:x.done])
	x.from += n
	return n, nil
}

func (x *x86Reader) fill() {
	if x.buf == nil {
		x.buf = make([]byte, 0, 32<<10)
	}
	rest := copy(x.buf[:cap(x.buf)], x.buf[x.done:])
	x.from, x.done = 0, 0
	n, err := io.ReadAtLeast(x.r, x.buf[rest:cap(x.buf)], 1)
	x.buf = x.buf[:rest+n]
	if err != nil {
		x.ended = err
	}
	x.convert()
	if x.ended != nil { // what is too short for an instruction
		x.pos += uint32(len(x.buf) - x.done)
		x.done = len(x.buf)
	}
}

// convert undoes the filter as far as instructions are whole.
func (x *x86Reader) convert() {
	outer := func(b byte) bool { return b == 0 || b == 0xFF }
	for ; x.done+5 <= len(x.buf); x.done, x.pos = x.done+1, x.pos+1 {
		b := x.buf[x.done:]
		if b[0]&0xFE != 0xE8 {
			x.near = x.near << 1 & 7
			continue
		}
		near := x.near
		x.near = x.near<<1&7 | 1
		// Of opcodes within the last three bytes, which may be parts of one number, the
		// encoder has kept away, but where that number cannot be one.
		at := bits.Len32(near)
		if near&(near-1) != 0 || near != 0 && outer(b[4-at]) || !outer(b[4]) {
			continue
		}
		to := binary.LittleEndian.Uint32(b[1:])
		for {
			to -= x.pos + 5
			if near == 0 || !outer(byte(to>>(24-8*at))) {
				break
			}
			to ^= 1<<(32-8*at) - 1
		}
		binary.LittleEndian.PutUint32(b[1:], to&0x00FFFFFF|-(to>>24&1)<<24)
		x.done, x.pos, x.near = x.done+4, x.pos+4, 0
	}
}
