package detectors

import (
	"regexp/syntax"
	"sync"
	"unicode"
	"unicode/utf8"
)

// builder compiles a syntax tree back to front: each node is made with what
// follows it at hand.
type builder struct {
	nodes   int
	classes []builtClass // a few: what is repeated is built each time
}

// builtClass is what became of a part of the tree.
type builtClass struct {
	of    *syntax.Regexp
	class *class
}

// classOf is the class of a character class.
func (b *builder) classOf(re *syntax.Regexp) *class {
	for _, c := range b.classes {
		if c.of == re {
			return c.class
		}
	}
	c := builtClass{re, classOf(re)}
	if len(b.classes) < 16 {
		b.classes = append(b.classes, c)
	}
	return c.class
}

func (b *builder) node(n node) *node {
	b.nodes++
	if n.op == opRun || n.op == opSplit {
		n.begin = beginOf(n.next)
	}
	if n.op == opRun && n.min < n.max {
		n.lead = leadOf(n.next)
	}
	if n.op == opSplit {
		n.otherwise = beginOf(n.other)
	}
	return &n
}

// leadOf is the text that n begins with; nil if it can begin with more than one, or a single
// character, of which there are many.
func leadOf(n *node) []byte {
	for n.op == opMark || n.op == opAssert {
		n = n.next
	}
	if n.op != opBytes || len(n.text) < 2 {
		return nil
	}
	return []byte(n.text)
}

var giveUp = &node{op: opGiveUp}

func (b *builder) build(re *syntax.Regexp, next *node) *node {
	if b.nodes > maxNodes {
		return giveUp
	}
	switch re.Op {
	case syntax.OpEmptyMatch:
		return next
	case syntax.OpLiteral:
		return b.literal(re, next)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return b.node(node{op: opClass, class: b.classOf(re), next: next})
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return b.node(node{op: opAssert, empty: emptyOps[re.Op], next: next})
	case syntax.OpCapture:
		close := b.node(node{op: opMark, slot: 2*re.Cap + 1, next: next})
		return b.node(node{op: opMark, slot: 2 * re.Cap, next: b.build(re.Sub[0], close)})
	case syntax.OpConcat:
		for i := len(re.Sub) - 1; i >= 0; i-- {
			next = b.build(re.Sub[i], next)
		}
		return next
	case syntax.OpAlternate:
		n := b.build(re.Sub[len(re.Sub)-1], next)
		for i := len(re.Sub) - 2; i >= 0; i-- {
			n = b.node(node{op: opSplit, next: b.build(re.Sub[i], next), other: n})
		}
		return n
	case syntax.OpQuest:
		return b.repeat(re, 0, 1, next)
	case syntax.OpRepeat:
		return b.repeat(re, re.Min, re.Max, next)
	case syntax.OpStar:
		return b.repeat(re, 0, -1, next)
	case syntax.OpPlus:
		return b.repeat(re, 1, -1, next)
	}
	return giveUp
}

var emptyOps = map[syntax.Op]syntax.EmptyOp{
	syntax.OpBeginLine: syntax.EmptyBeginLine, syntax.OpEndLine: syntax.EmptyEndLine,
	syntax.OpBeginText: syntax.EmptyBeginText, syntax.OpEndText: syntax.EmptyEndText,
	syntax.OpWordBoundary: syntax.EmptyWordBoundary, syntax.OpNoWordBoundary: syntax.EmptyNoWordBoundary,
}

// repeat compiles x{least,most}; most is negative for no bound.
func (b *builder) repeat(re *syntax.Regexp, least, most int, next *node) *node {
	sub := re.Sub[0]
	lazy := re.Flags&syntax.NonGreedy != 0
	if sub.Op == syntax.OpCharClass || sub.Op == syntax.OpAnyChar || sub.Op == syntax.OpAnyCharNotNL {
		if most < 0 {
			most = 1 << 30
		}
		n := node{op: opRun, class: b.classOf(sub), min: least, max: most, lazy: lazy, next: next}
		n.whole = !lazy && least < most && endsRun(n.class, next, least) || least == most
		return b.node(n)
	}
	if most < 0 || nullable(sub) {
		return giveUp // loops of their own: no rule needs them
	}
	end := next
	for i := most; i > 0 && b.nodes <= maxNodes; i-- {
		body := b.build(sub, next)
		if i <= least {
			next = body
			continue
		}
		// Instead of an optional turn, what follows the whole repeat.
		split := node{op: opSplit, next: body, other: end}
		if lazy {
			split.next, split.other = split.other, split.next
		}
		next = b.node(split)
	}
	return next
}

