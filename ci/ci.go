// Package ci knows CI servers: what the environment and the event of a run say
// is to be searched, how a shallow checkout gets what is missing of that, and
// what the server wants back. It searches nothing itself.
//
// Everything that a server says of a pull request was written by somebody who may
// want to be passed over: names are checked before they are used, and what cannot
// be understood is an error, never "there is nothing to search".
package ci

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kind says what is to be searched.
type Kind int

// The kinds.
const (
	Nothing    Kind = iota // a branch was deleted
	Added                  // what Tips bring and Known does not lead to
	Everything             // the whole repository
)

// Job is what a run of a CI server is about.
type Job struct {
	Server *Server
	Event  string // as the server calls it: "pull_request"
	Kind   Kind
	What   string // in words: "pull request 7 into main"

	// Tips are what is searched; all must be there.
	Tips []Rev
	// Merge is the id of the commit in which the server merged MergeOf into the base,
	// if that is what it checked out. It is searched too, and its first parent is
	// known; it counts only if MergeOf is its second parent.
	Merge, MergeOf string
	// Known was there before. Those that are there count; Else counts if none is.
	Known, Else []Rev
	MustKnow    bool // without one of Known there is nothing to compare with

	// Names are the names of branches and tags that are searched too.
	Names []string

	// Review says that what is searched is a proposal, and must not decide on what
	// is ignored: settings are read from Known.
	Review bool
	// Judge is the default branch, if what is searched is on another one: a branch may
	// be the one of a pull request of which the server does not tell. Settings are read
	// from the first of these that is there.
	Judge []Rev
	// Unsaid is the branch that is searched, or HEAD, if nobody says which one is the
	// default branch: it may be that one, which Judge then is too.
	Unsaid string
	// Pull: it is a proposal that a server would not have without a commit in it, or
	// somebody said what to compare: zero commits are not clean.
	Pull bool
	// Of is the commit that the run is of, as far as the server tells. If another one is
	// checked out, which a pull request may have brought, Default decides.
	Of      string
	Default []Rev // the default branch
	Fork    bool  // it comes from another repository
	// Number and Repository are those of a pull request that can be commented on.
	Number     int
	Repository string

	Missing []string // what belongs to the event, should be searched, and cannot
	Run     string   // the run of another workflow that is over: its logs are Missing unless they are fetched
	Release string   // GitHub's number of a release: its assets are Missing unless they are fetched
	Notes   []string
}

// Rev is a commit or tag, by its id or by the name of a ref.
type Rev struct {
	Name string // in reports
	ID   string // full, or of 7 digits or more; empty for that of Ref
	Ref  string // in the checkout; empty for none
	// Fetch is how the server calls it, if it can be fetched by name. If there is a
	// Ref it is kept there.
	Fetch string
	// Text: it is a tag, of which the text is wanted too. Peeled: a Ref on a commit may
	// be all that the server's own checkout left of it.
	Text, Peeled bool
	// Perhaps: it is a tag that may have a text, of which the event tells the commit that
	// it is put on. If it cannot be asked for that is a note, and no gap: tags that have
	// one are told by their own id.
	Perhaps bool
	// Guess: it is not said what the default branch is. One that leads to the tips may
	// be the branch that is searched, and does not count.
	Guess bool
}

// branch is a branch of the server's, as a checkout has it.
func branch(name string) Rev {
	return Rev{Name: name, Ref: "refs/remotes/origin/" + name, Fetch: "refs/heads/" + name}
}

// Named are the branch and the tag of the server's that a user may mean with a name that
// is not in the checkout, also with ^ or ~ behind it; none if it can be no ref.
func Named(name string) []Rev {
	if i := strings.IndexAny(name, "^~"); i >= 0 {
		name = name[:i]
	}
	as := func(ref string) Rev { return Rev{Name: name, Ref: ref, Fetch: ref} }
	list := []Rev{branch(name), as("refs/tags/" + name)}
	for _, prefix := range []string{"refs/heads/", "refs/remotes/origin/", "origin/"} {
		if b, ok := strings.CutPrefix(name, prefix); ok {
			list = []Rev{branch(b)}
			break
		}
	}
	if strings.HasPrefix(name, "refs/tags/") || strings.HasPrefix(name, "refs/pull/") {
		list = []Rev{as(name)}
	}
	return slices.DeleteFunc(list, func(r Rev) bool { return !isRef(r.Fetch) })
}

// Options are what the user allows.
type Options struct {
	// Target lets runs of pull_request_target be searched.
	Target bool
	// Default is the default branch, for servers that do not tell it.
	Default string
}

// Env is a variable of the environment.
type Env func(name string) string

// Error is one that the user can mend.
type Error struct{ Text, Hint string }

func (e *Error) Error() string { return e.Text }

// ErrNoServer is returned by Read where no CI server is known.
var ErrNoServer = errors.New("this is no run of a CI server that whosekey knows")

// Server is a kind of CI server.
type Server struct {
	Name string // as its users write it
	// Full is what to write where so that checkouts are complete.
	Full string
	is   func(Env) bool
	read func(Env, Options) (*Job, error)
}

