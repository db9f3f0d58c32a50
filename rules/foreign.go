package rules

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/internal/tails"
	"github.com/whosekey/whosekey/leak"
)

// Foreign is a rule of another scanner, which knows no reach.
type Foreign struct {
	ID, Title string
	Pattern   string
	Group     int      // that is the credential; 0: the first, or all if there is none
	Keywords  []string // of which one is in the text, in any case
	Entropy   float64
}

// ErrNoLiteral is what Rule returns for a pattern without a text to search for.
var ErrNoLiteral = errors.New("its pattern has no text of three bytes or more that is in every match, and there is no such keyword")

// ErrTooLong is what Rule returns for a pattern that cannot be bounded.
var ErrTooLong = fmt.Errorf("a match can have more than %d bytes", MaxLen)

// Rule makes a rule of ours of it. notes say what is not quite the same.
func (f Foreign) Rule() (r Rule, notes []string, err error) {
	if r, ok := f.block(); ok {
		return r, []string{fmt.Sprintf("what it finds has %d bytes at most", maxForeign)}, nil
	}
	pattern, most, err := bounded(f.Pattern, f.Group)
	if err != nil {
		return r, nil, err
	}
	if most > 0 {
		notes = append(notes, fmt.Sprintf("what its pattern repeats without a bound, or very often, may be there %d times at most", most))
	}
	r = f.rule(pattern)
	if r.Extend = f.open(); r.Extend != nil {
		notes = append(notes, fmt.Sprintf("what it finds has %d bytes at most", maxForeign))
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return r, notes, err
	}
	if r.Shape, err = analyze(tree, nil); err == nil {
		return r, notes, nil
	}
	lo, hi, err := bounds(tree)
	if err != nil {
		return r, notes, err
	}
	var within, near []string
	for _, k := range f.Keywords {
		if len(k) < minLiteral {
			continue
		}
		if strings.Contains(strings.ToLower(f.Pattern), strings.ToLower(k)) {
			within = append(within, k)
		} else {
			near = append(near, regexp.QuoteMeta(k))
		}
	}
	switch {
	case len(within) > 0:
		r.Shape = Shape{MinLen: lo, MaxLen: hi, Head: headOf(tree)}
		for _, k := range within {
			l := normal(Literal{Text: k, Fold: true})
			l.To, l.Before = max(0, hi-len(l.Text)), tails.All
			r.Shape.Literals = append(r.Shape.Literals, l)
		}
		return r, notes, nil
	case len(near) == 0:
		return r, notes, ErrNoLiteral
	}
	notes = append(notes, fmt.Sprintf("its keyword must stand within %d bytes of the credential", MaxLen))
	r.Near = []Near{{Pattern: pattern, Within: MaxLen, Required: true, MaxLen: hi}}
	r.Pattern = "(?i)(?:" + strings.Join(near, "|") + ")"
	return r, notes, r.derive()
}

func (f Foreign) rule(pattern string) Rule {
	return Rule{
		ID: f.ID, Title: f.Title, Pattern: pattern, Entropy: f.Entropy, Confidence: leak.Medium, Severity: 7,
		Rotate: "Make it invalid where it was issued, and read the new one from a secret store.",
	}
}

// maxForeign is how long a block may be, in bytes.
const maxForeign = 16 << 10

// block makes a rule of a pattern that has a head with a literal and goes on
// without a bound, as that of keys in PEM does, and is the credential as a whole.
func (f Foreign) block() (r Rule, ok bool) {
	tree, err := syntax.Parse(f.Pattern, syntax.Perl)
	if err != nil || tree.Op != syntax.OpConcat || tree.MaxCap() > 0 {
		return r, false
	}
	rewrite(tree, nil, 0)
	i := slices.IndexFunc(tree.Sub, func(sub *syntax.Regexp) bool {
		_, hi, err := bounds(sub)
		return err == nil && hi == math.MaxInt
	})
	if i <= 0 || i == len(tree.Sub)-1 {
		return r, false
	}
	head, tail := *tree, *tree
	head.Sub, tail.Sub = tree.Sub[:i], tree.Sub[i:]
	r = f.rule("(?P<" + leak.SecretPart + ">" + head.String() + ")")
	r.Extend = &Extend{Until: "^(?:" + tail.String() + ")", Max: maxForeign}
	return r, r.derive() == nil && r.Extend.check() == nil
}

// caps are the bounds that repetitions get, the first that makes a pattern short
// enough.
var caps = []int{500, 400, 300, 250, 200, 150, 128, 100, 80, 64, 48, 32, 24, 16, 12, 8, 4, 2, 1}

// bounded names the group of a pattern that is the credential, and bounds its
// repetitions so that a match has MaxLen bytes at most. most is the bound, 0 if
// none was needed.
func bounded(pattern string, group int) (out string, most int, err error) {
	for _, most := range append([]int{0}, caps...) {
		tree, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			return "", 0, err
		}
		if group > tree.MaxCap() {
			return "", 0, fmt.Errorf("secretGroup %d: the pattern has %d", group, tree.MaxCap())
		}
		groups := []int{group}
		if group == 0 {
			groups = firstOf(tree)
		}
		rewrite(tree, groups, most)
		if _, hi, err := bounds(tree); err != nil {
			return "", 0, err
		} else if hi > MaxLen {
			continue
		}
		out := tree.String()
		if len(groups) == 0 {
			out = "(?P<" + leak.SecretPart + ">" + out + ")"
		}
		if _, err := regexp.Compile(out); err != nil {
			return "", 0, err
		}
		return out, most, nil
	}
	return "", 0, ErrTooLong
}

