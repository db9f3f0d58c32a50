package detectors

import (
	"fmt"
	"regexp/syntax"
	"sync"

	"github.com/whosekey/whosekey/internal/language"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// pattern is a rule compiled to a Detector.
type pattern struct {
	rule  *rules.Rule
	spec  Spec
	near  []near
	sum   checksum
	shape structure
	first [256]bool // bytes that a match can start with

	around []int // how far around the match Near looks, by literal
	before int   // how far Find looks back if there is no match

	compile sync.Once
	re      *matcher
	tail    *tail // nil if the match is all
}

// near is another piece of the credential.
type near struct {
	rules.Near
	compile sync.Once
	find    *finder
	tail    *tail // nil if its match is all
}

func (n *near) ready() { n.find, n.tail = newFinder(n.Pattern), newTail(n.Extend) }

func newPattern(pr *rules.Provider, r *rules.Rule) (*pattern, error) {
	p := &pattern{rule: r}
	var ok bool
	if p.sum, ok = checksums[r.Checksum]; !ok && r.Checksum != "" {
		return nil, fmt.Errorf("no checksum named %q; the algorithms are listed in docs/rules.md", r.Checksum)
	}
	if p.shape, ok = structures[r.Structure]; !ok && r.Structure != "" {
		return nil, fmt.Errorf("no structure named %q; they are listed in docs/rules.md", r.Structure)
	}
	length := r.Shape.MaxLen
	for _, n := range r.Near {
		p.near = append(p.near, near{Near: n})
	}
	if r.Extend != nil {
		length += r.Extend.Max // the secret may begin at the end of the match
	}
	p.spec = Spec{Rule: pr.Info(r), Literals: r.Shape.Literals}
	for _, l := range r.Shape.Literals {
		around := 0
		for _, n := range r.Near {
			if n.Literal == "" || n.Literal == l.Text {
				around = max(around, n.Within+n.MaxLen+1)
			}
		}
		// One byte more on each side, for what \b looks at.
		reach := Seen{l.To + max(around+1, escapeReach), length + around + 1}
		p.around, p.spec.Reach = append(p.around, around), append(p.spec.Reach, reach)
		p.spec.Before, p.spec.After = max(p.spec.Before, reach.Before), max(p.spec.After, reach.After)
		p.before = max(p.before, l.To+max(1, escapeReach))
	}
	return p, nil
}

func (p *pattern) Spec() Spec { return p.spec }

// ready compiles the pattern: most runs meet few rules.
func (p *pattern) ready() {
	re, _ := syntax.Parse(p.rule.Pattern, syntax.Perl) // so did the loader
	p.re = matcherOf(p.rule.Pattern, re)
	p.tail = newTail(p.rule.Extend)
	for c := range p.first {
		p.first[c] = p.rule.Shape.Head.Cut(1).Begins([]byte{byte(c)})
	}
}

// Find tries the pattern at each place where a match that has its literal at
// w.At can start, and takes the first that fits. So a hit does not depend on
// what else the text matches.
func (p *pattern) Find(w Window, emit func(Hit)) Seen {
	p.compile.Do(p.ready)
	var few [32]int
	loc, far := p.match(w, few[:])
	reach := p.spec.Reach[w.Lit]
	if loc == nil {
		return Seen{p.before, min(reach.After, far-w.At)}
	}
	h, to, ok := p.judge(w.Data, loc, w.Lit, nil)
	if ok {
		emit(h)
	}
	far = max(far, to) + p.around[w.Lit]
	return Seen{reach.Before, min(reach.After, far-w.At)}
}

// matches reports whether Find has something to judge.
func (p *pattern) matches(w Window) bool {
	p.compile.Do(p.ready)
	var few [32]int
	loc, _ := p.match(w, few[:])
	return loc != nil
}

// match returns where the groups of the match are; nil if there is none. loc is for
// that, if it is long enough. It looked at nothing from far on.
func (p *pattern) match(w Window, loc []int) (groups []int, far int) {
	l := &p.spec.Literals[w.Lit]
	if n := 2 * len(p.re.names); n <= len(loc) {
		loc = loc[:n]
	} else {
		loc = make([]int, n)
	}
	head := p.rule.Shape.Head
	ahead := head.Len()
	far = w.At + len(l.Text) + ahead // or not so far
	from := max(0, w.At-l.To)
	for i, c := range w.Data[from:max(from, w.At-l.From+1)] {
		if !p.first[c] { // most
			continue
		}
		s := from + i
		if s+ahead <= len(w.Data) && !head.Begins(w.Data[s:]) {
			continue
		}
		// One byte more than the longest match, for what \b looks at.
		end := min(len(w.Data), s+p.rule.Shape.MaxLen+1)
		to, ok := p.matchAt(loc, w.Data, s, end)
		far = max(far, to)
		if ok && loc[1] >= w.At+len(l.Text) {
			return loc, far
		}
	}
	return nil, far
}

// matchAt runs the pattern at data[s:end]. What stands behind an escape sequence
// stands at the beginning of a text.
func (p *pattern) matchAt(loc []int, data []byte, s, end int) (far int, ok bool) {
	if far, ok = p.re.match(loc, data, s, end); ok || s == 0 || !wordByte(data[s-1]) || !escapeEnds(data, s) {
		return far, ok
	}
	if far, ok = p.re.match(loc, data[s:], 0, end-s); !ok {
		return far + s, false
	}
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += s
		}
	}
	return far + s, true
}

