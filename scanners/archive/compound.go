package archive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// compound emits the streams of a compound file of OLE: of Office before 2007, of
// Outlook's messages and of installers. A document that Office has encrypted is one
// too. See [MS-CFB].
func (w *walker) compound(in *input, depth int) error {
	c := &compoundReader{walker: w, in: in, depth: depth}
	if err := c.open(); err != nil {
		return err
	}
	if err := c.storage(int64(c.entryNumber(0, 76)), ""); err != nil {
		return err
	}
	return c.broken
}

type compoundReader struct {
	*walker
	in           *input
	depth        int
	sector, mini int64    // sizes
	cutoff       int64    // streams that are shorter are in mini sectors
	fat, miniFAT []uint32 // the sector that follows each
	dir          []byte
	small        []int64 // sectors of the mini sectors
	seen         []bool  // entries of dir
	taken        int64
	broken       error
}

const (
	compoundEntry = 128
	noEntry       = 0xFFFFFFFF
	maxSectors    = 1 << 20
	maxDirectory  = 16 << 20 // bytes; of the table of mini sectors too
)

var errCompound = fmt.Errorf("compound file: %w", errDamaged)

func (c *compoundReader) open() error {
	var h [512]byte
	if n, _ := c.in.at.ReadAt(h[:], 0); n < len(h) {
		return io.ErrUnexpectedEOF
	}
	shift, miniShift := le16(h[30:]), le16(h[32:])
	if shift != 9 && shift != 12 || miniShift != 6 {
		return errCompound
	}
	c.sector, c.mini, c.cutoff = 1<<shift, 1<<miniShift, int64(le32(h[56:]))
	if c.in.size/c.sector > maxSectors {
		return errTooLarge
	}
	c.readFAT(h[:])
	for _, b := range c.chain(le32(h[60:]), maxDirectory) {
		c.miniFAT = append(c.miniFAT, c.numbers(b)...)
	}
	for _, at := range c.chain(le32(h[48:]), maxDirectory) {
		b := make([]byte, c.sector)
		n, _ := c.in.at.ReadAt(b, at)
		c.dir = append(c.dir, b[:n]...)
	}
	if c.seen = make([]bool, len(c.dir)/compoundEntry); len(c.seen) == 0 {
		return io.ErrUnexpectedEOF
	}
	c.small = c.chain(c.entryNumber(0, 116), c.in.size)
	return nil
}

// readFAT reads the table of sectors, which is in sectors that the header lists, and a
// chain of further ones.
func (c *compoundReader) readFAT(h []byte) {
	all := c.in.size / c.sector
	list := make([]uint32, 0, 109)
	for i := range 109 {
		list = append(list, le32(h[76+4*i:]))
	}
	for next, n := le32(h[68:]), int64(0); next < maxSectors && n <= all && int64(len(list)) <= all+109; n++ {
		more := c.numbers(c.place(next))
		if len(more) == 0 {
			break
		}
		list, next = append(list, more[:len(more)-1]...), more[len(more)-1]
	}
	for _, s := range list {
		if s < maxSectors && int64(len(c.fat)) <= all {
			c.fat = append(c.fat, c.numbers(c.place(s))...)
		}
	}
}

// place is where a sector is: the header is in front of them.
func (c *compoundReader) place(sector uint32) int64 { return (int64(sector) + 1) * c.sector }

// numbers reads a sector of numbers. There are none behind the end of the file.
func (c *compoundReader) numbers(at int64) []uint32 {
	b := make([]byte, c.sector)
	n, _ := c.in.at.ReadAt(b, at)
	out := make([]uint32, n/4)
	for i := range out {
		out[i] = le32(b[4*i:])
	}
	if n < len(b) {
		c.broken = io.ErrUnexpectedEOF
	}
	return out
}

// chain lists where the sectors of a chain are, of which there are most bytes.
func (c *compoundReader) chain(first uint32, most int64) (at []int64) {
	for s := first; int64(s) < int64(len(c.fat)) && int64(len(at)) <= most/c.sector; s = c.fat[s] {
		at = append(at, c.place(s))
	}
	return at
}

func (c *compoundReader) entryNumber(i int64, field int) uint32 {
	return le32(c.dir[i*compoundEntry+int64(field):])
}

