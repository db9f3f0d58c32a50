package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/glob"
)

// root is a path that the user named.
type root struct {
	show   string // what the paths in reports begin with
	named  string // as the user named it, with slashes
	rel    string // of a file: what patterns are matched against
	real   string // absolute, without symbolic links
	folder string // real, or the folder that the file is in
	file   string // the file's name in it, if it is one
}

// findRoots returns what is to be searched, without what another root reaches.
func findRoots(paths []string, show string, exclude glob.Set) ([]root, error) {
	var all []root
	for _, p := range paths {
		r, err := findRoot(p)
		if err != nil {
			return nil, err
		}
		if len(paths) == 1 && r.file == "" {
			r.show = show
		}
		all = append(all, r)
	}
	return outermost(all, exclude), nil
}

// outermost drops the roots that the walk of another one comes to, and equal
// ones.
func outermost(all []root, exclude glob.Set) []root {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(all[a].real) - len(all[b].real) })
	var keep []int
	var folders []root
	seen := map[string]bool{}
	for _, i := range order {
		r := all[i]
		inside := func(outer root) bool {
			rel, ok := below(outer.real, r.real)
			return ok && !exclude.MatchPath(rel, r.file == "") && !inObjects(outer.real, rel)
		}
		if seen[r.real] || slices.ContainsFunc(folders, inside) {
			continue
		}
		seen[r.real], keep = true, append(keep, i)
		if r.file == "" {
			folders = append(folders, r)
		}
	}
	slices.Sort(keep)
	out := make([]root, len(keep))
	for i, k := range keep {
		out[i] = all[k]
	}
	return out
}

func findRoot(arg string) (root, error) {
	fi, err := os.Stat(arg)
	if errors.Is(err, fs.ErrNotExist) {
		return root{}, fmt.Errorf("%s does not exist: name a file or a folder to scan", arg)
	}
	if err != nil {
		return root{}, fmt.Errorf("look at %s: %w", arg, err)
	}
	if !fi.IsDir() && !fi.Mode().IsRegular() {
		return root{}, fmt.Errorf("%s is neither a file nor a folder: for a pipe or a device, use \"whosekey stdin <%s\"", arg, arg)
	}
	real, err := filepath.Abs(arg)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		return root{}, fmt.Errorf("look at %s: %w", arg, err)
	}
	r := root{show: filepath.ToSlash(filepath.Clean(arg)), real: real, folder: real}
	r.named = r.show
	if !fi.IsDir() {
		r.folder, r.file = filepath.Split(real)
		r.rel = strings.TrimLeft(r.show[len(filepath.VolumeName(arg)):], "/")
	}
	return r, nil
}

// below returns the slash-separated path from folder to p, if p is inside.
func below(folder, p string) (string, bool) {
	if !strings.HasSuffix(folder, string(filepath.Separator)) {
		folder += string(filepath.Separator)
	}
	rel, ok := strings.CutPrefix(p, folder)
	return filepath.ToSlash(rel), ok
}

// inObjects reports whether a path below folder is in git's object database.
func inObjects(folder, rel string) bool {
	for i, name := range strings.Split(rel, "/") {
		if name == objectsDir {
			parent := filepath.Join(append([]string{folder}, strings.Split(rel, "/")[:i]...)...)
			if isRepository(func(name string) (fs.FileMode, error) {
				fi, err := os.Lstat(filepath.Join(parent, name))
				if err != nil {
					return 0, err
				}
				return fi.Mode().Type(), nil
			}) {
				return true
			}
		}
	}
	return false
}

// objectsDir is the name of git's object database in a repository.
const objectsDir = "objects"

// isRepository reports whether a folder is a git directory, given the modes of
// its entries: git itself looks for these names.
func isRepository(mode func(name string) (fs.FileMode, error)) bool {
	head, err := mode("HEAD")
	if err != nil || head.IsDir() {
		return false
	}
	refs, err := mode("refs")
	return err == nil && refs.IsDir()
}
