package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/language"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// How much of the text around credentials is kept for who finds out whose they
// are. Beyond allTexts, of each only little is.
const (
	textAround = 16 << 10
	allTexts   = 64 << 20
	somePlaces = 3       // of each finding have all of that,
	lessAround = 4 << 10 // and further ones less

	// Of a file with very many credentials, a dump or a log, all but the first have only
	// what stands next to them: to look at 32 KB for each would take milliseconds.
	manyInFile = 100
	nextTo     = 1 << 10
)

// texts keeps the text around findings, as it is read for their positions.
type texts struct {
	places map[*leak.Finding][]*identity.Place
	byLoc  map[*leak.Location]*identity.Place
	less   map[*identity.Place]bool // where less text is wanted
	whole  []byte                   // the text at hand, if it is short: its places share it
	left   int
	inFile map[string]int // by path, how many have text
}

// choose says at which places of the findings the text is wanted: at some in
// different files, those first that a person would look at. Of findings that nobody
// is looked for none is.
func choose(fs []*leak.Finding) *texts {
	t := &texts{places: map[*leak.Finding][]*identity.Place{}, byLoc: map[*leak.Location]*identity.Place{}, less: map[*identity.Place]bool{}, left: allTexts, inFile: map[string]int{}}
	if len(fs) > maxIdentified {
		fs = slices.Clone(fs)
		slices.SortStableFunc(fs, order)
		fs = fs[:maxIdentified]
	}
	for _, f := range fs {
		order := make([]*leak.Location, len(f.Locations))
		for i := range order {
			order[i] = &f.Locations[i]
		}
		slices.SortStableFunc(order, func(a, b *leak.Location) int { return cmp.Compare(identity.Worth(b), identity.Worth(a)) })
		seen := map[string]bool{}
		for _, l := range order {
			if len(t.places[f]) == identity.MaxPlaces {
				break
			}
			if seen[l.Path] || l.Problem != "" {
				continue
			}
			seen[l.Path] = true
			p := &identity.Place{}
			if len(t.places[f]) >= somePlaces {
				t.less[p] = true
			}
			t.byLoc[l], t.places[f] = p, append(t.places[f], p)
		}
	}
	return t
}

// take keeps the text around a target, which the ruler has in its window. Of a
// credential with a place at HEAD, that is the text there.
func (x *texts) take(k *ruler, t target, line int) {
	if x == nil {
		return
	}
	p := x.byLoc[t.loc]
	if p == nil || t.loc.Head != nil && t.pos != t.loc.Head || t.loc.Merge != nil && t.pos == t.loc.Merge {
		return
	}
	start, end := int(t.span.Start-k.base), int(t.span.End-k.base)
	around := textAround
	if x.less[p] {
		around = lessAround
	}
	if x.left < 2*textAround {
		around = min(around, 2<<10)
	}
	if x.inFile[t.loc.Path]++; x.inFile[t.loc.Path] > manyInFile {
		around = min(around, nextTo)
	}
	from, to := max(0, start-around), min(len(k.window), end+around)
	ended := k.eof && (k.kept == nil || k.kept.Last)
	short := k.base == 0 && ended && len(k.window) <= scanners.Short && around >= lessAround
	if short {
		from, to = 0, len(k.window)
	}
	switch {
	case k.kept != nil: // as long as the source is there
		p.Text = k.kept.Text[from:to:to]
	case short && x.whole != nil:
		p.Text = x.whole
	default:
		p.Text = bytes.Clone(k.window[from:to])
		x.left -= len(p.Text)
		if short {
			x.whole = p.Text
		}
	}
	p.Start, p.End = start-from, end-from
	p.FirstLine = line - bytes.Count(p.Text[:p.Start], []byte("\n"))
}

// identify finds out whose the credentials are.
func (cfg *Config) identify(ctx context.Context, fs []*leak.Finding, x *texts, cov *scanners.Coverage, known *named) error {
	var lost unread
	if left := len(fs) - maxIdentified; left > 0 {
		fs = fs[:maxIdentified]
		cov.Note(fmt.Sprintf("whose the last %d credentials are was not looked for: there are more than %d", left, maxIdentified))
	}
	if err := cfg.Identify(ctx, queries(fs, x, lost.add)); err != nil {
		return err
	}
	lost.tell(cov)
	done, clean := map[*leak.Identity]bool{}, map[string]string{}
	for _, f := range fs {
		if id := f.Identity; id != nil && !done[id] {
			done[id] = true
			cfg.maskIdentity(id, known, clean)
		}
	}
	return nil
}

