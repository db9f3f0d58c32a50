package gitrepo

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// slowStaged compares all files with all files.
func slowStaged(r *Repo, entries []indexEntry, olds []gitpack.ID) (out []change) {
	var flats []map[string]treeEntry
	for _, id := range olds {
		flat := map[string]treeEntry{}
		r.flatAll(id, "", flat)
		flats = append(flats, flat)
	}
	now := map[string]bool{}
	for _, e := range r.expandSparse(entries) {
		if e.later {
			continue
		}
		now[e.path] = true
		had := false
		ch := change{path: e.path, new: e.id, link: e.mode&0o170000 == gitpack.ModeGitlink}
		for _, flat := range flats {
			old := flat[e.path]
			had = had || old.mode != 0 && old.mode != gitpack.ModeTree
			ch.olds = append(ch.olds, asBlob(old))
		}
		if ch.link {
			if ch.new = (gitpack.ID{}); !had {
				out = append(out, ch)
			}
			continue
		}
		if !slices.Contains(ch.olds, e.id) {
			out = append(out, ch)
		}
	}
	for _, flat := range flats {
		for path, e := range flat {
			if !now[path] && e.mode != gitpack.ModeGitlink {
				out = append(out, change{path: path, olds: []gitpack.ID{e.id}})
			}
			file := func(flat map[string]treeEntry) bool { return !asBlob(flat[path]).IsZero() }
			if !now[path] && e.mode == gitpack.ModeGitlink && !slices.ContainsFunc(flats, file) {
				out = append(out, change{path: path})
			}
		}
	}
	return out
}

