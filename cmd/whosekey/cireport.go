package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/ci"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
)

// ciReports are what a run leaves for its server.
type ciReports struct {
	plainOut                          io.Writer // standard output, as it is
	remarks, summaryText, commentText bytes.Buffer
	tally                             ciTally
	missing                           map[string]bool // reports that could not be written
}

// ciTally is a Handler that counts.
type ciTally struct {
	done   bool
	active int
	sum    report.Summary
}

func (t *ciTally) Start(report.Run) error { return nil }

func (t *ciTally) Finding(f *leak.Finding) error {
	if s := f.Verdict.Status; s == leak.Live || s == leak.Restricted {
		t.active++
	}
	return nil
}

func (t *ciTally) Finish(s report.Summary) error {
	t.done, t.sum = true, s
	return nil
}

// begin keeps the runner from taking anything that is printed for a command: names
// of files and branches are in it.
func (r *ciRun) begin() {
	r.plainOut = r.app.stdout
	if r.github() {
		stop, resume := ci.Mute()
		fmt.Fprint(r.app.stdout, stop)
		r.resume = resume
	}
	r.app.stdout, r.app.stderr = &unhashed{w: r.app.stdout}, &unhashed{w: r.app.stderr}
	r.plan()
}

func (r *ciRun) unmute() { fmt.Fprint(r.plainOut, r.resume) }

// unhashed keeps two # from standing side by side: Azure's agent takes "##vso[" for
// a command wherever it stands, GitHub's runner "##[".
type unhashed struct {
	w    io.Writer
	last byte
}

func (u *unhashed) Write(b []byte) (int, error) {
	out := make([]byte, 0, len(b))
	for _, c := range b {
		if c == '#' && u.last == '#' {
			out = append(out, ' ')
		}
		out, u.last = append(out, c), c
	}
	_, err := u.w.Write(out)
	return len(b), err
}

// oneLine is an error that no runner takes for a command.
func oneLine(err error) error {
	if err == nil {
		return nil
	}
	clean := strings.NewReplacer("\r", " ", "\n", " ", "##", "# #")
	f := &failure{err: err, code: exitUsage}
	if was := new(failure); errors.As(err, &was) {
		f.hint, f.code = was.hint, was.code
	}
	f.err, f.hint = errors.New(clean.Replace(err.Error())), clean.Replace(f.hint)
	return f
}

// run searches, and lets the reports be written.
func (r *ciRun) run(ctx context.Context, s *scan, src scanners.Source, run report.Run, mustSearch bool) error {
	r.out.more = func(opts report.Options) ([]report.Handler, error) {
		all := []report.Handler{&r.tally}
		opts.Prefix = r.prefix(run)
		add := func(format string, on bool, w *bytes.Buffer, most int) error {
			if !on {
				return nil
			}
			opts.MaxBytes = most
			h, err := report.New(format, w, opts)
			all = append(all, h)
			return err
		}
		err := cmp.Or(
			add("github", r.annotations && r.github(), &r.remarks, 0),
			add("azure", r.annotations && r.is("Azure Pipelines"), &r.remarks, 0),
			add("markdown", r.summary && r.github(), &r.summaryText, 0),
		)
		opts.Unnamed = opts.People == ""
		return all, cmp.Or(err, add("markdown", r.comment != "off", &r.commentText, ci.MaxComment))
	}
	s.wholly = !r.large
	return r.app.scan(ctx, s, src, run, mustSearch)
}

func (r *ciRun) is(name string) bool { return r.server != nil && r.server.Name == name }

// usual are the reports that a server takes from files with these names.
func (r *ciRun) usual() []string {
	switch {
	case r.is("GitLab"):
		return []string{"gitlab=gl-secret-detection-report.json", "gitlab-codequality=gl-code-quality-report.json"}
	case r.is("Bitbucket Pipelines"):
		return []string{"bitbucket=whosekey-bitbucket.json"}
	}
	return nil
}

