package gitrepo

import (
	"cmp"
	"slices"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// A tree mostly differs from the one that it is a delta of in an entry or two.
// Entries that were copied whole are taken over without a look at them. Where
// they start cannot be seen in the middle of a tree, since ids are any bytes; so
// the starts of the base's entries are kept: a copied run is in step with the
// base from the first entry on that starts in both at the same place.

// treeTrace is what was found out about a tree.
type treeTrace struct {
	starts []int32 // of the entries, and the tree's length
	noted  []noted
}

// noted is an entry that matters: a folder, a blob with hits, or one that is
// not in the repository.
type noted struct {
	at      int32 // where it starts
	missing bool  // it has no edge
	edge    edge
}

// minTrace is the size from which keeping a trace pays.
const minTrace = 256

// maxFreeTraces bounds what a worker keeps of traces that nothing is built on any
// more, each with room for at most maxFreeStarts entries: deltas nest 50 deep, and a
// new trace for each tree would be two thirds of all that attribution allocates.
const (
	maxFreeTraces = 64
	maxFreeStarts = 8 << 10
)

// trace returns an empty one.
func (t *treeReader) trace() *treeTrace {
	n := len(t.traces)
	if n == 0 {
		return &treeTrace{}
	}
	last := t.traces[n-1]
	t.traces = t.traces[:n-1]
	return last
}

// drop takes a trace back.
func (t *treeReader) drop(old *treeTrace) {
	if len(t.traces) < maxFreeTraces && cap(old.starts) <= maxFreeStarts && cap(old.noted) <= maxFreeStarts {
		old.starts, old.noted = old.starts[:0], old.noted[:0]
		t.traces = append(t.traces, old)
	}
}

// entries fills t.noted with what matters in a tree.
func (t *treeReader) entries(o *gitpack.Object, keep *treeTrace) error {
	t.noted = t.noted[:0]
	base, _ := o.Base.(*treeTrace)
	copies := o.Copies
	for at := 0; at < len(o.Data); {
		if base != nil {
			for len(copies) > 0 && copies[0].To+copies[0].Len <= at {
				copies = copies[1:]
			}
			if len(copies) > 0 && copies[0].To <= at {
				if n := t.inherit(base, copies[0], at, keep); n > 0 {
					at += n
					continue
				}
			}
		}
		e, n, err := gitpack.NextEntry(o.Data[at:], t.hash)
		if err != nil {
			return err
		}
		if keep != nil {
			keep.starts = append(keep.starts, int32(at))
		}
		t.entry(at, e)
		at += n
	}
	return nil
}

// inherit takes over the base's entries from the one on that stands at a
// position of the tree, as far as they were copied whole, and returns how many
// bytes they have.
func (t *treeReader) inherit(base *treeTrace, c gitpack.Copy, at int, keep *treeTrace) int {
	from := int32(at - c.To + c.From)
	first, ok := slices.BinarySearch(base.starts, from)
	if !ok || first == len(base.starts)-1 {
		return 0
	}
	// The last start that is not beyond the copy: what is before it is whole.
	last, ok := slices.BinarySearch(base.starts, int32(c.From+c.Len))
	if !ok {
		last--
	}
	if last <= first {
		return 0
	}
	by := int32(c.To - c.From)
	if keep != nil {
		for _, s := range base.starts[first:last] {
			keep.starts = append(keep.starts, s+by)
		}
	}
	end := base.starts[last]
	i, _ := slices.BinarySearchFunc(base.noted, from, func(n noted, from int32) int { return cmp.Compare(n.at, from) })
	for ; i < len(base.noted) && base.noted[i].at < end; i++ {
		n := base.noted[i]
		n.at += by
		t.noted = append(t.noted, n)
	}
	return int(end - from)
}