func nullable(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpStar, syntax.OpQuest:
		return true
	case syntax.OpRepeat:
		return re.Min == 0 || nullable(re.Sub[0])
	case syntax.OpPlus, syntax.OpCapture:
		return nullable(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !nullable(sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if nullable(sub) {
				return true
			}
		}
	}
	return false
}

// unfold lists the characters that fold to r.
func unfold(r rune) []rune {
	out := []rune{r}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		out = append(out, f)
	}
	return out
}

// literal compiles a text; in any case if it is folded.
func (b *builder) literal(re *syntax.Regexp, next *node) *node {
	if re.Flags&syntax.FoldCase == 0 {
		return b.node(node{op: opBytes, text: string(re.Rune), next: next})
	}
	for i := len(re.Rune) - 1; i >= 0; i-- {
		if c := foldClass(re.Rune[i]); c != nil {
			next = b.node(node{op: opClass, class: c, next: next})
		} else {
			next = b.node(node{op: opBytes, text: string(re.Rune[i]), next: next})
		}
	}
	return next
}

// foldClass is the class of what folds to a character, nil if that is alone.
func foldClass(r rune) *class {
	if r >= utf8.RuneSelf {
		return newFoldClass(r)
	}
	return foldClasses()[r]
}

// foldClasses are those of ASCII, which most patterns are made of.
var foldClasses = sync.OnceValue(func() []*class {
	all := make([]*class, utf8.RuneSelf)
	for r := range all {
		all[r] = newFoldClass(rune(r))
	}
	return all
})

func newFoldClass(r rune) *class {
	same := unfold(r)
	if len(same) == 1 {
		return nil
	}
	c := &class{}
	for _, r := range same {
		c.add(r, r)
	}
	return c
}

func classOf(re *syntax.Regexp) *class {
	c := &class{}
	switch re.Op {
	case syntax.OpAnyChar:
		c.add(0, unicode.MaxRune)
	case syntax.OpAnyCharNotNL:
		c.add(0, '\n'-1)
		c.add('\n'+1, unicode.MaxRune)
	default:
		for i := 0; i < len(re.Rune); i += 2 {
			c.add(re.Rune[i], re.Rune[i+1])
		}
	}
	return c
}

func (c *class) add(lo, hi rune) {
	for r := lo; r <= min(hi, utf8.RuneSelf-1); r++ {
		c.ascii[r] = true
	}
	if hi >= utf8.RuneSelf {
		c.wide = append(c.wide, max(lo, utf8.RuneSelf), hi)
	}
}

// endsRun reports whether what starts at n cannot match in front of another
// character of the class, so that a run of the class can only be followed by
// n where it ends.
func endsRun(c *class, n *node, least int) bool {
	switch n.op {
	case opMatch:
		return true // it follows the longest run too
	case opMark:
		return endsRun(c, n.next, least)
	case opBytes:
		return n.text[0] < utf8.RuneSelf && !c.ascii[n.text[0]]
	case opClass, opRun:
		return !c.meets(n.class) && (n.op == opClass || n.min > 0 || endsRun(c, n.next, least))
	case opSplit:
		return endsRun(c, n.next, least) && endsRun(c, n.other, least)
	case opAssert:
		return n.empty == syntax.EmptyEndText || n.empty == syntax.EmptyWordBoundary && least > 0 && c.isWord()
	}
	return false
}

func (c *class) meets(o *class) bool {
	for i, in := range c.ascii {
		if in && o.ascii[i] {
			return true
		}
	}
	return len(c.wide) > 0 && len(o.wide) > 0
}

func (c *class) isWord() bool {
	for i, in := range c.ascii {
		if in && !wordByte(byte(i)) {
			return false
		}
	}
	return len(c.wide) == 0
}
