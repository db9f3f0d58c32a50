package rules

// WithPattern returns the rule with another pattern, and what is derived from that.
func (r *Rule) WithPattern(pattern string) (Rule, error) {
	out := *r
	out.Pattern = pattern
	return out, out.derive()
}
