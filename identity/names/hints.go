package names

import (
	"bytes"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// Hint is what a credential stands under or beside that may be called like the
// identity which it is of, or like the service that uses it.
type Hint struct {
	Kind string // "variable", "section", "folder" or "comment": hints of one kind are one witness
	Text string // as it stands there
	Ref  string
}

// maxHints bounds how many of a credential are looked at.
const maxHints = 64

// Hints are those of a credential: the name of its variable, the sections and keys
// around it, the folders and the file that it is in, comments of its paragraph.
func Hints(q *identity.Query) (out []Hint) {
	add := func(kind, text, ref string) {
		h := Hint{kind, strings.Clone(text), ref}
		if text != "" && len(text) <= 200 && len(out) < maxHints && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	for i := range q.Places {
		p := &q.Places[i]
		if len(p.Text) == 0 || p.Start < 0 || p.Start > len(p.Text) {
			continue
		}
		k := p.Around().Key
		add("variable", k.Name, p.Path)
		for _, above := range k.Above {
			add("section", above, p.Path)
		}
		if of := profile(p); of != "" {
			add("section", "profile "+of, p.Path)
		}
		for _, c := range comments(p, identity.KeyID(q.Finding)) {
			add("comment", c, p.Path)
		}
	}
	paths, _ := q.Paths()
	for _, path := range paths {
		segments := strings.Split(path, "/")
		for _, s := range segments[:len(segments)-1] {
			add("folder", s, path)
		}
		name := strings.TrimPrefix(segments[len(segments)-1], ".")
		add("folder", strings.TrimSuffix(strings.TrimPrefix(name, "env."), ".env"), path)
	}
	return out
}

// comment is what a line's comment says, alone in it or behind a value.
var comment = lazy.New(`(?:^|\s)(?:#+|//+|--|;+|/\*+|<!--)\s?([^\r\n]{1,300})`)

// comments are those above a place up to an empty line or another key, and the one
// behind it. id is the key's own.
func comments(p *identity.Place, id string) (out []string) {
	before, after := p.Text[max(0, p.Start-maxParagraph):p.Start], p.Text[p.Start:min(len(p.Text), p.Start+maxParagraph)]
	line := after[:max(bytes.IndexByte(after, '\n'), 0)]
	if m := comment.FindSubmatch(line); m != nil {
		out = append(out, string(m[1]))
	}
	for n := 0; n < 20; n++ {
		from := bytes.LastIndexByte(before, '\n') + 1
		text := string(bytes.TrimSpace(before[from:]))
		other := slices.ContainsFunc(keyIDs.FindAllString(text, -1), func(key string) bool { return key != id })
		if n > 0 && (text == "" || other) {
			return out
		}
		if m := comment.FindStringSubmatch(text); m != nil {
			out = append(out, m[1])
		}
		if from == 0 {
			return out
		}
		before = before[:from-1]
	}
	return out
}

// Pointed is which of some names hints point to.
type Pointed struct {
	Name   int      // its index
	Hints  []Hint   // one of each kind that does
	Whole  bool     // one of them is the name, or has it in it
	Weight float64  // of the hints together
	Others []string // kinds of hints that point to another one
}

// Point finds the one name that most kinds of hints point to. A hint points to the
// longest name that stands in it, else to the only one of the same service and of no
// other environment; one of the kind contradicts another.
func Point(hints []Hint, names []string) (best Pointed, ok bool) {
	called := callees(hints, names)
	by := map[int]*Pointed{}
	for _, kind := range []string{"variable", "section", "folder", "comment"} {
		at, whole, from := -1, false, Hint{}
		for _, h := range hints {
			if h.Kind != kind {
				continue
			}
			i, all := h.points(called)
			switch {
			case i < 0 || whole && !all:
			case at < 0 || all && !whole:
				at, whole, from = i, all, h
			case i != at:
				at = len(names) // two of them
			}
		}
		if at < 0 || at == len(names) {
			continue
		}
		if by[at] == nil {
			by[at] = &Pointed{Name: at}
		}
		by[at].Hints, by[at].Whole = append(by[at].Hints, from), by[at].Whole || whole
	}
	for i := range names {
		if p := by[i]; p != nil && len(p.Hints) > len(best.Hints) {
			best, ok = *p, true
		} else if p != nil && len(p.Hints) == len(best.Hints) {
			ok = false
		}
	}
	for i, p := range by {
		if i != best.Name {
			for _, h := range p.Hints {
				best.Others = append(best.Others, h.Kind)
			}
		}
	}
	miss := 1.0
	for range best.witnesses() - len(best.Others) {
		miss *= 1 - byName
	}
	best.Weight = 1 - miss
	return best, ok && best.Weight > 0
}

// witnesses are how many kinds of hints there are that one fact does not make alike: a
// service of a compose file is called as its folder, whosever key it has.
func (p *Pointed) witnesses() int {
	n := len(p.Hints)
	for i, h := range p.Hints {
		if h.Kind == "folder" && slices.ContainsFunc(p.Hints[:i], func(o Hint) bool { return o.Kind == "section" && slices.Equal(Words(o.Text), Words(h.Text)) }) {
			n--
		}
	}
	return n
}

// callee is a name that hints may point to.
type callee struct {
	words     []string
	elsewhere bool // of another environment than hints say
}

// callees takes names apart, once for all hints.
func callees(hints []Hint, names []string) []callee {
	var envs []string
	for _, h := range hints {
		if e := Environment(h.Text); e != "" && h.Kind != "comment" {
			envs = append(envs, e)
		}
	}
	out := make([]callee, len(names))
	for i, name := range names {
		env := Environment(name)
		out[i] = callee{Words(name), env != "" && slices.ContainsFunc(envs, func(e string) bool { return e != env })}
	}
	return out
}

// points is the name that a hint points to, -1 for none, and whether it is all of it.
func (h *Hint) points(names []callee) (at int, whole bool) {
	words := Words(h.Text)
	at, length, same := -1, 0, false
	for i, name := range names {
		w := name.words
		if n := len(w); n > length && h.holds(words, w) {
			at, length, same = i, n, false
		} else if n == length && n > 0 && h.holds(words, w) && !slices.Equal(w, names[at].words) {
			same = true
		}
	}
	if length > 0 {
		if same {
			return -1, false
		}
		return at, true
	}
	service := h.service(words)
	if service == "" {
		return -1, false
	}
	parts := strings.Split(service, "-")
	for i, name := range names {
		if !within(name.words, parts) || name.elsewhere {
			continue
		}
		if at >= 0 {
			return -1, false
		}
		at = i
	}
	return at, false
}

// service is the one that the words of a hint say; comments say too much.
func (h *Hint) service(words []string) string {
	if h.Kind == "comment" || len(words) > 8 || h.Kind == "folder" && plainFolder(words) {
		return ""
	}
	return Service(h.Text, "aws")
}

// plainFolder reports whether a folder is one that many repositories have.
func plainFolder(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool {
		return !inner[w] && !holders[w] && !services[w] && !fixtures[w] && !tools[w] && environments[w] == ""
	})
}

// tools have folders of their own.
var tools = set("terraform tofu infra infrastructure iac k8s kubernetes helm ansible docker compose github gitlab circleci jenkins workflows cloudformation pulumi aws profile credentials home root")

// holds reports whether a name stands in a hint: of words that many names have, only
// if it is all that a variable or a section says.
func (h *Hint) holds(words, name []string) bool {
	if len(name) == 0 || len(strings.Join(name, "")) < 3 {
		return false
	}
	telling := slices.ContainsFunc(name, func(w string) bool { return !dull[w] && !tools[w] && environments[w] == "" && !inner[w] && len(w) > 2 })
	if !telling && len(name) < 2 || h.Kind == "comment" && len(name) < 2 {
		if h.Kind != "variable" && h.Kind != "section" {
			return false
		}
		for len(words) > 0 && (kindWords[words[len(words)-1]] || words[len(words)-1] == "aws") {
			words = words[:len(words)-1]
		}
		if h.Kind == "section" && len(words) > 0 && words[0] == "profile" {
			words = words[1:]
		}
		return slices.Equal(words, name)
	}
	return within(words, name)
}

// within reports whether some words stand in a row among others.
func within(words, some []string) bool {
	for i := range len(words) - len(some) + 1 {
		if slices.Equal(words[i:i+len(some)], some) {
			return true
		}
	}
	return false
}

// Said is the evidence of the hints for a name, and what they are in words.
func (p *Pointed) Said(name string) (e leak.Evidence, why string) {
	var parts []string
	for _, h := range p.Hints {
		if h.Kind == "comment" {
			parts = append(parts, "a comment")
		} else {
			parts = append(parts, "the "+h.Kind+" "+h.Text)
		}
	}
	why = strings.Join(parts, " and ")
	return leak.Evidence{Class: leak.FromName, Claim: leak.ClaimName, Value: name, Weight: p.Weight, Reason: why, Ref: p.Hints[0].Ref}, why
}