// storage emits the streams of a storage, of which the entries are a tree.
func (c *compoundReader) storage(i int64, path string) error {
	todo := []int64{i}
	for len(todo) > 0 {
		i, todo = todo[len(todo)-1], todo[:len(todo)-1]
		if i >= int64(len(c.seen)) || c.seen[i] {
			continue
		}
		c.seen[i] = true
		if err := c.entry(); err != nil {
			return err
		}
		todo = append(todo, int64(c.entryNumber(i, 72)), int64(c.entryNumber(i, 68)))
		name := path + c.nameOf(i)
		switch c.dir[i*compoundEntry+66] {
		case 1:
			if strings.Count(name, "/") < 16 {
				if err := c.storage(int64(c.entryNumber(i, 76)), name+"/"); err != nil {
					return err
				}
			}
		case 2:
			if err := c.stream(i, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// nameOf is the name of an entry. Some begin with a number below that of a space.
func (c *compoundReader) nameOf(i int64) string {
	e := c.dir[i*compoundEntry:]
	n := min(int(le16(e[64:])), 64)/2 - 1
	u := make([]uint16, max(0, n))
	for k := range u {
		u[k] = binary.LittleEndian.Uint16(e[2*k:])
	}
	return strings.TrimLeftFunc(string(utf16.Decode(u)), func(r rune) bool { return r < ' ' })
}

// stream looks into a stream.
func (c *compoundReader) stream(i int64, name string) error {
	at := join(c.in.path, clean(name))
	size := int64(c.entryNumber(i, 120))
	if name == "EncryptedPackage" {
		c.leaveOut(encrypted, c.in.path)
		return nil
	}
	if size == 0 {
		return nil
	}
	if c.taken += size; c.taken > c.in.size {
		c.broken = errCompound // streams that share bytes
		return nil
	}
	s := &compoundStream{c: c, left: size, mini: size < c.cutoff, next: c.entryNumber(i, 116)}
	inner := c.walker.stream(at, &meter{r: s, w: c.walker})
	defer c.close(inner)
	inner.size = size
	head := inner.peek(64)
	switch {
	case name == "WordDocument" && len(head) > 12 && le16(head) == 0xA5EC && head[11]&1 != 0, // fEncrypted of [MS-DOC], 2.5.2
		name == "Workbook" && len(head) > 24 && le16(head[4+int(min(le16(head[2:]), 16)):]) == 0x2F: // FilePass of [MS-XLS], 2.4.117
		c.leaveOut(encrypted, at)
		return nil
	}
	if name == "Ole10Native" && size > 4 && size <= maxDocument {
		b, _ := io.ReadAll(io.LimitReader(inner.reader(), size))
		if inside, data, ok := olePackage(b[min(4, len(b)):]); ok {
			return c.visitBytes(at+"!"+inside, data, c.depth)
		}
		return c.visitBytes(at, b, c.depth)
	}
	if strings.Contains(name, "VBA/") && size <= maxDocument {
		b, _ := io.ReadAll(io.LimitReader(inner.reader(), size))
		return c.module(at, b)
	}
	return c.visit(inner, c.depth)
}

// module emits the source in a module of Visual Basic, and looks into its bytes.
func (c *compoundReader) module(at string, b []byte) error {
	source, whole := vbaSource(b)
	if err := c.charge(int64(len(source))); err != nil {
		return err
	}
	if len(source) > 0 {
		if err := c.text(join(at, "source"), bytes.NewReader(source)); err != nil {
			return err
		}
	}
	if !whole {
		c.broken = io.ErrUnexpectedEOF
	}
	return c.visitBytes(at, b, c.depth)
}

// compoundStream reads a stream, sector by sector.
type compoundStream struct {
	c    *compoundReader
	left int64
	mini bool
	next uint32
	off  int64 // in the sector
}

// Read implements io.Reader. A chain that ends early is io.ErrUnexpectedEOF.
func (s *compoundStream) Read(p []byte) (int, error) {
	if s.left <= 0 {
		return 0, io.EOF
	}
	c, size, fat := s.c, s.c.sector, s.c.fat
	if s.mini {
		size, fat = c.mini, c.miniFAT
	}
	if int64(s.next) >= int64(len(fat)) {
		return 0, io.ErrUnexpectedEOF
	}
	at := c.place(s.next)
	if s.mini {
		from := int64(s.next) * c.mini
		if from/c.sector >= int64(len(c.small)) {
			return 0, io.ErrUnexpectedEOF
		}
		at = c.small[from/c.sector] + from%c.sector
	}
	n, err := c.in.at.ReadAt(p[:min(int64(len(p)), size-s.off, s.left)], at+s.off)
	s.left -= int64(n)
	if s.off += int64(n); s.off == size {
		s.next, s.off = fat[s.next], 0
	}
	if n == 0 && err == io.EOF {
		return 0, io.ErrUnexpectedEOF
	}
	return n, nil
}

// olePackage is the file that somebody put into a document, with its name: [MS-OLEDS]
// does not describe it, but every writer does as Windows' packager did.
func olePackage(b []byte) (name string, data []byte, ok bool) {
	text := func() string {
		i := 0
		for i < len(b) && b[i] != 0 {
			i++
		}
		t := string(b[:i])
		b = b[min(len(b), i+1):]
		return t
	}
	if len(b) < 16 || le16(b) != 2 {
		return "", nil, false
	}
	b = b[2:]
	name = text()
	text()
	if len(b) < 8 {
		return "", nil, false
	}
	n := uint64(le32(b[4:]))
	if b = b[8:]; n > uint64(len(b)) {
		return "", nil, false
	}
	if b = b[n:]; len(b) < 4 {
		return "", nil, false
	}
	n = uint64(le32(b))
	b = b[4:]
	return clean(name), b[:min(n, uint64(len(b)))], len(b) > 0
}
