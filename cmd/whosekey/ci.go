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
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/ci"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// ciFlags are the flags of whosekey ci.
type ciFlags struct {
	scanFlags
	mode, path, base, head       string
	standard                     string // the default branch
	sarifFile, coverage, comment string
	images                       []string
	annotations, summary         bool
	target, inlineIgnores        bool
	large                        bool // what is larger than maxBlob may be left out
	budget                       time.Duration
}

// ciModes are what --mode knows.
var ciModes = []string{"auto", "pr", "push", "full", "dir", "logs", "image"}

func (a *app) ciCommand() *cobra.Command {
	f := &ciFlags{}
	c := &cobra.Command{
		Use:   "ci",
		Short: "In a CI server: search what this run is about",
		Long: `Reads from the environment and the event of GitHub Actions, GitLab, Azure
Pipelines, Bitbucket Pipelines, CircleCI, Buildkite or Jenkins what this run is
about, and searches that: the commits of a pull request and the merge, those of
a push, a tag, the whole repository on a schedule. A shallow checkout is made
deeper where git can do that; else the exit code is 3, with what to change.

Settings and baseline of a pull request are those of its base (.whosekey.toml and
.whosekey-baseline.jsonl, or what --config and --baseline name), and comments in
it, such as whosekey:allow, do not count: it cannot silence itself. A branch that
is not the default one is judged by the default branch in the same way, and both
hold for every mode.

Writes SARIF, remarks beside the code, the summary and the outputs of the step.
docs/ci.md has the table of events, and an example for every server.`,
		Example: `  whosekey ci
  whosekey ci --fail-on confidence:high --sarif leaks.sarif
  whosekey ci --base origin/main                 # a server that is not known
  whosekey ci --mode full`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.ci(c.Context(), f, cobra.NoArgs(c, args))
		},
	}
	a.ciRefuses(c, f)
	f.add(c)
	f.addLFS(c, lfsAll)
	fl := c.Flags()
	fl.StringVar(&f.mode, "mode", "auto", "what to search: auto (as the event says), pr, push, full, dir or logs (the files below --path), image")
	fl.StringArrayVar(&f.images, "image", nil, "`REF` of an image, as \"whosekey image\" takes it; repeatable")
	fl.StringVar(&f.path, "path", ".", "`folder` with the checkout")
	fl.StringVar(&f.base, "base", "", "search what `REVISION` does not have, whatever the event says")
	fl.StringVar(&f.head, "head", "", "search what `REVISION` brings, whatever the event says (default: HEAD)")
	fl.StringVar(&f.standard, "default-branch", "", "`branch` that decides, where neither the server nor git can say which one that is")
	fl.StringVar(&f.sarifFile, "sarif", usualSARIF, "`file` for SARIF; '' for none")
	fl.StringVar(&f.coverage, "coverage", "", "`file` for what was searched and what was not, JSON")
	fl.BoolVar(&f.annotations, "annotations", true, "print remarks that the server shows beside the code")
	fl.BoolVar(&f.summary, "summary", true, "write the summary of the step, where the server has one")
	fl.StringVar(&f.comment, "comment", "off", "keep a comment on the pull request: off, on-findings (GitHub; needs a token in GITHUB_TOKEN that may write it)")
	fl.BoolVar(&f.target, "allow-pull-request-target", false, "search in pull_request_target as well; nothing of the checkout may ever be executed there")
	fl.BoolVar(&f.inlineIgnores, "allow-inline-ignores", false, "comments count that a pull request brings itself")
	fl.BoolVar(&f.large, "allow-left-out", false, "what --max-blob leaves out does not make the run incomplete")
	fl.DurationVar(&f.budget, "deepen-budget", 2*time.Minute, "how long git may fetch what a shallow checkout lacks; 0: not at all")
	oneOf(c, "mode", ciModes...)
	oneOf(c, "comment", "off", "on-findings")
	return c
}

