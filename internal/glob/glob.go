// Package glob matches paths against patterns as in a .gitignore file, without
// "!".
package glob

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// Set is a list of patterns, one of which must match.
type Set []pattern

// pattern is one pattern. In a segment, *, ? and [...] are as in path.Match; "**"
// as a segment stands for any number of them.
type pattern struct {
	segments []string
	anywhere bool // no slash in it: matches a name at any depth
	dirOnly  bool // a slash at its end
}

// Parse reads patterns. One without a slash matches a name at any depth, one
// that ends in a slash only folders.
func Parse(patterns []string) (Set, error) {
	var out Set
	for _, p := range patterns {
		g, err := parse(p)
		if err != nil {
			return nil, fmt.Errorf("path pattern %q: %w", p, err)
		}
		out = append(out, g)
	}
	return out, nil
}

func parse(p string) (pattern, error) {
	p = filepath.ToSlash(p)
	if strings.HasPrefix(p, "!") {
		return pattern{}, fmt.Errorf(`"!" cannot be used here: write \! if the name begins with it`)
	}
	p = strings.TrimPrefix(p, "./")
	body := strings.TrimRight(p, "/")
	g := pattern{dirOnly: body != p, anywhere: !strings.Contains(body, "/")}
	body = strings.TrimLeft(body, "/")
	if body == "" {
		return pattern{}, fmt.Errorf("it is empty: name a path, or * for everything")
	}
	for seg := range strings.SplitSeq(body, "/") {
		switch {
		case seg == "": // a//b is a/b
			continue
		case seg == "**" && len(g.segments) > 0 && g.segments[len(g.segments)-1] == "**":
			continue
		}
		seg = strings.ReplaceAll(seg, "[!", "[^")
		if _, err := path.Match(seg, "x"); err != nil {
			return pattern{}, fmt.Errorf("%w in %q", err, seg)
		}
		g.segments = append(g.segments, seg)
	}
	return g, nil
}

// Match reports whether the entry with this slash-separated path matches. Those of its
// parents are not looked at: who walks does not enter what matches.
func (gs Set) Match(rel string, dir bool) bool {
	for _, g := range gs {
		if g.dirOnly && !dir {
			continue
		}
		if g.anywhere {
			if ok, _ := path.Match(g.segments[0], rel[strings.LastIndexByte(rel, '/')+1:]); ok || g.segments[0] == "**" {
				return true
			}
		} else if matchSegments(g.segments, rel) {
			return true
		}
	}
	return false
}

// MatchPath is Match for a path of which nobody has looked at the parents.
func (gs Set) MatchPath(rel string, dir bool) bool {
	for i := range len(rel) {
		if rel[i] == '/' && i > 0 && gs.Match(rel[:i], true) {
			return true
		}
	}
	return gs.Match(rel, dir)
}

// matchSegments matches greedily: after a "**", the next "**" is tried at the
// first place that fits, and only the last one is moved on. It takes time in
// proportion to the product of the lengths at worst.
func matchSegments(pat []string, rel string) bool {
	names := strings.Split(rel, "/")
	var star, mark int // where to go on after the last "**"
	starred := false
	p, n := 0, 0
	for n < len(names) {
		if p < len(pat) && pat[p] == "**" {
			if p == len(pat)-1 {
				return true // what is inside, of which there is at least one
			}
			starred, star, mark = true, p+1, n
			p++
			continue
		}
		if p < len(pat) {
			if ok, _ := path.Match(pat[p], names[n]); ok {
				p, n = p+1, n+1
				continue
			}
		}
		if !starred {
			return false
		}
		mark++
		p, n = star, mark
	}
	return p == len(pat)
}
