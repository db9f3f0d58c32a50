package ci

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/yamltree"
)

// buildkiteSecret is how a script asks Buildkite for a secret.
var buildkiteSecret = lazy.New(`\bbuildkite-agent\s+secret\s+get\s+["']?([A-Za-z_][A-Za-z0-9_]{0,100})`)

// readBuildkite reads Buildkite's pipelines (buildkite.com/docs, "Defining your
// pipeline steps", "Buildkite secrets", "OIDC with Buildkite"): steps, alone or in
// groups. A file may be the list of steps alone.
func readBuildkite(file string, doc *yamltree.Node) (jobs []*job) {
	var down func(n *yamltree.Node, inGroup bool)
	down = func(n *yamltree.Node, inGroup bool) {
		for _, e := range yamltree.List(n) {
			e = yamltree.Resolve(e)
			if group := yamltree.Get(e, "steps"); group != nil && !inGroup {
				down(group, true)
				continue
			}
			if j := buildkiteStep(file, e); j != nil && len(jobs) < maxCalls {
				for _, p := range yamltree.Pairs(doc) {
					if p.Key.Value == "env" || p.Key.Value == "secrets" {
						j.listed(yamltree.Get(single(p), "secrets"))
						j.wide(p, keys(yamltree.Get(e, "env")), shellVar, "$")
					}
				}
				jobs = append(jobs, j)
			}
		}
	}
	if yamltree.IsList(doc) {
		down(doc, false)
	} else {
		down(yamltree.Get(doc, "steps"), false)
	}
	return jobs
}

// buildkiteStep reads a step; nil for one that runs nothing.
func buildkiteStep(file string, n *yamltree.Node) *job {
	runs, name := false, ""
	for _, key := range []string{"command", "commands", "plugins", "trigger", "script"} {
		runs = runs || yamltree.Get(n, key) != nil
	}
	if !runs {
		return nil
	}
	for _, key := range []string{"label", "name", "key", "trigger"} {
		if name == "" {
			name = yamltree.Text(yamltree.Get(n, key))
		}
	}
	j := &job{kind: "buildkite", file: file, name: name, line: n.Line, last: lastLine(n, n.Line), token: couldHave}
	j.listed(yamltree.Get(n, "secrets"))
	yamltree.Scalars(n, steps, func(keys []string, v *yamltree.Node) bool {
		for _, m := range buildkiteSecret.FindAllStringSubmatchIndex(v.Value, 20) {
			name := v.Value[m[2]:m[3]]
			j.use(name, ref{line: lineOf(v, m[0]), via: "buildkite-agent secret get " + name})
		}
		if strings.Contains(v.Value, "oidc request-token") || slices.ContainsFunc(keys, func(k string) bool { return strings.Contains(k, "assume-role-with-web-identity") }) {
			j.token = hasToken
		}
		return true
	})
	j.script(yamltree.Get(n, "command"))
	j.script(yamltree.Get(n, "commands"))
	j.odd = j.odd || yamltree.Get(n, "plugins") != nil || yamltree.Get(n, "trigger") != nil || yamltree.Get(n, "script") != nil
	j.scan(n, shellVar, "$")
	j.bare(yamltree.Get(n, "plugins"))
	return j
}

// readContainers reads the pipelines of Drone (docs.drone.io, "Pipeline", "Secrets")
// and Woodpecker (woodpecker-ci.org/docs, "Workflow syntax", "Secrets"), which was
// made of it: steps, a list or by name, that have secrets in their variables and
// settings, and in older versions as a list.
func readContainers(file, kind string, doc *yamltree.Node) (jobs []*job) {
	for _, part := range []string{"steps", "pipeline", "services"} {
		list := yamltree.Get(doc, part)
		for _, p := range yamltree.Pairs(list) {
			jobs = append(jobs, container(file, kind, p.Key.Value, p.Key.Line, doc, p.Value))
		}
		if yamltree.IsList(list) {
			for _, e := range yamltree.List(list) {
				if e = yamltree.Resolve(e); yamltree.IsMap(e) {
					jobs = append(jobs, container(file, kind, yamltree.Text(yamltree.Get(e, "name")), e.Line, doc, e))
				}
			}
		}
	}
	return jobs
}

// container reads a step of a pipeline.
func container(file, kind, name string, line int, doc, n *yamltree.Node) *job {
	j := &job{kind: kind, file: file, name: name, line: line, last: lastLine(n, line)}
	for _, when := range []*yamltree.Node{yamltree.Get(n, "when"), yamltree.Get(doc, "trigger"), yamltree.Get(doc, "when")} {
		if j.environment == "" {
			j.environment = deploysTo(when)
		}
	}
	for _, s := range yamltree.Words(yamltree.Get(doc, "image_pull_secrets")) {
		j.use(s, ref{line: line, via: "image_pull_secrets " + s})
	}
	j.listed(yamltree.Get(n, "secrets"))
	j.fromSecrets(n)
	j.scan(n, shellVar, "$")
	for _, p := range yamltree.Pairs(doc) {
		if p.Key.Value == "environment" {
			own := keys(yamltree.Get(n, "environment"))
			j.fromSecrets(single(p))
			j.wide(p, own, shellVar, "$")
		}
	}
	return j
}

// deploysTo is the only environment that a condition names.
func deploysTo(when *yamltree.Node) string {
	list := yamltree.List(when)
	if yamltree.IsMap(when) {
		list = []*yamltree.Node{when}
	}
	for _, c := range list {
		for _, key := range []string{"target", "environment"} {
			if all := yamltree.Words(yamltree.Get(c, key)); len(all) == 1 {
				return all[0]
			}
		}
	}
	return ""
}

// listed notes secrets that are a list of names, of {source: NAME, target:
// VARIABLE}, or a map of variables to names.
func (j *job) listed(n *yamltree.Node) {
	for _, e := range yamltree.List(n) {
		e = yamltree.Resolve(e)
		if source := yamltree.Get(e, "source"); source != nil {
			j.stored(yamltree.Text(yamltree.Get(e, "target")), source, "secrets")
		} else if name := yamltree.Text(e); name != "" {
			j.use(name, ref{line: e.Line, via: "secrets " + name})
		}
	}
	for _, p := range yamltree.Pairs(n) {
		j.stored(p.Key.Value, p.Value, "secrets")
	}
}

// fromSecrets notes values that are {from_secret: NAME}.
func (j *job) fromSecrets(n *yamltree.Node) {
	yamltree.Scalars(n, steps, func(keys []string, v *yamltree.Node) bool {
		if at := len(keys) - 2; at > 0 && keys[at+1] == "from_secret" {
			j.stored(keys[at], v, keys[at-1])
		}
		return j.size < maxJob
	})
}

// stored notes that a variable or setting has the value of a secret.
func (j *job) stored(variable string, secret *yamltree.Node, kind string) {
	name := yamltree.Text(secret)
	j.use(name, ref{line: secret.Line, via: via([]string{kind, variable}, "secret ", name)})
	if isVariables([]string{kind, variable}) && names.Plain(variable) != names.Plain(name) {
		j.shadow(variable)
	}
}
