package fields

import (
	"bytes"
	"slices"
	"strings"
)

// yamlField goes from a line up to those that are indented less: what leads to a
// place stands there, however long the file is.
func yamlField(f *file) string {
	if i := bytes.IndexFunc(f.text, func(r rune) bool { return r > ' ' && r != 0xfeff }); i >= 0 && f.text[i] == '{' {
		return jsonField(f)
	}
	r := &yamlReader{text: f.text}
	return describe(f, r.read(f.at))
}

// yamlReader is on its way up.
type yamlReader struct {
	text  []byte
	steps way // innermost first
	limit int // what leads to the place is further out than this column
	list  int // column of the dashes of the list that the place is in, -1 for none
}

// yamlLine is a line: where its key begins and the dash in front of it, -1 without.
type yamlLine struct {
	key, value string
	col, dash  int
	ok         bool // it is no comment, and not empty
	mark       bool // --- and the like
}

// maxLines is how far up is looked.
const maxLines = 100_000

func (r *yamlReader) read(at int) way {
	from, to := bytes.LastIndexByte(r.text[:at], '\n')+1, len(r.text)
	if n := bytes.IndexByte(r.text[at:], '\n'); n >= 0 {
		to = at + n
	}
	l := readLine(r.text[from:to])
	r.limit, r.list = l.col, -1
	if l.key != "" && at-from > l.col+len(l.key) {
		for _, k := range slices.Backward(flowKeys(string(r.text[from+l.col:at]), l.key)) {
			r.steps = append(r.steps, step{key: k, index: -1})
		}
	}
	r.element(from, &l)
	for n := 0; from > 0 && n < maxLines && len(r.steps) < maxDepth; n++ {
		end := from - 1
		from = bytes.LastIndexByte(r.text[:end], '\n') + 1
		l := readLine(r.text[from:end])
		if l.mark || r.limit == 0 && r.list < 0 {
			break
		}
		if l.ok {
			r.above(from, &l)
		}
	}
	slices.Reverse(r.steps)
	return r.steps
}

// above takes a line above the place.
func (r *yamlReader) above(from int, l *yamlLine) {
	switch {
	case r.list >= 0 && l.dash == r.list:
		r.steps[len(r.steps)-1].index++
	case r.list >= 0 && l.key != "" && l.col <= r.list && l.dash < r.list, r.list < 0 && l.key != "" && l.col < r.limit:
		r.steps = append(r.steps, step{key: l.key, index: -1})
		r.limit, r.list = l.col, -1
		r.element(from, l)
	case r.list < 0 && l.col == r.limit:
		r.element(from, l)
	}
}

// element goes from the first line of an element to its list.
func (r *yamlReader) element(from int, l *yamlLine) {
	if l.dash < 0 {
		return
	}
	if n := len(r.steps); n > 0 && r.steps[n-1].index < 0 {
		r.steps[n-1].said = r.said(from)
	}
	r.steps = append(r.steps, step{index: 0})
	r.list = l.dash
}

// said are the names in the element that begins in the line at from.
func (r *yamlReader) said(from int) map[string]string {
	said := map[string]string{}
	for n := 0; n < 200 && from < len(r.text); n++ {
		end := len(r.text)
		if i := bytes.IndexByte(r.text[from:], '\n'); i >= 0 {
			end = from + i
		}
		l := readLine(r.text[from:end])
		if n > 0 && l.ok && (l.mark || l.col < r.limit || l.dash >= 0 && l.dash < r.limit) {
			break
		}
		if key := strings.ToLower(l.key); l.col == r.limit && identifies(key) {
			said[key] = l.value
		}
		from = end + 1
	}
	return said
}

// readLine reads a line of YAML.
func readLine(line []byte) (l yamlLine) {
	text := strings.TrimRight(string(line[:min(len(line), 4096)]), " \t\r")
	rest := strings.TrimLeft(text, " ")
	l.col, l.dash = len(text)-len(rest), -1
	l.mark = l.col == 0 && (strings.HasPrefix(rest, "---") || rest == "...")
	if rest == "" || rest[0] == '#' {
		return l
	}
	l.ok = true
	for rest == "-" || strings.HasPrefix(rest, "- ") {
		l.dash = l.col
		inner := strings.TrimLeft(rest[1:], " ")
		l.col += len(rest) - len(inner)
		rest = inner
	}
	l.key, l.value = keyOf(rest)
	return l
}

// keyOf cuts a key and the text behind it, both without their quotes. A line of
// another kind has none.
func keyOf(s string) (key, value string) {
	i := 0
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		i = strings.IndexByte(s[1:], s[0]) + 1
	}
	n := strings.IndexByte(s[max(i, 0):], ':')
	if n <= 0 && i == 0 || n < 0 || i+n+1 < len(s) && s[i+n+1] != ' ' {
		return "", ""
	}
	key, value = s[:i+n], strings.TrimSpace(s[i+n+1:])
	if strings.ContainsAny(key, "{}[]") && i == 0 {
		return "", ""
	}
	return strings.Trim(key, `"' `), strings.Trim(value, `"'`)
}

// flowKeys are the keys that lead to the end of a line: the first, and those of the
// braces that are open.
func flowKeys(line, first string) (keys []string) {
	if first != "" {
		keys = append(keys, first)
	}
	depth, pending := 0, ""
	var open []string
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '{', '[':
			open, pending = append(open, pending), ""
			depth++
		case '}', ']':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
			pending = ""
		case ',':
			pending = ""
		case ':':
			j := i
			for j > 0 && strings.IndexByte("{[, ", line[j-1]) < 0 {
				j--
			}
			pending = strings.Trim(line[j:i], `"'`)
		}
	}
	if depth == 0 {
		return keys
	}
	for _, k := range append(open, pending) {
		if k != "" && (len(keys) == 0 || k != keys[0] || len(keys) > 1) {
			keys = append(keys, k)
		}
	}
	return keys
}
