package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
)

// plan is what --verify=plan prints: calls, and what nobody would be asked
// about. Nothing in it is secret.
type plan struct {
	calls   []plannedCall
	skipped []plannedSkip
	budget  int // calls that are made at most; 0: no limit
}

// plannedCall is a call with how often it would be made, for which rules.
type plannedCall struct {
	verify.Call
	times int
	rules []string
}

type plannedSkip struct {
	status leak.Status
	reason string
	times  int
	rules  []string
}

func makePlan(all []verify.Planned, budget int) plan {
	calls, skips := map[verify.Call]*plannedCall{}, map[[2]string]*plannedSkip{}
	for _, p := range all {
		rule := p.Finding.Rule.ID
		if p.Verdict.Status != "" {
			key := [2]string{string(p.Verdict.Status), p.Verdict.Reason}
			if skips[key] == nil {
				skips[key] = &plannedSkip{status: p.Verdict.Status, reason: p.Verdict.Reason}
			}
			skips[key].times++
			skips[key].rules = append(skips[key].rules, rule)
			continue
		}
		for _, c := range p.Calls {
			if calls[c] == nil {
				calls[c] = &plannedCall{Call: c}
			}
			calls[c].times++
			calls[c].rules = append(calls[c].rules, rule)
		}
	}
	out := plan{budget: budget}
	for _, c := range calls {
		c.rules = distinct(c.rules)
		out.calls = append(out.calls, *c)
	}
	for _, s := range skips {
		s.rules = distinct(s.rules)
		out.skipped = append(out.skipped, *s)
	}
	slices.SortFunc(out.calls, func(a, b plannedCall) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Class, b.Class))
	})
	slices.SortFunc(out.skipped, func(a, b plannedSkip) int {
		return cmp.Or(cmp.Compare(a.status, b.status), cmp.Compare(a.reason, b.reason))
	})
	return out
}

func distinct(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// write prints the plan.
func (p plan) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	if len(p.calls) == 0 {
		fmt.Fprintln(w, "Nobody would be asked.")
	} else {
		fmt.Fprintln(w, "METHOD\tHOST\tPATH\tCLASS\tTIMES\tRULES")
	}
	for _, c := range p.calls {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", printable(c.Method), printable(c.Host), printable(cmp.Or(c.Path, "-")), c.Class, c.times, strings.Join(c.rules, ", "))
	}
	for _, s := range p.skipped {
		fmt.Fprintf(w, "not asked\t%s\t%s\t\t%d\t%s\n", s.status, printable(s.reason), s.times, strings.Join(s.rules, ", "))
	}
	if p.budget > 0 && len(p.calls) > 0 {
		fmt.Fprintf(w, "at most %s, with those for controls and second tries (--verify-budget)\n", counted(int64(p.budget), "call"))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

// planCode is the exit code of a plan: the policy's, if the mode safe would not
// ask about something.
func planCode(all []verify.Planned) int {
	for _, p := range all {
		if p.Verdict.Status == leak.SkippedCheck || len(p.Calls) > 0 && p.Calls[0].Class > leak.S1 {
			return exitPolicy
		}
	}
	return exitClean
}

// planned writes into findings what would be asked.
func (q *asking) planned(fs []*leak.Finding) {
	for _, p := range q.engine.Plan(fs) {
		v := p.Verdict
		switch v.Status {
		case "":
			v = leak.Verdict{Status: leak.Unchecked, Reason: "would ask: " + strings.Join(calls(p), ", ")}
			if len(p.Calls) > 0 {
				v.Host, v.Class = p.Calls[0].Host, p.Calls[0].Class
			}
		case leak.Unknown, leak.SkippedCheck:
			v = leak.Verdict{Status: leak.Unchecked, Reason: "would not be asked about: " + v.Reason}
		}
		p.Finding.Verdict = v
	}
}

func calls(p verify.Planned) (out []string) {
	for _, c := range p.Calls {
		out = append(out, fmt.Sprintf("%s %s%s (%s)", c.Method, c.Host, c.Path, c.Class))
	}
	return out
}
