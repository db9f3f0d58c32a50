package iac

import (
	"bytes"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// place takes in one place of the credential: the objects that it stands in,
// and the tokens that its file, variable or value has.
func (l *link) place(p *identity.Place) {
	if p.Path == "" || p.Start < 0 || p.Start > len(p.Text) || p.End > len(p.Text) || p.Start > p.End {
		return
	}
	l.hide(p.Text[p.Start:p.End])
	keys := keysAt(p.Text, p.Start)
	lower, key := strings.ToLower(base(p.Path)), lastKey(keys)
	from := start{path: p.Path, sure: 1, keys: keys, called: key, line: max(p.FirstLine, 1) + bytes.Count(p.Text[:p.Start], []byte("\n"))}
	if strings.EqualFold(key, "value") { // {name: X, value: ...}
		if from.called = p.Around().Key.Name; strings.EqualFold(from.called, key) {
			from.called = ""
		}
	}
	switch {
	case strings.HasSuffix(lower, ".tfvars") || strings.HasSuffix(lower, ".tfvars.json"):
		l.variable(&from, dir(p.Path), keys)
	case isEnv(lower) && isVariable(key):
		from.add(token("env:" + key))
	}
	l.values(&from, lower)
	from.add(fileToken("", p.Path)) // last: what is said of the value itself is better
	l.starts = append(l.starts, from)
	l.enclosing(p, from)
}

// further takes in the places whose text is not at hand, by their paths and lines.
func (l *link) further() {
	seen := map[string]bool{}
	for i := range l.q.Places {
		seen[l.q.Places[i].Path] = true
	}
	if l.q.Finding == nil || len(l.q.Places) == 0 {
		return
	}
	paths, _ := l.q.Paths()
	for i := range l.q.Finding.Locations {
		at := &l.q.Finding.Locations[i]
		p := l.q.In(at)
		if seen[p] || !slices.Contains(paths, p) || !at.AtHead && at.Kind != leak.KindFile {
			continue
		}
		seen[p] = true
		from := start{path: p, sure: 1, line: at.Line}
		if at.Head != nil {
			from.line = at.Head.Line
		}
		from.add(fileToken("", p))
		l.starts = append(l.starts, from)
		l.atHead(from)
	}
}

// enclosing finds the object of the file that the credential stands in.
func (l *link) enclosing(p *identity.Place, from start) {
	l.takenOver(from)
	f := l.ix.formatOf(p.Path)
	if f == nil || p.FirstLine > 1 {
		l.atHead(from)
		return
	}
	for _, o := range withLine(l.r.local(f, p.Path, p.Text).objects, p.Path, from.line) {
		found := false
		for _, h := range l.ix.byPath[p.Path] {
			if h.kind == o.kind && (h.address == o.address || strings.HasSuffix(h.address, "."+o.address)) {
				l.hold(h, from)
				found = true
			}
		}
		if !found {
			l.hold(o, from)
		}
	}
}

// takenOver finds the services of other compose files that have taken over the line.
func (l *link) takenOver(from start) {
	for _, o := range l.ix.compose.over[from.path] {
		if o.line == from.line {
			there := from
			there.path, there.line = o.path, o.object.line
			l.hold(o.object, there)
		}
	}
}

// atHead finds the object of the file at HEAD, of which only a part is at hand.
func (l *link) atHead(from start) {
	for _, o := range withLine(l.ix.byPath[from.path], from.path, from.line) {
		l.hold(o, from)
	}
}

// withLine are the innermost object with a line in it, and those that take over
// what stands there.
func withLine(objects []*object, path string, line int) (out []*object) {
	if o := innermost(objects, path, line); o != nil {
		out = append(out, o)
	}
	for _, o := range objects {
		if o.path == path && slices.Contains(o.also, line) && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}

// innermost is the smallest object with a line in it; nil if it may be one of several, as in
// a state of Terraform that is written in one line: none of its resources is in another one.
func innermost(objects []*object, path string, line int) (best *object) {
	for _, o := range objects {
		if o.path != path || line < o.line || max(o.line, o.end) < line {
			continue
		}
		if best != nil && o.format == "terraform-state" {
			return nil
		}
		if best == nil || o.line >= best.line {
			best = o
		}
	}
	return best
}

// variable takes in a Terraform variable that a .tfvars file sets: of the module
// of its folder, or of one above it, as -var-file is used.
func (l *link) variable(from *start, folder string, keys []string) {
	for _, k := range keys {
		for at := folder; ; at = dir(at) {
			t := token("var:" + at + ":" + k)
			if len(l.ix.offers[t]) > 0 {
				from.add(t)
				break
			}
			if at == "" {
				break
			}
		}
	}
}

// values takes in a value of a Helm chart: all of its path, for templates
// may take a whole branch.
func (l *link) values(from *start, lower string) {
	if !isYAML(lower) || !strings.Contains(lower, "values") && !strings.Contains(from.path, "/values/") {
		return
	}
	chart, ok := l.ix.chartOf(from.path)
	if !ok {
		return
	}
	l.chart = append(l.chart, l.ix.offers[token("chart:"+chart)]...)
	for i := len(from.keys); i > 0; i-- {
		from.add(token("values:" + chart + ":" + strings.Join(from.keys[:i], ".")))
	}
	if len(from.keys) > 1 { // of a chart in this one
		sub := token("values:" + strings.TrimPrefix(chart+"/charts/"+from.keys[0], "/") + ":")
		for i := len(from.keys); i > 1; i-- {
			from.add(sub + token(strings.Join(from.keys[1:i], ".")))
		}
	}
}

// isEnv reports whether a file sets environment variables.
func isEnv(lower string) bool {
	return strings.HasPrefix(lower, ".env") || hasSuffix(lower, ".env", ".envrc", ".sh", ".bash", ".zsh", ".profile", ".bashrc", ".zshrc") ||
		strings.HasPrefix(lower, "env.")
}

// Lines are looked at this far up from a credential.
const maxUp = 400

var keyOnLine = lazy.New(`^[\s\-+]*(?:export\s+|set\s+|ENV\s+|ARG\s+|- )?["']?([A-Za-z_][\w.\-/]{0,99})["']?\s*(?::=|[:=])`)

var keyBefore = lazy.New(`[{,\s"']([A-Za-z_][\w.\-/]{0,99})["']?\s*[:=]\s*["']?$`)

// keysAt are the keys that lead to an offset in a text whose structure shows in
// its indentation: YAML, JSON, HCL, NAME=VALUE. The last is the nearest.
func keysAt(text []byte, at int) []string {
	var keys []string
	indent := 1 << 30
	for n := 0; n < maxUp; n++ {
		first := bytes.LastIndexByte(text[:at], '\n') + 1
		line := text[first:at]
		if n > 0 { // the lines above are whole
			line = bytes.TrimRight(line, "\r")
		}
		line = line[:min(len(line), maxText)]
		if trimmed := bytes.TrimLeft(line, " \t"); len(trimmed) > 0 && trimmed[0] != '#' {
			in := len(line) - len(trimmed)
			var m [][]byte
			if in < indent { // few lines are
				m = keyOnLine.FindSubmatch(line)
			}
			if m != nil {
				if near := keyBefore.FindSubmatch(line); n == 0 && near != nil && bytes.IndexByte(line, '{') >= 0 {
					keys = append(keys, string(near[1])) // {within: braces}
				}
				keys = append(keys, string(m[1]))
				indent = in
			} else if in < indent && n > 0 {
				indent = in
				if b := blockKey(trimmed); b != "" {
					keys = append(keys, b)
				}
			}
			// An element of a list is one level deeper than it is indented.
			if indent == in && bytes.HasPrefix(trimmed, []byte("- ")) {
				indent++
			}
		}
		if first == 0 || indent == 0 && len(keys) > 0 {
			break
		}
		at = first - 1
	}
	for i, j := 0, len(keys)-1; i < j; i, j = i+1, j-1 {
		keys[i], keys[j] = keys[j], keys[i]
	}
	return keys
}

// blockKey is the name of a block of HCL that a line begins: data = {, env {.
func blockKey(line []byte) string {
	word, rest, _ := bytes.Cut(line, []byte(" "))
	if !bytes.HasSuffix(bytes.TrimSpace(rest), []byte("{")) || len(word) == 0 || !isWordByte(word[0]) {
		return ""
	}
	return cut(string(word))
}
