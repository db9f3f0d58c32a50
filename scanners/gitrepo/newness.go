package gitrepo

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/archive"
)

// Locate implements scanners.Source.
func (c *Changes) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	l := &locator{r: c.r, out: make([][]leak.Location, len(matches))}
	l.set = group(matches, nil, l.text)
	if err := c.r.inner.Find(ctx, archive.Inner(matches)); err != nil {
		return nil, err
	}
	done := map[place]bool{}
	fresh := map[int32]bool{} // credentials that an earlier step brought
	base := map[int32]bool{}  // credentials that were there before
	for id := range c.base {
		for cr := range c.creds(l.set, id) {
			base[cr.cred] = true
		}
	}
	for _, s := range c.steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		before := map[int32]bool{} // credentials that the parents have
		for _, ch := range s.changes {
			for _, id := range ch.olds {
				for cr := range c.creds(l.set, id) {
					before[cr.cred] = true
				}
			}
			if ch.goes() {
				for cr := range c.inName(l.set, ch.path) {
					before[cr.cred] = true
				}
			}
		}
		var added []int32
		for _, ch := range s.changes {
			here := c.oldCreds(l.set, ch)
			for cr := range c.creds(l.set, ch.new) {
				// What is new in the range has a further place where it is moved to.
				isNew := !base[cr.cred] && (!before[cr.cred] || fresh[cr.cred]) || c.kept && !here[cr.cred]
				if p := (place{cr.cred, ch.path, 0}); isNew && !done[p] {
					done[p] = true
					added = append(added, cr.cred)
					c.add(l, s, ch, cr)
				}
			}
			if !ch.adds() {
				continue
			}
			for cr := range c.inName(l.set, ch.path) {
				isNew := !base[cr.cred] && (!before[cr.cred] || fresh[cr.cred])
				if p := (place{cr.cred, ch.path, -1}); isNew && !done[p] && !c.hadFolder(s, ch.path, cr) {
					done[p] = true
					added = append(added, cr.cred)
					c.addName(l, s, ch, cr)
				}
			}
		}
		for _, cred := range added {
			fresh[cred] = true
		}
	}
	for i := range l.out {
		l.out[i] = l.finish(l.out[i])
	}
	return l.out, nil
}

// oldCreds are those that a changed file had, if somebody wants to know.
func (c *Changes) oldCreds(set *hitSet, ch change) map[int32]bool {
	if !c.kept {
		return nil
	}
	out := map[int32]bool{}
	for _, id := range ch.olds {
		for cr := range c.creds(set, id) {
			out[cr.cred] = true
		}
	}
	return out
}

func (c *Changes) creds(set *hitSet, id gitpack.ID) iter.Seq[credHits] {
	none := new(hit)
	if id.IsZero() {
		return none.creds
	}
	n, ok := c.r.store.Lookup(id)
	if !ok {
		return none.creds
	}
	if i, ok := set.index[int32(n)]; ok {
		return set.hits[i].creds
	}
	return none.creds
}

// add places a new credential of a step.
func (c *Changes) add(l *locator, s step, ch change, cr credHits) {
	loc := leak.Location{Kind: leak.KindBlob, Path: ch.path}
	loc.Blob = ch.new.String()
	n, _ := c.r.store.Lookup(ch.new)
	c.ofStep(l, s, &loc)
	now, merged := c.now(l, ch.path), c.merged(l, ch.path)
	for k, standing := range cr.standings {
		at := standing.spot()
		loc.Ref, loc.Span = at.Ref, at.Span
		loc.AtHead, loc.Head, loc.HeadRef = false, nil, nil
		if now != nil && now.occurrences(cr.cred) > k {
			loc.AtHead = true
			if int(now.n) != n {
				spot := now.spot(cr.cred, k)
				loc.HeadRef = &spot
				loc.Head = &leak.Position{Blob: c.r.store.ID(int(now.n)).String()}
			}
		}
		loc.Merge, loc.MergeRef = nil, nil
		if loc.AtHead && merged != nil && merged.n != now.n && merged.occurrences(cr.cred) > k {
			spot := merged.spot(cr.cred, k)
			loc.Merge, loc.MergeRef = &leak.Position{Blob: c.r.store.ID(int(merged.n)).String()}, &spot
		}
		l.out[cr.cred] = append(l.out[cr.cred], loc)
	}
}

// now returns what the first tip that has hits at a path has there.
func (c *Changes) now(l *locator, path string) *hit {
	for _, tip := range c.tips {
		if e, ok := c.r.entryAt(tip, path); ok {
			if at, ok := c.r.store.Lookup(e.id); ok {
				if i, ok := l.set.index[int32(at)]; ok {
					return &l.set.hits[i]
				}
			}
		}
	}
	return nil
}

// merged returns what the merge that is checked out has at a path, if it is one of
// several tips.
func (c *Changes) merged(l *locator, path string) *hit {
	if len(c.tips) < 2 || !slices.Contains(c.tips, c.r.head) {
		return nil
	}
	return (&Changes{r: c.r, tips: []gitpack.ID{c.r.head}}).now(l, path)
}

// mergeParents returns HEAD and the commits that are being merged into it.
func (r *Repo) mergeParents() []gitpack.ID {
	var out []gitpack.ID
	if !r.head.IsZero() {
		out = append(out, r.head)
	}
	b, err := readSmall(filepath.Join(r.GitDir, "MERGE_HEAD"))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			r.cov.Skip("unreadable MERGE_HEAD", "", err.Error())
		}
		return out
	}
	for line := range strings.Lines(string(b)) {
		if id, ok := gitpack.ParseID(strings.TrimSpace(line)); ok {
			out = append(out, id)
		}
	}
	return out
}
