// Package gitrepo scans git repositories: the whole object database, a range
// of commits, or the index. It needs no git program, and obeys nothing that
// stands in the repository: no hooks, filters, attributes or settings.
package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/scanners"
)

// ErrNotRepository is returned by Open for a path that is in no repository;
// the command line then suggests `whosekey dir`.
var ErrNotRepository = errors.New("not a git repository (nor any of its parent folders)")

// Options says how a repository is opened.
type Options struct {
	// AllowAlternates follows alternates of other users too.
	AllowAlternates bool
	// NoUnreachable leaves out objects that no ref leads to.
	NoUnreachable bool
	// MaxBlob is the size in bytes from which blobs are left out; 0 for none.
	MaxBlob int64
	Workers int // 0: 2
}

// Repo is an opened repository.
type Repo struct {
	GitDir    string // of this work tree
	CommonDir string // where objects and refs are
	WorkTree  string // empty if bare
	opts      Options
	store     *gitpack.Store
	refs      []ref
	head      gitpack.ID // zero if HEAD is unborn
	headRef   string     // the branch, empty if detached
	shallow   map[gitpack.ID]bool
	remote    string // url of origin, without credentials
	cov       *scanners.Coverage
}

const (
	maxConfig     = 1 << 20
	maxAlternates = 64
)

// Open opens the repository that path is in. What is damaged but not fatal is
// noted in the coverage of the scans that follow.
func Open(path string, opts Options) (*Repo, error) {
	r := &Repo{opts: opts, cov: new(scanners.Coverage)}
	if err := r.find(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	hash, err := r.readConfig()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	var problems []gitpack.Problem
	r.store, problems = gitpack.Open(r.objectDirs(), hash)
	for _, p := range problems {
		r.cov.Skip(p.Reason, "check the repository with git fsck", p.Name+": "+p.Err.Error())
	}
	if err := r.readRefs(); err != nil {
		r.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	r.readShallow()
	return r, nil
}

// Close releases the repository's files.
func (r *Repo) Close() error {
	r.store.Close()
	return nil
}

// Head returns the commit that HEAD names, and the branch; both may be empty.
func (r *Repo) Head() (commit, branch string) {
	if r.head.IsZero() {
		return "", r.headRef
	}
	return r.head.String(), r.headRef
}

// Remote returns the address of origin, without credentials; it may be empty.
func (r *Repo) Remote() string { return r.remote }

// find sets the folders, looking upwards from path as git does.
func (r *Repo) find(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !st.IsDir() {
		return errors.New("not a folder; to scan a file use whosekey dir")
	}
	for dir := path; ; dir = filepath.Dir(dir) {
		switch {
		case isGitDir(dir):
			r.GitDir = dir
			if filepath.Base(dir) == ".git" {
				r.WorkTree = filepath.Dir(dir)
			}
		case isGitDir(filepath.Join(dir, ".git")):
			r.GitDir, r.WorkTree = filepath.Join(dir, ".git"), dir
		default:
			if target, ok := gitFile(filepath.Join(dir, ".git")); ok {
				r.GitDir, r.WorkTree = target, dir
			}
		}
		if r.GitDir != "" {
			break
		}
		if dir == filepath.Dir(dir) {
			return ErrNotRepository
		}
	}
	r.CommonDir = r.GitDir
	if b, err := readSmall(filepath.Join(r.GitDir, "commondir")); err == nil {
		r.CommonDir = resolve(r.GitDir, strings.TrimSpace(string(b)))
	}
	return nil
}

func isGitDir(dir string) bool {
	head, err := os.Lstat(filepath.Join(dir, "HEAD"))
	if err != nil || head.IsDir() {
		return false
	}
	if _, err := os.Stat(filepath.Join(dir, "commondir")); err == nil {
		return true // a linked work tree
	}
	objects, err := os.Stat(filepath.Join(dir, "objects"))
	return err == nil && objects.IsDir()
}

// gitFile follows the file that stands for .git in linked work trees and
// submodules.
func gitFile(name string) (string, bool) {
	b, err := readSmall(name)
	if err != nil {
		return "", false
	}
	target, ok := strings.CutPrefix(strings.TrimSpace(string(b)), "gitdir:")
	if !ok {
		return "", false
	}
	dir := resolve(filepath.Dir(name), strings.TrimSpace(target))
	return dir, isGitDir(dir)
}

func resolve(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// readSmall reads a regular file of at most maxConfig bytes.
func readSmall(name string) ([]byte, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if len(b) > maxConfig {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, maxConfig)
	}
	return b, err
}

// readConfig takes from the repository's settings what says how its objects
// are stored, and origin's address for reports. Everything else is ignored.
func (r *Repo) readConfig() (hashLen int, err error) {
	hashLen = 20
	b, err := readSmall(filepath.Join(r.CommonDir, "config"))
	if errors.Is(err, fs.ErrNotExist) {
		return hashLen, nil
	}
	cfg := config.New()
	if err == nil {
		err = config.NewDecoder(bytes.NewReader(b)).Decode(cfg)
	}
	if err != nil {
		r.cov.Skip("unreadable settings of the repository", "mend .git/config; it was taken for a SHA-1 repository", err.Error())
		return hashLen, nil
	}
	ext := cfg.Section("extensions")
	switch f := ext.Option("objectformat"); strings.ToLower(f) {
	case "", "sha1":
	case "sha256":
		hashLen = 32
	default:
		return 0, fmt.Errorf("objects are in the format %q, which whosekey does not know", f)
	}
	if f := ext.Option("refstorage"); f != "" && !strings.EqualFold(f, "files") {
		return 0, fmt.Errorf("refs are stored as %q, which whosekey cannot read: clone it with git clone --ref-format=files and scan the clone", f)
	}
	r.remote = withoutCredentials(cfg.Section("remote").Subsection("origin").Option("url"))
	return hashLen, nil
}

// objectDirs returns the object database and its alternates.
func (r *Repo) objectDirs() []string {
	dirs := []string{filepath.Join(r.CommonDir, "objects")}
	for i := 0; i < len(dirs) && len(dirs) < maxAlternates; i++ {
		b, err := readSmall(filepath.Join(dirs[i], "info", "alternates"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			line = strings.TrimRight(line, "\r\n")
			if line == "" || line[0] == '#' {
				continue
			}
			dir := resolve(dirs[i], line)
			if r.mayFollow(dirs[0], dir) && !contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

func contains(dirs []string, dir string) bool {
	for _, d := range dirs {
		if d == dir {
			return true
		}
	}
	return false
}

// mayFollow reports whether an alternate is there and ours to read.
func (r *Repo) mayFollow(own, dir string) bool {
	st, err := os.Stat(dir)
	if err != nil || !st.IsDir() {
		r.cov.Skip("missing alternate object folder", "make it available, or remove it from objects/info/alternates", dir)
		return false
	}
	mine, err := os.Stat(own)
	if err != nil || r.opts.AllowAlternates || sameOwner(mine, st) {
		return true
	}
	r.cov.Skip("alternate object folder of another user", "add --allow-alternates if you trust it", dir)
	return false
}

// readShallow notes where the history was cut off.
func (r *Repo) readShallow() {
	b, err := os.ReadFile(filepath.Join(r.CommonDir, "shallow"))
	if err != nil {
		return
	}
	r.shallow = map[gitpack.ID]bool{}
	for line := range strings.Lines(string(b)) {
		if id, ok := gitpack.ParseID(strings.TrimSpace(line)); ok {
			r.shallow[id] = true
		}
	}
}
