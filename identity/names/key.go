package names

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
)

// Key is what a credential is called where it stands.
type Key struct {
	Name  string // of the variable or field; may be empty
	Line  int
	Above []string // the names of what encloses it, the nearest first: YAML keys, sections
}

// At returns what the credential at a place is called.
func At(p *identity.Place) Key { return look(p).key }

// seen is what the text around a credential says.
type seen struct {
	key    Key
	own    Field // the credential's
	region region
	fields []Field // all, the credential's own left out
	rivals []rival // other credentials of the kind, once somebody asked
	asked  bool
}

// look reads the text around a credential, once.
func look(p *identity.Place) *seen {
	if s, ok := p.Read.(*seen); ok {
		return s
	}
	s := read(p)
	p.Read = &s
	return &s
}

func read(p *identity.Place) seen {
	s := seen{region: cut(p.Text, p.Start, p.FirstLine)}
	if len(s.region.lines) == 0 {
		return s
	}
	all := make([]Field, 0, min(len(s.region.lines), maxFields))
	for i := range s.region.lines {
		all = s.region.lines[i].fields(all)
	}
	all = named(all)
	best := -1
	for i, f := range all {
		// The shortest value that the credential is in: a URL may be around it.
		if f.at <= p.Start && p.Start < max(f.end, f.at+1) && f.Value != "" && (best < 0 || f.end-f.at <= all[best].end-all[best].at) {
			best = i
		}
	}
	for i, f := range slices.Backward(all) { // behind a word: "Authorization: Bearer x"
		if best < 0 && f.Line == s.region.lines[s.region.own].num && f.end <= p.Start && p.Start-f.end < 20 {
			best = i
		}
	}
	for i, f := range all {
		if i != best && (f.end <= p.Start || f.at >= p.End) {
			s.fields = append(s.fields, f)
		}
	}
	own := s.region.lines[s.region.own]
	s.own = Field{Line: own.num, Indent: own.indent}
	if best >= 0 {
		s.own = all[best]
	} else {
		s.own.Name = s.region.header(&s.own)
	}
	s.key = Key{Name: strings.Clone(s.own.Name), Line: s.own.Line, Above: s.region.above(s.own.Line, s.own.Indent)}
	return s
}

// maxUp is how many lines above a key of a text of several lines is looked for.
const maxUp = 3

// header returns the key of a text of several lines, such as a PEM key in YAML:
// "key: |" or KEY=<<EOF above it.
func (r *region) header(own *Field) string {
	for i := r.own; i >= max(0, r.own-maxUp); i-- {
		l := &r.lines[i]
		text := strings.TrimRight(l.text, " \t\r")
		for _, end := range []string{"|", "|-", "|+", ">", ">-", "=", ":", "= \"", "=\"", "EOF", "EOT", "'''", `"""`, "`", "("} {
			if !strings.HasSuffix(text, end) || i == r.own && (end == ":" || end == "=") {
				continue
			}
			if fs := l.fields(nil); len(fs) > 0 {
				own.Indent, own.Line = l.indent, l.num
				return fs[0].Name
			}
		}
	}
	return ""
}

// maxAbove bounds the names of what encloses a credential.
const maxAbove = 8

// above returns the names of what encloses a line, by indentation: YAML, JSON
// that is printed nicely, blocks of HCL; and sections of INI files.
func (r *region) above(num, indent int) (out []string) {
	i := r.own
	for i > 0 && r.lines[i].num > num {
		i--
	}
	for i--; i >= 0 && len(out) < maxAbove; i-- {
		l := &r.lines[i]
		text := strings.TrimSpace(l.text[:min(len(l.text), maxLine)])
		if l.blank || text[0] == '#' {
			continue
		}
		if indent == 0 { // sections end at the next one
			if text[0] == '[' && strings.HasSuffix(text, "]") && len(text) < maxName {
				return append(out, strings.Clone(strings.Trim(text, "[] \"")))
			}
			if text == "---" {
				return out
			}
			continue
		}
		if l.indent >= indent {
			continue
		}
		if name := blockName(text); name != "" {
			out = append(out, strings.Clone(name))
		}
		indent = l.indent
	}
	return out
}

// blockName is the name of what a line opens: "name:", "\"name\": {", and for
// resource "type" "name" { the last.
func blockName(text string) string {
	text = strings.TrimRight(strings.TrimSpace(strings.TrimPrefix(text, "- ")), "{[ :=>|&*")
	if i := strings.LastIndexAny(text, " \t"); i >= 0 {
		text = text[i+1:]
	}
	text = strings.Trim(text, `"'`)
	if isWord(text) {
		return text
	}
	return ""
}
