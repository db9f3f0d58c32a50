package rules

import (
	"fmt"
	"math"
	"regexp/syntax"
	"slices"
	"unicode/utf8"

	"github.com/whosekey/whosekey/internal/tails"
	"github.com/whosekey/whosekey/leak"
)

// MaxLen is the longest match, in bytes, that a pattern may have. What is
// longer is found by its head and read on with Extend.
const MaxLen = 512

// minLiteral is the shortest literal worth searching for: in the prototypes
// two-byte literals were 53 % of all hits.
const minLiteral = 3

// maxLiterals bounds how many literals a pattern is expanded to.
const maxLiterals = 64

// Shape is what a search has to know of a pattern in order to run it on little
// data.
type Shape struct {
	MinLen, MaxLen int // of a match, in bytes
	Literals       []Literal
	Head           tails.Tail // what the first bytes of a match can be
}

// Literal is a text of which at least one is in every match.
type Literal struct {
	Text string
	Fold bool // matches in any case (ASCII); Text is lower case
	// From and To bound where Text starts, in bytes from the start of the
	// match, both included.
	From, To int
	Before   tails.Set // what the bytes between the two can be
	// Tail is what the bytes behind Text can be.
	Tail tails.Tail
}

// analyze derives a pattern's Shape. declared literals replace those that
// would be derived.
func analyze(re *syntax.Regexp, declared []string) (Shape, error) {
	lo, hi, err := bounds(re)
	if err != nil {
		return Shape{}, err
	}
	if hi > MaxLen {
		return Shape{}, tooLong(hi)
	}
	s := Shape{MinLen: lo, MaxLen: hi, Head: headOf(re)}
	if len(declared) > 0 {
		for _, text := range declared {
			if len(text) < minLiteral {
				return Shape{}, fmt.Errorf("literal %q: must have %d bytes or more", text, minLiteral)
			}
			s.Literals = append(s.Literals, Literal{Text: text, To: max(0, hi-len(text)), Before: tails.All})
		}
		if set, ok := places(re, declared); ok {
			s.Literals = set
		}
		addTails(re, s.Literals)
		return s, nil
	}
	best, ok := Required(re)
	if !ok {
		return Shape{}, fmt.Errorf("no literal of %d bytes or more is in every match; name one in the pattern, or declare literals", minLiteral)
	}
	s.Literals = best
	addTails(re, s.Literals)
	return s, nil
}

func tooLong(n int) error {
	if n == math.MaxInt {
		return fmt.Errorf("the pattern has no greatest length: replace * and + by {0,n}, or use extend")
	}
	return fmt.Errorf("a match can have %d bytes, the limit is %d: bound it, or find its head and use extend", n, MaxLen)
}

// bounds returns the least and greatest length of a match in bytes.
func bounds(re *syntax.Regexp) (lo, hi int, err error) {
	if re.Op == syntax.OpNoMatch || re.Op == syntax.OpCharClass && len(re.Rune) == 0 {
		return 0, 0, fmt.Errorf("the pattern matches nothing")
	}
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return 0, 0, nil
	case syntax.OpLiteral:
		n := 0
		for _, r := range re.Rune {
			n += utf8.RuneLen(r)
		}
		return n, n, nil
	case syntax.OpCharClass:
		return 1, classWidth(re), nil
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, utf8.UTFMax, nil
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		return repeatBounds(re)
	}
	lo = 0
	if re.Op == syntax.OpAlternate {
		lo = math.MaxInt
	}
	for _, sub := range re.Sub {
		l, h, err := bounds(sub)
		if err != nil {
			return 0, 0, err
		}
		if re.Op == syntax.OpAlternate {
			lo, hi = min(lo, l), max(hi, h)
		} else {
			lo, hi = lo+l, add(hi, h)
		}
	}
	return lo, hi, nil
}

func repeatBounds(re *syntax.Regexp) (lo, hi int, err error) {
	l, h, err := bounds(re.Sub[0])
	switch re.Op {
	case syntax.OpStar:
		return 0, math.MaxInt, err
	case syntax.OpPlus:
		return l, math.MaxInt, err
	case syntax.OpQuest:
		return 0, h, err
	}
	if re.Max < 0 || h == math.MaxInt {
		return l * re.Min, math.MaxInt, err
	}
	return l * re.Min, h * re.Max, err
}

func add(a, b int) int {
	if a == math.MaxInt || b == math.MaxInt {
		return math.MaxInt
	}
	return a + b
}

// classWidth is the longest encoding of a character of the class. A class that
// reaches the last code point is a negated one; it also matches bytes that are
// not UTF-8, one at a time.
func classWidth(re *syntax.Regexp) int {
	last := re.Rune[len(re.Rune)-1]
	if r := utf8.RuneLen(last); r > 0 {
		return r
	}
	return 3 // it ends within the surrogates, which UTF-8 does not have
}

// SecretLen returns how long credentials of the kind can be: what the group secret of
// the pattern, or of a piece nearby, matches, and what it is extended by.
func (r *Rule) SecretLen() (least, most int) {
	patterns := []string{r.Pattern}
	for i := range r.Near {
		patterns = append(patterns, r.Near[i].Pattern)
	}
	for _, p := range patterns {
		re, err := syntax.Parse(p, syntax.Perl)
		if err != nil {
			continue
		}
		group := named(re, leak.SecretPart)
		if group == nil {
			continue
		}
		oneByte(group)
		if least, most, err = bounds(group); err == nil && r.Extend != nil {
			most = r.Extend.Max
		}
		return least, most
	}
	return 0, 0
}

