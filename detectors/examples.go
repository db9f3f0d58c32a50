package detectors

import (
	"fmt"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// CheckExamples runs the examples of a provider file and returns the first
// that is not as it says. A rule that finds nothing is worse than none: it
// makes every scan green.
func CheckExamples(p *rules.Provider) error {
	for i := range p.Rules {
		r := &p.Rules[i]
		ds, err := Compile([]*rules.Provider{{ID: p.ID, File: p.File, Rules: []rules.Rule{*r}}})
		if err != nil {
			return err
		}
		set := NewSet(ds...)
		for j, l := range r.Leaks {
			if n, err := countIn(set, r, l.Text, j); err != nil || n == 0 {
				return exampleError(p, r, "leaks", j, err, "the rule finds nothing in it")
			}
		}
		for j, c := range r.Clean {
			if n, err := countIn(set, r, c.Text, j); err != nil || n > 0 {
				return exampleError(p, r, "clean", j, err, "the rule finds something in it")
			}
		}
	}
	return nil
}

func countIn(set *Set, r *rules.Rule, template string, seed int) (n int, err error) {
	text, err := rules.Expand(template, fmt.Sprint(r.ID, seed), Checksum(r.Checksum))
	if err != nil {
		return 0, err
	}
	set.Scan(&leak.Chunk{Data: []byte(text)}, func(leak.Match) { n++ })
	return n, nil
}

func exampleError(p *rules.Provider, r *rules.Rule, kind string, i int, err error, what string) error {
	if err != nil {
		what = err.Error()
	}
	return fmt.Errorf("rules: %s: rule %q: %s example %d: %s", p.File, r.ID, kind, i+1, what)
}
