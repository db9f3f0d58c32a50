package cilog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/whosekey/whosekey/internal/githubapp"
	"github.com/whosekey/whosekey/leak"
)

// Live says which logs to ask a service for.
type Live struct {
	Service string         // github, gitlab, jenkins, circleci, buildkite, azure, bitbucket
	Project string         // as the service names it
	Base    string         // address of the API; empty for the service's own
	Token   string         // with which it is asked
	User    string         // of the token, where a service asks for one
	App     *githubapp.App // of GitHub, in place of a token; nil for none

	Since     time.Time // runs that began before are left out; zero: none
	Workflow  string    // only this workflow, pipeline or job
	Branch    string
	Run       string        // only this one
	Artifacts bool          // search what the jobs kept, too
	Stall     time.Duration // how long the service may send nothing; 0: a minute
	Most      int64         // bytes of a log or an artifact; 0: 16 GiB
	Release   string        // of GitHub, its number: only what was uploaded to it, and no logs
	State     string        // folder that remembers what was read; empty for none
	// How names all that decides what is found in a log: one that was read another way
	// is read again. It has no tab.
	How string
	// Again reads all logs, also those that were read.
	Again bool
	// Seen is asked for a log in which something was found, and which the service still
	// has: whether that is known. If not, the log is read again. nil: it is.
	Seen func(key string) (bool, error)
}

// service lists the logs of a project, the newest run first.
type service interface {
	logs(ctx context.Context, visit func(remote) error) error
}

// remote is a log that can be had from a service.
type remote struct {
	key     string // the same in every run of whosekey
	about   leak.Log
	address string
	give    giver  // in place of address
	name    string // what Path says after the service and the project
	archive bool   // an artifact
	when    time.Time
	// absent lists what the file of the log should have and does not; nil for nothing.
	absent func(ctx context.Context, file string) ([]remote, error)
}

// errStop ends a list, as what follows is older than is wanted.
var errStop = errors.New("older than is wanted")

// live lists logs that are asked for.
type live struct {
	Live
	client  *client
	service service
	journal *journal
	cov     func() coverage
}

// coverage is what a service tells the scan.
type coverage interface {
	Skip(reason, fix, name string)
	LeaveOut(reason, fix, name string)
}

// NewLive returns a Source of the logs of a service. It asks when it is scanned.
func NewLive(o Options, l Live) (*Source, error) {
	known, ok := services[l.Service]
	if !ok {
		return nil, fmt.Errorf("no service %q", l.Service)
	}
	s := &Source{opts: o}
	if s.opts.Workers <= 0 {
		s.opts.Workers = 2
	}
	lv := &live{Live: l}
	lv.cov = func() coverage { return s.cov }
	var err error
	base := cmp.Or(strings.TrimSuffix(l.Base, "/"), known.base)
	if l.Service == "jenkins" {
		base = l.Project
	}
	if lv.client, err = newClient(base, known.rights); err != nil {
		return nil, err
	}
	lv.client.patience(cmp.Or(l.Stall, stallIn))
	if base == known.base {
		lv.client.kin = known.kin
	}
	if lv.service, err = known.make(lv); err != nil {
		return nil, err
	}
	if lv.journal, err = openJournal(l.State, l.How); err != nil {
		return nil, err
	}
	if l.Again {
		lv.journal.forget()
	}
	s.live = lv
	return s, nil
}

// services are those that can be asked. kin are hosts of the service that want the
// token for artifacts:
//   - https://circleci.com/docs/guides/optimize/artifacts/#downloading-all-artifacts-for-a-build-on-circleci
//   - https://learn.microsoft.com/en-us/rest/api/azure/devops/build/artifacts/list
var services = map[string]struct {
	base, kin, rights string
	make              func(*live) (service, error)
}{
	"github":    {"https://api.github.com", "", "the permission actions:read (a classic token: the scope repo)", newGitHub},
	"gitlab":    {"https://gitlab.com", "", "the scope read_api, and the role Reporter or higher", newGitLab},
	"jenkins":   {"", "", "the permissions Overall/Read and Job/Read", newJenkins},
	"circleci":  {"https://circleci.com", ".circle-artifacts.com", "to be a personal API token of somebody who sees the project", newCircleCI},
	"buildkite": {"https://api.buildkite.com", "", "the scopes read_builds and read_build_logs (for artifacts read_artifacts)", newBuildkite},
	"azure":     {"https://dev.azure.com", ".artifacts.visualstudio.com", "the scope Build (Read), vso.build", newAzure},
	"bitbucket": {"https://api.bitbucket.org", "", "the scope read:pipeline:bitbucket (an app password: pipelines: read; for downloads repositories: read)", newBitbucket},
}

