package gitrepo

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/archive"
)

// Locate implements scanners.Source. It also looks for objects that are
// missing, and adds them to the coverage that Scan returned.
func (h *History) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	l := &locator{r: h.r, out: make([][]leak.Location, len(matches))}
	var texts []func()
	l.set = group(matches, h.found, func(cred int, m leak.Match) { texts = append(texts, func() { l.text(cred, m) }) })
	g, both := errgroup.WithContext(ctx)
	g.Go(func() error { return h.r.inner.Find(both, archive.Inner(matches)) })
	g.Go(func() (err error) {
		l.f, err = h.forestFor(both, l.set)
		return err
	})
	if l.g = h.graph; l.g == nil {
		l.g = newGraph(h.r, h.commits)
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, place := range texts {
		place()
	}
	if len(l.set.hits) > 0 || len(l.f.missing) > 0 {
		l.lead = l.f.lead()
	}
	l.g.noteMissing(h.r, l.f, l.lead)
	h.r.cov.SkipMany(l.f.lostHits(), "file with a credential that is under more names than whosekey follows", "")
	if l.f.links > 0 && h.r.hasSubmodules() {
		h.r.cov.LeaveOut("submodules are repositories of their own", "scan each of them", "")
	}
	if len(l.set.hits) > 0 {
		if err := l.blobs(ctx); err != nil {
			return nil, err
		}
	}
	if l.s != nil && l.s.deep {
		h.r.cov.Skip("tree that is nested too deeply", "", "")
	}
	hidden := int64(0)
	for i := range l.out {
		had := len(l.out[i]) > 0
		if l.out[i] = l.finish(l.out[i]); had && len(l.out[i]) == 0 {
			hidden++
		}
	}
	h.r.cov.LeaveOutMany(hidden, "credential that is only in objects that no ref leads to", "--unreachable=on shows it")
	return l.out, nil
}

// Versioned implements scanners.Versioned.
func (h *History) Versioned() {}

// Versioned implements scanners.Versioned.
func (c *Changes) Versioned() {}

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
	lead leads // what the forest's trees lead to
	s    *skeletons
	set  *hitSet
	root []int32 // skeleton of each commit's tree
	best map[place]event
	out  [][]leak.Location
	last textObject

	commit  int32   // of introduced: the one at hand, the skeletons of its parents, the
	parents []int32 // steps that it may still take, the versions before of a file, and
	left    int     // the file's path
	before  []*hit
	key     []byte

	places []int32 // of each credential in best
	steps  int     // that may still be taken to find places
	bytes  int     // that paths in best may still have
	full   bool    // some places were left out

	loose    []int // places of each credential that are in no commit
	allLoose int
}

// parseTag reads a tag object as a commit whose author is its tagger.
func parseTag(data []byte) gitpack.CommitInfo {
	// Its header has the form of a commit's, but for the names of its fields.
	text := strings.Replace(string(data[:gitpack.MessageStart(data)]), "\ntagger ", "\nauthor ", 1)
	info, _ := gitpack.ParseCommit([]byte(text)) // it has no tree
	return info
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

// finish drops what the options leave out and sorts the places: the most
// useful for a reader first.
func (l *locator) finish(locs []leak.Location) []leak.Location {
	for i := range locs {
		l.r.placeInner(&locs[i])
	}
	locs = archive.Distinct(locs)
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
		case x.Kind == leak.KindFile: // .git/config: what a commit has was shared
			return 4
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
