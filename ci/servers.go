package ci

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// pull fills in what all reviews have in common. head may be a branch's commit or
// what the server made of it and the base; known are the base's.
func (j *Job) pull(what string, tips []Rev, known ...Rev) {
	j.Kind, j.Review, j.MustKnow, j.Pull, j.What, j.Tips = Added, true, true, true, what, tips
	for _, r := range known {
		if r.ID != "" || r.Ref != "" && r.Ref != branch("").Ref {
			j.Known = append(j.Known, r)
		}
	}
}

// pushed is about what a branch brings to what was there before, or else to the
// default branch.
func (j *Job) pushed(name, id, before, standard string) {
	j.Kind, j.What = Added, fmt.Sprintf("the push to %q", short(name))
	j.Tips = []Rev{{Name: "refs/heads/" + name, ID: id}}
	if before != "" && !isZero(before) {
		j.Known = []Rev{{Name: "what was there before", ID: before}}
	}
	if len(j.Known) == 0 {
		j.Names = []string{"refs/heads/" + name}
	}
	j.elseDefault("refs/heads/"+name, standard)
}

// everything is about the whole repository, with a branch checked out; without one
// it is a commit that may be on any.
func (j *Job) everything(name, standard string) {
	j.Kind, j.What = Everything, "the whole repository"
	if name != "" {
		name = "refs/heads/" + name
	}
	j.judgedBy(name, standard)
}

// unset is the error of a variable that must be there.
func unset(names ...string) error {
	return &Error{strings.Join(names, " and ") + " not set", "the server sets it; pass it on to containers"}
}

// readGitLab: docs.gitlab.com, "Predefined CI/CD variables reference".
func readGitLab(env Env, _ Options) (*Job, error) {
	j := &Job{Event: env("CI_PIPELINE_SOURCE")}
	sha := env("CI_COMMIT_SHA")
	j.of(sha, env("CI_DEFAULT_BRANCH"))
	switch {
	case j.Event == "":
		return nil, unset("CI_PIPELINE_SOURCE")
	case sha == "":
		return nil, unset("CI_COMMIT_SHA")
	case j.Event == "merge_request_event" || env("CI_MERGE_REQUEST_IID") != "":
		base := env("CI_MERGE_REQUEST_DIFF_BASE_SHA")
		if base == "" {
			return nil, unset("CI_MERGE_REQUEST_DIFF_BASE_SHA")
		}
		// In a pipeline for merged results the commit is the merge, and these two are
		// its parents; otherwise they are empty.
		target, source := env("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"), env("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")
		tips := []Rev{{Name: "the merge request", ID: sha}}
		if source != "" && source != sha {
			tips = append(tips, Rev{Name: "the merge request's branch", ID: source})
		}
		j.pull("merge request "+short(env("CI_MERGE_REQUEST_IID")), tips, Rev{Name: "the target branch", ID: target}, Rev{Name: "the base", ID: base})
		j.named(env("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"))
		j.Fork = env("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") != env("CI_MERGE_REQUEST_PROJECT_ID")
	case env("CI_COMMIT_TAG") != "":
		j.tag(env("CI_COMMIT_TAG"), sha)
	case j.Event == "push" || j.Event == "external_pull_request_event":
		if env("CI_COMMIT_BRANCH") == "" && j.Event == "push" {
			return nil, unset("CI_COMMIT_BRANCH")
		}
		j.pushed(cmp.Or(env("CI_COMMIT_BRANCH"), env("CI_COMMIT_REF_NAME")), sha, env("CI_COMMIT_BEFORE_SHA"), env("CI_DEFAULT_BRANCH"))
	default: // schedule, web, api, trigger, pipeline, parent_pipeline, chat ...
		j.everything(env("CI_COMMIT_BRANCH"), env("CI_DEFAULT_BRANCH"))
	}
	return j, nil
}

// named has the name of a review's branch searched.
func (j *Job) named(branch string) {
	if branch = strings.TrimPrefix(branch, "refs/heads/"); branch != "" {
		j.Names = []string{"refs/heads/" + branch}
	}
}

