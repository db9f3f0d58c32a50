package policy

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Theirs reports whether a settings file may be somebody else's than the
// user's, so that it must not say what is sent where: it lies in what is scanned
// (Within), or in a repository of git, wherever that is: a repository can be
// scanned by many names, as a clone, a linked work tree, an archive or an
// address, of which the file says nothing. What lies in the user's folder for
// settings or in /etc is never another's for being in a repository, as people
// keep those under git.
func Theirs(file string, scanned []string) bool {
	if Within(file, scanned) {
		return true
	}
	all, err := names(file)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(all, func(name string) bool { return !trusted(name) && inRepository(name) })
}

// Swept reports whether a file lies in a repository of git below one of some
// folders, of which all repositories are searched.
func Swept(file string, folders []string) bool {
	all, err := names(file)
	if err != nil {
		return true
	}
	for _, folder := range folders {
		root, err := realPath(folder)
		if err != nil {
			continue // there is nothing to search there either
		}
		if slices.ContainsFunc(all, func(name string) bool { return inside(root, name) && inRepositoryBelow(root, name) }) {
			return true
		}
	}
	return false
}

// trusted reports whether a name is in the user's folder for settings or in
// that of the system.
func trusted(name string) bool {
	for _, dir := range []string{filepath.Dir(UserFile()), "/etc"} {
		if !filepath.IsAbs(dir) {
			continue
		}
		if real, err := realPath(dir); err == nil && inside(real, name) || inside(dir, name) {
			return true
		}
	}
	return false
}

// inRepository reports whether a name lies in a work tree, or in what git keeps
// of one: the folder .git, a bare repository.
func inRepository(name string) bool { return inRepositoryBelow("", name) }

// inRepositoryBelow reports it of repositories that are a folder or below it; all,
// if that is empty.
func inRepositoryBelow(root, name string) bool {
	for dir := filepath.Dir(name); ; dir = filepath.Dir(dir) {
		if has(dir, ".git") || has(dir, "HEAD") && has(dir, "objects") && has(dir, "refs") || has(dir, "HEAD") && has(dir, "commondir") {
			return true
		}
		if dir == root || filepath.Dir(dir) == dir {
			return false
		}
	}
}

func has(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return err == nil
}

// Within reports whether a file lies in one of the folders that are scanned, or
// in the repository around one. Links are followed. A file that cannot be found
// counts as one that does.
func Within(file string, scanned []string) bool {
	all, err := names(file)
	if err != nil {
		return true
	}
	for _, s := range scanned {
		root, err := realPath(s)
		if err != nil {
			continue // there is nothing to scan there either
		}
		if repo := RepositoryOf(root); repo != "" {
			root = repo
		}
		if slices.ContainsFunc(all, func(name string) bool { return inside(root, name) }) {
			return true
		}
	}
	return false
}

// maxLinks is how many links lead to a file.
const maxLinks = 40

// names are the absolute names of a file on the way to it: as it is given, of
// each link that is followed, and its own. Who can write to the folder of one of
// them decides what the file says.
func names(file string) (out []string, err error) {
	name, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	out = append(out, name)
	at, rest := split(name)
	for links := 0; len(rest) > 0; {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		st, err := os.Lstat(next)
		if err != nil {
			return nil, err
		}
		if st.Mode()&os.ModeSymlink == 0 {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return nil, errLinks
		}
		out = append(out, next)
		to, err := os.Readlink(next)
		if err != nil {
			return nil, err
		}
		root, parts := split(to)
		if root != "" {
			at = root
		}
		rest = slices.Concat(parts, rest)
	}
	return append(out, at), nil
}

// split takes a name apart: what it begins at, if it is absolute, and the rest.
func split(name string) (root string, rest []string) {
	root = filepath.VolumeName(name)
	name = name[len(root):]
	if name != "" && os.IsPathSeparator(name[0]) {
		root += string(filepath.Separator)
	}
	return root, strings.FieldsFunc(name, func(r rune) bool { return r < 0x80 && os.IsPathSeparator(byte(r)) })
}

var errLinks = errors.New("too many links")

func inside(root, name string) bool {
	rel, err := filepath.Rel(root, name)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func realPath(name string) (string, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// RepositoryOf returns the folder of the repository that a path is in; empty if
// it is in none.
func RepositoryOf(path string) string {
	for dir := path; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			return ""
		}
	}
}
