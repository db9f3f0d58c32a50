package gitrepo

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// blobs places the hits in blobs.
func (l *locator) blobs(ctx context.Context) error {
	l.s = newSkeletons(l.f, l.lead)
	l.best = map[place]event{}
	l.places, l.steps, l.bytes = make([]int32, len(l.out)), maxSteps, maxPathBytes
	l.root = make([]int32, len(l.g.commits))
	for i := range l.g.commits {
		if t := l.g.commits[i].tree; t >= 0 {
			l.root[i] = l.s.of(t)
		}
	}
	differ := l.differ // one for all commits
	for n, i := range l.g.order {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		l.introduced(i, differ)
	}
	head := int32(0)
	if n, ok := l.r.peel(l.r.head); ok && l.g.index[n] >= 0 {
		head = l.root[l.g.index[n]]
	}
	placed := make([]bool, len(l.set.hits))
	l.eachInTrees(func(hit int32) { placed[hit] = true })
	described := map[int32]leak.Location{}
	for p, e := range l.best {
		l.out[p.cred] = append(l.out[p.cred], l.location(p, e, head, described))
	}
	l.unplaced(placed)
	l.leftOut()
	return nil
}

// leftOut sees to it that no credential is lost to the bounds on places.
func (l *locator) leftOut() {
	if !l.full {
		return
	}
	l.r.cov.LeaveOut("credential in more places than whosekey lists", "", "")
	for i := range l.set.hits {
		h := &l.set.hits[i]
		for ch := range h.creds {
			if len(l.out[ch.cred]) > 0 {
				continue
			}
			loc := leak.Location{Kind: leak.KindBlob, Ref: ch.standings[0].ref, Span: ch.standings[0].spot().Span}
			if loc.Problem = "it is in more places than whosekey follows"; h.n >= 0 {
				loc.Blob = l.r.store.ID(int(h.n)).String()
			}
			l.out[ch.cred] = append(l.out[ch.cred], loc)
		}
	}
}

// introduced looks for places that a commit has and none of its parents.
func (l *locator) introduced(i int32, differ func(path []int32, found int32) bool) {
	c := &l.g.commits[i]
	l.parents = l.parents[:0]
	for _, n := range c.parents {
		if at := l.g.index[n]; at >= 0 {
			l.parents = append(l.parents, l.root[at])
		}
	}
	slices.Sort(l.parents)
	l.parents = slices.Compact(l.parents)
	first := int32(0)
	if len(l.parents) > 0 {
		first = l.parents[0]
	}
	l.commit, l.left = i, maxCommitSteps
	l.s.diff(l.root[i], first, differ)
}

// differ looks at a hit that l.commit has at a path, and its first parent has not.
func (l *locator) differ(path []int32, found int32) bool {
	cost := 1 + len(path)*(1+len(l.parents))
	l.left -= cost
	if l.steps -= cost; l.steps < 0 || l.left < 0 {
		l.full = true
		return false
	}
	l.before = l.before[:0]
	for _, root := range l.parents {
		at := l.s.lookup(root, path)
		if at == found {
			return true // it came from that parent as it is
		}
		if at >= 0 {
			l.before = append(l.before, &l.set.hits[at])
		}
	}
	l.compare(l.commit, path, found, l.before)
	return true
}

// compare notes the places of credentials in a blob that are more than in any
// version before.
func (l *locator) compare(i int32, path []int32, at int32, before []*hit) {
	l.key = pathKey(l.key[:0], path)
	for ch := range l.set.hits[at].creds {
		had := 0
		for _, b := range before {
			had = max(had, b.occurrences(ch.cred))
		}
		for k := had; k < len(ch.standings); k++ {
			old, ok := l.best[place{ch.cred, string(l.key), k}]
			if !ok && !l.room(ch.cred, l.key) {
				break
			}
			if !ok || l.earlier(i, old.commit) {
				l.best[place{ch.cred, string(l.key), k}] = event{i, at}
			}
		}
	}
}