// readAzure: learn.microsoft.com, "Use predefined variables". It tells nobody what
// a branch had before.
func readAzure(env Env, opts Options) (*Job, error) {
	j := &Job{Event: env("BUILD_REASON")}
	sha, ref := env("BUILD_SOURCEVERSION"), env("BUILD_SOURCEBRANCH")
	j.of(sha, opts.Default)
	switch {
	case j.Event == "":
		return nil, unset("BUILD_REASON")
	case sha == "" || ref == "":
		return nil, unset("BUILD_SOURCEVERSION", "BUILD_SOURCEBRANCH")
	case j.Event == "PullRequest":
		target := strings.TrimPrefix(env("SYSTEM_PULLREQUEST_TARGETBRANCH"), "refs/heads/")
		if target == "" {
			return nil, unset("SYSTEM_PULLREQUEST_TARGETBRANCH")
		}
		tip := Rev{Name: "the pull request", ID: cmp.Or(env("SYSTEM_PULLREQUEST_SOURCECOMMITID"), sha)}
		if tip.ID != sha {
			j.Merge, j.MergeOf = sha, tip.ID
		}
		number := cmp.Or(env("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER"), env("SYSTEM_PULLREQUEST_PULLREQUESTID"))
		j.pull("pull request "+short(number), []Rev{tip}, branch(target))
		j.named(env("SYSTEM_PULLREQUEST_SOURCEBRANCH"))
		j.Fork = strings.EqualFold(env("SYSTEM_PULLREQUEST_ISFORK"), "true")
	case strings.HasPrefix(ref, "refs/tags/"):
		j.tag(strings.TrimPrefix(ref, "refs/tags/"), sha)
	case j.Event == "IndividualCI" || j.Event == "BatchedCI":
		j.pushed(strings.TrimPrefix(ref, "refs/heads/"), sha, "", opts.Default)
		j.guessDefault()
	default: // Manual, Schedule, ResourceTrigger ...
		j.everything("", opts.Default)
		j.judgedBy(ref, opts.Default)
	}
	return j, nil
}

// guessDefault compares with what the clone says is the server's default branch,
// where the server itself does not say.
func (j *Job) guessDefault() {
	j.Else = append(j.Else, Rev{Name: "the default branch", Ref: originHead, Fetch: "HEAD", Guess: true})
}

// readBitbucket: support.atlassian.com, "Variables and secrets". For a pull request
// it merges the destination into the source before it starts.
func readBitbucket(env Env, opts Options) (*Job, error) {
	j := &Job{Event: "push"}
	sha := env("BITBUCKET_COMMIT")
	j.of(sha, opts.Default)
	if sha == "" {
		return nil, unset("BITBUCKET_COMMIT")
	}
	switch {
	case env("BITBUCKET_PR_ID") != "":
		j.Event = "pull request"
		base, target := env("BITBUCKET_PR_DESTINATION_COMMIT"), env("BITBUCKET_PR_DESTINATION_BRANCH")
		if base == "" && target == "" {
			return nil, unset("BITBUCKET_PR_DESTINATION_COMMIT", "BITBUCKET_PR_DESTINATION_BRANCH")
		}
		tips := []Rev{{Name: "the pull request", ID: sha}, {Name: "what is checked out", Ref: "HEAD"}}
		destination := "" // of a short id alone git cannot be asked
		if target != "" {
			destination = branch(target).Fetch
		}
		j.pull("pull request "+short(env("BITBUCKET_PR_ID")), tips, Rev{Name: "the destination", ID: base, Fetch: destination}, branch(target))
		j.named(env("BITBUCKET_BRANCH"))
	case env("BITBUCKET_TAG") != "":
		j.tag(env("BITBUCKET_TAG"), sha)
	case env("BITBUCKET_BRANCH") == "":
		j.everything("", opts.Default)
	default:
		j.pushed(env("BITBUCKET_BRANCH"), sha, "", opts.Default)
		j.guessDefault()
	}
	return j, nil
}

