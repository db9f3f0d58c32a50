package detectors

import (
	"fmt"
	"maps"
	"slices"

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
			ms, err := matchesIn(set, r, l.Text, j)
			if err != nil || len(ms) == 0 {
				return exampleError(p, r, "leaks", j, err, "the rule finds nothing in it")
			}
			for _, part := range slices.Sorted(maps.Keys(l.Want)) {
				if ms[0].Parts[part].Reveal() != l.Want[part] {
					return exampleError(p, r, "leaks", j, nil, part+" is not what it wants")
				}
			}
		}
		for j, c := range r.Clean {
			if ms, err := matchesIn(set, r, c.Text, j); err != nil || len(ms) > 0 {
				return exampleError(p, r, "clean", j, err, "the rule finds something in it")
			}
		}
	}
	return nil
}

// matchesIn are the matches in an example, in the order of their places.
func matchesIn(set *Set, r *rules.Rule, template string, seed int) (ms []leak.Match, err error) {
	text, err := rules.Expand(template, fmt.Sprint(r.ID, seed), Checksum(r.Checksum))
	if err != nil {
		return nil, err
	}
	set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) { ms = append(ms, m) })
	slices.SortStableFunc(ms, func(a, b leak.Match) int { return int(a.Span.Start - b.Span.Start) })
	return ms, nil
}

func exampleError(p *rules.Provider, r *rules.Rule, kind string, i int, err error, what string) error {
	if err != nil {
		what = err.Error()
	}
	return fmt.Errorf("rules: %s: rule %q: %s example %d: %s", p.File, r.ID, kind, i+1, what)
}