// queries ask about findings with the text around them.
func queries(fs []*leak.Finding, x *texts, lose func(string)) []*identity.Query {
	qs := make([]*identity.Query, len(fs))
	for i, f := range fs {
		qs[i] = &identity.Query{Finding: f, Lose: lose}
		for j := range f.Locations {
			if p := x.byLoc[&f.Locations[j]]; p != nil {
				p.Location = f.Locations[j]
			}
		}
		for _, p := range x.places[f] {
			qs[i].Places = append(qs[i].Places, *p)
		}
	}
	return qs
}

// maxIdentified is how many findings are concluded about, the surest and most severe
// first. Each is compared with others: 30,000 in one file took 30 times as long as to
// find them.
var maxIdentified = 10_000

// unread is what could not be read in the search for identities.
type unread struct {
	n     int
	first []string
}

// firstUnread is how many of them are named.
const firstUnread = 5

func (u *unread) add(what string) {
	if u.n++; len(u.first) < firstUnread {
		u.first = append(u.first, what)
	}
}

// tell notes them. The scan is complete without: all that they hold was searched.
func (u *unread) tell(cov *scanners.Coverage) {
	if u.n > 0 {
		cov.Note(fmt.Sprintf("in the search for identities and owners %d times something could not be read: %s", u.n, strings.Join(u.first, "; ")))
	}
}

// named knows what of credentials may be said: all but the pieces that open
// something. An id that is a piece of one credential, and that a rule takes for a
// credential where it stands alone, is an id.
type named struct {
	*leak.Redactor
	ids map[string]bool
}

func newNamed(all []leak.Parts) *named {
	n := &named{new(leak.Redactor), map[string]bool{}}
	n.Words(language.Word)
	for _, p := range all {
		for _, v := range p.Identifiers() {
			n.ids[v] = n.ids[v] || len(v) >= minMasked
		}
	}
	for _, p := range all {
		if !p.SecretIn(n.ids) {
			n.AddOpening(p)
		}
	}
	n.Ready()
	return n
}

// maskIdentity masks the secrets in what is said of an identity: a name in one
// file can be a password in another. clean has what texts became that have no id in them.
func (cfg *Config) maskIdentity(id *leak.Identity, known *named, clean map[string]string) {
	keys, alone := known.keyIDs(id)
	// mask masks what is between the ids that may be shown.
	mask := func(s, gap string, found bool) string {
		for _, key := range alone {
			s = strings.ReplaceAll(s, key, key[:4]+gap+key[len(key)-4:])
		}
		return leak.Between(s, keys, func(p string) string {
			if p = known.Names(p); found {
				p = maskLogins(cfg.Detectors, maskFound(cfg.Detectors, p))
			}
			return p
		})
	}
	// Canonical ids are no words to be judged by how they look.
	name, aliases := mask(id.ID, "-", false), slices.Clone(id.Aliases)
	for i := range aliases {
		aliases[i] = mask(aliases[i], "-", false)
	}
	eachText(id, func(s string) string {
		if len(s) < minMasked {
			return s
		}
		has := func(key string) bool { return strings.Contains(s, key) }
		if slices.ContainsFunc(keys, has) || slices.ContainsFunc(alone, has) {
			return mask(s, "…", true)
		}
		out, ok := clean[s]
		if !ok {
			out = mask(s, "…", true)
			clean[s] = out
		}
		return out
	})
	openCommands(id, alone)
	id.ID, id.Aliases = name, aliases
	for i, r := range id.Repositories { // an address may have a token in it
		id.Repositories[i] = MaskText(cfg.Detectors, r)
	}
}

// keyIDs are the ids of credentials that an identity names: those that are
// pieces of one, and those of keys of AWS and Twilio that stand alone. Detectors take
// both for credentials. People must know which key to revoke, so the first are
// shown, and the others, of which nobody knows more, in short.
func (n *named) keyIDs(id *leak.Identity) (keys, alone []string) {
	add := func(key string) {
		switch {
		case n.ids[key] && !slices.Contains(keys, key):
			keys = append(keys, key)
		case !n.ids[key] && leak.PublicID(key) && !slices.Contains(alone, key):
			alone = append(alone, key)
		}
	}
	for _, c := range id.Credentials {
		add(c.KeyID)
	}
	for _, e := range id.Evidence {
		if e.Claim == leak.ClaimKeyID || e.Claim == leak.ClaimID {
			add(e.Value)
		}
	}
	return keys, alone
}

// minMasked is the length of the shortest credential.
const minMasked = 6
