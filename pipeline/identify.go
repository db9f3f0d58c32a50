package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// How much of the text around credentials is kept for who finds out whose they
// are. Beyond allTexts, of each only little is.
const (
	textAround = 16 << 10
	allTexts   = 64 << 20
	somePlaces = 3 // of each finding
)

// texts keeps the text around findings, as it is read for their positions.
type texts struct {
	places map[*leak.Finding][]*identity.Place
	byLoc  map[*leak.Location]*identity.Place
	whole  []byte // the text at hand, if it is short: its places share it
	left   int
}

// choose says at which places of the findings the text is wanted: at some in
// different files, those first that a person would look at.
func choose(fs []*leak.Finding) *texts {
	t := &texts{places: map[*leak.Finding][]*identity.Place{}, byLoc: map[*leak.Location]*identity.Place{}, left: allTexts}
	for _, f := range fs {
		order := make([]*leak.Location, len(f.Locations))
		for i := range order {
			order[i] = &f.Locations[i]
		}
		slices.SortStableFunc(order, func(a, b *leak.Location) int { return cmp.Compare(worth(b), worth(a)) })
		seen := map[string]bool{}
		for _, l := range order {
			if len(t.places[f]) == somePlaces {
				break
			}
			if seen[l.Path] || l.Problem != "" {
				continue
			}
			seen[l.Path] = true
			p := &identity.Place{}
			t.byLoc[l], t.places[f] = p, append(t.places[f], p)
		}
	}
	return t
}

// worth says how much a place tells.
func worth(l *leak.Location) int {
	switch {
	case l.AtHead || l.Staged || l.Kind == leak.KindFile || l.Kind == leak.KindStdin:
		return 2
	case l.Path != "" && !l.Unreachable:
		return 1
	}
	return 0
}

// take keeps the text around a target, which the ruler has in its window. Of a
// credential with a place at HEAD, that is the text there.
func (x *texts) take(k *ruler, t target, line int) {
	if x == nil {
		return
	}
	p := x.byLoc[t.loc]
	if p == nil || t.loc.Head != nil && t.pos != t.loc.Head {
		return
	}
	start, end := int(t.span.Start-k.base), int(t.span.End-k.base)
	around := textAround
	if x.left < 2*around {
		around = min(around, 2<<10)
	}
	from, to := max(0, start-around), min(len(k.window), end+around)
	if short := k.base == 0 && k.eof && len(k.window) <= 2*textAround; short && around == textAround {
		if x.whole == nil {
			x.whole = bytes.Clone(k.window)
			x.left -= len(x.whole)
		}
		p.Text, from = x.whole, 0
	} else {
		p.Text = bytes.Clone(k.window[from:to])
		x.left -= len(p.Text)
	}
	p.Start, p.End = start-from, end-from
	p.FirstLine = line - bytes.Count(p.Text[:p.Start], []byte("\n"))
}

// identify finds out whose the credentials are.
func (cfg *Config) identify(ctx context.Context, fs []*leak.Finding, x *texts, known *leak.Redactor) error {
	qs := make([]*identity.Query, len(fs))
	for i, f := range fs {
		qs[i] = &identity.Query{Finding: f}
		for j := range f.Locations {
			if p := x.byLoc[&f.Locations[j]]; p != nil {
				p.Location = f.Locations[j]
			}
		}
		for _, p := range x.places[f] {
			qs[i].Places = append(qs[i].Places, *p)
		}
	}
	if err := cfg.Identify(ctx, qs); err != nil {
		return err
	}
	done, clean := map[*leak.Identity]bool{}, map[string]string{}
	for _, f := range fs {
		if id := f.Identity; id != nil && !done[id] {
			done[id] = true
			cfg.maskIdentity(id, known, clean)
		}
	}
	return nil
}

// maskIdentity masks the secrets in what is said of an identity: a name in one
// file can be a password in another. clean has what texts became.
func (cfg *Config) maskIdentity(id *leak.Identity, known *leak.Redactor, clean map[string]string) {
	keys := keyIDs(id)
	mask := func(s, gap string) string {
		for _, key := range keys {
			s = strings.ReplaceAll(s, key, key[:4]+gap+key[len(key)-4:])
		}
		return known.Clean(s)
	}
	// Canonical ids are no words to be judged by how they look.
	name, aliases := mask(id.ID, "-"), slices.Clone(id.Aliases)
	for i := range aliases {
		aliases[i] = mask(aliases[i], "-")
	}
	eachText(id, func(s *string) {
		if len(*s) < minMasked {
			return
		}
		out, ok := clean[*s]
		if !ok {
			out = maskFound(cfg.Detectors, mask(*s, "…"))
			if len(keys) == 0 {
				clean[*s] = out
			}
		}
		*s = out
	})
	id.ID, id.Aliases = name, aliases
	for i, r := range id.Repositories { // an address may have a token in it
		id.Repositories[i] = MaskText(cfg.Detectors, r)
	}
}

// keyIDs are the ids of AWS access keys that are named. Detectors take them for
// credentials, which they are not, and people must know which key to revoke: so
// they are shown in short.
func keyIDs(id *leak.Identity) (keys []string) {
	add := func(key string) {
		if awsKeyID.MatchString(key) && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for _, c := range id.Credentials {
		add(c.KeyID)
	}
	for _, e := range id.Evidence {
		if e.Claim == leak.ClaimKeyID {
			add(e.Value)
		}
	}
	return keys
}

var awsKeyID = regexp.MustCompile(`^A(?:KIA|SIA|BIA|CCA)[0-9A-Z]{16}$`)

// minMasked is the length of the shortest credential.
const minMasked = 6
