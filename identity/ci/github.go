package ci

import (
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/yamltree"
)

// readGitHub reads a workflow of GitHub Actions (docs.github.com, "Workflow
// syntax for GitHub Actions"), or one of Gitea or Forgejo, which read the same; of
// their tokens for clouds nothing is said.
func readGitHub(file, kind string, doc *yamltree.Node) (jobs []*job) {
	top := permission(yamltree.Get(doc, "permissions"), couldHave)
	for _, p := range yamltree.Pairs(yamltree.Get(doc, "jobs")) {
		j := &job{kind: kind, file: file, name: p.Key.Value, line: p.Key.Line, last: lastLine(p.Value, p.Key.Line)}
		if kind == "workflow" {
			j.token = permission(yamltree.Get(p.Value, "permissions"), top)
		}
		env := yamltree.Get(p.Value, "environment")
		if yamltree.IsMap(env) {
			env = yamltree.Get(env, "name")
		}
		j.environment = yamltree.Text(env)
		j.env = map[string]string{}
		for _, of := range []*yamltree.Node{doc, p.Value} {
			for _, v := range yamltree.Pairs(yamltree.Get(of, "env")) {
				if len(j.env) < maxCalls {
					j.env[v.Key.Value] = yamltree.Text(v.Value)
				}
			}
		}
		for _, part := range yamltree.Pairs(p.Value) {
			if part.Key.Value == "steps" {
				for _, step := range yamltree.List(part.Value) {
					j.scan(step, githubVar, "secrets.")
					j.does(step)
				}
				continue
			}
			switch part.Key.Value {
			case "env":
				j.all = append(j.all, secretsIn(part.Value)...)
			case "uses", "container", "services", "defaults":
				j.odd = true
			}
			// The keys of env and secrets must be seen above their values.
			j.scan(single(part), githubVar, "secrets.")
		}
		for _, part := range yamltree.Pairs(doc) {
			// A workflow that the job calls does not get the variables of this one.
			if part.Key.Value == "env" && yamltree.Get(p.Value, "uses") == nil {
				j.all = append(j.all, secretsIn(part.Value)...)
				j.wide(part, keys(yamltree.Get(p.Value, "env")), githubVar, "secrets.")
			}
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// githubEnv is a value that is a variable's: ${{ env.AWS_REGION }}.
var githubEnv = lazy.New(`^\$\{\{\s*env\.(\w+)\s*\}\}$`)

// permission says whether a job may ask for a token.
func permission(n *yamltree.Node, otherwise token) token {
	if n == nil {
		return otherwise
	}
	if yamltree.Text(n) == "write-all" || yamltree.Text(yamltree.Get(n, "id-token")) == "write" {
		return hasToken
	}
	return couldHave
}

// calls are the reusable workflows of the same repository that a workflow's
// jobs call with secrets.
func calls(file string, doc *yamltree.Node) (out []call) {
	for _, p := range yamltree.Pairs(yamltree.Get(doc, "jobs")) {
		uses := yamltree.Get(p.Value, "uses")
		path, local := strings.CutPrefix(yamltree.Text(uses), "./")
		if !local || len(out) >= maxCalls {
			continue
		}
		c := call{job: p.Key.Value, from: file, to: path, line: uses.Line}
		secrets := yamltree.Get(p.Value, "secrets")
		if c.all = yamltree.Text(secrets) == "inherit"; !c.all {
			c.gives = given(secrets)
		}
		out = append(out, c)
	}
	return out
}

// given are the secrets that a call hands over under names of their own.
func given(secrets *yamltree.Node) (out []gift) {
	for _, p := range yamltree.Pairs(secrets) {
		if m := githubVar.FindStringSubmatch(yamltree.Text(p.Value)); m != nil && len(out) < maxCalls {
			out = append(out, gift{as: p.Key.Value, name: m[1] + m[2]})
		}
	}
	return out
}

// call says that a job calls a workflow.
type call struct {
	job, from, to string
	line          int
	all           bool // with all secrets
	gives         []gift
}

// gift is a secret that a call hands over.
type gift struct{ as, name string }

const maxCalls = 100
