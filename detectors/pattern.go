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
	joint joint
	why   []string // see passed
	first starts

	around []int // how far around the match Near looks, by literal

	starts  sync.Once // of first
	compile sync.Once // of what follows
	re      *matcher
	tail    *tail // nil if the match is all

	measure sync.Once // of fixed: see oneLength
	fixed   bool
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
	}
	return p, nil
}

func (p *pattern) Spec() Spec { return p.spec }

// begins prepares what a text is asked first.
func (p *pattern) begins() {
	head, set := p.rule.Shape.Head.Cut(1), begin{}
	for c := range 256 {
		if head.Begins([]byte{byte(c)}) {
			set.add(byte(c))
		}
	}
	p.first = startsOf(set)
}

// ready compiles the pattern: most runs meet few rules, and of those that a text names
// many find nothing in it that begins as a match does.
func (p *pattern) ready() {
	re, _ := syntax.Parse(p.rule.Pattern, syntax.Perl) // so did the loader
	p.re = matcherOf(p.rule.Pattern, re)
	p.tail, p.joint, p.why = newTail(p.rule.Extend), p.jointOf(re), p.passed()
}

// Find tries the pattern at each place where a match that has its literal at
// w.At can start, and takes the first that fits. So a hit does not depend on
// what else the text matches.
func (p *pattern) Find(w Window, emit func(Hit)) Seen {
	var few [32]int
	loc, from, far := p.match(w, few[:])
	reach := p.spec.Reach[w.Lit]
	if loc == nil {
		return Seen{w.At - from + escapeReach, min(reach.After, far-w.At)}
	}
	d := newDraft(w.Data)
	to, ok := p.judge(d, loc, w.Lit, nil)
	if ok {
		emit(d.hit(p))
	}
	d.release()
	far = max(far, to) + p.around[w.Lit]
	return Seen{reach.Before, min(reach.After, far-w.At)}
}

// matches reports whether Find has something to judge. It looked at nothing from far on.
func (p *pattern) matches(w Window) (is bool, far int) {
	var few [32]int
	loc, _, far := p.match(w, few[:])
	return loc != nil, far
}

// match returns where the groups of the match are; nil if there is none. loc is for
// that, if it is long enough. It looked at nothing from far on, and no match begins before from.
func (p *pattern) match(w Window, loc []int) (groups []int, from, far int) {
	p.starts.Do(p.begins)
	l := &p.spec.Literals[w.Lit]
	var room []int
	head := p.rule.Shape.Head
	ahead := head.Len()
	far = w.At + len(l.Text) + ahead // or not so far
	from = w.At
	for first := max(0, w.At-l.To); from > first && l.Before.Has(w.Data[from-1]); {
		from--
	}
	at := w.Data[:max(from, w.At-l.From+1)]
	for s := p.first.next(at, from); s < len(at); s = p.first.next(at, s+1) {
		if s+ahead <= len(w.Data) && !head.Begins(w.Data[s:]) {
			continue
		}
		if room == nil {
			room = p.roomIn(loc)
		}
		// One byte more than the longest match, for what \b looks at.
		end := min(len(w.Data), s+p.rule.Shape.MaxLen+1)
		to, ok := p.matchAt(room, w.Data, s, end)
		far = max(far, to)
		if ok && room[1] >= w.At+len(l.Text) {
			return room, from, far
		}
	}
	return nil, from, far
}

// roomIn compiles the pattern, if nothing has, and is room for its groups: loc, if that is
// long enough.
func (p *pattern) roomIn(loc []int) []int {
	p.compile.Do(p.ready)
	if n := 2 * len(p.re.names); n <= len(loc) {
		return loc[:n]
	}
	return make([]int, 2*len(p.re.names))
}

