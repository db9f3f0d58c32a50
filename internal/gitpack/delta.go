package gitpack

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Op is one instruction of a delta: copy Len bytes of the base from Off, or
// insert Len bytes that stand at Off of the delta.
type Op struct {
	Copy     bool
	Off, Len int
}

// deltaReader reads the instructions of a delta.
type deltaReader struct {
	delta []byte
	at    int
	Base  int // size that the base must have
	Size  int // size of the result
}

// readDelta reads a delta's header. It returns no pointer, which would be an
// allocation for each object.
func readDelta(delta []byte) (r deltaReader, err error) {
	r.delta = delta
	if r.Base, err = r.size(); err == nil {
		r.Size, err = r.size()
	}
	return r, err
}

func (r *deltaReader) size() (int, error) {
	n := uint64(0)
	for shift := 0; shift <= 56; shift += 7 {
		if r.at >= len(r.delta) {
			break
		}
		b := r.delta[r.at]
		r.at++
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if n > maxDelta {
				return 0, errTooBig
			}
			return int(n), nil
		}
	}
	return 0, fmt.Errorf("%w: a delta's header is cut off", errCorrupt)
}

// next returns the next instruction, false at the end. The instruction lies
// within the base or the delta.
func (r *deltaReader) next() (Op, bool, error) {
	if r.at >= len(r.delta) {
		return Op{}, false, nil
	}
	code := r.delta[r.at]
	r.at++
	if code == 0 {
		return Op{}, false, fmt.Errorf("%w: a delta has a reserved instruction", errCorrupt)
	}
	if code < 0x80 {
		op := Op{Off: r.at, Len: int(code)}
		if r.at += op.Len; r.at > len(r.delta) {
			return Op{}, false, fmt.Errorf("%w: a delta's insert is cut off", errCorrupt)
		}
		return op, true, nil
	}
	off, n, err := r.copied(uint64(code))
	if err != nil {
		return Op{}, false, err
	}
	if n == 0 {
		n = 0x10000
	}
	if off+n > uint64(r.Base) {
		return Op{}, false, fmt.Errorf("%w: a delta copies from outside its base", errCorrupt)
	}
	return Op{Copy: true, Off: int(off), Len: int(n)}, true, nil
}

// copied returns the offset and the length of a copy: its low bits say which of their bytes
// follow, the lowest first. Which do is different from copy to copy, so that a branch for
// each would be predicted badly.
func (r *deltaReader) copied(code uint64) (off, n uint64, err error) {
	have := bits.OnesCount64(code & 0x7f)
	if have > len(r.delta)-r.at {
		return 0, 0, fmt.Errorf("%w: a delta's copy is cut off", errCorrupt)
	}
	var x uint64
	if r.at+8 <= len(r.delta) {
		x = binary.LittleEndian.Uint64(r.delta[r.at:])
	} else {
		var end [8]byte
		copy(end[:], r.delta[r.at:])
		x = binary.LittleEndian.Uint64(end[:])
	}
	r.at += have
	o0, x := taken(x, code&1)
	o1, x := taken(x, code>>1&1)
	o2, x := taken(x, code>>2&1)
	o3, x := taken(x, code>>3&1)
	n0, x := taken(x, code>>4&1)
	n1, x := taken(x, code>>5&1)
	n2, _ := taken(x, code>>6&1)
	return o0 | o1<<8 | o2<<16 | o3<<24, n0 | n1<<8 | n2<<16, nil
}

// taken is the lowest byte of x and what is left of it, if is is 1; 0 and x, if it is 0.
func taken(x, is uint64) (b, rest uint64) { return x & 0xff & -is, x >> (8 * is & 63) }

// applyDelta appends the result of a delta to buf[:0].
func applyDelta(buf, base, delta []byte) ([]byte, error) {
	r, err := readDelta(delta)
	if err != nil {
		return nil, err
	}
	return r.apply(buf, base)
}

// apply is applyDelta for a delta of which the header has been read.
func (r deltaReader) apply(buf, base []byte) ([]byte, error) {
	if r.Base != len(base) {
		return nil, fmt.Errorf("%w: a delta is for a base of %d bytes, it has %d", errCorrupt, r.Base, len(base))
	}
	if cap(buf) < r.Size {
		// Checked before it is allocated: a few bytes can claim a gigabyte.
		if !r.honest() {
			return nil, fmt.Errorf("%w: a delta's result has not the size that it says", errCorrupt)
		}
		buf = make([]byte, 0, r.Size)
	}
	if buf == nil {
		buf = []byte{} // nil stands for what is not there
	}
	buf = buf[:0]
	for {
		op, more, err := r.next()
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		if len(buf)+op.Len > r.Size {
			return nil, fmt.Errorf("%w: a delta's result is larger than it says", errCorrupt)
		}
		if op.Copy {
			buf = append(buf, base[op.Off:op.Off+op.Len]...)
		} else {
			buf = append(buf, r.delta[op.Off:op.Off+op.Len]...)
		}
	}
	if len(buf) != r.Size {
		return nil, fmt.Errorf("%w: a delta's result is smaller than it says", errCorrupt)
	}
	return buf, nil
}

// honest reports whether the instructions that follow yield as much as the
// header says.
func (r deltaReader) honest() bool {
	n := 0
	for n <= r.Size {
		op, more, err := r.next()
		if err != nil || !more {
			return err == nil && n == r.Size
		}
		n += op.Len
	}
	return false
}

// appendCopies appends the copies of a delta that has been applied. Those that
// go on where the one before ended, on both sides, are one.
func appendCopies(out []Copy, delta []byte) []Copy {
	r, err := readDelta(delta)
	if err != nil {
		return nil
	}
	for to := 0; ; {
		op, more, err := r.next()
		if err != nil || !more {
			return out
		}
		if n := len(out); op.Copy && n > 0 && out[n-1].To+out[n-1].Len == to && out[n-1].From+out[n-1].Len == op.Off {
			out[n-1].Len += op.Len
		} else if op.Copy {
			out = append(out, Copy{op.Off, to, op.Len})
		}
		to += op.Len
	}
}
