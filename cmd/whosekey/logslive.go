package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/scanners/cilog"
)

// liveFlags say which service is asked for which logs.
type liveFlags struct {
	projects  map[string]*string // by service
	since     string
	tokenFile string
	cilog.Live
}

// ciServices are the services with what names a project, and the environment
// variables that can hold a token and the name that goes with it.
var ciServices = []struct {
	name, project string
	tokens        []string
	user          string
}{
	{"github", "`OWNER/REPOSITORY` of GitHub Actions", []string{"GITHUB_TOKEN", "GH_TOKEN"}, ""},
	{"gitlab", "`PROJECT` of GitLab, as GROUP/NAME or a number", []string{"GITLAB_TOKEN"}, ""},
	{"jenkins", "`URL` of a job or folder of Jenkins", []string{"JENKINS_TOKEN"}, "JENKINS_USER"},
	{"circleci", "`SLUG` of a project of CircleCI, such as gh/acme/api", []string{"CIRCLECI_TOKEN", "CIRCLE_TOKEN"}, ""},
	{"buildkite", "`ORGANIZATION/PIPELINE` of Buildkite", []string{"BUILDKITE_TOKEN", "BUILDKITE_API_TOKEN"}, ""},
	{"azure", "`ORGANIZATION/PROJECT` of Azure Pipelines", []string{"AZURE_DEVOPS_TOKEN", "AZURE_DEVOPS_EXT_PAT"}, ""},
	{"bitbucket", "`WORKSPACE/REPOSITORY` of Bitbucket", []string{"BITBUCKET_TOKEN"}, "BITBUCKET_USER"},
}

func (f *liveFlags) add(c *cobra.Command) {
	fl := c.Flags()
	f.projects = map[string]*string{}
	for _, s := range ciServices {
		f.projects[s.name] = fl.String(s.name, "", "ask for the logs of "+s.project+" (token: "+strings.Join(s.tokens, ", ")+")")
	}
	fl.StringVar(&f.Base, "api", "", "`URL` of the service, if it is one of your own")
	fl.StringVar(&f.since, "since", "", "only runs that began at or after this `time`: 2026-01-31, an RFC 3339 time, or how long ago: 36h, 7d")
	fl.StringVar(&f.Workflow, "workflow", "", "only this `workflow`: its file (GitHub), its name, or a job's (GitLab, Jenkins, Buildkite)")
	fl.StringVar(&f.Branch, "branch", "", "only runs of this `branch`")
	fl.StringVar(&f.Run, "run", "", "only the run with this `id`")
	fl.BoolVar(&f.Artifacts, "artifacts", false, "search what the jobs kept, too")
	fl.StringVar(&f.State, "state", "", "`folder` that remembers what was read: the next run, also after a kill, reads only what is new, and repeats what was found before")
	fl.DurationVar(&f.Stall, "stall", time.Minute, "how long a service may send nothing, or less than 1 KiB; three logs in a row that stall end the scan")
	fl.Int64Var(&f.Most, "max-download", 16<<30, "give up a log or an artifact with more than this many `bytes`: some have no end")
	fl.StringVar(&f.tokenFile, "token-file", "", "`file` with the token, instead of the environment")
}

// live is what the flags ask for, nil for nothing.
func (f *liveFlags) live(c *cobra.Command) (*cilog.Live, error) {
	l := f.Live
	for _, s := range ciServices {
		if !c.Flags().Changed(s.name) {
			continue
		}
		if l.Service != "" {
			return nil, usage(fmt.Errorf("--%s and --%s: one service at a time", l.Service, s.name), "")
		}
		l.Service, l.Project = s.name, *f.projects[s.name]
		if l.Project == "" {
			return nil, usage(fmt.Errorf("--%s is empty", s.name), "is a variable not set?")
		}
		for _, name := range s.tokens {
			l.Token = cmp.Or(l.Token, os.Getenv(name))
		}
		if s.user != "" {
			l.User = os.Getenv(s.user)
		}
	}
	if l.Service == "" {
		for _, name := range []string{"api", "since", "workflow", "branch", "run", "artifacts", "state", "token-file", "stall", "max-download"} {
			if c.Flags().Changed(name) {
				return nil, usage(fmt.Errorf("--%s is for logs that a service is asked for", name), "name the service, such as --github OWNER/REPOSITORY")
			}
		}
		return nil, nil
	}
	if l.Service == "github" && f.tokenFile == "" {
		var err error
		if l.App, err = gitHubApp(); err != nil {
			return nil, err
		}
	}
	if f.tokenFile != "" {
		b, err := policy.ReadFile(f.tokenFile)
		if err != nil {
			return nil, usage(fmt.Errorf("read --token-file: %w", err), "")
		}
		l.Token = strings.TrimSpace(string(b))
	}
	if l.Stall <= 0 || l.Most <= 0 {
		return nil, usage(errors.New("--stall and --max-download must be more than 0"), "")
	}
	var err error
	l.Since, err = sinceTime(f.since, time.Now())
	return &l, err
}

// sinceTime reads a date, a time, or a duration with days.
func sinceTime(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	d, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		d, err = time.ParseDuration(days + "h")
		d *= 24
	}
	if err != nil || d < 0 {
		return time.Time{}, usage(fmt.Errorf("--since %q", s), "write it as 2026-01-31, as 2026-01-31T12:00:00Z, or as 36h or 7d")
	}
	return now.Add(-d), nil
}

// logSource makes the source, and says what it is called.
func (a *app) logSource(f *logsFlags, l *cilog.Live, args []string, opts cilog.Options) (*cilog.Source, string, error) {
	if l != nil {
		if len(args) > 0 {
			return nil, "", usage(fmt.Errorf("--%s with files: search saved logs by themselves", l.Service), "")
		}
		src, err := cilog.NewLive(opts, *l)
		if err != nil {
			err = usage(err, "")
		}
		return src, l.Service + ":" + l.Project, err
	}
	if len(args) == 0 {
		return nil, "", usage(errors.New("no log to scan"), "name files or folders, - for standard input, or a service such as --github OWNER/REPOSITORY")
	}
	opts.Paths = slices.DeleteFunc(slices.Clone(args), func(p string) bool { return p == "-" })
	if len(opts.Paths) < len(args) {
		opts.Stdin = a.stdin
	}
	src, err := cilog.New(opts)
	if err != nil {
		err = usage(err, "")
	}
	return src, strings.Join(args, " "), err
}
