package pipeline

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// sayNames marks the places that are names. They have no lines, nor has what a name was
// later.
func sayNames(locs []leak.Location) {
	for i := range locs {
		l := &locs[i]
		if l.Span.OfName() {
			l.Field, l.Blob = leak.FieldName, ""
		}
		if l.HeadRef != nil && (l.Span.OfName() || l.HeadRef.Span.OfName()) {
			l.HeadRef, l.Head = nil, nil
		}
	}
}

// MaskText masks what the detectors find in a text that is about to be
// printed: the name of a file or branch, an address, a message. There the
// credential can stand in the name alone, so that no finding knows it.
func MaskText(set *detectors.Set, text string) string {
	return maskWords(maskLogins(set, maskFound(set, text)))
}

// maskFound masks what the detectors find, and lets what only looks random
// through.
func maskFound(set *detectors.Set, text string) string {
	var spans []leak.Span
	set.ScanShort(text, func(m leak.Match) {
		spans = append(append(spans, m.Span), m.Places()...)
	})
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

// maskWords masks words of twenty or more letters and digits that look random:
// without what stands around it, many a key has no other shape. Ids of git
// objects are let through; people need them.
func maskWords(text string) string {
	word := func(c byte) bool { return tokenByte(c) && c != '/' && c != '-' && c != '_' }
	return maskRuns(text, word, func(w, _ string) bool {
		return !objectID(w) && strings.ContainsAny(w, "0123456789") && detectors.Entropy(w) >= 3.2
	})
}

// maskRuns masks the runs of twenty or more bytes of a class that look random; it is told
// what stands behind them too.
func maskRuns(s string, class func(byte) bool, random func(run, behind string) bool) string {
	var out strings.Builder
	kept := 0 // up to here it is in out
	for i := 0; i < len(s); i++ {
		from := i
		for i < len(s) && class(s[i]) {
			i++
		}
		if i-from >= 20 && random(s[from:i], s[i:]) {
			out.WriteString(s[kept:from])
			out.WriteString(leak.Mask)
			kept = i
		}
	}
	if kept == 0 {
		return s
	}
	out.WriteString(s[kept:])
	return out.String()
}

func objectID(w string) bool {
	return (len(w) == 40 || len(w) == 64) && strings.Trim(w, "0123456789abcdef") == ""
}
