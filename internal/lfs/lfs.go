// Package lfs finds the files that git-lfs keeps outside of git's object database,
// where only a pointer stands for each: a text of three lines with the SHA-256 and
// the size of the file. It asks no server and runs no git-lfs.
//
// Source: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md ("The Pointer",
// "Intercepting Git").
package lfs

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Pointer is what stands for a file.
type Pointer struct {
	OID  string // the SHA-256 of the file, in hex
	Size int64  // in bytes
}

// Short is how git lfs ls-files shows it.
func (p Pointer) Short() string { return "oid " + p.OID[:10] }

// MaxPointer is the size that a pointer stays below.
const MaxPointer = 1024

// versions are the first lines of pointers: that of today, and that of before the first
// release, which is still read.
var versions = [][]byte{
	[]byte("version https://git-lfs.github.com/spec/v1\n"),
	[]byte("version https://hawser.github.com/spec/v1\n"),
}

var (
	start  = []byte("version https://")
	family = []byte("version https://git-lfs.github.com/spec/")
)

// Like reports whether a text claims to be a pointer, if only of a version to come.
func Like(text []byte) bool {
	if !bytes.HasPrefix(text, start) {
		return false
	}
	if bytes.HasPrefix(text, family) {
		return true
	}
	_, ok := afterVersion(text)
	return ok
}

func afterVersion(text []byte) (rest []byte, ok bool) {
	for _, v := range versions {
		if rest, ok := bytes.CutPrefix(text, v); ok {
			return rest, true
		}
	}
	return nil, false
}

// Parse reads a pointer. It is not ok if the text is none, or one with more lines than
// the three that must be there: those of extensions. Of each file there is then one
// pointer for each version, so that a hostile repository cannot have one file searched
// a million times.
func Parse(text []byte) (p Pointer, ok bool) {
	if len(text) >= MaxPointer {
		return p, false
	}
	rest, ok := afterVersion(text)
	if !ok {
		return p, false
	}
	oid, size, _ := strings.Cut(strings.TrimSuffix(string(rest), "\n"), "\n")
	hash, isHash := strings.CutPrefix(oid, "oid sha256:")
	digits, isSize := strings.CutPrefix(size, "size ")
	raw, err := hex.DecodeString(hash)
	if !isHash || !isSize || err != nil || len(raw) != 32 || strings.ToLower(hash) != hash {
		return p, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != digits {
		return p, false
	}
	return Pointer{hash, n}, true
}

// ErrSize is returned by Open for a file that has not the size that its pointer says.
var ErrSize = errors.New("the file has not the size that its pointer says")

// Open opens the file that a pointer stands for: below one of the folders, which are
// lfs/objects of git directories. It follows no link out of them, and opens nothing but
// a regular file. The error is fs.ErrNotExist if none has it.
func Open(dirs []string, p Pointer) (f *os.File, err error) {
	err = os.ErrNotExist
	for _, dir := range dirs {
		if f, e := open(dir, p); e == nil {
			return f, nil
		} else if !errors.Is(e, os.ErrNotExist) {
			err = e
		}
	}
	return nil, err
}

func open(dir string, p Pointer) (*os.File, error) {
	for _, d := range []string{filepath.Dir(dir), dir} { // a link here could lead anywhere
		if st, err := os.Lstat(d); err != nil {
			return nil, err
		} else if !st.IsDir() {
			return nil, fmt.Errorf("%s is no folder", d)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name := filepath.Join(p.OID[:2], p.OID[2:4], p.OID)
	if st, err := root.Lstat(name); err != nil {
		return nil, err
	} else if !st.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := root.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	switch {
	case err != nil:
	case !st.Mode().IsRegular():
		err = errors.New("it is not a regular file")
	case st.Size() != p.Size:
		err = ErrSize
	default:
		return f, nil
	}
	f.Close()
	return nil, err
}

// Near returns where the files of the repository are that a folder lies in; none if it
// lies in none. Folders are looked through upwards, as git does.
func Near(folder string) []string {
	for dir := folder; ; dir = filepath.Dir(dir) {
		git := filepath.Join(dir, ".git")
		st, err := os.Lstat(git)
		if err == nil && st.Mode().IsRegular() { // a linked work tree, a submodule
			git = leads(git, "gitdir:")
		} else if err != nil || !st.IsDir() {
			git = ""
		}
		if git != "" {
			if common := leads(filepath.Join(git, "commondir"), ""); common != "" {
				git = common
			}
			return []string{filepath.Join(git, "lfs", "objects")}
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// leads returns the folder that a small file names behind a word.
func leads(name, word string) string {
	st, err := os.Lstat(name)
	if err != nil || !st.Mode().IsRegular() || st.Size() > 64<<10 {
		return ""
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	to, ok := strings.CutPrefix(strings.TrimSpace(string(b)), word)
	if to = strings.TrimSpace(to); !ok || to == "" {
		return ""
	}
	if !filepath.IsAbs(to) {
		to = filepath.Join(filepath.Dir(name), to)
	}
	return to
}
