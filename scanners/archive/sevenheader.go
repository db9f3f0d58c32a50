package archive

import "slices"

// sevenInfo is what a header says.
type sevenInfo struct {
	err       error
	packPos   int64
	packs     []int64 // sizes of the packed streams
	folders   []sevenFolder
	sizes     []int64    // of the files that have content
	sums      []sevenSum // of those
	names     []string   // of those
	bareNames []string   // of files without content
}

// sevenFolder is how some packed streams become files.
type sevenFolder struct {
	coders []sevenCoder
	binds  [][2]int // from the input of a coder to the output of another
	packed int      // packed streams that it takes
	inputs []int    // of coders, to which those go
	sizes  []int64  // of what each coder puts out
	pack   int      // the first packed stream
	files  int
	first  int // of the files
	sum    sevenSum
}

type sevenCoder struct {
	id    uint64
	props []byte
}

// What parts of a header begin with.
const (
	sevenEnd        = 0x00
	sevenHeader     = 0x01
	sevenArchive    = 0x02
	sevenAdditional = 0x03
	sevenMain       = 0x04
	sevenFiles      = 0x05
	sevenPack       = 0x06
	sevenUnpack     = 0x07
	sevenSubstreams = 0x08
	sevenSize       = 0x09
	sevenCRC        = 0x0A
	sevenFolders    = 0x0B
	sevenUnpackSize = 0x0C
	sevenNumUnpack  = 0x0D
	sevenEmpty      = 0x0E
	sevenNames      = 0x11
	sevenEncoded    = 0x17
)

// Bounds on what a header can make us hold.
const (
	maxFolders = 1 << 20
	maxCoders  = 32
)

// size of what a folder unpacks to.
func (f *sevenFolder) size() int64 {
	for i := range f.coders {
		if !slices.ContainsFunc(f.binds, func(b [2]int) bool { return b[1] == i }) && i < len(f.sizes) {
			return f.sizes[i]
		}
	}
	return 0
}

// firstCoder is the one that reads the packed stream.
func (f *sevenFolder) firstCoder() int {
	for i := range f.coders {
		if !slices.ContainsFunc(f.binds, func(b [2]int) bool { return b[0] == i }) {
			return i
		}
	}
	return -1
}

// after returns the coder that reads what another puts out; -1 for none.
func (f *sevenFolder) after(coder int) int {
	for _, b := range f.binds {
		if b[1] == coder {
			return b[0]
		}
	}
	return -1
}

// packAt returns where a packed stream is.
func (z *sevenFile) packAt(n int) (at, size int64) {
	if n >= len(z.packs) {
		return -1, 0
	}
	at = 32 + z.packPos
	for _, s := range z.packs[:n] {
		if at += s; at < 0 {
			return -1, 0
		}
	}
	return at, z.packs[n]
}

// parse reads a header, and returns what it is.
func (z *sevenFile) parse(b []byte) byte {
	s := &sevenInput{b: b}
	z.sevenInfo = sevenInfo{}
	id := s.byte()
	switch id {
	case sevenEncoded:
		z.streams(s)
	case sevenHeader:
		for s.err == nil {
			switch part := s.byte(); part {
			case sevenEnd:
				return z.parsed(s, id)
			case sevenArchive:
				for s.err == nil && s.byte() != sevenEnd {
					s.take(s.number())
				}
			case sevenAdditional:
				z.streams(s)
				z.sevenInfo = sevenInfo{}
			case sevenMain:
				z.streams(s)
			case sevenFiles:
				z.fileInfo(s)
			default:
				s.fail()
			}
		}
	default:
		s.fail()
	}
	return z.parsed(s, id)
}

func (z *sevenFile) parsed(s *sevenInput, id byte) byte {
	z.err = s.err
	return id
}

// streams reads how the packed streams become files.
func (z *sevenFile) streams(s *sevenInput) {
	split := false
	for s.err == nil {
		switch s.byte() {
		case sevenEnd:
			if !split {
				z.wholeFolders()
			}
			return
		case sevenPack:
			z.packInfo(s)
		case sevenUnpack:
			z.unpackInfo(s)
		case sevenSubstreams:
			split = true
			z.substreams(s)
		default:
			s.fail()
		}
	}
}

// wholeFolders makes a file of each folder.
func (z *sevenFile) wholeFolders() {
	for i := range z.folders {
		f := &z.folders[i]
		f.files, f.first = 1, i
		z.sizes, z.sums = append(z.sizes, f.size()), append(z.sums, f.sum)
	}
}

func (z *sevenFile) packInfo(s *sevenInput) {
	z.packPos = s.number()
	n := s.count(maxFolders)
	for s.err == nil {
		switch s.byte() {
		case sevenEnd:
			return
		case sevenSize:
			for range n {
				if s.err == nil {
					z.packs = append(z.packs, s.number())
				}
			}
		case sevenCRC:
			s.sums(n)
		default:
			s.fail()
		}
	}
}

func (z *sevenFile) unpackInfo(s *sevenInput) {
	if s.byte() != sevenFolders {
		s.fail()
	}
	n, pack := s.count(maxFolders), 0
	if s.byte() != 0 { // elsewhere: nobody writes that
		s.fail()
	}
	for range n {
		if s.err != nil {
			return
		}
		f := s.folder()
		f.pack = pack
		pack += f.packed
		z.folders = append(z.folders, f)
	}
	if s.byte() != sevenUnpackSize {
		s.fail()
	}
	for i := range z.folders {
		f := &z.folders[i]
		for range f.coders {
			f.sizes = append(f.sizes, s.number())
		}
	}
	for s.err == nil {
		switch s.byte() {
		case sevenEnd:
			return
		case sevenCRC:
			for i, sum := range s.sums(len(z.folders)) {
				z.folders[i].sum = sum
			}
		default:
			s.fail()
		}
	}
}

func (s *sevenInput) folder() (f sevenFolder) {
	ins, outs := 0, 0
	for range s.count(maxCoders) {
		flags := s.byte()
		var c sevenCoder
		for _, b := range s.take(int64(flags & 15)) {
			c.id = c.id<<8 | uint64(b)
		}
		in, out := 1, 1
		if flags&0x10 != 0 {
			in, out = s.count(maxCoders), s.count(maxCoders)
		}
		if flags&0x20 != 0 {
			c.props = s.take(s.number())
		}
		ins, outs = ins+in, outs+out
		f.coders = append(f.coders, c)
		if out != 1 {
			s.fail()
		}
	}
	for range outs - 1 {
		f.binds = append(f.binds, [2]int{s.count(1 << 20), s.count(1 << 20)})
	}
	if f.packed = ins - len(f.binds); f.packed < 1 {
		s.fail()
	}
	if f.packed > 1 {
		for range f.packed {
			f.inputs = append(f.inputs, s.count(1<<20))
		}
	}
	return f
}
