// Package yamltree reads YAML that an enemy may have written, as a tree of
// nodes with their lines. Aliases are never unfolded: whoever walks the tree has a
// budget of steps. A document whose aliases have no end is an error.
package yamltree

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// MaxBytes is the size of the largest text that is read: a node takes some 200
// bytes of memory for two bytes of text.
const MaxBytes = 1 << 20

// maxDocuments bounds the documents of one text.
const maxDocuments = 1000

// Node is a node of a document.
type Node = yaml.Node

// Parse reads all documents of a text. With an error it returns those before
// the one that is broken. An error says the line, and nothing of the text.
func Parse(data []byte) (docs []*Node, err error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("it has more than %d bytes", MaxBytes)
	}
	defer func() {
		if r := recover(); r != nil { // a bug of the parser must not end a scan
			err = errors.New("the YAML parser gave up")
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for len(docs) < maxDocuments {
		var n Node
		switch err := dec.Decode(&n); {
		case errors.Is(err, io.EOF):
			return docs, nil
		case err != nil:
			return docs, brief(err)
		}
		if _, ends := unfolded(&n, map[*Node]int{}); !ends {
			return docs, errLaughs
		}
		if len(n.Content) == 1 {
			docs = append(docs, n.Content[0])
		}
	}
	return docs, fmt.Errorf("it has more than %d documents", maxDocuments)
}

// maxUnfolded is how many nodes a document may have with its aliases unfolded: nobody
// walks more, so that what lies behind would be left out unnoticed.
const maxUnfolded = 10 << 20

var errLaughs = errors.New("its aliases unfold without end")

// unfolded counts the nodes of n with its aliases unfolded; sizes are those of the
// anchors before it. It is false if they are too many, or if an anchor has itself in it.
func unfolded(n *Node, sizes map[*Node]int) (size int, ends bool) {
	if n.Kind == yaml.AliasNode {
		size, ends = sizes[n.Alias]
		return size, ends
	}
	size = 1
	for _, c := range n.Content {
		s, ends := unfolded(c, sizes)
		if size += s; !ends || size > maxUnfolded {
			return size, false
		}
	}
	if n.Anchor != "" {
		sizes[n] = size
	}
	return size, true
}

// brief keeps the line of an error: the rest may quote the text.
func brief(err error) error {
	var line int
	if n, _ := fmt.Sscanf(err.Error(), "yaml: line %d:", &line); n == 1 {
		return fmt.Errorf("line %d is no YAML", line)
	}
	return errors.New("it is no YAML")
}

// maxAliases is how many aliases in a row are followed. They can name each
// other in a circle.
const maxAliases = 8

// Resolve returns what an alias stands for, and nil for nil.
func Resolve(n *Node) *Node {
	for range maxAliases {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// Text returns a scalar's text, and "" for anything else.
func Text(n *Node) string {
	if n = Resolve(n); n != nil && n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return ""
}

// IsMap reports whether n is a mapping.
func IsMap(n *Node) bool {
	n = Resolve(n)
	return n != nil && n.Kind == yaml.MappingNode
}

// IsList reports whether n is a sequence.
func IsList(n *Node) bool {
	n = Resolve(n)
	return n != nil && n.Kind == yaml.SequenceNode
}

// List returns the elements of a sequence, or a scalar as a list of one.
func List(n *Node) []*Node {
	switch n = Resolve(n); {
	case n == nil:
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	case n.Kind == yaml.ScalarNode && n.Tag != "!!null":
		return []*Node{n}
	}
	return nil
}

// Words returns the texts of a sequence's scalars, or a scalar as a list of one.
func Words(n *Node) (out []string) {
	for _, e := range List(n) {
		if s := Text(e); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Get goes down the keys of nested mappings, and returns nil where there is
// none. A merge key (<<) is followed one level deep, as by CI systems.
func Get(n *Node, keys ...string) *Node {
	for _, key := range keys {
		if n = get(n, key, true); n == nil {
			return nil
		}
	}
	return Resolve(n)
}

func get(n *Node, key string, merge bool) *Node {
	n = Resolve(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key && n.Content[i].Kind == yaml.ScalarNode {
			return n.Content[i+1]
		}
	}
	if !merge {
		return nil
	}
	from := Resolve(get(n, "<<", false))
	if from == nil {
		return nil
	}
	if from.Kind != yaml.SequenceNode {
		return get(from, key, false)
	}
	for _, e := range from.Content {
		if v := get(e, key, false); v != nil {
			return v
		}
	}
	return nil
}

// Pair is an entry of a mapping.
type Pair struct{ Key, Value *Node }

// Pairs returns the entries of a mapping, those of a merge key last.
func Pairs(n *Node) []Pair { return pairs(n, true) }

func pairs(n *Node, merge bool) (out []Pair) {
	n = Resolve(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var from []*Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch k, v := n.Content[i], Resolve(n.Content[i+1]); {
		case v == nil:
		case k.Value != "<<" || !merge:
			out = append(out, Pair{k, v})
		case v.Kind == yaml.SequenceNode:
			from = append(from, v.Content...)
		default:
			from = append(from, v)
		}
	}
	for _, m := range from {
		if len(out) < maxPairs {
			out = append(out, pairs(m, false)...)
		}
	}
	return out
}

// maxPairs bounds what merge keys make of a mapping: a list of aliases can
// multiply a large one.
const maxPairs = 100_000

// Scalars calls visit for every scalar value below n, with the keys that lead
// there ("" for an element of a list), until visit returns false or the budget
// of steps is used up; it returns what is left of that. The keys are valid until
// visit returns.
func Scalars(n *Node, budget int, visit func(keys []string, n *Node) bool) int {
	w := walker{left: budget, visit: visit}
	w.walk(n, make([]string, 0, 16), 0)
	return w.left
}

type walker struct {
	left  int
	visit func(keys []string, n *Node) bool
}

// maxDepth bounds how deeply nested nodes are walked.
const maxDepth = 64

func (w *walker) walk(n *Node, keys []string, depth int) {
	n = Resolve(n)
	if w.left--; w.left < 0 || n == nil || depth > maxDepth {
		return
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if !w.visit(keys, n) {
			w.left = 0
		}
	case yaml.SequenceNode:
		for _, e := range n.Content {
			if w.left <= 0 {
				return
			}
			w.walk(e, append(keys, ""), depth+1)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content) && w.left > 0; i += 2 {
			w.walk(n.Content[i+1], append(keys, n.Content[i].Value), depth+1)
		}
	}
}
