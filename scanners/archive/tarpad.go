package archive

import (
	"archive/tar"
	"bytes"
	"io"

	"github.com/whosekey/whosekey/leak"
)

// counter counts what was read, and keeps what stands where somebody wants it.
type counter struct {
	r        io.Reader
	n        int64
	from, to int64 // the wanted part, of less than a block
	kept     []byte
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if begin := c.n; begin < c.to && begin+int64(n) > c.from {
		c.kept = append(c.kept, p[max(0, c.from-begin):min(int64(n), c.to-begin)]...)
	}
	c.n += int64(n)
	return n, err
}

// padding is what fills the last block of a file in a tar file. Some programs leave there
// what was in their memory.
type padding struct {
	sr    *io.SectionReader // what is read, or nil
	count *counter          // of what is read
	path  string            // of the file; empty if there is none
	from  int64             // in sr
	size  int64
}

// expect notes that the padding of a file comes, at whose beginning the reader is.
func (p *padding) expect(h *tar.Header, path string) {
	if p.size = -h.Size & 511; p.size == 0 || Sparse(h) {
		return
	}
	p.path = path
	if p.sr == nil {
		p.count.from, p.count.kept = p.count.n+h.Size, p.count.kept[:0]
		p.count.to = p.count.from + p.size
		return
	}
	at, _ := p.sr.Seek(0, io.SeekCurrent)
	p.from = at + h.Size
}

// padded emits the padding of the last file, if there is more than zeros.
func (w *walker) padded(p *padding) error {
	at := p.path
	if p.path = ""; at == "" {
		return nil
	}
	kept := p.count.kept
	if p.sr != nil {
		var block [512]byte
		n, _ := p.sr.ReadAt(block[:p.size], p.from)
		kept = block[:n]
	}
	if zeros(kept) == len(kept) {
		return nil
	}
	return w.text(join(at, "(padding)"), bytes.NewReader(bytes.Clone(kept)))
}

// target emits what a link leads to. The error is one that ends the walk.
func (w *walker) target(in *input, name, target string) error {
	if len(target) < leak.MinName {
		return nil
	}
	return w.text(join(join(in.path, clean(name)), "(link target)"), bytes.NewReader([]byte(target)))
}
