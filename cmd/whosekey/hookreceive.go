package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// receive is a pre-receive hook.
type receive struct {
	hook
	timeout time.Duration
	noSkip  bool
	skipLog string
}

func (a *app) preReceiveCommand() *cobra.Command {
	h := &receive{hook: hook{app: a, what: "pushed"}}
	inline := false
	c := &cobra.Command{
		Use:   "pre-receive",
		Short: "On a server: search what a push brings, before it is accepted",
		Long: `Search the commits and tags that a push brings and that no ref of this
repository leads to, while git holds them in quarantine. A push that cannot be
searched, or not within --timeout, is refused.

Whoever pushes can have a push let through all the same, with a reason:
"git push -o whosekey.skip=REASON" (the server allows push options with
receive.advertisePushOptions). That is logged with what was found, and refused
if it cannot be logged; --no-skip forbids it. Comments that a push brings, such
as whosekey:allow, do not count.`,
		Example: `  whosekey hook pre-receive --timeout 20s
  whosekey hook pre-receive --skip-log /var/log/whosekey-skips.jsonl`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !inline {
				h.refused = `it came with what is pushed (to let it: "inline" under [policy] in the server's settings, or --allow-inline-ignores)`
			}
			return h.guard(c.Context())
		},
	}
	h.add(c)
	h.addLFS(c, lfsHere) // such files are sent to another server, before the push
	fl := c.Flags()
	fl.DurationVar(&h.timeout, "timeout", 0, "refuse a push that takes longer to search (default: no limit)")
	fl.BoolVar(&h.noSkip, "no-skip", false, "nobody may skip this check")
	fl.BoolVar(&inline, "allow-inline-ignores", false, "comments count that a push brings itself, such as whosekey:allow")
	fl.StringVar(&h.skipLog, "skip-log", "", "where skipped checks are logged, JSON lines (default: whosekey-skips.jsonl in the repository)")
	return c
}

// guard searches a push and decides whether it is accepted.
func (h *receive) guard(ctx context.Context) error {
	text, err := h.app.input(ctx, maxRefLines)
	if err != nil {
		return err
	}
	ups, err := receiveLines(string(text))
	if err != nil {
		return err
	}
	reason, asked := skipReason()
	switch {
	case asked && h.noSkip:
		fmt.Fprintln(h.app.stderr, "whosekey: this server does not allow whosekey.skip")
		asked = false
	case asked && reason == "":
		fmt.Fprintln(h.app.stderr, "whosekey: whosekey.skip needs a reason: git push -o whosekey.skip=REASON")
		asked = false
	}
	h.what = pushes(ups)
	found, err := h.search(ctx, ups)
	if ctx.Err() != nil {
		return err
	}
	if asked {
		return h.letThrough(skipped{Reason: reason, Findings: found}, ups, err)
	}
	switch {
	case err != nil:
		h.tell("the push was refused, because it could not be searched")
	case h.app.code == exitFindings:
		h.tell("the push was refused: " + counted(int64(len(found)), "credential") + " in it. Take it out of the commits and push again")
	case h.app.code != exitClean:
		h.tell("the push was refused, because not all of it could be searched")
	}
	return err
}

// search searches a push, for as long as it may, and returns the ids of what
// stops it.
func (h *receive) search(ctx context.Context, ups []refUpdate) (found []string, err error) {
	if h.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.timeout)
		defer cancel()
	}
	done := make(chan error, 1)
	go func() {
		done <- h.inRepository(ctx, func(r *gitrepo.Repo) (scanners.Source, error) { return added(r, ups, r.RefIDs("")) })
	}()
	select {
	case err = <-done:
		found = slices.Sorted(maps.Keys(h.stopping))
	case <-ctx.Done(): // not all steps listen to it; the program is about to end
		err = ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, &failure{fmt.Errorf("the search of this push took longer than %s", h.timeout), "push less at once, or have --timeout raised on the server", exitIncomplete}
	}
	return found, err
}

