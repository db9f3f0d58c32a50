package iac

import (
	"context"
	"slices"

	"github.com/whosekey/whosekey/identity"
)

// composed are the services of all compose files until all are read: one may extend
// another file's (docs.docker.com, Compose file reference, "extends" and "include").
type composed struct {
	services []composeService
	defined  map[string]*node // what stands under "services", by file
	named    []namedFile
	// over are the services that have taken over a line of another file.
	over map[string][]overLine
}

type composeService struct {
	path      string
	key, node *node
	last      int // line
}

// namedFile is one that another file names: to take in, or for what it defines for
// others alone.
type namedFile struct {
	path string
	all  bool
}

// included reads a file that is none of compose's by its name.
var included = &format{read: readCompose}

// formatOf is how a file of the tree was read.
func (ix *index) formatOf(path string) *format {
	if slices.Contains(ix.compose.named, namedFile{path, true}) {
		return included
	}
	return formatOf(path)
}

// overLine is a line whose value a service of another file has taken over.
type overLine struct {
	line int
	*object
}

// Bounds on services in a row that extend another one, and files that are named.
const (
	maxExtends = 8
	maxNamed   = 500
)

func (c *composed) add(s composeService) {
	if len(c.services) >= maxObjects {
		return
	}
	c.services = append(c.services, s)
	c.extends(s.path, s.node)
}

// extends notes the file of which a service extends another one, if there is one.
func (c *composed) extends(path string, service *node) {
	if file := text(get(service, "extends", "file")); file != "" {
		c.wants(join(dir(path), file), false)
	}
}

// define notes what a file defines.
func (c *composed) define(path string, doc *node) {
	if services := get(doc, "services"); isMap(services) && c.defined[path] == nil && len(c.defined) < maxFiles {
		if c.defined == nil {
			c.defined = map[string]*node{}
		}
		c.defined[path] = services
	}
}

func (c *composed) wants(path string, all bool) {
	if path != "" && len(c.named) < maxNamed && !slices.Contains(c.named, namedFile{path, all}) {
		c.named = append(c.named, namedFile{path, all})
	}
}

// onlyDefines reads a file for what it defines for others.
var onlyDefines = &format{read: func(ix *index, path string, data []byte) {
	ix.documents(path, data, nil, func(doc *node, _ int) {
		ix.compose.define(path, doc)
		for _, s := range pairs(get(doc, "services")) {
			ix.compose.extends(path, s.Value)
		}
	})
}}

// readNamed reads the files that compose files name and that are not called as such
// files are.
func (ix *index) readNamed(ctx context.Context, repo identity.Repository) error {
	for i := 0; i < len(ix.compose.named); i++ {
		n := ix.compose.named[i]
		if !ix.has(n.path) || ix.compose.defined[n.path] != nil || skipped(n.path) {
			continue
		}
		f := onlyDefines
		if n.all {
			f = included
		}
		if _, err := ix.readFile(ctx, repo, f, n.path); err != nil {
			return err
		}
	}
	return nil
}

// finishCompose takes in all services.
func (ix *index) finishCompose() {
	for _, s := range ix.compose.services {
		ix.service(s, ix.compose.inherited(s))
	}
	ix.compose.services, ix.compose.defined = nil, nil
}

// A part is a service, or one that it extends, and its file.
type part struct {
	path string
	node *node
}

// inherited are a service and those that it extends, the nearest first.
func (c *composed) inherited(s composeService) (out []part) {
	for p := (part{s.path, s.node}); p.node != nil && len(out) < maxExtends && !slices.Contains(out, p); {
		out = append(out, p)
		from := get(p.node, "extends")
		name := text(from)
		if isMap(from) {
			name = text(get(from, "service"))
			if file := get(from, "file"); file != nil {
				p.path = join(dir(p.path), text(file))
			}
		}
		p.node = get(c.defined[p.path], name)
	}
	return out
}

// service takes in a service of a compose file, with what it inherits: of a variable
// that is set twice, by an anchor's values or a service's that it extends, only its own.
func (ix *index) service(s composeService, all []part) {
	name, first := cut(s.key.Value), s.key.Line
	o := &object{format: "compose", kind: "service", address: "services." + name, path: s.path, line: first, end: s.last, consumer: "compose service", label: name}
	set := map[string]bool{}
	for _, p := range all {
		for _, e := range environment(get(p.node, "environment")) {
			if set[e.name] {
				continue
			}
			set[e.name] = true
			at := e.line
			switch {
			case p.path != s.path:
				at = first
				if e.value != "" {
					ix.compose.takeOver(p.path, e.line, o)
				}
			case (e.line < first || e.line > s.last) && e.value != "":
				o.also = append(o.also, e.line)
			}
			if e.value == "" || slices.Contains(interpolated(e.value), e.name) { // else it has another value
				o.use(token("env:"+e.name), at, "env "+e.name)
			}
		}
		ix.mounts(o, p.path, p.node)
	}
	ix.add(o)
}

func (c *composed) takeOver(path string, line int, o *object) {
	if c.over == nil {
		c.over = map[string][]overLine{}
	}
	if len(c.over[path]) < maxSame {
		c.over[path] = append(c.over[path], overLine{line, o})
	}
}
