package inflate

import (
	"encoding/binary"
	"unsafe"
)

// load returns the eight bytes at p+i, which must be there.
func load(p unsafe.Pointer, i int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(p, i))[:])
}

// store writes eight bytes at p+i, where there must be room.
func store(p unsafe.Pointer, i int, v uint64) {
	binary.LittleEndian.PutUint64((*[8]byte)(unsafe.Add(p, i))[:], v)
}

// A distance of less than eight repeats a pattern of as many bytes. repeat
// multiplies the pattern so that it fills eight bytes, of which stride are
// whole patterns. There is no distance of 0.
var (
	repeat = [8]uint64{1: 0x0101010101010101, 2: 0x0001000100010001, 3: 1<<48 | 1<<24 | 1, 4: 1<<32 | 1, 5: 1<<40 | 1, 6: 1<<48 | 1, 7: 1<<56 | 1}
	stride = [8]int{0: 8, 1: 8, 2: 8, 3: 6, 4: 8, 5: 5, 6: 6, 7: 7}
)

// maxStep is how much a step of symbols makes: two literals and the longest match.
const maxStep = 2 + 258

// ending is why symbols stops.
type ending int

const (
	needsRoom ending = iota // the input or the output is nearly used up
	atEnd                   // of the block
	damaged
)

// block decodes symbols until the end of the block, and returns where the
// output then ends. buf is the output, of which op bytes are there, and slack.
func (d *Decoder) block(t *tables, buf []byte, op int) (int, bool) {
	if !d.refill() {
		return op, false
	}
	start := unsafe.Pointer(unsafe.SliceData(buf))
	out, end := unsafe.Add(start, op), unsafe.Add(start, len(buf)-Slack)
	for uintptr(out) <= uintptr(end) && d.room() {
		var why ending
		if out, why = d.symbols(t, out, start, end, end); why != needsRoom {
			return int(uintptr(out) - uintptr(start)), why == atEnd
		}
	}
	return op, false
}

