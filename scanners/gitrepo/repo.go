// Package gitrepo scans git repositories: the whole object database, a range
// of commits, or the index. It needs no git program, and obeys nothing that
// stands in the repository: no hooks, filters, attributes or settings.
package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
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
	// MaxScratch bounds temporary files in bytes; 0: what their folder has room for.
	MaxScratch int64
	Workers    int // 0: 2
	// Archives bound what is unpacked of one file. The zero value opens none.
	Archives archive.Limits
	// IndexFile is the absolute path of the index to read in place of the
	// usual one, if it is in the repository.
	IndexFile string
	// ObjectDirs are further folders of objects, which are trusted: those that
	// git hands to hooks while it receives a push.
	ObjectDirs []string
	// LFSHere leaves out files of git-lfs whose content is not here; else they make
	// a scan incomplete.
	LFSHere bool
	// Addresses has NewHistory search those in the repository's settings too.
	Addresses bool
	// Full searches every version of a file whole, and not only what is new
	// in it. It finds the same; tests compare the two.
	Full bool
	// Named is for NewStaged alone: few objects are looked at, by their names.
	Named bool

	looks int64 // that a scan has; 0 for the usual number
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
	remote    string              // url of origin, without credentials
	narrow    bool                // its settings have git fetch only some of its branches, or no tags
	tracked   map[string][]string // where each remote's branches are kept, as its settings say
	cloned    bool                // there is an origin, if only a folder
	pushed    []string            // names of refs that are searched; nil for those of all
	cov       *scanners.Coverage
	inner     archive.Again         // finds what is in archives
	lfs       []string              // folders of files that git-lfs keeps
	storage   string                // where its settings have git-lfs keep them; empty: below .git
	trees     map[gitpack.ID][]byte // some that were compared
	treesSize int
	absent    map[gitpack.ID]bool // what a range names and is not there
	linked    map[string]bool     // submodules that a range brings
	planted   *indexTree          // the index, if it was compared with trees
}

// The largest files that are read whole.
const (
	maxConfig  = 1 << 20
	maxShallow = 64 << 20
	maxRefs    = 512 << 20 // packed-refs: some seven million refs
)

// Open opens the repository that path is in. What is damaged but not fatal is
// noted in the coverage of the scans that follow.
func Open(path string, opts Options) (*Repo, error) {
	if opts.Workers <= 0 {
		opts.Workers = 2
	}
	r := &Repo{opts: opts, cov: new(scanners.Coverage)}
	r.inner = archive.Again{Limits: opts.Archives, Files: r.archive}
	if err := r.find(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	hash, err := r.readConfig()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	var problems []gitpack.Problem
	openStore := gitpack.Open
	if opts.Named {
		openStore = gitpack.OpenNamed
	}
	dirs := r.objectDirs()
	for _, dir := range dirs { // of a clone --shared they are beside the other's objects
		r.lfs = append(r.lfs, filepath.Join(filepath.Dir(dir), "lfs", "objects"))
	}
	r.storedElsewhere()
	r.store, problems = openStore(dirs, hash)
	if opts.MaxScratch > 0 {
		r.store.LimitScratch(opts.MaxScratch)
	}
	for _, p := range problems {
		r.cov.Skip(p.Reason, p.Fix(), p.Name+": "+p.Err.Error())
	}
	for _, n := range r.store.Notes() {
		r.cov.Note(n)
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

// Objects is how many objects the repository's databases hold, counting those
// that are stored twice twice. With Options.Named, those that are loose do not count.
func (r *Repo) Objects() int { return r.store.Len() }

// Shallow reports whether the history was cut off.
func (r *Repo) Shallow() bool { return len(r.shallow) > 0 }

// Partial reports whether the repository is a partial clone: git gets what it left out,
// files or folders, from the server when it needs them.
func (r *Repo) Partial() bool { return r.store.Promised }

// Remote returns the address of origin, without credentials; it may be empty.
func (r *Repo) Remote() string { return r.remote }

// Cloned reports whether there is a server that it came from, or a folder.
func (r *Repo) Cloned() bool { return r.cloned }

// Narrow reports whether git was told to fetch some branches only, or no tags: git
// clone --single-branch, --no-tags.
func (r *Repo) Narrow() bool { return r.narrow }

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
		return notFolder(path, st.Mode())
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
	return r.findCommon()
}

// findCommon sets the folder of objects and refs: a linked work tree has it
// elsewhere.
func (r *Repo) findCommon() error {
	r.CommonDir = r.GitDir
	b, err := readOwn(filepath.Join(r.GitDir, "commondir"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	r.CommonDir = resolve(r.GitDir, strings.TrimSpace(string(b)))
	if st, err := os.Stat(filepath.Join(r.CommonDir, "objects")); err != nil || !st.IsDir() {
		return fmt.Errorf("%s names no repository", filepath.Join(r.GitDir, "commondir"))
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
func readSmall(name string) ([]byte, error) { return gitpack.ReadFile(name, maxConfig) }

// readOwn is readSmall for files that name other folders. A link in the place
// of one could make our messages show what it leads to.
func readOwn(name string) ([]byte, error) {
	st, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err // most have none: a sweep looks into thousands
	}
	if err == nil && !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	return readSmall(name)
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
		r.cov.Skip("unreadable settings of the repository", "mend .git/config; it was taken for a SHA-1 repository", filepath.Join(r.CommonDir, "config")) // its text could be in err
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
	r.tracked = map[string][]string{}
	for _, remote := range cfg.Section("remote").Subsections {
		for _, spec := range remote.OptionAll("fetch") {
			if _, to, ok := strings.Cut(spec, ":"); ok {
				r.tracked[remote.Name] = append(r.tracked[remote.Name], to)
			}
		}
	}
	r.storage = cfg.Section("lfs").Option("storage")
	origin := cfg.Section("remote").Subsection("origin")
	r.remote = withoutCredentials(origin.Option("url"))
	r.cloned = origin.Option("url") != ""
	r.narrow = origin.Option("tagopt") == "--no-tags" || !slices.ContainsFunc(origin.OptionAll("fetch"), func(s string) bool {
		return strings.HasPrefix(s, "+refs/heads/*:") || strings.HasPrefix(s, "refs/heads/*:") || strings.HasPrefix(s, "+refs/*:")
	})
	return hashLen, nil
}

// readShallow notes where the history was cut off.
func (r *Repo) readShallow() {
	b, err := gitpack.ReadFile(filepath.Join(r.CommonDir, "shallow"), maxShallow)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			r.cov.Skip("unreadable list of shallow commits", "check that file", filepath.Join(r.CommonDir, "shallow"))
		}
		return
	}
	r.shallow = map[gitpack.ID]bool{}
	for line := range bytes.Lines(b) {
		if id, ok := gitpack.ParseID(string(bytes.TrimSpace(line))); ok {
			r.shallow[id] = true
		}
	}
}
