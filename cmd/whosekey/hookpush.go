package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// maxRefLines bounds what git may say of the refs of one push: some 300,000.
const maxRefLines = 64 << 20

// refUpdate is a ref that a push creates, moves or deletes.
type refUpdate struct {
	ref      string // where it is pushed to
	old, new string // full ids; zeros for none
}

func (u *refUpdate) deletes() bool { return strings.Trim(u.new, "0") == "" }

// badLine is the error of a line that git would not write.
func badLine(n int, form string) error {
	return usage(fmt.Errorf("line %d of standard input is not %q", n, form), "this hook is run by git; see githooks(5)")
}

// pushLines reads what git tells pre-push, each line "<local ref> <local id>
// <remote ref> <remote id>". A local ref may be any revision, with spaces in it:
// master^{/some text}. Format: githooks(5).
func pushLines(text string) (ups []refUpdate, err error) {
	const form = "<local ref> <local id> <remote ref> <remote id>"
	err = eachLine(text, func(n int, line string) error {
		f := strings.Split(line, " ")
		if len(f) < 4 || !isID(f[len(f)-3]) || !isID(f[len(f)-1]) {
			return badLine(n, form)
		}
		ups = append(ups, refUpdate{ref: f[len(f)-2], old: f[len(f)-1], new: f[len(f)-3]})
		return nil
	})
	return ups, err
}

// receiveLines reads what git tells pre-receive, each line "<old id> <new id>
// <ref>". Format: githooks(5).
func receiveLines(text string) (ups []refUpdate, err error) {
	err = eachLine(text, func(n int, line string) error {
		f := strings.Split(line, " ")
		if len(f) != 3 || !isID(f[0]) || !isID(f[1]) {
			return badLine(n, "<old id> <new id> <ref>")
		}
		ups = append(ups, refUpdate{ref: f[2], old: f[0], new: f[1]})
		return nil
	})
	return ups, err
}

func eachLine(text string, f func(n int, line string) error) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			continue // scripts that pass an empty list on
		}
		if err := f(n, line); err != nil {
			return err
		}
	}
	return nil
}

// isID reports whether s is an object's full id, SHA-1 or SHA-256.
func isID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// pushes says what is pushed if there is nothing to search: names of what is there, if
// not all is deleted.
func pushes(ups []refUpdate) string {
	for _, u := range ups {
		if !u.deletes() {
			return "pushed but names: what they are put on is there already"
		}
	}
	return "pushed"
}

// added is the source of what refs bring that nothing known leads to.
func added(r *gitrepo.Repo, ups []refUpdate, known []string) (scanners.Source, error) {
	var tips []gitrepo.Tip
	var names []string // of refs that are new
	for _, u := range ups {
		if !u.deletes() {
			tips = append(tips, gitrepo.Tip{Name: u.ref, ID: u.new})
			if strings.Trim(u.old, "0") == "" {
				names = append(names, u.ref)
			}
		}
		known = append(known, u.old)
	}
	c, err := gitrepo.NewAdded(r, tips, known)
	if err != nil {
		return nil, err
	}
	c.SearchNames(names)
	return c, nil
}

func (a *app) prePushCommand() *cobra.Command {
	h := &hook{app: a, what: "pushed", stop: "whosekey: the push was stopped, so nothing has left this machine. Take the credential out of the commits\n" +
		"whosekey: (git commit --amend, git rebase -i) and push again. Without this check: git push --no-verify"}
	c := &cobra.Command{
		Use:   "pre-push [REMOTE [URL]]",
		Short: "Search what a push sends",
		Long: `Search the commits and tags that a push sends and that the remote is not known
to have. Git names the refs on standard input; pre-commit does so in the
environment, of the first ref only.`,
		Example: `  whosekey hook pre-push origin https://github.com/acme/app   # as git starts it`,
		Args:    cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			remote := os.Getenv("PRE_COMMIT_REMOTE_NAME")
			if len(args) > 0 {
				remote = args[0]
			}
			ups, err := a.pushed(c.Context())
			if err != nil {
				return err
			}
			return h.inRepository(c.Context(), func(r *gitrepo.Repo) (scanners.Source, error) {
				if ups == nil && preCommitCompares() {
					if ups, err = comparedByPreCommit(r); err != nil {
						return nil, err
					}
				}
				h.what = pushes(ups)
				var known []string
				if remote != "" {
					known = r.Tracked(remote)
				}
				return added(r, ups, known)
			})
		},
	}
	h.add(c)
	h.addLFS(c, lfsAll)
	return c
}

// pushed reads which refs are pushed.
func (a *app) pushed(ctx context.Context) ([]refUpdate, error) {
	if f, ok := a.stdin.(*os.File); ok && isTerminal(f) {
		if os.Getenv("PRE_COMMIT") == "1" {
			return nil, nil
		}
		return nil, usage(errors.New("this hook is run by git, which names the refs on standard input"), "to see what a push would send: whosekey git --range origin/main..HEAD")
	}
	text, err := a.input(ctx, maxRefLines)
	if err != nil {
		return nil, err
	}
	return pushLines(string(text))
}
