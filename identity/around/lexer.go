// Package around reads the fields that stand around a place in a text, and how much
// each of them counts for what stands there: what is in the same object, section,
// element or block does, what is in another one beside it does not. It knows the
// forms of settings and nothing of credentials.
package around

import (
	"bytes"
	"slices"
	"strings"
)

// Field is an assignment in the text of a place: KEY=value, "key": "value",
// key: value, <key>value</key>, --key value.
type Field struct {
	Name, Value string
	Line        int // from 1, in the file
	Indent      int
	comment     bool
	at, end     int // of the value in the text
	record      int // see tree
}

// Bounds on what is looked at around a credential.
const (
	around    = 16 << 10
	maxFields = 2000
	maxLine   = 4096
	MaxName   = 80  // bytes of a name
	MaxText   = 300 // bytes of a value
)

// region is the text around a credential, by lines.
type region struct {
	lines []line
	own   int // index of the credential's first line
}

type line struct {
	text   string
	at     int // in the place's text
	num    int
	indent int // of what follows spaces and "- "
	blank  bool
	note   bool // a comment
}

// cut returns the lines around a credential, in a slice that may have room for them.
func cut(text []byte, start, firstLine int, lines []line) region {
	start = max(0, min(start, len(text)))
	from, to := max(0, start-around), min(len(text), start+around)
	if from > 0 { // not half a line
		if i := bytes.IndexByte(text[from:start], '\n'); i >= 0 {
			from += i + 1
		}
	}
	num := firstLine + bytes.Count(text[:from], []byte("\n"))
	r := region{own: -1, lines: slices.Grow(lines, bytes.Count(text[from:to], []byte("\n"))+1)}
	all := string(text[from:to]) // once: names and values are parts of it
	for at := from; at < to; {
		end := strings.IndexByte(all[at-from:], '\n')
		if end < 0 {
			end = to
		} else {
			end += at
		}
		l := line{text: all[at-from : end-from], at: at, num: num}
		if first := start - maxLine; at < first && start <= end { // of a long line what is around the credential
			l.text, l.at = all[first-from:min(end, start+maxLine)-from], first
		} else if at <= start && start <= end {
			l.text = all[at-from : min(end, start+maxLine)-from]
		}
		l.text = strings.TrimSuffix(l.text, "\r")
		body := l.text[blanks(l.text):]
		for strings.HasPrefix(body, "- ") {
			body = strings.TrimLeft(body[2:], " ")
		}
		l.indent, l.blank, l.note = len(l.text)-len(body), strings.TrimSpace(body) == "", isComment(body)
		if at <= start && start <= end {
			r.own = len(r.lines)
		}
		r.lines = append(r.lines, l)
		at, num = end+1, num+1
	}
	if r.own < 0 && len(r.lines) > 0 {
		r.own = len(r.lines) - 1
	}
	return r
}

// blanks is how many spaces and tabs a text begins with.
func blanks(s string) (n int) {
	for n < len(s) && (s[n] == ' ' || s[n] == '\t') {
		n++
	}
	return n
}

// trimEnd is a text without the blanks that it ends with, and without a CR.
func trimEnd(s string) string {
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t' || s[len(s)-1] == '\r') {
		s = s[:len(s)-1]
	}
	return s
}

// isComment knows how comments of a whole line begin in the languages of
// settings.
func isComment(body string) bool {
	if body == "" {
		return false
	}
	switch body[0] {
	case '#', ';':
		return true
	case '/', '<', '-', 'R', 'r':
		for _, start := range []string{"//", "<!--", "-- ", "REM ", "rem "} {
			if strings.HasPrefix(body, start) {
				return true
			}
		}
	}
	return false
}

// fields reads the assignments of a line.
func (l *line) fields(out []Field) []Field {
	text := l.text[:min(len(l.text), 2*maxLine)]
	for i := 0; i < len(text) && len(out) < maxFields; i++ {
		if !separators[text[i]] { // most
			continue
		}
		switch text[i] {
		case '=', ':', '>':
			f, next, ok := l.assignment(text, i)
			if ok {
				out = append(out, f)
			}
			i = max(i, next-1)
		case ',': // define('NAME', 'value'), of PHP
			if !defines(text[:i]) {
				continue
			}
			if f, next, ok := l.assignment(text, i); ok {
				out = append(out, f)
				i = max(i, next-1)
			}
		case ' ':
			if i == 0 || !nameBytes[text[i-1]] {
				continue
			}
			if f, ok := l.flag(text, i); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

// defines reports whether a text ends in the name of a constant of PHP, in quotes.
func defines(before string) bool {
	before = trimEnd(before)
	if before == "" || before[len(before)-1] != '\'' && before[len(before)-1] != '"' {
		return false
	}
	i := len(before) - 2
	for i >= 0 && nameBytes[before[i]] {
		i--
	}
	return i > 0 && before[i] == before[len(before)-1] && strings.HasSuffix(trimEnd(before[:i]), "define(")
}

// chars is a set of characters.
type chars [256]bool

func charsOf(list string) (s chars) {
	for i := range len(list) {
		s[list[i]] = true
	}
	return s
}

var (
	separators = charsOf("=:>, ")
	nameBytes  = charsOf("_.-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	valueEnds  = charsOf(" \t,;)}]&\"'<|")
	flagEnds   = charsOf(" \t\"';|")
	elementEnd = charsOf("<")
)

func isName(c byte) bool { return nameBytes[c] }

