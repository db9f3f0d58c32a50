package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/report"
)

// maxMessage is the size of the longest commit message that is searched.
const maxMessage = 256 << 20

func (a *app) commitMsgCommand() *cobra.Command {
	h := &hook{app: a, what: "in the message", stop: "whosekey: the commit was stopped, so nothing has left this machine. The message is kept in the file that\n" +
		"whosekey: is named above: take the credential out and use it again with git commit -eF FILE"}
	c := &cobra.Command{
		Use:   "commit-msg FILE",
		Short: "Search a commit message",
		Long: `Search the message of a commit before it is made. What git takes out of a
message that was edited is left out: comments, and all below the scissors. Of one
that was given with -m or -F, where git leaves that in, it is searched too.`,
		Example: `  whosekey hook commit-msg .git/COMMIT_EDITMSG`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("name the file with the message"), "git does that: see githooks(5)")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return h.message(c.Context(), args[0]) },
	}
	h.add(c)
	return c
}

// message searches the message in a file.
func (h *hook) message(ctx context.Context, name string) error {
	s, err := h.prepare()
	if err != nil {
		return err
	}
	text, err := gitpack.ReadFile(name, maxMessage)
	if err != nil {
		return &failure{fmt.Errorf("read the message: %w", err), "", exitIncomplete}
	}
	if edited() {
		text = cleanupOf(ctx).clean(text)
	}
	s.scanned = hereRepository()
	src := &hookTexts{texts: []hookText{{name: name, data: text}}}
	return h.run(ctx, s, src, report.Run{Mode: "stdin", Target: name})
}

// edited reports whether somebody could edit the message. Otherwise git says so,
// with an editor that does nothing, and keeps comments: builtin/commit.c,
// run_commit_hook.
func edited() bool { return os.Getenv("GIT_EDITOR") != ":" }

// cleanup is what git takes out of a message that was edited; see git-commit(1).
type cleanup struct {
	comment  string // what comments begin with; empty for something nobody can know
	comments bool   // they are taken out
	scissors bool   // all below them is
	mode     string // what the user said; empty for nothing
}

// set takes what --cleanup and commit.cleanup may say.
func (c *cleanup) set(mode string) {
	c.mode, c.scissors = mode, mode != "verbatim" && mode != "whitespace"
	c.comments = c.scissors && mode != "scissors"
}

// cleanupFlag is what git commit was given as --cleanup, empty for nothing: it hands
// its flags on to no hook, but where there is /proc those can be seen of a process that
// led to this one.
func cleanupFlag(pid int) (mode string) {
	const most = 5 // git, a shell, a manager of hooks, git for an alias
	for range most {
		args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			return ""
		}
		words := strings.Split(string(args), "\x00")
		for i, w := range words {
			flag, value, given := strings.Cut(w, "=")
			if len(flag) < len("--cl") || !strings.HasPrefix("--cleanup", flag) { // git takes it shortened
				continue
			}
			if !given && i+1 < len(words) {
				value = words[i+1]
			}
			mode = value // the last one counts
		}
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); mode == "" && err == nil {
			fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // state, parent
			if len(fields) > 1 {
				if pid, err = strconv.Atoi(fields[1]); err == nil && pid > 1 {
					continue
				}
			}
		}
		return mode
	}
	return mode
}

// scissors follow the comment character and a space: wt-status.c, cut_line.
const scissors = "------------------------ >8 ------------------------"

// gitPatience is how long git may take to say what it is set to.
const gitPatience = 5 * time.Second

// cleanupOf asks git for its settings; without git they are taken for the usual
// ones.
func cleanupOf(ctx context.Context) cleanup {
	c := cleanup{comment: "#"}
	c.set(cleanupFlag(os.Getppid()))
	ctx, cancel := context.WithTimeout(ctx, gitPatience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "git", "config", "-z", "--get-regexp", `^(commit\.cleanup|core\.comment(char|string))$`).Output()
	if err != nil {
		return c // 1: none of them is set
	}
	for setting := range strings.SplitSeq(string(out), "\x00") {
		switch key, value, _ := strings.Cut(setting, "\n"); {
		case key == "commit.cleanup" && c.mode == "":
			c.set(value)
		case value == "auto": // any of !"#$%^&|:;~@
			c.comment = ""
		case strings.HasPrefix(key, "core.comment") && value != "":
			c.comment = value
		}
	}
	return c
}

// clean empties what git would take out. The numbers of lines stay.
func (c cleanup) clean(text []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		body := bytes.TrimRight(line, "\r\n")
		if c.scissors && c.cuts(string(body)) {
			break
		}
		if c.comments && c.comment != "" && bytes.HasPrefix(body, []byte(c.comment)) {
			line = line[len(body):]
		}
		out.Write(line)
	}
	return out.Bytes()
}

// cuts reports whether a line is the scissors.
func (c cleanup) cuts(line string) bool {
	comment, ok := strings.CutSuffix(line, " "+scissors)
	return ok && (comment == c.comment || c.comment == "" && len(comment) == 1)
}
