package ci

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/yamltree"
)

// In these CIs a variable of a job is in the environment of all of its scripts, so that
// all of them must be understood; what a job is made of that is no script is looked at
// with it. GitLab: docs.gitlab.com/ci/yaml/; CircleCI: circleci.com/docs/configuration-reference/;
// Bitbucket: support.atlassian.com/bitbucket-cloud/docs/step-options/; Azure: the schema's
// steps.script and steps.bash; Buildkite: buildkite.com/docs/pipelines/configure/step-types/command-step.

// script adds a text, or a list of texts, that a job runs. What is neither makes the job
// one that cannot be told.
func (j *job) script(n *yamltree.Node) { j.scriptIn(n, 0) }

// maxNested is how deep lists may stand in lists: GitLab allows 10 levels.
const maxNested = 10

func (j *job) scriptIn(n *yamltree.Node, depth int) {
	n = yamltree.Resolve(n)
	switch {
	case n == nil || j.odd:
	case n.Tag == "!reference" || yamltree.IsMap(n) || depth > maxNested || j.bytes+len(n.Value) > maxTexts || len(j.steps) >= maxJob:
		j.odd = true
	case yamltree.IsList(n):
		for _, e := range yamltree.List(n) {
			j.scriptIn(e, depth+1)
		}
	default:
		j.everywhere = true
		j.bytes += len(n.Value)
		j.steps = append(j.steps, step{run: n.Value, line: lineOf(n, 0)})
	}
}

// gitlabScripts reads what a job of GitLab runs: of each kind of script the first that
// the job or what it extends has, else the pipeline's. What other files bring in is not seen.
func (j *job) gitlabScripts(doc *yamltree.Node, parts []*yamltree.Node) {
	j.odd = j.odd || yamltree.Get(doc, "include") != nil
	for _, part := range parts {
		for _, name := range yamltree.Words(yamltree.Get(part, "extends")) {
			j.odd = j.odd || yamltree.Get(doc, name) == nil
		}
		j.odd = j.odd || yamltree.Get(part, "trigger") != nil || yamltree.Get(part, "run") != nil
	}
	for _, kind := range []string{"before_script", "script", "after_script"} {
		for _, part := range append(slices.Clone(parts), yamltree.Get(doc, "default"), doc) {
			if n := yamltree.Get(part, kind); n != nil {
				j.script(n)
				break
			}
		}
	}
}

// circleQuiet are steps of CircleCI's own that do not use what is in the environment.
var circleQuiet = []string{"checkout", "setup_remote_docker", "save_cache", "restore_cache", "persist_to_workspace", "attach_workspace", "store_artifacts", "store_test_results"}

// circleScripts reads the steps of a job of CircleCI. A step of an orb, or one with
// parameters, is not known.
func (j *job) circleScripts(n *yamltree.Node) {
	for _, e := range yamltree.List(yamltree.Get(n, "steps")) {
		name := yamltree.Text(e)
		if pairs := yamltree.Pairs(e); len(pairs) == 1 {
			name = pairs[0].Key.Value
		}
		run := yamltree.Get(e, "run")
		switch {
		case yamltree.IsMap(run):
			j.odd = j.odd || !plainShell(yamltree.Get(run, "shell"))
			j.script(yamltree.Get(run, "command"))
		case run != nil:
			j.script(run)
		case !slices.Contains(circleQuiet, name):
			j.odd = true
		}
	}
}

// azureScripts reads the steps of a job of Azure Pipelines.
func (j *job) azureScripts(n *yamltree.Node) {
	for _, e := range yamltree.List(yamltree.Get(n, "steps")) {
		switch first := yamltree.Pairs(e); {
		case len(first) == 0:
			j.odd = true
		case first[0].Key.Value == "script" || first[0].Key.Value == "bash":
			j.script(first[0].Value)
		case first[0].Key.Value != "checkout":
			j.odd = true // a task, a template, PowerShell
		}
	}
	j.odd = j.odd || yamltree.Get(n, "strategy", "runOnce") != nil || yamltree.Get(n, "template") != nil
}

func plainShell(n *yamltree.Node) bool {
	s := yamltree.Text(n)
	return s == "" || strings.HasPrefix(s, "bash") || strings.HasPrefix(s, "sh") || strings.HasPrefix(s, "/bin/bash") || strings.HasPrefix(s, "/bin/sh")
}
