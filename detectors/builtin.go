package detectors

import (
	"slices"
)

// Builtin returns the detectors that are written in Go, without those whose
// rule ids are given.
func Builtin(without []string) []Detector {
	var out []Detector
	for _, d := range []Detector{newGeneric(), newKubernetes(), newState(), newColumns(true), newColumns(false)} {
		if !slices.Contains(without, d.Spec().Rule.ID) {
			out = append(out, d)
		}
	}
	return out
}
