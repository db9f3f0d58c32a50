package gitpack

import (
	"encoding/binary"
	"fmt"
	"hash/adler32"
)

// This is a decoder for deflate (RFC 1951) in its zlib wrapping (RFC 1950) that
// has the whole input and the whole output in memory, as a reader of packs
// has: no interface, no window, no state between calls but the tables.
// FuzzDecoder compares it with compress/zlib.

// slack is how many bytes behind the output may be written to: the copy of a
// match, in steps of eight bytes.
const slack = 258 + 16

// decoder decompresses. It keeps its tables, so each goroutine needs its own.
type decoder struct {
	t  tables
	in []byte
	ip int    // next byte of in
	bb uint64 // bits that were read and not used, the next one lowest
	bn uint   // how many of them
}

// zlib decompresses the zlib stream at the start of in, which must yield size
// bytes, into buf, which must have size+slack bytes. in may go on behind the
// stream.
func (d *decoder) zlib(buf, in []byte, size int) error {
	if len(in) < 6 || in[0]&15 != 8 || in[0]>>4 > 7 || (uint(in[0])<<8|uint(in[1]))%31 != 0 || in[1]&0x20 != 0 {
		return fmt.Errorf("%w: not a zlib stream", errCorrupt)
	}
	d.in, d.ip, d.bb, d.bn = in, 2, 0, 0
	op := 0
	for final := false; !final; {
		d.refill()
		head := d.take(3)
		final = head&1 == 1
		var ok bool
		switch head >> 1 {
		case 0:
			op, ok = d.stored(buf, op, size)
		case 1:
			op, ok = d.block(fixed, buf, op, size)
		case 2:
			if ok = d.dynamic(); ok {
				op, ok = d.block(&d.t, buf, op, size)
			}
		}
		if !ok {
			return fmt.Errorf("%w: the compressed data is damaged, or longer than it says", errCorrupt)
		}
	}
	if op != size {
		return fmt.Errorf("%w: less data than its header says", errCorrupt)
	}
	// Give back whole bytes that were not used.
	at := d.ip - int(d.bn/8)
	if at+4 > len(in) || adler32.Checksum(buf[:size]) != binary.BigEndian.Uint32(in[at:]) {
		return fmt.Errorf("%w: wrong checksum", errCorrupt)
	}
	return nil
}

// refill reads on until there are 56 bits or the input ends.
func (d *decoder) refill() {
	if d.ip+8 <= len(d.in) {
		d.bb |= binary.LittleEndian.Uint64(d.in[d.ip:]) << d.bn
		d.ip += int((63 - d.bn) >> 3)
		d.bn |= 56
		return
	}
	for d.bn <= 56 && d.ip < len(d.in) {
		d.bb |= uint64(d.in[d.ip]) << d.bn
		d.ip++
		d.bn += 8
	}
}

// take uses n bits. Bits behind the end of the input are 0, and are found out
// by bn, which wraps around.
func (d *decoder) take(n uint) uint64 {
	v := d.bb & (1<<n - 1)
	d.bb >>= n
	d.bn -= n
	return v
}

func (d *decoder) over() bool { return d.bn > 64 }

func (d *decoder) stored(buf []byte, op, size int) (int, bool) {
	if d.over() {
		return op, false
	}
	d.ip -= int(d.bn / 8) // whole bytes that were not used
	d.bb, d.bn = 0, 0
	if d.ip+4 > len(d.in) {
		return op, false
	}
	n := int(binary.LittleEndian.Uint16(d.in[d.ip:]))
	if n != int(^binary.LittleEndian.Uint16(d.in[d.ip+2:])) {
		return op, false
	}
	d.ip += 4
	if d.ip+n > len(d.in) || op+n > size {
		return op, false
	}
	copy(buf[op:], d.in[d.ip:d.ip+n])
	d.ip += n
	return op + n, true
}

// codeOrder is the order in which the lengths of code-length codes stand.
var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

var codeEntry = func() (e [19]entry) {
	for i := range e {
		e[i] = entry(i) << 16
	}
	return e
}()

