package detectors

import (
	"regexp/syntax"

	"github.com/whosekey/whosekey/leak"
)

// form says how much of a match of a rule shows where the credential ends.
func (s *Set) form(spec *Spec) leak.Form {
	i, ok := s.byRule[spec.Rule.ID]
	if p, is := s.ds[i].(*pattern); ok && is && p.rule.Extend == nil && (p.sum.valid != nil || p.oneLength()) {
		return leak.Fixed
	}
	if spec.Rule.Sure == leak.High {
		return leak.Shaped
	}
	return leak.Shapeless
}

// oneLength reports whether all credentials of a rule are as long.
func (p *pattern) oneLength() bool {
	p.measure.Do(func() {
		if re, err := syntax.Parse(p.rule.Pattern, syntax.Perl); err == nil {
			lo, hi := lengths(group(re, leak.SecretPart))
			p.fixed = hi > 0 && hi == lo
		}
	})
	return p.fixed
}

// group returns what a named group has, or nil.
func group(re *syntax.Regexp, name string) *syntax.Regexp {
	if re.Op == syntax.OpCapture && re.Name == name {
		return re
	}
	for _, sub := range re.Sub {
		if g := group(sub, name); g != nil {
			return g
		}
	}
	return nil
}

// lengths returns how many characters a match has, at least and at most; hi is
// unending if there is no most.
func lengths(re *syntax.Regexp) (lo, hi int) {
	const unending = 1 << 20
	if re == nil {
		return 0, 0
	}
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune), len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, 1
	case syntax.OpStar, syntax.OpPlus:
		return 0, unending
	case syntax.OpQuest:
		_, hi = lengths(re.Sub[0])
		return 0, hi
	case syntax.OpRepeat:
		lo, hi = lengths(re.Sub[0])
		if re.Max < 0 {
			return lo * re.Min, unending
		}
		return lo * re.Min, min(unending, hi*re.Max)
	case syntax.OpAlternate:
		lo = unending
		for _, sub := range re.Sub {
			a, b := lengths(sub)
			lo, hi = min(lo, a), max(hi, b)
		}
		return lo, hi
	}
	for _, sub := range re.Sub {
		a, b := lengths(sub)
		lo, hi = lo+a, min(unending, hi+b)
	}
	return lo, hi
}