// ci is one run: what is found out is written for the server, also if the run ends
// before anything was searched. refused is what is wrong with the command itself.
func (a *app) ci(ctx context.Context, f *ciFlags, refused error) error {
	r := &ciRun{app: a, ciFlags: f, server: ci.Detect(os.Getenv)}
	r.begin()
	err := cmp.Or(refused, r.check())
	if err == nil {
		err = r.search(ctx)
	}
	r.end(ctx, cmp.Or(err, ctx.Err()))
	if errors.Is(err, syscall.EPIPE) {
		return err
	}
	return oneLine(err)
}

// ciRun is one run of whosekey ci.
type ciRun struct {
	*ciFlags
	app     *app
	server  *ci.Server // nil for none that is known
	job     *ci.Job
	found   *ci.Found
	resume  string         // lets the runner take commands again
	asked   map[string]int // for names that are not in the checkout, how often
	fetcher *ci.Fetcher
	ciReports
}

func (r *ciRun) github() bool { return r.server != nil && r.server.Name == "GitHub Actions" }

func (r *ciRun) check() error {
	switch {
	case !slices.Contains(ciModes, r.mode):
		return usage(fmt.Errorf("--mode %q", r.mode), "use one of "+strings.Join(ciModes, ", "))
	case (r.mode == "image") != (len(r.images) > 0):
		return usage(errors.New("--mode image and --image belong together"), "name an image: --mode image --image ghcr.io/acme/app:1.4")
	case r.comment != "off" && r.comment != "on-findings":
		return usage(fmt.Errorf("--comment %q", r.comment), "use off or on-findings")
	case r.budget < 0:
		return usage(fmt.Errorf("--deepen-budget %s", r.budget), "name a time such as 2m, or 0 to fetch nothing")
	case r.head != "" && r.base == "":
		return usage(errors.New("--head without --base"), "name what to compare with: --base origin/main")
	case r.base != "" && r.mode != "auto" && r.mode != "pr" && r.mode != "push":
		return usage(fmt.Errorf("--base and --mode %s exclude each other", r.mode), "")
	}
	return nil
}

// what finds out what the run is about.
func (r *ciRun) what() (*ci.Job, error) {
	// Of logs and images nothing can be executed, and no checkout is needed.
	opts := ci.Options{Target: r.target || r.mode == "logs" || r.mode == "image", Default: r.standard}
	j, err := ci.Read(os.Getenv, opts)
	if errors.Is(err, ci.ErrNoServer) && (r.mode == "full" || r.mode == "dir" || r.mode == "logs" || r.mode == "image") {
		j, err = ci.Unknown("--mode "+r.mode, opts)
	}
	switch {
	case errors.Is(err, ci.ErrNoServer) && r.base != "":
		j, err = &ci.Job{Event: "--base", Kind: ci.Added, Review: r.mode != "push"}, nil
	case errors.Is(err, ci.ErrNoServer):
		return nil, usage(err, "say what to search: --base origin/main, or --mode full")
	case err != nil:
		hint := ""
		if e := new(ci.Error); errors.As(err, &e) {
			hint = e.Hint
		}
		return nil, usage(err, hint)
	case r.mode == "pr" && !j.Review && r.base == "", r.mode == "push" && (j.Review || j.Kind == ci.Everything) && r.base == "":
		return nil, usage(fmt.Errorf("--mode %s, but the event is %q", r.mode, j.Event), "name what to compare with: --base origin/main")
	}
	if r.mode == "full" {
		j.Whole()
	}
	j.Server = r.server
	return j, nil
}

// full is what to do about a shallow checkout.
func (r *ciRun) full() string {
	if r.server == nil {
		return "git fetch --unshallow"
	}
	return "make it complete: " + r.server.Full
}

// open opens the checkout.
func (r *ciRun) open() (*gitrepo.Repo, error) {
	repo, err := gitrepo.Open(r.path, gitrepo.Options{AllowAlternates: true, MaxBlob: r.maxBlob, Workers: workers(r.workers), Archives: r.archives, LFSHere: r.lfs == lfsHere})
	if errors.Is(err, gitrepo.ErrNotRepository) {
		return nil, usage(err, "check it out first, or name its folder with --path; to search files: --mode dir")
	} else if err != nil {
		return nil, usage(err, "")
	}
	if r.job != nil && r.base != "" {
		if err := r.override(repo, r.job); err != nil {
			repo.Close()
			return nil, err
		}
	}
	return repo, nil
}

