package ci

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// maxEvent bounds the file of an event. GitHub caps payloads at 25 MB.
const maxEvent = 32 << 20

// payload is what is used of a webhook's payload (docs.github.com, "Webhook
// events and payloads").
type payload struct {
	PullRequest *struct {
		Number int   `json:"number"`
		Head   *side `json:"head"`
		Base   *side `json:"base"`
	} `json:"pull_request"`
	Ref, Before, After string
	Deleted            bool
	Repository         struct {
		FullName      string `json:"full_name"`
		DefaultBranch string `json:"default_branch"`
	} `json:"repository"`
	MergeGroup *struct {
		HeadSHA string `json:"head_sha"`
		BaseSHA string `json:"base_sha"`
		BaseRef string `json:"base_ref"`
	} `json:"merge_group"`
	WorkflowRun *struct {
		ID      int64  `json:"id"`
		HeadSHA string `json:"head_sha"`
	} `json:"workflow_run"`
	Action  string
	Release *struct {
		ID      int64  `json:"id"`
		TagName string `json:"tag_name"`
		Assets  []struct {
			Name string `json:"name"`
		} `json:"assets"`
	} `json:"release"`
}

// side is one of the two sides of a pull request.
type side struct {
	Ref  string `json:"ref"`
	SHA  string `json:"sha"`
	Repo *struct {
		FullName string `json:"full_name"`
	} `json:"repo"` // null if the fork is gone
}

func (s *side) repository() string {
	if s.Repo == nil {
		return ""
	}
	return s.Repo.FullName
}

// readEvent reads the file with the event.
func readEvent(env Env) (*payload, error) {
	const hint = "it is written by the runner; was it replaced, or is GITHUB_EVENT_PATH not passed on to a container?"
	name := env("GITHUB_EVENT_PATH")
	if name == "" {
		return nil, &Error{"GITHUB_EVENT_PATH is not set, so that nobody knows what happened", hint}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, &Error{fmt.Sprintf("read the event: %v", err), hint}
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxEvent+1))
	if err == nil && len(b) > maxEvent {
		err = fmt.Errorf("it has more than %d bytes", maxEvent)
	}
	p := new(payload)
	if err == nil {
		err = json.Unmarshal(b, p)
	}
	if err != nil {
		return nil, &Error{fmt.Sprintf("read the event %s: %s", name, plain(err)), hint}
	}
	return p, nil
}

// plain is the message of an error about hostile text, which could be in it.
func plain(err error) string {
	if e := new(json.UnmarshalTypeError); errors.As(err, &e) {
		return "it is no event: a field has the wrong type"
	}
	if e := new(json.SyntaxError); errors.As(err, &e) {
		return fmt.Sprintf("it is no JSON: byte %d is wrong, or the file ends too soon", e.Offset)
	}
	return err.Error()
}

// lacks is the error of an event without what it must have.
func lacks(event, what string) error {
	return &Error{fmt.Sprintf("the event file of %q has no %s", short(event), what), "is GITHUB_EVENT_NAME that of another event?"}
}

func readGitHub(env Env, opts Options) (*Job, error) {
	event := env("GITHUB_EVENT_NAME")
	if event == "" {
		return nil, &Error{"GITHUB_EVENT_NAME is not set", "it is set by the runner; pass it on to containers"}
	}
	p, err := readEvent(env)
	if err != nil {
		return nil, err
	}
	j := &Job{Event: event}
	j.of(env("GITHUB_SHA"), p.Repository.DefaultBranch)
	switch event {
	case "pull_request", "pull_request_review", "pull_request_review_comment", "pull_request_target":
		return j, j.pullRequest(env, p, opts)
	case "push":
		return j, j.push(p)
	case "merge_group":
		return j, j.mergeGroup(p)
	case "release":
		return j, j.release(p)
	case "workflow_run":
		return j, j.workflowRun(p)
	case "schedule", "workflow_dispatch":
		j.Kind, j.What = Everything, "the whole repository"
		j.judgedBy(env("GITHUB_REF"), p.Repository.DefaultBranch)
		return j, nil
	}
	j.Kind, j.What = Everything, "the whole repository, as this event is about no commits"
	j.judgedBy(env("GITHUB_REF"), p.Repository.DefaultBranch)
	return j, nil
}

