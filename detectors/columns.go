package detectors

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/internal/tails"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// columns finds what stands below a name in the first line of a table: of CSV, also between
// semicolons or tabs, as password managers export and as clouds hand out first passwords, of Markdown, and of
// what a database's client prints. CSV: https://www.rfc-editor.org/rfc/rfc4180;
// tables of Markdown: https://github.github.com/gfm/#tables-extension-
type columns struct {
	spec  Spec
	words []string
}

// How far from its literal it reads, in bytes: tableHead to the beginning of the first line,
// tableReach for the rows. What stands further down is not found.
const (
	tableHead  = 1 << 10
	tableReach = 16 << 10
)

// Bounds of a table: cells in a line, bytes of a name in the first one and of a text in quotes, and how many
// lines in a row may have another number of cells before it has ended.
const (
	maxCells   = 64
	maxHeading = 40
	maxQuoted  = 4 << 10
	maxUneven  = 2
)

// noHeading are signs of no name of a column.
var noHeading = func() (s tails.Set) {
	for _, c := range []byte("={}[]<>:!?&%$@+\\") {
		s.Add(c)
	}
	return s
}()

// newColumns makes the detector of passwords, and that of tokens and keys, which may be names of other things too.
func newColumns(passwords bool) *columns {
	c := &columns{Spec{Before: 2 * tableHead, After: tableReach}, []string{"token", "secret", "api key", "api_key", "api-key", "apikey", "access key", "access_key", "secret key", "secret_key"}}
	c.spec.Rule = leak.RuleInfo{
		ID: rules.TableSecret, Title: "key in a table", Provider: "generic",
		About:    "https://cwe.mitre.org/data/definitions/256.html",
		Rotate:   "Revoke it where it was made, keep the new one in a secret store, and delete the table wherever it was copied to.",
		Severity: 6.5, Sure: leak.Low,
	}
	if passwords {
		c.words = []string{"password", "passwd", "passwort", "kennwort", "passphrase", "passcode", "pwd", "contraseña", "contrasena", "senha"}
		c.spec.Rule.ID, c.spec.Rule.Title, c.spec.Rule.Sure, c.spec.Rule.Severity = rules.TablePassword, "password in a table", leak.Medium, 7.5
		c.spec.Rule.Rotate = "Change it where it is used, and delete the table wherever it was copied to. An export of a password manager has all that its owner has: change all of them, the important ones first."
	}
	var behind tails.Set
	for _, b := range []byte(" \t,;|\"`*\r\n)") {
		behind.Add(b)
	}
	for _, w := range c.words {
		c.spec.Literals = append(c.spec.Literals, rules.Literal{Text: w, Fold: true, Tail: tails.Of([]tails.Set{behind})})
	}
	return c
}

func (c *columns) Spec() Spec { return c.spec }

// Find implements Detector.
func (c *columns) Find(w Window, emit func(Hit)) Seen {
	t := table{data: w.Data, hi: w.At + len(c.words[w.Lit]), cut: len(w.Data)-w.At >= c.spec.After}
	if !t.cellEnds(t.hi) {
		return Seen{1, t.hi - w.At}
	}
	from := t.lineStart(w.At)
	seen := func() Seen { return Seen{min(w.At-from+1, c.spec.Before), min(t.hi-w.At+1, c.spec.After)} }
	if from < 0 {
		from = w.At - c.spec.Before
		return seen()
	}
	column, ok := t.heading(from, w.At)
	if !ok {
		return seen()
	}
	called := strings.Trim(string(w.Data[t.cells[column][0]:t.cells[column][1]]), "*_` \"'")
	n := nameOf([]byte(strings.ReplaceAll(called, " ", "_")), nil)
	if n.class == notSecret || !strings.HasSuffix(n.lower, strings.ReplaceAll(c.words[w.Lit], " ", "_")) {
		return seen()
	}
	above := t.lineStart(from - 1)
	if above >= 0 && bytes.Count(w.Data[above:from], []byte{t.sep}) == bytes.Count(w.Data[from:t.at], []byte{t.sep}) {
		from = above
		return seen() // a row of a table itself
	}
	if from = above; from < 0 {
		from = w.At - c.spec.Before
	}
	names, head := len(t.cells), t.line
	for uneven := 0; uneven <= maxUneven && t.row() && !bytes.Equal(t.line, head); {
		if len(t.cells) != names {
			uneven++
			continue
		}
		uneven = 0
		at := t.cells[column]
		value := strings.ReplaceAll(string(w.Data[at[0]:at[1]]), `""`, `"`)
		if len(value) > genericValue || n.class == ofPassword && len(value) >= 32 && isHex(value) { // a hash
			continue
		}
		if why, ok := worthReporting(value, &n, &assigned{quote: '"'}); ok {
			emit(Hit{
				Start: at[0], End: at[1], Pieces: [][2]int{at},
				Parts: leak.Parts{leak.SecretPart: leak.NewSecret(value)},
				Why:   []string{fmt.Sprintf("in the column %s of a table of %d", called, names), why},
				Field: "column " + called,
			})
		}
	}
	return seen()
}

// table reads the lines of one.
type table struct {
	data  []byte
	sep   byte
	at    int      // the next line
	hi    int      // no byte from here on was looked at
	cut   bool     // the text goes on behind the data
	cells [][2]int // of the last line, without blanks and quotes
	line  []byte   // the last, to its first end
}

