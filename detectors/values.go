package detectors

import (
	"regexp"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Fits reports whether one of some patterns matches a credential, or one of some
// words is in it, in any case.
func Fits(secret leak.Secret, patterns []*regexp.Regexp, words []string) (pattern, word bool) {
	v := secret.Reveal()
	for _, re := range patterns {
		if re.MatchString(v) {
			pattern = true
			break
		}
	}
	lower := strings.ToLower(v)
	for _, w := range words {
		if strings.Contains(lower, strings.ToLower(w)) {
			return pattern, true
		}
	}
	return pattern, false
}
