package rules_test

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

// assigned is what stands between a name and its value, the same text in the rules of all
// credentials that have no form of their own.
const assigned = `["'\x60\])]{0,2}(?::?\s{1,3}(?:value|string|str|String))?\s{0,4}` +
	`(?:[?:+.]{0,3}={1,3}>?|:|,|>|\(|\|\||\?\?|\{\s{1,10}default\s{0,8}=)\s{0,6}["'\x60(\[]{0,2}`

// assignments are ways to write it: NAME and VALUE stand for themselves.
var assignments = []string{
	`NAME=VALUE`, `NAME = VALUE`, `NAME: VALUE`, `"NAME": "VALUE`, `'NAME' => 'VALUE`, `NAME := "VALUE`, `NAME ::= VALUE`, `NAME :::= VALUE`, `NAME ?= VALUE`,
	`NAME += 'VALUE`, `NAME .= 'VALUE`, `NAME === "VALUE`, `NAME == VALUE`, `["NAME"] = "VALUE`, "NAME = `VALUE", "`NAME`: VALUE", `set("NAME", "VALUE`, `set('NAME','VALUE`, `NAME("VALUE`, `NAME(['VALUE`, `(NAME)="VALUE`,
	`NAME') = VALUE`, `NAME || "VALUE`, `NAME ?? 'VALUE`, `<NAME>VALUE`, "<NAME>\n    VALUE", "<NAME>\n     VALUE", `NAME    =VALUE`, `NAME value="VALUE`, `"NAME" value = "VALUE`, `NAME   string = "VALUE`, `NAME: string = "VALUE`, `NAME: String = "VALUE`, `NAME: str = "VALUE`,
	`variable "NAME" { default = "VALUE`, `variable "NAME" {          default        = "VALUE`, `NAME = ["VALUE`,
}

// notAssigned are further apart, or something else.
var notAssigned = []string{
	`NAME VALUE`, `NAME and VALUE`, `NAME==== VALUE`, `NAME)))=VALUE`, `NAME::::=VALUE`, `NAME="""VALUE`, `NAME     =VALUE`, "<NAME>\n      VALUE", `NAME    string = VALUE`, `NAME((((VALUE`, `NAME | VALUE`, `NAME ? VALUE`, `NAME =>> VALUE`,
	`NAME {default = VALUE`, `NAME {           default = VALUE`, `NAME { default         = VALUE`, `NAME; VALUE`, `NAME-VALUE`, `NAME/VALUE`, `NAME string VALUE`, `NAME stringvalue = VALUE`, `NAME !== VALUE`, `NAME ~= VALUE`, `NAME%VALUE`, `NAME := :VALUE`,
}

func assigns(re *regexp.Regexp) (wrong []string) {
	for _, text := range assignments {
		if !re.MatchString(text) {
			wrong = append(wrong, text)
		}
	}
	for _, text := range notAssigned {
		if re.MatchString(text) {
			wrong = append(wrong, text)
		}
	}
	return wrong
}

// TestAssignments pins what no example of a rule has: all ways to assign. Each part of it
// is left out in turn, and must be missed.
func TestAssignments(t *testing.T) {
	if wrong := assigns(regexp.MustCompile(`NAME` + assigned + `VALUE`)); wrong != nil {
		t.Fatalf("not judged as they should be: %q", wrong)
	}
	made, alive := 0, []string{}
	for n := 0; ; n++ {
		tree, err := syntax.Parse(assigned, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		left := n
		if !without(tree, &left) {
			break
		}
		made++
		if re, err := regexp.Compile(`NAME` + tree.String() + `VALUE`); err == nil && assigns(re) == nil {
			alive = append(alive, tree.String())
		}
	}
	t.Logf("%d of %d changes are noticed", made-len(alive), made)
	if made < 30 || len(alive)*10 > made {
		t.Errorf("%d of %d changes are not noticed: %q", len(alive), made, alive)
	}
}

// TestAssignmentsAreTheSame looks at all rules: one that has a part of the text has all of it.
func TestAssignmentsAreTheSame(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range ps {
		for _, r := range p.Rules {
			if !strings.Contains(r.Pattern, `[?:+.]{0,3}={1,3}>?`) || r.ID == "aiven-api-token" {
				continue // that of Aiven is so long that it needs no sign
			}
			if n++; !strings.Contains(r.Pattern, assigned) {
				t.Errorf("%s: has another text between the name and the value", r.ID)
			}
		}
	}
	if n < 50 {
		t.Errorf("%d rules have it", n)
	}
}

// without makes the change with a number: an alternative or what is optional is left out,
// a length is one less or more, a class has one range less. It reports false if there is none.
func without(re *syntax.Regexp, n *int) bool {
	turn := func() bool { *n--; return *n == -1 }
	switch re.Op {
	case syntax.OpAlternate:
		for i := range re.Sub {
			if turn() {
				re.Sub = slices.Delete(slices.Clone(re.Sub), i, i+1)
				return true
			}
		}
	case syntax.OpQuest:
		if turn() {
			*re = syntax.Regexp{Op: syntax.OpEmptyMatch}
			return true
		}
	case syntax.OpRepeat:
		for _, by := range []int{-1, 1} {
			if turn() {
				re.Max += by
				return true
			}
		}
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			if re.Rune[i] > ' ' && turn() {
				re.Rune = slices.Delete(slices.Clone(re.Rune), i, i+2)
				return true
			}
		}
	}
	for _, sub := range re.Sub {
		if without(sub, n) {
			return true
		}
	}
	return false
}
