package owners

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

// Dialect is whose rules a CODEOWNERS file follows.
type Dialect int

// The dialects. Sources:
//   - GitHub: docs.github.com, "About code owners"
//   - GitLab: docs.gitlab.com, "Syntax of CODEOWNERS file" and "Advanced
//     CODEOWNERS configuration"
//   - Bitbucket: support.atlassian.com, "Set up and use code owners" (Cloud), and
//     the app "Code Owners for Bitbucket", whose groups and exclusions its
//     users keep
const (
	GitHub Dialect = iota
	GitLab
	Bitbucket
)

// Where each dialect looks, in this order: the first file that is there counts.
var places = map[Dialect][]string{
	GitHub:    {".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"},
	GitLab:    {"CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"},
	Bitbucket: {".bitbucket/CODEOWNERS", "CODEOWNERS"},
}

// maxFile is how much of a CODEOWNERS file is read, and githubLimit from which
// size on GitHub ignores it.
const (
	maxFile     = 8 << 20
	githubLimit = 3 << 20
	maxRules    = 100_000 // the last ones: those count first
)

// codeowners is a parsed file.
type codeowners struct {
	dialect Dialect
	rules   []rule
	groups  map[string]bool // defined in the file: @@@name
	lost    []string        // what could not be read
	steps   int             // of matching that are left
	slow    bool            // some paths took too many
	above   int             // the last line whose rule was left out
}

// Bounds on patterns that take long to match: steps for all paths and for one.
// A path takes some 20,000 in a file of 5,000 rules.
const (
	maxSteps     = 500_000_000
	maxPathSteps = 20_000_000
)

// rule is a line of the file.
type rule struct {
	pattern pattern
	text    string // the pattern as it is written
	line    int
	section string   // in lower case; "" before the first
	owners  []string // as they are written
	exclude bool     // "!": nobody, whatever else the section says
}

var (
	// [Name][2] @default @owners, or ^[Name] for an optional section.
	sectionLine = lazy.New(`^\^?\[([^\]]+)\](?:\[(-?\d+)\])?(?:\s+(.*))?$`)
	email       = lazy.New(`^[^@\s<>"]+@[^@\s<>"]+\.[^@\s<>".]+$`)
	// @user, @org/team, @@role, @@group, @"Jane Doe", @a\ group, and a way to choose
	// among a group's members behind a colon.
	mention  = lazy.New(`^@{1,2}("[^"]{1,100}"|[\pL\pN][\pL\pN._/ -]*)(` + strategies + `)?$`)
	strategy = lazy.New(strategies + `$`)
)

// strategies say which members of a group are asked (support.atlassian.com, "Set up and
// use code owners").
const strategies = `:[a-z_]+(?:\(\d+\))?`

// parseCodeowners reads a CODEOWNERS file. A line that makes no sense is left
// out, as by the forges.
func parseCodeowners(data []byte, d Dialect) *codeowners {
	f := &codeowners{dialect: d, groups: map[string]bool{}, steps: maxSteps}
	switch {
	case d == GitHub && hasSections(data):
		f.dialect = GitLab
	case d == GitHub && bytes.Contains(data, []byte("\n@@@")) || bytes.HasPrefix(data, []byte("@@@")):
		f.dialect = Bitbucket
	}
	var section string
	var defaults []string
	n := 0
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))) {
		n++
		text := strings.TrimSpace(strings.ToValidUTF8(string(line), "\uFFFD"))
		if text == "" || text[0] == '#' {
			continue
		}
		if m := sectionLine.FindStringSubmatch(text); m != nil && f.dialect == GitLab {
			section, defaults = strings.ToLower(m[1]), f.owners(strings.Fields(m[3]))
			continue
		}
		if f.rule(text, n, section, defaults); len(f.rules) >= 2*maxRules {
			f.keepLast()
		}
	}
	f.keepLast()
	if f.above > 0 {
		f.lose(f.above, "there are too many rules: it and those above were left out")
	}
	return f
}

// keepLast leaves out the first rules where there are too many.
func (f *codeowners) keepLast() {
	if over := len(f.rules) - maxRules; over > 0 {
		f.above = f.rules[over-1].line
		f.rules = slices.Clone(f.rules[over:])
	}
}

// hasSections reports whether a file has lines that only GitLab understands.
func hasSections(data []byte) bool {
	for line := range bytes.Lines(data) {
		if sectionLine.Match(bytes.TrimSpace(line)) {
			return true
		}
	}
	return false
}

func (f *codeowners) lose(line int, why string) {
	if len(f.lost) < 10 {
		f.lost = append(f.lost, fmt.Sprintf("line %d: %s", line, why))
	}
}