// lineStart is where the line of the byte at i begins, -1 if that is further than a first line may be.
func (t *table) lineStart(i int) int {
	for lo := max(-1, i-tableHead); i > lo; i-- {
		if i == 0 || t.data[i-1] == '\n' {
			return i
		}
	}
	return -1
}

// cellEnds reports whether a cell ends at i, or behind what a name in one may stand in. It is fast for what is
// in no table: almost all.
func (t *table) cellEnds(i int) bool {
	for ; i < len(t.data); i++ {
		switch t.data[i] {
		case ' ', '"', '\'', '`', '*', '_', '\r', ')':
			continue
		case ',', ';', '|', '\t', '\n':
			return true
		}
		break
	}
	t.hi = min(i+1, len(t.data))
	return i == len(t.data)
}

// heading reads the line at from as names of columns, and says which of them the byte at i is in.
func (t *table) heading(from, i int) (column int, ok bool) {
	end := i
	for ; end < len(t.data) && end < i+tableHead && t.data[end] != '\n'; end++ {
		if c := t.data[end]; noHeading.Has(c) || c == '(' || c == ')' {
			t.hi = end + 1
			return 0, false
		}
	}
	t.hi = min(end+1, len(t.data))
	if end >= len(t.data) || t.data[end] != '\n' || bytes.ContainsFunc(t.data[from:i], func(c rune) bool { return c < 0x80 && noHeading.Has(byte(c)) }) {
		return 0, false
	}
	line := t.data[from:end]
	for _, sep := range []byte("|\t;,") {
		if bytes.IndexByte(line, sep) >= 0 {
			t.sep = sep
			break
		}
	}
	if t.at = from; t.sep == 0 || !t.row() || len(t.cells) < 2 {
		return 0, false
	}
	column = -1
	named := 0
	for k, c := range t.cells {
		if c[1]-c[0] > maxHeading {
			return 0, false
		}
		if c[1] > c[0] {
			named++
		}
		if c[0] <= i && i < c[1] {
			column = k
		}
	}
	// One name with a comma behind it is an argument of a call, one a line.
	return column, column >= 0 && (named > 1 || t.sep == '|')
}

// row reads the next line that has something in it but signs. It reports false at the end of the text, at an empty line,
// and where a line or a text in quotes does not end.
func (t *table) row() bool {
	for t.at < len(t.data) {
		end := bytes.IndexByte(t.data[t.at:], '\n')
		if end < 0 {
			if t.cut {
				t.hi = len(t.data)
				return false
			}
			end = len(t.data) - t.at
		}
		t.hi = max(t.hi, min(t.at+end+1, len(t.data)))
		line := bytes.TrimSpace(t.data[t.at : t.at+end])
		if len(line) == 0 {
			return false
		}
		if len(bytes.Trim(line, "-|:+= \t")) > 0 {
			t.line = line
			return t.split()
		}
		t.at += end + 1
	}
	return false
}

// split cuts the line at t.at into cells and goes on to the next.
func (t *table) split() bool {
	t.cells = t.cells[:0]
	i, edge := t.at, t.sep == '|'
	for len(t.cells) < maxCells {
		from, to, next, ok := t.cell(i)
		if t.hi = max(t.hi, min(next+1, len(t.data))); !ok {
			return false
		}
		last := next >= len(t.data) || t.data[next] == '\n'
		if !edge || from < to || len(t.cells) > 0 && !last { // a line of Markdown begins and ends with a sign
			t.cells = append(t.cells, [2]int{from, to})
		}
		if i = next + 1; last {
			t.at = i
			return true
		}
	}
	return false
}

// cell is the text of the cell that begins at i, and where the sign or the end of the line behind it is.
func (t *table) cell(i int) (from, to, next int, ok bool) {
	blank := func(i int) bool {
		return i < len(t.data) && t.data[i] != t.sep && (t.data[i] == ' ' || t.data[i] == '\t' || t.data[i] == '\r')
	}
	for blank(i) {
		i++
	}
	if i < len(t.data) && t.data[i] == '"' && t.sep != '|' {
		from = i + 1
		for to = from; to < min(len(t.data), from+maxQuoted) && (t.data[to] != '"' || to+1 < len(t.data) && t.data[to+1] == '"'); to++ {
			if t.data[to] == '"' {
				to++
			}
		}
		for next = to + 1; blank(next); next++ {
		}
		return from, to, next, to < len(t.data) && t.data[to] == '"' && (next >= len(t.data) || t.data[next] == t.sep || t.data[next] == '\n')
	}
	for from, next = i, i; next < len(t.data) && t.data[next] != t.sep && t.data[next] != '\n'; next++ {
		if t.sep == '|' && t.data[next] == '\\' { // \| is no end of a cell
			next++
		}
	}
	next = min(next, len(t.data))
	to = from + len(bytes.TrimRight(t.data[from:next], " \t\r"))
	for _, quote := range []string{"**", "`"} {
		if text := string(t.data[from:to]); len(text) > 2*len(quote) && strings.HasPrefix(text, quote) && strings.HasSuffix(text, quote) {
			from, to = from+len(quote), to-len(quote)
		}
	}
	return from, to, next, true
}
