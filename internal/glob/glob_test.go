package glob

import (
	"regexp"
	"strings"
	"testing"
)

func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"vendor", "vendor/", true}, {"vendor", "a/vendor/", true}, {"vendor", "vendors", false}, {"vendor", "a/b/vendor", true},
		{"*.min.js", "a/b.min.js", true}, {"*.min.js", "a/b.js", false}, {"a?c", "abc", true}, {"a?c", "a/c", false},
		{"/vendor", "vendor/", true}, {"/vendor", "a/vendor/", false}, {"./vendor", "vendor", true},
		{"a/b", "a/b", true}, {"a/b", "x/a/b", false}, {"a//b", "a/b", true}, {"a/b", "a/bc", false},
		{"vendor/", "vendor/", true}, {"vendor/", "vendor", false}, {"vendor/", "a/vendor/", true}, {"a/vendor/", "a/vendor/", true},
		{"**/foo", "foo", true}, {"**/foo", "a/foo", true}, {"**/foo", "a/b/foo", true}, {"**/foo", "a/b/foox", false},
		{"foo/**", "foo/", false}, {"foo/**", "foo/a", true}, {"foo/**", "foo/a/b", true}, {"foo/**", "x/foo/a", false},
		{"a/**/b", "a/b", true}, {"a/**/b", "a/x/b", true}, {"a/**/b", "a/x/y/b", true}, {"a/**/b", "a/x/y/c", false},
		{"a/**/b/**/c", "a/b/b/c", true}, {"a/**/*.go", "a/x/y.go", true}, {"**", "a/b", true}, {"**/**/x", "x", true},
		{"*", ".hidden", true}, {"a/*", "a/b", true}, {"a/*", "a/b/c", false}, {"[a-c]x", "bx", true}, {"[!a-c]x", "bx", false},
		{"[!a-c]x", "dx", true}, {`\!x`, "!x", true}, {"caf\xe9*", "caf\xe9.txt", true}, {"?", "\xe9", true}, {"naïve", "naïve", true},
	} {
		gs, err := Parse([]string{c.pattern})
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		rel, dir := strings.CutSuffix(c.path, "/")
		if got := gs.Match(rel, dir); got != c.want {
			t.Errorf("match(%q, %q) = %v, want %v", c.pattern, c.path, got, c.want)
		}
	}
	if gs, _ := Parse([]string{"x/", "b"}); !gs.MatchPath("a/b/c", false) || !gs.MatchPath("x/y", false) || gs.MatchPath("a/x", false) {
		t.Error("matchPath does not look at the parents, or not as at folders")
	}
}

// FuzzGlob compares matchSegments with a regular expression.
func FuzzGlob(f *testing.F) {
	f.Add("a/**/b", "a/x/b")
	f.Add("**/a*/**/b?/**", "x/ab/c/bd/e")
	f.Fuzz(func(t *testing.T, pattern, rel string) {
		if rel == "" || strings.HasPrefix(rel, "/") || strings.HasSuffix(rel, "/") || strings.Contains(rel, "//") || len(rel) > 60 ||
			strings.ContainsAny(pattern, `[\`) || strings.ContainsFunc(pattern+rel, func(r rune) bool { return r < ' ' || r > '~' }) {
			return
		}
		g, err := parse(pattern)
		if err != nil || g.anywhere {
			return
		}
		var re strings.Builder
		re.WriteString(`^`)
		for i, seg := range g.segments {
			last := i == len(g.segments)-1
			switch {
			case seg == "**" && last:
				re.WriteString(`.+$`)
				continue
			case seg == "**":
				re.WriteString(`(?:[^/]+/)*`)
				continue
			}
			q := regexp.QuoteMeta(seg)
			q = strings.ReplaceAll(strings.ReplaceAll(q, `\*`, `[^/]*`), `\?`, `[^/]`)
			re.WriteString(q)
			if last {
				re.WriteString(`$`)
			} else {
				re.WriteString(`/`)
			}
		}
		want := regexp.MustCompile(re.String()).MatchString(rel)
		if got := matchSegments(g.segments, rel); got != want {
			t.Errorf("matchSegments(%q, %q) = %v, want %v (%s)", g.segments, rel, got, want, re.String())
		}
	})
}
