package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

func (a *app) hookCommand(args []string) *cobra.Command {
	c := &cobra.Command{
		Use:   "hook",
		Short: "Stop credentials before they leave: hooks of git and of coding agents",
		Long: `Hooks of git, and of agents that write code. They ask nobody, say nothing where
there is nothing to say, and leave with 0 (go on), 1 (a credential), 2 (usage or
settings) or 3 (not all of it could be searched); "hook agent" leaves with what
its agent understands. docs/hooks.md describes each.`,
		Example: `  whosekey hook install                 # for the repository of this folder
  whosekey hook install --global        # for all of yours
  whosekey hook pre-commit -v           # what the next commit would add`,
	}
	addNamed(c, args, a.hooks())
	return c
}

func (a *app) hooks() []named {
	return []named{
		{"pre-commit", a.preCommitCommand}, {"pre-push", a.prePushCommand}, {"pre-receive", a.preReceiveCommand},
		{"commit-msg", a.commitMsgCommand}, {"agent", a.hookAgentCommand}, {"install", a.hookInstallCommand},
	}
}

// staged is what pre-commit searches.
const staged = "staged"

// hook is one run of a hook.
type hook struct {
	scanFlags
	app  *app
	what string // that is searched, for "nothing is ...": "staged", "pushed"
	stop string // what to say when it fails
	// refused says why comments beside credentials do not count, unless settings have
	// a word on them; empty if they do.
	refused string

	named    []string // files, by programs such as pre-commit
	flags    string   // as they are set
	filesToo bool     // these are searched after what is staged
	told     func()   // tells other calls that what is staged is clean; may be nil

	stopping map[string]*leak.Finding // what it fails for, by id
}

func (h *hook) add(c *cobra.Command) {
	h.addOffline(c)
	h.out.calm = func(r report.Handler) report.Handler { return &calm{Handler: r, hook: h} }
}

// run searches a source, and says what to do if there is something.
func (h *hook) run(ctx context.Context, s *scan, src scanners.Source, run report.Run) error {
	s.offline = true
	stopping, fails := map[string]*leak.Finding{}, s.fails
	h.stopping = stopping
	s.fails = func(f *leak.Finding) bool {
		if !fails(f) {
			return false
		}
		stopping[f.ID] = f
		return true
	}
	err := h.app.scan(ctx, s, src, run, false)
	if err == nil && len(stopping) > 0 && h.app.code == exitFindings && h.stop != "" {
		fmt.Fprintln(h.app.stderr, h.stop)
	}
	return err
}

// prepare checks the flags.
func (h *hook) prepare() (*scan, error) {
	s, err := h.scanFlags.prepare()
	if err == nil && s.config.Policy.Inline == "" {
		s.ignores.Refused = h.refused
	}
	if err == nil && h.failOn == "live" {
		err = usage(errors.New("--fail-on live: hooks ask nobody, so nothing would ever fail"), "use another, such as: --fail-on new")
	}
	return s, err
}

// calm is a report that says nothing unless it has to.
type calm struct {
	report.Handler
	hook     *hook
	run      report.Run
	findings []*leak.Finding
}

func (c *calm) Start(r report.Run) error {
	c.run = r
	return nil
}

func (c *calm) Finding(f *leak.Finding) error {
	c.findings = append(c.findings, f)
	return nil
}

func (c *calm) Finish(s report.Summary) error {
	if s.Failing == 0 && !s.Incomplete && !(c.hook.out.verbose && len(c.findings) > 0) {
		return c.line(s)
	}
	if err := c.Handler.Start(c.run); err != nil {
		return err
	}
	for _, f := range c.findings {
		if err := c.Handler.Finding(f); err != nil {
			return err
		}
	}
	return c.Handler.Finish(s)
}

// line says in a line what was searched, if somebody wants to know: programs
// such as pre-commit show it only if they are told to. That nothing was searched
// is always said.
func (c *calm) line(s report.Summary) error {
	a, searched := c.hook.app, s.Counts["files"]+s.Counts["bytes"]+s.Counts["commits"]
	var err error
	switch {
	case a.quiet || c.hook.filesToo:
	case searched == 0:
		_, err = fmt.Fprintf(a.stdout, "whosekey: 0 findings in 0 files, 0 bytes: nothing is %s (%d rules)\n", c.hook.what, c.run.Rules)
	case len(c.findings) > 0:
		_, err = fmt.Fprintf(a.stdout, "whosekey: %s of low confidence, which stops nothing; see it with -v\n", counted(int64(len(c.findings)), "finding"))
	case c.hook.out.verbose || os.Getenv("PRE_COMMIT") == "1":
		_, err = fmt.Fprintf(a.stdout, "whosekey: 0 findings · %s · %s · %s\n", counted(s.Counts["files"], "file"), shortSize(s.Counts["bytes"]), counted(int64(c.run.Rules), "rule"))
	}
	return err
}