// judge turns a match of the pattern, with a literal, into a hit, unless a check says no. Except
// for Near, that depends on the match and on what is before far. Every check tells
// e what it thought, if there is one; what is made for that is made for it alone.
func (p *pattern) judge(data []byte, loc []int, lit int, e *Explained) (h Hit, far int, ok bool) {
	h = Hit{Start: -1, Parts: leak.Parts{}}
	for i, name := range p.re.names {
		if name != "" && loc[2*i] >= 0 {
			h.add(name, data, loc[2*i], loc[2*i+1])
		}
	}
	if p.tail != nil {
		far, ok = p.extend(&h, data)
		if e != nil {
			e.say("extend", ok, "it goes on to %d bytes in all; %d at most", h.End-h.Start, p.rule.Extend.Max)
		}
		if !ok {
			return h, far, false
		}
	}
	if p.keyless() && h.Start > loc[0] && !p.fieldFits(&h, data[loc[0]:h.Start], e) {
		return h, far, false
	}
	for i := range p.near {
		n := &p.near[i]
		if n.Literal != "" && n.Literal != p.spec.Literals[lit].Text {
			continue
		}
		n.compile.Do(n.ready)
		is := n.nearest(&h, p.own(loc), data, loc[0], loc[1])
		if e != nil {
			e.sayNear(n, is)
		}
		if !is && n.Required {
			return h, far, false
		}
	}
	if h.Start < 0 {
		if e != nil {
			e.say("pattern", false, "it has no group named secret here")
		}
		return h, far, false
	}
	return h, far, p.passes(&h, e)
}

func (h *Hit) add(name string, data []byte, start, end int) {
	h.Parts[name] = leak.NewSecret(string(data[start:end]))
	if !leak.PublicPart(name) {
		h.Pieces = append(h.Pieces, [2]int{start, end})
	}
	if name == leak.SecretPart {
		h.Start, h.End = start, end
	}
}

// extend reads on behind the head. It looks at nothing from far on.
func (p *pattern) extend(h *Hit, data []byte) (far int, ok bool) {
	most := h.Start + p.rule.Extend.Max
	limit := min(len(data), most)
	if h.Start < 0 || h.End > limit {
		return most + 1, false
	}
	end, far, ok := p.tail.end(data, h.End, limit)
	if ok {
		h.add(leak.SecretPart, data, h.Start, end)
	}
	return far, ok
}

// own are the pieces that stand in the match itself: none nearby is meant.
func (p *pattern) own(loc []int) (names []string) {
	for i, name := range p.re.names {
		if name != "" && loc[2*i] >= 0 {
			names = append(names, name)
		}
	}
	return names
}

// keyless reports whether a rule knows of a value no more than its length and where it
// stands.
func (p *pattern) keyless() bool {
	return p.rule.Confidence == leak.Medium && p.sum.valid == nil && p.shape.valid == nil
}

// passes runs the checks on the whole secret, and notes in the hit those that it
// passed and in e, if there is one, what each thought.
func (p *pattern) passes(h *Hit, e *Explained) bool {
	secret := h.Parts[leak.SecretPart].Reveal()
	word := placeholder(secret, p.rule.Stopwords)
	if e != nil {
		e.sayPlaceholder(word)
	}
	if word != "" {
		return false
	}
	h.Why = append(h.Why, "has the form that is known for it")
	if p.rule.Entropy > 0 && !p.random(h, secret, e) {
		return false
	}
	if !p.holds(h, e, "checksum", "checksum matches: ", p.sum.title, p.sum.valid) ||
		!p.holds(h, e, "structure", "decodes: ", p.shape.title, p.shape.valid) {
		return false
	}
	for i := range p.near {
		if n := &p.near[i]; n.Required {
			h.Why = append(h.Why, "its other part stands nearby")
		}
	}
	return true
}

// random reports whether a value looks as if nobody had thought of it.
func (p *pattern) random(h *Hit, secret string, e *Explained) bool {
	is, least := Entropy(secret), p.rule.Entropy
	if e != nil {
		e.say("entropy", is >= least, "%.2f bits per character, at least %.2f", is, least)
	}
	if is < least {
		return false
	}
	if p.keyless() {
		words := language.Named(secret)
		if e != nil {
			e.say("words", !words, "whether its letters make words, as those of a name in code do")
		}
		if words {
			return false
		}
	}
	h.Why = append(h.Why, fmt.Sprintf("entropy %.1f bits per character, at least %.1f", is, least))
	return true
}

// holds runs one check of the whole secret, if the rule has it.
func (p *pattern) holds(h *Hit, e *Explained, step, why, title string, valid func(string) bool) bool {
	if valid == nil {
		return true
	}
	ok := valid(h.Parts[leak.SecretPart].Reveal())
	if e != nil {
		e.say(step, ok, "%s", title)
	}
	if ok {
		h.Why = append(h.Why, why+title)
	}
	return ok
}
