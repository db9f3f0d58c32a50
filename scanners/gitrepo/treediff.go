package gitrepo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// treeEntry is an entry of a tree.
type treeEntry struct {
	mode uint32
	id   gitpack.ID
}

// change is a path whose content differs. olds are its versions in each
// parent, new is zero if the file is gone.
type change struct {
	path string
	new  gitpack.ID
	olds []gitpack.ID
}

// readTree returns the entries of a tree by name; of the zero ID, none.
func (r *Repo) readTree(id gitpack.ID) (map[string]treeEntry, error) {
	out := map[string]treeEntry{}
	if id.IsZero() {
		return out, nil
	}
	n, ok := r.store.Lookup(id)
	if !ok {
		return nil, fmt.Errorf("tree %s is not in the repository", id)
	}
	o, err := r.store.Read(n)
	if err == nil && o.Type != gitpack.Tree {
		err = fmt.Errorf("it is a %s", o.Type)
	}
	if err == nil {
		err = gitpack.ParseTree(o.Data, r.store.HashLen(), func(mode uint32, name, id []byte) bool {
			out[string(name)] = treeEntry{mode, gitpack.MakeID(id)}
			return true
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", id, err)
	}
	return out, nil
}

// diffTrees calls differ for every blob of tree a that is not the same in all
// of the trees bs, and for those that only bs have. A tree that cannot be read
// is noted, and counts as empty.
func (r *Repo) diffTrees(a gitpack.ID, bs []gitpack.ID, path string, differ func(change)) {
	if len(bs) > 0 && !slices.ContainsFunc(bs, func(b gitpack.ID) bool { return b != a }) {
		return
	}
	if strings.Count(path, "/") > maxDepth {
		r.cov.Skip("tree that is nested too deeply", "", "")
		return
	}
	read := func(id gitpack.ID) map[string]treeEntry {
		m, err := r.readTree(id)
		if err != nil {
			r.cov.Skip("unreadable tree", r.missingFix(), err.Error())
		}
		return m
	}
	now := read(a)
	olds := make([]map[string]treeEntry, len(bs))
	names := map[string]bool{}
	for i, b := range bs {
		olds[i] = read(b)
		for name := range olds[i] {
			names[name] = true
		}
	}
	for name := range now {
		names[name] = true
	}
	for name := range names {
		r.diffEntry(now[name], olds, path, name, differ)
	}
}

func (r *Repo) diffEntry(now treeEntry, olds []map[string]treeEntry, path, name string, differ func(change)) {
	same := len(olds) > 0
	trees := make([]gitpack.ID, len(olds))
	blobs := make([]gitpack.ID, len(olds))
	anyTree := now.mode == gitpack.ModeTree
	for i, old := range olds {
		was := old[name]
		same = same && was == now
		switch was.mode {
		case gitpack.ModeTree:
			trees[i], anyTree = was.id, true
		case gitpack.ModeGitlink:
		default:
			blobs[i] = was.id
		}
	}
	if same {
		return
	}
	var nowTree, nowBlob gitpack.ID
	switch now.mode {
	case gitpack.ModeTree:
		nowTree = now.id
	case gitpack.ModeGitlink:
	default:
		nowBlob = now.id
	}
	if anyTree {
		r.diffTrees(nowTree, trees, path+name+"/", differ)
	}
	c := change{path: path + name, new: nowBlob, olds: blobs}
	changed := !nowBlob.IsZero() && !slices.Contains(blobs, nowBlob)
	gone := nowBlob.IsZero() && slices.ContainsFunc(blobs, func(b gitpack.ID) bool { return !b.IsZero() })
	if changed || gone {
		differ(c)
	}
}

// entryAt returns what a commit has at a path.
func (r *Repo) entryAt(id gitpack.ID, path string) (e treeEntry, ok bool) {
	n, found := r.peel(id)
	if !found {
		return e, false
	}
	info, err := r.commitAt(n)
	if err != nil {
		return e, false
	}
	e = treeEntry{gitpack.ModeTree, info.Tree}
	for name := range strings.SplitSeq(path, "/") {
		entries, err := r.readTree(e.id)
		if err != nil {
			return e, false
		}
		if e, ok = entries[name]; !ok {
			return e, false
		}
	}
	return e, true
}
