// Package lazy has regular expressions that are compiled when they are first
// used: most runs need few of the many that there are, and to compile them all
// took longer than to scan an empty index.
package lazy

import (
	"regexp"
	"sync"
)

// RE is a regexp.Regexp in the making. It is safe for concurrent use.
type RE struct {
	pattern string
	once    sync.Once
	re      *regexp.Regexp
}

// all are those that were made.
var all []*RE

// New takes a pattern, for a variable of a package. One that is wrong panics when
// it is first used; a test compiles them all.
func New(pattern string) *RE {
	r := &RE{pattern: pattern}
	all = append(all, r)
	return r
}

// Compile compiles all that were made and returns how many there are.
func Compile() int {
	for _, r := range all {
		r.Get()
	}
	return len(all)
}

// Get compiles the expression, or returns it.
func (r *RE) Get() *regexp.Regexp {
	r.once.Do(func() { r.re = regexp.MustCompile(r.pattern) })
	return r.re
}

// The methods are those of regexp.Regexp.

func (r *RE) String() string                             { return r.pattern }
func (r *RE) MatchString(s string) bool                  { return r.Get().MatchString(s) }
func (r *RE) Match(b []byte) bool                        { return r.Get().Match(b) }
func (r *RE) FindString(s string) string                 { return r.Get().FindString(s) }
func (r *RE) Find(b []byte) []byte                       { return r.Get().Find(b) }
func (r *RE) FindStringIndex(s string) []int             { return r.Get().FindStringIndex(s) }
func (r *RE) FindIndex(b []byte) []int                   { return r.Get().FindIndex(b) }
func (r *RE) FindStringSubmatch(s string) []string       { return r.Get().FindStringSubmatch(s) }
func (r *RE) FindSubmatch(b []byte) [][]byte             { return r.Get().FindSubmatch(b) }
func (r *RE) FindStringSubmatchIndex(s string) []int     { return r.Get().FindStringSubmatchIndex(s) }
func (r *RE) FindSubmatchIndex(b []byte) []int           { return r.Get().FindSubmatchIndex(b) }
func (r *RE) FindAllString(s string, n int) []string     { return r.Get().FindAllString(s, n) }
func (r *RE) FindAllStringIndex(s string, n int) [][]int { return r.Get().FindAllStringIndex(s, n) }
func (r *RE) FindAllIndex(b []byte, n int) [][]int       { return r.Get().FindAllIndex(b, n) }
func (r *RE) ReplaceAllString(s, with string) string     { return r.Get().ReplaceAllString(s, with) }
func (r *RE) ReplaceAllLiteralString(s, w string) string {
	return r.Get().ReplaceAllLiteralString(s, w)
}
func (r *RE) Split(s string, n int) []string { return r.Get().Split(s, n) }
func (r *RE) SubexpIndex(name string) int    { return r.Get().SubexpIndex(name) }
func (r *RE) SubexpNames() []string          { return r.Get().SubexpNames() }
func (r *RE) FindAllStringSubmatch(s string, n int) [][]string {
	return r.Get().FindAllStringSubmatch(s, n)
}
func (r *RE) FindAllSubmatch(b []byte, n int) [][][]byte {
	return r.Get().FindAllSubmatch(b, n)
}
func (r *RE) FindAllStringSubmatchIndex(s string, n int) [][]int {
	return r.Get().FindAllStringSubmatchIndex(s, n)
}
func (r *RE) FindAllSubmatchIndex(b []byte, n int) [][]int {
	return r.Get().FindAllSubmatchIndex(b, n)
}
func (r *RE) ReplaceAllStringFunc(s string, f func(string) string) string {
	return r.Get().ReplaceAllStringFunc(s, f)
}

// Expand is regexp.Regexp's ExpandString without a buffer to append to.
func (r *RE) Expand(template, src string, match []int) string {
	return string(r.Get().ExpandString(nil, template, src, match))
}
