package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// installer puts hooks where git, or a program that manages hooks, finds them.
type installer struct {
	app       *app
	types     []string
	manager   string
	global    bool
	uninstall bool
	args      []string // that hooks are started with
	program   string   // absolute path of this program
	top       string   // of the work tree, or of a bare repository
	bare      bool
}

// programFile is where this program is; tests have it elsewhere.
var programFile = os.Executable

// hookTypes are those that there is a command for.
var hookTypes = []string{"pre-commit", "commit-msg", "pre-push", "pre-receive"}

func (a *app) hookInstallCommand() *cobra.Command {
	in := &installer{app: a}
	c := &cobra.Command{
		Use:   "install [-- FLAG...]",
		Short: "Have git run the hooks",
		Long: `Have git run whosekey before it commits and pushes (in a bare repository: before
it accepts a push). Hooks that are there already are kept and run first. Where
husky or lefthook manage the hooks, whosekey is added to their files.

--global does so for all repositories of yours, by core.hooksPath; the hooks of
each repository are then run by whosekey's. What stands behind -- are flags for
the hooks.`,
		Example: `  whosekey hook install
  whosekey hook install --type pre-commit -- --config .whosekey.toml
  whosekey hook install --global
  whosekey hook install --uninstall`,
		RunE: func(c *cobra.Command, args []string) error {
			if c.ArgsLenAtDash() != 0 && len(args) > 0 {
				return usage(fmt.Errorf("unexpected argument %q", args[0]), "flags for the hooks stand behind --")
			}
			in.args = args
			return in.run(c.Context())
		},
	}
	fl := c.Flags()
	fl.StringSliceVar(&in.types, "type", nil, "which `hooks`: "+strings.Join(hookTypes, ", ")+" (default: the first three; the last in a bare repository)")
	fl.StringVar(&in.manager, "manager", "auto", "what manages hooks: auto, git, husky, lefthook")
	fl.BoolVar(&in.global, "global", false, "for all repositories of this user")
	fl.BoolVar(&in.uninstall, "uninstall", false, "take them out again")
	oneOf(c, "type", hookTypes...)
	oneOf(c, "manager", "auto", "git", "husky", "lefthook")
	return c
}

func (in *installer) run(ctx context.Context) error {
	for _, t := range in.types {
		if !slices.Contains(hookTypes, t) {
			return usage(fmt.Errorf("there is no hook %q", t), "the hooks are "+strings.Join(hookTypes, ", "))
		}
	}
	if !slices.Contains([]string{"auto", "git", "husky", "lefthook"}, in.manager) {
		return usage(fmt.Errorf("--manager %q", in.manager), "use auto, git, husky or lefthook")
	}
	if _, err := exec.LookPath("git"); err != nil {
		return usage(errors.New("git is not installed, or not on PATH"), "hooks are for git")
	}
	var err error
	if in.program, err = programFile(); err != nil {
		return err
	}
	if in.global {
		if in.manager != "auto" && in.manager != "git" {
			return usage(fmt.Errorf("--global and --manager %s exclude each other", in.manager), "")
		}
		return in.globally(ctx)
	}
	if err := in.find(ctx); err != nil {
		return err
	}
	if len(in.types) == 0 {
		if in.types = hookTypes[:3]; in.bare {
			in.types = hookTypes[3:]
		}
	}
	switch in.managedBy() {
	case "husky":
		return in.husky()
	case "lefthook":
		return in.lefthook()
	}
	dir, err := in.git(ctx, "rev-parse", "--git-path", "hooks")
	if err != nil {
		return err
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(in.top, dir)
	}
	return in.scripts(dir, in.types, ownHook)
}

// find sets the folder that hooks are run in.
func (in *installer) find(ctx context.Context) error {
	bare, err := in.git(ctx, "rev-parse", "--is-bare-repository")
	if err != nil {
		return usage(errors.New("this folder is in no git repository"), "go to one, or use --global")
	}
	in.bare = bare == "true"
	what := "--show-toplevel"
	if in.bare {
		what = "--absolute-git-dir"
	}
	if in.top, err = in.git(ctx, "rev-parse", what); err != nil {
		return usage(errors.New("this folder is in no work tree"), "go to where the files are")
	}
	return nil
}

// git runs git in the folder of the repository, once that is known.
func (in *installer) git(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, gitPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = in.top
	out, err := cmd.Output()
	if err != nil {
		if exit := new(exec.ExitError); errors.As(err, &exit) && len(exit.Stderr) > 0 {
			err = errors.New(strings.TrimSpace(string(exit.Stderr)))
		}
		return "", usage(fmt.Errorf("git %s: %w", args[0], err), "")
	}
	return strings.TrimRight(string(out), "\r\n"), nil
}

// globally has core.hooksPath name a folder of whosekey's, or uses the one that
// it names. Git then runs no hooks of the repositories: those in the folder do.
func (in *installer) globally(ctx context.Context) error {
	folder, err := os.UserConfigDir()
	if err != nil {
		return usage(fmt.Errorf("find the folder for settings: %w", err), "")
	}
	own := filepath.Join(folder, "whosekey", "hooks")
	dir, _ := in.git(ctx, "config", "--global", "--type=path", "core.hooksPath") // an error: it is not set
	if len(in.types) == 0 {
		in.types = hookTypes[:3]
	}
	if dir != "" && dir != own {
		fmt.Fprintf(in.app.stdout, "core.hooksPath is %s already, so the hooks go there\n", printable(dir))
		return in.scripts(dir, in.types, ownHook)
	}
	if in.uninstall {
		if dir == own {
			if _, err := in.git(ctx, "config", "--global", "--unset", "core.hooksPath"); err != nil {
				return err
			}
		}
		return in.scripts(own, clientHooks, passOn)
	}
	others := slices.DeleteFunc(slices.Clone(clientHooks), func(t string) bool { return slices.Contains(in.types, t) })
	if err := in.scripts(own, in.types, passOn); err != nil {
		return err
	}
	quietly := *in
	quietly.app = &app{stdout: discard{}, stderr: in.app.stderr}
	if err := quietly.scripts(own, others, onlyPassOn); err != nil {
		return err
	}
	if _, err := in.git(ctx, "config", "--global", "core.hooksPath", own); err != nil {
		return err
	}
	fmt.Fprintf(in.app.stdout, "core.hooksPath is %s for all your repositories; their own hooks still run\n", printable(own))
	return nil
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// clientHooks are all hooks that core.hooksPath would hide: githooks(5), without
// those of p4, and fsmonitor-watchman, which has a setting of its own.
var clientHooks = []string{
	"applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "pre-merge-commit", "prepare-commit-msg", "commit-msg", "post-commit",
	"pre-rebase", "post-checkout", "post-merge", "pre-push", "pre-receive", "update", "proc-receive", "post-receive", "post-update",
	"reference-transaction", "push-to-checkout", "pre-auto-gc", "post-rewrite", "sendemail-validate", "post-index-change",
}
