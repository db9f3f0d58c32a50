package gitrepo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// NewStaged returns the Source of what the index adds to HEAD, and to the
// commits that are being merged.
func NewStaged(r *Repo) (*Changes, error) {
	data, err := r.indexData()
	if err != nil {
		return nil, err
	}
	var olds []gitpack.ID
	for _, id := range r.mergeParents() {
		n, ok := r.peel(id)
		if !ok {
			return nil, fmt.Errorf("commit %s is not in the repository (%s)", id, r.missingFix())
		}
		info, err := r.commitAt(n)
		if err != nil {
			return nil, err
		}
		olds = append(olds, info.Tree)
	}
	var entries []indexEntry
	if r.nothingStaged(data, olds) {
		return &Changes{r: r, steps: []step{{n: inIndex}}}, nil
	}
	if data != nil {
		if entries, err = r.indexEntries(data); err != nil {
			return nil, err
		}
	}
	changes, bare := r.staged(entries, olds)
	return &Changes{r: r, Bare: bare, steps: []step{{n: inIndex, changes: changes}}}, nil
}

// staged compares the index with the trees of its parents-to-be. bare are those
// that differ in no content: in modes, and submodules' commits.
func (r *Repo) staged(entries []indexEntry, olds []gitpack.ID) (out []change, bare []string) {
	entries = slices.DeleteFunc(entries, func(e indexEntry) bool { return e.later })
	differ := func(c change) { out = append(out, c) }
	d := indexDiff{treeDiff: treeDiff{r: r, differ: differ, left: maxFiles}, index: plantIndex(entries, r.store.HashLen())}
	r.planted = d.index
	if d.index.tooMany {
		r.cov.Skip("index with more folders than whosekey follows", "", r.indexFile())
	}
	d.folder(0, olds)
	if d.left <= 0 {
		r.cov.Skip(tooManyFiles, "", r.indexFile())
	}
	slices.SortStableFunc(out, func(a, b change) int { return strings.Compare(a.path, b.path) })
	return out, d.bare
}

// indexDiff compares the index with trees, folder by folder. A folder that
// would become the very tree that all the others have is not looked at: so the
// time that a commit takes depends on what is in it, and not on what is beside
// it.
type indexDiff struct {
	treeDiff
	index *indexTree
	bare  []string
}

// folder compares a folder of the index with trees, of which some may be zero.
func (d *indexDiff) folder(num int, ids []gitpack.ID) {
	f := &d.index.folders[num]
	if len(ids) > 0 && !slices.ContainsFunc(ids, func(id gitpack.ID) bool { return id != f.id }) || d.left <= 0 {
		return
	}
	d.left--
	path := d.index.path(num)
	if f.sparse {
		d.trees(f.id, unique(ids), path)
		return
	}
	olds := make([]map[string]treeEntry, len(ids))
	for i, id := range ids {
		olds[i] = d.entries(id)
	}
	files, folders := map[string]bool{}, map[string]bool{}
	for i, sub := f.lo, num+1; i < f.hi; {
		if sub < f.next && d.index.folders[sub].lo == i {
			name := d.index.name(sub)
			folders[name] = true
			d.folder(sub, eachOf(olds, name, asTree))
			i, sub = d.index.folders[sub].hi, d.index.folders[sub].next
			continue
		}
		e := &d.index.entries[i]
		name := e.path[f.at:]
		files[name] = true
		d.file(e, name, olds)
		i++
	}
	d.gone(olds, path, files, folders)
}

// file compares an entry of the index with what trees have under its name.
func (d *indexDiff) file(e *indexEntry, name string, olds []map[string]treeEntry) {
	now, was := treeEntry{e.mode, e.id}, make([]treeEntry, len(olds))
	for i, old := range olds {
		was[i] = old[name]
	}
	link := e.mode&0o170000 == gitpack.ModeGitlink
	if blobs := eachOf(olds, name, asBlob); !link && !slices.Contains(blobs, e.id) {
		d.left--
		d.differ(change{path: e.path, new: e.id, olds: blobs})
		return
	}
	if slices.ContainsFunc(was, func(old treeEntry) bool { return old != now }) {
		d.bare = append(d.bare, e.path)
	}
	if !link || slices.Contains(was, now) {
		return
	}
	d.r.tellLink(e.path)
	if c, ok := linkChange(e.path, now, was); ok {
		d.left--
		d.differ(c)
	}
}

// gone reports the files that the trees have and the index has not.
func (d *indexDiff) gone(olds []map[string]treeEntry, path string, files, folders map[string]bool) {
	done := map[string]bool{}
	for _, old := range olds {
		for name := range old {
			if done[name] {
				continue
			}
			done[name] = true
			blobs := slices.DeleteFunc(eachOf(olds, name, asBlob), gitpack.ID.IsZero)
			if len(blobs) > 0 && !files[plain(name)] {
				d.left--
				d.differ(change{path: path + plain(name), olds: blobs})
			}
			links := slices.DeleteFunc(eachOf(olds, name, asLink), gitpack.ID.IsZero)
			if len(links) > 0 && len(blobs) == 0 && !files[plain(name)] {
				d.left--
				d.differ(change{path: path + plain(name)})
			}
			trees := slices.DeleteFunc(eachOf(olds, name, asTree), gitpack.ID.IsZero)
			if len(trees) > 0 && !folders[plain(name)] {
				d.trees(gitpack.ID{}, unique(trees), path+plain(name)+"/")
			}
		}
	}
}

// eachOf returns what each of the trees has under a name.
func eachOf(olds []map[string]treeEntry, name string, as func(treeEntry) gitpack.ID) []gitpack.ID {
	out := make([]gitpack.ID, len(olds))
	for i, old := range olds {
		out[i] = as(old[name])
	}
	return out
}
