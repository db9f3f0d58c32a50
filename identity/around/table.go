package around

import (
	"bytes"
	"strings"
)

// maxColumns is how many fields of a row are read.
const maxColumns = 200

// table reads the text as rows under a line of names, separated by commas, tabs or
// the like, of which the credential is a field of one. It is false for other texts.
func (s *Text) table(end int) bool {
	own := &s.region.lines[s.region.own]
	if s.region.own == 0 && own.at == 0 || s.start < own.at || end > own.at+len(own.text) {
		return false
	}
	head, from := headLine(s.text)
	if from >= own.at {
		return false
	}
	for _, sep := range []byte{',', '\t', ';', '|'} {
		names := cells(head, sep)
		if len(names) < 2 || !allNames(names) {
			continue
		}
		row := cells(own.text, sep)
		if len(row) != len(names) {
			continue
		}
		return s.row(names, row, own)
	}
	return false
}

// headLine is the first line of a text that is no comment, and where it begins.
func headLine(text []byte) (head string, from int) {
	text = text[:min(len(text), around)]
	for from < len(text) {
		to := len(text)
		if i := bytes.IndexByte(text[from:], '\n'); i >= 0 {
			to = from + i
		}
		head = strings.TrimPrefix(strings.TrimSuffix(string(text[from:to]), "\r"), "\ufeff")
		if body := strings.TrimSpace(head); body != "" && body[0] != '#' && !strings.HasPrefix(body, "sep=") {
			return head, from
		}
		from = to + 1
	}
	return "", len(text)
}

// cell is a field of a row and where it stands in the line.
type cell struct {
	text    string
	at, end int
}

// cells cuts a line at a separator that is in no quotes.
func cells(line string, sep byte) (out []cell) {
	line = strings.TrimSuffix(line, "\r")
	quote := false
	from := 0
	for i := 0; i <= len(line) && len(out) <= maxColumns; i++ {
		if i < len(line) && line[i] == '"' {
			quote = !quote
		}
		if i < len(line) && (line[i] != sep || quote) {
			continue
		}
		at, end := from, i
		for at < end && strings.IndexByte(" \t\"", line[at]) >= 0 {
			at++
		}
		for end > at && strings.IndexByte(" \t\"", line[end-1]) >= 0 {
			end--
		}
		out = append(out, cell{line[at:end], at, end})
		from = i + 1
	}
	if n := len(out); sep == '|' && n > 2 && out[0].text == "" && out[n-1].text == "" { // of Markdown
		out = out[1 : n-1]
	}
	return out
}

// allNames reports whether cells can be the names of columns.
func allNames(row []cell) bool {
	for _, c := range row {
		if c.text == "" || len(c.text) > MaxName || strings.ContainsAny(c.text, "=:{}[]<>\"'@/\\") || strings.IndexFunc(c.text, func(r rune) bool { return r < '0' || r > '9' }) < 0 {
			return false
		}
	}
	return true
}

// row takes the fields of the credential's row.
func (s *Text) row(names, row []cell, own *line) bool {
	found := -1
	for i, c := range row {
		if at := own.at + c.at; at <= s.start && s.start < own.at+c.end {
			found = i
		}
	}
	if found < 0 {
		return false
	}
	for i, c := range row {
		f := Field{Name: names[i].text, Value: c.text, Line: own.num, Indent: own.indent, at: own.at + c.at, end: own.at + c.end}
		if i == found {
			s.Own = f
		} else if len(c.text) <= MaxText {
			s.Fields = append(s.Fields, f)
		}
	}
	s.Key = Key{Name: strings.Clone(s.Own.Name), Line: own.num}
	return true
}

// Table reports whether the place is in a row of a table with names in its first line.
func (s *Text) Table() bool { return s.tree == nil && len(s.region.lines) > 0 }