// Bounds on what trees that unfold to billions of files make us do: steps are
// names compared, in all commits and in one.
const (
	maxPlaces      = 10_000 // of one credential
	maxUnplaced    = 1_000  // of one credential in texts that are in no commit
	maxAllUnplaced = 200_000
	maxPathBytes   = 64 << 20
	maxSteps       = 1 << 29
	maxCommitSteps = 1 << 25
)

// room reports whether one more place of a credential may be remembered.
func (l *locator) room(cred int32, key []byte) bool {
	if l.places[cred] == maxPlaces || l.bytes < len(key) {
		l.full = true
		return false
	}
	l.places[cred]++
	l.bytes -= len(key)
	return true
}

// pathKey appends the numbers of a path's names.
func pathKey(key []byte, path []int32) []byte {
	for _, name := range path {
		key = binary.LittleEndian.AppendUint32(key, uint32(name))
	}
	return key
}

func keyPath(key string) (path []int32) {
	for ; len(key) >= 4; key = key[4:] {
		path = append(path, int32(binary.LittleEndian.Uint32([]byte(key[:4]))))
	}
	return path
}

// earlier reports whether commit a is a better origin than commit b: reachable
// before not, then by date, then by name. Replacements come behind what they replace.
func (l *locator) earlier(a, b int32) bool {
	if ra, rb := l.g.reach[a].rank(), l.g.reach[b].rank(); ra != rb {
		return ra < rb
	}
	if l.g.date[a] != l.g.date[b] {
		return l.g.date[a] < l.g.date[b]
	}
	return l.r.store.ID(int(l.g.commits[a].n)).Compare(l.r.store.ID(int(l.g.commits[b].n))) < 0
}

func (l *locator) path(names []int32) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(l.f.names[n])
	}
	return strings.TrimSuffix(b.String(), ofName)
}

// eachInTrees calls visit for the hits that some commit's tree has.
func (l *locator) eachInTrees(visit func(hit int32)) {
	seen := map[int32]bool{}
	var down func(node int32)
	down = func(node int32) {
		if seen[node] {
			return
		}
		seen[node] = true
		for _, e := range l.s.nodes[node] {
			if e.to < 0 {
				visit(-1 - e.to)
			} else {
				down(e.to)
			}
		}
	}
	for _, root := range l.root {
		down(root)
	}
}

func (l *locator) location(p place, e event, head int32, described map[int32]leak.Location) leak.Location {
	h := &l.set.hits[e.hit]
	c := &l.g.commits[e.commit]
	loc, ok := described[e.commit]
	if !ok {
		loc.Commit = l.r.store.ID(int(c.n)).String()
		if o, err := l.r.store.Read(int(c.n)); err == nil {
			l.describe(&loc, &o)
		}
		loc.Cut = c.gone != nil && len(c.gone.parents) > 0
		described[e.commit] = loc
	}
	path := keyPath(p.path)
	loc.Kind, loc.Path = leak.KindBlob, l.path(path)
	at := h.spot(p.cred, p.k)
	loc.Ref, loc.Span = at.Ref, at.Span
	if h.n >= 0 {
		loc.Blob = l.r.store.ID(int(h.n)).String()
	}
	reach := l.g.reach[e.commit]
	loc.Unreachable = reach == 0
	if reach == fromNotes && h.n >= 0 {
		loc.Kind, loc.NoteFor = leak.KindNote, strings.ReplaceAll(loc.Path, "/", "")
	}
	there := l.s.lookup(head, path)
	if there < 0 || l.set.hits[there].occurrences(p.cred) <= p.k {
		return loc
	}
	loc.AtHead = true
	if there != e.hit {
		now := &l.set.hits[there]
		spot := now.spot(p.cred, p.k)
		loc.HeadRef = &spot
		loc.Head = &leak.Position{Blob: l.r.store.ID(int(now.n)).String()}
	}
	return loc
}
