package gitrepo

import (
	"bytes"
	"crypto/sha1" // the format's checksum, not ours
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// indexEntry is a file in the index.
type indexEntry struct {
	path  string
	id    gitpack.ID
	mode  uint32
	stage uint8 // 0, or 1 to 3 in a conflict
	later bool  // git add --intent-to-add: no commit has it
	// The file as it was when git last looked at it: when it was changed, in seconds and
	// nanoseconds, and its size, modulo 2^32 each.
	sec, nsec, size uint32
}

var errIndex = errors.New("the index is damaged; rebuild it with git reset")

// indexFile is the index that git is about to commit: while it runs hooks, for
// commit -a and the like, it is another file than usual. One outside the
// repository is not this repository's.
func (r *Repo) indexFile() string {
	if name := r.opts.IndexFile; name != "" {
		dir, _ := filepath.EvalSymlinks(r.GitDir)
		if rel, err := filepath.Rel(dir, name); err == nil && filepath.IsLocal(rel) {
			return name
		}
	}
	return filepath.Join(r.GitDir, "index")
}

// readIndex reads the repository's index, versions 2 to 4, split and sparse
// ones too. No index means no entries. Format: git's
// Documentation/gitformat-index.txt.
func (r *Repo) readIndex() ([]indexEntry, error) {
	data, err := r.indexData()
	if err != nil || data == nil {
		return nil, err
	}
	return r.indexEntries(data)
}

// indexData reads the file of the index; nil if there is none.
func (r *Repo) indexData() ([]byte, error) {
	data, err := gitpack.ReadFile(r.indexFile(), maxIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// indexEntries returns the entries of an index that has this in its file.
func (r *Repo) indexEntries(data []byte) ([]indexEntry, error) {
	x, err := parseIndex(data, r.store.HashLen())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", r.indexFile(), err)
	}
	if x.link == nil {
		return x.entries, nil
	}
	return r.mergeSplit(x)
}

// Bounds far beyond what git writes for a million files. The paths of version
// 4 can be much longer together than the file.
const (
	maxIndex      = 512 << 20
	maxIndexPath  = 1 << 16
	maxIndexPaths = 1 << 30
)

// parsedIndex is one index file.
type parsedIndex struct {
	entries []indexEntry
	indexExtensions
}

// indexExtensions are what follows the entries.
type indexExtensions struct {
	link  []byte // what makes it a split index
	trees []byte // the cache of trees
	again bool   // there are several of one kind
}

func parseIndex(data []byte, hash int) (x parsedIndex, err error) {
	p, count, err := newIndexParser(data, hash)
	if err != nil {
		return x, err
	}
	if !indexSum(data, hash) {
		return x, errIndex
	}
	x.entries = make([]indexEntry, 0, min(count, int64(len(data)/(42+hash))))
	for range count {
		e, err := p.entry()
		if err != nil {
			return x, err
		}
		x.entries = append(x.entries, e)
	}
	x.indexExtensions, err = p.extensions()
	return x, err
}

// newIndexParser returns what reads the entries of an index, and how many it has.
func newIndexParser(data []byte, hash int) (p indexParser, count int64, err error) {
	if len(data) < 12+hash || string(data[:4]) != "DIRC" {
		return p, 0, errIndex
	}
	version, count := binary.BigEndian.Uint32(data[4:]), int64(binary.BigEndian.Uint32(data[8:]))
	if version < 2 || version > 4 {
		return p, 0, fmt.Errorf("an index of version %d, which whosekey does not know", version)
	}
	return indexParser{data: data[:len(data)-hash], at: 12, hash: hash, v4: version == 4}, count, nil
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
	data  []byte
	paths strings.Builder
	at    int
	hash  int
	v4    bool
	blind bool   // paths are not wanted
	last  string // path of the entry before, unless blind
	size  int    // its length
	all   int    // bytes of all paths
}

func (p *indexParser) entry() (e indexEntry, err error) {
	start := p.at
	fixed := 40 + p.hash + 2
	if p.at+fixed > len(p.data) {
		return e, errIndex
	}
	e.sec, e.nsec = binary.BigEndian.Uint32(p.data[p.at+8:]), binary.BigEndian.Uint32(p.data[p.at+12:])
	e.mode, e.size = binary.BigEndian.Uint32(p.data[p.at+24:]), binary.BigEndian.Uint32(p.data[p.at+36:])
	e.id = gitpack.MakeID(p.data[p.at+40 : p.at+40+p.hash])
	flags := binary.BigEndian.Uint16(p.data[p.at+40+p.hash:])
	e.stage = uint8(flags >> 12 & 3)
	p.at += fixed
	if flags&0x4000 != 0 { // extended
		e.later = p.at < len(p.data) && p.data[p.at]&0x20 != 0
		p.at += 2
	}
	strip := 0
	if p.v4 {
		if strip, err = p.varint(); err != nil || strip > p.size {
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
	kept := 0
	if p.v4 {
		kept = p.size - strip
	}
	if !p.blind {
		e.path = p.join(p.last[:kept], p.data[p.at:p.at+end])
	}
	if p.at += end + 1; !p.v4 {
		p.at = start + (p.at-start+7)&^7 // padded with one to eight zeros
	}
	p.size = kept + end
	if p.all += p.size; p.size > maxIndexPath || p.all > maxIndexPaths {
		return e, errIndex
	}
	p.last = e.path
	return e, nil
}

// join puts a path together, in a block of memory that many paths share: they are a
// fifth of the file.
func (p *indexParser) join(a string, b []byte) string {
	if n := len(a) + len(b); p.paths.Cap()-p.paths.Len() < n {
		p.paths = strings.Builder{} // the paths keep the old one
		p.paths.Grow(max(n, 1<<16))
	}
	begin := p.paths.Len()
	p.paths.WriteString(a)
	p.paths.Write(b)
	return p.paths.String()[begin:]
}

// varint is the encoding of pack offsets.
func (p *indexParser) varint() (n int, err error) {
	for i := range 4 { // no path is so long that it needs more
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

// extensions returns the extensions. Those whose name starts with a capital
// letter may be ignored; the others change what the entries mean.
func (p *indexParser) extensions() (x indexExtensions, err error) {
	for p.at+8 <= len(p.data) {
		name, size := string(p.data[p.at:p.at+4]), int64(binary.BigEndian.Uint32(p.data[p.at+4:]))
		p.at += 8
		if int64(p.at)+size > int64(len(p.data)) {
			return x, errIndex
		}
		switch body := p.data[p.at : p.at+int(size) : p.at+int(size)]; {
		case name == "link":
			x.again = x.again || x.link != nil
			x.link = body
		case name == "TREE":
			x.again = x.again || x.trees != nil
			x.trees = body
		case name == "sdir" || 'A' <= name[0] && name[0] <= 'Z':
		default:
			return x, fmt.Errorf("an index with the extension %q, which whosekey does not know", name)
		}
		p.at += int(size)
	}
	return x, nil
}
