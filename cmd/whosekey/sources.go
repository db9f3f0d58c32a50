package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/ci"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/dir"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// gitFlags are the flags of whosekey git.
type gitFlags struct {
	scanFlags
	rng             string
	staged          bool
	unreachable     string
	allowAlternates bool
	addresses       string
	maxScratch      int64
}

func (a *app) gitCommand() *cobra.Command {
	var f gitFlags
	c := &cobra.Command{
		Use:   "git [PATH|URL]",
		Short: "Search a repository: its whole history, a range, or the index",
		Long: `Search the whole object database of a git repository (default: the one that
the current folder is in): every version of every file on every branch and
tag, in packs, loose objects and alternates, reachable or not, and the texts
of commits, tags and notes. Each blob is searched once.

With --range or --staged only what is new: a credential that the changed files
held before does not alarm again.

A URL is cloned into a temporary folder, which is removed afterwards. Nothing
in the repository is executed or obeyed, and no git program is needed.`,
		Example: `  whosekey git
  whosekey git ~/src/app -f sarif=leaks.sarif
  whosekey git https://github.com/acme/app
  whosekey git --staged
  whosekey git --range origin/main..HEAD --fail-on confidence:high`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.git(c, &f, args) },
	}
	f.add(c)
	f.addLFS(c, lfsAll)
	fl := c.Flags()
	fl.StringVar(&f.rng, "range", "", "only what the commits `A..B` add")
	fl.BoolVar(&f.staged, "staged", false, "only what the index adds to HEAD")
	fl.StringVar(&f.unreachable, "unreachable", "on", "search objects that no ref leads to: on or off")
	fl.Int64Var(&f.maxScratch, "max-scratch", 0, "hold large objects in temporary files of this many `bytes` at most (default: half of what is free, 4 GiB at most)")
	fl.BoolVar(&f.allowAlternates, "allow-alternates", false, "follow alternate object folders of other users")
	fl.StringVar(&f.addresses, "addresses", "", "search addresses in .git/config, such as those of remotes: on or off (default: on, but off in CI, which puts a token there)")
	oneOf(c, "unreachable", "on", "off")
	oneOf(c, "addresses", "on", "off")
	return c
}

func (a *app) git(c *cobra.Command, f *gitFlags, args []string) error {
	target := "."
	if len(args) == 1 {
		target = args[0]
	}
	switch {
	case f.rng == "" && c.Flags().Changed("range"):
		return usage(errors.New("--range is empty"), "write it as A..B, such as origin/main..HEAD; is a variable not set?")
	case f.staged && f.rng != "":
		return usage(errors.New("--staged and --range exclude each other"), "")
	case f.unreachable != "on" && f.unreachable != "off":
		return usage(fmt.Errorf("--unreachable %q: use on or off", f.unreachable), "")
	case f.addresses != "" && f.addresses != "on" && f.addresses != "off":
		return usage(fmt.Errorf("--addresses %q: use on or off", f.addresses), "")
	case gitrepo.IsURL(target) && f.staged:
		return usage(errors.New("--staged needs a repository on this machine"), "")
	}
	var s *scan
	var err error
	var o opened
	if f.staged { // a hook waits: the rules and the index are read at the same time
		var both sync.WaitGroup
		both.Go(func() { o = a.openGit(c, f, target) })
		s, err = f.prepare()
		both.Wait()
	} else {
		if f.rng == "" {
			largePages()
		}
		if s, err = f.prepare(); err == nil {
			o = a.openGit(c, f, target)
		}
	}
	defer o.close()
	if err = cmp.Or(err, o.err); err != nil {
		return err
	}
	tuneMemory(o.repo.Objects())
	s.behind = func() behind {
		tree := o.repo.Tree()
		return behind{repo: tree, forget: tree.Forget}
	}
	s.scanned = repositoryFolders(o.repo, target)
	s.whole = !f.staged && f.rng == ""
	a.tellUnread(f.config, s.scanned)
	run := report.Run{Mode: "git", Target: gitrepo.WithoutCredentials(target), RepositoryURI: o.repo.Remote(), Root: o.repo.WorkTree}
	run.Revision, run.Branch = o.repo.Head()
	return a.scan(c.Context(), s, o.src, run, !f.staged && f.rng == "")
}

