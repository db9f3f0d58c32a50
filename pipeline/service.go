package pipeline

import "github.com/whosekey/whosekey/detectors"

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
