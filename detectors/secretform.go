package detectors

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"

	"github.com/whosekey/whosekey/leak"
)

// secretForm is how the credentials of a rule look by themselves, without what stands around
// them: found out when it is first asked for.
type secretForm struct {
	least int // bytes
	most  int
	whole func() *regexp.Regexp // nil if it is not known
	hex   bool                  // hexadecimal digits and nothing else
}

// formOnce is the form of a pattern's credentials, found out once.
func formOnce(p *pattern) func() secretForm {
	return sync.OnceValue(func() secretForm {
		var f secretForm
		f.least, f.most = p.rule.SecretLen()
		re, err := syntax.Parse(p.rule.Pattern, syntax.Perl)
		if err != nil {
			return f
		}
		in := group(re, leak.SecretPart)
		if in == nil || p.rule.Extend != nil {
			return f
		}
		f.hex = onlyHex(in.Sub[0])
		f.whole = sync.OnceValue(func() *regexp.Regexp {
			whole, _ := regexp.Compile("^(?:" + in.Sub[0].String() + ")$")
			return whole
		})
		return f
	})
}

// hasForm reports whether a value has the very form of one of a provider's credentials: those
// of nearly one length, since what may be long or short is not told by its characters.
func (v *services) hasForm(id, value string) bool {
	return slices.ContainsFunc(v.secrets[id], func(form func() secretForm) bool {
		f := form()
		if f.whole == nil || !f.one() || len(value) < f.least || f.most < len(value) {
			return false
		}
		whole := f.whole()
		return whole != nil && whole.MatchString(value)
	})
}

// one reports whether all have nearly one length.
func (f *secretForm) one() bool { return f.most-f.least <= nearly }

// onlyHex reports whether all matches of a pattern are of hexadecimal digits.
func onlyHex(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return false
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for c := re.Rune[i]; c <= re.Rune[i+1]; c++ {
				if c > 'f' || unhex(byte(c)) < 0 {
					return false
				}
			}
		}
		return true
	}
	return len(re.Sub) > 0 && !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !onlyHex(sub) })
}