// search finds out what to search, and does.
func (r *ciRun) search(ctx context.Context) (err error) {
	if r.mode == "dir" || r.mode == "logs" || r.mode == "image" {
		return r.files(ctx)
	}
	if r.job, err = r.what(); err != nil {
		return err
	}
	if err := r.find(ctx); err != nil {
		return err
	}
	repo := r.found.Repo
	defer repo.Close()
	theirs, err := r.settings(ctx)
	if err != nil {
		return err
	}
	defer theirs.close()
	s, err := r.prepare()
	if err != nil {
		return theirs.plain(err)
	}
	r.guard(s)
	logs := r.runLogs()
	if logs != nil {
		defer logs.Close()
		r.job.Missing = nil
	}
	src, err := r.source()
	if err != nil {
		return &failure{err, "", exitIncomplete}
	}
	if logs != nil {
		are := ofRun
		if r.job.Release != "" {
			are = ofRelease
		}
		src = &withLogs{src, logs, are}
	}
	tuneMemory(repo.Objects())
	s.behind = func() behind { return behind{repo: repo.Tree()} }
	s.scanned = append(repositoryFolders(repo, r.path), theirs.dir)
	s.whole = r.job.Kind == ci.Everything
	run := report.Run{Mode: "git", Target: r.path, RepositoryURI: repo.Remote(), Root: repo.WorkTree}
	run.Revision, run.Branch = repo.Head()
	fmt.Fprintf(r.app.stderr, "whosekey: %s: %s\n", r.who(), safe(r.job.What))
	return theirs.plain(r.run(ctx, s, src, run, s.whole))
}

// find opens the checkout, with all that the job is about.
func (r *ciRun) find(ctx context.Context) (err error) {
	r.fetcher = &ci.Fetcher{Budget: r.budget, Login: ci.LoginOf(os.Getenv), Log: func(line string) {
		fmt.Fprintln(r.app.stderr, "whosekey: the checkout may lack something:", safe(line))
	}}
	if r.fetcher.Dir, err = filepath.Abs(r.path); err != nil {
		return usage(err, "")
	}
	r.found, err = r.job.Find(ctx, r.open, r.fetcher)
	if m := new(ci.Missing); errors.As(err, &m) {
		return &failure{err, r.full(), exitIncomplete}
	}
	if err != nil {
		if !errors.As(err, new(*failure)) {
			err = &failure{err, "", exitIncomplete}
		}
		return err
	}
	return nil
}

// who is the server and its event, for people.
func (r *ciRun) who() string {
	if r.server == nil {
		return r.job.Event
	}
	return fmt.Sprintf("%s, %q", r.server.Name, printable(r.job.Event))
}

// proposed reports whether what is searched must not decide on what is ignored.
func (r *ciRun) proposed() bool {
	if r.found != nil {
		return r.found.Proposed
	}
	return r.job.Proposed()
}

// guard keeps a pull request from silencing what it brings.
func (r *ciRun) guard(s *scan) {
	if r.proposed() && !r.inlineIgnores && s.config.Policy.Inline == "" {
		s.ignores.Refused = `it came with what is searched (to let it: "inline" under [policy] in the base's settings, or --allow-inline-ignores)`
	}
}

// source is what is searched.
func (r *ciRun) source() (scanners.Source, error) {
	var src scanners.Source
	var err error
	switch j := r.job; j.Kind {
	case ci.Everything:
		src = gitrepo.NewHistory(r.found.Repo)
	default:
		var added *gitrepo.Changes
		if added, err = gitrepo.NewAdded(r.found.Repo, r.found.Tips, r.found.Known); err != nil {
			return nil, err
		}
		added.SearchNames(j.Names)
		src = added
	}
	return &remarked{src, r.job, r.found}, err
}

// remarked adds to what a report says of a scan what only the CI server knew.
type remarked struct {
	scanners.Source
	job   *ci.Job
	found *ci.Found
}
