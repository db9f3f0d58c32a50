package policy

import (
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// FailOn reads a threshold: none, any, new, live or confidence:WORD. Findings of
// low confidence count only if that is asked for; live is what its provider
// accepted, if for some things only. Thresholds that need what this
// version cannot know are refused: they would make every run green.
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
		return nil, fmt.Errorf("--fail-on %s needs risk scores, which this version does not have", s)
	}
	return nil, fmt.Errorf("--fail-on %q: use none, any, new, live, or confidence:high (or medium, low)", s)
}
