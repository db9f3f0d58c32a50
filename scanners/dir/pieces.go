package dir

import (
	"errors"
	"hash/crc32"
	"io"
	"sync"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// minPieces is the size of the smallest file that is searched in pieces.
const minPieces = 4 << 20

// pieces is a large file that several goroutines search at once: each claims a
// chunk, reads it and emits it. The text is not converted.
type pieces struct {
	file  io.ReaderAt
	ref   leak.Ref
	base  int64 // where the text begins in the file
	size  int   // of a chunk
	twice int   // overlap of two chunks
	// grown returns the present end of the text: what is appended before the
	// last chunk is claimed is searched too. nil: it is not.
	grown  func() int64
	verify bool // keep in sums what again needs

	mu   sync.Mutex
	next int64 // where the next chunk begins
	end  int64 // of the text
	last bool  // no chunk is left
	read int64 // bytes, each counted once
	err  error // of the file; no chunk is claimed after it
	num  int   // of chunks that were claimed
	sums []uint32
}

func newPieces(file io.ReaderAt, ref leak.Ref, base, end int64, reach int) *pieces {
	p := &pieces{file: file, ref: ref, base: base, end: end, twice: 2 * reach}
	p.size = max(chunkSize, 2*p.twice+1)
	return p
}

var errShrank = errors.New("the file shrank while it was read")

// plainFile reports whether a text in a file needs no converting. It is false
// if the text cannot be read, or is short.
func plainFile(file io.ReaderAt, base int64) bool {
	head := make([]byte, scanners.SniffLen)
	n, _ := file.ReadAt(head, base)
	return n == len(head) && scanners.Plain(head)
}

// claim is a chunk that somebody searches.
type claim struct {
	leak.Chunk
	num  int // of the chunk
	len  int
	seen int // how much of it the chunk before has too
}

func (p *pieces) claim() (c claim, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last || p.err != nil {
		return c, false
	}
	if p.next+int64(p.size) >= p.end && p.grown != nil {
		p.end = max(p.end, p.grown())
	}
	c.Ref, c.Offset, c.num = p.ref, p.next, p.num
	c.len = int(min(p.end-p.next, int64(p.size)))
	if c.num > 0 {
		c.seen = p.twice
	}
	p.num++
	if p.verify {
		p.sums = append(p.sums, 0)
	}
	p.next += int64(p.size - p.twice)
	c.More = c.Offset+int64(c.len) < p.end
	p.last = !c.More
	return c, true
}

// search searches chunks as long as there are any. It needs a buffer of size
// bytes. The error is emit's; that of the file is kept.
func (p *pieces) search(buf []byte, emit func(*leak.Chunk) error) error {
	for {
		c, ok := p.claim()
		if !ok {
			return nil
		}
		n, err := p.file.ReadAt(buf[:c.len], p.base+c.Offset)
		p.note(c, buf[:n], err)
		if n == 0 {
			continue
		}
		if c.Data = buf[:n]; n < c.len {
			c.More = false
		}
		if err := emit(&c.Chunk); err != nil {
			return err
		}
	}
}

// note remembers what was read for a claim.
func (p *pieces) note(c claim, got []byte, err error) {
	got = got[min(c.seen, len(got)):]
	var sum uint32
	if p.verify {
		sum = crc32.Checksum(got, castagnoli)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.read += int64(len(got)); p.verify {
		p.sums[c.num] = sum
	}
	if c.seen+len(got) == c.len || p.err != nil {
		return // os.File has an error only if something is missing, others may have io.EOF
	}
	if p.err = err; err == io.EOF {
		p.err = errShrank
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// again reads the text of pieces that have been searched, and fails where it is
// not the one any more that was searched.
type again struct {
	p    *pieces
	num  int // of the next chunk
	buf  []byte
	rest []byte // of the chunk at hand
}

var errChanged = errors.New("it has changed since it was searched")

func (a *again) Read(to []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.num == a.p.num {
			return 0, io.EOF
		}
		if err := a.load(); err != nil {
			return 0, err
		}
	}
	n := copy(to, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// load reads what a chunk adds to the one before.
func (a *again) load() error {
	p := a.p
	from := int64(a.num) * int64(p.size-p.twice)
	to := min(from+int64(p.size), p.end)
	if a.num > 0 {
		from += int64(p.twice)
	}
	if a.buf == nil {
		a.buf = make([]byte, p.size)
	}
	n, err := p.file.ReadAt(a.buf[:to-from], p.base+from)
	if err != nil && err != io.EOF {
		return err
	}
	if crc32.Checksum(a.buf[:n], castagnoli) != p.sums[a.num] {
		return errChanged
	}
	a.rest, a.num = a.buf[:n], a.num+1
	return nil
}