// oneByte makes all characters of classes one byte long: credentials are ASCII, and the
// sign for kelvin is a k of three bytes only where case does not matter.
func oneByte(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		re.Op, re.Rune = syntax.OpLiteral, []rune{'x'}
	}
	for _, sub := range re.Sub {
		oneByte(sub)
	}
}

// named is the group of a name in a pattern, nil if there is none.
func named(re *syntax.Regexp, name string) *syntax.Regexp {
	if re.Op == syntax.OpCapture && re.Name == name {
		return re
	}
	for _, sub := range re.Sub {
		if found := named(sub, name); found != nil {
			return found
		}
	}
	return nil
}

// Required returns literals of which at least one is in every match: the set whose
// shortest literal is longest, then the smallest set. ok is false if there are none
// of three bytes or more.
func Required(re *syntax.Regexp) (all []Literal, ok bool) {
	var best []Literal
	run := []Literal{{}} // expansions of the elements since the last unknown one
	from, to := 0, 0     // bounds of what is before the run
	var before tails.Set // its bytes
	consider := func(set []Literal) {
		if set = distinct(set); len(set) > 0 && better(set, best) {
			best = set
		}
	}
	flush := func() {
		set := make([]Literal, 0, len(run))
		for _, l := range run {
			l.From, l.To, l.Before = from, to, before
			set = append(set, normal(l))
		}
		consider(set)
	}
	for _, e := range elements(re, nil) {
		lo, hi, err := bounds(e)
		if err != nil || hi == math.MaxInt {
			return nil, false
		}
		if exact, ok := expand(e); ok && len(exact)*len(run) <= maxLiterals {
			run = cross(run, exact)
			continue
		}
		flush()
		a, b := runBounds(run)
		before.Or(bytesOfAll(run))
		from, to, run = from+a, to+b, []Literal{{}}
		consider(shifted(inner(e), from, to, before))
		before.Or(bytesIn(e))
		from, to = from+lo, to+hi
	}
	flush()
	return best, len(best) > 0
}

// elements flattens captures and concatenations.
func elements(re *syntax.Regexp, into []*syntax.Regexp) []*syntax.Regexp {
	switch re.Op {
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			into = elements(sub, into)
		}
		return into
	case syntax.OpRepeat:
		// x{3,8} is xxx followed by up to five more. Unrolled only where x is
		// a short constant, as in (?:ab){2}.
		if sub, ok := expand(re.Sub[0]); ok && len(sub) == 1 && re.Min == re.Max && re.Min <= 8 {
			for range re.Min {
				into = append(into, re.Sub[0])
			}
			return into
		}
	}
	return append(into, re)
}

// expand lists all texts that an element matches, if they are few.
func expand(re *syntax.Regexp) ([]Literal, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpBeginLine, syntax.OpEndLine:
		return []Literal{{}}, true
	case syntax.OpLiteral:
		fold := re.Flags&syntax.FoldCase != 0
		if fold && slices.ContainsFunc(re.Rune, func(r rune) bool { return r >= utf8.RuneSelf }) {
			return nil, false // only ASCII is searched for in any case
		}
		return []Literal{{Text: string(re.Rune), Fold: fold}}, true
	case syntax.OpCharClass:
		return expandClass(re)
	case syntax.OpQuest:
		sub, ok := expand(re.Sub[0])
		return append([]Literal{{}}, sub...), ok && len(sub) < maxLiterals
	case syntax.OpCapture, syntax.OpConcat:
		all := []Literal{{}}
		for _, sub := range re.Sub {
			more, ok := expand(sub)
			if !ok || len(all)*len(more) > maxLiterals {
				return nil, false
			}
			all = cross(all, more)
		}
		return all, true
	case syntax.OpAlternate:
		var all []Literal
		for _, sub := range re.Sub {
			more, ok := expand(sub)
			if !ok || len(all)+len(more) > maxLiterals {
				return nil, false
			}
			all = append(all, more...)
		}
		return all, true
	}
	return nil, false
}

func expandClass(re *syntax.Regexp) ([]Literal, bool) {
	var all []Literal
	for i := 0; i < len(re.Rune); i += 2 {
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			if len(all) == 8 {
				return nil, false
			}
			all = append(all, Literal{Text: string(r)})
		}
	}
	return all, len(all) > 0
}

// inner finds literals inside an element that cannot be expanded: in every
// branch of an alternation, or in what is repeated at least once.
func inner(re *syntax.Regexp) []Literal {
	switch re.Op {
	case syntax.OpCapture, syntax.OpConcat:
		set, _ := Required(re)
		return set
	case syntax.OpRepeat:
		if re.Min >= 1 {
			set, _ := Required(re.Sub[0])
			return set
		}
	case syntax.OpAlternate:
		var all []Literal
		for _, sub := range re.Sub {
			set, ok := Required(sub)
			if !ok || len(all)+len(set) > maxLiterals {
				return nil
			}
			all = append(all, set...)
		}
		return all
	}
	return nil
}
