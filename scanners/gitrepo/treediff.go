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
// parent, new is zero if the file is gone, and if it is a submodule.
type change struct {
	path string
	new  gitpack.ID
	olds []gitpack.ID
	link bool // a submodule is where nothing was
}

// linkChange is the change at the path of a submodule that comes or goes; ok if it is
// one. It has nothing but its name here.
func linkChange(path string, now treeEntry, olds []treeEntry) (c change, ok bool) {
	had := false
	for _, was := range olds {
		if !asBlob(was).IsZero() {
			return c, false // a file comes, or goes, and that is a change
		}
		had = had || was.mode == gitpack.ModeGitlink
	}
	c = change{path: path, link: now.mode == gitpack.ModeGitlink, olds: make([]gitpack.ID, len(olds))}
	return c, c.link != had && asBlob(now).IsZero()
}

// readTree returns the entries of a tree by name, see plain; of the zero ID,
// none.
func (r *Repo) readTree(treeID gitpack.ID) (map[string]treeEntry, error) {
	if treeID.IsZero() {
		return map[string]treeEntry{}, nil
	}
	data, err := r.treeData(treeID)
	if err != nil {
		return nil, err
	}
	out, err := byName(data, r.store.HashLen())
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", treeID, err)
	}
	return out, nil
}

// Bounds on the paths that are followed, as a tree of a few kilobytes can
// unfold to billions: in one tree or commit, and in all steps together. The
// largest trees that people work with have some 500,000 files.
const (
	maxFiles    = 1 << 20
	maxAllFiles = 6 << 20
)

// treeDiff compares trees.
type treeDiff struct {
	r      *Repo
	differ func(change)
	left   int // changes and trees that may still come
	above  []gitpack.ID
	deep   bool // it was noted already
}

// diffTrees calls differ for every blob of tree a that is not the same in all
// of the trees bs, and for those that only bs have; at most limit times. A
// tree that cannot be read is noted, and counts as empty.
func (r *Repo) diffTrees(a gitpack.ID, bs []gitpack.ID, limit int, differ func(change)) {
	d := &treeDiff{r: r, differ: differ, left: limit}
	d.trees(a, unique(bs), "")
	if d.left <= 0 {
		r.cov.Skip(tooManyFiles, "", a.String())
	}
}

const tooManyFiles = "tree with more files than whosekey follows"

// unique drops what is there twice: all parents but one often have the same.
func unique(ids []gitpack.ID) []gitpack.ID {
	if len(ids) < 2 {
		return ids
	}
	var out []gitpack.ID
	seen := map[gitpack.ID]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func (d *treeDiff) trees(a gitpack.ID, bs []gitpack.ID, path string) {
	if len(bs) == 1 && bs[0] == a || d.left <= 0 {
		return
	}
	d.left--
	if len(d.above) > maxDepth || !a.IsZero() && slices.Contains(d.above, a) {
		if !d.deep {
			d.r.cov.Skip("tree that is nested too deeply", "", "")
		}
		d.deep = true
		return
	}
	d.above = append(d.above, a)
	defer func() { d.above = d.above[:len(d.above)-1] }()
	var folders []row
	for _, row := range d.rows(a, bs) {
		if d.entry(&row, path) {
			folders = append(folders, row)
		}
	}
	// After all files: where there is too much, the topmost are seen.
	for _, f := range folders {
		below := make([]gitpack.ID, len(f.olds))
		for i, old := range f.olds {
			below[i] = asTree(old)
		}
		d.trees(asTree(f.now), unique(below), path+f.name+"/")
	}
}

// plain is the name of an entry, without what tells it from another one of
// the same name.
func plain(key string) string {
	name, _, _ := strings.Cut(key, "\x00")
	return name
}

func asTree(e treeEntry) (id gitpack.ID) {
	if e.mode == gitpack.ModeTree {
		id = e.id
	}
	return id
}

func asLink(e treeEntry) (id gitpack.ID) {
	if e.mode == gitpack.ModeGitlink {
		id = e.id
	}
	return id
}

func asBlob(e treeEntry) (id gitpack.ID) {
	if e.mode != gitpack.ModeTree && e.mode != gitpack.ModeGitlink {
		id = e.id
	}
	return id
}

// entry compares what is at a path, and reports whether it is a folder that
// has to be compared too.
func (d *treeDiff) entry(r *row, path string) (folder bool) {
	same := len(r.olds) > 0
	blobs := make([]gitpack.ID, len(r.olds))
	folder = r.now.mode == gitpack.ModeTree
	for i, was := range r.olds {
		same = same && was == r.now
		folder = folder || was.mode == gitpack.ModeTree
		blobs[i] = asBlob(was)
	}
	if same || d.left <= 0 {
		return false
	}
	if r.now.mode == gitpack.ModeGitlink && !slices.Contains(r.olds, r.now) {
		d.r.tellLink(path + r.name)
	}
	id := asBlob(r.now)
	changed := !id.IsZero() && !slices.Contains(blobs, id)
	gone := id.IsZero() && slices.ContainsFunc(blobs, func(b gitpack.ID) bool { return !b.IsZero() })
	if changed || gone {
		d.left--
		d.differ(change{path: path + r.name, new: id, olds: unique(blobs)})
	} else if c, ok := linkChange(path+r.name, r.now, r.olds); ok {
		d.left--
		d.differ(c)
	}
	return folder
}

// tellLink notes once that a submodule that is new, or put on another commit, is not
// searched.
func (r *Repo) tellLink(path string) {
	if r.linked == nil {
		r.linked = map[string]bool{}
	}
	if !r.linked[path] && len(r.linked) < maxFiles {
		r.linked[path] = true
		r.cov.LeaveOut("submodule, which is a repository of its own", "scan it too", path)
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
		if e, ok = r.entryIn(e, name); !ok {
			return e, false
		}
	}
	return e, true
}

// entryIn returns one entry of a tree.
func (r *Repo) entryIn(tree treeEntry, want string) (e treeEntry, ok bool) {
	n, found := r.store.Lookup(tree.id)
	if !found || tree.mode != gitpack.ModeTree {
		return e, false
	}
	o, err := r.store.Read(n)
	if err != nil || o.Type != gitpack.Tree {
		return e, false
	}
	gitpack.ParseTree(o.Data, r.store.HashLen(), func(mode uint32, name, id []byte) bool {
		if ok = string(name) == want; ok {
			e = treeEntry{mode, gitpack.MakeID(id)}
		}
		return !ok
	})
	return e, ok
}
