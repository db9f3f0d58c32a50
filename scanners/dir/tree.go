package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/scanners"
)

// Tree is what lies on disk, as those see it who look for the people behind a
// credential: identity.Repository. Other revisions and people come from the
// git repository that the scanned folders lie in, if there is one. It is for one
// goroutine.
type Tree struct {
	source *Source
	top    string              // absolute; what paths are relative to
	behind identity.Repository // nil for none
	scope  []scope
	files  []identity.File
}

// scope is a scanned folder below the top.
type scope struct {
	rel  string // "" for the top itself
	flat bool   // only a file in it was scanned
}

// Tree returns the scanned folders for the search of identities and owners.
// behind is the git repository that the folders lie in and workTree its work
// tree; nil and "" for none. Then what is relative to the repository's root, such
// as a CODEOWNERS file, is found above the scanned folder.
func (s *Source) Tree(behind identity.Repository, workTree string) *Tree {
	t := &Tree{source: s}
	if workTree != "" && behind != nil {
		if real, err := filepath.EvalSymlinks(workTree); err == nil && s.inside(real) {
			t.top, t.behind = real, behind
		}
	}
	if t.top == "" {
		t.top = s.commonFolder()
	}
	for _, r := range s.roots {
		rel, _ := below(t.top, filepath.Clean(r.folder))
		if filepath.Clean(r.folder) == t.top {
			rel = ""
		}
		t.scope = append(t.scope, scope{rel, r.file != ""})
	}
	return t
}

// inside reports whether all roots are a folder or lie in it.
func (s *Source) inside(folder string) bool {
	return !slices.ContainsFunc(s.roots, func(r root) bool {
		_, ok := below(folder, r.real)
		return !ok && r.real != folder
	})
}

// commonFolder is the lowest folder that all roots are in.
func (s *Source) commonFolder() string {
	top := filepath.Clean(s.roots[0].folder)
	for !s.inside(top) && top != filepath.Dir(top) {
		top = filepath.Dir(top)
	}
	return top
}

// Path returns the tree's path of a file by the path that Locate gave it.
func (t *Tree) Path(shown string) (string, bool) {
	for _, r := range t.source.roots {
		rest := shown
		switch show := strings.TrimSuffix(r.show, "/"); {
		case r.file != "":
			if shown != r.show {
				continue
			}
			rest = r.file
		case show == "" || show == ".":
		default:
			var ok bool
			if rest, ok = strings.CutPrefix(shown, show+"/"); !ok {
				continue
			}
		}
		rel, ok := below(t.top, filepath.Join(r.folder, filepath.FromSlash(rest)))
		return rel, ok
	}
	return "", false
}

// Name implements identity.Repository.
func (t *Tree) Name() string {
	if t.behind != nil {
		return t.behind.Name()
	}
	return filepath.Base(t.top)
}

var errNoHistory = fmt.Errorf("the folder is in no git repository: %w", fs.ErrNotExist)

// ReadFile implements identity.Repository.
func (t *Tree) ReadFile(ctx context.Context, rev, name string, limit int64) (data []byte, whole bool, err error) {
	if rev != "" {
		if t.behind == nil {
			return nil, false, errNoHistory
		}
		return t.behind.ReadFile(ctx, rev, name, limit)
	}
	if !fs.ValidPath(name) || name == "." {
		return nil, false, fmt.Errorf("read %s: %w", name, fs.ErrNotExist)
	}
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	folder, err := t.open(path.Dir(name))
	if err == nil {
		defer folder.Close()
		data, err = readOne(folder, path.Base(name), limit+1)
	}
	if errors.Is(err, errReplaced) {
		err = fs.ErrNotExist // a link or no file
	}
	if err != nil {
		return nil, false, fmt.Errorf("read %s: %w", name, err)
	}
	whole = int64(len(data)) <= limit
	data, _ = scanners.DecodeBytes(data[:min(int64(len(data)), limit)])
	return data, whole, nil
}

func readOne(in folder, name string, limit int64) ([]byte, error) {
	f, err := in.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// open opens a folder below the top, never through a symbolic link.
func (t *Tree) open(rel string) (folder, error) {
	f, err := t.source.open(t.top)
	if err != nil || rel == "." || rel == "" {
		return f, err
	}
	for name := range strings.SplitSeq(rel, "/") {
		sub, err := f.Sub(name)
		f.Close()
		if err != nil {
			return nil, err
		}
		f = sub
	}
	return f, nil
}

// Files implements identity.Repository. Of a repository's work tree it lists
// what was scanned, and what else HEAD has.
func (t *Tree) Files(ctx context.Context, rev string) ([]identity.File, error) {
	if rev != "" {
		if t.behind == nil {
			return nil, errNoHistory
		}
		return t.behind.Files(ctx, rev)
	}
	if t.files != nil {
		return t.files, nil
	}
	l := lister{t: t, ctx: ctx}
	if t.behind != nil {
		tracked, err := t.behind.Files(ctx, "")
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		l.files = append(l.files, tracked...) // HEAD may be unborn
	}
	for _, s := range t.scope {
		f, err := t.open(s.rel)
		if err != nil {
			continue
		}
		l.flat = s.flat
		err = l.list(f, s.rel, 0)
		f.Close()
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(l.files, func(a, b identity.File) int { return strings.Compare(a.Path, b.Path) })
	l.files = slices.CompactFunc(l.files, func(a, b identity.File) bool { return a.Path == b.Path })
	t.files = l.files[:min(len(l.files), identity.MaxFiles)]
	return t.files, nil
}

// lister lists files on disk.
type lister struct {
	t     *Tree
	ctx   context.Context
	flat  bool
	files []identity.File
	bytes int
}

// maxPathBytes bounds the memory for the paths of a listing.
const maxPathBytes = 128 << 20

// list adds the files below an open folder, as far as they can be read.
func (l *lister) list(in folder, rel string, depth int) error {
	for {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		entries, err := in.List(batchLen)
		for _, e := range entries {
			name := path.Join(rel, e.Name())
			if l.bytes > maxPathBytes || len(l.files) >= 2*identity.MaxFiles {
				return nil
			}
			switch mode := e.Type(); {
			case mode.IsRegular():
				l.bytes += len(name)
				l.files = append(l.files, identity.File{Path: name, Size: -1})
			case !mode.IsDir() || l.flat || e.Name() == ".git" || depth >= maxDepth || l.t.source.exclude.Match(name, true):
			default:
				if err := l.enter(in, e.Name(), name, depth); err != nil {
					return err
				}
			}
		}
		if err != nil {
			return nil // the end, or a folder that cannot be read
		}
	}
}

func (l *lister) enter(in folder, name, rel string, depth int) error {
	sub, err := in.Sub(name)
	if err != nil {
		return nil
	}
	defer sub.Close()
	return l.list(sub, rel, depth+1)
}

// Commit implements identity.Repository.
func (t *Tree) Commit(ctx context.Context, id string) (identity.Commit, error) {
	if t.behind == nil {
		return identity.Commit{}, errNoHistory
	}
	return t.behind.Commit(ctx, id)
}

// Recent implements identity.Repository.
func (t *Tree) Recent(ctx context.Context, path string, since time.Time) ([]identity.Activity, error) {
	if t.behind == nil {
		return nil, nil
	}
	return t.behind.Recent(ctx, path, since)
}

// LastCommit implements identity.Repository.
func (t *Tree) LastCommit(ctx context.Context) time.Time {
	if t.behind == nil {
		return time.Time{}
	}
	return t.behind.LastCommit(ctx)
}