// dynamic reads the header of a block with its own codes.
func (d *decoder) dynamic() bool {
	nlit, ndist, ncode := int(d.take(5))+257, int(d.take(5))+1, int(d.take(4))+4
	if nlit > 286 || ndist > 30 {
		return false
	}
	var lens [19]uint8
	for i := range ncode {
		if i%16 == 0 {
			d.refill()
		}
		lens[codeOrder[i]] = uint8(d.take(3))
	}
	var codes [1 << 7]entry
	if !build(codes[:], lens[:], 7, codeEntry[:]) || lens == [19]uint8{} {
		return false
	}
	all := d.t.lens[:nlit+ndist]
	for i := 0; i < len(all); {
		d.refill()
		e := codes[d.bb&127]
		if e&kindMask == kindBad {
			return false
		}
		d.take(uint(e & 15))
		sym := e >> 16
		if sym < 16 {
			all[i] = uint8(sym)
			i++
			continue
		}
		var value uint8
		var n int
		switch sym {
		case 16:
			if i == 0 {
				return false
			}
			value, n = all[i-1], 3+int(d.take(2))
		case 17:
			n = 3 + int(d.take(3))
		default:
			n = 11 + int(d.take(7))
		}
		if i+n > len(all) {
			return false
		}
		for range n {
			all[i] = value
			i++
		}
	}
	return !d.over() && all[256] != 0 &&
		build(d.t.lit[:], all[:nlit], litBits, litEntry[:]) && build(d.t.dist[:], all[nlit:], distBits, distEntry[:])
}

// block decodes symbols until the end of the block. It is one long function
// since everything in it is hot, and shares the reader's state in registers.
// A step writes two literals, or up to one literal and one match; slack takes
// what goes beyond size before that is noticed.
func (d *decoder) block(t *tables, buf []byte, op, size int) (int, bool) {
	in, ip, bb, bn := d.in, d.ip, d.bb, d.bn
	buf = buf[:size+slack]
	for op <= size {
		if ip+8 <= len(in) {
			bb |= binary.LittleEndian.Uint64(in[ip:]) << (bn & 63)
			ip += int((63 - bn) >> 3)
			bn |= 56
		} else {
			for bn <= 56 && ip < len(in) {
				bb |= uint64(in[ip]) << (bn & 63)
				ip++
				bn += 8
			}
		}
		e := t.lit[bb&(1<<litBits-1)]
		if e&kindMask == kindLiteral {
			bb >>= e & 15
			bn -= uint(e & 15)
			buf[op] = byte(e >> 16)
			op++
			if e = t.lit[bb&(1<<litBits-1)]; e&kindMask == kindLiteral {
				bb >>= e & 15
				bn -= uint(e & 15)
				buf[op] = byte(e >> 16)
				op++
				if bn > 64 {
					return op, false
				}
				continue
			}
			if bn > 64 {
				return op, false
			}
			if bn < 48 { // a length and a distance take up to 48 bits
				if ip+8 <= len(in) {
					bb |= binary.LittleEndian.Uint64(in[ip:]) << (bn & 63)
					ip += int((63 - bn) >> 3)
					bn |= 56
				} else {
					for bn <= 56 && ip < len(in) {
						bb |= uint64(in[ip]) << (bn & 63)
						ip++
						bn += 8
					}
				}
			}
		}
		if e&kindMask == kindNext {
			bb >>= litBits
			bn -= litBits
			e = t.lit[int(e>>16)+int(bb&(1<<(e>>12&15)-1))]
			if e&kindMask == kindLiteral {
				bb >>= e & 15
				bn -= uint(e & 15)
				buf[op] = byte(e >> 16)
				op++
				if bn > 64 {
					return op, false
				}
				continue
			}
		}
		bb >>= e & 15
		bn -= uint(e & 15)
		if e&kindMask != kindBase {
			d.ip, d.bb, d.bn = ip, bb, bn
			return op, e&kindMask == kindEnd && bn <= 64
		}
		extra := e >> 8 & 15
		length := int(e>>16) + int(bb&(1<<extra-1))
		bb >>= extra
		bn -= uint(extra)
		e = t.dist[bb&(1<<distBits-1)]
		if e&kindMask == kindNext {
			bb >>= distBits
			bn -= distBits
			e = t.dist[int(e>>16)+int(bb&(1<<(e>>12&15)-1))]
		}
		if e&kindMask != kindBase {
			return op, false
		}
		bb >>= e & 15
		bn -= uint(e & 15)
		extra = e >> 8 & 15
		dist := int(e>>16) + int(bb&(1<<extra-1))
		bb >>= extra
		bn -= uint(extra)
		if dist > op || op > size || bn > 64 {
			return op, false
		}
		from := op - dist
		switch {
		case dist >= 8:
			// In steps of eight; slack takes what is too much.
			for i := 0; i < length; i += 8 {
				binary.LittleEndian.PutUint64(buf[op+i:], binary.LittleEndian.Uint64(buf[from+i:]))
			}
		case dist == 1:
			c := buf[from]
			for i := range length {
				buf[op+i] = c
			}
		default:
			for i := range length {
				buf[op+i] = buf[from+i]
			}
		}
		op += length
	}
	return op, false
}
