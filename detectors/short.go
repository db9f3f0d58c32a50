package detectors

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// maxShort is the longest text, in bytes, that is searched without a prefilter.
const maxShort = 512

// ScanShort is Scan for a name: of a folder, a branch, a server. As long as
// nothing was searched it does without the prefilter, which takes longer to make
// than such a text to search, and without encoded forms.
func (s *Set) ScanShort(text string, emit func(leak.Match)) {
	c := &leak.Chunk{Data: []byte(text)}
	if len(text) > maxShort || s.built.Load() {
		s.Scan(c, emit)
		return
	}
	sr := s.searcher(c, emit)
	lower := strings.ToLower(text)
	for d := range s.specs {
		for i, lit := range s.specs[d].Literals {
			in := text
			if lit.Fold {
				in = lower
			}
			if len(in) != len(text) {
				in = text // a character that is longer in lower case
			}
			for at := 0; ; at++ {
				next := strings.Index(in[at:], lit.Text)
				if next < 0 {
					break
				}
				at += next
				l := s.specs[d].plain(d, i)
				sr.lookPlain(&l, at)
			}
		}
	}
	sr.release()
}
