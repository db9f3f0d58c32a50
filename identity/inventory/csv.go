package inventory

import (
	"errors"
	"fmt"
	"strings"
)

// row is a row of a table, or an object of a list, with where it stands.
type row struct {
	line  int
	cells map[string]any // texts, numbers, lists, maps: what encoding/json makes
	entry *Entry         // what the row is, if that was read at once
}

// rows hands out the rows of a file. next returns a badRow for one that cannot
// be read, after which it can be called again, and io.EOF at the end.
type rows interface{ next() (row, error) }

// badRow says why a row, or the rest of a file, is lost.
type badRow struct {
	line int
	why  string
}

func (b *badRow) Error() string { return fmt.Sprintf("line %d: %s", b.line, b.why) }

// Limits of a table.
const (
	maxColumns   = 1000
	maxCellLines = 200       // of a record
	maxRecord    = 256 << 10 // bytes of a record of several lines
)

// table reads comma-separated values as spreadsheets write them: RFC 4180, with
// any delimiter. A quote that is never closed costs one row, not the rest.
type table struct {
	l      *lines
	comma  byte
	header []string
	more   []string       // the lines of the last record but its first
	cells  map[string]any // reused
}

// newTable reads the heading. A line "sep=;" before it is obeyed, empty lines
// are skipped.
func newTable(l *lines, comma byte) (*table, error) {
	t := &table{l: l, comma: comma, cells: map[string]any{}}
	for {
		s, err := l.next()
		if err != nil {
			return nil, errors.New("it is empty")
		}
		if sep, ok := strings.CutPrefix(strings.TrimSpace(s), "sep="); ok && len(sep) == 1 {
			t.comma = sep[0]
			continue
		}
		// Entra's bulk files begin with a line that says their version.
		if strings.TrimSpace(strings.Trim(s, ",;\"\r\n")) == "" || strings.HasPrefix(s, "version:v") {
			continue
		}
		l.unread([]string{s})
		break
	}
	head, report, err := t.heading()
	if err != nil || report != nil {
		return report, err
	}
	if len(head) > maxColumns {
		return nil, fmt.Errorf("it has more than %d columns", maxColumns)
	}
	for _, h := range head {
		t.header = append(t.header, clip(validText(h)))
	}
	return t, nil
}

func (t *table) next() (row, error) {
	for {
		at := t.l.n + 1
		cells, err := t.record()
		if err != nil {
			return row{}, err
		}
		if len(cells) == 1 && strings.TrimSpace(cells[0]) == "" {
			continue
		}
		for len(cells) > len(t.header) && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		if len(cells) != len(t.header) {
			t.retry()
			return row{}, &badRow{at, fmt.Sprintf("%d cells where the heading has %d", len(cells), len(t.header))}
		}
		clear(t.cells)
		for i, c := range cells {
			if c = strings.TrimSpace(plain(c)); c != "" {
				t.cells[t.header[i]] = validText(c)
			}
		}
		return row{line: at, cells: t.cells}, nil
	}
}

// record reads one record, over several lines if its quotes say so.
func (t *table) record() ([]string, error) {
	text, err := t.l.next()
	if errors.Is(err, errLongLine) {
		return nil, &badRow{t.l.n, err.Error()}
	} else if err != nil {
		return nil, err
	}
	at := t.l.n
	p := splitter{comma: t.comma}
	p.line(text)
	t.more = t.more[:0]
	for size := len(text); p.open; {
		s, err := t.l.next()
		if err == nil {
			t.more = append(t.more, s)
			size += len(s)
		}
		if err != nil || len(t.more) > maxCellLines || size > maxRecord {
			t.retry()
			return nil, &badRow{at, "a quote is never closed"}
		}
		p.line(s)
	}
	if p.why != "" {
		t.retry()
		return nil, &badRow{at, p.why}
	}
	return p.cells, nil
}

// retry gives back all lines of a bad record but the first: a quote too many made
// one of them.
func (t *table) retry() {
	t.l.unread(t.more)
	t.more = t.more[:0]
}

// splitter takes the cells of a record apart, line by line.
type splitter struct {
	comma byte
	cells []string
	open  bool            // the last line ended within quotes
	cell  strings.Builder // what there is of the cell in quotes
	why   string          // what is wrong
}

