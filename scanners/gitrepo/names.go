package gitrepo

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// Names of files and folders are searched, each once however many trees have it. In a
// history they come with the pass over all trees that looks for the places of what was
// found in blobs: so that is known before. A name with a credential is rare, and has the
// pass made again, as its places are those of all entries that are called so.

// trees passes over all trees, and has the names in them searched.
func (h *History) trees(ctx context.Context, emit func(*leak.Chunk) error) error {
	g, both := errgroup.WithContext(ctx)
	g.Go(func() error {
		h.graph = newGraph(h.r, h.commits)
		return nil
	})
	g.Go(func() (err error) {
		h.forest, err = h.r.readTrees(both, h.workers, wanted{hits: indexOf(h.found), list: true}, &h.done, h.lose)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	h.read, h.dropped = true, h.forest.dropped
	h.names = slices.DeleteFunc(slices.Clone(h.forest.names), func(name string) bool { return len(name) < leak.MinName })
	slices.Sort(h.names)
	var out scanners.Namer
	for i, name := range h.names {
		if err := out.Name(refOf(i+1, names), name, emit); err != nil {
			return err
		}
	}
	return nil
}

// indexOf maps numbers to where they stand.
func indexOf(list []int32) map[int32]int32 {
	out := make(map[int32]int32, len(list))
	for i, n := range list {
		out[n] = int32(i)
	}
	return out
}

// forestFor returns the trees with the hits of a set.
func (h *History) forestFor(ctx context.Context, set *hitSet) (*forest, error) {
	f := h.forest
	h.forest = nil // it can be a third of all that a history takes, and few ask twice
	if f != nil && len(set.hits) == len(h.found) {
		return f, nil // those of which Scan knew
	}
	want := wanted{hits: set.index, names: map[string]int32{}, again: h.read, told: h.dropped}
	for i := range set.hits {
		if name := h.name(&set.hits[i]); name != "" {
			want.names[name] = int32(i)
		}
	}
	return h.r.readTrees(ctx, h.workers, want, &h.done, h.lose)
}

// name returns what a hit in a name is in; "" for other hits.
func (h *History) name(at *hit) string {
	if i := -1 - int(at.n); i >= 0 && i < len(h.names) {
		return h.names[i]
	}
	return ""
}

// paths are those that a change, at least one, adds or takes away, sorted.
func (c *Changes) paths() []string {
	n := 0
	for _, s := range c.steps {
		n += len(s.changes)
	}
	out := make([]string, 0, n) // a million, at most, and what it would grow by counts
	for _, s := range c.steps {
		for _, ch := range s.changes {
			if len(ch.path) >= leak.MinName && (ch.adds() || ch.goes()) {
				out = append(out, ch.path)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// adds reports whether there was no file, and no submodule, at the path before.
func (ch *change) adds() bool {
	return ch.link || !ch.new.IsZero() && !slices.ContainsFunc(ch.olds, func(id gitpack.ID) bool { return !id.IsZero() })
}

// goes reports whether there is no file, and no submodule, at the path any more.
func (ch *change) goes() bool { return ch.new.IsZero() && !ch.link }

// searchNames has the names of files that come or go searched.
func (c *Changes) searchNames(emit func(*leak.Chunk) error) error {
	c.named = c.paths()
	var out scanners.Namer
	for i, path := range c.named {
		if err := out.Name(refOf(i+1, names), path, emit); err != nil {
			return err
		}
	}
	return nil
}

// inName are the credentials in a path.
func (c *Changes) inName(set *hitSet, path string) func(yield func(credHits) bool) {
	if at, ok := slices.BinarySearch(c.named, path); ok {
		if i, ok := set.index[int32(-1-at)]; ok {
			return set.hits[i].creds
		}
	}
	return new(hit).creds
}

// hadFolder reports whether what a credential in a path ends with, a file or a folder, is
// in a parent of a step already.
func (c *Changes) hadFolder(s step, path string, cr credHits) bool {
	last := cr.standings[len(cr.standings)-1]
	end := int(leak.Span{Start: last.from}.NameOffset()) + int(last.len)
	if end > len(path) {
		return false
	}
	if n := strings.IndexByte(path[end:], '/'); n >= 0 {
		path = path[:end+n]
	}
	for _, id := range c.parents(s) {
		if _, ok := c.r.entryAt(id, path); ok {
			return true
		}
	}
	return false
}

// parents are the commits that a step comes after.
func (c *Changes) parents(s step) []gitpack.ID {
	switch {
	case s.n == inIndex:
		return c.r.mergeParents()
	case s.n >= 0:
		if info, err := c.r.commitAt(s.n); err == nil {
			return info.Parents
		}
	}
	return nil
}

// addName places a new credential in the name of a file.
func (c *Changes) addName(l *locator, s step, ch change, cr credHits) {
	loc := leak.Location{Kind: leak.KindBlob, Path: ch.path}
	c.ofStep(l, s, &loc)
	loc.AtHead = slices.ContainsFunc(c.tips, func(tip gitpack.ID) bool {
		_, ok := c.r.entryAt(tip, ch.path)
		return ok
	})
	for _, standing := range cr.standings {
		at := standing.spot()
		loc.Ref, loc.Span = at.Ref, at.Span
		l.out[cr.cred] = append(l.out[cr.cred], loc)
	}
}

// ofStep says of a place which step brought it.
func (c *Changes) ofStep(l *locator, s step, loc *leak.Location) {
	loc.Staged = s.n == inIndex
	if s.n >= 0 {
		loc.Commit = c.r.store.ID(s.n).String()
		if o, err := c.r.store.Read(s.n); err == nil {
			l.describe(loc, &o)
		}
	}
}
