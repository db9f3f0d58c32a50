package gitrepo

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Stat remembers the watermark of a repository with what the file system said of all
// that it was read from: while that stays the same nothing needs to be read. It is a
// line of a hash and the watermark, and one for each file and folder. The empty one
// remembers nothing.
type Stat string

const (
	// maxStat is how many files and folders are remembered; of a repository with more
	// loose refs all are read, until they are packed.
	maxStat = 100
	// settled is how old a file must be to be told from one that is being written: a
	// second change within one tick of a file system's clock leaves no trace. FAT's
	// ticks are two seconds long.
	settled = 3 * time.Second
)

var errManyRefs = errors.New("too many files")

// StatAt is WatermarkAt with what tells later, without reading, that it still holds.
func StatAt(path string) (watermark string, s Stat, err error) {
	before := time.Now() // what is written from now on is not settled
	r, err := refsAt(path)
	if err != nil {
		return "", "", err
	}
	watermark = r.Watermark()
	if r.CommonDir != r.GitDir {
		return watermark, "", nil
	}
	names, err := refFiles(path, r.GitDir)
	if err != nil {
		return watermark, "", nil
	}
	sum, ok := statOf(path, names, before)
	if !ok {
		return watermark, "", nil
	}
	return watermark, Stat(sum + " " + watermark + "\n" + strings.Join(names, "\n")), nil
}

// Still returns the watermark, if nothing has touched the repository since.
func (s Stat) Still(path string) (watermark string, ok bool) { return s.still(path, time.Now()) }

func (s Stat) still(path string, at time.Time) (watermark string, ok bool) {
	first, rest, _ := strings.Cut(string(s), "\n")
	sum, watermark, _ := strings.Cut(first, " ")
	names := strings.Split(rest, "\n")
	if sum == "" || len(names) > maxStat {
		return "", false
	}
	now, ok := statOf(path, names, at)
	return watermark, ok && now == sum
}

// refFiles lists what refs are read from, relative to a repository. Folders tell by
// themselves what comes and goes in them.
func refFiles(path, gitDir string) (names []string, err error) {
	add := func(name string, e fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(path, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || relErr != nil:
			return errors.Join(err, relErr)
		case len(names) == maxStat || strings.ContainsAny(rel, "\n\x00\uFFFD") || !utf8.ValidString(rel):
			return errManyRefs
		}
		names = append(names, rel)
		return nil
	}
	for _, dir := range slices.Compact([]string{path, gitDir}) {
		if err := add(dir, nil, nil); err != nil {
			return nil, err
		}
	}
	for _, file := range []string{"HEAD", "packed-refs"} {
		_, err := os.Lstat(filepath.Join(gitDir, file))
		if err := add(filepath.Join(gitDir, file), nil, err); err != nil {
			return nil, err
		}
	}
	if err := filepath.WalkDir(filepath.Join(gitDir, "refs"), add); err != nil {
		return nil, err
	}
	trees, err := os.ReadDir(filepath.Join(gitDir, "worktrees"))
	if errors.Is(err, fs.ErrNotExist) {
		return names, nil
	}
	return names, errors.Join(err, linkedHeads(filepath.Join(gitDir, "worktrees"), trees, add))
}

// linkedHeads lists the HEADs of linked work trees.
func linkedHeads(dir string, trees []fs.DirEntry, add fs.WalkDirFunc) error {
	err := add(dir, nil, nil)
	for _, t := range trees {
		err = errors.Join(err, add(filepath.Join(dir, t.Name()), nil, nil), add(filepath.Join(dir, t.Name(), "HEAD"), nil, nil))
	}
	return err
}

// statOf is a hash of what the file system says of files within path. There is none
// if one was changed a moment before now, or leads elsewhere.
func statOf(path string, names []string, now time.Time) (sum string, ok bool) {
	h := sha256.New()
	for _, name := range names {
		st, err := os.Lstat(filepath.Join(path, name))
		if err != nil || !st.IsDir() && !st.Mode().IsRegular() {
			return "", false
		}
		who, changed, ok := inode(st)
		if !ok || now.Sub(st.ModTime()) < settled || now.Sub(changed) < settled {
			return "", false
		}
		fmt.Fprintf(h, "%d %d %d %d %d %d\n", who[0], who[1], st.Mode(), st.Size(), st.ModTime().UnixNano(), changed.UnixNano())
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), true
}
