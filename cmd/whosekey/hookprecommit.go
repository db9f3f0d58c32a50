package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/dir"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

func (a *app) preCommitCommand() *cobra.Command {
	h := &hook{app: a, what: staged, stop: "whosekey: the commit was stopped, so nothing has left this machine. Take the credential out, stage the\n" +
		"whosekey: file again and commit. Without this check: git commit --no-verify"}
	c := &cobra.Command{
		Use:   "pre-commit [FILE...]",
		Short: "Search what is staged",
		Long: `Search what the next commit adds to HEAD and, in a merge, to the commits that
are merged, as the index has it: never the files of the work tree. What the
changed files held before does not alarm again. Where pre-commit is told to
compare two commits ("pre-commit run --from-ref A --to-ref B"), what lies
between them is searched.

Files are named by programs such as pre-commit. If there are others among them
than what is staged ("pre-commit run --all-files"), no commit is made: then all
that are named are searched too, as they lie there.`,
		Example: `  whosekey hook pre-commit
  whosekey hook pre-commit --config .whosekey.toml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, files []string) error {
			h.named = files
			c.Flags().Visit(func(f *pflag.Flag) { h.flags += f.Name + "=" + f.Value.String() + "\x00" })
			err := h.inRepository(c.Context(), h.committed)
			if errors.Is(err, errSearched) {
				return nil
			}
			if err == nil && h.told != nil && a.code == exitClean {
				h.told()
			}
			if err != nil || !h.filesToo || a.code != exitClean {
				return err
			}
			return h.inFiles(c.Context())
		},
	}
	h.add(c)
	h.addLFS(c, lfsAll)
	return c
}

// committed is what a hook of commits searches. Under pre-commit it may run at
// other times too, as what we say of stages there is understood by no two versions.
func (h *hook) committed(r *gitrepo.Repo) (scanners.Source, error) {
	switch {
	case preCommitPushes():
		h.what = "committed by a push"
		return added(r, nil, nil)
	case comparesAtCommit():
		ups, err := comparedByPreCommit(r)
		if err != nil {
			return nil, err
		}
		h.what, h.stop = "new between the two commits", ""
		return added(r, ups, nil)
	}
	once := h.once(r)
	if searchedBefore(r, once) {
		return nil, errSearched
	}
	c, err := gitrepo.NewStaged(r)
	if err == nil && once != "" && len(h.named) < len(c.Paths()) {
		h.told = func() { tellOthers(r, once) }
	}
	if err == nil && len(c.Bare) > 0 {
		h.what = staged + " but modes of files, or submodules"
	}
	// Git names the index to hooks of a commit, which adds nothing but what is staged.
	h.filesToo = err == nil && os.Getenv("GIT_INDEX_FILE") == "" && slices.ContainsFunc(h.named, otherThan(c.Paths(), r.WorkTree))
	return c, err
}

// namedAsFlag is an error if what a hook of commits is called with may be a flag, or as
// well a file that a pull request brings: programs put the names of files behind flags,
// and one of "--help" or "--fail-on=none" must not turn the hook off.
func namedAsFlag(args []string) error {
	if len(args) < 2 || args[0] != "hook" || args[1] != "pre-commit" {
		return nil
	}
	for _, a := range args[2:] {
		if !strings.HasPrefix(a, "-") {
			continue
		}
		if _, err := os.Lstat(a); err == nil {
			return usage(fmt.Errorf("%s is the name of a file, and may be a flag", a),
				"rename the file, or end the flags of the hook with -- (args: [..., \"--\"] in .pre-commit-config.yaml)")
		}
		if a == "--" {
			break
		}
	}
	return nil
}

// otherThan returns whether a file that is named is none of those with these paths
// below a folder, or below the current one.
func otherThan(paths []string, top string) func(name string) bool {
	known := map[string]bool{}
	for _, p := range paths {
		known[p] = true
	}
	return func(name string) bool {
		abs, err := filepath.Abs(name)
		if folder, bad := filepath.EvalSymlinks(filepath.Dir(abs)); bad == nil {
			abs = filepath.Join(folder, filepath.Base(abs))
		}
		rel, bad := filepath.Rel(top, abs)
		return !known[filepath.ToSlash(name)] && (err != nil || bad != nil || !known[filepath.ToSlash(rel)])
	}
}

// inFiles searches the files that are named, as they lie there.
func (h *hook) inFiles(ctx context.Context) error {
	h.what, h.stop, h.filesToo = "in the files that were named", "", false
	s, err := h.prepare()
	if err != nil {
		return err
	}
	src, err := dir.New(dir.Options{
		Paths: h.named, Exclude: s.config.Exclude, Workers: workers(h.workers), MaxFile: h.maxBlob, Archives: h.archives, LFSHere: h.lfs == lfsHere,
	})
	if err != nil {
		return usage(err, "")
	}
	s.scanned = append(hereRepository(), h.named...)
	s.behind = func() behind { return treeOf(src, h.named) }
	return h.run(ctx, s, src, report.Run{Mode: "dir", Target: "."})
}

// preCommitPushes reports whether pre-commit runs this program as a hook of a push.
// It does not say for what it runs one, but names remotes only then. A commit that
// another hook of the push makes has its variables too, and git's own.
func preCommitPushes() bool {
	return os.Getenv("PRE_COMMIT") == "1" && os.Getenv("PRE_COMMIT_REMOTE_NAME") != "" && os.Getenv("GIT_INDEX_FILE") == ""
}

// preCommitCompares reports whether pre-commit has been told what is pushed, or two
// commits to compare. After a checkout these are no new commits.
func preCommitCompares() bool {
	return os.Getenv("PRE_COMMIT") == "1" && os.Getenv("PRE_COMMIT_CHECKOUT_TYPE") == "" &&
		cmp.Or(os.Getenv("PRE_COMMIT_TO_REF"), os.Getenv("PRE_COMMIT_LOCAL_BRANCH")) != ""
}

// comparesAtCommit is preCommitCompares for a hook of commits, which git runs with an index.
func comparesAtCommit() bool { return os.Getenv("GIT_INDEX_FILE") == "" && preCommitCompares() }

// comparedByPreCommit is what is pushed as pre-commit tells it: PRE_COMMIT_TO_REF
// on top of PRE_COMMIT_FROM_REF, or, if the remote has nothing of the branch,
// only its name. It does not hand on standard input.
func comparedByPreCommit(r *gitrepo.Repo) ([]refUpdate, error) {
	to := cmp.Or(os.Getenv("PRE_COMMIT_TO_REF"), os.Getenv("PRE_COMMIT_LOCAL_BRANCH"))
	u := refUpdate{ref: cmp.Or(os.Getenv("PRE_COMMIT_REMOTE_BRANCH"), to)}
	if u.new = r.Ref(to); isID(to) && r.Has(to) {
		u.new = to
	}
	if u.new == "" { // no tag's object, whose text is searched too
		id, err := r.Resolve(to)
		if err != nil {
			return nil, usage(fmt.Errorf("what pre-commit says is pushed: %w", err), "")
		}
		u.new = id.String()
	}
	if from := os.Getenv("PRE_COMMIT_FROM_REF"); from != "" {
		if id, err := r.Resolve(from); err == nil {
			u.old = id.String()
		}
	}
	return []refUpdate{u}, nil
}
