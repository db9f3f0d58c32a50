package around

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Key is what a credential is called where it stands.
type Key struct {
	Name  string // of the variable or field; may be empty
	Line  int
	Above []string // the names of what encloses it, the nearest first: YAML keys, sections
	// Held is the variable whose value is the text of the object that it is in:
	// GCP_SA_KEY='{"private_key": ...}'. Empty for none.
	Held string
}

// Text is what a text says around a place.
type Text struct {
	Key    Key
	Own    Field   // the one at the place
	Fields []Field // all others

	text   []byte
	start  int
	region region
	tree   *tree

	rivals []rival // fields like the own one, once somebody asked
	asked  bool
	named  map[name][]int // where fields of a name stand, in order, once somebody asked
	begins map[int]int    // where records begin, once somebody asked
	blocks blocks
	room   *room
}

// room is what a text is read into. It is used again: a scan reads thousands of them.
type room struct {
	lines  []line
	fields []Field
	grower grower
}

var rooms sync.Pool

// Release gives back the memory of a text that nobody asks anything any more.
func (s *Text) Release() {
	if s.room == nil {
		return
	}
	clear(s.region.lines) // they hold the text
	clear(s.Fields)
	s.room.lines, s.room.fields = s.region.lines[:0], s.Fields[:0]
	rooms.Put(s.room)
	*s = Text{}
}

// Read reads what stands around [start, end) of a text, which begins with a line of
// some number.
func Read(text []byte, start, end, firstLine int) *Text {
	had, _ := rooms.Get().(*room)
	if had == nil {
		had = &room{}
	}
	s := &Text{text: text, start: start, region: cut(text, start, firstLine, had.lines), room: had}
	if len(s.region.lines) == 0 {
		return s
	}
	if firstLine <= 1 && s.table(end) {
		return s
	}
	all := had.fields
	for i := range s.region.lines {
		all = s.region.lines[i].fields(all)
	}
	s.tree = grow(s.region.lines, had)
	for i := range all {
		all[i].record = s.tree.of(all[i].at)
	}
	named(all, s.tree)
	best := -1
	for i, f := range all {
		// The shortest value that the credential is in: a URL may be around it.
		if f.at <= start && start < max(f.end, f.at+1) && f.Value != "" && (best < 0 || f.end-f.at <= all[best].end-all[best].at) {
			best = i
		}
	}
	for i, f := range slices.Backward(all) { // behind a word: "Authorization: Bearer x"
		if best < 0 && f.Line == s.region.lines[s.region.own].num && f.end <= start && start-f.end < 20 {
			best = i
		}
	}
	own := s.region.lines[s.region.own]
	s.Own = Field{Line: own.num, Indent: own.indent, at: start, end: end}
	if best >= 0 {
		s.Own = all[best]
	} else {
		s.Own.Name = s.region.header(&s.Own)
		s.Own.record = s.tree.of(s.Own.at)
	}
	s.Fields = slices.DeleteFunc(all, func(f Field) bool { // the own one, and what is within it
		return best >= 0 && f == s.Own || f.end > start && f.at < end
	})
	s.Key = Key{Name: strings.Clone(s.Own.Name), Line: s.Own.Line}
	s.above()
	return s
}

// Worth says how much a value counts that was found near the place, and false if it
// does not stand in a field.
func (s *Text) Worth(value string) (weight float64, ok bool) {
	for i := range s.Fields {
		if f := &s.Fields[i]; strings.Contains(f.Value, value) {
			weight, ok = max(weight, s.Weight(f)), true
		}
	}
	if ok || value == "" || len(s.region.lines) == 0 {
		return weight, ok
	}
	first, last := &s.region.lines[0], &s.region.lines[len(s.region.lines)-1]
	from := first.at
	for text := s.text[from:min(len(s.text), last.at+len(last.text))]; ; {
		i := bytes.Index(text, []byte(value))
		if i < 0 {
			return 0, ok
		}
		if s.tree == nil && s.onLine(from+i) || s.tree != nil && !s.tree.to(s.tree.of(from+i), s.Own.record).apart {
			return 0, false
		}
		ok = true
		text, from = text[i+len(value):], from+i+len(value)
	}
}

// onLine reports whether a place is in the credential's line.
func (s *Text) onLine(at int) bool {
	own := &s.region.lines[s.region.own]
	return own.at <= at && at < own.at+len(own.text)
}