func (p *splitter) line(s string) {
	if !p.open && !p.plainCells(&s) {
		return
	}
	for {
		rest, closed := p.quoted(s)
		if !closed {
			p.open = true
			return
		}
		p.cells, p.open = append(p.cells, p.cell.String()), false
		p.cell.Reset()
		s = rest
		if trimEnd(s) == "" {
			return
		}
		if s[0] != p.comma {
			p.why = "text behind a closing quote"
			i := strings.IndexByte(s, p.comma)
			if i < 0 {
				return
			}
			s = s[i:]
		}
		s = s[1:]
		if !p.plainCells(&s) {
			return
		}
	}
}

// plainCells takes the cells without quotes at the start of a text. If it
// returns true a quote was opened, and s is what is behind that.
func (p *splitter) plainCells(s *string) bool {
	for {
		if len(*s) > 0 && (*s)[0] == '"' {
			*s = (*s)[1:]
			return true
		}
		i := strings.IndexByte(*s, p.comma)
		if i < 0 {
			p.cells = append(p.cells, trimEnd(*s))
			return false
		}
		p.cells, *s = append(p.cells, (*s)[:i]), (*s)[i+1:]
	}
}

// quoted reads on in a cell in quotes.
func (p *splitter) quoted(s string) (rest string, closed bool) {
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			p.cell.WriteString(s)
			return "", false
		}
		p.cell.WriteString(s[:i])
		if i+1 >= len(s) || s[i+1] != '"' {
			return s[i+1:], true
		}
		p.cell.WriteByte('"')
		s = s[i+2:]
	}
}

func trimEnd(s string) string { return strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r") }

// delimiter guesses what separates the cells of a table from its first line:
// what is there most often outside quotes.
func delimiter(head string) byte {
	if i := strings.IndexByte(head, '\n'); i >= 0 {
		head = head[:i]
	}
	best, most := byte(','), 0
	for _, c := range []byte(",;\t|") {
		n, in := 0, false
		for i := range len(head) {
			if head[i] == '"' {
				in = !in
			} else if head[i] == c && !in {
				n++
			}
		}
		if n > most {
			best, most = c, n
		}
	}
	return best
}

// plain takes off the apostrophe that keeps spreadsheets from running a cell;
// see neutral.
func plain(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && dangerous(cell[1:]) {
		return cell[1:]
	}
	return cell
}

// neutral keeps spreadsheets from taking a cell for a formula: CWE-1236.
func neutral(cell string) string {
	if dangerous(cell) {
		return "'" + cell
	}
	return cell
}

// dangerous reports whether a spreadsheet may run a cell. The wide forms count,
// as some programs fold them.
func dangerous(cell string) bool {
	trimmed := strings.TrimLeft(cell, " \u00a0")
	if trimmed == "" {
		return false
	}
	for _, c := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(trimmed, c) {
			return true
		}
	}
	return false
}

// markdown reads the rows of the tables in a Markdown file: review sheets.
type markdown struct {
	l      *lines
	header []string
}

func (m *markdown) next() (row, error) {
	for {
		s, err := m.l.next()
		if err != nil {
			return row{}, err
		}
		s = strings.TrimSpace(s)
		if !strings.HasPrefix(s, "|") {
			m.header = nil
			continue
		}
		cells := pipes(s)
		if m.header == nil {
			m.header = cells
			continue
		}
		if strings.Trim(s, "|-: ") == "" {
			continue
		}
		if len(cells) != len(m.header) {
			return row{}, &badRow{m.l.n, fmt.Sprintf("%d cells where the heading has %d", len(cells), len(m.header))}
		}
		return row{line: m.l.n, cells: under(m.header, cells)}, nil
	}
}

// under are the cells of a row that are not empty, by their column.
func under(header, cells []string) map[string]any {
	out := map[string]any{}
	for i, c := range cells {
		if c != "" {
			out[header[i]] = validText(c)
		}
	}
	return out
}

// unescape is the opposite of markdownCell.
var unescape = strings.NewReplacer(`\|`, "|", `\\`, `\`, "\\`", "`", `\*`, "*", `\_`, "_", `\[`, "[", `\]`, "]", "&lt;", "<", "&gt;", ">", "&amp;", "&", "<br>", " ")

// pipes takes the cells of a line apart.
func pipes(s string) (cells []string) {
	s = strings.TrimPrefix(s, "|")
	start := 0
	for i := 0; i < len(s) && len(cells) < maxColumns; i++ {
		switch s[i] {
		case '\\':
			i++
		case '|':
			cells = append(cells, strings.TrimSpace(unescape.Replace(strings.TrimSpace(s[start:i]))))
			start = i + 1
		}
	}
	if rest := strings.TrimSpace(s[min(start, len(s)):]); rest != "" {
		cells = append(cells, unescape.Replace(rest))
	}
	return cells
}
