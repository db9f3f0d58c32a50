package owners

import (
	"slices"
	"strings"
)

// pattern is a path pattern of a CODEOWNERS file. All dialects come from
// .gitignore's, and differ in what a pattern without a slash at its end says of
// what is below it, and where "**" counts.
type pattern struct {
	segments []string
	below    bool // what is in a folder that matches belongs to it too
	classes  bool // [a-z] is a class
	lastStar bool // "**" at the end is not special
}

// parsePattern reads a pattern. Of a backslash and a character the
// second is meant.
func parsePattern(text string, d Dialect) pattern {
	p := pattern{classes: d == GitLab, lastStar: d == GitLab}
	folder := strings.HasSuffix(text, "/")
	body := strings.Trim(text, "/")
	anchored := strings.HasPrefix(text, "/") || d != GitLab && strings.Contains(body, "/")
	if !anchored {
		p.segments = append(p.segments, "**")
	}
	for seg := range strings.SplitSeq(body, "/") {
		if n := len(p.segments); seg != "" && !(seg == "**" && n > 0 && p.segments[n-1] == "**") {
			p.segments = append(p.segments, seg)
		}
	}
	switch {
	case folder:
		p.segments = append(p.segments, "**", "*")
	case d != GitLab:
		// docs/* is what is in docs, and nothing deeper; docs is all of it.
		last := p.segments[len(p.segments)-1]
		p.below = last != "*" || len(p.segments) == 2 && p.segments[0] == "**"
	}
	return p
}

// anywhere reports whether a pattern says nothing about where a file is: for
// all files, or for all with an ending.
func (p pattern) anywhere() bool {
	return !slices.ContainsFunc(p.segments, func(seg string) bool { return strings.Trim(seg, "*") != "" && !strings.HasPrefix(seg, "*.") })
}

// depth is how many names of folders and files a pattern has; stars alone are none.
func (p pattern) depth() (n int) {
	for _, seg := range p.segments {
		if strings.Trim(seg, "*") != "" {
			n++
		}
	}
	return n
}

// everything reports whether a pattern is for all files, or all with an ending.
func (p pattern) everything() bool {
	return !slices.ContainsFunc(p.segments, func(seg string) bool { return strings.Trim(seg, "*") != "" && seg != "*.*" })
}

// match reports whether a file matches, whose path is cut into names. It takes
// time in proportion to the product of the lengths at worst, as after a "**" the
// next one is tried at the first place that fits, and only the last one is moved
// on. It counts its steps down, and fails when there are none left.
func (p pattern) match(names []string, steps *int) bool {
	i, n, star, mark := 0, 0, -1, 0
	for n < len(names) && *steps > 0 {
		*steps--
		if i == len(p.segments) && p.below {
			return true // names[:n] is a folder that matches
		}
		if i < len(p.segments) && p.segments[i] == "**" && !(p.lastStar && i == len(p.segments)-1) {
			star, mark = i+1, n
			i++
			if i == len(p.segments) {
				return true
			}
			continue
		}
		if i < len(p.segments) && p.segment(p.segments[i], names[n], steps) {
			i, n = i+1, n+1
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		i, n = star, mark
	}
	return i == len(p.segments) && n == len(names)
}

// segment matches one name: *, ?, \x and, in some dialects, [a-z].
func (p pattern) segment(pat, name string, steps *int) bool {
	i, n, star, mark := 0, 0, -1, 0
	for n < len(name) && *steps > 0 {
		*steps--
		if i < len(pat) && pat[i] == '*' {
			star, mark = i+1, n
			i++
			continue
		}
		if size, ok := p.char(pat[i:], name[n]); ok {
			i, n = i+size, n+1
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		i, n = star, mark
	}
	return n == len(name) && strings.Trim(pat[i:], "*") == ""
}

// char matches a byte with what a pattern begins with, and says how long that
// is. A character of several bytes takes as many question marks: nobody writes
// these for such.
func (p pattern) char(pat string, c byte) (size int, ok bool) {
	switch {
	case pat == "":
		return 0, false
	case pat[0] == '?':
		return 1, true
	case pat[0] == '\\' && len(pat) > 1:
		return 2, pat[1] == c
	case pat[0] == '[' && p.classes:
		if end := strings.IndexByte(pat[1:], ']'); end > 0 {
			return end + 2, class(pat[1:1+end], c)
		}
	}
	return 1, pat[0] == c
}

// class matches "a-z0" or "^a".
func class(set string, c byte) bool {
	not := set[0] == '^' || set[0] == '!'
	if not {
		set = set[1:]
	}
	in := false
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' {
			in = in || set[i] <= c && c <= set[i+2]
			i += 2
		} else {
			in = in || set[i] == c
		}
	}
	return in != not
}
