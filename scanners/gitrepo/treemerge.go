package gitrepo

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// row is a name under which trees differ. Entries that a tree has not are zero.
type row struct {
	name string
	now  treeEntry
	olds []treeEntry
}

// rows returns where trees differ, in no particular order.
func (d *treeDiff) rows(a gitpack.ID, bs []gitpack.ID) []row {
	trees := make([][]byte, 1+len(bs))
	trees[0] = d.read(a)
	for i, b := range bs {
		trees[1+i] = d.read(b)
	}
	if out, ok := mergeTrees(trees, d.r.store.HashLen()); ok {
		return out
	}
	return d.anyOrder(trees)
}

// maxTreesKept bounds the trees that are kept for the next comparison: what one
// commit has now, the next one had before.
const maxTreesKept = 16 << 20

// read returns a tree's data; of the zero ID, none.
func (d *treeDiff) read(id gitpack.ID) []byte {
	if id.IsZero() {
		return nil
	}
	if data, ok := d.r.trees[id]; ok {
		return data
	}
	data, err := d.r.treeData(id)
	if err != nil {
		d.r.cov.Skip("unreadable tree", d.r.missingFix(), err.Error())
		return nil
	}
	if d.r.treesSize+len(data) > maxTreesKept || d.r.trees == nil {
		d.r.trees, d.r.treesSize = map[gitpack.ID][]byte{}, 0
	}
	d.r.trees[id] = data
	d.r.treesSize += len(data)
	return data
}

func (r *Repo) treeData(id gitpack.ID) ([]byte, error) {
	n, ok := r.store.Lookup(id)
	if !ok {
		return nil, fmt.Errorf("tree %s is not in the repository", id)
	}
	o, err := r.store.Read(n)
	if err == nil && o.Type != gitpack.Tree {
		err = fmt.Errorf("it is a %s", o.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", id, err)
	}
	return o.Data, nil
}

// cursor is a place in a tree.
type cursor struct {
	rest []byte
	n    int // bytes of the entry at hand; 0 at the end
	e    gitpack.TreeEntry
}

// next goes on to the next entry. It reports false unless that can be read and
// stands behind the last one, as git orders them.
func (c *cursor) next(hash int) bool {
	last, first := c.e, c.n == 0
	c.rest = c.rest[c.n:]
	c.n = 0
	if len(c.rest) == 0 {
		return true
	}
	var err error
	c.e, c.n, err = gitpack.NextEntry(c.rest, hash)
	return err == nil && (first || inOrder(last, c.e) < 0)
}

// inOrder compares entries as git does: a folder's name as if it ended in a
// slash.
func inOrder(a, b gitpack.TreeEntry) int {
	n := min(len(a.Name), len(b.Name))
	if x := bytes.Compare(a.Name[:n], b.Name[:n]); x != 0 {
		return x
	}
	end := func(e gitpack.TreeEntry) int {
		if len(e.Name) > n {
			return int(e.Name[n])
		}
		if e.Mode == gitpack.ModeTree {
			return '/'
		}
		return 0
	}
	return end(a) - end(b)
}

// mergeTrees goes through trees side by side. It reports false if one of them is
// not in order: git writes no such trees, but reads them.
func mergeTrees(trees [][]byte, hash int) (out []row, ok bool) {
	cs := make([]cursor, len(trees))
	for i := range cs {
		cs[i].rest = trees[i]
		if !cs[i].next(hash) {
			return nil, false
		}
	}
	for {
		least := -1
		same := true // all have the entry at hand
		for i := range cs {
			c := &cs[i]
			same = same && c.n > 0 && c.n == cs[0].n && bytes.Equal(c.rest[:c.n], cs[0].rest[:c.n])
			if c.n > 0 && (least < 0 || inOrder(c.e, cs[least].e) < 0) {
				least = i
			}
		}
		if least < 0 {
			return out, true
		}
		if !same || len(cs) == 1 {
			out = append(out, rowAt(cs, cs[least].e))
		}
		at := cs[least].e
		for i := range cs {
			if cs[i].n > 0 && inOrder(cs[i].e, at) == 0 && !cs[i].next(hash) {
				return nil, false
			}
		}
	}
}

// rowAt collects what stands at the place of an entry.
func rowAt(cs []cursor, at gitpack.TreeEntry) row {
	r := row{name: string(at.Name), olds: make([]treeEntry, len(cs)-1)}
	for i := range cs {
		if cs[i].n == 0 || inOrder(cs[i].e, at) != 0 {
			continue
		}
		e := treeEntry{cs[i].e.Mode, gitpack.MakeID(cs[i].e.ID)}
		if i == 0 {
			r.now = e
		} else {
			r.olds[i-1] = e
		}
	}
	return r
}

// anyOrder is mergeTrees for trees that are out of order or broken.
func (d *treeDiff) anyOrder(trees [][]byte) (out []row) {
	var names []string
	all := make([]map[string]treeEntry, len(trees))
	for i, data := range trees {
		all[i] = d.parse(data)
		names = slices.AppendSeq(names, maps.Keys(all[i]))
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		r := row{name: plain(name), now: all[0][name]}
		for _, old := range all[1:] {
			r.olds = append(r.olds, old[name])
		}
		out = append(out, r)
	}
	return out
}

// entries returns a tree's entries by name, see plain; of the zero ID, none.
func (d *treeDiff) entries(id gitpack.ID) map[string]treeEntry { return d.parse(d.read(id)) }

func (d *treeDiff) parse(data []byte) map[string]treeEntry {
	m, err := byName(data, d.r.store.HashLen())
	if err != nil {
		d.r.cov.Skip("unreadable tree", d.r.missingFix(), err.Error())
	}
	return m
}

// byName is what parse does, without its care.
func byName(data []byte, hash int) (map[string]treeEntry, error) {
	out := map[string]treeEntry{}
	err := gitpack.ParseTree(data, hash, func(mode uint32, name, id []byte) bool {
		key := string(name)
		if _, twice := out[key]; twice { // git writes no such trees, but reads them
			key += "\x00" + strconv.Itoa(len(out))
		}
		out[key] = treeEntry{mode, gitpack.MakeID(id)}
		return true
	})
	return out, err
}
