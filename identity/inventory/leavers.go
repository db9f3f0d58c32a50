package inventory

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
)

// maxLeavers bounds the list of people who have left.
const maxLeavers = 1_000_000

// sampleRows are the rows that tell what the columns of a list of leavers are.
const sampleRows = 1000

// Leaver is somebody who has left, or will.
type Leaver struct {
	Names []string  // addresses and handles, else names
	Left  time.Time // zero: has left
}

// Leavers reads a list of people who have left: an address or a handle on each line,
// or whatever else an inventory can be in: a table, JSON, YAML, XML, in their
// encodings. Columns with addresses and handles are found by their headings, else by
// what stands in them; a column with the day of leaving counts. Rows that name nobody
// and days that cannot be read go to problem; a list that names nobody is an error.
func Leavers(name string, r io.Reader, problem func(Problem)) ([]Leaver, error) {
	src, err := openPeople(asUTF8(r))
	if err != nil {
		return nil, err
	}
	l := &leavers{name: path.Base(name), problem: problem, src: src}
	if err := l.read(); err != nil {
		return nil, err
	}
	if len(l.people) == 0 {
		return nil, l.nobody()
	}
	return l.people, nil
}

// Left are the names of those who have left.
func Left(list []Leaver, now time.Time) (out []string) {
	for _, p := range list {
		if !p.Left.After(now) {
			out = append(out, p.Names...)
		}
	}
	return out
}

// people hands out the rows of a list, as cells below columns.
type people interface {
	// next returns a badRow for a row that cannot be read, and io.EOF at the end.
	next() (line int, cells []string, err error)
	// headings are the names of the columns so far; nil where the first row may be
	// their names or a person.
	headings() []string
}

// openPeople finds out what a list of leavers is written in.
func openPeople(r *bufio.Reader) (people, error) {
	text, l, err := begin(r)
	if err != nil {
		return nil, err
	}
	if bytes.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && !unicode.IsSpace(c) && c != ctrlZ }) {
		return nil, errNoText
	}
	if src, err := structured(r, text, l); err != nil {
		return nil, err
	} else if src != nil {
		return &objectsOf{src: src, index: map[string]int{}}, nil
	}
	return &lists{t: &table{l: l}}, nil
}

// ctrlZ ends texts of DOS.
const ctrlZ = 0x1a

// lists are the lines of a plain list or a table.
type lists struct{ t *table }

func (p *lists) headings() []string { return nil }

func (p *lists) next() (int, []string, error) {
	for {
		s, err := p.t.l.next()
		if errors.Is(err, errLongLine) {
			return 0, nil, &badRow{p.t.l.n, err.Error()}
		} else if err != nil {
			return 0, nil, err
		}
		text := strings.TrimSpace(s)
		if text == "" || text[0] == '#' || text[0] == ctrlZ {
			continue
		}
		if sep, ok := strings.CutPrefix(text, "sep="); ok && len(sep) == 1 && p.t.comma == 0 {
			p.t.comma = sep[0]
			continue
		}
		if p.t.comma == 0 {
			p.t.comma = delimiter(s)
		}
		at := p.t.l.n
		p.t.l.unread([]string{s})
		cells, err := p.t.record()
		if len(cells) == 1 { // "jane # has left in May"
			cells[0], _, _ = strings.Cut(cells[0], "#")
		}
		for i := range cells {
			cells[i] = validText(plain(strings.TrimSpace(cells[i])))
		}
		return at, cells, err
	}
}

// objectsOf are the objects of JSON, YAML and XML, and the rows of tables that their
// own readers know. Columns of objects in them are "profile.email".
type objectsOf struct {
	src    rows
	header []string
	index  map[string]int
	queue  []row
}

func (o *objectsOf) headings() []string { return o.header }

func (o *objectsOf) next() (int, []string, error) {
	if len(o.queue) == 0 {
		r, err := o.src.next()
		if err != nil {
			return 0, nil, err
		}
		o.queue = unwrap(r)
	}
	r := o.queue[0]
	o.queue = o.queue[1:]
	cells := make([]string, len(o.header))
	o.put(&cells, "", r.cells, 0)
	return r.line, cells, nil
}