// matchAt runs the pattern at data[s:end]. What stands behind an escape sequence
// stands at the beginning of a text.
func (p *pattern) matchAt(loc []int, data []byte, s, end int) (far int, ok bool) {
	if far, ok = p.re.match(loc, data, s, end); ok {
		return far, true
	}
	if s > 0 && wordByte(data[s-1]) && escapeEnds(data, s) {
		if far, ok = p.re.match(loc, data[s:], 0, end-s); ok {
			shift(loc, s)
		}
		far += s
	}
	if ok || p.joint == alone {
		return far, ok
	}
	to, ok := p.matchJoined(loc, data, s, end)
	return max(far, to), ok
}

// shift moves the groups of a match.
func shift(loc []int, by int) {
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += by
		}
	}
}

// judge makes a draft of a match of the pattern, with a literal, unless a check says no. Except
// for Near, that depends on the match and on what is before far. Every check tells
// e what it thought, if there is one; what is made for that is made for it alone.
func (p *pattern) judge(d *draft, loc []int, lit int, e *Explained) (far int, ok bool) {
	for i, name := range p.re.names {
		if name != "" && loc[2*i] >= 0 {
			d.add(part{name: name, start: loc[2*i], end: loc[2*i+1]})
		}
	}
	d.own = len(d.parts)
	if p.tail != nil {
		far, ok = p.extend(d)
		if e != nil {
			e.say("extend", ok, "it goes on to %d bytes in all; %d at most", d.end-d.start, p.rule.Extend.Max)
		}
		if !ok {
			return far, false
		}
	}
	if p.keyless() && d.start > loc[0] {
		d.lead = d.data[loc[0]:d.start]
		if !p.fieldFits(d.lead, e) {
			return far, false
		}
	}
	for i := range p.near {
		n := &p.near[i]
		if n.Literal != "" && n.Literal != p.spec.Literals[lit].Text {
			continue
		}
		n.compile.Do(n.ready)
		is := n.nearest(d, loc[0], loc[1])
		if e != nil {
			e.sayNear(n, is)
		}
		if !is && n.Required {
			return far, false
		}
	}
	if d.start < 0 {
		if e != nil {
			e.say("pattern", false, "it has no group named secret here")
		}
		return far, false
	}
	return far, p.passes(d, e)
}

// extend reads on behind the head. It looks at nothing from far on.
func (p *pattern) extend(d *draft) (far int, ok bool) {
	most := d.start + p.rule.Extend.Max
	limit := min(len(d.data), most)
	if d.start < 0 || d.end > limit {
		return most + 1, false
	}
	end, far, ok := p.tail.end(d.data, d.end, limit)
	if ok {
		d.add(part{name: leak.SecretPart, start: d.start, end: end})
	}
	return far, ok
}

// keyless reports whether a rule knows of a value no more than its length and where it
// stands.
func (p *pattern) keyless() bool {
	return p.rule.Confidence == leak.Medium && p.sum.valid == nil && p.shape.valid == nil
}

// passes runs the checks on the whole secret, and notes in e, if there is one, what
// each thought.
func (p *pattern) passes(d *draft, e *Explained) bool {
	secret := d.secret()
	word := placeholder(secret, p.rule.Stopwords, d.lowerRoom())
	if e != nil {
		e.sayPlaceholder(word)
	}
	if word != "" {
		return false
	}
	if p.rule.Entropy > 0 && !p.random(d, secret, e) {
		return false
	}
	return holds(secret, e, "checksum", p.sum.title, p.sum.valid) && holds(secret, e, "structure", p.shape.title, p.shape.valid)
}

// random reports whether a value looks as if nobody had thought of it.
func (p *pattern) random(d *draft, secret string, e *Explained) bool {
	is, least := Entropy(secret), p.rule.Entropy
	d.entropy = is
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
	return true
}

// holds runs one check of the whole secret, if the rule has it.
func holds(secret string, e *Explained, step, title string, valid func(string) bool) bool {
	if valid == nil {
		return true
	}
	ok := valid(secret)
	if e != nil {
		e.say(step, ok, "%s", title)
	}
	return ok
}
