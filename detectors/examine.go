package detectors

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// maxName is how much of a name Examine uses, in bytes.
const maxName = 100

// Examine searches a credential that somebody else found: by itself, and as it
// would be assigned to something of a name, for rules that want to see the provider
// beside it. name may be empty. The matches are of no Ref, and their places mean
// nothing.
func (s *Set) Examine(name string, value leak.Secret, emit func(leak.Match)) {
	v := value.Reveal()
	if v == "" {
		return
	}
	s.Scan(&leak.Chunk{Data: []byte(v + "\n")}, emit)
	if name = plainName(name); name != "" {
		s.Scan(&leak.Chunk{Data: []byte(name + ` = "` + v + "\"\n")}, emit)
	}
}

// ExamineTogether finds what pieces of one credential are, such as a key and its id.
func (s *Set) ExamineTogether(names []string, values []leak.Secret, emit func(leak.Match)) {
	var text strings.Builder
	for i, v := range values {
		text.WriteString(plainName(names[i]) + ` = "` + v.Reveal() + "\"\n")
	}
	s.Scan(&leak.Chunk{Data: []byte(text.String())}, emit)
}

// plainName is a name as of a variable.
func plainName(name string) string {
	return strings.Trim(strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '_'
	}, name[:min(len(name), maxName)]), "_")
}
