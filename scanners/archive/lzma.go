package archive

import (
	"fmt"
	"io"
)

// lzmaDecoder decodes LZMA, after the specification in the LZMA SDK. The memory
// that it takes grows with what it has decoded, up to the size of its dictionary:
// a header can claim four gigabytes.
type lzmaDecoder struct {
	src       io.Reader // of compressed bytes
	in        []byte    // read from src, from pos on
	pos       int
	buf       []byte
	err       error // of src
	rng, code uint32

	lc, lp, pb uint
	state      uint
	rep        [4]uint32
	p          lzmaProbs

	win   []byte // the last bytes, up to dict; round when full
	wpos  int
	dict  int
	total int64
	left  int   // of the match at hand
	size  int64 // that is still to come; -1 if a mark ends it
	ended bool

	large func() error // is asked before the window takes more than smallDict
}

// lzmaProbs are the probabilities of bits.
type lzmaProbs struct {
	match, rep0Long               [12 << 4]uint16
	isRep, isRep0, isRep1, isRep2 [12]uint16
	slot                          [4 << 6]uint16
	special                       [115]uint16
	align                         [16]uint16
	length, repLength             lzmaLength
	literal                       []uint16
}

type lzmaLength struct {
	choice, choice2 uint16
	low, mid        [16 << 3]uint16
	high            [256]uint16
}

const (
	half    = 1 << 10
	maxDict = 128 << 20
)

var errDict = fmt.Errorf("dictionary of more than %d MiB: %w", maxDict>>20, errMethod)

func fill(p []uint16) {
	for i := range p {
		p[i] = half
	}
}

func (l *lzmaLength) reset() {
	l.choice, l.choice2 = half, half
	fill(l.low[:])
	fill(l.mid[:])
	fill(l.high[:])
}

// setProps takes the byte that says how contexts are made.
func (d *lzmaDecoder) setProps(b byte) error {
	if b >= 9*5*5 {
		return fmt.Errorf("properties of LZMA: %w", errDamaged)
	}
	d.lc, d.lp, d.pb = uint(b%9), uint(b/9%5), uint(b/45)
	return nil
}

// reset starts a state.
func (d *lzmaDecoder) reset() {
	p := &d.p
	if n := 0x300 << (d.lc + d.lp); cap(p.literal) < n {
		p.literal = make([]uint16, n)
	} else {
		p.literal = p.literal[:n]
	}
	for _, all := range [][]uint16{p.match[:], p.rep0Long[:], p.isRep[:], p.isRep0[:], p.isRep1[:], p.isRep2[:], p.slot[:], p.special[:], p.align[:], p.literal} {
		fill(all)
	}
	p.length.reset()
	p.repLength.reset()
	d.state, d.rep, d.left = 0, [4]uint32{}, 0
}

// begin reads the first bytes of a range coder's output.
func (d *lzmaDecoder) begin() error {
	d.rng, d.code = 1<<32-1, 0
	d.next()
	for range 4 {
		d.code = d.code<<8 | uint32(d.next())
	}
	return d.err
}

func (d *lzmaDecoder) next() byte {
	if d.pos < len(d.in) {
		d.pos++
		return d.in[d.pos-1]
	}
	if d.err != nil || d.src == nil {
		if d.err == nil {
			d.err = io.ErrUnexpectedEOF
		}
		return 0
	}
	if d.buf == nil {
		d.buf = make([]byte, 32<<10)
	}
	n, err := io.ReadAtLeast(d.src, d.buf, 1)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if d.in, d.pos, d.err = d.buf[:n], 0, err; n == 0 {
		return 0
	}
	d.pos = 1
	return d.in[0]
}

func (d *lzmaDecoder) bit(p *uint16) uint32 {
	if d.rng < 1<<24 {
		d.rng <<= 8
		d.code = d.code<<8 | uint32(d.next())
	}
	bound := (d.rng >> 11) * uint32(*p)
	if d.code < bound {
		d.rng = bound
		*p += (1<<11 - *p) >> 5
		return 0
	}
	d.rng -= bound
	d.code -= bound
	*p -= *p >> 5
	return 1
}

