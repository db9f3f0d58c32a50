package pipeline

import (
	"cmp"
	"slices"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
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

// valueOf begins the titles of what a rule knows no more of than its field.
const valueOf = "value of "

func (cfg *Config) finding(c *credential, locs []leak.Location) *leak.Finding {
	first := c.matches[0]
	slices.SortStableFunc(locs, byName)
	info := cfg.Detectors.Rule(first.Rule)
	service, byField := "", first.Field != "" && (first.Rule == rules.Generic || first.Rule == rules.KubernetesSecret)
	if byField {
		info.Title = valueOf + c.fieldAt(&locs[0])
	}
	// What a header holds may be the value of a field elsewhere, whose name says more.
	if byField || info.Sure == leak.Low && rules.Form(info.Provider) {
		service = c.service(cfg.Detectors)
		info.Provider = cmp.Or(service, info.Provider)
	}
	sure, why := c.judged(cfg.Detectors, locs)
	if service != "" {
		why = append(slices.Clip(why), "a name at it, and no form, says that it is of "+service)
	}
	return &leak.Finding{
		ID:    first.Parts[leak.SecretPart].Fingerprint(cfg.Salt, first.Rule),
		Rule:  info,
		Parts: first.Parts,
		Loose: first.Loose, Elsewhere: c.elsewhere(), Others: c.others(),
		Confidence: sure,
		Verdict:    leak.Verdict{Status: leak.Unchecked},
		Why:        why,
		Encoding:   first.Encoding,
		Also:       c.also,
		Locations:  locs,
	}
}
