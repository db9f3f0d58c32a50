package gitrepo

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/gitpack"
)

// Bounds on what is read of commits.
const (
	maxMessage   = 64 << 10
	maxCoAuthors = 20
	maxRecent    = 5000 // commits
	maxCompared  = 4    // parents of a commit
)

// person maps a commit's "Name <address>" to who that is.
func (t *Tree) person(who string) identity.Person {
	if t.mail == nil {
		t.mail = mailmap{}
		if data, _, err := t.ReadFile(context.Background(), "", ".mailmap", maxMailmap); err == nil {
			t.mail = parseMailmap(data)
		}
	}
	name, rest, _ := strings.Cut(strings.ToValidUTF8(who, "\uFFFD"), "<")
	addr, _, _ := strings.Cut(rest, ">")
	p := t.mail.person(identity.Person{Name: strings.TrimSpace(name), Email: strings.TrimSpace(addr)})
	p.Name = personName(p.Name)
	return p
}

// Commit implements identity.Repository.
func (t *Tree) Commit(ctx context.Context, id string) (c identity.Commit, err error) {
	if err := ctx.Err(); err != nil {
		return c, err
	}
	info, o, err := t.written(id)
	if err != nil {
		return c, fmt.Errorf("look at commit: %w", err)
	}
	text := o.Data[info.Message:]
	c = identity.Commit{ID: t.r.store.ID(o.N).String(), Author: t.person(info.Author), Date: info.When}
	c.Cut = t.r.shallow[t.r.store.ID(o.N)] || slices.ContainsFunc(info.Parents, func(id gitpack.ID) bool {
		_, there := t.r.store.Lookup(id)
		return !there
	})
	c.Message = strings.ToValidUTF8(string(text[:min(len(text), maxMessage)]), "\uFFFD")
	// git writes trailers at the end; GitHub counts them wherever they stand.
	text = text[max(0, len(text)-maxMessage):]
	for line := range bytes.Lines(text) {
		key, who, ok := bytes.Cut(line, []byte(":"))
		if !ok || !strings.EqualFold(string(key), "co-authored-by") || len(c.CoAuthors) == maxCoAuthors {
			continue
		}
		if p := t.person(string(who)); p.Name != "" && p != c.Author && !p.Bot() && !slices.Contains(c.CoAuthors, p) {
			c.CoAuthors = append(c.CoAuthors, p)
		}
	}
	return c, nil
}

// written reads a commit, or a tag object as one.
func (t *Tree) written(id string) (info gitpack.CommitInfo, o gitpack.Object, err error) {
	if tag, ok := gitpack.ParseID(id); ok {
		if n, ok := t.r.store.Lookup(tag); ok {
			if kind, err := t.r.store.Type(n); err == nil && kind == gitpack.Tag {
				if o, err = t.r.store.Read(n); err != nil {
					return info, o, err
				}
				return parseTag(o.Data), o, nil
			}
		}
	}
	info, n, err := t.commit(id)
	if err != nil {
		return info, o, err
	}
	o, err = t.r.store.Read(n)
	return info, o, err
}

// recentLog are the commits from HEAD back to a time.
type recentLog struct {
	since   time.Time
	commits []recentCommit
}

type recentCommit struct {
	who     identity.Person
	when    time.Time
	tree    gitpack.ID
	parents []gitpack.ID // their trees
	cut     bool         // a parent is not there
}

// Recent implements identity.Repository. A merge counts if its version of the
// path is in none of its parents. Bots do not count.
func (t *Tree) Recent(ctx context.Context, path string, since time.Time) ([]identity.Activity, error) {
	if t.log == nil || t.log.since.After(since) {
		log, err := t.readLog(ctx, since)
		if err != nil {
			return nil, err
		}
		t.log = log
	}
	by := map[string]*identity.Activity{}
	var out []*identity.Activity
	names := strings.Split(path, "/")
	for i := range t.log.commits {
		c := &t.log.commits[i]
		if c.when.Before(since) || c.cut || !t.touches(c, names) {
			continue
		}
		key := cmp.Or(strings.ToLower(c.who.Email), c.who.Name)
		a := by[key]
		if a == nil {
			a = &identity.Activity{Person: c.who}
			by[key], out = a, append(out, a)
		}
		if a.Commits++; c.when.After(a.Last) {
			a.Last = c.when
		}
	}
	slices.SortStableFunc(out, func(a, b *identity.Activity) int {
		return cmp.Or(cmp.Compare(b.Commits, a.Commits), b.Last.Compare(a.Last), strings.Compare(a.Name, b.Name))
	})
	list := make([]identity.Activity, len(out))
	for i, a := range out {
		list[i] = *a
	}
	return list, ctx.Err()
}

