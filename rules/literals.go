package rules

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/whosekey/whosekey/internal/tails"
)

func cross(a, b []Literal) []Literal {
	out := make([]Literal, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, Literal{Text: x.Text + y.Text, Fold: x.Fold || y.Fold})
		}
	}
	return out
}

func shifted(set []Literal, from, to int, before tails.Set) []Literal {
	out := make([]Literal, len(set))
	for i, l := range set {
		l.From, l.To = l.From+from, l.To+to
		l.Before.Or(before)
		out[i] = l
	}
	return out
}

// distinct merges literals that differ only in where they start.
func distinct(set []Literal) []Literal {
	var out []Literal
	for _, l := range set {
		i := slices.IndexFunc(out, func(o Literal) bool { return o.Text == l.Text && o.Fold == l.Fold })
		if i < 0 {
			out = append(out, l)
			continue
		}
		out[i].From, out[i].To = min(out[i].From, l.From), max(out[i].To, l.To)
		out[i].Before.Or(l.Before)
	}
	return out
}

func runBounds(run []Literal) (lo, hi int) {
	lo = math.MaxInt
	for _, l := range run {
		lo, hi = min(lo, len(l.Text)), max(hi, len(l.Text))
	}
	return lo, hi
}

// normal makes a folded literal lower case. Letters beyond ASCII that fold to
// ASCII ones (the Kelvin sign, the long s) are left out: no credential has them.
func normal(l Literal) Literal {
	if l.Fold {
		lower := strings.ToLower(l.Text)
		l.Fold = lower != strings.ToUpper(lower)
		l.Text = lower
	}
	return l
}

func better(a, b []Literal) bool {
	sa, sb := shortest(a), shortest(b)
	if sa < minLiteral {
		return false
	}
	if len(b) == 0 {
		return true
	}
	if ca, cb := hitsOf(a), hitsOf(b); ca != cb {
		return ca < cb
	}
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return sa > sb
}

// usual are words that settings and source code are full of: a rule for the tokens
// of one service is not to look at each token.
var usual = strings.Fields(`access account api app auth bearer client code cred data default host http https key login name oauth
	pass passwd password private public pwd secret server service sign string token url user value`)

// hitsOf is how often one of the literals stands in a megabyte of other text, very
// roughly.
func hitsOf(set []Literal) (n int) {
	for _, l := range set {
		switch text := strings.Trim(strings.ToLower(l.Text), "_-. :=\"'"); {
		case slices.Contains(usual, text):
			n += 400
		case len(l.Text) == minLiteral || !strings.ContainsFunc(text, unicode.IsLetter):
			n += 40
		case len(l.Text) == 4:
			n += 8
		default: // beyond five bytes a longer literal saves nothing, a smaller set does
			n++
		}
	}
	return n
}

func shortest(set []Literal) int {
	n := math.MaxInt
	for _, l := range set {
		n = min(n, len(l.Text))
	}
	return n
}
