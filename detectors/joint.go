package detectors

import (
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// joint is how a credential may be joined to what stands beside it: in names of
// variables, files and branches it is often a part of a name, as in prod_ghp_... .
type joint uint8

const (
	alone  joint = iota // not but as the pattern says
	ahead               // behind an underscore
	within              // and before one, where it ends with a word
	proven              // between any two bytes that are no letters or digits: a checksum tells
)

// distinct is how long the text must be that a credential begins with, in bytes, for
// nothing else to begin so in the middle of a name.
const distinct = 4

// jointOf says how the credentials of a rule may be joined.
func (p *pattern) jointOf(re *syntax.Regexp) joint {
	if p.sum.valid != nil {
		return proven
	}
	for _, l := range p.rule.Shape.Literals {
		// Names have few capitals behind an underscore: AKIA is part of none.
		sure := p.rule.Confidence == leak.High || strings.ToUpper(l.Text) == l.Text
		if l.Fold || l.To > 0 || len(l.Text) < distinct || !sure {
			return alone
		}
	}
	switch {
	case !strings.HasPrefix(p.rule.Pattern, `\b`):
		return alone
	case strings.HasSuffix(p.rule.Pattern, `\b`) && !endsIn(re, '_'):
		return within
	}
	return ahead
}

// endsIn reports whether the last character of a match can be c.
func endsIn(re *syntax.Regexp, c rune) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return re.Rune[len(re.Rune)-1] == c
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			if re.Rune[i] <= c && c <= re.Rune[i+1] {
				return true
			}
		}
		return false
	case syntax.OpConcat:
		last := len(re.Sub) - 1
		for re.Sub[last].Op == syntax.OpWordBoundary && last > 0 {
			last--
		}
		return nullable(re.Sub[last]) || endsIn(re.Sub[last], c)
	case syntax.OpCapture, syntax.OpRepeat, syntax.OpPlus, syntax.OpAlternate:
		return slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return endsIn(sub, c) })
	}
	return true
}

// begins reports whether a credential can begin behind a byte.
func (j joint) begins(before byte) bool {
	return before == '_' && j != alone || j == proven && !alnum(before)
}

// ends reports whether the text can end before a byte.
func (j joint) ends(next byte) bool { return j == proven && !alnum(next) }

// divides reports whether there can be a boundary between two bytes of one word.
func (j joint) divides(before, next byte) bool {
	return j >= within && next == '_' && before != '_'
}

func alnum(c byte) bool { return wordByte(c) && c != '_' }

// matchJoined runs the pattern at data[s:end] for a credential that is part of a name:
// it stands then at the beginning of a text, and before the end of one.
func (p *pattern) matchJoined(loc []int, data []byte, s, end int) (far int, ok bool) {
	from := 0
	if s > 0 && p.joint.begins(data[s-1]) {
		from = s
	} else if p.joint < within {
		return 0, false
	}
	if far, ok = p.re.matchJoined(loc, data[from:], s-from, end-from, p.joint); ok && from > 0 {
		shift(loc, from)
	}
	return far + from, ok
}

// matchJoined is match, but the text may end where the joint says so. It finds nothing
// where that takes too many steps.
func (m *matcher) matchJoined(loc []int, data []byte, s, end int, j joint) (far int, ok bool) {
	t := newThread(loc, data[:end], s)
	t.joint = j
	ok = t.run(m.start, s)
	return t.far, ok && t.steps <= maxSteps
}
