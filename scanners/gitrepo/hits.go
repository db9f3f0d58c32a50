package gitrepo

import (
	"cmp"
	"slices"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/archive"
)

// hit is a blob in which credentials were found.
type hit struct {
	n         int32      // object number; of a name, minus its number: see textNames
	standings []standing // rising
}

// standing is where a credential stands: in the blob itself, or in what it packs.
// There may be millions: see maxSightings in package pipeline.
type standing struct {
	ref       leak.Ref
	from      int64
	cred, len int32
}

func (s standing) spot() leak.Spot {
	return leak.Spot{Ref: s.ref, Span: leak.Span{Start: s.from, End: s.from + int64(s.len)}}
}

func compareStandings(a, b standing) int {
	return cmp.Or(cmp.Compare(a.cred, b.cred), cmp.Compare(a.ref, b.ref), cmp.Compare(a.from, b.from), cmp.Compare(a.len, b.len))
}

// credHits are the places of one credential in a blob.
type credHits struct {
	cred      int32
	standings []standing // rising
}

// creds are the credentials in the blob, rising.
func (h *hit) creds(yield func(credHits) bool) {
	for rest := h.standings; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].cred == rest[0].cred {
			n++
		}
		if !yield(credHits{rest[0].cred, rest[:n]}) {
			return
		}
		rest = rest[n:]
	}
}

// occurrences is how often a credential stands in the blob.
func (h *hit) occurrences(cred int32) int { return len(h.of(cred)) }

// of are the places of one credential.
func (h *hit) of(cred int32) []standing {
	from, _ := slices.BinarySearchFunc(h.standings, cred, func(s standing, n int32) int { return cmp.Compare(s.cred, n) })
	to := from
	for to < len(h.standings) && h.standings[to].cred == cred {
		to++
	}
	return h.standings[from:to]
}

// spot returns where occurrence k of a credential stands.
func (h *hit) spot(cred int32, k int) leak.Spot {
	if standings := h.of(cred); k < len(standings) {
		return standings[k].spot()
	}
	return leak.Spot{Ref: refOf(int(h.n), whole)}
}

// hitSet groups matches in blobs by blob.
type hitSet struct {
	hits  []hit
	index map[int32]int32 // object number -> index in hits
}

// blobOf returns the blob, or the name of a file, that a Ref is in, if it is in one.
func blobOf(ref leak.Ref) (n int32, ok bool) {
	if n, _, ok := archive.Split(ref); ok {
		return int32(n), true
	}
	at, p := objectOf(ref)
	if p == names && at > 0 {
		return int32(-at), true
	}
	return int32(at), p == whole
}

// group sorts the matches of credentials into those in blobs and the others. The first
// hits are those of the blobs in first.
func group(matches [][]leak.Match, first []int32, other func(cred int, m leak.Match)) *hitSet {
	set := &hitSet{index: map[int32]int32{}, hits: make([]hit, len(first))}
	counts := make([]int, len(first))
	for i, n := range first {
		set.hits[i].n, set.index[n] = n, int32(i)
	}
	total := 0
	for cred, ms := range matches {
		for _, m := range ms {
			n, ok := blobOf(m.Ref)
			if !ok {
				other(cred, m)
				continue
			}
			i, ok := set.index[n]
			if !ok {
				i = int32(len(set.hits))
				set.index[n] = i
				set.hits, counts = append(set.hits, hit{n: n}), append(counts, 0)
			}
			counts[i]++
			total++
		}
	}
	room := make([]standing, total)
	for i, n := range counts {
		set.hits[i].standings, room = room[:0:n], room[n:]
	}
	for cred, ms := range matches {
		for _, m := range ms {
			if n, ok := blobOf(m.Ref); ok {
				h := &set.hits[set.index[n]]
				h.standings = append(h.standings, standing{m.Ref, m.Span.Start, int32(cred), int32(m.Span.End - m.Span.Start)})
			}
		}
	}
	for i := range set.hits {
		h := &set.hits[i]
		if !slices.IsSortedFunc(h.standings, compareStandings) {
			slices.SortFunc(h.standings, compareStandings)
		}
		h.standings = slices.Compact(h.standings)
	}
	return set
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
