package dir

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// globs are the patterns of Options.Exclude.
type globs []glob

// glob is one pattern. In a segment, *, ? and [...] are as in path.Match; "**"
// as a segment stands for any number of them.
type glob struct {
	segments []string
	anywhere bool // no slash in it: matches a name at any depth
	dirOnly  bool // a slash at its end
}

func parseGlobs(patterns []string) (globs, error) {
	var out globs
	for _, p := range patterns {
		g, err := parseGlob(p)
		if err != nil {
			return nil, fmt.Errorf("read the pattern %q of what to exclude: %w", p, err)
		}
		out = append(out, g)
	}
	return out, nil
}

func parseGlob(p string) (glob, error) {
	p = filepath.ToSlash(p)
	if strings.HasPrefix(p, "!") {
		return glob{}, fmt.Errorf(`"!" cannot be used here: write \! if the name begins with it`)
	}
	p = strings.TrimPrefix(p, "./")
	body := strings.TrimRight(p, "/")
	g := glob{dirOnly: body != p, anywhere: !strings.Contains(body, "/")}
	body = strings.TrimLeft(body, "/")
	if body == "" {
		return glob{}, fmt.Errorf("it is empty: name what to exclude, or * for everything")
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
			return glob{}, fmt.Errorf("%w in %q", err, seg)
		}
		g.segments = append(g.segments, seg)
	}
	return g, nil
}

// match reports whether the entry of this path is excluded. Those of its
// parents are not looked at: who walks does not enter what is excluded.
func (gs globs) match(rel string, dir bool) bool {
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

// matchPath is match for a path of which nobody has looked at the parents.
func (gs globs) matchPath(rel string, dir bool) bool {
	for i := range len(rel) {
		if rel[i] == '/' && i > 0 && gs.match(rel[:i], true) {
			return true
		}
	}
	return gs.match(rel, dir)
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