// prefix is the path of the checkout in the workspace. GitHub takes paths of remarks
// to be in the repository of the run, wherever it was checked out; those of another
// repository must not be shown beside its files.
func (r *ciRun) prefix(run report.Run) string {
	space := os.Getenv("GITHUB_WORKSPACE")
	if r.is("Azure Pipelines") {
		space = os.Getenv("BUILD_SOURCESDIRECTORY")
	}
	address := os.Getenv("GITHUB_SERVER_URL") + "/" + os.Getenv("GITHUB_REPOSITORY")
	if space == "" || run.Root == "" || r.github() && strings.EqualFold(strings.TrimSuffix(run.RepositoryURI, ".git"), address) {
		return ""
	}
	space, err := filepath.EvalSymlinks(space)
	if err != nil {
		return ""
	}
	root, err := filepath.EvalSymlinks(run.Root)
	if err != nil || !within(space, root) || space == root {
		return ""
	}
	rel, err := filepath.Rel(space, root)
	if err != nil {
		return ""
	}
	return printable(filepath.ToSlash(rel)) + "/"
}

// end writes what the server wants. failed is why nothing was searched, if so.
func (r *ciRun) end(ctx context.Context, failed error) {
	if failed != nil && !r.app.reported {
		r.fail(failed)
	}
	r.lost()
	r.unmute()
	r.plainOut.Write(r.remarks.Bytes())
	coverage, err := r.writeCoverage(failed)
	if err != nil {
		r.warn("write the coverage", err)
	}
	if name := os.Getenv("GITHUB_STEP_SUMMARY"); r.github() && r.summary && name != "" {
		if failed != nil {
			r.summaryText.Reset()
			fmt.Fprintf(&r.summaryText, "### whosekey: not searched\n\n````\n%s\n````\n", fenced(failed.Error()))
			if hint := hintOf(failed); hint != "" {
				fmt.Fprintf(&r.summaryText, "\n**What to do:**\n\n````\n%s\n````\n", fenced(hint))
			}
		}
		if err := ci.Append(name, r.summaryText.String()); err != nil {
			r.warn("write the summary", err)
		}
	}
	if name := os.Getenv("GITHUB_OUTPUT"); r.github() && name != "" {
		if err := ci.Append(name, ci.Outputs(r.outputs(failed, coverage))); err != nil {
			r.warn("write the outputs", err)
			r.app.code = cmp.Or(r.app.code, exitIncomplete)
		}
	}
	if failed == nil && r.comment != "off" {
		r.talk(ctx)
	}
}

func (r *ciRun) warn(what string, err error) {
	fmt.Fprintf(r.app.stderr, "whosekey: warning: %s: %s\n", what, safe(err.Error()))
}

// outputs are those of action.yml.
func (r *ciRun) outputs(failed error, coverage string) []ci.Pair {
	t := &r.tally
	count, active, sarif := strconv.Itoa(t.sum.Findings+int(t.sum.Truncated)), strconv.Itoa(t.active), ""
	if failed != nil || !t.done || t.sum.Incomplete && t.sum.Counts["bytes"] == 0 { // nothing was searched that should have been
		count, active = "", ""
	}
	if st, err := os.Lstat(r.sarifFile); err == nil && st.Mode().IsRegular() && !r.missing[r.sarifFile] {
		sarif = r.sarifFile
	}
	incomplete := failed != nil || !t.done || t.sum.Incomplete
	return []ci.Pair{{Name: "findings", Value: count}, {Name: "active", Value: active}, {Name: "sarif", Value: sarif},
		{Name: "coverage", Value: coverage}, {Name: "incomplete", Value: strconv.FormatBool(incomplete)}}
}

