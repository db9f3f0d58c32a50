package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/report"
)

// unsettled counts, where only what works fails a run, the findings of which that is
// not known: a guard that asked nobody must not look like one that was told "dead".
type unsettled struct {
	failOn  string
	of      int // findings that the threshold is about
	open    int // could be asked about, and there is no clear answer
	never   int // cannot be asked about at all
	reasons map[string]int
}

// watch is fails, and counts.
func (u *unsettled) watch(fails func(*leak.Finding) bool) func(*leak.Finding) bool {
	return func(f *leak.Finding) bool {
		u.add(f)
		return fails(f)
	}
}

func (u *unsettled) add(f *leak.Finding) {
	open, ever := policy.Unsettled(u.failOn, f)
	if open || f.Confidence.AtLeast(leak.Medium) {
		u.of++
	}
	switch {
	case open && !ever:
		u.never++
	case open:
		u.open++
		if u.reasons == nil {
			u.reasons = map[string]int{}
		}
		u.reasons[cmp.Or(f.Verdict.Reason, "nobody was asked")]++
	}
}

// account is a scan's, and tells what was counted.
func (u *unsettled) account(next func(*report.Summary)) func(*report.Summary) {
	return func(sum *report.Summary) {
		next(sum)
		u.tell(sum)
	}
}

func (u *unsettled) tell(sum *report.Summary) {
	if u.open > 0 {
		sum.Unsettled = u.open
		sum.Notes = append(sum.Notes, u.String())
	}
	if u.never > 0 {
		sum.Notes = append(sum.Notes, fmt.Sprintf("--fail-on %s: of %d of %d credentials nobody can be asked whether they work (unverifiable); they do not make the run fail", u.failOn, u.never, u.of))
	}
}

// String is the remark about those that could have been asked about, with the reason
// that most of them have.
func (u *unsettled) String() string {
	most := slices.SortedFunc(maps.Keys(u.reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(u.reasons[b], u.reasons[a]), strings.Compare(a, b))
	})[0]
	line := fmt.Sprintf("--fail-on %s: %d of %d credentials could not be asked about, or gave no clear answer; nothing is known of them, and none of them is known to be dead", u.failOn, u.open, u.of)
	if n := u.reasons[most]; n < u.open {
		return fmt.Sprintf("%s (%d of them: %s)", line, n, most)
	}
	return line + " (" + most + ")"
}