// unwrap are the elements of a list that stands in an object of its own, under
// whatever name: {"leavers": [...]}.
func unwrap(r row) []row {
	for key, v := range r.cells {
		list, ok := v.([]any)
		if !ok || len(r.cells) > 3 || len(list) == 0 {
			continue
		}
		var out []row
		for _, e := range list {
			switch e := e.(type) {
			case map[string]any:
				out = append(out, row{line: r.line, cells: e})
			case string:
				out = append(out, row{line: r.line, cells: map[string]any{key: e}})
			}
		}
		if _, text := list[0].(string); !text || len(r.cells) == 1 {
			return out
		}
	}
	return []row{r}
}

func (o *objectsOf) put(cells *[]string, prefix string, m map[string]any, depth int) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if inner, ok := m[k].(map[string]any); ok && depth < 3 {
			o.put(cells, prefix+k+".", inner, depth+1)
			continue
		}
		i, known := o.index[prefix+k]
		if !known {
			if len(o.header) == maxColumns {
				continue
			}
			i = len(o.header)
			o.index[prefix+k] = i
			o.header = append(o.header, prefix+k)
		}
		for len(*cells) <= i {
			*cells = append(*cells, "")
		}
		(*cells)[i] = strings.Join(texts(m[k]), ";")
	}
}

// leavers reads a list.
type leavers struct {
	name    string
	problem func(Problem)
	src     people
	cols    leaverColumns
	people  []Leaver
	rows    int
	stay    int // have not left, says their state
	headed  bool
}

// sampled is a row that waits until it is known what the columns are.
type sampled struct {
	line  int
	cells []string
}

func (l *leavers) read() error {
	var sample []sampled
	for known := false; ; {
		line, cells, err := l.src.next()
		bad := new(badRow)
		if errors.As(err, &bad) {
			l.problem(Problem{fmt.Sprintf("%s:%d", l.name, bad.line), bad.why, true})
			continue
		}
		if end := errors.Is(err, io.EOF); err != nil && !end {
			return err
		} else if !end && !known {
			sample = append(sample, sampled{line, cells})
		}
		if !known && (err != nil || len(sample) == sampleRows) {
			known = true
			for _, s := range l.columns(sample) {
				l.row(s.line, s.cells)
			}
		} else if known && err == nil {
			l.row(line, cells)
		}
		if len(l.people) > maxLeavers {
			return fmt.Errorf("more than %d people", maxLeavers)
		}
		if err != nil {
			return nil
		}
	}
}

// columns finds out what the columns are, and returns the rows without the heading.
func (l *leavers) columns(sample []sampled) []sampled {
	header := l.src.headings()
	if header == nil && len(sample) > 0 && isHeading(sample) {
		header, sample, l.headed = sample[0].cells, sample[1:], true
	}
	l.cols = columnsOf(header, sample)
	return sample
}

// row takes what a row says of a person.
func (l *leavers) row(line int, cells []string) {
	if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
		return
	}
	l.rows++
	p := Leaver{Names: l.cols.who(cells)}
	at := fmt.Sprintf("%s:%d", l.name, line)
	if len(p.Names) == 0 {
		l.problem(Problem{at, "it names nobody", true})
		return
	}
	left, stays, why := l.cols.left(cells)
	if why != "" {
		l.problem(Problem{at, why, false})
	}
	if stays {
		l.stay++
		return
	}
	p.Left = left
	l.people = append(l.people, p)
}

// nobody says why a list has no people.
func (l *leavers) nobody() error {
	switch {
	case l.rows == 0 && !l.headed:
		return errors.New("it is empty")
	case l.rows == 0:
		return errors.New("there is nobody in it")
	case len(l.cols.persons) == 0:
		return errors.New("no column has addresses or handles of people")
	case l.stay > 0:
		return errors.New("nobody in it has left")
	}
	return errors.New("nobody in it has an address, a handle or a name")
}
