package pipeline

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// MaskText masks what the detectors find in a text that is about to be
// printed: the name of a file or branch, an address, a message. There the
// credential can stand in the name alone, so that no finding knows it.
func MaskText(set *detectors.Set, text string) string {
	var spans []leak.Span
	set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
		spans = append(append(spans, m.Span), m.Pieces...)
	})
	if len(spans) == 0 {
		return text
	}
	slices.SortFunc(spans, func(a, b leak.Span) int { return int(a.Start - b.Start) })
	var out strings.Builder
	at := int64(0)
	for _, s := range spans {
		if s.Start >= at {
			out.WriteString(text[at:s.Start])
			out.WriteString(leak.Mask)
		}
		at = max(at, s.End)
	}
	out.WriteString(text[at:])
	return out.String()
}