// rule reads a line with a pattern.
func (f *codeowners) rule(text string, line int, section string, defaults []string) {
	words := split(text)
	if f.dialect != GitLab {
		// GitLab takes the owners out of a comment behind a pattern too.
		if i := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "#") }); i > 0 {
			words = words[:i]
		}
	}
	if name, ok := strings.CutPrefix(words[0], "@@@"); ok && f.dialect == Bitbucket {
		f.groups[strings.Trim(name, `"`)] = true
		return
	}
	r := rule{line: line, section: section, owners: f.owners(words[1:])}
	r.text, r.exclude = strings.CutPrefix(words[0], "!")
	switch {
	case f.dialect == GitHub && (r.exclude || strings.ContainsAny(words[0], "[]")):
		f.lose(line, `GitHub knows neither "!" nor "[ ]"`)
		return
	case strings.Trim(r.text, "/") == "" && r.text != "/":
		return
	case len(r.owners) == 0 && !r.exclude:
		r.owners = defaults
	}
	if f.dialect == Bitbucket && len(r.text) > 1 && r.text[0] == '"' {
		r.text = strings.Trim(r.text, `"`)
	}
	texts := []string{r.text}
	if f.dialect == Bitbucket {
		texts = alternatives(r.text)
	}
	for _, t := range texts {
		if r.pattern = parsePattern(t, f.dialect); len(r.pattern.segments) > 0 {
			f.rules = append(f.rules, r)
		}
	}
}

// Bounds of patterns with braces: how many one stands for, and its bytes.
const (
	maxAlternatives = 64
	maxBraces       = 4 << 10
)

var braces = lazy.New(`\{([^{}]*)\}`)

// alternatives are the patterns that one stands for, as src/{main,test}/** does for two
// in the app for Bitbucket (docs.mibexsoftware.com/codeowners/owner-rules). Of too many
// the pattern itself is left, which hardly anything matches.
func alternatives(text string) []string {
	if len(text) > maxBraces {
		return []string{text}
	}
	done, open := []string(nil), []string{text}
	for len(open) > 0 && len(done)+len(open) <= maxAlternatives {
		t := open[0]
		open = open[1:]
		at := braces.FindStringSubmatchIndex(t) // the innermost
		if at == nil {
			done = append(done, t)
			continue
		}
		for choice := range strings.SplitSeq(t[at[2]:at[3]], ",") {
			open = append(open, t[:at[0]]+choice+t[at[1]:])
		}
	}
	if len(open) > 0 {
		return []string{text}
	}
	return slices.Compact(slices.Sorted(slices.Values(done)))
}

// split cuts a line at its spaces, but not at those behind a backslash or
// between quotes.
func split(text string) (words []string) {
	var w strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] != ' ' && text[i] != '#' && text[i] != '\t' {
				w.WriteByte(c) // the pattern's
			}
			w.WriteByte(text[i])
		case (c == ' ' || c == '\t') && !quoted:
			if w.Len() > 0 {
				words = append(words, w.String())
				w.Reset()
			}
		default:
			if c == '"' {
				quoted = !quoted
			}
			w.WriteByte(c)
		}
	}
	if w.Len() > 0 || len(words) == 0 {
		words = append(words, w.String())
	}
	return words
}

// maxOwners is how many owners of a rule are kept.
const maxOwners = 20

// owners keeps the words that name somebody.
func (f *codeowners) owners(words []string) (out []string) {
	for _, w := range words {
		if address := strings.TrimPrefix(w, "@"); f.dialect == Bitbucket && email.MatchString(address) {
			w = address // users of the app can be called by theirs
		}
		if len(out) < maxOwners && len(w) < 256 && (mention.MatchString(w) || email.MatchString(w)) {
			out = append(out, w)
		}
	}
	return out
}

// find returns the rules that say who owns a file: one of each section, the
// last of the sections first. A rule without owners means nobody.
// With patterns that take too long it returns none.
func (f *codeowners) find(path string) (out []rule) {
	names, steps := strings.Split(path, "/"), min(f.steps, maxPathSteps)
	f.steps -= steps
	defer func() { f.steps += max(0, steps) }()
	last := map[string]int{}
	excluded := map[string]bool{}
	for i := range f.rules {
		r := &f.rules[i]
		if excluded[r.section] || !r.pattern.match(names, &steps) {
			continue
		}
		if r.exclude {
			delete(last, r.section)
			// GitLab: what is excluded cannot be included again.
			excluded[r.section] = f.dialect == GitLab
			continue
		}
		last[r.section] = i
	}
	if f.slow = f.slow || steps <= 0; steps <= 0 {
		return nil
	}
	var lines []int
	for _, i := range last {
		lines = append(lines, i)
	}
	slices.Sort(lines)
	for _, i := range slices.Backward(lines) {
		if r := f.rules[i]; len(r.owners) > 0 {
			out = append(out, r)
		}
	}
	// Who is named for the place comes before who is named for everything.
	slices.SortStableFunc(out, func(a, b rule) int {
		switch x, y := a.pattern.anywhere(), b.pattern.anywhere(); {
		case x == y:
			return 0
		case x:
			return 1
		}
		return -1
	})
	return out
}