// touches reports whether a commit changes what is at a path. Only the folders
// on the way that differ are read.
func (t *Tree) touches(c *recentCommit, names []string) bool {
	if len(c.parents) == 0 {
		e, err := t.at(c.tree, strings.Join(names, "/"))
		return err == nil && !e.id.IsZero()
	}
	for _, p := range c.parents {
		if !t.differs(c.tree, p, names) {
			return false
		}
	}
	return true
}

func (t *Tree) differs(a, b gitpack.ID, names []string) bool {
	if a == b || t.work < 0 {
		return false
	}
	x, y := t.below(a, names[0]), t.below(b, names[0])
	switch rest := names[1:]; {
	case x == y || len(rest) == 0:
		return x != y
	case x.mode == gitpack.ModeTree && y.mode == gitpack.ModeTree:
		return t.differs(x.id, y.id, rest)
	default: // the path is there at most once
		return t.has(x, rest) != t.has(y, rest)
	}
}

// below is find, with the zero entry for what is not there.
func (t *Tree) below(tree gitpack.ID, name string) treeEntry {
	e, err := t.find(tree, name)
	if err != nil {
		return treeEntry{}
	}
	return e
}

func (t *Tree) has(e treeEntry, names []string) bool {
	if e.mode != gitpack.ModeTree {
		return false
	}
	_, err := t.at(e.id, strings.Join(names, "/"))
	return err == nil
}

// readLog lists the commits of HEAD that are not older than a time, the newest
// first; at most maxRecent.
func (t *Tree) readLog(ctx context.Context, since time.Time) (*recentLog, error) {
	w := logWalk{t: t, seen: map[int]bool{}, infos: map[int]gitpack.CommitInfo{}}
	log := &recentLog{since: since}
	if head, ok := t.r.peel(t.r.head); ok {
		w.add(head)
	}
	for len(w.todo) > 0 && len(log.commits) < maxRecent && len(w.seen) < 4*maxRecent {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		at := heap.Pop(&w.todo).(datedCommit)
		if at.when.Before(since) {
			break
		}
		if c := w.commit(at.n); !c.who.Bot() {
			log.commits = append(log.commits, c)
		}
	}
	return log, nil
}

// logWalk goes from a commit to its ancestors, by date.
type logWalk struct {
	t     *Tree
	todo  byDate
	seen  map[int]bool
	infos map[int]gitpack.CommitInfo // of those that are in todo
}

// add reads a commit that was not read before.
func (w *logWalk) add(n int) (tree gitpack.ID, ok bool) {
	info, ok := w.infos[n]
	if !ok {
		var err error
		if info, err = w.t.r.commitAt(n); err != nil {
			return tree, false
		}
	}
	if !w.seen[n] {
		w.seen[n], w.infos[n] = true, info
		heap.Push(&w.todo, datedCommit{n, info.Committed})
	}
	return info.Tree, true
}

// commit returns a commit of todo, and adds its parents.
func (w *logWalk) commit(n int) recentCommit {
	info := w.infos[n]
	delete(w.infos, n)
	c := recentCommit{who: w.t.person(info.Author), when: info.Committed, tree: info.Tree}
	c.cut = w.t.r.shallow[w.t.r.store.ID(n)]
	for _, id := range info.Parents[:min(len(info.Parents), maxCompared)] {
		at, there := w.t.r.store.Lookup(id)
		if !there {
			c.cut = true
			continue
		}
		if tree, ok := w.add(at); ok {
			c.parents = append(c.parents, tree)
		} else {
			c.cut = true
		}
	}
	return c
}

type datedCommit struct {
	n    int
	when time.Time
}

// byDate is a heap of commits, the newest on top.
type byDate []datedCommit

func (h byDate) Len() int           { return len(h) }
func (h byDate) Less(i, j int) bool { return h[i].when.After(h[j].when) }
func (h byDate) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byDate) Push(x any)        { *h = append(*h, x.(datedCommit)) }
func (h *byDate) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
