package gitrepo

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// nothingStaged reports whether an index file says by itself that the next commit is the
// tree that all of olds are. Git keeps the names of trees in the index, and commits and
// compares these without looking at the entries: so what stands there is what counts, also
// if somebody wrote it to hide something. Where anything is unusual it is false, and the
// entries decide.
func (r *Repo) nothingStaged(data []byte, olds []gitpack.ID) bool {
	hash := r.store.HashLen()
	p, count, err := newIndexParser(data, hash)
	if err != nil || len(olds) == 0 {
		return false
	}
	p.blind = true
	for range count {
		e, err := p.entry()
		if err != nil || e.stage != 0 || e.later {
			return false
		}
	}
	x, err := p.extensions()
	if err != nil || x.again || x.link != nil {
		return false
	}
	root, entries, ok := readCacheTree(x.trees, hash)
	if !ok || entries != count || slices.ContainsFunc(olds, func(id gitpack.ID) bool { return id != root }) {
		return false
	}
	_, there := r.store.Lookup(root) // git makes one that is missing anew, of the entries
	return there && indexSum(data, hash)
}

// readCacheTree returns the root of a cache of trees and how many entries it has. It is not
// ok if the root is out of date, or if any of it is not as git writes it: then git would use
// none of it. Format: gitformat-index(5), "Cache tree".
func readCacheTree(data []byte, hash int) (root gitpack.ID, entries int64, ok bool) {
	open := []int64{1} // how many are to come, at each level
	for first := true; len(open) > 0; first = false {
		if open[len(open)-1]--; open[len(open)-1] < 0 {
			open = open[:len(open)-1]
			continue
		}
		name, rest, found := bytes.Cut(data, []byte{0})
		line, after, ended := bytes.Cut(rest, []byte{'\n'})
		covers, below, two := bytes.Cut(line, []byte{' '})
		n, err := strconv.ParseInt(string(covers), 10, 32)
		subs, err2 := strconv.ParseUint(string(below), 10, 31)
		if !found || !ended || !two || err != nil || err2 != nil || first != (len(name) == 0) || covers[0] == '+' {
			return root, 0, false
		}
		if data = after; n >= 0 {
			if len(data) < hash {
				return root, 0, false
			}
			if first {
				root, entries, ok = gitpack.MakeID(data[:hash]), n, true
			}
			data = data[hash:]
		}
		if len(open) > maxDepth {
			return root, 0, false
		}
		open = append(open, int64(subs))
	}
	return root, entries, ok && len(data) == 0
}
