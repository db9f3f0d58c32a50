package inventory

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"unicode"
)

// open finds out what a text is.
func open(r *bufio.Reader) (rows, error) {
	text, l, err := begin(r)
	if err != nil {
		return nil, err
	}
	if src, err := structured(r, text, l); src != nil || err != nil {
		return src, err
	}
	return newTable(l, delimiter(string(text)))
}

// begin looks at the beginning of a text, without blanks.
func begin(r *bufio.Reader) ([]byte, *lines, error) {
	head, err := r.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, nil, err
	}
	text := bytes.TrimLeftFunc(head, unicode.IsSpace)
	switch {
	case len(text) == 0:
		return nil, nil, errors.New("it is empty")
	case bytes.HasPrefix(text, []byte("{\\rtf")), bytes.HasPrefix(text, []byte("PK\x03\x04")), bytes.HasPrefix(text, []byte("%PDF")), bytes.HasPrefix(text, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return nil, nil, errors.New("it is a document or a workbook: save it as CSV")
	case bytes.IndexByte(head, 0) >= 0:
		return nil, nil, errNoText
	}
	return text, &lines{r: r}, nil
}

var errNoText = errors.New("it is no text")

// structured reads what shows by itself where rows and cells begin; nil for lines and
// what separates cells in them.
func structured(r *bufio.Reader, text []byte, l *lines) (rows, error) {
	switch {
	case text[0] == '[' && !isSection(text):
		return newObjects(r), nil
	case text[0] == '{':
		return openObject(r, text, l)
	case text[0] == '<' && !bytes.HasPrefix(text, []byte("<root_account>")):
		return newElements(r), nil
	case bytes.HasPrefix(text, []byte("# ")) && bytes.Contains(text, []byte("\n|")), text[0] == '|':
		return &markdown{l: l}, nil
	case isVaultTable(text):
		return vaultTable{l}, nil
	case isYAML(text):
		return newYAML(l)
	case isAligned(text):
		return newAligned(l)
	}
	return nil, nil
}

func openObject(r *bufio.Reader, head []byte, l *lines) (rows, error) {
	switch jsonShape(head) {
	case "list":
		return newObjects(r), nil
	case "lines":
		return &jsonLines{l}, nil
	}
	w := &whole{r: r}
	first, err := w.next()
	if err != nil {
		return nil, err
	}
	// aws iam get-credential-report: the table in base64.
	if text, ok := first.cells["Content"].(string); ok && first.cells["ReportFormat"] == "text/csv" {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, errors.New("its Content is no base64")
		}
		return newTable(&lines{r: bufio.NewReader(bytes.NewReader(data))}, ',')
	}
	return &one{row: &first}, nil
}

// one is a file with one row.
type one struct{ row *row }

func (o *one) next() (row, error) {
	if o.row == nil {
		return row{}, io.EOF
	}
	r := *o.row
	o.row = nil
	return r, nil
}

// isSection reports whether a text that begins with [ is no JSON.
func isSection(text []byte) bool {
	after := bytes.TrimLeftFunc(text[1:], unicode.IsSpace)
	return len(after) > 0 && !bytes.ContainsRune([]byte(`{]["-0123456789tfn`), rune(after[0]))
}

// isYAML looks at the first lines: a document's start, a list of mappings, or a
// key with a value, and no delimiters as a heading has.
func isYAML(text []byte) bool {
	for line := range bytes.Lines(text) {
		s := strings.TrimSpace(string(line))
		switch {
		case s == "" || s[0] == '#' || s[0] == '%':
			continue
		case s == "---", s == "-", strings.HasPrefix(s, "- "):
			return true
		}
		key, value, ok := strings.Cut(s, ":")
		return ok && !strings.ContainsAny(key, ",;\t\"") && (value == "" || value[0] == ' ') && !strings.ContainsAny(key, "|")
	}
	return false
}
