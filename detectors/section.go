package detectors

import (
	"bytes"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Many files say whose a credential is in the name of the object, table or section that
// its field stands in: {"asana": {"token": ...}}, [asana] token = ...

// sectionFar is how far in front of a field its sections may begin, in bytes, and
// mostSections how many of them count, from the innermost.
const (
	sectionFar   = 640
	mostSections = 3
)

// sections are the names of what the field at start stands in, the innermost first:
// objects and calls; without an object what is indented less, or a header in brackets.
func (r *reader) sections(start int) (names []string) {
	objects := false
	i, last := start-1, max(0, start-sectionFar)
	for braces, calls := 0, 0; i >= last && len(names) < mostSections; i-- {
		name := ""
		switch c := r.data[i]; {
		case !brackets[c]: // most
			continue
		case c == '}':
			braces++
		case c == ')':
			calls++
		case c == '{':
			if braces--; braces < 0 {
				braces, name = 0, r.objectName(i)
				objects = objects || name != ""
			}
		default:
			if calls--; calls < 0 {
				calls, name = 0, r.called(i)
			}
		}
		if name != "" {
			names = append(names, name)
		}
	}
	r.byte(min(i+1, start-1))
	if objects {
		return names
	}
	return append(names, r.indentedIn(start)...)
}

var brackets = [256]bool{'{': true, '}': true, '(': true, ')': true}

// siblings are the ids of the element that the text of a stands in: of a server in Maven's
// settings, of a credential of Jenkins.
func (r *reader) siblings(a *assigned) []string {
	if a.quote != '<' {
		return nil
	}
	from := max(0, a.start-sectionFar)
	r.byte(a.start - sectionFar - 1)
	text := r.data[from:a.start]
	i := bytes.LastIndex(text, []byte("<id>"))
	if i < 0 {
		return nil
	}
	text = text[i+len("<id>"):]
	n := bytes.Index(text, []byte("</id>"))
	if n < 0 || n > genericKey {
		return nil
	}
	return strings.Fields(strings.Trim(string(text[:n]), "{} "))
}

// called is what the call that opens at i calls: asana.Client, Asana::Client.new. One of a
// single word may be of anything: box, segment.
func (r *reader) called(i int) string {
	from := i
	for i-from < genericKey && (keyByte(r.byte(from-1)) || r.byte(from-1) == ':' && from < i) {
		from--
	}
	if from < 0 || from >= i || commonWords[strings.ToLower(string(r.data[from:i]))] {
		return ""
	}
	return string(r.data[from:i])
}

// objectName is the key of the object that opens at i: of JSON, YAML, TOML and most
// languages, of a provider of Terraform, a class, or a block that stands behind its name.
func (r *reader) objectName(i int) string {
	at := r.spaceBefore(i)
	to := at
	for bytes.IndexByte([]byte("=:>"), r.byte(at-1)) >= 0 {
		at--
	}
	keyed := at < to
	if keyed {
		at = r.spaceBefore(at)
	}
	quoted := r.quote(at - 1)
	if quoted {
		at--
	}
	name, from := r.keyBefore(at)
	if keyed || name == "" {
		return name
	}
	if quoted {
		from--
	}
	kind, _ := r.keyBefore(r.spaceBefore(from))
	for from > 0 && (r.byte(from-1) == ' ' || r.byte(from-1) == '\t') {
		from--
	}
	first := from <= 0 || r.byte(from-1) == '\n'
	if quoted && kind != "provider" || !quoted && !first && !declares[kind] {
		return ""
	}
	return name
}

// declares are words in front of the name of what holds fields.
var declares = wordsOf("class enum interface module namespace object struct type")

func (r *reader) spaceBefore(i int) int {
	for n := 0; n < 2*genericGap && bytes.IndexByte([]byte(" \t\r\n"), r.byte(i-1)) >= 0 && i > 0; n++ {
		i--
	}
	return i
}

// keyBefore is the name that ends at i.
func (r *reader) keyBefore(i int) (name string, from int) {
	from = i
	for i-from < genericKey && keyByte(r.byte(from-1)) {
		from--
	}
	if from < 0 || from >= i {
		return "", i
	}
	return string(r.data[from:i]), from
}

// indentedIn are the sections that indentation shows, and that in brackets which is next.
func (r *reader) indentedIn(start int) (names []string) {
	text := r.data[max(0, start-sectionFar):start]
	r.byte(start - sectionFar - 1)
	indent := -1
	for len(names) < mostSections {
		i := bytes.LastIndexByte(text, '\n')
		if i < 0 && start > sectionFar {
			return names // its line may be cut off
		}
		line := text[i+1:]
		trimmed := bytes.TrimLeft(line, " \t-")
		deep := len(line) - len(trimmed)
		switch name, header := sectionOf(bytes.TrimSpace(trimmed)); {
		case indent < 0: // its own line
			indent = deep
		case len(trimmed) == 0 || trimmed[0] == '\r' || trimmed[0] == '#' || trimmed[0] == ';':
		case header:
			return append(names, name)
		case deep < indent:
			if indent = deep; name != "" {
				names = append(names, name)
			}
		}
		if i <= 0 {
			return names
		}
		text = text[:i]
	}
	return names
}

// sectionOf is the name in a line that begins a section, if it does, and whether what is in
// it need not be indented.
func sectionOf(line []byte) (name string, header bool) {
	name, header = sectionIn(view(line)) // of most lines it is nothing
	return strings.Clone(name), header
}

func sectionIn(text string) (name string, header bool) {
	if in, ok := strings.CutPrefix(text, "["); ok {
		if in, ok = strings.CutSuffix(in, "]"); ok && !strings.ContainsAny(in, ",{}") {
			return strings.Trim(in, `[]" `), true
		}
	}
	if before, ok := strings.CutSuffix(text, ":"); ok {
		before = strings.Trim(before, `"'`)
		if kind, of, ok := strings.Cut(before, " "); ok && declares[kind] {
			before, _, _ = strings.Cut(of, "(")
		}
		if strings.IndexFunc(before, func(c rune) bool { return c > 0x7f || !keyByte(byte(c)) }) < 0 {
			return before, false
		}
	}
	if before, behind, ok := strings.Cut(text, " do"); ok && (behind == "" || strings.HasSuffix(behind, "|")) { // Ruby
		name, _, _ = strings.Cut(before, " ")
	}
	return name, false
}

// settle says whose the value of a field is whose name does not say it, by the sections
// that it stands in, and finds by which of the rules of that provider it is a credential
// as well, had the field the provider's name. text is the window.
func (s *Set) settle(h *Hit, text []byte) (more []settled) {
	named := func(field string) string {
		return s.serviceOf(field, h.Parts[leak.SecretPart].Reveal())
	}
	if named(h.Field) != "" {
		return nil
	}
	for _, section := range h.within {
		field := section + "." + h.Field
		if id := named(field); id != "" {
			h.Field = field
			if h.spoken {
				return s.asNamed(h, id, h.Start, text)
			}
			return s.asNamed(h, id, h.name, text)
		}
	}
	if id, word := s.services.around(h.hosts, h.prose); id != "" {
		if field := word + "." + h.Field; named(field) == id {
			h.Field = field
			if h.header || h.spoken {
				return s.asNamed(h, id, h.Start, text)
			}
			return s.asNamed(h, id, h.name, text)
		}
	}
	return nil
}

// settled is what a rule, by its detector, says of a hit of another.
type settled struct {
	Hit
	detector int
}

// asNamed runs the rules of a provider over a text in which the field of a hit has the
// provider's name before its own, which goes on at from. That of a header says nothing: if
// from is the value's start, it is called an API key.
func (s *Set) asNamed(h *Hit, id string, from int, text []byte) (more []settled) {
	mark := id + "_"
	if from > h.name {
		mark += "api_key="
	}
	as := slices.Concat(text[:h.name], []byte(mark), text[from:])
	longer := len(mark) - (from - h.name)
	back := func(at *int) bool {
		if *at > h.name {
			*at -= longer
		}
		return *at >= 0
	}
	lower := bytes.ToLower(as)
	if len(lower) != len(as) {
		lower = as
	}
	until := h.End + longer
	for _, d := range s.services.rules[id] {
		done := false
		found := func(o Hit) {
			if done || !back(&o.Start) || !back(&o.End) || o.Start != h.Start || o.End != h.End {
				return
			}
			for i := range o.Pieces {
				back(&o.Pieces[i][0])
				back(&o.Pieces[i][1])
			}
			o.Field, done = h.Field, true
			if from > h.name {
				o.Why = append(slices.Clip(o.Why), "what stands around it names "+id)
			}
			more = append(more, settled{o, d})
		}
		for i, l := range s.specs[d].Literals {
			in := as
			if l.Fold {
				in = lower
			}
			for at := max(0, h.name-genericKey); !done; at++ {
				next := bytes.Index(in[at:until], []byte(l.Text))
				if next < 0 {
					break
				}
				at += next
				spec := s.specs[d].plain(d, i)
				lo, hi := max(0, at-int(spec.before)), min(len(as), at+int(spec.after))
				shift := func(o Hit) {
					o.Start, o.End = o.Start+lo, o.End+lo
					for i := range o.Pieces {
						o.Pieces[i][0], o.Pieces[i][1] = o.Pieces[i][0]+lo, o.Pieces[i][1]+lo
					}
					found(o)
				}
				s.ds[d].Find(Window{Data: as[lo:hi], At: at - lo, Lit: i}, shift)
			}
		}
	}
	return more
}