// assignment reads what stands around a separator.
func (l *line) assignment(text string, sep int) (f Field, next int, ok bool) {
	i := sep - 1
	if text[sep] == '=' && i >= 0 && text[i] == ':' || text[sep] == ':' && strings.HasPrefix(text[sep:], "://") { // :=, seen as : already
		return f, 0, false
	}
	i = skipBack(text, i, " \t")
	i = skipBack(text, i, `"']`+"`")
	end := i + 1
	for i >= 0 && nameBytes[text[i]] && end-i <= MaxName {
		i--
	}
	from := i + 1
	for from < end && (text[from] == '-' || text[from] == '.') { // strings.Trim takes a tenth of Read
		from++
	}
	for end > from && (text[end-1] == '-' || text[end-1] == '.') {
		end--
	}
	name := text[from:end]
	if i >= 0 && text[i] == '%' { // %2Fnext=, encoded
		return f, 0, false
	}
	if name == "" || text[sep] == '>' && (i < 0 || text[i] != '<') || text[sep] == ':' && i > 0 && text[i-1:i+1] == "//" { // user:password of a URL
		return f, 0, false
	}
	j := sep + 1
	for j < len(text) && (text[j] == '=' || text[j] == '>') { // :=, =>, ==
		j++
	}
	for j < len(text) && (text[j] == ' ' || text[j] == '\t') {
		j++
	}
	ends := &valueEnds
	if text[sep] == '>' {
		ends = &elementEnd
	}
	var quote byte
	if j+1 < len(text) && text[j] == '[' && (text[j+1] == '"' || text[j+1] == '\'') { // the first of a list
		j++
	}
	if j < len(text) && (text[j] == '"' || text[j] == '\'' || text[j] == '`') {
		quote = text[j]
		j++
	}
	k := j
	if quote != 0 {
		for k < len(text) && text[k] != quote && k-j <= MaxText {
			k++
		}
	} else {
		for k < len(text) && (!ends[text[k]] || text[k] == ',' && distinguished(text[j:k], text[k+1:])) && k-j <= MaxText {
			k++
		}
	}
	f = Field{Name: name, Value: text[j:k], Line: l.num, Indent: l.indent, comment: l.note, at: l.at + j, end: l.at + k}
	next = j
	if (quote != 0 || ends == &elementEnd) && !holds(f.Value) {
		next = k
	}
	return f, next, true
}

// distinguished reports whether a name of a directory, cn=admin,dc=acme, goes on behind
// a comma (RFC 4514).
func distinguished(before, after string) bool {
	first, _, ok := strings.Cut(before, "=")
	next, _, more := strings.Cut(after[:min(len(after), 20)], "=")
	return ok && more && len(first) <= 14 && len(next) >= 1 && isWord(first) && isWord(next) && slices.Contains(attributes, strings.ToLower(first))
}

// attributes are those that names in directories begin with.
var attributes = []string{"cn", "dc", "mail", "ou", "samaccountname", "uid"}

// holds reports whether a value is JSON, with fields of its own.
func holds(value string) bool {
	return len(value) > 1 && (value[0] == '{' || value[0] == '[') && strings.IndexByte(" \"[{", value[1]) >= 0
}

func skipBack(text string, i int, set string) int {
	for i >= 0 && strings.IndexByte(set, text[i]) >= 0 {
		i--
	}
	return i
}

// flag reads "--name value" at the space.
func (l *line) flag(text string, space int) (f Field, ok bool) {
	i := space - 1
	for i >= 0 && isName(text[i]) && space-i <= MaxName {
		i--
	}
	word := text[i+1 : space]
	if !strings.HasPrefix(word, "--") || len(word) < 4 {
		return f, false
	}
	j := space + 1
	for j < len(text) && strings.IndexByte(` "'`, text[j]) >= 0 {
		j++
	}
	k := j
	for k < len(text) && !flagEnds[text[k]] && k-j <= MaxText {
		k++
	}
	return Field{Name: word[2:], Value: text[j:k], Line: l.num, Indent: l.indent, comment: l.note, at: l.at + j, end: l.at + k}, k > j && text[j] != '-'
}

// named puts the two halves of {name: X, value: Y} together, as in Kubernetes'
// env and in XML's <add key="X" value="Y"/>. Such a pair is a field of what it
// stands in.
func named(fields []Field, t *tree) {
	type half struct{ name, value int }
	pairs := map[int]half{}
	for i := range fields {
		f := &fields[i]
		if f.record == 0 {
			continue
		}
		h, ok := pairs[f.record]
		if !ok {
			h = half{-1, -1}
		}
		switch {
		case strings.EqualFold(f.Name, "name") || strings.EqualFold(f.Name, "key"):
			if h.name >= 0 { // two of them are none
				h.name = len(fields)
			} else {
				h.name = i
			}
		case strings.EqualFold(f.Name, "value"):
			if h.value >= 0 {
				h.value = len(fields)
			} else {
				h.value = i
			}
		default:
			continue
		}
		pairs[f.record] = h
	}
	for r, h := range pairs {
		if h.name < 0 || h.value < 0 || max(h.name, h.value) == len(fields) || !isWord(fields[h.name].Value) {
			continue
		}
		v := &fields[h.value]
		v.Name, v.record = fields[h.name].Value, t.records[r].parent
	}
}

func isWord(s string) bool {
	for i := range len(s) {
		if !isName(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= MaxName
}
