package inflate

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"unsafe"
)

const (
	window   = 32 << 10 // how far back a match reaches
	roomIn   = 32 << 10
	roomOut  = window + 64<<10
	maxStart = 1 << 10 // bytes of what stands in front of a block: 14+19*3+316*14 bits at most
	behind   = 8       // bytes of which bits may be unused
)

// Reader decompresses a stream of deflate. It reads ahead of its end.
type Reader struct{ s *stream }

// stream is the state of a Reader: 150 KiB that are used again.
type stream struct {
	d     Decoder
	src   io.Reader
	ended bool  // src has no more
	err   error // of src
	nones int   // reads in a row that returned nothing

	in   [roomIn]byte
	n    int // bytes in it
	base int // where it starts in the stream

	out      [roomOut + maxStep + Slack]byte
	from, to int // what was not handed out

	t     *tables // of the block that is read; nil between blocks
	plain int     // bytes that are left of a block that is not compressed
	final bool    // that block is the last
	done  error   // what comes behind to
}

var streams = sync.Pool{New: func() any { return new(stream) }}

func newStream(src io.Reader) *stream {
	r := streams.Get().(*stream)
	r.ended, r.err, r.nones, r.n, r.base, r.src = false, nil, 0, 0, 0, src
	r.d.start(r.in[:0], 0)
	r.begin()
	return r
}

func (r *stream) close() {
	r.src, r.err, r.done = nil, nil, nil
	streams.Put(r)
}

// NewReader starts to decompress what src has. Close lets others use what it takes.
func NewReader(src io.Reader) *Reader { return &Reader{newStream(src)} }

// Close ends the use of a Reader.
func (r *Reader) Close() error {
	if r.s != nil {
		r.s.close()
		r.s = nil
	}
	return nil
}

// Read implements io.Reader. The errors are those of the source, io.ErrUnexpectedEOF
// if the stream is cut off, and ErrDamaged.
func (r *Reader) Read(p []byte) (int, error) {
	if r.s == nil {
		return 0, io.ErrClosedPipe
	}
	return r.s.read(p)
}

// Used is how many bytes of the source belong to the stream, once Read has returned
// io.EOF; before, or if it is damaged, ended is false.
func (r *Reader) Used() (n int64, ended bool) {
	if r.s == nil || r.s.done != io.EOF {
		return 0, false
	}
	return int64(r.s.d.at()), true
}

// begin begins a stream of deflate where the input is.
func (r *stream) begin() {
	r.from, r.to, r.t, r.plain, r.final, r.done = 0, 0, nil, 0, false, nil
}

func (r *stream) read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for r.from == r.to {
		if r.done != nil {
			return 0, r.done
		}
		r.more()
	}
	n := copy(p, r.out[r.from:r.to])
	r.from += n
	return n, nil
}

// more decompresses until there is no more room. What was there has been handed out.
func (r *stream) more() {
	if r.to > window {
		copy(r.out[:], r.out[r.to-window:r.to])
		r.to = window
	}
	r.from = r.to
	for r.to < roomOut && r.done == nil {
		switch {
		case r.plain > 0:
			r.done = r.copyPlain()
		case r.t != nil:
			r.done = r.symbols()
		case r.final:
			r.done = io.EOF
		default:
			r.done = r.header()
		}
	}
}

// fill sees to it that the decoder has n bytes of input, if there are that many.
func (r *stream) fill(n int) {
	d := &r.d
	if d.inTail || r.ended || len(d.in)-d.ip >= n {
		return
	}
	drop := max(0, d.ip-behind)
	r.n = copy(r.in[:], r.in[drop:r.n])
	r.base, d.ip = r.base+drop, d.ip-drop
	for !r.ended && r.n-d.ip < n {
		k, err := r.src.Read(r.in[r.n:])
		if r.nones++; k > 0 {
			r.nones = 0
		} else if err == nil && r.nones > 100 {
			err = io.ErrNoProgress
		}
		r.n += k
		if err != nil {
			r.ended = true
			if err != io.EOF {
				r.err = err
			}
		}
	}
	d.in, d.off = r.in[:r.n], r.base
}

// used reports whether more of the input was used than there is.
func (r *stream) used() bool { return r.d.at() > r.base+r.n }

// bad is what is wrong where the data makes no sense.
func (r *stream) bad() error {
	switch {
	case r.err != nil && r.d.inTail:
		return r.err
	case r.ended && (r.used() || r.d.inTail && r.d.at()+2 >= r.base+r.n): // its last bits and zeros are no code
		return io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%w: no deflate", ErrDamaged)
}

// header reads what stands in front of a block.
func (r *stream) header() error {
	r.fill(maxStart)
	d := &r.d
	if !d.refill() {
		return r.bad()
	}
	head := d.take(3)
	r.final = head&1 == 1
	switch head >> 1 {
	case 0:
		return r.plainHeader()
	case 1:
		r.t = fixed
	case 2:
		if !d.dynamic() {
			return r.bad()
		}
		r.t = &d.t
	default:
		return r.bad()
	}
	if r.used() || !d.refill() {
		return r.bad()
	}
	return nil
}

// plainHeader reads the length of a block that is not compressed.
func (r *stream) plainHeader() error {
	at := r.d.at() - r.base
	if at+4 > r.n {
		if r.err != nil {
			return r.err
		}
		return io.ErrUnexpectedEOF
	}
	n := int(binary.LittleEndian.Uint16(r.in[at:]))
	if n != int(^binary.LittleEndian.Uint16(r.in[at+2:])) {
		return fmt.Errorf("%w: wrong length of a block", ErrDamaged)
	}
	r.plain = n
	r.seek(at + 4)
	return nil
}

// seek goes on at a byte of the input, and forgets bits.
func (r *stream) seek(at int) {
	r.d.start(r.in[:r.n], at)
	r.d.off = r.base
}

// copyPlain copies bytes of a block that is not compressed.
func (r *stream) copyPlain() error {
	r.fill(min(r.plain, maxStart))
	at := r.d.ip
	n := copy(r.out[r.to:roomOut], r.in[at:min(r.n, at+r.plain)])
	if n == 0 {
		if r.err != nil {
			return r.err
		}
		return io.ErrUnexpectedEOF
	}
	r.to, r.plain = r.to+n, r.plain-n
	r.d.ip += n
	return nil
}

// symbols decodes symbols of a block, until there is no room or the block ends.
func (r *stream) symbols() error {
	d := &r.d
	start := unsafe.Pointer(unsafe.SliceData(r.out[:]))
	end := unsafe.Add(start, roomOut+maxStep)
	for r.to < roomOut {
		r.fill(2 * ahead)
		if !d.room() {
			return r.bad()
		}
		soft := unsafe.Add(start, roomOut)
		if d.inTail { // a step at a time: what comes of bits that are not there does not count
			soft = unsafe.Add(start, r.to)
		}
		out, why := d.symbols(r.t, unsafe.Add(start, r.to), start, soft, end)
		if d.inTail && r.used() {
			return r.bad()
		}
		switch r.to = int(uintptr(out) - uintptr(start)); why {
		case damaged:
			return r.bad()
		case atEnd:
			r.t = nil
			return nil
		}
	}
	return nil
}
