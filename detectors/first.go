package detectors

import (
	"regexp/syntax"
	"unicode/utf8"
)

// firstBytes returns the bytes that a match of a pattern can start with: all, if it
// can match the empty text.
func firstBytes(re *syntax.Regexp) (set [256]bool) {
	if addFirst(&set, re) {
		for i := range set {
			set[i] = true
		}
	}
	return set
}

// addFirst adds the first bytes of re to set and reports whether re can match
// the empty text.
func addFirst(set *[256]bool, re *syntax.Regexp) (empty bool) {
	switch re.Op {
	case syntax.OpLiteral:
		addRune(set, re.Rune[0], re.Flags&syntax.FoldCase != 0)
		return false
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= min(re.Rune[i+1], 0x80); r++ {
				addRune(set, r, false)
			}
			if re.Rune[i+1] >= 0x80 {
				addRune(set, 0x80, false)
			}
		}
		return false
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		for i := range set {
			set[i] = true
		}
		return false
	case syntax.OpCapture, syntax.OpPlus:
		return addFirst(set, re.Sub[0])
	case syntax.OpStar, syntax.OpQuest:
		addFirst(set, re.Sub[0])
		return true
	case syntax.OpRepeat:
		return addFirst(set, re.Sub[0]) || re.Min == 0
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !addFirst(set, sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			empty = addFirst(set, sub) || empty
		}
		return empty
	}
	return true // assertions
}

// addRune adds the first byte of r; beyond ASCII it adds all bytes from 0x80,
// as a class may match bytes that are not UTF-8.
func addRune(set *[256]bool, r rune, fold bool) {
	if r >= utf8.RuneSelf {
		for i := 0x80; i < 0x100; i++ {
			set[i] = true
		}
		return
	}
	set[r] = true
	if c := byte(r) | 0x20; fold && 'a' <= c && c <= 'z' {
		set[c], set[c-0x20] = true, true
		set[0xc5], set[0xe2] = true, true // the long s and the Kelvin sign
	}
}
