package gitrepo

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/internal/lfs"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// Of a file that git-lfs keeps, git has a pointer. What that stands for is searched
// where it lies, as if the pointer were an archive with this file in it: so it has the
// pointer's paths, commits and authors.

const (
	lfsAway = "file of git-lfs whose content is not here, so that only its pointer was searched"
	lfsOdd  = "pointer of git-lfs in a form that whosekey does not know"
	lfsFix  = "get it with \"git lfs fetch --all\" (actions/checkout: lfs: true), or leave such files out with --lfs=here"
)

// storedFile is a file that git-lfs keeps.
type storedFile struct {
	*os.File
	size int64
}

// storedElsewhere adds the folder that lfs.storage names, a relative one below .git:
// git-lfs-config(5). Only this repository's own settings count, which no commit brings,
// and not the folder of somebody else, who may read less than we; nor one on another
// machine, where Windows would log in.
func (r *Repo) storedElsewhere() {
	dir := r.storage
	if dir == "" || strings.HasPrefix(dir, "//") || strings.HasPrefix(dir, `\\`) {
		return
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(r.CommonDir, dir)
	}
	dir = filepath.Join(dir, "objects")
	own, err := os.Stat(r.CommonDir)
	if err != nil {
		return
	}
	if st, err := os.Stat(dir); err == nil && (r.opts.AllowAlternates || sameOwner(own, st)) {
		r.lfs = append(r.lfs, dir)
	}
}

// stored opens the file that a blob is a pointer to.
func (r *Repo) stored(o *gitpack.Object) (storedFile, bool) {
	if o.Stream != nil || !lfs.Like(o.Data) {
		return storedFile{}, false
	}
	p, ok := lfs.Parse(o.Data)
	if !ok {
		return storedFile{}, false
	}
	f, err := lfs.Open(r.lfs, p)
	return storedFile{f, p.Size}, err == nil
}

// newPaths are the paths of files that were nowhere before, by object.
func (c *Changes) newPaths() map[int]string {
	paths, before := map[int]string{}, map[gitpack.ID]bool{}
	for _, s := range c.steps {
		for _, ch := range s.changes {
			for _, old := range ch.olds {
				before[old] = true
			}
		}
		for _, ch := range s.changes {
			n, ok := c.r.store.Lookup(ch.new)
			if _, known := paths[n]; ok && !known && !ch.new.IsZero() && !before[ch.new] && !c.base[ch.new] {
				paths[n] = ch.path
			}
		}
	}
	return paths
}

// countStored counts the files of git-lfs that were searched.
func (t *teller) countStored() {
	if n := t.stored.Load(); n > 0 {
		t.cov.Count("git-lfs files", n)
	}
}

// pointed searches the file that a pointer stands for.
func (t *teller) pointed(w int, o *gitpack.Object) error {
	name, must := "", true
	if t.path != nil {
		name, must = t.path(o.N)
	}
	p, ok := lfs.Parse(o.Data)
	if !ok {
		if must {
			t.cov.Skip(lfsOdd, "search the file itself: git lfs pull, then whosekey dir", cmp.Or(name, t.store.ID(o.N).String()))
		}
		return nil
	}
	if name == "" {
		name = p.Short()
	}
	if t.maxBlob > 0 && p.Size > t.maxBlob {
		if must {
			t.cov.LeaveOut(fmt.Sprintf("file of git-lfs over %d bytes", t.maxBlob), scanners.RaiseLimit, name)
		}
		return nil
	}
	f, err := lfs.Open(t.repo.lfs, p)
	switch {
	case err == nil:
	case !must:
		return nil
	case errors.Is(err, fs.ErrNotExist) && t.repo.opts.LFSHere:
		t.cov.LeaveOut(lfsAway, lfsFix, name)
		return nil
	case errors.Is(err, fs.ErrNotExist):
		t.cov.Skip(lfsAway, lfsFix, name)
		return nil
	default:
		t.cov.Skip("file of git-lfs that cannot be read", "git lfs fsck", name+": "+err.Error())
		return nil
	}
	defer f.Close()
	t.stored.Add(1)
	t.bytes.Add(p.Size)
	_, err = t.archive(w, o.N, archive.File{At: f, Size: p.Size, Itself: true})
	return err
}
