package detectors

import (
	"bytes"
	"slices"
	"strings"
)

// candidate is a match of a near.
type candidate struct {
	loc      int  // where its groups begin in draft.locs, which are places in the text that was searched
	distance int  // bytes between it and the credential
	named    bool // its name begins as that of the credential does
	divided  bool // something stands between that divides them
}

// better is whether c is rather meant than d: A_TENANT_ID beside A_SECRET, then what
// stands in the same object, before those that are only nearer.
func (c *candidate) better(d *candidate) bool {
	switch {
	case c.named != d.named:
		return c.named
	case c.divided != d.divided:
		return d.divided
	}
	return c.distance < d.distance
}

// nearest adds the match of n that is nearest to the match of a rule, [start, end) of
// the data, or to what that was extended by. What may as well be another credential's is loose.
func (n *near) nearest(d *draft, start, end int) bool {
	data, last := d.data, max(end, d.end)
	lo, hi := start-n.Within-n.MaxLen-1, min(len(data), last+n.Within+n.MaxLen+1)
	whole := lo < 0 // the text begins here: nothing is cut off
	lo = max(0, lo)
	d.all, d.locs = d.all[:0], d.locs[:0]
	best := -1
	at, to := start, end
	if d.start >= 0 {
		at, to = d.start, d.end
	}
	name := variable(data[lo:], at-lo)
	n.find.all(data[lo:hi], &d.text, func(loc []int) {
		loc = n.extend(loc, data[lo:hi])
		s, e := lo+loc[0], lo+loc[1]
		if !whole && loc[0] == 0 || s < end && e > start {
			return // maybe cut off, or a part of the match itself
		}
		c := candidate{distance: max(0, start-e, s-last), named: alike(name, data[lo:s])}
		if c.distance > n.Within {
			return
		}
		c.loc = len(d.locs)
		d.locs = append(d.locs, loc...)
		if v := n.value(loc); v >= 0 { // from value to value: either match may have taken a line's end with it
			s, e = lo+loc[v], lo+loc[v+1]
		}
		from, until := min(to, e), max(at, s)
		between := data[min(from, until):until] // it may stand in what extends the secret
		c.divided = apart(between) && !related(name, variable(data[lo:], s-lo))
		if d.all = append(d.all, c); best < 0 || c.better(&d.all[best]) {
			best = len(d.all) - 1
		}
	})
	if best < 0 {
		return false
	}
	loc := d.locs[d.all[best].loc:]
	for i, group := range n.find.m.names {
		if group == "" || loc[2*i] < 0 || d.has(group) {
			continue
		}
		loose := d.all[best].divided || d.rival(data[lo:hi], best, i)
		d.add(part{name: group, start: lo + loc[2*i], end: lo + loc[2*i+1], near: true, loose: loose, underscored: n.Underscored})
	}
	return true
}

// extend reads on behind a match, and lets the groups at its end go as far.
func (n *near) extend(loc []int, text []byte) []int {
	if n.tail == nil {
		return loc
	}
	was := loc[1]
	end, _, ok := n.tail.end(text, was, min(len(text), loc[0]+n.MaxLen))
	for i := 1; ok && i < len(loc); i += 2 {
		if loc[i] == was {
			loc[i] = end
		}
	}
	return loc
}

// value is the index of the first named group in a match, -1 if there is none.
func (n *near) value(loc []int) int {
	for i, group := range n.find.m.names {
		if group != "" && loc[2*i] >= 0 {
			return 2 * i
		}
	}
	return -1
}

func (h *Hit) loose(group string) {
	if !slices.Contains(h.Loose, group) {
		h.Loose = append(h.Loose, group)
		slices.Sort(h.Loose)
	}
}

// underscores undoes what makes a host a part of a variable's name.
var underscores = strings.NewReplacer("__", "-", "_", ".")

// rival reports whether another candidate could be meant just as well, and has
// another value. One behind a divider could not, if the best has none before it.
func (d *draft) rival(text []byte, best, group int) bool {
	value := func(c *candidate) []byte {
		loc := d.locs[c.loc+2*group:]
		if loc[0] < 0 {
			return nil
		}
		return text[loc[0]:loc[1]]
	}
	is := &d.all[best]
	return slices.ContainsFunc(d.all, func(c candidate) bool {
		v := value(&c)
		return c.named == is.named && c.divided == is.divided && v != nil && !bytes.EqualFold(v, value(is))
	})
}

// apart reports whether a text divides what stands before it from what stands
// behind: it has an empty line, a line that begins a section, or the end of an
// object that began before.
func apart(between []byte) bool {
	depth, line := 0, 1 // line: bytes since it began that are not blanks; it may have begun before
	for i, c := range between {
		switch c {
		case '\n':
			if line == 0 {
				return true
			}
			if rest := between[i+1:]; bytes.HasPrefix(rest, []byte("[")) || bytes.HasPrefix(rest, []byte("---")) {
				return true
			}
			line = 0
		case ' ', '\t', '\r':
		case '{':
			depth++
			line++
		case '}':
			if depth--; depth < 0 {
				return true
			}
			line++
		default:
			line++
		}
	}
	return false
}

// commonNames begin the names of the pieces of any credential.
var commonNames = []string{"access", "account", "api", "app", "auth", "client", "id", "key", "oauth", "secret", "token", "user"}

// related reports whether two names begin with the same word, up to a divider,
// and one that says whose they are: PAYPAL_ID and PAYPAL_SECRET.
func related(a, b []byte) bool {
	i := bytes.IndexAny(a, "_-.")
	return i > 0 && len(b) > i && bytes.EqualFold(a[:i+1], b[:i+1]) && !slices.Contains(commonNames, string(bytes.ToLower(a[:i])))
}

// longestName is how much of a name is looked at.
const longestName = 80

// variable is the name in front of a value that starts at an offset of text:
// A_SECRET of A_SECRET = "value.
func variable(text []byte, at int) []byte {
	end := at
	for end > 0 && at-end < 8 && !wordByte(text[end-1]) && text[end-1] != '\n' {
		end--
	}
	return word(text[:end])
}

// word is the name that a text ends with.
func word(text []byte) []byte {
	i := len(text)
	for i > 0 && len(text)-i < longestName && (wordByte(text[i-1]) || text[i-1] == '-' || text[i-1] == '.') {
		i--
	}
	return text[i:]
}

// alike reports whether a name begins with what a text ends with, A_ in front of
// TENANT_ID: some letters, or one with a divider.
func alike(name, text []byte) bool {
	prefix := word(text)
	divided := len(prefix) > 1 && bytes.IndexByte([]byte("_-."), prefix[len(prefix)-1]) >= 0
	return (divided || len(prefix) > 2) && len(name) > len(prefix) && bytes.EqualFold(name[:len(prefix)], prefix)
}
