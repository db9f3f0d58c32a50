package detectors

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Step is a stage of a rule, and what it said of a place.
type Step struct {
	Name string // literal, pattern, extend, name, near, placeholder, entropy, words, checksum, structure; assignment, value, name, judgement
	OK   bool
	Says string // never with what was found
}

// Explained is what became of one occurrence of a literal.
type Explained struct {
	At    int // of the literal in the data
	Steps []Step
	Hit   *Hit // nil if a step said no
}

// Explain runs a rule on data as Find does, for each of its literals that begins in
// data[from:to], and says what each stage thought of it. It is for people, and slow.
func Explain(d Detector, data []byte, from, to int) (out []Explained) {
	spec := d.Spec()
	lower := bytes.ToLower(data)
	for i, l := range spec.Literals {
		text := data
		if l.Fold && len(lower) == len(data) {
			text = lower
		}
		for at := from; at < to; at++ {
			n := bytes.Index(text[at:], []byte(l.Text))
			if n < 0 || at+n >= to {
				break
			}
			at += n
			out = append(out, explainAt(d, data, at, i))
		}
	}
	return out
}

func explainAt(d Detector, data []byte, at, lit int) Explained {
	spec := d.Spec()
	l := &spec.Literals[lit]
	e := Explained{At: at}
	e.say("literal", true, "%q is there", l.Text)
	lo, hi := max(0, at-spec.Before), min(len(data), at+spec.After)
	w := Window{Data: data[lo:hi], At: at - lo, Lit: lit}
	found := func(h Hit) {
		h.Start, h.End = h.Start+lo, h.End+lo
		e.Hit = &h
	}
	switch d := d.(type) {
	case *pattern:
		d.Find(w, found)
		d.explain(&e, w)
	case *generic:
		d.find(w, found, &e)
	default:
		if d.Find(w, found); e.Hit == nil {
			e.say("judgement", false, "written in Go: nothing that it looks for around it")
		}
	}
	if e.Hit == nil && escapable(&spec) {
		e.unescaped(d, data, lit)
	}
	return e
}

// unescaped is what Find says without escapes, if there are any.
func (e *Explained) unescaped(d Detector, data []byte, lit int) {
	spec, at := d.Spec(), e.At
	lo, hi := max(0, at-64), min(len(data), at+128)
	are := inText
	if _, ok := d.(*pattern); ok {
		are |= inString | inForm
	}
	if _, is := escapes(data, lo, hi); !is {
		return
	}
	for _, way := range []ways{inText, inString, inForm} {
		u := unescaper{way: way}
		if t, ok := u.decode(data, at, spec.Before, spec.After); ok && are&way != 0 && e.Hit == nil {
			d.Find(Window{Data: t.text, At: t.at, Lit: lit}, func(h Hit) {
				h.Start, h.End = t.start(h.Start), t.end(h.End)
				e.Hit = &h
			})
		}
	}
	e.say("escapes", e.Hit != nil, "without the escape sequences around it")
}

// Without says why a set does not report a hit of a rule that passed all of the
// rule's own checks: "published", "look-alike" or "name", and the reason. Empty if it does.
func (s *Set) Without(rule string, h *Hit) (step, why string) {
	secret := h.Parts[leak.SecretPart]
	if by := publishedBy(secret); by == counting {
		return "published", "its bytes count up or down, as those of examples do"
	} else if by != "" {
		return "published", by + " has it in every copy, and says that it is no secret"
	}
	if of := s.lookalike(rule, secret); of != "" {
		return "look-alike", "it has the form of " + of + ", but not the checksum or structure"
	}
	if id := s.elsewhere(s.Rule(rule).Provider, h.lead); id != "" {
		return "name", "the field or section that it stands in is of " + id
	}
	return "", ""
}

func (e *Explained) say(name string, ok bool, format string, args ...any) {
	e.Steps = append(e.Steps, Step{name, ok, fmt.Sprintf(format, args...)})
}

func (e *Explained) sayNear(n *near, is bool) {
	words := "another piece stands within %d bytes"
	if !is {
		words = "no other piece within %d bytes"
		if !n.Required {
			words += ", and none is needed"
		}
	}
	e.say("near", is || !n.Required, words, n.Within)
	if k := len(e.Steps) - 1; k > 0 && e.Steps[k] == e.Steps[k-1] { // the same is said of several pieces
		e.Steps = e.Steps[:k]
	}
}

func (e *Explained) sayPlaceholder(word string) {
	if word != "" {
		e.say("placeholder", false, "%q stands in it", word)
		return
	}
	e.say("placeholder", true, "no word in it says that it is none")
}

// explain is Find with words.
func (p *pattern) explain(e *Explained, w Window) {
	loc, _, far := p.match(w, nil)
	if loc == nil {
		e.say("pattern", false, "nothing around it matches; %d bytes from the literal on were looked at", max(0, min(far, len(w.Data))-w.At))
		return
	}
	e.say("pattern", true, "%d bytes match, from %d bytes before the literal on", loc[1]-loc[0], w.At-loc[0])
	draft := newDraft(w.Data)
	p.judge(draft, loc, w.Lit, e)
	draft.release()
}

// LiteralsIn returns which of a rule's literals stand anywhere in a text.
func LiteralsIn(d Detector, text string) (out []string) {
	for _, l := range d.Spec().Literals {
		if in := text; strings.Contains(in, l.Text) || l.Fold && strings.Contains(strings.ToLower(in), l.Text) {
			out = append(out, l.Text)
		}
	}
	return out
}
