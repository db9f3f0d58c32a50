package names

import (
	"bytes"
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
}

// Bounds on what is looked at around a credential.
const (
	around    = 16 << 10
	maxFields = 2000
	maxLine   = 4096
	maxName   = 80
	maxText   = 300
)

// region is the text around a credential, by lines.
type region struct {
	lines []line
	own   int // index of the credential's first line
}

type line struct {
	text   []byte
	at     int // in the place's text
	num    int
	indent int // of what follows spaces and "- "
	blank  bool
	note   bool // a comment
}

// cut returns the lines around a credential.
func cut(text []byte, start, firstLine int) region {
	start = max(0, min(start, len(text)))
	from, to := max(0, start-around), min(len(text), start+around)
	if from > 0 { // not half a line
		if i := bytes.IndexByte(text[from:start], '\n'); i >= 0 {
			from += i + 1
		}
	}
	num := firstLine + bytes.Count(text[:from], []byte("\n"))
	r := region{own: -1, lines: make([]line, 0, bytes.Count(text[from:to], []byte("\n"))+1)}
	for at := from; at < to; {
		end := bytes.IndexByte(text[at:to], '\n')
		if end < 0 {
			end = to
		} else {
			end += at
		}
		l := line{text: text[at:end], at: at, num: num}
		body := bytes.TrimLeft(l.text, " \t")
		for bytes.HasPrefix(body, []byte("- ")) {
			body = bytes.TrimLeft(body[2:], " ")
		}
		l.indent, l.blank, l.note = len(l.text)-len(body), len(bytes.TrimSpace(body)) == 0, isComment(body)
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

// isComment knows how comments of a whole line begin in the languages of
// settings.
func isComment(body []byte) bool {
	for _, start := range []string{"#", "//", ";", "<!--", "-- ", "REM ", "rem "} {
		if bytes.HasPrefix(body, []byte(start)) {
			return true
		}
	}
	return false
}

// fields reads the assignments of a line.
func (l *line) fields(out []Field) []Field {
	text := l.text[:min(len(l.text), maxLine)]
	for i := 0; i < len(text) && len(out) < maxFields; i++ {
		switch text[i] {
		case '=', ':', '>':
			f, next, ok := l.assignment(text, i)
			if ok {
				out = append(out, f)
			}
			i = max(i, next-1)
		case ' ':
			if f, ok := l.flag(text, i); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

func isName(c byte) bool {
	return c == '_' || c == '.' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// assignment reads what stands around a separator.
func (l *line) assignment(text []byte, sep int) (f Field, next int, ok bool) {
	i := sep - 1
	if text[sep] == '=' && i >= 0 && text[i] == ':' || text[sep] == ':' && bytes.HasPrefix(text[sep:], []byte("://")) { // :=, seen as : already
		return f, 0, false
	}
	i = skipBack(text, i, " \t")
	i = skipBack(text, i, `"']`+"`")
	end := i + 1
	for i >= 0 && isName(text[i]) && end-i <= maxName {
		i--
	}
	name := strings.Trim(string(text[i+1:end]), "-.")
	if i >= 0 && text[i] == '%' { // %2Fnext=, encoded
		return f, 0, false
	}
	if name == "" || text[sep] == '>' && (i < 0 || text[i] != '<') || text[sep] == ':' && i > 0 && string(text[i-1:i+1]) == "//" { // user:password of a URL
		return f, 0, false
	}
	j := sep + 1
	for j < len(text) && (text[j] == '=' || text[j] == '>') { // :=, =>, ==
		j++
	}
	for j < len(text) && (text[j] == ' ' || text[j] == '\t') {
		j++
	}
	stop := " \t,;)}]&\"'<|"
	if text[sep] == '>' {
		stop = "<"
	}
	if j < len(text) && (text[j] == '"' || text[j] == '\'' || text[j] == '`') {
		stop = string(text[j])
		j++
	}
	k := j
	for k < len(text) && strings.IndexByte(stop, text[k]) < 0 && k-j <= maxText {
		k++
	}
	f = Field{Name: name, Value: string(text[j:k]), Line: l.num, Indent: l.indent, comment: l.note, at: l.at + j, end: l.at + k}
	next = j
	if len(stop) == 1 {
		next = k
	}
	return f, next, true
}

func skipBack(text []byte, i int, set string) int {
	for i >= 0 && strings.IndexByte(set, text[i]) >= 0 {
		i--
	}
	return i
}

// flag reads "--name value" at the space.
func (l *line) flag(text []byte, space int) (f Field, ok bool) {
	i := space - 1
	for i >= 0 && isName(text[i]) && space-i <= maxName {
		i--
	}
	word := string(text[i+1 : space])
	if !strings.HasPrefix(word, "--") || len(word) < 4 {
		return f, false
	}
	j := space + 1
	for j < len(text) && strings.IndexByte(` "'`, text[j]) >= 0 {
		j++
	}
	k := j
	for k < len(text) && strings.IndexByte(" \t\"';|", text[k]) < 0 && k-j <= maxText {
		k++
	}
	return Field{Name: word[2:], Value: string(text[j:k]), Line: l.num, Indent: l.indent, comment: l.note, at: l.at + j, end: l.at + k}, k > j && text[j] != '-'
}

// named puts the two halves of {name: X, value: Y} together, as in Kubernetes'
// env and in XML's <add key="X" value="Y"/>.
func named(fields []Field) []Field {
	for i := 0; i+1 < len(fields); i++ {
		a, b := strings.ToLower(fields[i].Name), strings.ToLower(fields[i+1].Name)
		if (a == "name" || a == "key") && b == "value" && fields[i+1].Line-fields[i].Line <= 1 && isWord(fields[i].Value) {
			fields[i+1].Name = fields[i].Value
		}
	}
	return fields
}

func isWord(s string) bool {
	for i := range len(s) {
		if !isName(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}
