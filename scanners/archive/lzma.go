package archive

import (
	"bufio"
	"encoding/binary"
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

// put adds a byte to the window.
func (d *lzmaDecoder) put(b byte) {
	if len(d.win) < d.dict {
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

// Read implements io.Reader.
func (d *lzmaDecoder) Read(p []byte) (n int, err error) {
	if d.size >= 0 && int64(len(p)) > d.size {
		p = p[:d.size]
		if len(p) == 0 {
			return 0, io.EOF
		}
	}
	for n < len(p) && !d.ended {
		if d.left > 0 {
			b := d.back(d.rep[0])
			d.put(b)
			p[n] = b
			n++
			d.left--
			continue
		}
		b, literal, err := d.symbol()
		if err == nil {
			err = d.err
		}
		if err != nil {
			return n, err
		}
		if literal {
			d.put(b)
			p[n] = b
			n++
		}
	}
	if d.size >= 0 {
		d.size -= int64(n)
	}
	if n == 0 && d.ended {
		return 0, io.EOF
	}
	return n, nil
}

// symbol decodes a literal, or the length and the distance of a match.
func (d *lzmaDecoder) symbol() (b byte, literal bool, err error) {
	p := &d.p
	pos := uint(d.total) & (1<<d.pb - 1)
	if d.bit(&p.match[d.state<<4+pos]) == 0 {
		return d.literal(), true, nil
	}
	if d.bit(&p.isRep[d.state]) == 0 {
		d.rep[3], d.rep[2], d.rep[1] = d.rep[2], d.rep[1], d.rep[0]
		length := d.length(&p.length, pos)
		d.state = later(d.state, 7, 10)
		if d.rep[0] = d.distance(length); d.rep[0] == 1<<32-1 {
			d.ended = true
			return 0, false, nil
		}
		d.left = length + 2
		return 0, false, d.checkDistance()
	}
	if len(d.win) == 0 {
		return 0, false, errDamaged
	}
	if d.bit(&p.isRep0[d.state]) == 0 {
		if d.bit(&p.rep0Long[d.state<<4+pos]) == 0 {
			d.state = later(d.state, 9, 11)
			d.left = 1
			return 0, false, d.checkDistance()
		}
	} else {
		i := 1
		if d.bit(&p.isRep1[d.state]) == 1 {
			i = 2 + int(d.bit(&p.isRep2[d.state]))
		}
		dist := d.rep[i]
		copy(d.rep[1:i+1], d.rep[:i])
		d.rep[0] = dist
	}
	d.left = d.length(&p.repLength, pos) + 2
	d.state = later(d.state, 8, 11)
	return 0, false, d.checkDistance()
}

func (d *lzmaDecoder) checkDistance() error {
	if int64(d.rep[0]) >= int64(len(d.win)) {
		return fmt.Errorf("distance in LZMA: %w", errDamaged)
	}
	return nil
}

func later(state, a, b uint) uint {
	if state < 7 {
		return a
	}
	return b
}

// newLZMA decodes what has five bytes of properties; size is that of the text,
// or -1.
func newLZMA(r io.Reader, props []byte, size int64) (io.Reader, error) {
	if len(props) < 5 {
		return nil, errDamaged
	}
	d := &lzmaDecoder{src: r, size: size}
	if err := d.setProps(props[0]); err != nil {
		return nil, err
	}
	dict := binary.LittleEndian.Uint32(props[1:])
	if dict > maxDict {
		return nil, errDict
	}
	d.dict = max(1<<12, int(dict))
	d.reset()
	return d, d.begin()
}

// newLZMAFile decodes a file of the old .lzma format.
func newLZMAFile(r io.Reader) (io.Reader, error) {
	var h [13]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, err
	}
	return newLZMA(r, h[:5], int64(binary.LittleEndian.Uint64(h[5:])))
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
func newLZMA2(r *bufio.Reader, dict byte) (*lzma2, error) {
	if dict > 40 {
		return nil, errDamaged
	}
	size := uint64(2|dict&1) << (dict/2 + 11)
	if size > maxDict {
		return nil, errDict
	}
	return &lzma2{r: r, d: lzmaDecoder{dict: int(size)}}, nil
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
		l.d.win, l.d.wpos, l.ready = l.d.win[:0], 0, true
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
	if _, err := io.ReadFull(l.r, l.chunk[:size]); err != nil {
		return err
	}
	l.d.in, l.d.pos, l.d.left = l.chunk[:size], 0, 0
	return l.d.begin()
}
