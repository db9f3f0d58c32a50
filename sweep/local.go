package sweep

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/store"
)

// dirSource is a folder with repositories in it, at any depth. What is within a
// repository is not looked at. It may be a link, and have links to repositories in it;
// links to other folders are not gone through.
type dirSource struct {
	dir   string
	known map[string]*store.Repository // what is known of it, by name; may be nil
}

func (d *dirSource) remember(known map[string]*store.Repository) { d.known = known }

func (d *dirSource) Spec() string { return "dir:" + d.dir }

// maxDepth is how deep repositories are looked for.
const maxDepth = 8

func (d *dirSource) List(ctx context.Context, visit func([]*store.Repository) error) error {
	if st, err := os.Stat(d.dir); err != nil || !st.IsDir() {
		return &Never{fmt.Errorf("%s is no folder", d.dir)}
	}
	root, err := filepath.EvalSymlinks(d.dir)
	if err != nil {
		return &Never{err}
	}
	w := &dirWalk{d: d, root: root, visit: visit}
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			if errors.Is(err, fs.ErrPermission) {
				if !emptyLost(path) {
					w.missed.add(path, "may not be read")
				}
				return fs.SkipDir
			}
			return errors.Join(err, ctx.Err())
		}
		linked := e.Type()&fs.ModeSymlink != 0
		if !e.IsDir() && !(linked && leadsOut(root, path)) {
			return nil
		}
		within, err := w.folder(path)
		if err != nil || within || linked {
			return err // SkipDir of a link would leave out what else is beside it
		}
		return fs.SkipDir
	})
	if err == nil {
		err = w.flush()
	}
	if err == nil {
		err = w.missed.err()
	}
	if err == nil && w.n == 0 {
		err = &Never{fmt.Errorf("there is no repository in %s, nor in the folders below it", d.dir)}
	}
	return err
}

// dirWalk is a walk through a folder.
type dirWalk struct {
	d      *dirSource
	root   string // where it is, if the folder is a link
	visit  func([]*store.Repository) error
	batch  []*store.Repository
	n      int // of repositories
	missed missed
}

func (w *dirWalk) flush() error {
	defer func() { w.batch = nil }()
	return inChunks(w.batch, w.visit)
}

// folder looks at a folder, or a link to one. within says that repositories may be in it.
func (w *dirWalk) folder(path string) (within bool, err error) {
	rel, err := filepath.Rel(w.root, path)
	if err != nil {
		return false, err
	}
	path = filepath.Join(w.d.dir, rel)
	if strings.Count(filepath.ToSlash(rel), "/") >= maxDepth {
		w.missed.add(path, fmt.Sprintf("is more than %d folders deep", maxDepth))
		return false, nil
	}
	if rel != "." && filepath.Base(rel) == ".git" { // of a repository that is broken, and was told
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrPermission) {
			w.missed.add(filepath.Dir(path), "may not be read")
		}
		return false, nil
	}
	name := strings.TrimSuffix(filepath.ToSlash(rel), ".git")
	if rel == "." {
		name = filepath.Base(w.d.dir)
	}
	r := &store.Repository{Name: name, Address: path}
	if errors.Is(readMark(r, w.d.known[name]), gitrepo.ErrNotRepository) {
		if broken(path) {
			w.missed.add(path, "is a repository that cannot be read")
		}
		return true, nil
	}
	w.n++
	if w.batch = append(w.batch, r); len(w.batch) == chunkOf {
		err = w.flush()
	}
	return false, err
}

// leadsOut reports whether a link leads to a folder that is not below the root: those
// that are, are found themselves.
func leadsOut(root, path string) bool {
	to, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(root, to)
	if err != nil || rel != ".." && !strings.HasPrefix(filepath.ToSlash(rel), "../") {
		return false
	}
	st, err := os.Stat(to)
	return err == nil && st.IsDir()
}

// readMark sets what the refs of a folder are. They are read if something has touched
// it since that was known.
func readMark(r, known *store.Repository) error {
	if known != nil && known.Stat != "" && known.Address == r.Address {
		if refs, ok := gitrepo.Stat(known.Stat).Still(r.Address); ok {
			r.Refs, r.Stat = refs, known.Stat
			return nil
		}
	}
	refs, stat, err := gitrepo.StatAt(r.Address)
	r.Refs, r.Stat = refsOr(refs, err), string(stat)
	return err
}

// fileSource is a file with an address or a folder a line; # begins a remark.
type fileSource struct {
	name   string
	logins *Logins
	known  map[string]*store.Repository // what is known of it, by name; may be nil
}

func (f *fileSource) remember(known map[string]*store.Repository) { f.known = known }

func (f *fileSource) Spec() string { return "list:" + f.name }

// asks is how many servers are asked at once.
const asks = 8

func (f *fileSource) List(ctx context.Context, visit func([]*store.Repository) error) error {
	file, err := os.Open(f.name)
	if err != nil {
		return &Never{err}
	}
	defer file.Close()
	var all []*store.Repository
	seen := map[string]bool{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		r := &store.Repository{Name: line, Address: line}
		if gitrepo.IsURL(line) {
			f.logins.remember(line) // a password in it is for this process alone
			r.Address = shownAddress(line)
			r.Name = nameOf(r.Address)
		} else if !filepath.IsAbs(line) {
			r.Address = filepath.Join(filepath.Dir(f.name), line)
		}
		if !seen[r.Name] {
			seen[r.Name] = true
			all = append(all, r)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read %s: %w", f.name, err)
	}
	if len(all) == 0 {
		return &Never{fmt.Errorf("%s names no repository", f.name)}
	}
	g, ask := errgroup.WithContext(ctx)
	g.SetLimit(asks)
	for _, r := range all {
		g.Go(func() error {
			if gitrepo.IsURL(r.Address) {
				r.Refs = f.logins.watermark(ask, f.Spec(), r.Address)
			} else {
				readMark(r, f.known[r.Name]) // what is no repository is searched, and that says so
			}
			return ask.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return inChunks(all, visit)
}

// nameOf is the name of a repository by its address: "github.com/acme/api".
func nameOf(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		_, rest, _ = strings.Cut(address, "@") // git@host:path
		rest = strings.Replace(rest, ":", "/", 1)
	}
	return strings.TrimSuffix(strings.TrimSuffix(rest, "/"), ".git")
}
