package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
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
message that was edited is left out: comments, and all below the scissors if it cuts
there. Of one
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
	scissors bool   // all below them is, as cleanup_message in sequencer.c has it
	unsure   bool   // they are if what is below them looks like what git commit -v writes
	mode     string // what the user said; empty for nothing
}

// set takes what --cleanup and commit.cleanup may say.
func (c *cleanup) set(mode string) {
	c.mode, c.scissors = mode, mode == "scissors"
	c.comments = mode != "verbatim" && mode != "whitespace" && mode != "scissors"
}

// scissors follow the comment character and a space: wt-status.c, cut_line.
const scissors = "------------------------ >8 ------------------------"

// gitPatience is how long git may take to say what it is set to.
const gitPatience = 5 * time.Second

// cleanupOf asks git for its settings; without git they are taken for the usual
// ones.
func cleanupOf(ctx context.Context) cleanup {
	c := cleanup{comment: "#"}
	flags := commitFlagsOf(os.Getppid())
	c.set(flags.cleanup)
	verbose := flags.verbose
	ctx, cancel := context.WithTimeout(ctx, gitPatience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "git", "config", "-z", "--get-regexp", `^(commit\.(cleanup|verbose)|core\.comment(char|string))$`).Output()
	if err != nil {
		out = nil // 1: none of them is set
	}
	for setting := range strings.SplitSeq(string(out), "\x00") {
		switch key, value, given := strings.Cut(setting, "\n"); {
		case key == "commit.cleanup":
			if flags.cleanup == "" {
				c.set(value)
			}
		case key == "commit.verbose":
			if verbose = flags.verbose; verbose == unsaid {
				verbose = verboseSetting(value, given)
			}
		case value == "auto": // any of !"#$%^&|:;~@
			c.comment = ""
		case strings.HasPrefix(key, "core.comment") && value != "":
			c.comment = value
		}
	}
	c.scissors = c.scissors || verbose == yes
	c.unsure = verbose == unsaid && !flags.known
	return c
}

// clean empties what git would take out. The numbers of lines stay.
func (c cleanup) clean(text []byte) []byte {
	var out bytes.Buffer
	read := 0
	for line := range bytes.Lines(text) {
		body := bytes.TrimRight(line, "\r\n")
		read += len(line)
		if (c.scissors || c.unsure) && c.cuts(string(body)) && (c.scissors || c.diffFollows(text[read:])) {
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

// diffFollows reports whether comments and then a diff follow the scissors.
func (c cleanup) diffFollows(text []byte) bool {
	for line := range bytes.Lines(text) {
		if c.comment == "" || !bytes.HasPrefix(line, []byte(c.comment)) {
			return bytes.HasPrefix(line, []byte("diff --git "))
		}
	}
	return false
}
