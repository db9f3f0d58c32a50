package rules_test

import (
	"fmt"
	"os"
	"regexp/syntax"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/rules"
)

// leastKilled is how much of the mutants the examples must notice, in percent.
const leastKilled = 90

// TestMutants changes a literal, a length or a class of what every match of a rule
// has, or that is in a piece of the credential, one at a time, and runs the examples: a change that none of them notices is one
// that could be made by mistake. WHOSEKEY_MUTATE is a provider, or "all"; each
// mutant that is alive is then printed.
func TestMutants(t *testing.T) {
	which := os.Getenv("WHOSEKEY_MUTATE")
	if which == "" {
		t.Skip("make mutate")
	}
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var alive []string
	made, killed := map[string]int{}, map[string]int{}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range ps {
		if which != "all" && !slices.Contains(strings.Split(which, ","), p.ID) {
			continue
		}
		g.Go(func() error {
			for i := range p.Rules {
				for _, m := range mutants(p.Rules[i].Pattern) {
					dies := fails(p, &p.Rules[i], m.pattern)
					mu.Lock()
					if made[m.kind]++; dies {
						killed[m.kind]++
					} else {
						alive = append(alive, fmt.Sprintf("%s: %s: %s", p.Rules[i].ID, m.kind, m.what))
					}
					mu.Unlock()
				}
			}
			return nil
		})
	}
	g.Wait()
	slices.Sort(alive)
	for _, a := range alive {
		t.Log("alive: " + a)
	}
	all, dead := 0, 0
	for _, kind := range []string{"literal", "length", "class"} {
		t.Logf("%s: %d of %d killed", kind, killed[kind], made[kind])
		all, dead = all+made[kind], dead+killed[kind]
	}
	t.Logf("%d of %d mutants killed: %.1f %%", dead, all, 100*float64(dead)/float64(max(1, all)))
	if all == 0 {
		t.Fatalf("no provider is called %q, or its patterns have nothing to change", which)
	}
	if which == "all" && dead*100 < all*leastKilled {
		t.Errorf("fewer than %d %% of the mutants are killed", leastKilled)
	}
}

// fails reports whether the examples of a rule notice another pattern.
func fails(p *rules.Provider, r *rules.Rule, pattern string) bool {
	changed, err := r.WithPattern(pattern)
	if err != nil {
		return true
	}
	return detectors.CheckExamples(&rules.Provider{ID: p.ID, File: p.File, Rules: []rules.Rule{changed}}) != nil
}

type mutant struct{ kind, what, pattern string }

// mutants are patterns that differ in one place.
func mutants(pattern string) (out []mutant) {
	for n := 0; ; n++ {
		tree, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			return nil
		}
		m := mutator{at: n}
		m.walk(tree)
		if !m.done {
			return out
		}
		if m.what != "" {
			out = append(out, mutant{m.kind, m.what, tree.String()})
		}
	}
}

// mutator makes the change with a number.
type mutator struct {
	at, n      int
	done       bool
	named      bool // within a piece of the credential
	kind, what string
}

// turn reports whether the next change is the one to make.
func (m *mutator) turn() bool {
	m.n++
	m.done = m.done || m.n-1 == m.at
	return m.n-1 == m.at
}

func (m *mutator) walk(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, i := range slices.Compact([]int{0, len(re.Rune) / 2, len(re.Rune) - 1}) {
			if m.turn() {
				m.kind, m.what = "literal", fmt.Sprintf("%q", string(re.Rune))
				re.Rune = slices.Clone(re.Rune)
				re.Rune[i] = other(re.Rune[i])
				m.what += fmt.Sprintf(" is %q", string(re.Rune))
			}
		}
	case syntax.OpRepeat:
		was := re.String()
		if re.Min == re.Max && re.Max >= 4 {
			for _, by := range []int{-1, 1} {
				if m.turn() {
					re.Min, re.Max = re.Min+by, re.Max+by
					m.kind, m.what = "length", was+" is "+re.String()
				}
			}
		}
	case syntax.OpCharClass:
		if !m.named {
			break
		}
		// A class of many letters and digits is a value; a small one is what divides.
		if ranges := len(re.Rune) / 2; ranges > 1 && size(re) >= 16 && re.Rune[len(re.Rune)-1] < 0x80 {
			for i := range ranges {
				if re.Rune[2*i+1]-re.Rune[2*i] < 5 {
					continue // "_" alone may well be in no example
				}
				if m.turn() {
					was := re.String()
					re.Rune = slices.Delete(slices.Clone(re.Rune), 2*i, 2*i+2)
					m.kind, m.what = "class", was+" is "+re.String()
					return
				}
			}
		}
	}
	named := m.named
	m.named = m.named || re.Op == syntax.OpCapture && re.Name != ""
	for _, sub := range re.Sub {
		if !m.done && (m.named || !optional(re)) {
			m.walk(sub)
		}
	}
	m.named = named
}

// optional reports whether what is in a node need not be in a match. Such parts
// outside of a credential, such as what may stand between a name and its value, are
// the same in hundreds of rules; no example of a rule has them all.
func optional(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAlternate, syntax.OpQuest, syntax.OpStar:
		return true
	}
	return re.Op == syntax.OpRepeat && re.Min == 0
}

func size(re *syntax.Regexp) (n int) {
	for i := 0; i < len(re.Rune); i += 2 {
		n += int(re.Rune[i+1]-re.Rune[i]) + 1
	}
	return n
}

// other is another character of the same kind.
func other(r rune) rune {
	switch {
	case r == 'z' || r == 'Z' || r == '9':
		return r - 1
	case strings.ContainsRune("abcdefghijklmnopqrstuvwxyABCDEFGHIJKLMNOPQRSTUVWXY012345678", r):
		return r + 1
	case r == '#':
		return '!'
	}
	return '#'
}
