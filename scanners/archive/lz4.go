package archive

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// The marks of LZ4: of frames, of the older format of its command, and, with any last
// four bits, of frames that are to be skipped. What is not said here is of
// https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md.
const (
	lz4Frame  = 0x184D2204
	lz4Legacy = 0x184C2102
	lz4Skip   = 0x184D2A50

	lz4Back        = 64 << 10 // how far a copy reaches back
	lz4LegacyBlock = 8 << 20
)

// lz4Reader reads LZ4: frames, one after the other.
type lz4Reader struct {
	r     *bufio.Reader
	large func() error // asked before a block of more than 1 MiB is made
	asked bool

	flags byte // of the frame
	most  int  // bytes in a block
	open  bool // blocks follow
	old   bool // of the older format
	begun bool // there was a frame
	sum   xxh32

	packed []byte
	text   []byte // what a copy can reach back to, and the block
	at     int    // in text: what is to be read next
	err    error
}

func newLZ4(r io.Reader, large func() error) *lz4Reader {
	return &lz4Reader{r: bufio.NewReader(r), large: large}
}

// Read implements io.Reader.
func (z *lz4Reader) Read(p []byte) (int, error) {
	for z.at == len(z.text) {
		if z.err != nil {
			return 0, z.err
		}
		if z.open {
			z.err = z.block()
		} else {
			z.err = z.frame()
		}
	}
	n := copy(p, z.text[z.at:])
	z.at += n
	return n, nil
}

// number reads four bytes; the end is one only where a frame may begin.
func (z *lz4Reader) number() (uint32, error) {
	var b [4]byte
	n, err := io.ReadFull(z.r, b[:])
	if err == io.EOF && n == 0 {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b[:]), err
}

// frame reads the head of a frame.
func (z *lz4Reader) frame() error {
	mark, err := z.number()
	if err != nil {
		if !z.begun {
			err = noEnd(err)
		}
		return err
	}
	return z.frameOf(mark)
}

func (z *lz4Reader) frameOf(mark uint32) error {
	switch {
	case mark == lz4Frame:
	case mark == lz4Legacy:
		z.begun, z.open, z.old, z.most = true, true, true, lz4LegacyBlock
		return nil
	case mark&^0xF == lz4Skip:
		n, err := z.number()
		if err == nil {
			_, err = io.CopyN(io.Discard, z.r, int64(n))
		}
		return noEnd(err)
	default:
		return fmt.Errorf("frame of LZ4: %w", errDamaged)
	}
	var head [15]byte
	if _, err := io.ReadFull(z.r, head[:2]); err != nil {
		return noEnd(err)
	}
	size := head[1] >> 4 & 7
	if z.flags = head[0]; z.flags>>6 != 1 || size < 4 {
		return fmt.Errorf("frame of LZ4: %w", errDamaged)
	}
	if z.flags&1 != 0 {
		return errUnknown("LZ4 with a dictionary")
	}
	n := 2
	if z.flags&8 != 0 {
		n += 8
	}
	if _, err := io.ReadFull(z.r, head[2:n+1]); err != nil {
		return noEnd(err)
	}
	var sum xxh32
	sum.write(head[:n])
	if byte(sum.value()>>8) != head[n] {
		return fmt.Errorf("frame of LZ4: %w", errDamaged)
	}
	z.begun, z.open, z.old, z.most, z.sum = true, true, false, 1<<(8+2*size), xxh32{}
	z.text, z.at = z.text[:0], 0
	return nil
}

// block unpacks the next block, or ends the frame.
func (z *lz4Reader) block() error {
	n, err := z.number()
	switch {
	case err == io.EOF && z.old:
		return io.EOF
	case err != nil:
		return noEnd(err)
	case n == 0 && !z.old:
		return z.close()
	case z.old && int(n&0x7FFFFFFF) > z.most+z.most/255+16:
		z.open = false
		return z.frameOf(n)
	}
	plain := n>>31 != 0 && !z.old
	n &= 0x7FFFFFFF
	if int(n) > z.most+z.most/255+16 {
		return fmt.Errorf("block of LZ4: %w", errDamaged)
	}
	if z.most > 1<<20 && !z.asked {
		if z.asked = true; z.large != nil {
			if err := z.large(); err != nil {
				return err
			}
		}
	}
	z.packed = append(z.packed[:0], make([]byte, n)...)
	got, err := io.ReadFull(z.r, z.packed)
	z.begin()
	bad := error(nil)
	if plain {
		z.text = append(z.text, z.packed[:got]...)
	} else {
		z.text, bad = lz4Block(z.text, z.packed[:got], z.at+z.most)
	}
	if err == nil && z.flags&0x10 != 0 && !z.old { // its sum: that of the content says as much
		_, err = z.number()
	}
	if err != nil || bad != nil {
		return noEnd(cmp.Or(err, bad))
	}
	if z.flags&4 != 0 && !z.old {
		z.sum.write(z.text[z.at:])
	}
	return nil
}