// symbols decodes symbols as long as there is input for refills and output for
// literals, and returns where the output then ends. It is one long function
// since all of it is hot, and keeps the reader's state in registers.
//
// The output starts at start, ends at end with Slack bytes behind it, and is
// there up to out. No step begins behind soft; one makes up to maxStep bytes. Nothing checks bounds but what is said here:
//
//   - At the top of the loop, ahead bytes follow in. A step refills at most
//     twice. Each time it loads 8 bytes and goes on by at most 7: all that is
//     read is below in+15, and in stays inside.
//   - At the top, out <= soft <= end. A step writes at most 3 literals, so that all are
//     below end+3, or up to 2 and a match. A match is copied only if what it
//     repeats starts at or behind start, and its own end is at or before end. The
//     last write of a copy starts before that end, and has 16 bytes at most: all is
//     below end+15. What is read for it, 16 bytes at most, starts before what is
//     written at the same time.
//   - A first level is indexed with bits under its mask, a second level with a
//     check of Go's.
//
// It looks up the next code, e, as soon as it has the bits, so that this goes
// on while a match is copied. Behind a refill there are at least 56 bits.
func (d *Decoder) symbols(t *tables, out, start, soft, end unsafe.Pointer) (unsafe.Pointer, ending) {
	in, limit := d.bounds()
	bb, bn := d.bb, uint64(d.bn) // of bn only the low 6 bits count: entries are subtracted whole
	mask := t.litMask
	e := *(*entry)(unsafe.Add(unsafe.Pointer(&t.lit), 4*(bb&mask)))
	why := needsRoom
	for uintptr(in) <= uintptr(limit) && uintptr(out) <= uintptr(soft) {
		bb |= load(in, 0) << (bn & 63)
		in = unsafe.Add(in, 7-int(bn>>3&7))
		bn |= 56
		// Three literals of the first level and the look-up of the next code take
		// up to 4*11 bits. Two and a length, with its extra bits, take 2*11+15+5,
		// and leave 14 for the look-up of a distance.
		if e&isLiteral != 0 {
			bb >>= e & 63
			*(*byte)(out) = byte(e >> 16)
			out = unsafe.Add(out, 1)
			bn -= uint64(e)
			e = *(*entry)(unsafe.Add(unsafe.Pointer(&t.lit), 4*(bb&mask)))
			if e&isLiteral != 0 {
				bb >>= e & 63
				*(*byte)(out) = byte(e >> 16)
				out = unsafe.Add(out, 1)
				bn -= uint64(e)
				e = *(*entry)(unsafe.Add(unsafe.Pointer(&t.lit), 4*(bb&mask)))
				if e&isLiteral != 0 {
					bb >>= e & 63
					*(*byte)(out) = byte(e >> 16)
					out = unsafe.Add(out, 1)
					bn -= uint64(e)
					e = *(*entry)(unsafe.Add(unsafe.Pointer(&t.lit), 4*(bb&mask)))
					continue
				}
			}
		}
		if e&isSpecial != 0 {
			if e&isNext != 0 {
				bb >>= e & 63
				bn -= uint64(e)
				e = t.lit[uint64(e>>16)+bb&(1<<(e>>8&15)-1)]
			}
			if e&isLiteral != 0 {
				bb >>= e & 63
				*(*byte)(out) = byte(e >> 16)
				out = unsafe.Add(out, 1)
				bn -= uint64(e)
				e = *(*entry)(unsafe.Add(unsafe.Pointer(&t.lit), 4*(bb&mask)))
				continue
			}
			if e&isSpecial != 0 {
				bb >>= e & 63
				bn -= uint64(e)
				why = damaged
				if e&isEnd != 0 {
					why = atEnd
				}
				break
			}
		}
		before := bb
		bb >>= e & 63
		bn -= uint64(e)
		length := int(e>>16) + int((before^bb<<(e&63))>>(e>>8&15))

		// A distance, with its extra bits, takes up to 15+13 bits, and leaves 28
		// for the look-up of the next code.
		e = *(*entry)(unsafe.Add(unsafe.Pointer(&t.dist), 4*(bb&t.distMask)))
		bb |= load(in, 0) << (bn & 63)
		in = unsafe.Add(in, 7-int(bn>>3&7))
		bn |= 56
		if e&isSpecial != 0 {
			if e&isNext != 0 {
				bb >>= e & 63
				bn -= uint64(e)
				e = t.dist[uint64(e>>16)+bb&(1<<(e>>8&15)-1)]
			}
			if e&isSpecial != 0 {
				why = damaged
				break
			}
		}
		before = bb
		bb >>= e & 63
		bn -= uint64(e)
		dist := int(e>>16) + int((before^bb<<(e&63))>>(e>>8&15))
		if uintptr(dist) > uintptr(out)-uintptr(start) || length > int(uintptr(end)-uintptr(out)) {
			why = damaged
			break
		}
		e = *(*entry)(unsafe.Add(unsafe.Pointer(&t.lit), 4*(bb&mask)))

		to, from := out, unsafe.Add(out, -dist)
		out = unsafe.Add(out, length)
		switch {
		case dist >= 16:
			*(*[16]byte)(to) = *(*[16]byte)(from)
			for i := 16; i < length; i += 16 {
				*(*[16]byte)(unsafe.Add(to, i)) = *(*[16]byte)(unsafe.Add(from, i))
			}
		case dist >= 8:
			for i := 0; i < length; i += 8 {
				store(to, i, load(from, i))
			}
		default:
			pattern := load(from, 0) & (1<<(8*dist&63) - 1) * repeat[dist&7]
			step := stride[dist&7]
			for i := 0; i < length; i += step {
				store(to, i, pattern)
			}
		}
	}
	d.setIn(in)
	d.bb, d.bn = bb, uint(bn&63)
	return out, why
}
