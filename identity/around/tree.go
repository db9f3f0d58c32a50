package around

import "strings"

// A record is what fields belong together in: an object, a section, an element of a
// list, a document, an element of XML.
type record struct {
	parent int
	list   bool // its elements are records, and it has no names
	flat   bool // empty lines divide it: it is not in brackets
	opener int  // where the brace or bracket is that opens it; -1 for none
}

// tree is the records of a text. Record 0 is around all of it.
type tree struct {
	records []record
	from    []int // where another record begins or goes on, ascending
	in      []int // which
}

// Bounds on the records of a text.
const (
	maxRecords = 4000
	maxOpen    = 100
)

// of is the record of a place.
func (t *tree) of(at int) int {
	lo, hi := 0, len(t.from)
	for lo < hi {
		if mid := (lo + hi) / 2; t.from[mid] <= at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return 0
	}
	return t.in[lo-1]
}

// A relation is how two records stand to each other: how many records, lists left
// out, the one is above or below the other.
type relation struct {
	up, down int
	apart    bool // each is in a record that the other is not in
	element  bool // an element of a list is between them, on the way down
}

// to is how record a stands to b: up if b is in a.
func (t *tree) to(a, b int) (r relation) {
	if n, _, ok := t.steps(b, a); ok {
		return relation{up: n}
	}
	n, element, ok := t.steps(a, b)
	return relation{down: n, element: element, apart: !ok}
}

// steps goes up from a record to one that it is in.
func (t *tree) steps(from, to int) (n int, element, ok bool) {
	for i := 0; from != to; i++ {
		if from == 0 || i > len(t.records) {
			return n, element, false
		}
		r := &t.records[from]
		if !r.list {
			n++
		}
		from = r.parent
		element = element || t.records[from].list
	}
	return n, element, true
}

// level is a record that is open.
type level struct {
	record int
	kind   byte // of the brackets, or one of those below
	col    int
	name   string // of a section or an element
}

const (
	document = 'd'
	section  = 's'
	indented = 'i'
	list     = 'l' // of lines that begin with a dash
	element  = '-'
	tag      = '<'
)

// grower makes a tree.
type grower struct {
	tree
	open []level // never empty
}

// grow reads the records of some lines. It knows brackets, indentation, dashes,
// sections, documents and tags, and takes each text for all of them: there is hardly
// one where they contradict each other. What is not closed ends with the text.
func grow(lines []line, in *room) *tree {
	g := &in.grower
	g.records, g.from, g.in = append(g.records[:0], record{flat: true, opener: -1}), g.from[:0], g.in[:0]
	g.open = append(g.open[:0], level{kind: document})
	tags := 0
	for i := range lines {
		if body := strings.TrimSpace(lines[i].text); strings.HasPrefix(body, "<") {
			tags++
		} else if body != "" {
			tags--
		}
	}
	goesOn := false // the line before ends with a backslash
	for i := range lines {
		l := &lines[i]
		switch {
		case tags > 0:
			g.xml(l)
			continue
		case l.blank || l.note:
			continue
		case g.top().kind != '{' && g.top().kind != '[' && g.top().kind != '(' && !goesOn:
			g.begin(l)
		}
		g.brackets(l)
		goesOn = strings.HasSuffix(trimEnd(l.text), "\\")
	}
	return &g.tree
}

func (g *grower) top() *level { return &g.open[len(g.open)-1] }

// goOn notes that a record begins or goes on.
func (g *grower) goOn(at int) {
	if n := len(g.from); n > 0 && g.from[n-1] == at {
		g.in[n-1] = g.top().record
		return
	}
	g.from, g.in = append(g.from, at), append(g.in, g.top().record)
}

// push opens a record within the innermost one.
func (g *grower) push(at int, l level) {
	if len(g.records) < maxRecords && len(g.open) < maxOpen {
		flat := l.kind == section || l.kind == indented || l.kind == document || l.kind == element
		opener := -1
		if l.kind == '{' || l.kind == '[' {
			opener = at
		}
		g.records = append(g.records, record{parent: g.top().record, list: l.kind == list || l.kind == '[', flat: flat, opener: opener})
		l.record = len(g.records) - 1
	} else if len(g.open) >= 4*maxOpen {
		return
	} else {
		l.record = g.top().record
	}
	g.open = append(g.open, l)
	g.goOn(at)
}

