package gitrepo

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
)

// unplaced places the hits that are in no commit's tree: staged files, blobs
// that a ref names, and what is left of work that was thrown away.
func (l *locator) unplaced(placed []bool) {
	if !slices.Contains(placed, false) {
		return
	}
	l.loose = make([]int, len(l.out))
	staged := l.stagedPaths()
	named := map[gitpack.ID]string{}
	for i := range l.set.hits {
		if !placed[i] && l.set.hits[i].n >= 0 {
			named[l.r.store.ID(int(l.set.hits[i].n))] = ""
		}
	}
	for _, ref := range l.r.refs {
		if _, ok := named[ref.id]; ok {
			named[ref.id] = ref.name
		}
	}
	names := map[int32]string{} // the name that some tree gives
	for tree := range l.f.at {
		for _, e := range l.f.children(int32(tree)) {
			if hit := -1 - e.child; e.child < 0 && !placed[hit] && names[hit] == "" {
				names[hit] = strings.TrimSuffix(l.f.names[e.name], ofName)
			}
		}
	}
	for i := range l.set.hits {
		if placed[i] {
			continue
		}
		h := &l.set.hits[i]
		loc := leak.Location{Kind: leak.KindBlob}
		var id gitpack.ID
		if h.n >= 0 {
			id = l.r.store.ID(int(h.n))
			loc.Blob = id.String()
		}
		paths := staged[loc.Blob]
		switch {
		case len(paths) > 0:
			loc.Staged = true
		case named[id] != "":
			paths = []string{named[id]} // no file has it; the ref leads there
		default:
			if loc.Unreachable = l.f.dropped == 0; !loc.Unreachable {
				loc.Problem = "it is in more places than whosekey follows" // some commit may have it
			}
			paths = []string{names[int32(i)]}
		}
		if len(paths) == 0 {
			paths = []string{""}
		}
		l.addAll(h, loc, paths)
	}
}

func (l *locator) addAll(h *hit, loc leak.Location, paths []string) {
	for ch := range h.creds {
		for _, standing := range ch.standings {
			at := standing.spot()
			for _, path := range paths {
				if len(l.out[ch.cred]) > 0 && (l.loose[ch.cred] >= maxUnplaced || l.allLoose >= maxAllUnplaced) {
					l.full = true
					break
				}
				l.loose[ch.cred]++
				l.allLoose++
				loc.Ref, loc.Span, loc.Path = at.Ref, at.Span, path
				l.out[ch.cred] = append(l.out[ch.cred], loc)
			}
		}
	}
}

// stagedPaths returns the paths in the index by blob.
func (l *locator) stagedPaths() map[string][]string {
	entries, err := l.r.readIndex()
	if err != nil {
		l.r.cov.Note("the index could not be read, so that staged files are shown without their paths: " + err.Error())
		return nil
	}
	out := map[string][]string{}
	for _, e := range entries {
		id := e.id.String()
		out[id] = append(out[id], e.path)
	}
	return out
}
