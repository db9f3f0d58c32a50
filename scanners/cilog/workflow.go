package cilog

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/whosekey/whosekey/internal/yamltree"
	"github.com/whosekey/whosekey/leak"
)

// workflows are the workflow files of a checkout, to say which line printed what.
type workflows struct {
	commands []command
}

// command is a line of a script, or a step, in a workflow file.
type command struct {
	file, workflow string
	job, jobName   string // its key, and what it is called
	step           string // its name; empty for none
	text           string
	line           int
	first          bool // of its script
}

// Bounds on what is read of a checkout.
const (
	maxWorkflow  = 1 << 20
	maxWorkflows = 500
	maxCommands  = 100_000
)

// workflows reads the files that can have printed the logs.
func (s *Source) workflows() *workflows {
	w := &workflows{}
	if s.opts.Workflows == "" {
		return w
	}
	root, err := os.OpenRoot(s.opts.Workflows)
	if err != nil {
		s.cov.Note("the workflow files could not be read: " + err.Error())
		return w
	}
	defer root.Close()
	read := func(name string) {
		if st, err := root.Stat(filepath.FromSlash(name)); err != nil || !st.Mode().IsRegular() || st.Size() > maxWorkflow {
			return
		}
		data, err := root.ReadFile(filepath.FromSlash(name))
		if err != nil {
			return
		}
		docs, err := yamltree.Parse(data)
		if err != nil {
			s.cov.Note("a workflow file could not be read: " + name)
			return
		}
		for _, doc := range docs {
			w.add(name, doc)
		}
	}
	if dir, err := root.Open(".github/workflows"); err == nil {
		names, _ := dir.Readdirnames(maxWorkflows)
		dir.Close()
		for _, n := range names {
			if e := path.Ext(n); e == ".yml" || e == ".yaml" {
				read(".github/workflows/" + n)
			}
		}
	}
	for _, n := range []string{".gitlab-ci.yml", ".circleci/config.yml", "azure-pipelines.yml", ".buildkite/pipeline.yml", "bitbucket-pipelines.yml"} {
		read(n)
	}
	return w
}

// add reads the scripts of a file. All services have them under one of a few
// keys, somewhere below what is called a job.
func (w *workflows) add(file string, doc *yamltree.Node) {
	c := command{file: file, workflow: yamltree.Text(yamltree.Get(doc, "name"))}
	jobs := yamltree.Get(doc, "jobs")
	if jobs == nil {
		jobs = doc
	}
	for _, p := range yamltree.Pairs(jobs) {
		c.job = p.Key.Value
		c.jobName = yamltree.Text(yamltree.Get(p.Value, "name"))
		w.walk(c, p.Value, 0)
	}
}

func (w *workflows) walk(c command, n *yamltree.Node, depth int) {
	if n == nil || depth > 12 || len(w.commands) > maxCommands {
		return
	}
	for _, item := range yamltree.List(n) {
		w.walk(c, item, depth+1)
	}
	if !yamltree.IsMap(n) {
		return
	}
	for _, key := range []string{"name", "displayName", "label"} {
		if t := yamltree.Text(yamltree.Get(n, key)); t != "" && depth > 0 {
			c.step = t
		}
	}
	if uses := yamltree.Get(n, "uses"); uses != nil {
		c.text, c.line, c.first = yamltree.Text(uses), uses.Line, true
		w.commands = append(w.commands, c)
	}
	for _, p := range yamltree.Pairs(n) {
		switch p.Key.Value {
		case "run", "script", "before_script", "after_script", "command", "commands", "bash", "pwsh", "powershell":
			w.script(c, p.Value)
		}
		w.walk(c, p.Value, depth+1)
	}
}

func (w *workflows) script(c command, n *yamltree.Node) {
	if yamltree.IsMap(n) { // CircleCI: run: {command: ...}
		return
	}
	nodes := yamltree.List(n)
	if len(nodes) == 0 {
		nodes = []*yamltree.Node{n}
	}
	first := true
	for _, n := range nodes {
		block := 0
		if strings.Contains(n.Value, "\n") {
			block = 1 // the text begins behind the line with the |
		}
		for i, line := range strings.Split(n.Value, "\n") {
			if line = strings.TrimSpace(line); line == "" || len(w.commands) > maxCommands {
				continue
			}
			c.text, c.line, c.first = line, n.Line+i+block, first
			w.commands = append(w.commands, c)
			first = false
		}
	}
}

// find sets the line that printed what was seen at a spot: that of the command
// that was echoed last, if it is there, or the start of the step.
func (w *workflows) find(l *leak.Log, s *spot) {
	if len(w.commands) == 0 {
		return
	}
	best, score := -1, 0
	for i := range w.commands {
		if n := w.commands[i].fits(l, s); n > score {
			best, score = i, n
		}
	}
	if best >= 0 {
		c := &w.commands[best]
		l.Source, l.SourceLine = c.file, c.line
		if l.Workflow == "" {
			l.Workflow = c.workflow
		}
	}
}

// fits says how well a command explains what was seen; 0 for not at all.
func (c *command) fits(l *leak.Log, s *spot) int {
	n := 0
	step := strings.TrimPrefix(s.step, "Run ")
	switch {
	case c.step != "" && (c.step == s.step || c.step == l.Step):
		n += 4
	case c.first && (c.text == step || c.text == strings.TrimPrefix(l.Step, "Run ")):
		n += 4
	}
	if s.command != "" {
		switch {
		case c.text == s.command:
			n += 6
		case alike(c.text, s.command):
			n += 5
		}
	}
	if n == 0 {
		return 0
	}
	if job := l.Job; job != "" {
		switch {
		case c.job == job || c.jobName == job:
			n += 2
		case strings.HasPrefix(job, c.job+" ") || c.jobName != "" && strings.HasPrefix(job, c.jobName+" "):
			n++
		default:
			if len(job) > 0 && c.step == "" && !c.first {
				n--
			}
		}
	}
	if l.Workflow != "" && l.Workflow == c.workflow {
		n++
	}
	if c.first {
		n = n*2 + 1
	} else {
		n *= 2
	}
	return n
}

// alike reports whether a trace can be that of a command, whose variables the
// shell has replaced: the words before the first of them are the same.
func alike(text, traced string) bool {
	fixed, _, cut := strings.Cut(text, "$")
	fixed = strings.TrimRight(fixed, `"'`)
	return cut && len(fixed) >= 4 && strings.HasPrefix(plainQuotes.Replace(traced), plainQuotes.Replace(fixed))
}

var plainQuotes = strings.NewReplacer(`"`, "", `'`, "")
