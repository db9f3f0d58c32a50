package policy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// FailOn reads a threshold: none, any, new, live, risk:N or confidence:WORD. Findings
// of low confidence count only if that is asked for; live is what its provider
// accepted, if for some things only; risk:N is a risk of N points or more, of 100.
// any and new differ in what the baseline does: see ReportsKnown.
func FailOn(s string) (func(*leak.Finding) bool, error) {
	atLeast := func(min leak.Confidence) func(*leak.Finding) bool {
		return func(f *leak.Finding) bool { return f.Confidence.AtLeast(min) }
	}
	kind, arg, hasArg := strings.Cut(s, ":")
	if hasArg && kind != "confidence" && kind != "risk" {
		kind = s // they take no argument
	}
	switch kind {
	case "none":
		return func(*leak.Finding) bool { return false }, nil
	case "any", "new": // without a baseline every finding is new
		return atLeast(leak.Medium), nil
	case "confidence":
		switch c := leak.Confidence(arg); c {
		case leak.High, leak.Medium, leak.Low:
			return atLeast(c), nil
		}
		return nil, fmt.Errorf("--fail-on %s: the confidences are high, medium and low", s)
	case "live":
		return func(f *leak.Finding) bool {
			return f.Verdict.Status == leak.Live || f.Verdict.Status == leak.Restricted
		}, nil
	case "risk":
		least, err := strconv.Atoi(arg)
		if err != nil || least < 1 || least > 100 {
			return nil, fmt.Errorf("--fail-on %s: the risk is a number from 1 to 100, as in risk:70", s)
		}
		return func(f *leak.Finding) bool {
			c := f.Credential()
			return c != nil && c.Risk.Score >= least
		}, nil
	}
	return nil, fmt.Errorf("--fail-on %q: use none, any, new, live, risk:70 (or another number), or confidence:high (or medium, low)", s)
}

// Unsettled reports whether a threshold of what works cannot be told of a finding:
// nobody was asked about it, or nobody gave a clear answer. ever says that somebody
// could have: an unverifiable one can never be asked about. Of low confidence only those
// count that were asked about.
func Unsettled(failOn string, f *leak.Finding) (open, ever bool) {
	if failOn != "live" {
		return false, false
	}
	switch f.Verdict.Status {
	case leak.Unknown:
		return true, true
	case leak.SkippedCheck, leak.Unchecked, "":
		return f.Confidence.AtLeast(leak.Medium), true
	case leak.Unverifiable:
		return f.Confidence.AtLeast(leak.Medium), false
	}
	return false, false
}

// NeedsRisk reports whether a threshold is one of risk, which nobody knows where
// nobody looks whose a credential is.
func NeedsRisk(failOn string) bool { return strings.HasPrefix(failOn, "risk:") }

// ReportsKnown reports whether what is in the baseline counts as well.
func ReportsKnown(failOn string) bool { return failOn == "any" }

// Confidence is one of the words for it; empty for none.
func Confidence(word string) (leak.Confidence, error) {
	switch c := leak.Confidence(word); c {
	case "", leak.High, leak.Medium, leak.Low:
		return c, nil
	}
	return "", fmt.Errorf("confidence %q: must be high, medium or low", word)
}

// below leaves out a finding that is less sure than is wanted.
func (g *Ignores) below(f *leak.Finding) bool {
	if g.Least == "" || f.Confidence.AtLeast(g.Least) {
		return false
	}
	why := fmt.Sprintf("of %s confidence, and --min-confidence is %s", f.Confidence, g.Least)
	g.drop(f, leak.Ignored{By: leak.ByConfidence, Reason: why}, func(*leak.Location) bool { return true })
	return true
}
