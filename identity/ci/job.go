package ci

import (
	"bytes"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/yamltree"
)

// job is a job of a CI, and what it refers to.
type job struct {
	kind, file, name string
	line, last       int
	seen             []span // lines elsewhere in the file that it sees: shared variables, templates
	environment      string // as it is called there
	token            token
	refs             map[string]ref  // by plain name: secrets and variables
	shadowed         map[string]bool // plain names that are variables of other secrets
	texts            []text          // that can name a file
	settings         []setting
	size             int // of refs, texts and settings
	bytes            int // of texts
	steps            []step
	all              []string          // plain names of secrets that all steps get
	everywhere       bool              // all of its scripts see all of its variables
	odd              bool              // it does not run in a shell of its own, or part of it is not known
	groups           int               // steps and maps that were scanned
	env              map[string]string // literal variables of GitHub's, which expressions name
}

// token says whether a job can log in to a cloud with a token of its own.
type token int

const (
	noToken   token = iota // nothing is known of it
	couldHave              // if it is set up
	hasToken               // it is set up
)

// ref is where a job uses a name.
type ref struct {
	line int
	via  string
	// group numbers the step or map that the reference stands in, whose
	// settings are beside it; 0 for none.
	group int
}

type text struct {
	line int
	text string
}

// setting is a literal value of a map: with, env.
type setting struct {
	name, value string
	line        int
	group       int
}

// Bounds on what is kept of a job: pieces, and bytes of texts.
const (
	maxJob   = 5000
	maxTexts = 256 << 10
)

// span is some lines of a file.
type span struct{ first, last int }

// stands reports whether a line is the job's, or one that it sees.
func (j *job) stands(line int) bool {
	return line >= j.line && line <= j.last || slices.ContainsFunc(j.seen, func(s span) bool { return line >= s.first && line <= s.last })
}

// see notes the lines of a scalar.
func (j *job) see(n *yamltree.Node) {
	s := span{n.Line, lineOf(n, len(n.Value))}
	if s.first >= j.line && s.last <= j.last || j.size >= maxJob {
		return
	}
	if len(j.seen) > 0 {
		if end := &j.seen[len(j.seen)-1]; s.first >= end.first && s.first <= end.last+1 {
			end.last = max(end.last, s.last)
			return
		}
	}
	j.seen = append(j.seen, s)
	j.size++
}

// watch notes the lines of all scalars below n.
func (j *job) watch(n *yamltree.Node) {
	yamltree.Scalars(n, steps, func(_ []string, v *yamltree.Node) bool {
		j.see(v)
		return j.size < maxJob
	})
}

// use notes that a name is used.
func (j *job) use(name string, r ref) {
	key := names.Plain(name)
	if _, ok := j.refs[key]; ok || key == "" || j.size >= maxJob || len(name) > 200 {
		return
	}
	if j.refs == nil {
		j.refs = map[string]ref{}
	}
	j.refs[key] = r
	j.size++
}

// shadow notes that a script's variable has the value of another one: what uses it
// uses that one. Where secrets have names of their own kind it is of no matter.
func (j *job) shadow(name string) {
	key := names.Plain(name)
	if key == "" || j.size >= maxJob || len(name) > 200 {
		return
	}
	if j.shadowed == nil {
		j.shadowed = map[string]bool{}
	}
	j.shadowed[key] = true
	j.size++
}

func (j *job) mention(line int, s string) {
	if j.size < maxJob && len(s) > 3 && strings.ContainsAny(s, "./") && j.bytes+len(s) <= maxTexts {
		j.bytes += len(s)
		j.texts = append(j.texts, text{line, s})
		j.size++
	}
}

func (j *job) set(name, value string, line, group int) {
	if m := githubEnv.FindStringSubmatch(value); m != nil {
		value = j.env[m[1]]
	}
	if j.size < maxJob && name != "" && value != "" && len(value) < 300 && !strings.Contains(value, "${{") && !strings.Contains(value, "$(") {
		j.settings = append(j.settings, setting{name, value, line, group})
		j.size++
	}
}

// lineOf is the line of a place in a scalar, whose text may have several.
func lineOf(n *yamltree.Node, at int) int {
	line := n.Line + strings.Count(n.Value[:at], "\n")
	if n.Style&(literal|folded) != 0 {
		line++ // the text begins behind the line with the | or >
	}
	return line
}

