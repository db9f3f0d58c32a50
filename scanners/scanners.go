// Package scanners turns places where secrets leak into chunks of bytes. Each
// kind of place is one subpackage.
package scanners

import (
	"context"
	"io"

	"github.com/whosekey/whosekey/leak"
)

// Source is a place to scan. Implementations must pass scannertest.Accept.
type Source interface {
	// Scan calls emit for every chunk. It may call emit from several
	// goroutines at once, and stops when emit or ctx says so. A chunk's Data
	// is valid only until emit returns.
	//
	// A literal is found in the chunk that has reach bytes on both sides of
	// it, or ends where the blob ends. So two chunks that follow each other
	// overlap by twice reach; a Splitter does that. A source may leave out
	// bytes that it has emitted before with the same reach bytes around them.
	//
	// What cannot be read is skipped and counted in the Coverage that Scan
	// returns, also together with an error. An error means that the source as
	// a whole cannot be scanned, or that ctx is done.
	Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*Coverage, error)

	// Locate lists, for each of the credentials, the places where a person
	// would find it: matches[i] are all matches of credential i. Line numbers
	// and the like are left to the caller, who has Open. It is called once,
	// after Scan, for few matches, and may be slow. A match that cannot be
	// placed gets a Location with a Problem.
	Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error)

	// Open returns the bytes of a blob again, the same as Scan emitted.
	Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error)
}

// Splitter cuts blobs into chunks. It reuses its buffer, so each goroutine
// needs its own.
type Splitter struct {
	Size  int // of a chunk, about
	Reach int // as given to Scan
	buf   []byte
	tail  []byte // what the next chunk begins with
}

// Split reads a blob from r and emits it in chunks that are copies of c with
// Offset, Data and More filled in. An error of r is returned after what was
// read before it has been emitted.
func (s *Splitter) Split(r io.Reader, c leak.Chunk, emit func(*leak.Chunk) error) error {
	overlap := 2 * s.Reach
	size := max(s.Size, 2*overlap+1)
	if len(s.buf) <= size {
		s.buf = make([]byte, size+1) // one byte more than a chunk, to know if there is more
	}
	for have := 0; ; {
		n, err := io.ReadFull(r, s.buf[have:size+1])
		have += n
		c.Data, c.More = s.buf[:min(have, size)], have > size
		if c.More { // a consumer may have written to Data when emit returns
			s.tail = append(s.tail[:0], s.buf[size-overlap:have]...)
		}
		if emitErr := emit(&c); emitErr != nil {
			return emitErr
		}
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		if !c.More {
			return nil
		}
		c.Offset += int64(size - overlap)
		have = copy(s.buf, s.tail)
	}
}