// list fetches one log after the other.
func (l *live) list(ctx context.Context, s *Source, visit func(*blob) error) error {
	seen := map[string]bool{}
	met := false
	err := l.service.logs(ctx, func(r remote) error {
		met = true
		if !l.Since.IsZero() && !r.when.IsZero() && r.when.Before(l.Since) {
			return errStop
		}
		if seen[r.key] { // a page shifts when a run is added
			return nil
		}
		seen[r.key] = true
		l.client.idle.Store(0)
		return l.fetch(ctx, s, r, visit)
	})
	switch {
	case err == nil || errors.Is(err, errStop):
		if what := l.named(); what != "" && !met && len(s.cov.LeftOut()) == 0 {
			s.cov.Skip("log that was asked for, and that the service does not list", "look at the run, the workflow and the branch that you named", what)
		}
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errGivenUp):
		s.cov.Skip("service that was given up: what follows was not read", l.later(), err.Error())
		return nil
	case errors.As(err, new(*brokenError)):
		s.cov.Skip(l.listed()+" that broke off, again and again: what follows was not read", l.later(), err.Error())
		return nil
	case errors.As(err, new(*answerError)) || errors.As(err, new(*callError)):
		fix := "look at the token and the name of the project"
		if unreached(err) != nil {
			fix = "look at the address of the service (--api) and at this machine's way there"
		}
		s.cov.Skip(l.listed()+" that the service did not give", fix, err.Error())
		return nil
	}
	return err
}

// named is what the user chose by its name, so that to find no log of it is most likely a
// mistake; empty for nothing. With Since a branch may well have nothing new; a run that is
// named is looked for.
func (l *live) named() string {
	var all []string
	if l.Run != "" {
		all = append(all, "run "+l.Run)
	}
	if l.Since.IsZero() || l.Run != "" {
		if l.Workflow != "" {
			all = append(all, "workflow "+l.Workflow)
		}
		if l.Branch != "" {
			all = append(all, "branch "+l.Branch)
		}
	}
	return strings.Join(all, ", ")
}

// listed is what the service is asked to list, and single what one of that is.
func (l *live) listed() string {
	if l.Release != "" {
		return "list of the release's assets"
	}
	return "list of runs"
}

func (l *live) single() string {
	if l.Release != "" {
		return "asset of the release"
	}
	return "log"
}

// later says how what is missing can be had.
func (l *live) later() string {
	if l.Release != "" {
		return "run it again"
	}
	return "run it again with --state: only what is missing is asked for"
}

// past says what of a run the service does not have, so that older runs are still read:
// it returns nil for that, and other errors as they are.
func (l *live) past(err error, reason, name string) error {
	if !gone(err) {
		return err
	}
	l.cov().LeaveOut(reason, "", name)
	return nil
}

const deleted = "log that the service has deleted"

// callError is one in a call, not of who is called back.
type callError struct{ error }

func (e *callError) Unwrap() error { return e.error }

// parts counts the logs of one file.
type parts struct {
	mu     sync.Mutex
	left   int
	hits   int64
	failed bool
	done   func(hits int64, failed bool)
}

func (p *parts) add() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left++
}

func (p *parts) end(hits int64, failed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left--
	p.hits += hits
	p.failed = p.failed || failed
	if p.left == 0 {
		p.done(p.hits, p.failed)
	}
}

// Reported says that the findings of the scan are with the user, so that the
// logs that have them count as read.
func (s *Source) Reported() error {
	if s.live == nil {
		return nil
	}
	return s.live.journal.reported()
}

// bearer puts the token where most services want it.
func (l *live) bearer() {
	if l.Token != "" {
		l.client.header.Set("Authorization", "Bearer "+l.Token)
	}
}

// basic logs in with a name.
func (l *live) basic(user string) {
	if l.Token != "" {
		req := &http.Request{Header: http.Header{}}
		req.SetBasicAuth(user, l.Token)
		l.client.header = req.Header
	}
}

// two splits OWNER/REPOSITORY.
func two(project, what string) (a, b string, err error) {
	a, b, ok := strings.Cut(project, "/")
	if !ok || a == "" || b == "" || strings.Contains(b, "/") {
		return "", "", fmt.Errorf("%q: write it as %s", project, what)
	}
	return a, b, nil
}