// Alternative begins the names of groups that are the credential where the group that is
// called so has nothing. A pattern cannot have two of one name.
const Alternative = leak.SecretPart + "__"

// firstOf are the groups of which the first that is not empty is the credential: up to
// the first that cannot be.
func firstOf(tree *syntax.Regexp) (groups []int) {
	for i := 1; i <= tree.MaxCap(); i++ {
		if groups = append(groups, i); always(tree, i) {
			break
		}
	}
	return groups
}

// always reports whether a group has something in every match.
func always(re *syntax.Regexp, group int) bool {
	switch re.Op {
	case syntax.OpCapture:
		lo, _, err := bounds(re.Sub[0])
		return re.Cap == group && err == nil && lo > 0 || always(re.Sub[0], group)
	case syntax.OpConcat, syntax.OpPlus:
		return slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return always(sub, group) })
	case syntax.OpRepeat:
		return re.Min > 0 && always(re.Sub[0], group)
	}
	return false // an alternative has groups of its own
}

// rewrite names the groups that are the credential, takes the names of the others, and
// bounds repetitions.
func rewrite(re *syntax.Regexp, groups []int, most int) {
	switch re.Op {
	case syntax.OpCapture:
		switch at := slices.Index(groups, re.Cap); at {
		case -1:
			re.Name = ""
		case 0:
			re.Name = leak.SecretPart
		default:
			re.Name = Alternative + strconv.Itoa(at)
		}
	case syntax.OpCharClass:
		// The long s and the Kelvin sign fold to ASCII letters; no credential has them.
		for _, fold := range []rune{0x17f, 0x212a} {
			for i := 0; i+1 < len(re.Rune); i += 2 {
				if re.Rune[i] == fold && re.Rune[i+1] == fold && len(re.Rune) > 2 {
					re.Rune = slices.Delete(re.Rune, i, i+2)
					break
				}
			}
		}
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		bound(re, most)
	}
	for _, sub := range re.Sub {
		rewrite(sub, groups, most)
	}
}

// maxBlank is how often white space may be there that is repeated without a bound: the
// bytes of a match are for the credential.
const maxBlank = 16

// bound gives a repetition a bound; none if most is 0.
func bound(re *syntax.Regexp, most int) {
	if blank(re.Sub[0]) && (re.Op != syntax.OpRepeat || re.Max < 0) {
		most = min(most, maxBlank)
	}
	switch {
	case most == 0:
	case re.Op == syntax.OpStar:
		re.Op, re.Min, re.Max = syntax.OpRepeat, 0, most
	case re.Op == syntax.OpPlus:
		re.Op, re.Min, re.Max = syntax.OpRepeat, 1, most
	case re.Op == syntax.OpRepeat && (re.Max < 0 || re.Max > most):
		re.Max = max(re.Min, most)
	}
}

// blank reports whether a class is of white space.
func blank(re *syntax.Regexp) bool {
	if re.Op != syntax.OpCharClass && re.Op != syntax.OpLiteral || len(re.Rune) == 0 || re.Op == syntax.OpLiteral && len(re.Rune) > 1 {
		return false
	}
	return re.Rune[0] >= '\t' && re.Rune[len(re.Rune)-1] <= ' ' && !slices.ContainsFunc(re.Rune, func(c rune) bool { return c > '\r' && c < ' ' })
}

// open says how a credential goes on with which a match ends and that has no bound; nil
// for any other.
func (f Foreign) open() *Extend {
	re, err := syntax.Parse(f.Pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	groups := []int{f.Group}
	if f.Group == 0 {
		groups = firstOf(re)
	}
	within := len(groups) == 0
	for len(groups) < 2 {
		switch {
		case re.Op == syntax.OpConcat:
			re = re.Sub[len(re.Sub)-1]
		case re.Op == syntax.OpCapture:
			within, re = within || slices.Contains(groups, re.Cap), re.Sub[0]
		case within && (re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && re.Max < 0 || re.Op == syntax.OpStar) && re.Flags&syntax.NonGreedy == 0 && re.Sub[0].Op == syntax.OpCharClass:
			return &Extend{Class: ascii(re.Sub[0].Rune).String(), Max: maxForeign}
		default:
			return nil
		}
	}
	return nil
}

// ascii is a class without what is no ASCII.
func ascii(class []rune) *syntax.Regexp {
	out := &syntax.Regexp{Op: syntax.OpCharClass}
	for i := 0; i+1 < len(class) && class[i] < 0x80; i += 2 {
		out.Rune = append(out.Rune, class[i], min(class[i+1], 0x7f))
	}
	return out
}

// Nothing is a rule that finds nothing in any text that people write.
func Nothing() Rule {
	r, _, err := Foreign{ID: "nothing", Pattern: "\x00\x01\x02\x03\x02\x01"}.Rule()
	if err != nil {
		panic("rules: " + err.Error()) // it is a constant
	}
	return r
}
