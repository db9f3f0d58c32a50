package detectors

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// lookalike is the rule of which a secret has the form, but not the proof; empty
// for any other. Who finds such a value by the name of its field, in a URL or in a header
// has found nothing.
func (s *Set) lookalike(rule string, secret leak.Secret) string {
	if _, own := s.checked().of[rule]; own {
		return "" // it has judged it
	}
	value := secret.Reveal()
	for _, p := range s.checked().list {
		if p.fails(value) {
			return p.rule.ID
		}
	}
	return ""
}

// Proven reports whether what a rule finds has passed a checksum, so that it is no example.
func (s *Set) Proven(rule string) bool {
	s.checked()
	return s.sumRules.of[rule]
}

// checkedRules are those with a proof.
type checkedRules struct {
	list []*pattern
	of   map[string]bool
}

func (s *Set) checked() *checkedRules {
	s.sums.Do(func() {
		s.sumRules.of = map[string]bool{}
		for _, d := range s.ds {
			if p, ok := d.(*pattern); ok && p.proof() != nil {
				s.sumRules.list = append(s.sumRules.list, p)
				s.sumRules.of[p.rule.ID] = true
			}
		}
	})
	return &s.sumRules
}

// proof is a check that what has the form of the rule's credentials passes, or is nobody's:
// a checksum, or a structure behind a mark. nil if the rule has none.
func (p *pattern) proof() func(secret string) bool {
	if p.sum.valid == nil && p.shape.marked {
		return p.shape.valid
	}
	return p.sum.valid
}

// fails reports whether most of a value has the form of the rule's credentials, but
// fails the proof. The rest is a scheme or user in front, or a host behind.
func (p *pattern) fails(value string) bool {
	for i, l := range p.spec.Literals {
		at := strings.Index(value, l.Text)
		if at < 0 || l.Fold {
			continue
		}
		var few [32]int
		loc, _, _ := p.match(Window{Data: []byte(value), At: at, Lit: i}, few[:])
		if loc == nil {
			continue
		}
		for g, name := range p.re.names {
			if is := 2*(loc[2*g+1]-loc[2*g]) > len(value); is && name == leak.SecretPart {
				return !p.proof()(value[loc[2*g]:loc[2*g+1]])
			}
		}
	}
	return false
}
