package iac

import (
	"fmt"
	"strings"
)

// Bounds of HCL.
const (
	maxHCL     = 2 << 20 // bytes of a file
	maxFolder  = 8 << 20 // bytes of a folder's files
	maxNesting = 100     // levels
)

// This parser reads as much of HCL as names and references need, whatever an enemy
// nests. That of HashiCorp is recursive without a bound, and brings the evaluation
// of expressions with all its functions: 2 MB of the binary, of which its lexer alone
// still costs one. Tests compare with it.

// A body is a list of attributes and blocks.
type body struct {
	attrs  []*attribute
	blocks []*hclBlock
}

// attr returns the value of an attribute, nil if there is none.
func (b *body) attr(name string) *expr {
	for _, a := range b.attrs {
		if a.name == name {
			return a.value
		}
	}
	return nil
}

type attribute struct {
	name      string
	value     *expr
	line, end int
}

type hclBlock struct {
	kind      string
	labels    []string
	body      body
	line, end int
}

// An expr is an expression, as far as it is understood.
type expr struct {
	kind  byte
	text  string   // of a literal; name of a function
	names []string // of a traversal, without indexes
	// parts are those of a template, the arguments of a function, the elements
	// of a tuple, keys and values of an object in turn, and what is in everything else.
	parts []*expr
	line  int
	file  string
}

// The kinds of expressions.
const (
	literalExpr   = 'l'
	templateExpr  = 't'
	traversalExpr = 'v'
	callExpr      = 'c'
	objectExpr    = 'o'
	tupleExpr     = 'a'
	otherExpr     = 'x'
)

// parseHCL parses a file as far as it can be: with an error there is still a
// body. The error says the line, and nothing of the text.
func parseHCL(path string, data []byte) (*body, error) {
	if len(data) > maxHCL {
		return nil, fmt.Errorf("more than %d MB", maxHCL>>20)
	}
	p := &hclParser{tokens: lexHCL(data, false), file: path}
	b := &body{}
	p.body(b, 0)
	for p.peek() != hclEnd { // a brace too many
		p.fail()
		p.at++
		p.body(b, 0)
	}
	if p.bad > 0 {
		return b, fmt.Errorf("line %d: a syntax error", p.bad)
	}
	return b, nil
}

type hclParser struct {
	tokens []hclToken
	at     int
	file   string
	bad    int // line of the first error
}

// peek is the kind of the next token.
func (p *hclParser) peek() byte { return p.tokens[min(p.at, len(p.tokens)-1)].kind }

func (p *hclParser) line() int { return p.tokens[min(p.at, len(p.tokens)-1)].line }

// lastLine is the line of the token before.
func (p *hclParser) lastLine() int { return p.tokens[max(0, min(p.at, len(p.tokens))-1)].line }

func (p *hclParser) take(t byte) bool {
	if p.peek() != t {
		return false
	}
	p.at++
	return true
}

func (p *hclParser) text() string {
	t := p.tokens[min(p.at, len(p.tokens)-1)].text
	p.at++
	return string(t[:min(len(t), maxText)])
}

// long is the text of a token that may be a document.
func (p *hclParser) long() string {
	t := p.tokens[min(p.at, len(p.tokens)-1)].text
	p.at++
	return string(t[:min(len(t), maxPolicy)])
}

func (p *hclParser) fail() {
	if p.bad == 0 {
		p.bad = p.line()
	}
}

// recover skips the rest of a line, with the brackets that begin on it.
func (p *hclParser) recover() {
	p.fail()
	for depth := 0; ; p.at++ {
		switch p.peek() {
		case hclEnd:
			return
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			if depth--; depth < 0 {
				return
			}
		case hclNewline:
			if depth == 0 {
				return
			}
		}
	}
}

// body reads attributes and blocks up to the brace that ends them.
func (p *hclParser) body(b *body, depth int) {
	for {
		switch p.peek() {
		case hclNewline:
			p.at++
		case hclEnd, '}':
			return
		case hclWord:
			line := p.line()
			name := p.text()
			if p.take('=') {
				e := p.expression(true, depth)
				b.attrs = append(b.attrs, &attribute{name, e, line, max(line, p.lastLine())})
				if t := p.peek(); t != hclNewline && t != hclEnd && t != '}' || e == nil {
					p.recover()
				}
				continue
			}
			p.block(b, name, line, depth)
		default:
			p.recover()
			if p.peek() != hclEnd && p.peek() != '}' {
				p.at++
			}
		}
	}
}

// block reads the labels and the body of a block.
func (p *hclParser) block(b *body, kind string, line, depth int) {
	n := &hclBlock{kind: kind, line: line}
	for {
		switch p.peek() {
		case hclWord:
			n.labels = append(n.labels, p.text())
			continue
		case hclQuote:
			p.at++
			label := p.template(hclTextEnd, depth)
			n.labels = append(n.labels, label.text)
			continue
		case '{':
			p.at++
		default:
			p.recover()
			return
		}
		break
	}
	if depth >= maxNesting {
		p.at--
		p.recover()
		return
	}
	p.body(&n.body, depth+1)
	if !p.take('}') {
		p.fail()
	}
	n.end = max(line, p.lastLine())
	b.blocks = append(b.blocks, n)
}

// walk calls visit for e and all that is in it.
func (e *expr) walk(visit func(*expr)) {
	if e == nil {
		return
	}
	visit(e)
	for _, p := range e.parts {
		p.walk(visit)
	}
}

// unescape turns the text between quotes into what it means.
func unescape(s string) string {
	if !strings.ContainsAny(s, `\$%`) {
		return s
	}
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\n`, "\n", `\t`, "\t", `\r`, "\r", "$${", "${", "%%{", "%{").Replace(s)
}
