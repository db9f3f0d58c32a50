package detectors

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/leak"
)

// secretForm is how the credentials of a rule look by themselves, without what stands around
// them: found out when it is first asked for.
type secretForm struct {
	least int // bytes
	most  int
	whole func() *regexp.Regexp // nil if it is not known
}

// formOnce is the form of a pattern's credentials, found out once.
func formOnce(p *pattern) func() secretForm {
	return sync.OnceValue(func() secretForm {
		var f secretForm
		re, err := syntax.Parse(p.rule.Pattern, syntax.Perl)
		if err != nil {
			return f
		}
		in := group(re, leak.SecretPart)
		if in == nil || p.rule.Extend != nil {
			f.least, f.most = p.rule.SecretLen()
			return f
		}
		f.least, f.most = lengths(in.Sub[0])
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

// onlyHex reports whether all that a pattern finds are hexadecimal digits, as far as its text
// shows: to read all patterns would take long.
func (p *pattern) onlyHex() bool {
	_, form, ok := strings.Cut(p.rule.Pattern, "(?P<"+leak.SecretPart+">")
	if form, ok = untilClosed(form); !ok {
		return false
	}
	return strings.Trim(hexClasses.Replace(form), "0123456789{},") == ""
}

var hexClasses = strings.NewReplacer("[0-9a-f]", "", "[a-f0-9]", "", "[0-9a-fA-F]", "", "[a-fA-F0-9]", "", "[0-9A-Fa-f]", "")
