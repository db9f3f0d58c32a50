package gitrepo

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
)

// Locate implements scanners.Source. It also looks for objects that are
// missing, and adds them to the coverage that Scan returned.
func (h *History) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	l := &locator{r: h.r, g: newGraph(h.r, h.commits), out: make([][]leak.Location, len(matches))}
	l.set = group(matches, l.text)
	var err error
	if l.f, err = h.r.readTrees(ctx, h.workers, l.set.index); err != nil {
		return nil, err
	}
	l.g.noteMissing(h.r, l.f)
	if l.f.links > 0 && h.r.hasSubmodules() {
		h.r.cov.LeaveOut("submodules are repositories of their own", "scan each of them", "")
	}
	if len(l.set.hits) > 0 {
		l.blobs()
	}
	if l.s != nil && l.s.deep {
		h.r.cov.Skip("tree that is nested too deeply", "", "")
	}
	for i := range l.out {
		l.out[i] = l.finish(l.out[i])
	}
	return l.out, nil
}

// hasSubmodules reports whether HEAD has a .gitmodules file.
func (r *Repo) hasSubmodules() bool {
	_, ok := r.entryAt(r.head, ".gitmodules")
	return ok
}

// locator is the state of one Locate.
type locator struct {
	r    *Repo
	g    *graph
	f    *forest
	s    *skeletons
	set  *hitSet
	root []int32 // skeleton of each commit's tree
	best map[place]event
	out  [][]leak.Location
}

// text places a match in the text of a commit, a tag or a ref's name.
func (l *locator) text(cred int, m leak.Match) {
	n, p := objectOf(m.Ref)
	loc := leak.Location{Ref: m.Ref, Span: m.Span}
	if p == names {
		loc.Kind, loc.Path = leak.KindRefName, l.r.refAt(m.Span.Start)
		l.out[cred] = append(l.out[cred], loc)
		return
	}
	id := l.r.store.ID(n)
	loc.Blob = id.String()
	o, err := l.r.store.Read(n)
	if err != nil {
		loc.Kind, loc.Problem = leak.KindCommit, err.Error()
		l.out[cred] = append(l.out[cred], loc)
		return
	}
	loc.Field = fieldAt(o.Data, m.Span.Start, p)
	if o.Type == gitpack.Tag {
		loc.Kind = leak.KindTag
		if target, ok := gitpack.ParseTag(o.Data); ok {
			loc.Commit = target.String()
		}
		loc.Author, loc.Date = tagger(o.Data)
	} else {
		loc.Kind, loc.Commit = leak.KindCommit, loc.Blob
		l.describe(&loc, &o)
		if l.g != nil && l.g.index[n] >= 0 { // the commits of a range are reachable
			loc.Unreachable = l.g.reach[l.g.index[n]] == 0
		}
	}
	l.out[cred] = append(l.out[cred], loc)
}

// fieldAt names the field of a commit or tag that an offset is in.
func fieldAt(data []byte, at int64, p part) string {
	if p == message {
		return "message"
	}
	start := int64(0)
	field := ""
	for line := range strings.Lines(string(data)) {
		if key, _, ok := strings.Cut(line, " "); ok && key != "" {
			field = key // lines that go on start with a space
		}
		if start += int64(len(line)); at < start {
			break
		}
	}
	return field
}

func tagger(data []byte) (string, time.Time) {
	// A tag's header has the form of a commit's, but for the names of its fields.
	text := strings.Replace(string(data[:gitpack.MessageStart(data)]), "\ntagger ", "\nauthor ", 1)
	info, _ := gitpack.ParseCommit([]byte(text))
	return personName(info.Author), info.When
}

// describe fills in author and date from a commit object.
func (l *locator) describe(loc *leak.Location, o *gitpack.Object) {
	info, err := gitpack.ParseCommit(o.Data)
	if err != nil {
		return
	}
	loc.Author, loc.Date = personName(info.Author), info.When
}

// personName takes the name out of "Name <address>". What looks like an
// address in the place of the name is cut before the @: reports name people,
// not mailboxes.
func personName(author string) string {
	name, _, _ := strings.Cut(author, "<")
	name, _, _ = strings.Cut(strings.TrimSpace(name), "@")
	return strings.ToValidUTF8(name, "\uFFFD")
}

// blobs places the hits in blobs.
func (l *locator) blobs() {
	l.s = newSkeletons(l.f)
	l.best = map[place]event{}
	l.root = make([]int32, len(l.g.commits))
	for i := range l.g.commits {
		if t := l.g.commits[i].tree; t >= 0 {
			l.root[i] = l.s.of(t)
		}
	}
	for _, i := range l.g.order {
		l.introduced(i)
	}
	head := int32(0)
	if n, ok := l.r.peel(l.r.head); ok && l.g.index[n] >= 0 {
		head = l.root[l.g.index[n]]
	}
	inHead := map[string]int32{}
	l.s.walk(head, func(path []int32, hit int32) { inHead[l.path(path)] = hit })
	placed := make([]bool, len(l.set.hits))
	l.eachInTrees(func(hit int32) { placed[hit] = true })
	described := map[int32]leak.Location{}
	for p, e := range l.best {
		l.out[p.cred] = append(l.out[p.cred], l.location(p, e, inHead, described))
	}
	l.unplaced(placed)
}

