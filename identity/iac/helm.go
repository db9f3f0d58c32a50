package iac

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/yamltree"
)

// readChart takes in a chart: its maintainers own what its values configure.
func readChart(ix *index, path string, data []byte) {
	ix.documents(path, data, nil, func(doc *node, end int) {
		o := &object{format: "helm", kind: "Chart", address: "Chart/" + cut(text(get(doc, "name"))), path: path, line: doc.Line, end: end, label: cut(text(get(doc, "name")))}
		o.offer(token("chart:" + dir(path)))
		for _, m := range list(get(doc, "maintainers")) {
			name, mail := cut(text(get(m, "name"))), cut(text(get(m, "email")))
			if mail != "" && name != "" {
				name += " <" + mail + ">"
			}
			o.tagged("maintainer", name, m.Line)
		}
		ix.add(o)
	})
}

// readTemplate reads a template of a chart. Templates are not YAML: what stands
// in {{ }} is replaced by words of our own, so that most become YAML. Where one does
// not, the values that it uses are still known.
func readTemplate(ix *index, path string, data []byte) {
	chart, _, _ := strings.Cut("/"+path, "/templates/")
	chart = strings.TrimPrefix(chart, "/")
	t := &template{ix: ix, path: path, chart: chart}
	line := 1
	for rest := data; len(rest) > 0; {
		var doc []byte
		doc, rest = cutDocument(rest)
		t.document(doc, line)
		line += bytes.Count(doc, []byte("\n"))
	}
}

type template struct {
	ix          *index
	path, chart string
	exprs       []string
}

// document reads one document of a template, which begins at a line.
func (t *template) document(doc []byte, first int) {
	t.exprs = nil
	cleaned, values := t.clean(doc, first)
	var o *object
	if len(cleaned) <= yamltree.MaxBytes && bytes.Contains(cleaned, []byte("kind:")) {
		if docs, err := yamltree.Parse(cleaned); err == nil && len(docs) == 1 {
			shift(docs[0], first-1)
			o = t.ix.manifest("helm", t.path, docs[0], first+bytes.Count(doc, []byte("\n")), t.plain)
		}
	}
	if o == nil {
		kind, name := lineValue(doc, "kind:"), t.plain(lineValue(cleaned, "  name:"))
		if kind == "" || len(values) == 0 {
			return
		}
		o = &object{format: "helm", kind: kind, address: kind + "/" + name, label: name, path: t.path, line: first, end: first + bytes.Count(doc, []byte("\n"))}
		switch kind {
		case "Secret":
			o.offer(token("secret:" + name))
		case "ConfigMap":
			o.offer(token("configmap:" + name))
		default:
			o.consumer = strings.ToLower(kind)
		}
		t.ix.add(o)
	}
	for _, v := range values {
		if o.use(v.token, v.line, v.via); o.kind == "Secret" && len(o.uses) > 0 && o.uses[len(o.uses)-1].token == v.token {
			o.uses[len(o.uses)-1].entry = v.entry
		}
	}
	o.label, o.address = t.pretty(o.label), t.pretty(o.address)
	for i, u := range o.uses { // what a chart's templates call by a function is its own
		o.uses[i].token = t.own(u.token)
	}
	for i, offer := range o.offers {
		o.offers[i] = t.own(offer)
	}
	o.use(token("chart:"+t.chart), o.line, "")
}

// own makes a token with a template in it one of this chart.
func (t *template) own(tok token) token {
	if i := strings.IndexByte(string(tok), ':'); strings.Contains(string(tok), "{{") {
		return tok[:i+1] + token(t.chart+"|") + tok[i+1:]
	}
	return tok
}

var valuePath = lazy.New(`\.Values((?:\.[A-Za-z_][A-Za-z0-9_]*)+)`)

// clean replaces what stands in {{ }}; lines keep their numbers.
func (t *template) clean(doc []byte, first int) (cleaned []byte, values []use) {
	line := first
	for len(doc) > 0 {
		i := bytes.Index(doc, []byte("{{"))
		if i < 0 {
			break
		}
		end := bytes.Index(doc[i:], []byte("}}"))
		if end < 0 {
			break
		}
		line += bytes.Count(doc[:i], []byte("\n"))
		expr := string(doc[i+2 : i+end])
		for _, m := range valuePath.FindAllStringSubmatch(expr, 20) {
			if len(values) < maxUses {
				values = append(values, use{token: token("values:" + t.chart + ":" + m[1][1:]), line: line, via: "value" + m[1], entry: entryBefore(doc[:i])})
			}
		}
		lineStart := bytes.LastIndexByte(doc[:i], '\n') + 1
		after := doc[i+end+2:]
		alone := len(bytes.TrimSpace(doc[lineStart:i])) == 0 && endsLine(after)
		cleaned = append(cleaned, doc[:i]...)
		if newlines := strings.Count(expr, "\n"); alone || newlines > 0 {
			if alone { // also what indents it
				cleaned = bytes.TrimRight(cleaned, " \t")
			}
			cleaned = append(cleaned, strings.Repeat("\n", newlines)...)
			line += newlines
		} else {
			cleaned = append(cleaned, "__"+strconv.Itoa(len(t.exprs))+"__"...)
			t.exprs = append(t.exprs, strings.Join(strings.Fields(strings.Trim(expr, "-")), " "))
		}
		doc = after
	}
	return append(cleaned, doc...), values
}

// entryBefore is the key whose value begins behind some text; empty for none.
func entryBefore(s []byte) string {
	line := bytes.Trim(s[bytes.LastIndexByte(s, '\n')+1:], " \t\"'")
	if key, ok := bytes.CutSuffix(line, []byte(":")); ok && len(key) < 200 {
		return strings.Trim(string(key), `"'`)
	}
	return ""
}

func endsLine(s []byte) bool {
	for _, c := range s {
		switch c {
		case '\n':
			return true
		case ' ', '\t', '\r':
		default:
			return false
		}
	}
	return true
}

var placeholder = lazy.New(`__([0-9]+)__`)

// plain puts the expressions back into a name.
func (t *template) plain(name string) string {
	if !strings.Contains(name, "__") {
		return cut(name)
	}
	return cut(placeholder.ReplaceAllStringFunc(name, func(p string) string {
		if n, err := strconv.Atoi(strings.Trim(p, "_")); err == nil && n < len(t.exprs) {
			e, _, _ := strings.Cut(t.exprs[n], "|") // without quote, trunc and the like
			return "{{" + strings.TrimSpace(e) + "}}"
		}
		return p
	}))
}

var expression = lazy.New(`\{\{[^{}]*\}\}`)

// pretty puts the chart's name for what only Helm can compute.
func (t *template) pretty(name string) string {
	chart := base(t.chart)
	if chart == "" {
		chart = "chart"
	}
	return expression.ReplaceAllLiteralString(name, chart)
}

// lineValue is what follows the first line that begins with a key.
func lineValue(doc []byte, key string) string {
	for len(doc) > 0 {
		var line []byte
		line, doc, _ = bytes.Cut(doc, []byte("\n"))
		if after, ok := bytes.CutPrefix(line, []byte(key)); ok {
			return cut(strings.Trim(strings.TrimSpace(string(after)), `"'`))
		}
	}
	return ""
}

// chartOf returns the chart that a values file is for: that of its folder or
// of one above, or the only one there is.
func (ix *index) chartOf(path string) (string, bool) {
	for at := dir(path); ; at = dir(at) {
		for _, c := range ix.charts {
			if c == at {
				return c, true
			}
		}
		if at == "" {
			break
		}
	}
	if len(ix.charts) == 1 {
		return ix.charts[0], true
	}
	return "", false
}