// searchesAddresses reports whether addresses in the settings are searched. A clone of ours
// has the address that the user wrote, and one of CI often a token that ends with the job.
func (f *gitFlags) searchesAddresses(target string) bool {
	switch {
	case gitrepo.IsURL(target):
		return false
	case f.addresses != "":
		return f.addresses == "on"
	}
	return ci.Detect(os.Getenv) == nil && !strings.EqualFold(os.Getenv("CI"), "true")
}

// opened is a repository with what is to be searched of it.
type opened struct {
	repo    *gitrepo.Repo
	src     scanners.Source
	cleanup func()
	err     error
}

func (o *opened) close() {
	if o.repo != nil {
		o.repo.Close()
	}
	if o.cleanup != nil {
		o.cleanup()
	}
}

func (a *app) openGit(c *cobra.Command, f *gitFlags, target string) (o opened) {
	if f.maxScratch < 0 {
		o.err = usage(errors.New("--max-scratch counts from 0"), "")
		return o
	}
	opts := gitrepo.Options{
		AllowAlternates: f.allowAlternates, NoUnreachable: f.unreachable == "off",
		MaxBlob: f.maxBlob, MaxScratch: f.maxScratch, Workers: workers(f.workers), IndexFile: indexFile(), Archives: f.archives,
		Named: f.staged, LFSHere: f.lfs == lfsHere, Addresses: f.searchesAddresses(target),
	}
	if o.repo, o.cleanup, o.err = a.repository(c, target, opts); o.err != nil {
		return o
	}
	switch {
	case f.staged:
		o.src, o.err = gitrepo.NewStaged(o.repo)
	case f.rng != "":
		o.src, o.err = rangeSource(o.repo, f.rng)
	default:
		o.src = gitrepo.NewHistory(o.repo)
	}
	if o.err != nil && !errors.As(o.err, new(*failure)) {
		o.err = &failure{o.err, "", exitIncomplete} // a damaged index, a missing commit
	}
	return o
}

// repositoryFolders are where whoever can change the repository can write.
func repositoryFolders(repo *gitrepo.Repo, target string) (out []string) {
	if gitrepo.IsURL(target) {
		return nil // a clone of ours, which nobody can name
	}
	for _, dir := range []string{target, repo.WorkTree, repo.GitDir, repo.CommonDir} {
		if dir != "" {
			out = append(out, dir)
		}
	}
	return out
}

func (a *app) repository(c *cobra.Command, target string, opts gitrepo.Options) (*gitrepo.Repo, func(), error) {
	if gitrepo.IsURL(target) {
		repo, cleanup, err := gitrepo.Clone(c.Context(), target, opts, a.cloneProgress())
		switch {
		case errors.Is(err, gitrepo.ErrScheme):
			err = usage(err, "")
		case errors.Is(err, gitrepo.ErrLogin):
			err = &failure{err, "put a token with read access into the address, https://USER:TOKEN@HOST/PATH, or use ssh", exitIncomplete}
		case err != nil:
			err = &failure{err, "clone it yourself with git clone --mirror, and scan the clone", exitIncomplete}
		}
		return repo, cleanup, err
	}
	repo, err := gitrepo.Open(target, opts)
	if errors.Is(err, gitrepo.ErrNotRepository) {
		err = usage(err, fmt.Sprintf("to search files use: whosekey dir %s", target))
	} else if err != nil {
		err = usage(err, "")
	}
	return repo, func() {}, err
}