// counted is "1 file" or "7 files", "2 repositories".
func counted(n int64, what string) string {
	if stem, ok := strings.CutSuffix(what, "ry"); n != 1 && ok {
		what = stem + "ries"
	} else if n != 1 {
		what += "s"
	}
	return strconv.FormatInt(n, 10) + " " + what
}

// shortSize is "41 kB".
func shortSize(n int64) string {
	for _, unit := range []string{"bytes", "kB", "MB"} {
		if n < 1000 {
			return fmt.Sprintf("%d %s", n, unit)
		}
		n = (n + 500) / 1000
	}
	return fmt.Sprintf("%d GB", n)
}

// openHere opens the repository that git runs the hook for.
func (h *hook) openHere() (*gitrepo.Repo, error) {
	target := cmp.Or(os.Getenv("GIT_DIR"), ".")
	repo, err := gitrepo.Open(target, gitrepo.Options{
		AllowAlternates: true, // git reads them too, and is who runs us
		MaxBlob:         h.maxBlob, Workers: workers(h.workers), IndexFile: indexFile(), ObjectDirs: objectDirs(),
		Archives: h.archives, LFSHere: h.lfs == lfsHere,
		Named: h.what == staged && !preCommitPushes() && !comparesAtCommit(),
	})
	if errors.Is(err, gitrepo.ErrNotRepository) {
		return nil, usage(err, "hooks are run by git, in a repository")
	} else if err != nil {
		return nil, usage(err, "")
	}
	return repo, nil
}

// objectDirs are the folders of objects that git names beside the repository's
// own: while a push is received, its objects are in quarantine. See
// git-receive-pack(1) and git(1).
func objectDirs() (dirs []string) {
	list := []string{os.Getenv("GIT_QUARANTINE_PATH"), os.Getenv("GIT_OBJECT_DIRECTORY")}
	list = append(list, alternateDirs(os.Getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES"))...)
	for _, dir := range list {
		if abs, err := filepath.Abs(dir); dir != "" && err == nil {
			dirs = append(dirs, abs)
		}
	}
	return dirs
}

// alternateDirs splits a list of paths, of which those that hold the separator
// are quoted as in C.
func alternateDirs(list string) (dirs []string) {
	for list != "" {
		if quoted, err := strconv.QuotedPrefix(list); err == nil && list[0] == '"' {
			if dir, err := strconv.Unquote(quoted); err == nil {
				dirs = append(dirs, dir)
				list = strings.TrimPrefix(list[len(quoted):], string(os.PathListSeparator))
				continue
			}
		}
		dir, rest, _ := strings.Cut(list, string(os.PathListSeparator))
		dirs, list = append(dirs, dir), rest
	}
	return dirs
}

// inRepository makes a run of a source that a repository gives.
func (h *hook) inRepository(ctx context.Context, source func(*gitrepo.Repo) (scanners.Source, error)) error {
	var s *scan
	var repo *gitrepo.Repo
	var src scanners.Source
	var prepared, opened error
	var both sync.WaitGroup // somebody waits: rules and repository are read at the same time
	both.Go(func() {
		if repo, opened = h.openHere(); opened == nil {
			src, opened = source(repo)
		}
	})
	s, prepared = h.prepare()
	both.Wait()
	if repo != nil {
		defer repo.Close()
	}
	if err := cmp.Or(prepared, opened); err != nil {
		if !errors.As(err, new(*failure)) && !errors.Is(err, errSearched) {
			err = &failure{err, "", exitIncomplete} // a damaged index, a missing commit
		}
		return err
	}
	if !strings.HasPrefix(h.what, staged) || repo.Objects() > manyObjects { // what is staged is little, and somebody waits
		tuneMemory(repo.Objects())
	}
	s.behind = func() behind { return behind{repo: repo.Tree()} }
	s.scanned = repositoryFolders(repo, ".")
	run := report.Run{Mode: "git", Target: ".", RepositoryURI: repo.Remote(), Root: repo.WorkTree}
	run.Revision, run.Branch = repo.Head()
	return h.run(ctx, s, src, run)
}

// input reads what a hook is handed on standard input.
func (a *app) input(ctx context.Context, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(&patient{ctx, a.stdin}, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("there are more than %d bytes", limit)
	}
	if err != nil {
		return nil, &failure{fmt.Errorf("read standard input: %w", err), "", exitIncomplete}
	}
	return b, nil
}