// ciCoverage is the file with what was searched and what was not.
type ciCoverage struct {
	Server     string           `json:"server,omitempty"`
	Event      string           `json:"event,omitempty"`
	What       string           `json:"what,omitempty"`
	Searched   map[string]int64 `json:"searched"`
	Findings   int              `json:"findings"`
	Failing    int              `json:"failing"`
	Suppressed int              `json:"suppressed"`
	Skipped    []ciGap          `json:"skipped"`
	LeftOut    []ciGap          `json:"left_out"`
	Notes      []string         `json:"notes"`
	Incomplete bool             `json:"incomplete"`
	Error      string           `json:"error,omitempty"`
}

type ciGap struct {
	Reason string   `json:"reason"`
	Fix    string   `json:"fix,omitempty"`
	Count  int64    `json:"count"`
	First  []string `json:"first"`
}

func ciGaps(list []report.Gap) []ciGap {
	out := []ciGap{}
	for _, g := range list {
		out = append(out, ciGap{g.Reason, g.Fix, g.Count, append([]string{}, g.First...)})
	}
	return out
}

// writeCoverage returns the file's name; empty if there is none.
func (r *ciRun) writeCoverage(failed error) (string, error) {
	name := r.coverage
	if temp := os.Getenv("RUNNER_TEMP"); name == "" && r.github() && temp != "" {
		name = filepath.Join(temp, "whosekey-coverage.json")
	}
	if name == "" {
		return "", nil
	}
	s := &r.tally.sum
	c := ciCoverage{
		Searched: s.Counts, Findings: s.Findings, Failing: s.Failing, Suppressed: s.Suppressed,
		Skipped: ciGaps(s.Skipped), LeftOut: ciGaps(s.LeftOut), Notes: append([]string{}, s.Notes...), Incomplete: s.Incomplete || failed != nil || !r.tally.done,
	}
	if r.server != nil {
		c.Server = r.server.Name
	}
	if r.job != nil {
		c.Event, c.What = safe(r.job.Event), safe(r.job.What)
	}
	if c.Searched == nil {
		c.Searched = map[string]int64{}
	}
	if failed != nil {
		c.Error = safe(failed.Error())
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return "", err
	}
	return name, writeWhole(name, append(b, '\n'))
}

// talk keeps the comment on the pull request up to date. What goes wrong there
// changes nothing of the result.
func (r *ciRun) talk(ctx context.Context) {
	token := gitHubToken()
	switch {
	case !r.github() || r.job.Number == 0:
		return // there is nothing to comment on
	case r.job.Fork && r.job.Event != "pull_request_target":
		fmt.Fprintln(r.app.stderr, "whosekey: no comment: the pull request is of a fork, whose runs may not write one")
		return
	case token == "":
		r.warn("write the comment", fmt.Errorf("there is no token in GITHUB_TOKEN"))
		return
	}
	t := &r.tally.sum
	c := &ci.Conversation{API: os.Getenv("GITHUB_API_URL"), Token: token, Repository: r.job.Repository, Number: r.job.Number}
	if err := c.Put(ctx, r.commentText.String(), t.Findings > 0 || t.Incomplete); err != nil {
		r.warn("comment", err)
	}
}

// Scan implements scanners.Source.
func (m *remarked) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	cov, err := m.Source.Scan(ctx, reach, emit)
	if cov == nil {
		return cov, err
	}
	for _, n := range m.found.Notes {
		cov.Note(printable(n))
	}
	for _, g := range m.found.Gaps {
		cov.Skip(g.Reason, g.Fix, printable(g.Name))
	}
	if m.job.Kind == ci.Nothing {
		cov.Note("nothing was searched: " + printable(m.job.What))
	}
	are := ofRun
	if m.job.Event == "release" {
		are = ofRelease
	}
	for _, name := range m.job.Missing {
		cov.Skip(are.left+" is not searched", fmt.Sprintf("give whosekey a token that may read it (permissions: %s: read), or download it into a folder, and search that with --mode %s --path FOLDER", are.right, are.mode), name)
	}
	return cov, err
}
