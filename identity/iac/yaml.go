package iac

import (
	"bytes"
	"fmt"

	"github.com/whosekey/whosekey/internal/yamltree"
)

type (
	node = yamltree.Node
	pair = yamltree.Pair
)

var (
	get     = yamltree.Get
	text    = yamltree.Text
	pairs   = yamltree.Pairs
	list    = yamltree.List
	isMap   = yamltree.IsMap
	isList  = yamltree.IsList
	scalars = yamltree.Scalars
)

// Budgets of one document, and documents of one file.
const (
	maxSteps     = 100_000
	maxDocuments = 5_000
)

// documents calls read for each document of a file that has one of the words;
// the lines of its nodes are those of the file. A document that is broken or too
// large is noted; the others are read.
func (ix *index) documents(path string, data []byte, want [][]byte, read func(doc *node, end int)) {
	f := format{words: want}
	line := 1
	for n := 0; len(data) > 0; n++ {
		if n == maxDocuments {
			ix.note(path, "more than %d documents", maxDocuments)
			return
		}
		text, rest := cutDocument(data)
		first, lines := line, bytes.Count(text, []byte("\n"))
		line, data = line+lines, rest
		// What is defined for others declares nothing, and is large.
		definition := bytes.Contains(text[:min(len(text), 8000)], []byte("kind: CustomResourceDefinition"))
		if len(bytes.TrimSpace(text)) == 0 || definition || !f.wanted(text) {
			continue
		}
		docs, err := yamltree.Parse(text)
		var broken int
		if n, _ := fmt.Sscanf(fmt.Sprint(err), "line %d is", &broken); n == 1 {
			ix.note(path, "line %d is no YAML", first+broken-1)
		} else if err != nil {
			ix.note(path, "document at line %d: %v", first, err)
		}
		for _, doc := range docs {
			shift(doc, first-1)
			read(doc, max(first, line-1))
		}
	}
}

// cutDocument cuts text before the line "---" that begins its second document.
func cutDocument(text []byte) (doc, rest []byte) {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("\n---"))
		if i < 0 {
			return text, nil
		}
		at += i + 1
		if after := text[at+3:]; len(after) == 0 || bytes.IndexByte([]byte(" \t\r\n"), after[0]) >= 0 {
			return text[:at], text[at:]
		}
	}
}

// shift moves a tree down by lines. Aliases are left out: what they stand for
// is in the tree.
func shift(n *node, lines int) {
	if lines == 0 {
		return
	}
	n.Line += lines
	for _, c := range n.Content {
		shift(c, lines)
	}
}
