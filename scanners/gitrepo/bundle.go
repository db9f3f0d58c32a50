package gitrepo

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/whosekey/whosekey/internal/lazy"
)

// bundle is how a file begins that git bundle wrote
// (https://git-scm.com/docs/gitformat-bundle), whatever its version is.
var bundle = lazy.New(`^# v[0-9]{1,3} git bundle\n`)

// notFolder is what is wrong with something else in place of a repository.
func notFolder(path string, mode fs.FileMode) error {
	if mode.IsRegular() && bundle.Match(headOf(path)) {
		return errors.New("a git bundle; make a repository of it with git clone --mirror, and scan that")
	}
	return errors.New("not a folder; to scan a file use whosekey dir")
}

// headOf is how a file begins; empty if it cannot be read.
func headOf(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	head := make([]byte, 24)
	n, _ := io.ReadFull(f, head) // what is missing does not matter
	return head[:n]
}
