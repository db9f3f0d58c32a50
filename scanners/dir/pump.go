package dir

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// pump cuts what a reader returns into chunks, on a goroutine of its own:
// nothing else can end a Read that waits for somebody to type. The Read fills
// the very bytes that are searched; only where chunks overlap they are copied.
type pump struct {
	ctx    context.Context
	r      io.Reader
	full   chan block // closed after the last one
	empty  chan []byte
	size   int // of a chunk
	twice  int // overlap of two chunks
	read   atomic.Int64
	failed error // of r, unless io.EOF; known when full is closed
}

// block is a chunk, in a buffer that goes back to the pump.
type block struct {
	leak.Chunk
	buf  []byte
	seen int // how much of Data the chunk before had too
}

// newPump starts a pump. It serves as many workers, which give the buffer of a
// block back before they ask for the next one.
func newPump(ctx context.Context, r io.Reader, reach, workers int) *pump {
	p := &pump{ctx: ctx, r: r, full: make(chan block), twice: 2 * reach}
	p.size = max(chunkSize, 2*p.twice+1)
	n := workers + 2 // one that is being filled, and one that waits
	p.empty = make(chan []byte, n)
	for range n {
		p.empty <- nil // made when it is needed
	}
	go p.run()
	return p
}

// next waits for a block. There is none after the last one, nor when the
// pump's context is done.
func (p *pump) next() (b block, ok bool) {
	select {
	case b, ok = <-p.full:
		return b, ok
	case <-p.ctx.Done():
		return b, false
	}
}

func (p *pump) run() {
	defer close(p.full)
	text := scanners.Decode(counted{p, new(int)})
	b := block{Chunk: leak.Chunk{Ref: stdinRef}, buf: p.buffer()}
	for have := 0; b.buf != nil; {
		n, err := io.ReadFull(text, b.buf[have:])
		have += n
		b.Data, b.More = b.buf[:min(have, p.size)], have > p.size
		var next []byte
		if b.More {
			if next = p.buffer(); next != nil {
				have = copy(next, b.buf[p.size-p.twice:])
			}
		} else if err != io.EOF && err != io.ErrUnexpectedEOF {
			p.failed = err
		}
		select {
		case p.full <- b:
		case <-p.ctx.Done():
			return
		}
		b.Offset += int64(p.size - p.twice)
		b.buf, b.seen = next, p.twice
	}
}

// buffer waits for a buffer of a byte more than a chunk, to know if there is
// more. It returns nil if the context is done.
func (p *pump) buffer() []byte {
	select {
	case buf := <-p.empty:
		if buf == nil {
			buf = make([]byte, p.size+1)
		}
		return buf
	case <-p.ctx.Done():
		return nil
	}
}

// counted is the reader of a pump. It counts what it reads, and does not ask
// for ever.
type counted struct {
	p     *pump
	nones *int // Reads in a row that returned nothing
}

// maxNones is how many Reads in a row may return nothing.
const maxNones = 100

func (c counted) Read(buf []byte) (int, error) {
	n, err := c.p.r.Read(buf)
	c.p.read.Add(int64(n))
	if *c.nones++; n > 0 {
		*c.nones = 0
	}
	if *c.nones > maxNones && err == nil {
		err = io.ErrNoProgress
	}
	return n, err
}
