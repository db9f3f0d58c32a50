package gitrepo

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// Tip is what a ref is about to name: an object, of any type, by its full id.
type Tip struct {
	Name string // of the ref, for messages and for the place of what is in no commit
	ID   string
}

// maxBoundary bounds the commits that are looked at for what was there before
// the range. Beyond it an old credential may be taken for new.
const maxBoundary = 64

// RefIDs returns the objects that refs below a prefix name, such as
// "refs/remotes/origin/"; all refs for "".
func (r *Repo) RefIDs(prefix string) []string {
	return r.idsOf(func(name string) bool { return strings.HasPrefix(name, prefix) })
}

// Tracked returns what the branches of a remote were when they were fetched last. What
// another remote keeps below the same folder, as team/fork does below team, may not be
// on this one; neither may refs that are not kept apart from one's own.
func (r *Repo) Tracked(remote string) []string {
	own := r.tracked[remote]
	if len(own) == 0 {
		own = []string{"refs/remotes/" + remote + "/*"}
	}
	return r.idsOf(func(name string) bool {
		most := longest(own, name)
		if most == 0 || !strings.HasPrefix(name, "refs/remotes/") {
			return false
		}
		for other, specs := range r.tracked {
			if other != remote && longest(specs, name) >= most {
				return false
			}
		}
		return true
	})
}

// longest is the length of the longest pattern that a name fits, of those with at most
// one star; 0 for none.
func longest(patterns []string, name string) (most int) {
	for _, p := range patterns {
		before, after, star := strings.Cut(p, "*")
		if p == name || star && len(name) >= len(p)-1 && strings.HasPrefix(name, before) && strings.HasSuffix(name, after) {
			most = max(most, len(p))
		}
	}
	return most
}

// idsOf returns the objects that refs name, each once.
func (r *Repo) idsOf(counts func(name string) bool) []string {
	var ids []gitpack.ID
	for _, ref := range r.refs {
		if counts(ref.name) {
			ids = append(ids, ref.id)
		}
	}
	slices.SortFunc(ids, gitpack.ID.Compare)
	ids = slices.Compact(ids) // a million refs may name a thousand objects
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}

// ErrNotThere is returned by NewAdded for a tip that is not in the repository.
var ErrNotThere = errors.New("it is not in the repository")

// NewAdded returns the Source of what tips bring and what is known of does not
// lead to: the commits, and the texts of tags. Objects of known that are not
// there are passed over, as git does.
func NewAdded(r *Repo, tips []Tip, known []string) (*Changes, error) {
	c := &Changes{r: r}
	outs, old := r.peelAll(known)
	tagged := step{n: inNone}
	for _, tip := range tips {
		id, ok := gitpack.ParseID(tip.ID)
		if !ok {
			return nil, fmt.Errorf("%s: %q is no object's id", tip.Name, tip.ID)
		}
		n, err := c.followTags(id, old)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", tip.Name, err)
		}
		kind, err := r.store.Type(n)
		if err != nil {
			return nil, fmt.Errorf("%s: read %s: %w", tip.Name, r.store.ID(n), err)
		}
		switch id = r.store.ID(n); kind {
		case gitpack.Commit:
			c.tips = append(c.tips, id)
		case gitpack.Blob:
			tagged.changes = append(tagged.changes, change{path: tip.Name, new: id})
		case gitpack.Tree:
			tagged.changes = append(tagged.changes, r.changed(id, nil, maxFiles)...)
		}
	}
	w := r.walk(outs, c.tips)
	if err := c.addCommits(w.sorted()); err != nil {
		return nil, err
	}
	if len(tagged.changes) > 0 {
		c.steps = append(c.steps, tagged)
	}
	c.base, c.last = map[gitpack.ID]bool{}, map[gitpack.ID]bool{}
	boundary := w.boundary()
	for _, n := range boundary[:min(maxBoundary, len(boundary))] {
		maps.Copy(c.base, c.versionsAt(r.store.ID(n)))
	}
	for _, id := range c.tips {
		maps.Copy(c.last, c.versionsAt(id))
	}
	return c, nil
}

// Places has every place told that a step brings, though the credential may be known, as one
// that is moved or copied: who keeps places wants those. AtHead is about HEAD then.
func (c *Changes) Places() {
	c.kept, c.tips = true, nil
	if n, ok := c.r.peel(c.r.head); ok && !c.r.head.IsZero() {
		head := c.r.store.ID(n)
		c.tips = append(c.tips, head)
		maps.Copy(c.last, c.versionsAt(head))
	}
}

// SearchNames has the names of refs that are pushed searched too.
func (c *Changes) SearchNames(list []string) {
	c.r.pushed = []string{}
	for _, name := range list {
		c.r.pushed = append(c.r.pushed, strings.ReplaceAll(name, "\n", " ")) // each is a line
	}
}

// peelAll returns the commits that objects lead to, and the objects themselves.
func (r *Repo) peelAll(ids []string) (commits []gitpack.ID, all map[gitpack.ID]bool) {
	all = map[gitpack.ID]bool{}
	for _, hex := range ids {
		id, ok := gitpack.ParseID(hex)
		if !ok || all[id] {
			continue
		}
		all[id] = true
		if n, ok := r.peel(id); ok {
			commits = append(commits, r.store.ID(n))
		}
	}
	return commits, all
}

// maxTags bounds how many tags may stand for one another.
const maxTags = 64

// followTags returns what a tag stands for in the end, and adds the tags on the
// way there that are not known.
func (c *Changes) followTags(id gitpack.ID, known map[gitpack.ID]bool) (int, error) {
	for range maxTags {
		n, ok := c.r.store.Lookup(id)
		if !ok {
			return 0, fmt.Errorf("%s: %w (%s)", id, ErrNotThere, c.r.missingFix())
		}
		kind, err := c.r.store.Type(n)
		if err != nil || kind != gitpack.Tag {
			return n, err
		}
		if !known[id] {
			c.tags = append(c.tags, n)
		}
		o, err := c.r.store.Read(n)
		if err != nil {
			return 0, fmt.Errorf("read tag %s: %w", id, err)
		}
		if id, ok = gitpack.ParseTag(o.Data); !ok {
			return 0, fmt.Errorf("tag %s names no object", c.r.store.ID(n))
		}
	}
	return 0, errors.New("tags of tags without an end")
}