// wrap is for the end of what has begun before the text: all up to here is one
// record in it.
func (g *grower) wrap(at int) {
	g.open = g.open[:1]
	if len(g.records) < maxRecords {
		outer := len(g.records)
		inner := &g.records[g.open[0].record]
		if g.open[0].record == 0 { // 0 stays around all
			g.records = append(g.records, record{flat: true, opener: -1})
			for i := range g.records[:outer] {
				if i > 0 && g.records[i].parent == 0 {
					g.records[i].parent = outer
				}
			}
			for i, r := range g.in {
				if r == 0 {
					g.in[i] = outer
				}
			}
			if len(g.from) == 0 || g.from[0] > 0 {
				g.from, g.in = append([]int{0}, g.from...), append([]int{outer}, g.in...)
			}
		} else {
			g.records = append(g.records, record{parent: inner.parent, flat: true, opener: -1})
			g.records[g.open[0].record].parent = outer
			g.open[0].record = outer
		}
	}
	g.goOn(at)
}

// begin looks at what a line begins with.
func (g *grower) begin(l *line) {
	col := blanks(l.text)
	body := trimEnd(l.text[col:])
	switch {
	case body == "---" || body == "..." || strings.HasPrefix(body, "--- "):
		g.newDocument(l.at)
		return
	case strings.HasPrefix(body, "{{") && strings.HasSuffix(body, "}}"): // of a template
		return
	case sectionName(body) != "":
		g.newSection(l.at+col, sectionName(body))
		return
	}
	dash := body == "-" || strings.HasPrefix(body, "- ")
	for k := g.top(); k.kind == indented || k.kind == element || k.kind == list; k = g.top() {
		if k.col < col || k.col == col && (k.kind != list || dash) {
			break
		}
		g.open = g.open[:len(g.open)-1]
	}
	g.goOn(l.at)
	for dash {
		if k := g.top(); k.kind != list || k.col != col {
			g.push(l.at+col, level{kind: list, col: col})
		}
		rest := strings.TrimLeft(body[1:], " ")
		at := l.at + col
		col += len(body) - len(rest)
		body = rest
		if !pairs(body) { // one value
			return
		}
		g.push(at, level{kind: element, col: col})
		dash = body == "-" || strings.HasPrefix(body, "- ")
	}
	if k := g.top(); k.col < col {
		g.push(l.at, level{kind: indented, col: col})
	}
}

// pairs reports whether what stands behind a dash has a key.
func pairs(body string) bool {
	return body == "-" || strings.HasPrefix(body, "- ") || strings.Contains(body, ": ") || strings.HasSuffix(body, ":")
}

// newDocument begins a document, beside those before it.
func (g *grower) newDocument(at int) {
	if g.open[0].record == 0 && at > 0 { // what is there already is a document too
		g.wrap(at)
	}
	g.open = []level{{kind: document}}
	g.push(at, level{kind: document})
	g.open = g.open[1:]
}

// newSection begins a section, in the one whose name is the beginning of its own.
func (g *grower) newSection(at int, name string) {
	for len(g.open) > 1 {
		if k := g.top(); k.kind == section && strings.HasPrefix(name, k.name+".") {
			break
		}
		g.open = g.open[:len(g.open)-1]
	}
	if name == "DEFAULT" { // of Python's configparser: it is in all the others
		g.goOn(at)
		return
	}
	g.push(at, level{kind: section, name: name})
}

// sectionName is what stands in a line's brackets if it begins a section: of INI, of
// TOML.
func sectionName(body string) string {
	if body == "" || body[0] != '[' {
		return ""
	}
	if i := strings.IndexAny(body, "#;"); i > 0 {
		body = strings.TrimRight(body[:i], " \t")
	}
	name, ok := strings.CutSuffix(strings.TrimPrefix(body[1:], "["), "]")
	if name = strings.TrimSpace(strings.TrimSuffix(name, "]")); !ok || name == "" || name[0] == '"' || name[0] == '\'' || strings.ContainsAny(name, ",={}[]") {
		return ""
	}
	return name
}