// changeLines says the same of changes that mean the same.
func changeLines(changes []change) []string {
	var out []string
	for _, ch := range changes {
		olds := slices.DeleteFunc(slices.Clone(ch.olds), gitpack.ID.IsZero)
		if len(olds) == 0 {
			out = append(out, fmt.Sprintf("%s: %s, submodule %v, was not there", ch.path, ch.new, ch.link))
		}
		for _, old := range olds {
			out = append(out, fmt.Sprintf("%s: %s, was %s", ch.path, ch.new, old))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// randomFiles is a set of files, by path, as lines of git update-index.
type randomFiles map[string]string

func (f randomFiles) mutate(rnd *rand.Rand, blobs []string, times int) {
	names := []string{"a", "b", "a.c", "a0", "Z", "é", "d-"}
	for range times {
		var path []string
		for range 1 + rnd.IntN(4) {
			path = append(path, names[rnd.IntN(len(names))])
		}
		p := strings.Join(path, "/")
		for old := range f { // a file in the place of a folder, or the other way round
			if strings.HasPrefix(old, p+"/") || strings.HasPrefix(p, old+"/") {
				delete(f, old)
			}
		}
		mode := []string{"100644", "100644", "100755", "120000", "160000"}[rnd.IntN(5)]
		if f[p] = mode + " " + blobs[rnd.IntN(len(blobs))]; rnd.IntN(4) == 0 {
			delete(f, p)
		}
	}
}

// index makes git's index of the files, and returns the tree that it becomes.
func (f randomFiles) index(t *testing.T, dir string) string {
	var lines strings.Builder
	for p, entry := range f {
		fmt.Fprintf(&lines, "%s\t%s\x00", entry, p)
	}
	runGit(t, dir, "", "read-tree", "--empty")
	runGit(t, dir, lines.String(), "update-index", "-z", "--index-info")
	return strings.TrimSpace(runGit(t, dir, "", "write-tree", "--missing-ok"))
}

// TestStagedTwin compares random indexes with none to three random trees.
func TestStagedTwin(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		dir := t.TempDir()
		runGit(t, dir, "", "init", "-q", "-b", "main", "--object-format="+format)
		runGit(t, dir, "", "hash-object", "-t", "tree", "-w", "--stdin") // git knows the empty tree without
		var blobs []string
		for i := range 5 {
			blobs = append(blobs, strings.TrimSpace(runGit(t, dir, fmt.Sprint("text ", i), "hash-object", "-w", "--stdin")))
		}
		rnd := rand.New(rand.NewPCG(7, 7))
		for n := range 40 {
			base := randomFiles{}
			base.mutate(rnd, blobs, rnd.IntN(60))
			var olds []gitpack.ID
			for range n % 4 {
				old := maps.Clone(base)
				old.mutate(rnd, blobs, rnd.IntN(4))
				id, _ := gitpack.ParseID(old.index(t, dir))
				olds = append(olds, id)
			}
			base.mutate(rnd, blobs, rnd.IntN(4))
			root := base.index(t, dir)
			compareStaged(t, dir, fmt.Sprint(format, " ", n), root, olds)
		}
	}
}

func compareStaged(t *testing.T, dir, name, root string, olds []gitpack.ID) {
	t.Helper()
	r, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	entries, err := r.readIndex()
	if err != nil {
		t.Fatal(err)
	}
	changes, _ := r.staged(slices.Clone(entries), olds)
	got, want := changeLines(changes), changeLines(slowStaged(r, entries, olds))
	if !slices.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if id := plantIndex(entries, r.store.HashLen()).folders[0].id.String(); root != "" && id != root {
		t.Errorf("%s: the root is %s, want %s", name, id, root)
	}
	if gaps := r.cov.Skipped(); len(gaps) > 0 {
		t.Errorf("%s: skipped %v", name, gaps)
	}
	compareListed(t, r, name, olds)
}

// compareListed: the files of trees are the same with the help of the index.
func compareListed(t *testing.T, r *Repo, name string, trees []gitpack.ID) {
	t.Helper()
	for _, id := range trees {
		with, without := lister{t: r.Tree(), ctx: t.Context()}, lister{t: r.Tree(), ctx: t.Context()}
		err := with.list(id, "", 0)
		planted := r.planted
		r.planted = nil
		if err2 := without.list(id, "", 0); err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if r.planted = planted; !slices.Equal(with.files, without.files) {
			t.Errorf("%s: with the index\n%v\nand without\n%v", name, with.files, without.files)
		}
		if _, ok := planted.find("", id); ok && with.trees != 1 && !slices.ContainsFunc(planted.folders, func(f indexFolder) bool { return f.sparse }) {
			t.Errorf("%s: %d trees of the index's own were read", name, with.trees)
		}
	}
}

// TestStagedReadsChangedFolders has a commit whose other trees are not there.
func TestStagedReadsChangedFolders(t *testing.T) {
	dir := indexRepo(t)
	runGit(t, dir, "", "commit", "-q", "-m", "second")
	writeFile(t, dir, "d3/sub dir/f3.txt", "changed")
	runGit(t, dir, "", "add", "d3")
	for _, folder := range []string{"d0", "d3", "long"} {
		id := strings.TrimSpace(runGit(t, dir, "", "rev-parse", "HEAD:"+folder))
		name := filepath.Join(dir, ".git", "objects", id[:2], id[2:])
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(name)
		s := mustStaged(t, dir)
		skipped := len(s.r.cov.Skipped())
		if want := strings.HasPrefix("d3", folder); (skipped > 0) != want {
			t.Errorf("without the tree of %s: skipped %v", folder, s.r.cov.Skipped())
		}
		if changes := s.steps[0].changes; folder != "d3" && (len(changes) != 1 || changes[0].path != "d3/sub dir/f3.txt") {
			t.Errorf("without the tree of %s: %d changes", folder, len(changes))
		}
		if err := os.WriteFile(name, bytes.Clone(text), 0o444); err != nil {
			t.Fatal(err)
		}
	}
}

func mustStaged(t *testing.T, dir string) *Changes {
	t.Helper()
	r, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	s, err := NewStaged(r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// flatAll lists the files of a tree by path, maxFiles at most.
func (r *Repo) flatAll(tree gitpack.ID, path string, into map[string]treeEntry) {
	left := maxFiles
	r.flatten(tree, path, into, &left)
	if left <= 0 {
		r.cov.Skip(tooManyFiles, "", tree.String())
	}
}

func (r *Repo) flatten(tree gitpack.ID, path string, into map[string]treeEntry, left *int) {
	if *left--; *left <= 0 {
		return
	}
	entries, err := r.readTree(tree)
	if err != nil || strings.Count(path, "/") > maxDepth {
		r.cov.Skip("unreadable tree", r.missingFix(), tree.String())
		return
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if e := entries[name]; e.mode != gitpack.ModeTree {
			into[path+name] = e
			*left--
		}
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if e := entries[name]; e.mode == gitpack.ModeTree && *left > 0 {
			r.flatten(e.id, path+name+"/", into, left)
		}
	}
}

// expandSparse replaces the folders that a sparse index lists by their files.
func (r *Repo) expandSparse(entries []indexEntry) []indexEntry {
	if !slices.ContainsFunc(entries, func(e indexEntry) bool { return e.mode&0o170000 == gitpack.ModeTree }) {
		return entries
	}
	var out []indexEntry
	for _, e := range entries {
		if e.mode&0o170000 != gitpack.ModeTree {
			out = append(out, e)
			continue
		}
		files := map[string]treeEntry{}
		r.flatAll(e.id, e.path, files) // the path ends in a slash
		for path, f := range files {
			out = append(out, indexEntry{path: path, id: f.id, mode: f.mode})
		}
	}
	return out
}