// pullRequest is about the commits that the base does not have, as git's graph
// says. Between two events the base may move on: then it is the first parent of
// the merge that GitHub made, and not base.sha.
func (j *Job) pullRequest(env Env, p *payload, opts Options) error {
	pr := p.PullRequest
	if pr == nil || pr.Head == nil || pr.Base == nil || !isFull(pr.Head.SHA) || !isFull(pr.Base.SHA) || pr.Number <= 0 {
		return lacks(j.Event, "pull request with number, head and base")
	}
	if j.Event == "pull_request_target" && !opts.Target {
		return &Error{"pull_request_target is refused: such a workflow runs with the secrets and the token of this repository, and to search the pull request its content must be fetched into it",
			"use pull_request, which works on forks too and needs no secret; if nothing of the checkout is ever executed, allow it with --allow-pull-request-target"}
	}
	head, base := pr.Head, pr.Base
	j.Kind, j.Review, j.MustKnow, j.Pull = Added, true, true, true
	j.What = fmt.Sprintf("pull request %d", pr.Number)
	j.Tips = []Rev{{Name: fmt.Sprintf("refs/pull/%d/head", pr.Number), ID: head.SHA, Fetch: fmt.Sprintf("refs/pull/%d/head", pr.Number)}}
	j.Known = []Rev{{Name: "the base", ID: base.SHA, Fetch: "refs/heads/" + base.Ref}}
	if !isRef("refs/heads/" + base.Ref) {
		return lacks(j.Event, "base branch with a name that git takes")
	}
	j.What += fmt.Sprintf(" into %q", short(base.Ref))
	// In a run of pull_request_target it is a commit of the base.
	if sha := env("GITHUB_SHA"); isFull(sha) && sha != head.SHA && sha != base.SHA && j.Event != "pull_request_target" {
		j.Merge, j.MergeOf = sha, head.SHA
	}
	if head.Ref != "" {
		j.Names = []string{"refs/heads/" + head.Ref}
	}
	j.Number, j.Repository = pr.Number, base.repository()
	j.Fork = head.repository() == "" || head.repository() != base.repository()
	return nil
}

// push is about the commits that a branch did not have. A new branch is compared
// with the default branch only: of two new branches in one push each would
// otherwise hide the other's commits.
func (j *Job) push(p *payload) error {
	if p.Ref != "" && !isRef(p.Ref) {
		return fmt.Errorf("event %q: %q is no name of a branch or tag that git takes", j.Event, short(p.Ref))
	}
	if !isRef(p.Ref) || !isFull(p.Before) || !isFull(p.After) {
		return lacks(j.Event, "ref, before and after")
	}
	name := p.Ref
	if p.Deleted || isZero(p.After) {
		j.Kind, j.What = Nothing, fmt.Sprintf("%q was deleted, which brings nothing", short(name))
		return nil
	}
	if tag, ok := strings.CutPrefix(name, "refs/tags/"); ok {
		// A tag with a text has an id of its own, and the event tells it.
		j.tag(tag, p.After)
		j.Tips = []Rev{{Name: name, ID: p.After, Fetch: name}, {Name: name, Ref: name, Fetch: name, Perhaps: true}}
		return nil
	}
	j.Kind, j.What = Added, fmt.Sprintf("the push to %q", short(strings.TrimPrefix(name, "refs/heads/")))
	j.Tips = []Rev{{Name: name, ID: p.After, Fetch: name}}
	if !isZero(p.Before) {
		j.Known = []Rev{{Name: "what was there before the push", ID: p.Before}}
	} else {
		j.Names = []string{name}
	}
	j.elseDefault(name, p.Repository.DefaultBranch)
	return nil
}

// elseDefault compares with the default branch, unless that is what is searched.
func (j *Job) elseDefault(ref, name string) {
	if name != "" && ref != "refs/heads/"+name {
		j.Else = []Rev{branch(name)}
	}
	j.judgedBy(ref, name)
}

