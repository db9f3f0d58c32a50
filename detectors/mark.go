package detectors

import (
	"regexp"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/leak"
)

// mark is how the credentials of a rule look that the rule finds beside the name of its
// provider only.
type mark struct {
	id      string // of the provider
	pattern string
	once    sync.Once
	form    *regexp.Regexp // compiled when first asked; nil if the piece of a pattern is none
}

// fits reports whether a value looks so.
func (m *mark) fits(v string) bool {
	m.once.Do(func() { m.form, _ = regexp.Compile("^(?:" + m.pattern + ")$") })
	return m.form != nil && m.form.MatchString(v)
}

// markLen is how much of a value is looked up, in bytes.
const markLen = 3

// anyMarks are what credentials of many providers begin with.
var anyMarks = wordsOf("sk- sk_ pk- pk_ rk_ key KEY api API eyJ tok use sha")

// marked says whose a value is that has been found by the name of its field, if nothing else
// does: icoToken = "ico-...". It has the form of one provider's credentials, with what these
// begin with. That alone says less than the provider's name does, so no more is made of it.
func (s *Set) marked(h *Hit) {
	v := h.Parts[leak.SecretPart].Reveal()
	if h.Field == "" || h.vague || h.bearer || len(v) < 4*markLen || s.serviceOf(h.Field, v) != "" {
		return
	}
	s.markOnce.Do(s.learnMarks)
	id := ""
	for _, m := range s.marks[v[:markLen]] {
		if m.fits(v) {
			if id != "" && id != m.id {
				return
			}
			id = m.id
		}
	}
	if field := id + "." + h.Field; id != "" && s.serviceOf(field, v) == id {
		h.Field = field
		h.Why = append(h.Why[:len(h.Why):len(h.Why)], "it begins as credentials of "+id+" do, and is as long")
	}
}

// learnMarks reads the forms of keyless rules that begin with a text.
func (s *Set) learnMarks() {
	s.marks = map[string][]*mark{}
	for _, d := range s.ds {
		p, ok := d.(*pattern)
		if !ok || !p.keyless() {
			continue
		}
		_, form, ok := strings.Cut(p.rule.Pattern, "(?P<"+leak.SecretPart+">")
		if !ok || len(form) < markLen || strings.Trim(form[:markLen], tokenLetters) != "" || anyMarks[form[:markLen]] || strings.ContainsAny(form[markLen:markLen+1], "?*{+|") {
			continue
		}
		if form, ok = untilClosed(form); !ok {
			continue
		}
		s.marks[form[:markLen]] = append(s.marks[form[:markLen]], &mark{id: p.spec.Rule.Provider, pattern: form})
	}
}

const tokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// untilClosed is a pattern up to the parenthesis that closes the group that it is in; not if
// it has an alternative at its top, of which not all begin in the same way.
func untilClosed(pattern string) (inner string, ok bool) {
	depth, class := 0, false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')' && depth == 0:
			return pattern[:i], true
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			return "", false
		}
	}
	return "", false
}