// begin makes room for a block.
func (z *lz4Reader) begin() {
	if keep := len(z.text) - lz4Back; keep > 0 {
		z.text = z.text[:copy(z.text, z.text[keep:])]
	}
	z.at = len(z.text)
}

// close ends a frame.
func (z *lz4Reader) close() error {
	z.open = false
	if z.flags&4 == 0 {
		return nil
	}
	sum, err := z.number()
	if err == nil && sum != z.sum.value() {
		err = fmt.Errorf("checksum of LZ4: %w", errDamaged)
	}
	return noEnd(err)
}

// noEnd makes an error of an end where there should be none.
func noEnd(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// lz4Block appends what a block unpacks to, up to a length of all; of a damaged one, what
// comes before the damage.
func lz4Block(text, in []byte, most int) ([]byte, error) {
	length := func(n int) int {
		for n >= 15 && len(in) > 0 {
			c := in[0]
			n, in = n+int(c), in[1:]
			if c != 255 || n > most {
				break
			}
		}
		return n
	}
	for len(in) > 0 {
		token := in[0]
		in = in[1:]
		n := length(int(token >> 4))
		if n > len(in) || n > most-len(text) {
			return text, fmt.Errorf("block of LZ4: %w", errDamaged)
		}
		text, in = append(text, in[:n]...), in[n:]
		if len(in) == 0 {
			return text, nil
		}
		if len(in) < 2 {
			break
		}
		back := int(in[0]) | int(in[1])<<8
		in = in[2:]
		n = 4 + length(int(token&15))
		if back == 0 || back > len(text) || n > most-len(text) {
			break
		}
		for n > 0 {
			k := min(n, back)
			text = append(text, text[len(text)-back:len(text)-back+k]...)
			n -= k
		}
	}
	return text, fmt.Errorf("block of LZ4: %w", errDamaged)
}

// xxh32 is XXH32 with the seed 0:
// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
type xxh32 struct {
	acc   [4]uint32
	buf   [16]byte
	n     int // in buf
	total uint64
}

var xxhPrime = [5]uint32{0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1}

func (x *xxh32) write(b []byte) {
	if x.total == 0 {
		x.acc = [4]uint32{xxhPrime[0] + xxhPrime[1], xxhPrime[1], 0, -xxhPrime[0]}
	}
	x.total += uint64(len(b))
	for len(b) > 0 {
		if x.n == 0 && len(b) >= 16 {
			x.stripe(b)
			b = b[16:]
			continue
		}
		k := copy(x.buf[x.n:], b)
		x.n, b = x.n+k, b[k:]
		if x.n == 16 {
			x.stripe(x.buf[:])
			x.n = 0
		}
	}
}

func (x *xxh32) stripe(b []byte) {
	for i := range x.acc {
		x.acc[i] = bits.RotateLeft32(x.acc[i]+binary.LittleEndian.Uint32(b[4*i:])*xxhPrime[1], 13) * xxhPrime[0]
	}
}

func (x *xxh32) value() uint32 {
	h := xxhPrime[4]
	if x.total >= 16 {
		h = bits.RotateLeft32(x.acc[0], 1) + bits.RotateLeft32(x.acc[1], 7) + bits.RotateLeft32(x.acc[2], 12) + bits.RotateLeft32(x.acc[3], 18)
	}
	h += uint32(x.total)
	rest := x.buf[:x.n]
	for ; len(rest) >= 4; rest = rest[4:] {
		h = bits.RotateLeft32(h+binary.LittleEndian.Uint32(rest)*xxhPrime[2], 17) * xxhPrime[3]
	}
	for _, c := range rest {
		h = bits.RotateLeft32(h+uint32(c)*xxhPrime[4], 11) * xxhPrime[0]
	}
	h = (h ^ h>>15) * xxhPrime[1]
	h = (h ^ h>>13) * xxhPrime[2]
	return h ^ h>>16
}
