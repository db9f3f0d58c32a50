package cilog

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/whosekey/whosekey/leak"
)

// ending says that something was found that ends at an offset of a view, and how much
// of it shows that; joined if it was found in lines that were joined.
type ending struct {
	at     int
	form   leak.Form
	joined bool
}

// joint is a place in a view at which two lines were joined.
type joint struct {
	at   int    // where the second begins
	end  int    // where the first ends in the text that the lines stand in
	from int    // where the first begins there
	next lineAt // the second there
	weak bool   // nothing but the characters at both sides says that they belong together
}

func (v *view) sortHits() {
	slices.SortFunc(v.hits, func(a, b ending) int { return cmp.Compare(a.at, b.at) })
}

// takes reports whether what was found in a view counts, and notes where it ends. In
// lines that were joined only what goes over a seam is new.
func (v *view) takes(start, end int, form leak.Form) bool {
	if len(v.joints) > 0 && v.at(start).encoding == inLines && !v.crosses(start, end, form) {
		return false
	}
	v.hits = append(v.hits, ending{end, form, false})
	return true
}

// inLines is what segments of joined lines are named.
const inLines = "lines"

// crosses reports whether something goes over seams, or begins at one, where what is in
// front of it was cut off; and whether it may go over each of them.
func (v *view) crosses(start, end int, form leak.Form) (over bool) {
	i, _ := slices.BinarySearchFunc(v.joints, start, func(s joint, at int) int { return s.at - at })
	for ; i < len(v.joints) && v.joints[i].at < end; i++ {
		s := &v.joints[i]
		if s.at > start && !v.up.over(s, form) {
			return false
		}
		over = over || s.at > start || !s.weak
	}
	return over
}

// over reports whether what has a form may go over a seam between two lines of v. If
// something was found that ends there, what shows no more of its end than that does may
// be that with something else behind it.
func (v *view) over(s *joint, form leak.Form) bool {
	found, ok := v.found(s.end)
	switch {
	case form == leak.Fixed:
		return true
	case !ok:
		return !s.weak || form > leak.Shapeless
	}
	return form > found.form || v.more(lineAt{s.from, s.end}, s.next)
}

// found returns what was found that ends at an offset, of several what shows most.
func (v *view) found(end int) (best ending, ok bool) {
	i, ok := slices.BinarySearchFunc(v.hits, end, func(e ending, at int) int { return cmp.Compare(e.at, at) })
	if !ok {
		return ending{}, false
	}
	for best = v.hits[i]; i < len(v.hits) && v.hits[i].at == end; i++ {
		if e := v.hits[i]; e.form > best.form || e.form == best.form && !e.joined {
			best = e
		}
	}
	return best, true
}

// pieces returns how many lines of a group, from its first, may be pieces of one text.
func (v *view) pieces(group []lineAt) int {
	if len(v.hits) == 0 || dumped(v.text, group[0]) {
		return len(group)
	}
	for i, l := range group[:len(group)-1] {
		if e, ok := v.found(l.to); ok && e.form > leak.Shapeless && !v.more(l, group[i+1]) {
			return i + 1
		}
	}
	return len(group)
}

// more reports whether the line behind another looks like the rest of a text: it does by
// its characters, or by the lengths of lines.
func (v *view) more(l, next lineAt) bool {
	if e, ok := v.found(next.to); ok && !e.joined {
		return false
	}
	return v.rest(next, wraps(v.width(l.to))) || v.folded(l, next)
}

// plainWord reports whether a word has nothing but three small letters or more, of which
// the first may be a capital.
func plainWord(word []byte) bool {
	for i, c := range word {
		if (c < 'a' || c > 'z') && (i > 0 || c < 'A' || c > 'Z') {
			return false
		}
	}
	return len(word) >= 3
}

// rest reports whether a line begins as the rest of a token may; full says that the one
// before it was full.
func (v *view) rest(l lineAt, full bool) bool {
	return random(v.text[l.from:l.to], full) || odd(firstWord(v.text, l))
}

// folded reports whether one line goes on in another because lines around are as long as
// it: something that cuts lines made them. An assignment or a word begins anew.
func (v *view) folded(a, b lineAt) bool {
	n, alike := v.width(a.to), 0
	word := firstWord(v.text, b)
	if to := b.from + len(word); to < b.to && v.text[to] == '=' || len(word) < n && plainWord(word) {
		return false
	}
	switch next := v.lineLen(b.from); {
	case next == n:
		alike++
	case next > n:
		return false
	}
	for at, k := a.to-n, 0; k < 2 && at > 0; k++ {
		end := len(bytes.TrimRight(v.text[:at], "\r\n"))
		if v.width(end) != n {
			break
		}
		at = end - n
		alike++
	}
	return alike > 1 || alike == 1 && n >= minFull
}

// lineLen is the length of the line that an offset is in.
func (v *view) lineLen(at int) int {
	end := bytes.IndexByte(v.text[at:], '\n')
	if end < 0 {
		end = len(v.text) - at
	}
	end = at + len(bytes.TrimRight(v.text[at:at+end], "\r"))
	return v.width(end)
}
