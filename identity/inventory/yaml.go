package inventory

import (
	"errors"
	"io"
	"strings"

	"github.com/whosekey/whosekey/internal/yamltree"
)

// yamlRows reads the objects of a YAML file. A small file is parsed as a whole;
// a large one, or one with a fault, element by element of its list, so that a
// fault costs one element.
type yamlRows struct {
	l      *lines
	queue  []row
	base   int    // indent of the list's dashes; -1 before it
	chunk  []byte // the element that is being read
	at     int    // its first line
	key    string // the key that the list stands under
	budget int    // of steps through what aliases unfold to
	ended  bool
}

// Bounds of nodes, aliases unfolded: of a file that is parsed as a whole, and of one
// row. A billion laughs end here, and cost no more than the row that they are in.
const (
	maxSteps    = 2_000_000
	maxRowSteps = maxSteps / 100
)

// newYAML takes the whole text if that is small enough.
func newYAML(l *lines) (*yamlRows, error) {
	y := &yamlRows{l: l, base: -1, budget: maxSteps}
	var all []string
	size := 0
	for size <= yamltree.MaxBytes {
		s, err := l.next()
		if errors.Is(err, io.EOF) {
			if docs, err := yamltree.Parse([]byte(strings.Join(all, ""))); err == nil {
				y.ended = true
				for _, d := range docs {
					y.document(d)
				}
				return y, nil
			}
			break
		} else if err != nil {
			return nil, err
		}
		all = append(all, s)
		size += len(s)
	}
	l.unread(all)
	return y, nil
}

// document queues the objects of a document: its list, the list of a container,
// or itself.
func (y *yamlRows) document(n *yamltree.Node) {
	if yamltree.IsList(n) {
		y.elements(n, 0)
		return
	}
	for _, p := range yamltree.Pairs(n) {
		if containers[strings.ToLower(p.Key.Value)] && yamltree.IsList(p.Value) {
			y.elements(p.Value, 0)
			return
		}
	}
	y.queue = append(y.queue, y.row(n, 0))
}

func (y *yamlRows) elements(n *yamltree.Node, before int) {
	for _, e := range yamltree.List(n) {
		y.queue = append(y.queue, y.row(e, before))
	}
}

func (y *yamlRows) row(n *yamltree.Node, before int) row {
	r := row{line: before + n.Line}
	left, share := y.budget, min(y.budget, maxRowSteps)
	y.budget = share
	v := y.value(n, 0)
	complete := y.budget >= 0
	y.budget = left - share + max(y.budget, 0)
	if !complete {
		return r
	}
	switch v := v.(type) {
	case map[string]any:
		r.cells = v
	case string: // of a list of names
		r.cells = map[string]any{"name": v}
	}
	return r
}

// value makes of a node what encoding/json would. Where the budget ends the
// rest is nil.
func (y *yamlRows) value(n *yamltree.Node, depth int) any {
	if y.budget--; y.budget < 0 || depth > 32 {
		return nil
	}
	switch {
	case yamltree.IsMap(n):
		m := map[string]any{}
		for _, p := range yamltree.Pairs(n) {
			if v := y.value(p.Value, depth+1); v != nil {
				m[p.Key.Value] = v
			}
		}
		return m
	case yamltree.IsList(n):
		var list []any
		for _, e := range yamltree.List(n) {
			if y.budget < 0 {
				break
			}
			list = append(list, y.value(e, depth+1))
		}
		return list
	}
	if n = yamltree.Resolve(n); n == nil || n.Tag == "!!null" {
		return nil
	} else if n.Tag == "!!bool" {
		return strings.EqualFold(n.Value, "true")
	}
	return yamltree.Text(n)
}

func (y *yamlRows) next() (row, error) {
	for len(y.queue) == 0 {
		if y.ended {
			return row{}, io.EOF
		}
		if err := y.element(); err != nil {
			return row{}, err
		}
	}
	r := y.queue[0]
	y.queue = y.queue[1:]
	if r.cells == nil {
		return row{}, &badRow{r.line, "it is no mapping, or its aliases unfold to too much"}
	}
	return r, nil
}

// element reads lines until one element of the list is complete, and queues it.
func (y *yamlRows) element() error {
	for {
		s, err := y.l.next()
		if errors.Is(err, errLongLine) {
			return &badRow{y.l.n, err.Error()}
		} else if err != nil {
			y.ended = true
			return y.flush()
		}
		body := strings.TrimLeft(s, " ")
		indent := len(s) - len(body)
		text := strings.TrimSpace(body)
		dash := text == "-" || strings.HasPrefix(body, "- ")
		switch {
		case text == "" || text[0] == '#' && len(y.chunk) == 0:
		case y.base < 0 && dash && (y.key == "" || containers[strings.ToLower(y.key)]):
			y.base = indent
			y.chunk, y.at = append(y.chunk[:0], s...), y.l.n
			continue
		case y.base < 0:
			if indent == 0 && !dash {
				y.key = strings.TrimSuffix(text, ":")
			}
			continue
		case indent == y.base && dash:
			err := y.flush()
			y.chunk, y.at = append(y.chunk[:0], s...), y.l.n
			return err
		case indent <= y.base && !dash: // the list has ended
			err := y.flush()
			y.base, y.key = -1, strings.TrimSuffix(text, ":")
			return err
		}
		if len(y.chunk) > 0 {
			if y.chunk = append(y.chunk, s...); len(y.chunk) > yamltree.MaxBytes {
				y.chunk = y.chunk[:0]
				return &badRow{y.at, "the element is larger than 1 MiB"}
			}
		}
	}
}

// flush parses the element that was read.
func (y *yamlRows) flush() error {
	chunk := y.chunk
	defer func() { y.chunk = y.chunk[:0] }()
	if strings.TrimSpace(string(chunk)) == "" {
		if y.ended && y.at == 0 {
			return &badRow{1, "there is no list of objects in it, or it is no YAML"}
		}
		return nil
	}
	docs, err := yamltree.Parse(chunk)
	if err != nil || len(docs) != 1 || !yamltree.IsList(docs[0]) {
		return &badRow{y.at, "the element is no YAML"}
	}
	y.budget = maxRowSteps
	y.elements(docs[0], y.at-1)
	return nil
}
