package rules

import (
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/tails"
)

// places says where declared literals stand in every match: at least one of them at its
// place. A literal may stand elsewhere too, as in the credential itself, but that need
// not be looked at. ok is false if some match has none that can be placed.
func places(re *syntax.Regexp, declared []string) (set []Literal, ok bool) {
	return placesBehind([]Literal{{}}, re, declared)
}

// placesBehind is places in a run of texts and what follows it: of tcp|tls, t stands
// before the alternation once it is parsed. The run is of the elements since the last
// one that cannot be expanded.
func placesBehind(run []Literal, re *syntax.Regexp, declared []string) (set []Literal, ok bool) {
	from, to := 0, 0      // bounds of what is before the run
	var inFront tails.Set // its bytes
	flush := func() bool {
		if set, ok = placesIn(run, declared); ok {
			set = distinct(shifted(set, from, to, inFront))
		}
		inFront.Or(bytesOfAll(run))
		a, b := runBounds(run)
		from, to, run = from+a, to+b, []Literal{{}}
		return ok
	}
	for _, e := range elements(re, nil) {
		if exact, is := expand(e); is {
			if len(exact)*len(run) > maxLiterals && flush() {
				return set, true
			}
			run = cross(run, exact)
			continue
		}
		before, atLeast, atMost, wasInFront := run, from, to, inFront
		if flush() {
			return set, true
		}
		if set, ok = placesInside(before, e, declared); ok {
			return distinct(shifted(set, atLeast, atMost, wasInFront)), true
		}
		lo, hi, err := bounds(e)
		if err != nil {
			return nil, false
		}
		inFront.Or(bytesIn(e))
		from, to = from+lo, to+hi
	}
	flush()
	return set, ok
}

// placesIn are the places of the declared literals in texts, if each has one.
func placesIn(texts []Literal, declared []string) (set []Literal, ok bool) {
	for _, t := range texts {
		has := false
		for _, d := range declared {
			at := strings.Index(t.Text, d)
			if t.Fold {
				at = strings.Index(strings.ToLower(t.Text), strings.ToLower(d))
			}
			if at >= 0 {
				set, has = append(set, Literal{Text: d, From: at, To: at, Before: bytesOfText(t.Text[:at], t.Fold)}), true
			}
		}
		if !has {
			return nil, false
		}
	}
	return set, true
}

// placesInside is placesBehind for an element that cannot be expanded.
func placesInside(run []Literal, re *syntax.Regexp, declared []string) (all []Literal, ok bool) {
	switch {
	case re.Op == syntax.OpCapture || re.Op == syntax.OpConcat:
		return placesBehind(run, re, declared)
	case re.Op == syntax.OpRepeat && re.Min >= 1:
		return placesBehind(run, re.Sub[0], declared)
	case re.Op != syntax.OpAlternate:
		return nil, false
	}
	for _, sub := range re.Sub {
		set, ok := placesBehind(run, sub, declared)
		if !ok {
			return nil, false
		}
		all = slices.Concat(all, set)
	}
	return all, true
}