func (d *lzmaDecoder) direct(n int) (v uint32) {
	for range n {
		if d.rng < 1<<24 {
			d.rng <<= 8
			d.code = d.code<<8 | uint32(d.next())
		}
		d.rng >>= 1
		bit := uint32(0)
		if d.code >= d.rng {
			d.code -= d.rng
			bit = 1
		}
		v = v<<1 | bit
	}
	return v
}

func (d *lzmaDecoder) tree(p []uint16, n int) uint32 {
	m := uint32(1)
	for range n {
		m = m<<1 | d.bit(&p[m])
	}
	return m - 1<<n
}

func (d *lzmaDecoder) reverse(p []uint16, n int) (v uint32) {
	m := uint32(1)
	for i := range n {
		b := d.bit(&p[m])
		m = m<<1 | b
		v |= b << i
	}
	return v
}

func (d *lzmaDecoder) length(l *lzmaLength, pos uint) int {
	switch {
	case d.bit(&l.choice) == 0:
		return int(d.tree(l.low[pos<<3:][:8], 3))
	case d.bit(&l.choice2) == 0:
		return 8 + int(d.tree(l.mid[pos<<3:][:8], 3))
	}
	return 16 + int(d.tree(l.high[:], 8))
}

// smallDict is up to where a window grows step by step. Beyond that it is made as large
// as the dictionary at once: one that grows is there twice.
const smallDict = 8 << 20

// grow makes room in the window.
func (d *lzmaDecoder) grow() {
	room := min(max(64<<10, 2*cap(d.win)), d.dict)
	if room > smallDict {
		room = d.dict
		if d.err = d.large(); d.err != nil {
			return
		}
	}
	d.win = append(make([]byte, 0, room), d.win...)
}

// put adds a byte to the window.
func (d *lzmaDecoder) put(b byte) {
	if len(d.win) < d.dict {
		if len(d.win) == cap(d.win) {
			d.grow()
		}
		d.win = append(d.win, b)
		d.wpos = len(d.win) % d.dict
	} else {
		d.win[d.wpos] = b
		if d.wpos++; d.wpos == len(d.win) {
			d.wpos = 0
		}
	}
	d.total++
}

// back returns the byte that many before the last one.
func (d *lzmaDecoder) back(dist uint32) byte {
	i := d.wpos - 1 - int(dist)
	if len(d.win) < d.dict {
		i = len(d.win) - 1 - int(dist)
	}
	if i < 0 {
		i += len(d.win)
	}
	return d.win[i]
}

func (d *lzmaDecoder) literal() byte {
	prev := byte(0)
	if len(d.win) > 0 {
		prev = d.back(0)
	}
	at := (uint(d.total)&(1<<d.lp-1))<<d.lc + uint(prev)>>(8-d.lc)
	p := d.p.literal[0x300*at:][:0x300]
	m := uint32(1)
	if d.state >= 7 {
		for match := uint32(d.back(d.rep[0])); m < 0x100; {
			bit := match >> 7 & 1
			match <<= 1
			b := d.bit(&p[(1+bit)<<8+m])
			if m = m<<1 | b; b != bit {
				break
			}
		}
	}
	for m < 0x100 {
		m = m<<1 | d.bit(&p[m])
	}
	switch {
	case d.state < 4:
		d.state = 0
	case d.state < 10:
		d.state -= 3
	default:
		d.state -= 6
	}
	return byte(m)
}

func (d *lzmaDecoder) distance(length int) uint32 {
	at := min(length, 3)
	slot := d.tree(d.p.slot[at<<6:][:64], 6)
	if slot < 4 {
		return slot
	}
	n := int(slot>>1 - 1)
	dist := (2 | slot&1) << n
	if slot < 14 {
		return dist + d.reverse(d.p.special[dist-slot:], n)
	}
	return dist + d.direct(n-4)<<4 + d.reverse(d.p.align[:], 4)
}
