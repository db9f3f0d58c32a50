package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/scanners"
)

// Tree is a repository as those see it who look for the people behind a
// credential: identity.Repository. It reads nothing before it is asked, keeps
// some of what it read, and is for one goroutine. What it cannot read makes no
// scan incomplete.
type Tree struct {
	r     *Repo
	name  string
	work  int64 // that is left, in bytes
	trees map[gitpack.ID][]byte
	size  int // of trees
	mail  mailmap
	files [2]listing // of the revisions that were asked for last
	log   *recentLog
}

type listing struct {
	tree  gitpack.ID
	files []identity.File
}

// Bounds on a hostile repository: trees in memory, and bytes that are looked
// at. To rebuild a byte costs some eight times as much as to look at it.
const (
	maxKeptTrees = 8 << 20
	maxTreeWork  = 8 << 30
	readCost     = 8
)

var errTreeWork = errors.New("the trees of this repository take too much work")

// Tree returns the repository for the search of identities and owners.
func (r *Repo) Tree() *Tree {
	return &Tree{r: r, name: r.name(), work: maxTreeWork, trees: map[gitpack.ID][]byte{}}
}

// name is "acme/api" of the address of origin, or the folder's name.
func (r *Repo) name() string {
	addr := strings.TrimSuffix(strings.TrimRight(r.remote, "/"), ".git")
	if _, rest, ok := strings.Cut(addr, "://"); ok {
		if _, path, ok := strings.Cut(rest, "/"); ok && path != "" && !strings.HasPrefix(addr, "file:") {
			return strings.Trim(path, "/")
		}
	} else if host, path, ok := strings.Cut(addr, ":"); ok && len(host) > 1 && path != "" && !strings.Contains(host, "/") {
		return strings.Trim(path, "/") // git@host:acme/api
	}
	dir := r.WorkTree
	if dir == "" {
		dir = r.GitDir
	}
	return strings.TrimSuffix(filepath.Base(dir), ".git")
}

// Forget frees what was kept of what was read.
func (t *Tree) Forget() {
	clear(t.trees)
	t.size, t.files = 0, [2]listing{}
	t.r.store.Forget()
}

// Name implements identity.Repository.
func (t *Tree) Name() string { return t.name }

// commit reads a commit; "" is HEAD.
func (t *Tree) commit(rev string) (info gitpack.CommitInfo, n int, err error) {
	id := t.r.head
	if rev != "" {
		var ok bool
		if id, ok = gitpack.ParseID(rev); !ok {
			return info, 0, fmt.Errorf("%q is no commit's id", rev)
		}
	}
	n, ok := t.r.peel(id)
	if !ok {
		return info, 0, fmt.Errorf("commit %s: %w", id, fs.ErrNotExist)
	}
	info, err = t.r.commitAt(n)
	return info, n, err
}

// tree returns a tree's data.
func (t *Tree) tree(id gitpack.ID) ([]byte, error) {
	if data, ok := t.trees[id]; ok {
		return data, nil
	}
	if t.work < 0 {
		return nil, errTreeWork
	}
	data, err := t.r.treeData(id)
	if err != nil {
		return nil, err
	}
	t.work -= readCost * int64(len(data))
	if t.size += len(data); t.size > maxKeptTrees {
		clear(t.trees)
		t.size = len(data)
	}
	t.trees[id] = data
	return data, nil
}

// find returns an entry of a tree.
func (t *Tree) find(id gitpack.ID, name string) (e treeEntry, err error) {
	data, err := t.tree(id)
	if err != nil {
		return e, err
	}
	t.work -= int64(len(data))
	// Most of what is asked for is not there, which this finds out at 10 GB/s;
	// where it is, the entry's beginning is not known without going there.
	if !bytes.Contains(data, []byte(" "+name+"\x00")) {
		return e, fs.ErrNotExist
	}
	err = fs.ErrNotExist
	gitpack.ParseTree(data, t.r.store.HashLen(), func(mode uint32, at, id []byte) bool {
		if string(at) != name {
			return true
		}
		e, err = treeEntry{mode, gitpack.MakeID(id)}, nil
		return false
	})
	return e, err
}

// at returns what lies at a path below a tree.
func (t *Tree) at(tree gitpack.ID, path string) (e treeEntry, err error) {
	e = treeEntry{gitpack.ModeTree, tree}
	for name := range strings.SplitSeq(path, "/") {
		if e.mode != gitpack.ModeTree {
			return e, fs.ErrNotExist
		}
		if e, err = t.find(e.id, name); err != nil {
			return e, err
		}
	}
	return e, nil
}

// isFile reports whether an entry is a regular file: links are not followed.
func (e treeEntry) isFile() bool { return e.mode&0o170000 == 0o100000 }

// ReadFile implements identity.Repository.
func (t *Tree) ReadFile(ctx context.Context, rev, path string, limit int64) (data []byte, whole bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	info, _, err := t.commit(rev)
	if err != nil {
		return nil, false, fmt.Errorf("read %s: %w", path, err)
	}
	e, err := t.at(info.Tree, path)
	if err == nil && !e.isFile() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, false, fmt.Errorf("read %s: %w", path, err)
	}
	if data, err = t.blob(e.id, limit+1); err != nil {
		return nil, false, fmt.Errorf("read %s: %w", path, err)
	}
	whole = int64(len(data)) <= limit
	data, _ = scanners.DecodeBytes(data[:min(int64(len(data)), limit)])
	return data, whole, nil
}

