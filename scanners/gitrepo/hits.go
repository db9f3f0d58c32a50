package gitrepo

import (
	"cmp"
	"slices"

	"github.com/whosekey/whosekey/leak"
)

// hit is a blob in which credentials were found.
type hit struct {
	n     int32      // object number
	creds []credHits // rising
}

// credHits are the places of one credential in a blob.
type credHits struct {
	cred  int32
	spans []leak.Span // rising
}

// occurrences is how often a credential stands in the blob.
func (h *hit) occurrences(cred int32) int {
	return len(h.spans(cred))
}

func (h *hit) spans(cred int32) []leak.Span {
	i, ok := slices.BinarySearchFunc(h.creds, cred, func(c credHits, n int32) int { return cmp.Compare(c.cred, n) })
	if !ok {
		return nil
	}
	return h.creds[i].spans
}

// span returns where occurrence k of a credential stands.
func (h *hit) span(cred int32, k int) leak.Span {
	if spans := h.spans(cred); k < len(spans) {
		return spans[k]
	}
	return leak.Span{}
}

// hitSet groups matches in blobs by blob.
type hitSet struct {
	hits  []hit
	index map[int32]int32 // object number -> index in hits
}

// group sorts the matches of credentials into those in blobs and the others.
func group(matches [][]leak.Match, other func(cred int, m leak.Match)) *hitSet {
	set := &hitSet{index: map[int32]int32{}}
	for cred, ms := range matches {
		for _, m := range ms {
			if n, p := objectOf(m.Ref); p == whole {
				set.add(int32(n), int32(cred), m.Span)
			} else {
				other(cred, m)
			}
		}
	}
	for i := range set.hits {
		h := &set.hits[i]
		for j := range h.creds {
			slices.SortFunc(h.creds[j].spans, func(a, b leak.Span) int { return cmp.Compare(a.Start, b.Start) })
			h.creds[j].spans = slices.Compact(h.creds[j].spans)
		}
	}
	return set
}

func (set *hitSet) add(n, cred int32, span leak.Span) {
	i, ok := set.index[n]
	if !ok {
		i = int32(len(set.hits))
		set.index[n] = i
		set.hits = append(set.hits, hit{n: n})
	}
	h := &set.hits[i]
	// Credentials come in order, so that only the last can be this one.
	if last := len(h.creds) - 1; last >= 0 && h.creds[last].cred == cred {
		h.creds[last].spans = append(h.creds[last].spans, span)
		return
	}
	h.creds = append(h.creds, credHits{cred, []leak.Span{span}})
}

// place is where a credential stands: the k-th time in the file at a path.
// One place has many versions, of which the first counts.
type place struct {
	cred int32
	path string // see pathKey; in Changes, as it is
	k    int
}

// event is how a place came to be.
type event struct {
	commit int32 // index
	hit    int32 // index of the blob
}