// Servers are those that are known. The first that the environment looks like is
// the one.
func Servers() []*Server {
	return []*Server{
		{"GitHub Actions", "fetch-depth: 0 with actions/checkout", truth("GITHUB_ACTIONS"), readGitHub},
		{"GitLab", `GIT_DEPTH: "0" among the job's variables`, truth("GITLAB_CI"), readGitLab},
		{"Azure Pipelines", "fetchDepth: 0 in the checkout step", truth("TF_BUILD"), readAzure},
		{"Bitbucket Pipelines", "clone: depth: full", given("BITBUCKET_BUILD_NUMBER"), readBitbucket},
		{"CircleCI", "a checkout without depth", truth("CIRCLECI"), readCircle},
		{"Buildkite", "clone and fetch flags without --depth", truth("BUILDKITE"), readBuildkite},
		{"Jenkins", `a clone that is not shallow (extension "Advanced clone behaviours")`, given("JENKINS_URL"), readJenkins},
	}
}

func truth(name string) func(Env) bool {
	return func(env Env) bool { return strings.EqualFold(env(name), "true") }
}

func given(name string) func(Env) bool { return func(env Env) bool { return env(name) != "" } }

// Detect returns the server whose run this is, nil if it is none of them.
func Detect(env Env) *Server {
	for _, s := range Servers() {
		if s.is(env) {
			return s
		}
	}
	return nil
}

// Read finds out what a run is about.
func Read(env Env, opts Options) (*Job, error) {
	s := Detect(env)
	if s == nil {
		return nil, ErrNoServer
	}
	j, err := s.read(env, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	j.Server = s
	return j, j.check()
}

// Unknown is a job about the whole repository, of no server that is known.
func Unknown(event string, opts Options) (*Job, error) {
	j := &Job{Event: event, Kind: Everything, What: "the whole repository"}
	j.judgedBy("HEAD", opts.Default)
	return j, j.check()
}

// check refuses names that are none before anything is done with them.
func (j *Job) check() error {
	by := ""
	if j.Server != nil {
		by = j.Server.Name + ": "
	}
	if j.Kind == Added && len(j.Tips) == 0 {
		return fmt.Errorf("%sevent %q names nothing to search", by, j.Event)
	}
	for _, list := range [][]Rev{j.Tips, j.Known, j.Else, j.Judge, j.Default} {
		for _, r := range list {
			if r.ID == "" && r.Ref == "" {
				return fmt.Errorf("%sevent %q names no commit where one must be", by, j.Event)
			}
			if r.ID != "" && !isID(r.ID) {
				return fmt.Errorf("%sevent %q: %q is no commit's id", by, j.Event, short(r.ID))
			}
			for _, name := range []string{r.Ref, r.Fetch} {
				if name != "" && name != "HEAD" && !isRef(strings.TrimSuffix(name, "/*")) {
					return fmt.Errorf("%sevent %q: %q is no name of a branch or tag", by, j.Event, short(name))
				}
			}
		}
	}
	for _, id := range []string{j.Merge, j.MergeOf, j.Of} {
		if id != "" && !isID(id) {
			return fmt.Errorf("%sevent %q: %q is no commit's id", by, j.Event, short(id))
		}
	}
	return nil
}

// Proposed reports whether what is searched must not decide on what is ignored.
func (j *Job) Proposed() bool { return j.Review || j.Judge != nil }

// Whole makes it a job about the whole repository. What decides stays as the event
// says.
func (j *Job) Whole() {
	j.KeepBase()
	*j = Job{Server: j.Server, Event: j.Event, Kind: Everything, What: "the whole repository", Review: j.Review, Judge: j.Judge, Unsaid: j.Unsaid, Of: j.Of, Default: j.Default,
		Fork: j.Fork, Number: j.Number, Repository: j.Repository, Notes: j.Notes}
}

// Outside makes it a job about what is not in git. Only what decides is looked for.
func (j *Job) Outside() {
	j.Whole()
	j.Kind, j.What, j.Number = Nothing, "", 0
}

// KeepBase has the settings of what the event says count, whatever is compared.
func (j *Job) KeepBase() {
	if j.Review && j.Judge == nil {
		j.Judge = j.Known
	}
}

// short cuts what a message shows of a hostile text.
func short(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "..."
	}
	return s
}

// isID reports whether s is an object's id, or the beginning of one.
func isID(s string) bool {
	return len(s) >= 7 && len(s) <= 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// isFull reports whether s is an object's whole id.
func isFull(s string) bool { return (len(s) == 40 || len(s) == 64) && isID(s) }

// isZero reports whether s is the id that stands for none.
func isZero(s string) bool { return strings.Trim(s, "0") == "" }

// isRef reports whether s is a ref's full name that git would take:
// git-check-ref-format(1).
func isRef(s string) bool {
	if !strings.HasPrefix(s, "refs/") || len(s) > 1000 || strings.HasSuffix(s, "/") || strings.HasSuffix(s, ".") {
		return false
	}
	for _, bad := range []string{"..", "//", "@{", "/."} {
		if strings.Contains(s, bad) {
			return false
		}
	}
	for part := range strings.SplitSeq(s, "/") {
		if strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\`, r) })
}
