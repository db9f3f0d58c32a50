// Package inflate decompresses deflate (RFC 1951): what is in memory, as the objects
// of packs are, at once, and everything else as it is read.
package inflate

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"
)

// This is a decoder for deflate (RFC 1951) in its zlib wrapping (RFC 1950) that
// has the whole input and the whole output in memory, as a reader of packs
// has: no interface, no window, no state between calls but room for tables.
// Reader has it read streams.
// dynamic.go reads what stands in front of a block, huffman.go makes tables of
// it, and block.go has the loop that all is for. FuzzDecoder compares them with
// compress/zlib.

// ErrDamaged is what is wrong with the data; callers tell it from errors of readers.
var ErrDamaged = errors.New("damaged data")

// Slack is how many bytes behind the output may be written to; symbols says by
// what.
const Slack = 32

// ahead is how many bytes of input there are behind room: two refills use 7
// each, and load 8.
const ahead = 16

// Decoder decompresses. It keeps its tables, so each goroutine needs its own.
type Decoder struct {
	t   tables
	h   blockHeader
	in  []byte // the input, or tail
	ip  int    // next byte of in, at most len(in)
	off int    // where in starts in the input
	bb  uint64 // bits that were read and not used, the next one lowest
	bn  uint   // how many of them, at most 63

	// tail is the end of the input with zeros behind it, so that nothing that
	// reads bits has to know where the input ends. Zlib finds out if more was
	// used than there is.
	tail   [3 * ahead]byte
	inTail bool
	used   int // of the input, by the last Zlib
}

// Used is how many bytes of its input the last call of Zlib used, if that succeeded.
func (d *Decoder) Used() int { return d.used }

// Zlib decompresses the zlib stream at the start of in, which must yield size
// bytes, into buf, which must have size+Slack bytes. in may go on behind the
// stream.
func (d *Decoder) Zlib(buf, in []byte, size int) error {
	if len(in) < 6 || in[0]&15 != 8 || in[0]>>4 > 7 || (uint(in[0])<<8|uint(in[1]))%31 != 0 || in[1]&0x20 != 0 {
		return fmt.Errorf("%w: not a zlib stream", ErrDamaged)
	}
	d.start(in, 2)
	buf = buf[:size+Slack]
	op := 0
	for final := false; !final; {
		if !d.refill() {
			return fmt.Errorf("%w: the compressed data is cut off", ErrDamaged)
		}
		head := d.take(3)
		final = head&1 == 1
		var ok bool
		switch head >> 1 {
		case 0:
			op, ok = d.stored(buf, in, op)
		case 1:
			op, ok = d.block(fixed, buf, op)
		case 2:
			if ok = d.dynamic(); ok {
				op, ok = d.block(&d.t, buf, op)
			}
		}
		if !ok {
			return fmt.Errorf("%w: the compressed data is damaged, or longer than it says", ErrDamaged)
		}
	}
	if op != size {
		return fmt.Errorf("%w: less data than its header says", ErrDamaged)
	}
	at := d.at()
	if at+4 > len(in) || adler(buf, size) != binary.BigEndian.Uint32(in[at:]) {
		return fmt.Errorf("%w: wrong checksum", ErrDamaged)
	}
	d.used = at + 4
	return nil
}

// start goes on at byte at of the input.
func (d *Decoder) start(in []byte, at int) {
	d.in, d.ip, d.off, d.inTail = in, at, 0, false
	d.bb, d.bn = 0, 0
}

// at is where the first byte of the input is of which nothing was used. It is
// behind the input's end if more was used than there is.
func (d *Decoder) at() int { return d.off + d.ip - int(d.bn/8) }

// room makes sure that ahead bytes follow d.ip. It reports false if all of the
// input and some zeros behind it have been used.
func (d *Decoder) room() bool { return d.ip+ahead <= len(d.in) || d.toTail() }

// toTail goes on in tail. It is apart, and not compiled into its callers, for
// the sake of their loops.
//
//go:noinline
func (d *Decoder) toTail() bool {
	if d.inTail {
		return false
	}
	n := copy(d.tail[:], d.in[d.ip:]) // less than ahead
	clear(d.tail[n:])
	d.off += d.ip
	d.in, d.ip, d.inTail = d.tail[:], 0, true
	return true
}

// bounds returns where the next byte of the input is, and up to where ahead
// bytes follow. There must have been room before, in the same input.
func (d *Decoder) bounds() (next, limit unsafe.Pointer) {
	start := unsafe.Pointer(unsafe.SliceData(d.in))
	return unsafe.Add(start, d.ip), unsafe.Add(start, len(d.in)-ahead)
}

// setIn is the opposite of bounds.
func (d *Decoder) setIn(next unsafe.Pointer) {
	d.ip = int(uintptr(next) - uintptr(unsafe.Pointer(unsafe.SliceData(d.in))))
}

// refill reads on until there are 56 bits or more. It reports false if the
// input ended before.
func (d *Decoder) refill() bool {
	if !d.room() {
		return false
	}
	d.bb |= binary.LittleEndian.Uint64(d.in[d.ip:]) << (d.bn & 63)
	d.ip += int((63 - d.bn) >> 3)
	d.bn |= 56
	return true
}

// take uses n of the bits that refill read.
func (d *Decoder) take(n uint) uint64 {
	v := d.bb & (1<<n - 1)
	d.bb >>= n
	d.bn -= n
	return v
}

// stored copies a block that is not compressed. in is the whole input, buf the
// output and slack.
func (d *Decoder) stored(buf, in []byte, op int) (int, bool) {
	at := d.at()
	if at+4 > len(in) {
		return op, false
	}
	n := int(binary.LittleEndian.Uint16(in[at:]))
	if n != int(^binary.LittleEndian.Uint16(in[at+2:])) {
		return op, false
	}
	at += 4
	if at+n > len(in) || op+n > len(buf)-Slack {
		return op, false
	}
	copy(buf[op:], in[at:at+n])
	d.start(in, at+n)
	return op + n, true
}
