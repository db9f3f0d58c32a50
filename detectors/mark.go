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

	// begin tells enough where there is one, if the length is right.
	begin  string
	length func() secretForm
}

// fits reports whether a value looks so.
func (m *mark) fits(v string) bool {
	if m.begin != "" {
		if !strings.HasPrefix(v, m.begin) || inventedID(v) {
			return false
		}
		f := m.length()
		return f.least <= len(v) && len(v) <= f.most
	}
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
			if ok && p.spec.Rule.Sure == leak.High && p.proof() == nil {
				s.learnBegin(p)
			}
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

// learnBegin adds what the credentials of a rule begin with that would have found them without
// a name, had they its form: nobody else's begin so, and are as long.
func (s *Set) learnBegin(p *pattern) {
	_, form, ok := strings.Cut(p.rule.Pattern, "(?P<"+leak.SecretPart+">")
	if !ok || p.rule.Extend != nil {
		return
	}
	if form, ok = untilClosed(form); !ok {
		return
	}
	if begin := plainly(form); tells(begin) {
		s.marks[begin[:markLen]] = append(s.marks[begin[:markLen]], &mark{id: p.spec.Rule.Provider, begin: begin, length: formOnce(p)})
	}
}

// plainly is the text that all matches of a pattern begin with.
func plainly(pattern string) string {
	var text []byte
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\\' && i+1 < len(pattern) && strings.IndexByte(".-", pattern[i+1]) >= 0:
			i++
			text = append(text, pattern[i])
		case strings.IndexByte(tokenLetters+":~", c) >= 0:
			text = append(text, c)
		case strings.IndexByte("?*{", c) >= 0 && len(text) > 0:
			return string(text[:len(text)-1])
		default:
			return string(text)
		}
	}
	return string(text)
}

// tells reports whether a text that credentials begin with is that of one provider: xapp-, SG.
func tells(begin string) bool {
	return len(begin) >= markLen && !anyMarks[begin[:markLen]] && strings.ContainsAny(begin, "-_.:~")
}

// inventedID reports whether a value ends with the hyphens of a UUID, but letters that none
// has, or has the same part between hyphens twice: somebody has made it up.
func inventedID(v string) bool {
	if n := len(v) - 36; n >= 0 && v[n+8] == '-' && v[n+13] == '-' && v[n+18] == '-' && v[n+23] == '-' && !isUUID(v[n:]) {
		return true
	}
	last := ""
	for part := range strings.SplitSeq(v, "-") {
		if part == last && len(part) > 1 {
			return true
		}
		last = part
	}
	return false
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
