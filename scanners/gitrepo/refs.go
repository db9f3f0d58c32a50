package gitrepo

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// ref is a name for an object.
type ref struct {
	name string // refs/heads/main
	id   gitpack.ID
}

const maxSymbolic = 5 // as git: MAXDEPTH in refs.c

// readRefs reads packed and loose refs and HEAD. Loose ones win.
func (r *Repo) readRefs() error {
	all := map[string]gitpack.ID{}
	r.readPackedRefs(all)
	symbolic := map[string]string{}
	r.readLooseRefs("refs", all, symbolic)
	for name, target := range symbolic {
		for range maxSymbolic {
			next, ok := symbolic[target]
			if !ok {
				break
			}
			target = next
		}
		if id, ok := all[target]; ok {
			all[name] = id
		}
	}
	r.readWorktreeHeads(all)
	for name, id := range all {
		r.refs = append(r.refs, ref{name, id})
	}
	slices.SortFunc(r.refs, func(a, b ref) int { return strings.Compare(a.name, b.name) })
	return r.readHead(all)
}

// readWorktreeHeads reads the HEADs of linked work trees: what is checked out
// in one without a branch is not lost.
func (r *Repo) readWorktreeHeads(all map[string]gitpack.ID) {
	entries, err := os.ReadDir(filepath.Join(r.CommonDir, "worktrees"))
	if err != nil {
		return // there are none
	}
	for _, e := range entries {
		b, err := readSmall(filepath.Join(r.CommonDir, "worktrees", e.Name(), "HEAD"))
		if id, ok := gitpack.ParseID(strings.TrimSpace(string(b))); ok && err == nil {
			all["worktrees/"+e.Name()+"/HEAD"] = id
		}
	}
}

func (r *Repo) readHead(all map[string]gitpack.ID) error {
	b, err := readSmall(filepath.Join(r.GitDir, "HEAD"))
	if err != nil {
		// A symbolic link is HEAD's oldest form.
		target, linkErr := os.Readlink(filepath.Join(r.GitDir, "HEAD"))
		if linkErr != nil {
			return err
		}
		b = []byte("ref: " + target)
	}
	text := strings.TrimSpace(string(b))
	if target, ok := strings.CutPrefix(text, "ref:"); ok {
		r.headRef = strings.TrimSpace(target)
		r.head = all[r.headRef]
		return nil
	}
	id, ok := gitpack.ParseID(text)
	if !ok {
		r.cov.Skip("unreadable HEAD", "check out a branch", filepath.Join(r.GitDir, "HEAD"))
	}
	r.head = id
	return nil
}

func (r *Repo) readPackedRefs(all map[string]gitpack.ID) {
	b, err := gitpack.ReadFile(filepath.Join(r.CommonDir, "packed-refs"), maxRefs)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		r.cov.Skip("unreadable refs", "", err.Error())
		return
	}
	for raw := range bytes.Lines(b) {
		line := string(bytes.TrimRight(raw, "\r\n"))
		if line == "" || line[0] == '#' || line[0] == '^' {
			continue
		}
		hex, name, ok := strings.Cut(line, " ")
		id, valid := gitpack.ParseID(hex)
		if !ok || !valid {
			r.cov.Skip("unreadable ref", "check the repository with git fsck", "a line of packed-refs")
			continue
		}
		all[name] = id
	}
}

func (r *Repo) readLooseRefs(dir string, all map[string]gitpack.ID, symbolic map[string]string) {
	roots := []string{r.CommonDir}
	if r.GitDir != r.CommonDir {
		roots = append(roots, r.GitDir) // refs/bisect and the like of a work tree
	}
	for _, root := range roots {
		r.readLooseDir(filepath.Join(root, dir), dir, all, symbolic)
	}
}

// readLooseDir reads the refs of a folder: a sweep does so for thousands of
// repositories that have not changed.
func (r *Repo) readLooseDir(path, name string, all map[string]gitpack.ID, symbolic map[string]string) {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.cov.Skip("unreadable ref", "", err.Error())
	}
	for _, e := range entries {
		below, ref := path+string(filepath.Separator)+e.Name(), name+"/"+e.Name()
		if e.IsDir() {
			r.readLooseDir(below, ref, all, symbolic)
		} else if !strings.HasSuffix(ref, ".lock") {
			r.readLooseRef(ref, below, all, symbolic)
		}
	}
}

func (r *Repo) readLooseRef(name, path string, all map[string]gitpack.ID, symbolic map[string]string) {
	b, err := readSmall(path)
	text := strings.TrimSpace(string(b))
	if target, ok := strings.CutPrefix(text, "ref:"); ok {
		symbolic[name] = strings.TrimSpace(target)
		return
	}
	id, ok := gitpack.ParseID(text)
	if err != nil || !ok {
		r.cov.Skip("unreadable ref", "check the repository with git fsck", name)
		return
	}
	all[name] = id
}

// peel follows tags to a commit.
func (r *Repo) peel(id gitpack.ID) (n int, ok bool) {
	for range 16 {
		n, ok = r.store.Lookup(id)
		if !ok {
			return 0, false
		}
		// A ref may name a huge blob, and a million refs may.
		kind, err := r.store.Type(n)
		if err != nil || kind == gitpack.Commit {
			return n, err == nil
		}
		if kind != gitpack.Tag {
			return 0, false
		}
		o, err := r.store.Read(n)
		if err != nil {
			return 0, false
		}
		target, valid := gitpack.ParseTag(o.Data)
		if !valid {
			return 0, false
		}
		id = target
	}
	return 0, false
}
