package gitrepo

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
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

// readRefs reads packed and loose refs and HEAD. Loose ones win: there are few of
// them, but a repository may have a million that are packed.
func (r *Repo) readRefs() error {
	packed := r.readPackedRefs()
	loose := map[string]gitpack.ID{}
	symbolic := map[string]string{}
	r.readLooseRefs("refs", loose, symbolic)
	r.refs = packed
	resolved := map[string]gitpack.ID{}
	for name, target := range symbolic {
		for range maxSymbolic {
			next, ok := symbolic[target]
			if !ok {
				break
			}
			target = next
		}
		id, ok := loose[target]
		if !ok {
			id, ok = r.ref(target)
		}
		if ok {
			resolved[name] = id
		}
	}
	maps.Copy(loose, resolved)
	r.readWorktreeHeads(loose)
	r.refs = overlay(packed, loose)
	return r.readHead()
}

// ref finds a ref by its name.
func (r *Repo) ref(name string) (gitpack.ID, bool) {
	i, ok := slices.BinarySearchFunc(r.refs, name, func(a ref, name string) int { return strings.Compare(a.name, name) })
	if !ok {
		return gitpack.ID{}, false
	}
	return r.refs[i].id, true
}

// overlay puts loose refs over packed ones, which are sorted by name.
func overlay(packed []ref, loose map[string]gitpack.ID) []ref {
	if len(loose) == 0 {
		return packed
	}
	all := make([]ref, 0, len(packed)+len(loose))
	for _, name := range slices.Sorted(maps.Keys(loose)) {
		n, there := slices.BinarySearchFunc(packed, name, func(a ref, name string) int { return strings.Compare(a.name, name) })
		all = append(append(all, packed[:n]...), ref{name, loose[name]})
		if there {
			n++
		}
		packed = packed[n:]
	}
	return append(all, packed...)
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

func (r *Repo) readHead() error {
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
		r.head, _ = r.ref(r.headRef)
		return nil
	}
	id, ok := gitpack.ParseID(text)
	if !ok {
		r.cov.Skip("unreadable HEAD", "check out a branch", filepath.Join(r.GitDir, "HEAD"))
	}
	r.head = id
	return nil
}

// readPackedRefs returns the packed refs by name. Git has them sorted; of a name that
// is there twice the last one counts.
func (r *Repo) readPackedRefs() []ref {
	b, err := gitpack.ReadFile(filepath.Join(r.CommonDir, "packed-refs"), maxRefs)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		r.cov.Skip("unreadable refs", "", err.Error())
		return nil
	}
	const shortest = 40 + len(" r\n")
	refs := make([]ref, 0, min(bytes.Count(b, []byte("\n"))+1, len(b)/shortest+1))
	for line := range bytes.Lines(b) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 || line[0] == '#' || line[0] == '^' {
			continue
		}
		hex, name, ok := bytes.Cut(line, []byte(" "))
		id, valid := gitpack.ParseIDBytes(hex)
		if !ok || !valid {
			r.cov.Skip("unreadable ref", "check the repository with git fsck", "a line of packed-refs")
			continue
		}
		refs = append(refs, ref{string(name), id})
	}
	byName := func(a, b ref) int { return strings.Compare(a.name, b.name) }
	if !slices.IsSortedFunc(refs, byName) {
		slices.SortStableFunc(refs, byName)
	}
	last := refs[:0]
	for i, one := range refs {
		if i+1 == len(refs) || refs[i+1].name != one.name {
			last = append(last, one)
		}
	}
	return last
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