var (
	shellVar  = lazy.New(`\$\{?([A-Za-z_][A-Za-z0-9_]{1,100})`)
	bareVar   = lazy.New(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
	githubVar = lazy.New(`\bsecrets(?:\.([A-Za-z_][A-Za-z0-9_]{0,100})|\[\s*['"]([A-Za-z_][A-Za-z0-9_]{0,100})['"]\s*\])`)
	azureVar  = lazy.New(`\$\(([A-Za-z_][A-Za-z0-9_.-]{1,100})\)|variables(?:\.([A-Za-z_][A-Za-z0-9_]{1,100})|\[\s*['"]([A-Za-z_][A-Za-z0-9_.-]{1,100})['"]\s*\])`)
)

// steps bounds how much of a file's tree is walked.
const steps = 200_000

// scan reads all scalars below n: what they refer to, by a pattern.
func (j *job) scan(n *yamltree.Node, pattern *lazy.RE, prefix string) {
	j.groups++
	group := j.groups
	yamltree.Scalars(n, steps, func(keys []string, v *yamltree.Node) bool {
		key := ""
		if len(keys) > 0 {
			key = keys[len(keys)-1]
		}
		found, other := false, []string(nil)
		for _, m := range pattern.FindAllStringSubmatchIndex(v.Value, 200) {
			name := ""
			for i := 2; i+1 < len(m); i += 2 {
				if m[i] >= 0 {
					name = v.Value[m[i]:m[i+1]]
				}
			}
			j.use(name, ref{line: lineOf(v, m[0]), via: via(keys, prefix, name), group: group})
			other = append(other, names.Plain(name))
			found = true
		}
		if pattern == shellVar && found && isVariables(keys) && !slices.Contains(other, names.Plain(key)) {
			j.shadow(key)
		}
		if !found {
			j.set(key, v.Value, v.Line, group)
		}
		j.mention(lineOf(v, 0), v.Value)
		j.see(v)
		return j.size < maxJob
	})
}

// wide reads what is set for all jobs, but for variables that the job sets anew.
func (j *job) wide(p yamltree.Pair, own []string, pattern *lazy.RE, prefix string) {
	if len(own) > 0 && yamltree.IsMap(p.Value) {
		left := &yamltree.Node{Kind: mapping, Line: p.Key.Line}
		for _, v := range yamltree.Pairs(p.Value) {
			if !slices.Contains(own, v.Key.Value) {
				left.Content = append(left.Content, v.Key, v.Value)
			}
		}
		p.Value = left
	}
	j.scan(single(p), pattern, prefix)
}

// single is the mapping of one pair.
func single(p yamltree.Pair) *yamltree.Node {
	return &yamltree.Node{Kind: mapping, Line: p.Key.Line, Content: []*yamltree.Node{p.Key, p.Value}}
}

// keys are the names in a mapping.
func keys(n *yamltree.Node) (out []string) {
	for _, p := range yamltree.Pairs(n) {
		if len(out) < maxCalls {
			out = append(out, p.Key.Value)
		}
	}
	return out
}

// isVariables reports whether the last key is the name of a variable.
func isVariables(keys []string) bool {
	if len(keys) < 2 {
		return false
	}
	switch keys[len(keys)-2] {
	case "env", "environment", "variables", "secrets", "with", "build-args":
		return true
	}
	return false
}

// via says how a job gets at a secret: "env GCP_SA_KEY", "env KEY = secrets.GCP_SA_KEY",
// "secrets.GCP_SA_KEY in run".
func via(keys []string, prefix, name string) string {
	if isVariables(keys) {
		kind, key := keys[len(keys)-2], keys[len(keys)-1]
		if name == key {
			return kind + " " + key
		}
		return kind + " " + key + " = " + prefix + name
	}
	for i := len(keys) - 1; i >= 0; i-- {
		if keys[i] != "" {
			return prefix + name + " in " + keys[i]
		}
	}
	return prefix + name
}

// readLines reads a file that is no YAML, such as a template of one, line by
// line: all of it counts as one job.
func readLines(file, kind string, data []byte) *job {
	j := &job{kind: kind, file: file, line: 1, last: 1 << 30}
	pattern, prefix := shellVar, "$"
	switch kind {
	case "workflow", "actions":
		pattern, prefix = githubVar, "secrets."
	case "azure-pipelines":
		pattern, prefix = azureVar, ""
	}
	lines(data, pattern, func(num int, _ string, m []string) {
		name := strings.Join(m[1:], "")
		j.use(name, ref{line: num, via: prefix + name})
	})
	return j
}

// lastLine is the line of the last scalar below a node.
func lastLine(n *yamltree.Node, from int) int {
	last := from
	yamltree.Scalars(n, steps, func(_ []string, v *yamltree.Node) bool {
		last = max(last, lineOf(v, len(v.Value)))
		return true
	})
	return last
}

// lines returns which lines of a text have a pattern, with its groups.
func lines(data []byte, pattern *lazy.RE, visit func(num int, line string, m []string)) {
	num := 0
	for l := range bytes.Lines(data) {
		num++
		if len(l) > 4096 {
			l = l[:4096]
		}
		for _, m := range pattern.FindAllSubmatch(l, 20) {
			groups := make([]string, len(m))
			for i := range m {
				groups[i] = string(m[i])
			}
			visit(num, string(l), groups)
		}
	}
}
