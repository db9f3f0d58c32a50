package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

func (a *app) preCommitCommand() *cobra.Command {
	h := &hook{app: a, what: staged, stop: "whosekey: the commit was stopped, so nothing has left this machine. Take the credential out, stage the\n" +
		"whosekey: file again and commit. Without this check: git commit --no-verify"}
	c := &cobra.Command{
		Use:   "pre-commit",
		Short: "Search what is staged",
		Long: `Search what the next commit adds to HEAD and, in a merge, to the commits that
are merged, as the index has it: never the files of the work tree. What the
changed files held before does not alarm again. Where pre-commit is told to
compare two commits ("pre-commit run --from-ref A --to-ref B"), what lies
between them is searched.`,
		Example: `  whosekey hook pre-commit
  whosekey hook pre-commit --config .whosekey.toml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return h.inRepository(c.Context(), h.committed) },
	}
	h.add(c)
	return c
}

// committed is what a hook of commits searches. Under pre-commit it may run at
// other times too, as what we say of stages there is understood by no two versions.
func (h *hook) committed(r *gitrepo.Repo) (scanners.Source, error) {
	switch {
	case preCommitPushes():
		h.what = "committed by a push"
		return added(r, nil, nil)
	case os.Getenv("GIT_INDEX_FILE") == "" && preCommitCompares():
		ups, err := comparedByPreCommit(r)
		if err != nil {
			return nil, err
		}
		h.what, h.stop = "new between the two commits", ""
		return added(r, ups, nil)
	}
	c, err := gitrepo.NewStaged(r)
	if err == nil && c.Bare {
		h.what = staged + " but modes of files, or submodules"
	}
	return c, err
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
