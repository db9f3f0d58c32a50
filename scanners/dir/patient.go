package dir

import (
	"context"
	"io"
)

// patient is a reader that can be given up while it waits for somebody to type:
// then its Read is left behind.
type patient struct {
	ctx   context.Context
	full  chan typed
	empty chan []byte
	now   typed
	rest  []byte
}

// typed is what one Read returned.
type typed struct {
	buf []byte
	n   int
	err error
}

func newPatient(ctx context.Context, r io.Reader) *patient {
	p := &patient{ctx: ctx, full: make(chan typed), empty: make(chan []byte, 2)}
	p.empty <- make([]byte, 64<<10)
	p.empty <- make([]byte, 64<<10)
	go p.run(r)
	return p
}

func (p *patient) run(r io.Reader) {
	for {
		select {
		case buf := <-p.empty:
			n, err := r.Read(buf)
			select {
			case p.full <- typed{buf, n, err}:
			case <-p.ctx.Done():
				return
			}
			if err != nil {
				return
			}
		case <-p.ctx.Done():
			return
		}
	}
}

// Read implements io.Reader.
func (p *patient) Read(to []byte) (int, error) {
	if len(p.rest) == 0 {
		if p.now.err != nil {
			return 0, p.now.err
		}
		if p.now.buf != nil {
			p.empty <- p.now.buf
			p.now.buf = nil
		}
		select {
		case p.now = <-p.full:
			p.rest = p.now.buf[:p.now.n]
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
		if p.now.n == 0 {
			return 0, p.now.err
		}
	}
	n := copy(to, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
