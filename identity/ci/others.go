package ci

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/yamltree"
)

// reserved are the keys of a .gitlab-ci.yml that are no jobs.
var reserved = []string{"default", "include", "stages", "variables", "workflow", "image", "services", "cache", "before_script", "after_script", "spec"}

// readGitLab reads GitLab's pipelines (docs.gitlab.com, "CI/CD YAML syntax
// reference"). A template, whose name begins with a dot, counts for the jobs that
// extend it.
func readGitLab(file string, doc *yamltree.Node) (jobs []*job) {
	all := yamltree.Pairs(doc)
	for _, p := range all {
		if slices.Contains(reserved, p.Key.Value) || strings.HasPrefix(p.Key.Value, ".") || !yamltree.IsMap(p.Value) {
			continue
		}
		j := &job{kind: "gitlab-ci", file: file, name: p.Key.Value, line: p.Key.Line, last: lastLine(p.Value, p.Key.Line), token: couldHave}
		var own []string
		parts := chain(doc, p.Value)
		j.gitlabScripts(doc, parts)
		for _, part := range parts {
			own = append(own, keys(yamltree.Get(part, "variables"))...)
			if yamltree.Get(part, "id_tokens") != nil {
				j.token = hasToken
			}
			env := yamltree.Get(part, "environment")
			if yamltree.IsMap(env) {
				env = yamltree.Get(env, "name")
			}
			if j.environment == "" {
				j.environment = yamltree.Text(env)
			}
			j.scan(part, shellVar, "$")
		}
		for _, q := range all {
			switch q.Key.Value {
			case "variables", "before_script", "after_script", "default":
				if off := yamltree.Get(p.Value, "inherit", q.Key.Value); yamltree.Text(off) == "false" {
					continue
				}
				j.wide(q, own, shellVar, "$")
			}
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// maxExtends is how far templates are followed: GitLab allows 11 levels.
const maxExtends = 11

// chain is a job and what it extends.
func chain(doc, n *yamltree.Node) (out []*yamltree.Node) {
	todo := []*yamltree.Node{n}
	for len(todo) > 0 && len(out) < maxExtends {
		n, todo = todo[0], todo[1:]
		if n == nil || slices.Contains(out, n) {
			continue
		}
		out = append(out, n)
		for _, name := range yamltree.Words(yamltree.Get(n, "extends")) {
			todo = append(todo, yamltree.Get(doc, name))
		}
	}
	return out
}

// includes are the files of the same repository that a pipeline includes.
func includes(doc *yamltree.Node) (out []string) {
	n := yamltree.Get(doc, "include")
	list := yamltree.List(n)
	if yamltree.IsMap(n) {
		list = []*yamltree.Node{n}
	}
	for _, e := range list {
		name := yamltree.Text(e)
		if name == "" {
			name = yamltree.Text(yamltree.Get(e, "local"))
		}
		if name != "" && !strings.Contains(name, "://") {
			out = append(out, strings.TrimPrefix(name, "/"))
		}
	}
	return out
}

// readCircle reads CircleCI's configuration (circleci.com/docs, "Configuration
// reference", "Using contexts"). Jobs with a context get a token of their own.
func readCircle(file string, doc *yamltree.Node) (jobs []*job) {
	for _, p := range yamltree.Pairs(yamltree.Get(doc, "jobs")) {
		j := &job{kind: "circleci", file: file, name: p.Key.Value, line: p.Key.Line, last: lastLine(p.Value, p.Key.Line), token: couldHave}
		j.scan(p.Value, shellVar, "$")
		j.bare(p.Value)
		j.circleScripts(p.Value)
		j.circleParts(doc, p.Value)
		jobs = append(jobs, j)
	}
	for _, wf := range yamltree.Pairs(yamltree.Get(doc, "workflows")) {
		for _, e := range yamltree.List(yamltree.Get(wf.Value, "jobs")) {
			for _, p := range yamltree.Pairs(e) {
				jobs = circleContext(jobs, file, p)
			}
		}
	}
	return jobs
}

// circleContext notes what a workflow gives to a job, which may be an orb's.
func circleContext(jobs []*job, file string, p yamltree.Pair) []*job {
	i := slices.IndexFunc(jobs, func(j *job) bool { return j.name == p.Key.Value })
	if i < 0 {
		i = len(jobs)
		jobs = append(jobs, &job{kind: "circleci", file: file, name: p.Key.Value, line: p.Key.Line, last: lastLine(p.Value, p.Key.Line), token: couldHave})
	}
	j := jobs[i]
	j.bare(p.Value)
	j.watch(p.Value)
	contexts := yamltree.Words(yamltree.Get(p.Value, "context"))
	for _, c := range contexts {
		j.use(c, ref{line: p.Key.Line, via: "context " + c})
		if j.environment == "" {
			j.environment = c
		}
	}
	for name, r := range j.refs {
		if len(contexts) > 0 && !strings.HasPrefix(r.via, "context ") {
			r.via += " of context " + strings.Join(contexts[:min(3, len(contexts))], ", ")
			j.refs[name] = r
		}
	}
	return jobs
}

// circleParts reads what a job of CircleCI is made of elsewhere in the file: its
// executor, commands, parameters of the pipeline.
func (j *job) circleParts(doc, n *yamltree.Node) {
	executor := yamltree.Get(n, "executor")
	if yamltree.IsMap(executor) {
		executor = yamltree.Get(executor, "name")
	}
	todo := []*yamltree.Node{n, yamltree.Get(doc, "executors", yamltree.Text(executor))}
	for i := 0; i < len(todo) && i < maxExtends; i++ {
		if i > 0 {
			j.scan(todo[i], shellVar, "$")
		}
		for _, step := range yamltree.List(yamltree.Get(todo[i], "steps")) {
			name := yamltree.Text(step)
			if name == "" && len(yamltree.Pairs(step)) > 0 {
				name = yamltree.Pairs(step)[0].Key.Value
			}
			if c := yamltree.Get(doc, "commands", name); c != nil && !slices.Contains(todo, c) {
				todo = append(todo, c)
			}
		}
		yamltree.Scalars(todo[i], steps, func(_ []string, v *yamltree.Node) bool {
			for _, m := range circleParameter.FindAllStringSubmatch(v.Value, 20) {
				j.watch(yamltree.Get(doc, "parameters", m[1]))
			}
			return j.size < maxJob
		})
	}
}

var circleParameter = lazy.New(`<<\s*pipeline\.parameters\.([A-Za-z_][A-Za-z0-9_-]{0,100})\s*>>`)

// bare notes parameters that are names of variables: aws_access_key_id:
// AWS_ACCESS_KEY_ID.
func (j *job) bare(n *yamltree.Node) {
	yamltree.Scalars(n, steps, func(keys []string, v *yamltree.Node) bool {
		for len(keys) > 0 && keys[len(keys)-1] == "" {
			keys = keys[:len(keys)-1] // of an element of a list
		}
		if len(keys) > 0 && bareVar.MatchString(v.Value) {
			j.use(v.Value, ref{line: v.Line, via: "parameter " + keys[len(keys)-1] + " = " + v.Value})
		}
		return true
	})
}

// readAzure reads Azure Pipelines (learn.microsoft.com, "YAML schema reference
// for Azure Pipelines"): stages, jobs and steps nest in each other.
func readAzure(file string, doc *yamltree.Node) (jobs []*job) {
	var down func(n *yamltree.Node, around []*yamltree.Node)
	down = func(n *yamltree.Node, around []*yamltree.Node) {
		for _, e := range yamltree.List(n) {
			name := yamltree.Get(e, "job")
			if name == nil {
				name = yamltree.Get(e, "deployment")
			}
			if name != nil && len(jobs) < maxCalls {
				jobs = append(jobs, azureJob(file, yamltree.Text(name), e, around))
			} else if len(around) < 8 {
				down(yamltree.Get(e, "jobs"), append(slices.Clip(around), e))
			}
		}
	}
	down(yamltree.Get(doc, "stages"), []*yamltree.Node{doc})
	down(yamltree.Get(doc, "jobs"), []*yamltree.Node{doc})
	if len(jobs) == 0 {
		jobs = append(jobs, azureJob(file, "", doc, nil))
	}
	return jobs
}

// azureJob reads a job; around are the stages and the file that it is in.
func azureJob(file, name string, n *yamltree.Node, around []*yamltree.Node) *job {
	j := &job{kind: "azure-pipelines", file: file, name: name, line: n.Line, last: lastLine(n, n.Line), token: couldHave}
	env := yamltree.Get(n, "environment")
	if yamltree.IsMap(env) {
		env = yamltree.Get(env, "name")
	}
	j.environment = yamltree.Text(env)
	j.azureScripts(n)
	j.scan(n, azureVar, "")
	own := keys(yamltree.Get(n, "variables"))
	for _, outer := range around {
		for _, p := range yamltree.Pairs(outer) {
			if p.Key.Value == "variables" || p.Key.Value == "parameters" {
				j.wide(p, own, azureVar, "")
			}
		}
	}
	for _, part := range append([]*yamltree.Node{n}, around...) {
		for _, v := range yamltree.List(yamltree.Get(part, "variables")) {
			if g := yamltree.Get(v, "group"); g != nil {
				j.use(g.Value, ref{line: g.Line, via: "variable group " + g.Value})
			}
		}
	}
	yamltree.Scalars(n, steps, func(keys []string, v *yamltree.Node) bool {
		if len(keys) > 0 && keys[len(keys)-1] == "azureSubscription" || len(keys) > 0 && keys[len(keys)-1] == "connectedServiceNameARM" {
			j.use(v.Value, ref{line: v.Line, via: "service connection " + v.Value})
		}
		return true
	})
	return j
}

// readBitbucket reads Bitbucket's pipelines (support.atlassian.com, "Bitbucket
// Pipelines configuration reference"): steps at any depth.
func readBitbucket(file string, doc *yamltree.Node) (jobs []*job) {
	left := 10_000
	var down func(n, variables *yamltree.Node, depth int)
	down = func(n, variables *yamltree.Node, depth int) {
		if left--; left < 0 || depth > 12 {
			return
		}
		if yamltree.IsList(n) {
			for _, e := range yamltree.List(n) {
				e = yamltree.Resolve(e)
				if v := yamltree.Get(e, "variables"); v != nil { // of the steps that follow
					variables = v
				}
				down(e, variables, depth+1)
			}
			return
		}
		for _, p := range yamltree.Pairs(n) {
			if p.Key.Value != "step" {
				down(p.Value, variables, depth+1)
				continue
			}
			j := &job{kind: "bitbucket-pipelines", file: file, name: yamltree.Text(yamltree.Get(p.Value, "name")), line: p.Key.Line, last: lastLine(p.Value, p.Key.Line), token: couldHave}
			j.environment = yamltree.Text(yamltree.Get(p.Value, "deployment"))
			if yamltree.Text(yamltree.Get(p.Value, "oidc")) == "true" {
				j.token = hasToken
			}
			j.script(yamltree.Get(p.Value, "script"))
			j.script(yamltree.Get(p.Value, "after-script"))
			j.scan(p.Value, shellVar, "$")
			j.watch(variables)
			jobs = append(jobs, j)
		}
	}
	down(yamltree.Get(doc, "pipelines"), nil, 0)
	return jobs
}

var (
	jenkinsID    = lazy.New(`\bcredentialsId\s*[:=]\s*['"]([^'"\n]{1,200})['"]|\bcredentials\(\s*['"]([^'"\n]{1,200})['"]\s*\)`)
	jenkinsVar   = lazy.New(`\b(?:variable|[a-zA-Z]+Variable)\s*:\s*['"]([A-Za-z_][A-Za-z0-9_]{0,100})['"]`)
	jenkinsEnv   = lazy.New(`(?:^|[\s{;])([A-Za-z_][A-Za-z0-9_]{0,100})\s*=\s*credentials\(\s*['"]([^'"\n]{1,200})['"]`)
	jenkinsStage = lazy.New(`\bstage\s*\(\s*['"]([^'"\n]{1,100})['"]`)
	jenkinsFile  = lazy.New(`['"\s=:]([\w.-]+(?:/[\w.-]+)+)`)
)

// readJenkins reads a Jenkinsfile (jenkins.io, "Using a Jenkinsfile: handling
// credentials", and the steps of the plugin Credentials Binding) line by line:
// it is a program in Groovy.
func readJenkins(file string, data []byte) (jobs []*job) {
	var starts []text
	lines(data, jenkinsStage, func(num int, _ string, m []string) {
		if len(starts) < maxCalls {
			starts = append(starts, text{num, m[1]})
		}
	})
	all := []*job{{kind: "jenkins", file: file, line: 1}}
	for _, s := range starts {
		all[len(all)-1].last = s.line - 1
		all = append(all, &job{kind: "jenkins", file: file, name: s.text, line: s.line})
	}
	all[len(all)-1].last = 1 << 30
	at := func(num int) *job {
		i := 0
		for i+1 < len(all) && all[i+1].line <= num {
			i++
		}
		return all[i]
	}
	lines(data, jenkinsID, func(num int, line string, m []string) {
		id := m[1] + m[2]
		r := ref{line: num, via: "credentialsId " + id}
		at(num).use(id, r)
		for _, v := range jenkinsVar.FindAllStringSubmatch(line, 5) {
			at(num).use(v[1], ref{line: num, via: v[1] + " = credentials " + id})
		}
		for _, v := range jenkinsEnv.FindAllStringSubmatch(line, 20) { // an environment may stand in one line
			for _, end := range []string{"", "_PSW", "_USR"} {
				if v[2] != id {
					break
				}
				at(num).use(v[1]+end, ref{line: num, via: "environment " + v[1] + " = credentials " + id})
			}
		}
	})
	lines(data, jenkinsFile, func(num int, _ string, m []string) { at(num).mention(num, m[1]) })
	return all
}
