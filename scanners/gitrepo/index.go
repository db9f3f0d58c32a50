package gitrepo

import (
	"bytes"
	"crypto/sha1" // the format's checksum, not ours
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// indexEntry is a file in the index.
type indexEntry struct {
	path  string
	id    gitpack.ID
	mode  uint32
	stage uint8 // 0, or 1 to 3 in a conflict
}

var errIndex = errors.New("the index is damaged; rebuild it with git reset")

// readIndex reads the repository's index, versions 2 to 4, split and sparse
// ones too. No index means no entries. Format: git's
// Documentation/gitformat-index.txt.
func (r *Repo) readIndex() ([]indexEntry, error) {
	name := filepath.Join(r.GitDir, "index")
	data, err := readIndexFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	x, err := parseIndex(data, r.store.HashLen())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if x.link == nil {
		return x.entries, nil
	}
	return r.mergeSplit(x)
}

// maxIndex is far beyond what git writes for a million files.
const maxIndex = 1 << 30

func readIndexFile(name string) ([]byte, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > maxIndex {
		return nil, fmt.Errorf("%s is not a regular file of a sane size", name)
	}
	return os.ReadFile(name)
}

// parsedIndex is one index file.
type parsedIndex struct {
	entries []indexEntry
	link    []byte // the extension that makes it a split index
}

func parseIndex(data []byte, hash int) (x parsedIndex, err error) {
	if len(data) < 12+hash || string(data[:4]) != "DIRC" {
		return x, errIndex
	}
	if !indexSum(data, hash) {
		return x, errIndex
	}
	version, count := binary.BigEndian.Uint32(data[4:]), int(binary.BigEndian.Uint32(data[8:]))
	if version < 2 || version > 4 {
		return x, fmt.Errorf("an index of version %d, which whosekey does not know", version)
	}
	p := indexParser{data: data[:len(data)-hash], at: 12, hash: hash, v4: version == 4}
	for range count {
		e, err := p.entry()
		if err != nil {
			return x, err
		}
		x.entries = append(x.entries, e)
	}
	x.link, err = p.extensions()
	return x, err
}

// indexSum checks the hash at the end. Git can be told to leave it zero.
func indexSum(data []byte, hash int) bool {
	body, want := data[:len(data)-hash], data[len(data)-hash:]
	if hash == sha256.Size {
		sum := sha256.Sum256(body)
		return bytes.Equal(sum[:], want) || bytes.Count(want, []byte{0}) == hash
	}
	sum := sha1.Sum(body)
	return bytes.Equal(sum[:], want) || bytes.Count(want, []byte{0}) == hash
}

type indexParser struct {
	data []byte
	at   int
	hash int
	v4   bool
	last string // path of the entry before
}

func (p *indexParser) entry() (e indexEntry, err error) {
	start := p.at
	fixed := 40 + p.hash + 2
	if p.at+fixed > len(p.data) {
		return e, errIndex
	}
	e.mode = binary.BigEndian.Uint32(p.data[p.at+24:])
	e.id = gitpack.MakeID(p.data[p.at+40 : p.at+40+p.hash])
	flags := binary.BigEndian.Uint16(p.data[p.at+40+p.hash:])
	e.stage = uint8(flags >> 12 & 3)
	p.at += fixed
	if flags&0x4000 != 0 { // extended
		p.at += 2
	}
	strip := 0
	if p.v4 {
		if strip, err = p.varint(); err != nil || strip > len(p.last) {
			return e, errIndex
		}
	}
	if p.at > len(p.data) {
		return e, errIndex
	}
	end := bytes.IndexByte(p.data[p.at:], 0)
	if end < 0 {
		return e, errIndex
	}
	e.path = string(p.data[p.at : p.at+end])
	p.at += end + 1
	if p.v4 {
		e.path = p.last[:len(p.last)-strip] + e.path
	} else {
		p.at = start + (p.at-start+7)&^7 // padded with one to eight zeros
	}
	p.last = e.path
	return e, nil
}

// varint is the encoding of pack offsets.
func (p *indexParser) varint() (n int, err error) {
	for i := range 9 {
		if p.at >= len(p.data) {
			break
		}
		b := p.data[p.at]
		p.at++
		if i > 0 {
			n++
		}
		n = n<<7 | int(b&0x7f)
		if b < 0x80 {
			return n, nil
		}
	}
	return 0, errIndex
}

// extensions returns the "link" extension. Those whose name starts with a
// capital letter may be ignored; the others change what the entries mean.
func (p *indexParser) extensions() (link []byte, err error) {
	for p.at+8 <= len(p.data) {
		name, size := string(p.data[p.at:p.at+4]), int(binary.BigEndian.Uint32(p.data[p.at+4:]))
		p.at += 8
		if p.at+size > len(p.data) {
			return nil, errIndex
		}
		switch body := p.data[p.at : p.at+size]; {
		case name == "link":
			link = body
		case name == "sdir" || 'A' <= name[0] && name[0] <= 'Z':
		default:
			return nil, fmt.Errorf("an index with the extension %q, which whosekey does not know", name)
		}
		p.at += size
	}
	return link, nil
}

// mergeSplit puts a split index together: the shared one, without the entries
// of the first bitmap, with those of the second replaced, in order, by the
// first of our own entries, and the rest of our own entries.
func (r *Repo) mergeSplit(x parsedIndex) ([]indexEntry, error) {
	hash := r.store.HashLen()
	if len(x.link) < hash {
		return nil, errIndex
	}
	id := gitpack.MakeID(x.link[:hash])
	if id.IsZero() {
		return x.entries, nil
	}
	name := filepath.Join(r.GitDir, "sharedindex."+id.String())
	data, err := readIndexFile(name)
	if err != nil {
		return nil, err
	}
	shared, err := parseIndex(data, hash)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	gone, rest, err := readEWAH(x.link[hash:], len(shared.entries))
	if err != nil {
		return nil, err
	}
	changed, _, err := readEWAH(rest, len(shared.entries))
	if err != nil {
		return nil, err
	}
	own := x.entries
	var out []indexEntry
	for i, e := range shared.entries {
		if changed[i] {
			if len(own) == 0 {
				return nil, errIndex
			}
			path := e.path
			e, own = own[0], own[1:]
			if e.path == "" {
				e.path = path // stripped: it is the same
			}
		}
		if !gone[i] {
			out = append(out, e)
		}
	}
	return append(out, own...), nil
}

// readEWAH reads a compressed bitmap of at most n bits and returns what
// follows. Format: git's ewah/ewah_io.c.
func readEWAH(data []byte, n int) (bits []bool, rest []byte, err error) {
	bits = make([]bool, n)
	if len(data) == 0 {
		return bits, nil, nil
	}
	if len(data) < 12 {
		return nil, nil, errIndex
	}
	words := int(binary.BigEndian.Uint32(data[4:]))
	if words < 0 || len(data) < 8+8*words+4 {
		return nil, nil, errIndex
	}
	word := func(i int) uint64 { return binary.BigEndian.Uint64(data[8+8*i:]) }
	set := func(at int) {
		if at < n {
			bits[at] = true
		}
	}
	at := 0
	for i := 0; i < words; {
		head := word(i)
		i++
		run, literals := int(head>>1&0xffffffff), int(head>>33)
		if head&1 == 1 {
			for b := at; b < min(n, at+64*run); b++ {
				set(b)
			}
		}
		at += 64 * run
		for ; literals > 0 && i < words; literals-- {
			for b := range 64 {
				if word(i)>>b&1 == 1 {
					set(at + b)
				}
			}
			at += 64
			i++
		}
	}
	return bits, data[8+8*words+4:], nil
}
