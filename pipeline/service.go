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
	for i := range len(c.matches) + len(c.named) {
		h := (*leak.Hit)(nil)
		if i < len(c.matches) {
			h = c.matches[i].Hit
		} else {
			h = c.named[i-len(c.matches)]
		}
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

// maxNames is how many names of one credential of a form are kept.
const maxNames = 64

// lost notes a match of the same bytes that does not count. That of a name says whose a
// credential is of which only the form is known.
func (c *credential) lost(k *kind, form bool) {
	if !slices.Contains(c.also, k.Rule) {
		c.also = append(c.also, k.Rule)
	}
	if form && k.Rule == rules.Generic && k.Field != "" && len(c.named) < maxNames {
		c.named = append(c.named, k.Hit)
	}
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

// nameServices tells reports whose the findings of forms are. Until then the form counts: it
// says how to read and to ask about one.
func nameServices(fs []*leak.Finding) {
	for _, f := range fs {
		f.Rule.Provider = cmp.Or(f.Service, f.Rule.Provider)
	}
}

// valueOf begins the titles of what a rule knows no more of than its field.
const valueOf = "value of "

func (cfg *Config) finding(c *credential, locs []leak.Location) *leak.Finding {
	first := c.matches[0]
	slices.SortStableFunc(locs, byName)
	info := cfg.Detectors.Rule(first.Rule)
	service := ""
	if first.Field != "" && (first.Rule == rules.Generic || first.Rule == rules.KubernetesSecret) {
		info.Title = valueOf + c.fieldAt(&locs[0])
		service = c.service(cfg.Detectors)
		info.Provider = cmp.Or(service, info.Provider)
	}
	// What a header holds may be the value of a field elsewhere, whose name says more.
	form := ""
	if rules.Form(info.Provider) && (len(c.named) > 0 || len(c.matches) > 1) {
		form = c.service(cfg.Detectors)
	}
	sure, why := c.judged(cfg.Detectors, locs)
	if service != "" {
		why = append(slices.Clip(why), "a name at it, and no form, says that it is of "+service)
	}
	if form != "" {
		why = append(slices.Clip(why), "a name at it says that it is of "+form)
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
		Service:    form,
		Also:       c.also,
		Locations:  locs,
	}
}
