package pipeline

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/fields"
	"github.com/whosekey/whosekey/leak"
)

// Bounds of what is read to name fields, in bytes: of a file, and of all files, where
// each finding counts what is read again for it.
const (
	fieldFile   = 8 << 20
	fieldBehind = 64 << 10
	fieldAll    = 64 << 20
)

// nameFields says in the titles which field of a structured file holds the credential
// at its first place.
func (cfg *Config) nameFields(ctx context.Context, fs []*leak.Finding, known *leak.Redactor) {
	var named []*leak.Finding
	for _, f := range fs {
		if l := &f.Locations[0]; fields.Known(l.Path) && l.Span.End > 0 && l.Span.Start < fieldFile && l.Field == "" && l.Problem == "" {
			named = append(named, f)
		}
	}
	slices.SortStableFunc(named, func(a, b *leak.Finding) int { return cmp.Compare(a.Locations[0].Ref, b.Locations[0].Ref) })
	var text []byte
	left := int64(fieldAll)
	for i, f := range named {
		l := &f.Locations[0]
		if left -= l.Span.Start; left < 0 || ctx.Err() != nil {
			return
		}
		if i == 0 || named[i-1].Locations[0].Ref != l.Ref {
			last := l.Span.Start
			for _, o := range named[i:] {
				if o.Locations[0].Ref != l.Ref {
					break
				}
				last = max(last, o.Locations[0].Span.Start)
			}
			text = cfg.head(ctx, l.Ref, last+fieldBehind)
		}
		if said := fields.At(l.Path, text, int(l.Span.Start)); said != "" && allNames(said) {
			f.Rule.Title = titled(f.Rule.Title, MaskText(cfg.Detectors, known.Names(said)))
		}
	}
}

// head is the beginning of a text, nothing if it cannot be read.
func (cfg *Config) head(ctx context.Context, ref leak.Ref, most int64) []byte {
	r, err := cfg.Source.Open(ctx, ref)
	if err != nil {
		return nil
	}
	defer r.Close()
	text, _ := io.ReadAll(io.LimitReader(r, most)) // it was read before: what is missing now names no field
	return text
}

// allNames reports whether no word of what is said of a field looks random.
func allNames(said string) bool {
	return !slices.ContainsFunc(strings.Fields(said), func(w string) bool { return detectors.Random(w) })
}

// titled adds a field to a title. What a rule has said of the field is not said twice.
func titled(title, said string) string {
	field, generic := strings.CutPrefix(title, valueOf)
	switch {
	case generic && (strings.Contains(field, " of ") || said == fields.Key+field): // of a manifest
		return title
	case generic && strings.Contains(strings.ToLower(said), strings.ToLower(strings.Trim(field, "._-"))):
		return valueOf + said
	case generic:
		return title + " in " + said
	}
	return title + ": " + said
}
