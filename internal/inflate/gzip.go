package inflate

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// ErrHeader is what NewGzip and, behind the first member, Read say of what is no gzip.
var ErrHeader = errors.New("invalid header of gzip")

// Gzip decompresses gzip (RFC 1952): one member after the other.
type Gzip struct {
	s     *stream
	crc   uint32
	size  uint32
	err   error
	wrong error // checksum of a member that was read

	fields []byte
	more   bool // than fields has
}

// maxFields is how many bytes of the fields of headers are kept.
const maxFields = 1 << 20

// minField is the shortest one: the extra fields of BGZF have six bytes in each member.
const minField = 8

// Fields returns the extra fields, names and comments of the headers that were read, a
// line for each that is not tiny, up to 1 MiB. It is not whole if there was more.
func (g *Gzip) Fields() (text []byte, whole bool) { return g.fields, !g.more }

// keep adds to a field.
func (g *Gzip) keep(b []byte) {
	n := min(len(b), maxFields-len(g.fields))
	g.fields = append(g.fields, b[:n]...)
	g.more = g.more || n < len(b)
}

// ended ends a field that begins at from in fields.
func (g *Gzip) ended(from int) {
	if len(g.fields)-from < minField {
		g.fields = g.fields[:from]
		return
	}
	g.keep([]byte{'\n'})
}

// NewGzip reads the header. Close lets others use what it takes.
func NewGzip(src io.Reader) (*Gzip, error) {
	g := &Gzip{s: newStream(src)}
	if err := g.header(false); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// Close ends the use of a Gzip.
func (g *Gzip) Close() error {
	if g.s != nil {
		g.s.close()
		g.s, g.err = nil, io.ErrClosedPipe
	}
	return nil
}

// Read implements io.Reader. A wrong checksum is ErrDamaged, behind all members.
func (g *Gzip) Read(p []byte) (int, error) {
	for g.err == nil {
		n, err := g.s.read(p)
		g.crc, g.size = crc32.Update(g.crc, crc32.IEEETable, p[:n]), g.size+uint32(n)
		if err == io.EOF {
			err = g.after()
		}
		g.err = err
		if n > 0 {
			return n, nil
		}
		if len(p) == 0 {
			break
		}
	}
	return 0, g.err
}

// next is the next n bytes, at most maxStart, which are behind all that was used.
// There are none if there are not as many.
func (g *Gzip) next(n int) []byte {
	s := g.s
	s.seek(s.d.at() - s.base)
	s.fill(n)
	at := s.d.ip
	if at+n > s.n {
		return nil
	}
	s.d.ip += n
	return s.in[at : at+n]
}

// cut is what is wrong where bytes are missing.
func (g *Gzip) cut() error {
	if g.s.err != nil {
		return g.s.err
	}
	return io.ErrUnexpectedEOF
}

// after goes on behind a member. What is wrong with its checksum is said at the end:
// the next members may be whole.
func (g *Gzip) after() error {
	err := g.trailer()
	if errors.Is(err, ErrDamaged) {
		g.wrong, err = cmp.Or(g.wrong, err), nil
	}
	if err == nil {
		err = g.header(true)
	}
	if err == io.EOF && g.wrong != nil {
		return g.wrong
	}
	return err
}

// trailer compares what stands behind a member with what came out of it.
func (g *Gzip) trailer() error {
	b := g.next(8)
	if b == nil {
		return g.cut()
	}
	if binary.LittleEndian.Uint32(b) != g.crc || binary.LittleEndian.Uint32(b[4:]) != g.size {
		return fmt.Errorf("%w: wrong checksum", ErrDamaged)
	}
	return nil
}

const (
	hasSum = 1 << (iota + 1)
	hasExtra
	hasName
	hasComment
)

// header reads that of a member. It is io.EOF if there is nothing. Behind a member there may
// be zeros, which gzip passes over too: blocks of tapes are full
// (https://www.gnu.org/software/gzip/manual/gzip.html#Tapes).
func (g *Gzip) header(padded bool) error {
	b := g.next(1)
	for padded && b != nil && b[0] == 0 {
		b = g.next(1)
	}
	if b == nil && g.s.err == nil {
		return io.EOF
	}
	if b == nil {
		return g.s.err
	}
	first := b[0]
	if b = g.next(9); b == nil {
		return g.cut()
	}
	if first != 0x1f || b[0] != 0x8b || b[1] != 8 {
		return ErrHeader
	}
	flags, skip := b[2], 0
	if flags&hasExtra != 0 {
		if b = g.next(2); b == nil {
			return g.cut()
		}
		skip = int(binary.LittleEndian.Uint16(b))
	}
	from := len(g.fields)
	for ; skip > 0; skip -= min(skip, maxStart) {
		if b = g.next(min(skip, maxStart)); b == nil {
			return g.cut()
		}
		g.keep(b)
	}
	g.ended(from)
	for _, flag := range []byte{hasName, hasComment} {
		from = len(g.fields)
		for flags&flag != 0 {
			if b = g.next(1); b == nil {
				return g.cut()
			}
			if b[0] == 0 {
				break
			}
			g.keep(b)
		}
		g.ended(from)
	}
	if flags&hasSum != 0 && g.next(2) == nil {
		return g.cut()
	}
	g.s.begin()
	g.crc, g.size = 0, 0
	return nil
}