// blob reads at most limit bytes of a blob.
func (t *Tree) blob(id gitpack.ID, limit int64) ([]byte, error) {
	n, ok := t.r.store.Lookup(id)
	if !ok {
		return nil, fs.ErrNotExist
	}
	if t.work < 0 {
		return nil, errTreeWork
	}
	o, err := t.r.store.Read(n)
	if err != nil {
		return nil, err
	}
	r := o.Content()
	defer r.Close()
	if o.Type != gitpack.Blob {
		return nil, fs.ErrNotExist
	}
	t.work -= readCost * min(o.Size, maxDeltaSize)
	return io.ReadAll(io.LimitReader(r, limit))
}

// maxDeltaSize is what an object costs at most that is read as a stream.
const maxDeltaSize = 512 << 20

// Files implements identity.Repository. HEAD has none before the first commit.
func (t *Tree) Files(ctx context.Context, rev string) ([]identity.File, error) {
	if rev == "" && t.r.head.IsZero() {
		return nil, nil
	}
	info, _, err := t.commit(rev)
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	if t.files[0].tree != info.Tree {
		t.files[0], t.files[1] = t.files[1], t.files[0]
	}
	if t.files[0].tree != info.Tree {
		l := lister{t: t, ctx: ctx}
		if err := l.list(info.Tree, "", 0); err != nil {
			return nil, fmt.Errorf("list files: %w", err)
		}
		byPath := func(a, b identity.File) int { return strings.Compare(a.Path, b.Path) }
		if !slices.IsSortedFunc(l.files, byPath) { // git writes no such trees
			slices.SortFunc(l.files, byPath)
		}
		t.files[0] = listing{info.Tree, l.files}
	}
	return t.files[0].files, nil
}

// lister lists the files of a tree.
type lister struct {
	t     *Tree
	ctx   context.Context
	files []identity.File
	trees int
	bytes int             // of the paths
	paths strings.Builder // those of many files, of which each has its piece
}

// pathsAtOnce is how much memory is taken at once for paths, in bytes.
const pathsAtOnce = 32 << 10

// add adds a file.
func (l *lister) add(folder string, name []byte) {
	n := len(folder) + len(name)
	if l.bytes += n; l.paths.Cap()-l.paths.Len() < n {
		l.paths = strings.Builder{}
		l.paths.Grow(max(n, pathsAtOnce))
	}
	at := l.paths.Len()
	l.paths.WriteString(folder)
	l.paths.Write(name)
	l.put(l.paths.String()[at:])
}

// put adds a path.
func (l *lister) put(path string) {
	if len(l.files) == cap(l.files) { // append would copy long lists four times as often
		l.files = slices.Grow(l.files, max(len(l.files), 64))
	}
	l.files = append(l.files, identity.File{Path: path, Size: -1})
}

// Bounds on paths: git refuses longer ones on most systems.
const (
	maxPath  = 4096
	maxPaths = 128 << 20
)

// list adds the files below a tree. One that cannot be read counts as empty.
func (l *lister) list(id gitpack.ID, path string, depth int) error {
	l.trees++
	if depth > maxDepth || l.trees > identity.MaxFiles || len(l.files) >= identity.MaxFiles || l.bytes > maxPaths {
		return nil
	}
	if l.trees%256 == 0 && l.ctx.Err() != nil {
		return l.ctx.Err()
	}
	if f, ok := l.t.r.planted.find(path, id); ok {
		return l.listed(l.t.r.planted.entries[f.lo:f.hi])
	}
	data, err := l.t.tree(id)
	if errors.Is(err, errTreeWork) {
		return err
	}
	l.t.work -= int64(len(data))
	gitpack.ParseTree(data, l.t.r.store.HashLen(), func(mode uint32, name, child []byte) bool {
		e := treeEntry{mode, gitpack.MakeID(child)}
		switch {
		case len(name) == 0 || bytes.IndexByte(name, '/') >= 0 || len(path)+len(name) > maxPath:
		case e.mode == gitpack.ModeTree:
			err = l.list(e.id, path+string(name)+"/", depth+1)
			return err == nil
		case e.isFile():
			l.add(path, name)
		}
		return len(l.files) < identity.MaxFiles && l.bytes <= maxPaths
	})
	if l.ctx.Err() == nil && !errors.Is(err, errTreeWork) {
		err = nil
	}
	return err
}

// listed adds the files of a folder of the index that is the same as the one in the
// revision, by the hash of its tree: so that trees are not read and paths not put together.
func (l *lister) listed(entries []indexEntry) error {
	for i := range entries {
		switch e := &entries[i]; {
		case len(l.files) >= identity.MaxFiles || l.bytes > maxPaths:
			return nil
		case e.mode == gitpack.ModeTree: // a sparse index
			folder := strings.TrimSuffix(e.path, "/") + "/"
			if err := l.list(e.id, folder, strings.Count(folder, "/")); err != nil {
				return err
			}
		case (treeEntry{mode: e.mode}).isFile() && len(e.path) <= maxPath:
			l.bytes += len(e.path)
			l.put(e.path)
		}
	}
	return nil
}

// LastCommit implements identity.Repository.
func (t *Tree) LastCommit(context.Context) time.Time {
	info, _, err := t.commit("")
	if err != nil {
		return time.Time{}
	}
	return info.Committed.UTC()
}
