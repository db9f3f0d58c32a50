package leak

import (
	"slices"
	"strings"
)

// Mask is what stands in the place of a credential.
const Mask = "********"

// minRedact is the shortest value that a Redactor looks for: replacing every
// "abc" in a report would destroy it and hide nothing.
const minRedact = 6

// Redactor removes known secrets from text that is about to be printed, such
// as the name of a file that has a token in it. It is safe for concurrent use
// from Ready on.
type Redactor struct {
	values []string // sorted
	// heads has a bit for what the values begin with, so that few places of a
	// text are compared with any: there may be 5,000 secrets and 50,000 texts.
	heads   []uint64
	secrets map[string]bool // the credentials themselves
	word    func(string) bool
	names   *Redactor // of what Names masks; nil for all
}

// headBits is the logarithm of the number of bits in heads: 32 KiB, which stay
// in the fastest cache.
const headBits = 18

// minPart is the shortest other piece of a credential that is looked for: a
// shorter one is mostly the name of a user or a host.
const minPart = 16

// Words makes those of the credentials stay in names (see Names) of which is says that
// they are words. It must be called before Ready.
func (r *Redactor) Words(is func(string) bool) { r.word = is }

// Add makes a credential known.
func (r *Redactor) Add(p Parts) { r.add(p, PublicPart) }

// AddOpening makes those pieces of a credential known that open something: for
// the record of an identity, which names the credential by the others.
func (r *Redactor) AddOpening(p Parts) { r.add(p, IdentifierPart) }

func (r *Redactor) add(p Parts, shown func(name string) bool) {
	if v := p[SecretPart].Reveal(); v != "" {
		if r.secrets == nil {
			r.secrets = map[string]bool{}
		}
		r.secrets[v] = true
	}
	for name, s := range p {
		if shown(name) {
			continue
		}
		least := minPart
		if name == SecretPart {
			least = minRedact
		}
		if v := s.Reveal(); len(v) >= least && (name == SecretPart || strings.ContainsAny(v, "0123456789")) {
			r.values = append(r.values, v)
		}
	}
}

// Ready must be called after the last Add.
func (r *Redactor) Ready() {
	slices.Sort(r.values)
	r.values = slices.Compact(r.values)
	if r.word != nil && slices.ContainsFunc(r.values, r.word) {
		r.names = &Redactor{values: slices.DeleteFunc(slices.Clone(r.values), r.word)}
		r.names.Ready()
	}
	r.heads = make([]uint64, 1<<headBits/64)
	for _, v := range r.values {
		h := head(v)
		r.heads[h/64] |= 1 << (h % 64)
	}
}

// head hashes the first minRedact bytes of s.
func head(s string) uint64 {
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40
	return x * 0x9E3779B97F4A7C15 >> (64 - headBits)
}

// Names is Clean for the name of something: a path, an address, a user, a service. A
// password that is a word, such as that of an application called like it, stays there.
// To mask it would say which word it is, and lead nobody to the file.
func (r *Redactor) Names(text string) string {
	if r.names != nil {
		return r.names.Clean(text)
	}
	return r.Clean(text)
}

// Clean returns text with every known secret masked. Where secrets overlap or
// touch, one mask stands for all of them: nothing is left of any.
func (r *Redactor) Clean(text string) string {
	if len(r.values) == 0 {
		return text
	}
	var out strings.Builder
	kept, end := 0, 0 // text[:kept] has been dealt with; a mask ends at end
	for i := 0; i+minRedact <= len(text); i++ {
		h := head(text[i:])
		if r.heads[h/64]>>(h%64)&1 == 0 {
			continue
		}
		n := r.longest(text[i:])
		if n == 0 {
			continue
		}
		if i > end || end == 0 {
			out.WriteString(text[kept:i])
			out.WriteString(Mask)
		}
		end = max(end, i+n)
		kept = end
	}
	if end == 0 {
		return text
	}
	out.WriteString(text[kept:])
	return out.String()
}

// longest returns the length of the longest value that text begins with, or 0.
// The last value that does not sort behind text is that one, or shows how much
// of text the one that is looked for can have at most.
func (r *Redactor) longest(text string) int {
	for len(text) >= minRedact {
		i, exact := slices.BinarySearch(r.values, text)
		if exact {
			return len(text)
		}
		if i == 0 {
			return 0
		}
		v := r.values[i-1]
		n := 0
		for n < len(v) && n < len(text) && v[n] == text[n] {
			n++
		}
		if n == len(v) {
			return n
		}
		text = text[:n]
	}
	return 0
}
