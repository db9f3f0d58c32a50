package pipeline

import (
	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// MaskAnswers masks secrets of all the findings in what providers said about
// each, as Run does with its own.
func MaskAnswers(set *detectors.Set, fs []*leak.Finding) {
	maskAnswers(set, fs, redactor(partsOf(fs)))
}

func partsOf(fs []*leak.Finding) (all []leak.Parts) {
	for _, f := range fs {
		all = append(all, f.Parts)
	}
	return all
}

func maskAnswers(set *detectors.Set, fs []*leak.Finding, known *leak.Redactor) {
	mask := func(name, fact string) string {
		fact = maskFound(set, fact)
		if name != leak.FactID && name != leak.FactTenant && name != leak.FactCredential { // ids look random
			fact = maskWords(fact)
		}
		return fact
	}
	for _, f := range fs {
		f.Verdict = known.Verdict(&f.Verdict, f.Parts, mask)
	}
}