// readCircle: circleci.com/docs, "Project values and variables". It does not say what
// a pull request is merged into.
func readCircle(env Env, opts Options) (*Job, error) {
	j := &Job{Event: "push"}
	sha, name := env("CIRCLE_SHA1"), env("CIRCLE_BRANCH")
	j.of(sha, opts.Default)
	switch {
	case sha == "":
		return nil, unset("CIRCLE_SHA1")
	case env("CIRCLE_TAG") != "":
		j.tag(env("CIRCLE_TAG"), sha)
	case env("CIRCLE_PULL_REQUEST") != "" || env("CIRCLE_PR_NUMBER") != "":
		j.Event = "pull request"
		j.pull("the pull request of "+strconv.Quote(short(name)), []Rev{{Name: "the pull request", ID: sha}}, standing(opts.Default)...)
		j.named(name)
		j.Fork = env("CIRCLE_PR_NUMBER") != "" // set for those of forks only
		j.Notes = append(j.Notes, "CircleCI does not say what the pull request is merged into: it was compared with the default branch; name another with --base")
	case name == "":
		j.everything("", opts.Default)
	default:
		j.pushed(name, sha, "", opts.Default)
		j.guessDefault()
	}
	return j, nil
}

// readBuildkite: buildkite.com/docs, "Environment variables".
func readBuildkite(env Env, _ Options) (*Job, error) {
	j := &Job{Event: cmp.Or(env("BUILDKITE_SOURCE"), "webhook")}
	sha := env("BUILDKITE_COMMIT")
	j.of(sha, env("BUILDKITE_PIPELINE_DEFAULT_BRANCH"))
	tip := Rev{Name: "the build's commit", ID: sha}
	if sha == "" || sha == "HEAD" { // builds that were started by hand
		tip = Rev{Name: "HEAD", Ref: "HEAD"}
	}
	pull, name := env("BUILDKITE_PULL_REQUEST"), env("BUILDKITE_BRANCH")
	switch {
	case pull != "" && pull != "false":
		base := env("BUILDKITE_PULL_REQUEST_BASE_BRANCH")
		if base == "" {
			return nil, unset("BUILDKITE_PULL_REQUEST_BASE_BRANCH")
		}
		j.Event = "pull request"
		j.pull("pull request "+short(pull), []Rev{tip}, branch(base))
		j.named(name)
		other := env("BUILDKITE_PULL_REQUEST_REPO")
		j.Fork = other != "" && other != env("BUILDKITE_REPO")
	case env("BUILDKITE_TAG") != "":
		j.tag(env("BUILDKITE_TAG"), tip.ID)
	case name == "" || j.Event != "webhook": // schedule, ui, api, trigger_job
		j.everything(name, env("BUILDKITE_PIPELINE_DEFAULT_BRANCH"))
	default:
		j.pushed(name, tip.ID, "", env("BUILDKITE_PIPELINE_DEFAULT_BRANCH"))
		j.Tips[0].Ref = tip.Ref
	}
	return j, nil
}

// readJenkins: plugins.jenkins.io, git ("Environment variables") and
// branch-api/scm-api, which set CHANGE_*.
func readJenkins(env Env, opts Options) (*Job, error) {
	j := &Job{Event: "push"}
	tip := Rev{Name: "the build's commit", ID: env("GIT_COMMIT")}
	if tip.ID == "" { // a pipeline that did not hand on what checkout returned
		tip = Rev{Name: "HEAD", Ref: "HEAD"}
	}
	name := cmp.Or(env("BRANCH_NAME"), strings.TrimPrefix(env("GIT_BRANCH"), "origin/"))
	switch {
	case env("CHANGE_ID") != "":
		if env("CHANGE_TARGET") == "" {
			return nil, unset("CHANGE_TARGET")
		}
		j.Event = "change request"
		j.pull("change request "+short(env("CHANGE_ID")), []Rev{tip}, branch(env("CHANGE_TARGET")))
		j.named(env("CHANGE_BRANCH"))
		j.Fork = env("CHANGE_FORK") != ""
	case env("TAG_NAME") != "":
		j.tag(env("TAG_NAME"), tip.ID)
	case name == "":
		j.everything("", opts.Default)
		j.Judge = nil
	default:
		// Since the last build that went well: what a red one found is searched again.
		j.pushed(name, tip.ID, env("GIT_PREVIOUS_SUCCESSFUL_COMMIT"), opts.Default)
		j.Tips[0].Ref = tip.Ref
		if env("BRANCH_NAME") == "" || env("BRANCH_IS_PRIMARY") == "true" { // who set up the job chose the branch
			j.Judge, j.Unsaid = nil, ""
		}
	}
	return j, nil
}