// maxUp is how many lines above a key of a text of several lines is looked for.
const maxUp = 3

// header returns the key of a text of several lines, such as a PEM key in YAML:
// "key: |" or KEY=<<EOF above it.
func (r *region) header(own *Field) string {
	for i := r.own; i >= max(0, r.own-maxUp); i-- {
		l := &r.lines[i]
		text := trimEnd(l.text)
		for _, end := range []string{"|", "|-", "|+", ">", ">-", "=", ":", "= \"", "=\"", "EOF", "EOT", "'''", `"""`, "`", "("} {
			if !strings.HasSuffix(text, end) || i == r.own && (end == ":" || end == "=") {
				continue
			}
			if fs := l.fields(nil); len(fs) > 0 {
				own.Indent, own.Line, own.at = l.indent, l.num, l.at+l.indent
				return fs[0].Name
			}
		}
	}
	return ""
}

// above finds the names of what encloses the place: of braces, in as many lines as
// they are, and around these by indentation.
func (s *Text) above() {
	var out []string
	num, indent := s.Own.Line, s.Own.Indent
	for r := s.tree.of(s.Own.at); s.tree.records[r].opener >= 0 && len(out) < maxAbove; r = s.tree.records[r].parent {
		at := s.tree.records[r].opener
		l := s.region.at(at)
		if s.Key.Held == "" {
			s.Key.Held = strings.Clone(holder(l.text[:at-l.at]))
		}
		if name := opened(l.text[:at-l.at]); name != "" {
			out = append(out, strings.Clone(name))
		} else if line := strings.TrimSpace(l.text[:at-l.at]); line == "" {
			if name = opened(s.region.before(l)); name != "" { // the brace has a line of its own
				out = append(out, strings.Clone(name))
			}
		}
		num, indent = l.num, l.indent
	}
	if l := s.region.at(s.Own.at); s.Key.Held == "" { // in double quotes, braces are text
		if i := strings.Index(l.text, `"{`); i >= 0 && l.at+i < s.Own.at && strings.HasPrefix(strings.TrimLeft(l.text[i+2:], " "), `\`) {
			s.Key.Held = strings.Clone(holder(l.text[:i+1]))
		}
	}
	out = append(out, s.region.above(num, indent)...)
	s.Key.Above = out[:min(len(out), maxAbove)]
}

// holder is the name of a variable whose value begins with a brace behind a text, as
// text: in quotes, or in an environment's line, NAME={.
func holder(before string) string {
	name := strings.TrimRight(before, `'"`+"`")
	quoted := len(name) < len(before)
	if quoted {
		name = trimEnd(name)
	}
	if name == "" || name[len(name)-1] != '=' && (!quoted || name[len(name)-1] != ':') {
		return ""
	}
	name = opened(name)
	if !quoted && (name == "" || strings.ToUpper(name) != name) {
		return ""
	}
	return name
}

// at is the line with a place of the text in it.
func (r *region) at(place int) *line {
	i, _ := slices.BinarySearchFunc(r.lines, place+1, func(l line, at int) int { return cmp.Compare(l.at, at) })
	return &r.lines[max(i-1, 0)]
}

// before is the text of the line before one that is not empty and no comment.
func (r *region) before(l *line) string {
	i, _ := slices.BinarySearchFunc(r.lines, l.num, func(l line, num int) int { return cmp.Compare(l.num, num) })
	for i--; i >= 0; i-- {
		if !r.lines[i].blank && !r.lines[i].note {
			return r.lines[i].text
		}
	}
	return ""
}

// opened is the name of what a brace opens behind a text: "name": {, name = {, and for
// resource "type" "name" { the last.
func opened(text string) string {
	text = strings.TrimRight(text, " \t\r:=>")
	if text == "" {
		return ""
	}
	if quote := text[len(text)-1]; quote == '"' || quote == '\'' {
		text = text[:len(text)-1]
		if name := text[strings.LastIndexByte(text, quote)+1:]; len(name) < MaxName && len(name) < len(text) {
			return name
		}
		return ""
	}
	if text = text[strings.LastIndexAny(text, " \t{[(,;:")+1:]; isWord(text) {
		return text
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
			if text[0] == '[' && strings.HasSuffix(text, "]") && len(text) < MaxName {
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
