package verify

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// minChanged is how many characters of a made-up credential must differ from
// the real one: with fewer it might be somebody else's.
const minChanged = 6

// maxMatched is up to which length a rule's pattern guards what is constant.
const maxMatched = 600

// mutate makes up a credential of the same shape: what is random in it is
// replaced, character by character, by others of the same kind; prefixes,
// separators and the kind of alphabet stay. ok is false if too little of it is
// random.
func mutate(token string, shape *regexp.Regexp, rng *rand.Rand) (made string, ok bool) {
	from, to := variable(token)
	least := 0
	if i := strings.Index(token, "://"); i >= 0 {
		// The host must stay: the question would go to somebody else.
		least = len(token)
		if j := strings.IndexByte(token[i+3:], '/'); j >= 0 {
			least = i + 3 + j
		}
	}
	if shape != nil && len(token) <= maxMatched && shape.MatchString(token) {
		if !jwtLike(token) {
			from = 0 // the pattern knows what is constant
		}
	} else {
		shape = nil
	}
	out := []byte(token)
	changed := 0
	for i := max(from, least); i < to; i++ {
		old := out[i]
		out[i] = other(old, alphabetOf(token, i), rng)
		if out[i] == old {
			continue
		}
		if shape != nil && !shape.Match(out) {
			out[i] = old
			continue
		}
		changed++
	}
	return string(out), changed >= minChanged
}

// variable guesses which part of a token is random where no pattern says so:
// the signature of a JWT; else what follows the last separator of the first
// third. The last character before padding stays: it has bits that must be 0.
func variable(token string) (from, to int) {
	to = max(0, len(strings.TrimRight(token, "="))-1)
	if jwtLike(token) {
		return strings.LastIndexByte(token, '.') + 1, to
	}
	head := token[:min(len(token), len(token)/3+1)]
	if i := strings.LastIndexAny(head, "_-.:/"); i >= 0 {
		return i + 1, to
	}
	return min(4, len(token)/4), to
}

// jwtLike reports whether a token has parts that must stay what they are: a
// changed header would be refused for its form.
func jwtLike(token string) bool {
	return strings.HasPrefix(token, "eyJ") && strings.Count(token, ".") >= 2
}

// Letters and digits that all alphabets have: base32 has no 0, 1, 8, 9, and
// base58 and Crockford's leave out more.
const (
	anyDigits = "234567"
	anyLower  = "abcdefghjkmnpqrstvwxyz"
	anyUpper  = "ABCDEFGHJKMNPQRSTVWXYZ"
	hexLower  = "abcdef"
	hexUpper  = "ABCDEF"
)

// alphabetOf tells whether the run of letters and digits around a place is
// hexadecimal.
func alphabetOf(token string, at int) (hex bool) {
	from, to := at, at
	for from > 0 && alnum(token[from-1]) {
		from--
	}
	for to < len(token) && alnum(token[to]) {
		to++
	}
	run := token[from:to]
	return strings.ContainsAny(run, "0123456789") && strings.Trim(run, "0123456789abcdefABCDEF") == ""
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// other returns another character of the same kind; c itself if it is a
// separator.
func other(c byte, hex bool, rng *rand.Rand) byte {
	var from string
	switch {
	case c >= '0' && c <= '9':
		from = anyDigits
	case c >= 'a' && c <= 'f' && hex:
		from = hexLower
	case c >= 'A' && c <= 'F' && hex:
		from = hexUpper
	case c >= 'a' && c <= 'z':
		from = anyLower
	case c >= 'A' && c <= 'Z':
		from = anyUpper
	default:
		return c
	}
	if i := strings.IndexByte(from, c); i >= 0 {
		from = from[:i] + from[i+1:]
	}
	return from[rng.IntN(len(from))]
}

// shapeOf is the pattern of a rule's secret alone; nil if there is none.
func shapeOf(r *rules.Rule) *regexp.Regexp {
	patterns := []string{r.Pattern}
	for _, n := range r.Near {
		patterns = append(patterns, n.Pattern)
	}
	for _, p := range patterns {
		tree, err := syntax.Parse(p, syntax.Perl)
		if err != nil {
			continue
		}
		if sub := group(tree); sub != nil {
			if re, err := regexp.Compile("^(?:" + sub.String() + ")$"); err == nil {
				return re
			}
		}
	}
	return nil
}

// Shaped reports whether a text can be the secret of a rule. It can where it is
// not known how its secrets end.
func Shaped(r *rules.Rule, text string) bool {
	re := shapeOf(r)
	return re == nil || r.Extend != nil || re.MatchString(text)
}

// group finds the expression of the secret.
func group(tree *syntax.Regexp) *syntax.Regexp {
	if tree.Op == syntax.OpCapture && tree.Name == leak.SecretPart {
		return tree.Sub[0]
	}
	for _, s := range tree.Sub {
		if g := group(s); g != nil {
			return g
		}
	}
	return nil
}

func (k *kind) shape() *regexp.Regexp {
	if k.rule == nil {
		return nil
	}
	return shapeOf(k.rule)
}