// tell says how it went to whoever pushes. GitLab shows lines that begin like
// this where somebody pushes with the browser:
// https://docs.gitlab.com/administration/server_hooks/
func (h *receive) tell(how string) {
	fmt.Fprintf(h.app.stderr, "GL-HOOK-ERR: whosekey: %s\n", how)
}

// maxPushOptions bounds how many are looked at.
const maxPushOptions = 1000

// skipReason is what the push option whosekey.skip says.
func skipReason() (reason string, asked bool) {
	n, _ := strconv.Atoi(os.Getenv("GIT_PUSH_OPTION_COUNT"))
	for i := range min(n, maxPushOptions) {
		name, value, _ := strings.Cut(os.Getenv(fmt.Sprintf("GIT_PUSH_OPTION_%d", i)), "=")
		if name == "whosekey.skip" {
			reason, asked = strings.TrimSpace(value), true
		}
	}
	return reason, asked
}

// skipped is a line of the log of skipped checks.
type skipped struct {
	Time       time.Time    `json:"time"`
	Repository string       `json:"repository"`
	User       string       `json:"user"`
	Reason     string       `json:"reason"`
	Refs       []skippedRef `json:"refs"`
	Code       int          `json:"code"`     // what the hook would have left with
	Findings   []string     `json:"findings"` // their ids
	Error      string       `json:"error,omitempty"`
}

type skippedRef struct {
	Ref string `json:"ref"`
	Old string `json:"old"`
	New string `json:"new"`
}

// maxLogged bounds the refs in a line of the log, and maxReason the bytes of a
// reason.
const (
	maxLogged = 100
	maxReason = 1000
)

// letThrough logs that somebody skipped the check, and accepts the push if that
// could be logged. failed is why it could not be searched, if so.
func (h *receive) letThrough(line skipped, ups []refUpdate, failed error) error {
	line.Reason = safe(strings.ToValidUTF8(line.Reason[:min(maxReason, len(line.Reason))], "\uFFFD"))
	line.Time, line.User, line.Code = time.Now().UTC(), pusher(), h.app.code
	line.Repository, _ = filepath.Abs(cmp.Or(os.Getenv("GIT_DIR"), "."))
	for _, u := range ups[:min(maxLogged, len(ups))] {
		line.Refs = append(line.Refs, skippedRef{safe(u.ref), u.old, u.new})
	}
	if failed != nil {
		line.Error, line.Code = safe(failed.Error()), exitUsage
		if f := new(failure); errors.As(failed, &f) {
			line.Code = f.code
		}
	}
	name := cmp.Or(h.skipLog, filepath.Join(line.Repository, "whosekey-skips.jsonl"))
	if err := appendLine(name, line); err != nil {
		h.tell("the push was refused, because whosekey.skip could not be logged")
		return &failure{fmt.Errorf("log the skipped check: %w", err), "", exitIncomplete}
	}
	h.app.code = exitClean
	fmt.Fprintf(h.app.stderr, "whosekey: NOT STOPPED, because of whosekey.skip: %s. This was logged.\n", line.Reason)
	return nil
}

// pusher is who pushes, as servers name them, or else the user that the hook runs as;
// of a login with ssh also from where.
func pusher() string {
	name := ""
	for _, env := range []string{"GL_USERNAME", "GL_ID", "GITHUB_USER_LOGIN", "GITEA_PUSHER_NAME", "REMOTE_USER", "LOGNAME", "USER", "USERNAME"} {
		if name = os.Getenv(env); name != "" {
			break
		}
	}
	if u, err := user.Current(); name == "" && err == nil {
		name = u.Username
	}
	if name == "" {
		name = fmt.Sprintf("uid %d", os.Getuid())
	}
	if from, _, _ := strings.Cut(os.Getenv("SSH_CONNECTION"), " "); from != "" { // client, its port, server, its port: ssh(1)
		name += " from " + from
	}
	return safe(name)
}

// appendLine writes a line of JSON in one piece, and waits until it is kept.
func appendLine(name string, line any) error {
	b, err := json.Marshal(line)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return cmp.Or(err, f.Sync(), f.Close())
}
