package archive

import (
	"context"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// Searcher emits the texts in files as chunks. Each goroutine needs its own.
type Searcher struct {
	Limits Limits
	Cov    *scanners.Coverage
	Split  scanners.Splitter
}

// Search is Walk for a source that gave the file a number. Text in UTF-16 and
// UTF-32 is converted.
func (s *Searcher) Search(ctx context.Context, f File, number uint32, emit func(*leak.Chunk) error) (Result, error) {
	return Walk(ctx, f, s.Limits, s.Cov, func(t *Text) error {
		var stopped error
		s.Split.Split(scanners.Decode(t.R), leak.Chunk{Ref: Ref(number, t.Number)}, func(c *leak.Chunk) error {
			stopped = emit(c)
			return stopped
		})
		return stopped
	})
}
