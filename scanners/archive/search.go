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
	// Keep gets what is around matches, so that the file need not be unpacked
	// again; optional.
	Keep *scanners.Keeper
	// Own searches a text in the caller's way, which keeps its parts itself, if it says
	// so; optional. What it has read of a text that it leaves it gives back in t.R.
	Own  func(t *Text, ref leak.Ref) (done bool, err error)
	tape scanners.Tape
	text scanners.Decoder
}

// Search is Walk for a source that gave the file a number. Text in UTF-16 and
// UTF-32 is converted.
func (s *Searcher) Search(ctx context.Context, f File, number uint32, emit func(*leak.Chunk) error) (Result, error) {
	s.tape.Keeper, s.tape.Size = s.Keep, s.Split.Longest()+scanners.Around
	var names scanners.Namer
	return Walk(ctx, f, s.Limits, s.Cov, func(t *Text) error {
		ref := Ref(number, t.Number)
		stopped := names.Path(ref, t.Path, emit)
		if stopped != nil {
			return stopped
		}
		if t.Bare {
			return nil
		}
		if s.Own != nil {
			if done, err := s.Own(t, ref); done || err != nil {
				if err == nil && s.Keep != nil {
					s.Keep.Name(ref, t.Path)
				}
				return err
			}
		}
		s.Split.Split(s.tape.Record(ref, s.text.Decode(t.R)), leak.Chunk{Ref: ref}, func(c *leak.Chunk) error {
			stopped = emit(c)
			s.tape.Keep(c.At)
			return stopped
		})
		// The lines of a text that is only compressed are hashed, all of it.
		if s.tape.Finish(t.Path == ""); s.Keep != nil {
			s.Keep.Name(ref, t.Path)
		}
		return stopped
	})
}