// indexFile is where git, if it runs us as a hook, has what it will commit.
func indexFile() string {
	name := os.Getenv("GIT_INDEX_FILE")
	if name == "" {
		return ""
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return ""
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		abs = filepath.Join(folder, filepath.Base(abs)) // as the repository's own path
	}
	return abs
}

func rangeSource(repo *gitrepo.Repo, rng string) (scanners.Source, error) {
	from, to, ok := strings.Cut(rng, "..")
	to = strings.TrimPrefix(to, ".") // A...B: the same commits of B
	if !ok || from == "" && to == "" {
		return nil, usage(fmt.Errorf("--range %q", rng), "write it as A..B, such as origin/main..HEAD")
	}
	if from == "" {
		from = "HEAD"
	}
	if to == "" {
		to = "HEAD"
	}
	src, err := gitrepo.NewRange(repo, from, to)
	if err != nil && repo.Shallow() {
		return nil, &failure{fmt.Errorf("--range %s: %w", rng, err), "the history was cut off: git fetch --unshallow (in CI: fetch-depth: 0)", exitIncomplete}
	}
	if err != nil {
		return nil, usage(fmt.Errorf("--range %s: %w", rng, err), "name a branch, a tag or a commit on each side, such as origin/main..HEAD")
	}
	return src, nil
}

func workers(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

func (a *app) dirCommand() *cobra.Command {
	var f scanFlags
	var exclude []string
	c := &cobra.Command{
		Use:   "dir PATH...",
		Short: "Search files and folders",
		Long: `Search files and everything in folders. Symbolic links are not followed.
Text in UTF-16 and UTF-32 is decoded; archives and documents are looked into
(docs/archives.md). What cannot be read is counted, and the
scan then exits with 3.`,
		Example: `  whosekey dir .
  whosekey dir --exclude node_modules --exclude 'testdata/**' src
  whosekey dir /etc -f json -o found.json
  whosekey dir backup.tar.zst --archive-depth 4`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(errors.New("no path to scan"), "name a file or a folder, such as: whosekey dir .")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			s, err := f.prepare()
			if err != nil {
				return err
			}
			tuneForFiles()
			src, err := dir.New(dir.Options{
				Paths: args, Exclude: append(exclude, s.config.Exclude...), Workers: workers(f.workers), MaxFile: f.maxBlob,
				Archives: f.archives, LFSHere: f.lfs == lfsHere,
			})
			if err != nil {
				return usage(err, "")
			}
			s.scanned = args
			a.tellUnread(f.config, args)
			s.behind = func() behind { return treeOf(src, args) }
			run := report.Run{Mode: "dir", Target: strings.Join(args, " ")}
			if abs, err := filepath.Abs(args[0]); err == nil && len(args) == 1 {
				run.Root = abs
			}
			return a.scan(c.Context(), s, src, run, true)
		},
	}
	f.add(c)
	f.addLFS(c, lfsAll)
	c.Flags().StringArrayVar(&exclude, "exclude", nil, "leave out files and folders that match `pattern`; repeatable")
	return c
}

// hereRepository is the repository that the current folder is in: what comes
// in on standard input is likely of it.
func hereRepository() []string {
	here, err := os.Getwd()
	if err != nil {
		return nil
	}
	if repo := policy.RepositoryOf(here); repo != "" {
		return []string{repo}
	}
	return nil
}

func (a *app) stdinCommand() *cobra.Command {
	var f scanFlags
	c := &cobra.Command{
		Use:   "stdin",
		Short: "Search standard input",
		Example: `  git diff | whosekey stdin
  docker logs app 2>&1 | whosekey stdin -f jsonl`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := f.prepare()
			if err != nil {
				return err
			}
			s.scanned = hereRepository()
			tuneForFiles()
			src := dir.NewStdin(a.stdin, "standard input", workers(f.workers)).Archives(f.archives)
			defer src.Close()
			return a.scan(c.Context(), s, src, report.Run{Mode: "stdin", Target: "standard input"}, true)
		},
	}
	f.add(c)
	return c
}
