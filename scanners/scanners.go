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

// Versioned is a Source in which most matches are one place in many versions. Its
// Locate gets all matches, of other sources no more than people can look at.
type Versioned interface{ Versioned() }

// Splitter cuts blobs into chunks. It reuses its buffers, so each goroutine
// needs its own.
type Splitter struct {
	Size  int // of a chunk, about
	Reach int // as given to Scan
	bufs  [2][]byte
}

// Split reads a blob from r and emits it in chunks that are copies of c with
// Offset, Data and More filled in. An error of r is returned after what was
// read before it has been emitted.
func (s *Splitter) Split(r io.Reader, c leak.Chunk, emit func(*leak.Chunk) error) error {
	overlap := 2 * s.Reach
	size := s.Longest()
	for have, turn := 0, 0; ; turn = 1 - turn {
		buf := s.buffer(turn, size)
		n, err := io.ReadFull(r, buf[have:])
		have += n
		c.Data, c.More = buf[:min(have, size)], have > size
		if c.More { // a consumer may have written to Data when emit returns
			have = copy(s.buffer(1-turn, size), buf[size-overlap:])
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
	}
}

// Longest is the size of the longest chunk.
func (s *Splitter) Longest() int { return max(s.Size, 4*s.Reach+1) }

// buffer returns one of the two buffers. It has a byte more than a chunk, to
// know if there is more.
func (s *Splitter) buffer(i, size int) []byte {
	if len(s.bufs[i]) <= size {
		s.bufs[i] = make([]byte, size+1)
	}
	return s.bufs[i][:size+1]
}
