package gitrepo

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxAlternates bounds the object databases that are read.
const maxAlternates = 64

// objectDirs returns the object database and its alternates.
func (r *Repo) objectDirs() []string {
	dirs := []string{filepath.Join(r.CommonDir, "objects")}
	var known []os.FileInfo
	for _, dir := range append([]string{dirs[0]}, r.opts.ObjectDirs...) {
		st, err := os.Stat(dir)
		switch {
		case err == nil && !containsFile(known, st):
			if known = append(known, st); dir != dirs[0] {
				dirs = append(dirs, dir)
			}
		case err != nil && dir != dirs[0]:
			r.cov.Skip("missing alternate object folder", "it was named in the environment, by GIT_OBJECT_DIRECTORY or GIT_ALTERNATE_OBJECT_DIRECTORIES", dir)
		}
	}
	for i := 0; i < len(dirs); i++ {
		name := filepath.Join(dirs[i], "info", "alternates")
		b, err := readOwn(name)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				r.cov.Skip("unreadable list of alternate object folders", "check that file", name)
			}
			continue
		}
		for line := range strings.Lines(string(b)) {
			line = alternate(line)
			if line == "" {
				continue
			}
			dir := resolve(dirs[i], line)
			st := r.mayFollow(dirs[0], dir)
			if st == nil || containsFile(known, st) {
				continue
			}
			if len(dirs) == maxAlternates {
				r.cov.Skip("too many alternate object folders", "", name)
				return dirs
			}
			dirs, known = append(dirs, dir), append(known, st)
			r.cov.Note("the objects of an alternate were searched too: " + dir)
		}
	}
	return dirs
}

// alternate takes the path out of a line, which may be quoted as in C.
func alternate(line string) string {
	line = strings.TrimRight(line, "\r\n")
	if strings.HasPrefix(line, "#") {
		return ""
	}
	if strings.HasPrefix(line, `"`) {
		if path, err := strconv.Unquote(line); err == nil {
			return path
		}
	}
	return line
}

func containsFile(known []os.FileInfo, st os.FileInfo) bool {
	for _, k := range known {
		if os.SameFile(k, st) {
			return true
		}
	}
	return false
}

// mayFollow returns an alternate's folder if it is there and ours to read.
func (r *Repo) mayFollow(own, dir string) os.FileInfo {
	st, err := os.Stat(dir)
	if err != nil || !st.IsDir() {
		r.cov.Skip("missing alternate object folder", "make it available, or remove it from objects/info/alternates", dir)
		return nil
	}
	mine, err := os.Stat(own)
	if err != nil || r.opts.AllowAlternates || sameOwner(mine, st) {
		return st
	}
	r.cov.Skip("alternate object folder of another user", "add --allow-alternates if you trust it", dir)
	return nil
}
