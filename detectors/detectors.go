// Package detectors finds credentials in bytes. It knows nothing of files,
// repositories or networks.
package detectors

import (
	"fmt"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// Detector finds one kind of credential. A rule in a provider file is compiled
// to a Detector; write one in Go only when a pattern cannot say it.
//
// Implementations are safe for concurrent use and must pass
// detectortest.Accept.
type Detector interface {
	// Spec is called once, when a Set is built.
	Spec() Spec

	// Find looks at w and calls emit for each hit that contains the literal
	// at w.At. It must depend on nothing but the window, and keeps no part
	// of it. It returns what it did depend on: while those bytes stay as they
	// are, it need not be asked again.
	Find(w Window, emit func(Hit)) Seen
}

// Seen says what the outcome of Find depends on: the bytes from Before bytes in
// front of the literal's start to After bytes behind it, and on whether the text
// begins or ends there. Like those of Spec, they count beyond the window where
// that ends with the text.
type Seen struct{ Before, After int }

// Spec is what a Set has to know of a Detector to run it on little data.
type Spec struct {
	Rule     leak.RuleInfo
	Literals []rules.Literal // at least one; one of these is in every hit
	// Before and After are how far a hit and what it depends on extend from
	// the start of its literal, in bytes. After counts the literal itself.
	Before, After int
	// Reach is Before and After for each of the literals; nil if they are the same.
	Reach []Seen
}

// Window is what a Detector sees: the bytes around one of its literals.
type Window struct {
	// Data reaches Spec.Before bytes before At, or to the beginning of the
	// text, and Spec.After bytes behind At, or to the end of the text, so
	// that a hit is never cut off.
	Data []byte
	At   int // where the literal starts
	Lit  int // its index in Spec.Literals

	set   *Set   // that runs the Detector; nil if none does
	names *names // of the searcher; nil if there is none
}

// Hit is a match within a window.
type Hit struct {
	Start, End int      // of the secret
	Pieces     [][2]int // where all pieces of the credential are, the secret included
	Parts      leak.Parts
	Loose      []string // parts that merely stand near it, sorted: see leak.Match
	Why        []string // the checks that it passed, for people
	Field      string   // see leak.Hit

	context
	header bool   // the field is an Authorization header
	bearer bool   // and a rule of its own reports what it has
	name   int    // where the field's name starts
	spoken bool   // no sign of assignment stands between the name and the value
	vague  bool   // it counts only if a service is named
	lead   string // what stands in a match before the secret, if no more is known of that than its form
}

// Compile turns the rules of provider files into detectors.
func Compile(ps []*rules.Provider) ([]Detector, error) {
	var ds []Detector
	for _, p := range ps {
		for i := range p.Rules {
			d, err := newPattern(p, &p.Rules[i])
			if err != nil {
				return nil, fmt.Errorf("detectors: %s: rule %q: %w", p.File, p.Rules[i].ID, err)
			}
			ds = append(ds, d)
		}
	}
	return ds, nil
}
