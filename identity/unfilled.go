package identity

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// blank is what templates have where a value is to be filled in, also with something
// before or behind it: {{ .Values.team }}, ${TEAM}, $(TEAM), $TEAM, <%= team %>, <owner>,
// %TEAM%, __OWNER__, @TEAM@, [[team]], #{team}#.
var blank = lazy.New(`\{\{|\}\}|[$#]\{|\$\(|\$\[|^\$[A-Za-z_]|<%|%>|<[A-Za-z][A-Za-z0-9 ._/-]{0,60}>|%[A-Z][A-Z0-9_]*%|__[A-Za-z][A-Za-z0-9_]*?__|^@[A-Z][A-Z0-9_]*@$|\[\[|^\[[A-Za-z][A-Za-z0-9 ._-]*\]$`)

// template reports whether a text has what templates have where a value is to be
// filled in. Few texts have a character of that.
func template(s string) bool {
	return (strings.ContainsAny(s, "{}[$%<") || strings.HasPrefix(s, "@") || strings.Contains(s, "__")) && blank.MatchString(s)
}

// nobody are words that stand where a name is to be, and name none.
var nobody = words(`unknown none null nil na n/a n.a. nobody noone no-one no-owner noowner tbd tba tbc todo fixme changeme change-me replaceme replace-me
		placeholder example sample dummy foo bar foobar xxx xxxx undefined unassigned unowned unspecified unset not-set notset empty
		- -- --- ? ?? ??? . owner team name user username yourname yourteam myteam my-team your-team your-name your-org your-org/your-team my-org/my-team
		org/team team-name owner-name example-team team-example example/team`)

func words(list string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}

// Unfilled reports whether a name is none: what a template fills in later, or a word
// for that nobody is named.
func Unfilled(name string) bool {
	name = strings.TrimSpace(name)
	if template(name) || strings.IndexByte(name, 0) >= 0 {
		return true
	}
	low := strings.ToLower(strings.Trim(name, "\"'` "))
	for _, kind := range []string{"group:", "user:", "default/"} { // of a catalog
		low = strings.TrimPrefix(low, kind)
	}
	low = strings.TrimLeft(low, "@")
	return low == "" || nobody[low] || nobody[strings.Join(strings.Fields(low), "-")]
}

// naming are the claims that give a name to the identity or to what it is in.
var naming = []string{leak.ClaimName, leak.ClaimID, leak.ClaimTenant, leak.ClaimTenantName, leak.ClaimEmail, leak.ClaimService}

// filled leaves out what a template has not filled in.
func filled(a Answer) Answer {
	a.Owners = slices.DeleteFunc(slices.Clone(a.Owners), func(w leak.Owner) bool { return Unfilled(w.Name) })
	a.Evidence = slices.DeleteFunc(slices.Clone(a.Evidence), func(e leak.Evidence) bool {
		return slices.Contains(naming, e.Claim) && template(e.Value)
	})
	return a
}