// introduced looks for places that a commit has and none of its parents.
func (l *locator) introduced(i int32) {
	c := &l.g.commits[i]
	var parents []int32
	for _, n := range c.parents {
		if at := l.g.index[n]; at >= 0 {
			parents = append(parents, l.root[at])
		}
	}
	first := int32(0)
	if len(parents) > 0 {
		first = parents[0]
	}
	l.s.diff(l.root[i], first, nil, func(path []int32, found int32) {
		var before []*hit
		for _, root := range parents {
			at := l.s.lookup(root, path)
			if at == found {
				return // it came from that parent as it is
			}
			if at >= 0 {
				before = append(before, &l.set.hits[at])
			}
		}
		l.compare(i, path, found, before)
	})
}

// compare notes the places of credentials in a blob that are more than in any
// version before.
func (l *locator) compare(i int32, path []int32, at int32, before []*hit) {
	name := ""
	for _, ch := range l.set.hits[at].creds {
		had := 0
		for _, b := range before {
			had = max(had, b.occurrences(ch.cred))
		}
		for k := had; k < len(ch.spans); k++ {
			if name == "" {
				name = l.path(path)
			}
			p := place{ch.cred, name, k}
			if old, ok := l.best[p]; !ok || l.earlier(i, old.commit) {
				l.best[p] = event{i, at}
			}
		}
	}
}

// earlier reports whether commit a is a better origin than commit b: reachable
// before not, then by date, then by name.
func (l *locator) earlier(a, b int32) bool {
	if ra, rb := l.g.reach[a] != 0, l.g.reach[b] != 0; ra != rb {
		return ra
	}
	if l.g.date[a] != l.g.date[b] {
		return l.g.date[a] < l.g.date[b]
	}
	return l.r.store.ID(int(l.g.commits[a].n)).String() < l.r.store.ID(int(l.g.commits[b].n)).String()
}

func (l *locator) path(names []int32) string {
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(l.f.names[n])
	}
	return b.String()
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

func (l *locator) location(p place, e event, inHead map[string]int32, described map[int32]leak.Location) leak.Location {
	h := &l.set.hits[e.hit]
	c := &l.g.commits[e.commit]
	loc, ok := described[e.commit]
	if !ok {
		loc.Commit = l.r.store.ID(int(c.n)).String()
		if o, err := l.r.store.Read(int(c.n)); err == nil {
			l.describe(&loc, &o)
		}
		described[e.commit] = loc
	}
	loc.Kind, loc.Path = leak.KindBlob, p.path
	loc.Ref, loc.Span = refOf(int(h.n), whole), h.span(p.cred, p.k)
	loc.Blob = l.r.store.ID(int(h.n)).String()
	reach := l.g.reach[e.commit]
	loc.Unreachable = reach == 0
	if reach == fromNotes {
		loc.Kind, loc.NoteFor = leak.KindNote, strings.ReplaceAll(p.path, "/", "")
	}
	at, ok := inHead[p.path]
	if !ok || l.set.hits[at].occurrences(p.cred) <= p.k {
		return loc
	}
	loc.AtHead = true
	if at != e.hit {
		now := &l.set.hits[at]
		loc.HeadRef = &leak.Spot{Ref: refOf(int(now.n), whole), Span: now.span(p.cred, p.k)}
		loc.Head = &leak.Position{Blob: l.r.store.ID(int(now.n)).String()}
	}
	return loc
}

// finish drops what the options leave out and sorts the places: the most
// useful for a reader first.
func (l *locator) finish(locs []leak.Location) []leak.Location {
	if l.r.opts.NoUnreachable {
		locs = slices.DeleteFunc(locs, func(x leak.Location) bool { return x.Unreachable })
	}
	rank := func(x *leak.Location) int {
		switch {
		case x.AtHead:
			return 0
		case x.Staged:
			return 1
		case x.Unreachable:
			return 3
		}
		return 2
	}
	slices.SortFunc(locs, func(a, b leak.Location) int {
		return cmp.Or(
			cmp.Compare(rank(&a), rank(&b)),
			a.Date.Compare(b.Date),
			strings.Compare(a.Path, b.Path),
			strings.Compare(a.Commit, b.Commit),
			strings.Compare(string(a.Kind), string(b.Kind)),
			strings.Compare(a.Field, b.Field),
			strings.Compare(a.Blob, b.Blob),
			cmp.Compare(a.Span.Start, b.Span.Start),
		)
	})
	return locs
}