// judgedBy has the settings of the default branch count, unless that is what is
// searched. Where the server does not say which it is, git can. No name of a ref is
// that of a commit that is on any branch.
func (j *Job) judgedBy(ref, name string) {
	j.Judge, j.Unsaid = nil, ""
	if name != "" && ref == "refs/heads/"+name || strings.HasPrefix(ref, "refs/tags/") {
		return
	}
	if j.Judge = standing(name); name == "" {
		j.Unsaid = ref
	}
}

// of has the default branch decide, should another commit be checked out than that
// of the run.
func (j *Job) of(sha, name string) {
	if isFull(sha) {
		j.Of, j.Default = sha, standing(name)
	}
}

// standing is the default branch; name may be empty.
func standing(name string) []Rev {
	asked := Rev{Name: "the default branch", Ref: originHead, Fetch: "HEAD"}
	if name == "" {
		return []Rev{asked}
	}
	return []Rev{branch(name), asked}
}

// originHead is the server's default branch, as far as a checkout knows it.
const originHead = "refs/remotes/origin/HEAD"

// onBranches stands for all branches.
const onBranches = "refs/remotes/origin/"

// tag is about the tag's text and the commits that are on no branch.
func (j *Job) tag(name, id string) {
	j.Kind, j.What = Added, fmt.Sprintf("tag %q: its text, and commits that are on no branch", short(name))
	ref := "refs/tags/" + name
	j.Tips = []Rev{{Name: ref, ID: id, Ref: ref, Fetch: ref, Text: true}}
	j.Names = []string{ref}
	j.Else = []Rev{{Name: "all branches", Ref: onBranches + "*", Fetch: "refs/heads/*"}}
}

func (j *Job) mergeGroup(p *payload) error {
	g := p.MergeGroup
	if g == nil || !isFull(g.HeadSHA) || !isFull(g.BaseSHA) {
		return lacks(j.Event, "merge group with head_sha and base_sha")
	}
	j.Kind, j.Review, j.MustKnow, j.Pull = Added, true, true, true
	j.What = fmt.Sprintf("the merge queue of %q", short(strings.TrimPrefix(g.BaseRef, "refs/heads/")))
	j.Tips = []Rev{{Name: "the merge group", ID: g.HeadSHA}}
	j.Known = []Rev{{Name: "the base", ID: g.BaseSHA}}
	return nil
}

// release is about everything that is in what is released.
func (j *Job) release(p *payload) error {
	if p.Release == nil || p.Release.TagName == "" {
		return lacks(j.Event, "release with a tag")
	}
	j.tag(p.Release.TagName, "")
	j.Else = nil
	j.Tips[0].Peeled = true
	j.What = fmt.Sprintf("all that the release's tag %q leads to", short(p.Release.TagName))
	if p.Action == "deleted" { // and its assets with it
		return nil
	}
	for _, a := range p.Release.Assets {
		j.Missing = append(j.Missing, "asset "+short(a.Name))
	}
	if p.Release.ID > 0 {
		j.Release = strconv.FormatInt(p.Release.ID, 10)
	}
	return nil
}

// workflowRun is about a run that is over. What it built is in a checkout only if
// somebody puts it there.
func (j *Job) workflowRun(p *payload) error {
	if p.WorkflowRun == nil || !isFull(p.WorkflowRun.HeadSHA) {
		return lacks(j.Event, "workflow run with head_sha")
	}
	j.Kind, j.Review, j.Fork = Added, true, true
	j.What = fmt.Sprintf("the commit of run %d", p.WorkflowRun.ID)
	j.Tips = []Rev{{Name: "the run's commit", ID: p.WorkflowRun.HeadSHA}}
	j.Missing = []string{fmt.Sprintf("logs and artifacts of run %d", p.WorkflowRun.ID)}
	if p.WorkflowRun.ID > 0 {
		j.Run = strconv.FormatInt(p.WorkflowRun.ID, 10)
	}
	if d := p.Repository.DefaultBranch; d != "" {
		j.Known = []Rev{branch(d)}
		j.MustKnow = true
	}
	return nil
}
