package gitrepo

import (
	"cmp"
	"slices"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/archive"
)

// hit is a blob in which credentials were found.
type hit struct {
	n     int32      // object number
	creds []credHits // rising
}

// credHits are the places of one credential in a blob.
type credHits struct {
	cred  int32
	spans []leak.Spot // rising: first those in the blob itself, then those in what it packs
}

// occurrences is how often a credential stands in the blob.
func (h *hit) occurrences(cred int32) int {
	return len(h.spots(cred))
}

func (h *hit) spots(cred int32) []leak.Spot {
	i, ok := slices.BinarySearchFunc(h.creds, cred, func(c credHits, n int32) int { return cmp.Compare(c.cred, n) })
	if !ok {
		return nil
	}
	return h.creds[i].spans
}

// spot returns where occurrence k of a credential stands.
func (h *hit) spot(cred int32, k int) leak.Spot {
	if spots := h.spots(cred); k < len(spots) {
		return spots[k]
	}
	return leak.Spot{Ref: refOf(int(h.n), whole)}
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
			if n, _, ok := archive.Split(m.Ref); ok {
				set.add(int32(n), int32(cred), leak.Spot{Ref: m.Ref, Span: m.Span})
			} else if n, p := objectOf(m.Ref); p == whole {
				set.add(int32(n), int32(cred), leak.Spot{Ref: m.Ref, Span: m.Span})
			} else {
				other(cred, m)
			}
		}
	}
	for i := range set.hits {
		h := &set.hits[i]
		for j := range h.creds {
			slices.SortFunc(h.creds[j].spans, func(a, b leak.Spot) int {
				return cmp.Or(cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Span.Start, b.Span.Start))
			})
			h.creds[j].spans = slices.Compact(h.creds[j].spans)
		}
	}
	return set
}

func (set *hitSet) add(n, cred int32, spot leak.Spot) {
	i, ok := set.index[n]
	if !ok {
		i = int32(len(set.hits))
		set.index[n] = i
		set.hits = append(set.hits, hit{n: n})
	}
	h := &set.hits[i]
	// Credentials come in order, so that only the last can be this one.
	if last := len(h.creds) - 1; last >= 0 && h.creds[last].cred == cred {
		h.creds[last].spans = append(h.creds[last].spans, spot)
		return
	}
	h.creds = append(h.creds, credHits{cred, []leak.Spot{spot}})
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
