package pipeline

import (
	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// service says whose a value is by the names of its fields: "" if none names a
// provider, or they name several.
func (c *credential) service(set *detectors.Set) (found string) {
	field := ""
	for i := range c.matches {
		h := c.matches[i].Hit
		if i > 0 && h.Field == field {
			continue
		}
		field = h.Field
		if s := set.Service(h); s != "" && found != "" && s != found {
			return ""
		} else if s != "" {
			found = s
		}
	}
	return found
}

// fieldAt says what a value is called at a place; if nothing is known of that place,
// what it is called elsewhere.
func (c *credential) fieldAt(l *leak.Location) string {
	first := c.matches[0].Hit
	for i := range c.matches {
		if m := &c.matches[i]; m.Ref == l.Ref && m.Span == l.Span && m.Rule == first.Rule && m.Field != "" {
			return m.Field
		}
	}
	return first.Field
}
