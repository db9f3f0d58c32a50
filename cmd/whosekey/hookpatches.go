package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

const (
	maxPatches    = 50       // commits of git log -p that are searched
	maxPatchBytes = 64 << 20 // of them all
)

var errEnough = errors.New("enough")

// Bounds on the calls of git in a command that print something, and on those for which
// its repository is opened. Beyond, nobody knows what the command prints.
const (
	maxGits  = 16
	maxOpens = 64
)

// git takes what git prints of changes: git show, git log -p, git stash show -p and git
// diff, as the files that change before and after: what is taken out is printed too. Of
// git archive it takes the files that are packed. Loose are arguments behind which there
// may be those of other programs.
func (f *agentFiles) git(args []string, loose bool) {
	at := beforeCommand(args)
	if at >= len(args) {
		return
	}
	f.bring(args[at], args[at+1:])
	for _, dir := range f.dirs {
		g := &gitCall{dir: dir, command: args[at], args: slices.Clone(args[at+1:]), loose: loose, left: maxPatchBytes}
		if !g.mayPrint() {
			continue
		}
		if f.opens++; f.gits >= maxGits || f.opens > maxOpens {
			f.over = true
			return
		}
		repo, err := gitrepo.Open(dir, gitrepo.Options{AllowAlternates: true})
		if err != nil {
			continue
		}
		g.repo = repo
		if g.porcelain(); g.batch() {
			f.gits++
			g.named(f.words)
		} else if g.prints() {
			f.gits++
			g.read()
		}
		repo.Close()
		f.printed = append(f.printed, g.out...)
		f.large = f.large || g.left < 0
	}
}

// gitCall is one call of git in a command.
type gitCall struct {
	repo    *gitrepo.Repo
	dir     string
	command string
	args    []string
	loose   bool

	mu   sync.Mutex
	left int
	out  []hookText
}

func (g *gitCall) has(flags ...string) bool {
	return slices.ContainsFunc(g.args, func(a string) bool { return slices.Contains(flags, a) })
}

// mayPrint is prints, before the repository is opened.
func (g *gitCall) mayPrint() bool {
	return g.prints() || g.batch() || slices.Contains([]string{"difftool", "diff-tree", "diff-index", "diff-files", "reflog", "range-diff", "log"}, g.command)
}

// prints reports whether the call prints content, as far as is known here.
func (g *gitCall) prints() bool {
	patch := g.has(patchFlags...)
	quiet := g.has("--stat", "--name-only", "--name-status", "-s", "--no-patch", "--shortstat", "--numstat", "--quiet")
	switch g.command {
	case "show", "diff":
		return (!quiet || patch) && !g.has("--no-index")
	case "log", "whatchanged":
		return patch
	case "add", "checkout", "restore", "reset", "commit":
		return g.has("-p", "--patch")
	case "cat-file": // of a commit only what stands in it itself, which show has too
		return g.has("-p", "blob")
	case "stash":
		return slices.Contains(g.args, "show") && patch
	case "format-patch":
		return g.has("--stdout")
	case "status":
		return g.has("-v", "-vv", "--verbose")
	}
	return slices.Contains([]string{"archive", "fast-export", "blame", "annotate", "grep"}, g.command)
}

// read collects the texts.
func (g *gitCall) read() {
	keep := g.paths()
	switch g.command {
	case "add", "checkout", "restore":
		g.edits(keep)
		return
	case "reset", "commit", "status":
		g.staged(keep)
		if g.command != "reset" {
			g.edits(keep)
		}
		return
	case "blame", "annotate":
		g.blamed()
		return
	case "grep":
		g.grepped()
		return
	case "archive":
		for _, a := range g.args {
			if c, err := gitrepo.NewContent(g.repo, a); err == nil && !strings.HasPrefix(a, "-") {
				g.search(c, keep)
			}
		}
		return
	case "diff":
		index := g.has("--cached", "--staged")
		if index {
			g.staged(keep)
		}
		if revs := g.revs(); len(revs) == 0 || index && revs[0] == "HEAD" {
			if !index {
				g.edits(keep)
			}
			return
		} else if len(revs) == 1 && !strings.Contains(revs[0], "..") && !index { // with what is in no commit yet
			g.staged(keep)
			g.edits(keep)
		}
	}
	if tips, known := patchRange(g.repo, g.command, g.args); len(tips) > 0 {
		if added, err := gitrepo.NewAdded(g.repo, tips, known); err == nil {
			g.search(added, keep)
		}
	}
}

// revs are the arguments that name commits.
func (g *gitCall) revs() (out []string) {
	for _, a := range g.args {
		if a == "--" {
			break
		}
		first, _, _ := strings.Cut(a, "..")
		if _, err := g.repo.Resolve(cmp.Or(first, "HEAD")); err == nil && !strings.HasPrefix(a, "-") {
			out = append(out, a)
		}
	}
	return out
}

// paths tells which files arguments are about; nil for all. They stand behind a --, or are
// there.
func (g *gitCall) paths() (keep func(path string) bool) {
	if g.loose {
		return nil
	}
	var names []string
	behind := false
	for _, a := range g.args {
		if a == "--" {
			behind = true
			continue
		}
		if !behind {
			if _, err := os.Lstat(inDir(g.dir, a)); err != nil || strings.HasPrefix(a, "-") {
				continue
			}
		}
		name, err := filepath.Rel(g.repo.WorkTree, inDir(g.dir, a))
		if strings.ContainsAny(a, "*?[:") || err != nil { // of patterns git has its own idea
			return nil
		}
		names = append(names, filepath.ToSlash(name))
	}
	if len(names) == 0 || slices.Contains(names, ".") {
		return nil
	}
	return func(path string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return path == n || strings.HasPrefix(path, n+"/") })
	}
}

func (g *gitCall) staged(keep func(string) bool) {
	if c, err := gitrepo.NewStaged(g.repo); err == nil {
		g.search(c, keep)
	}
}

func (g *gitCall) edits(keep func(string) bool) {
	if keep == nil {
		keep = func(string) bool { return true }
	}
	for _, e := range g.repo.Edits(keep) {
		g.add(e.Old)
		g.add(e.New)
	}
}

// search takes what a source has; what cannot be read git does not print.
func (g *gitCall) search(c *gitrepo.Changes, keep func(string) bool) {
	if keep != nil {
		c.Only(keep)
	}
	c.Scan(context.Background(), 4096, func(c *leak.Chunk) error { return g.add(bytes.Clone(c.Data)) })
}

func (g *gitCall) add(text []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.left -= len(text); g.left < 0 {
		return errEnough
	}
	g.out = append(g.out, hookText{name: "git " + g.command, data: fromUTF16(text)})
	return nil
}

// patchRange is what changes lead to, and what was there before them.
func patchRange(repo *gitrepo.Repo, command string, args []string) (tips []gitrepo.Tip, known []string) {
	id := func(rev string) string {
		if at, err := repo.Resolve(rev); err == nil {
			return at.String()
		}
		return ""
	}
	tip := func(rev string) {
		if at := cmp.Or(id(rev), repo.Blob(rev)); at != "" {
			tips = append(tips, gitrepo.Tip{Name: rev, ID: at})
		}
	}
	before := func(rev string) {
		if at := id(rev); at != "" {
			known = append(known, at)
		}
	}
	var revs []string
	depth, deep := maxPatches, false
	for _, a := range args {
		if a == "--" {
			break
		}
		if everyCommit(a) {
			deep = true
		}
		if a == "--all" || a == "--branches" || a == "--remotes" {
			for _, t := range repo.Tips() {
				revs = append(revs, t.ID)
			}
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimPrefix(a, "-n"), "-")); err == nil && n > 0 {
			depth = n // the last one counts
		} else if from, to, ok := strings.Cut(a, ".."); ok {
			before(from)
			revs = append(revs, strings.TrimPrefix(to, "."))
		} else if !strings.HasPrefix(a, "-") && (id(a) != "" || repo.Blob(a) != "") {
			revs = append(revs, a)
		}
	}
	switch {
	case command == "stash":
		revs = []string{"refs/stash"}
	case (command == "show" || command == "cat-file") && len(revs) == 0 && slices.ContainsFunc(args, isFileOfCommit):
		return nil, nil // REV:PATH, which is looked at as the file that it is
	case len(revs) == 0:
		revs = []string{"HEAD"}
	case revs[0] == "":
		revs[0] = "HEAD"
	}
	switch {
	case command == "diff" && len(known) == 0 && len(revs) > 1:
		before(revs[0])
		revs = revs[1:]
	case command == "diff" && len(known) == 0:
		before(revs[0])
		revs = []string{"HEAD"}
	}
	for _, rev := range revs {
		tip(rev)
		switch {
		case command == "show" || command == "stash" || command == "cat-file":
			parents, _ := repo.Parents(id(rev))
			if command == "stash" { // the others hold what was staged, and what git did not know
				parents = parents[:min(1, len(parents))]
			}
			known = append(known, parents...)
		case command != "diff" && len(known) == 0 && !deep:
			before(rev + "~" + strconv.Itoa(depth))
		}
	}
	return tips, known
}

// everyCommit reports whether a flag of git log has it print others than the newest
// commits: those that it finds.
func everyCommit(flag string) bool {
	return slices.ContainsFunc([]string{"-S", "-G", "-L", "--reverse", "--skip", "--grep", "--author", "--since", "--until", "--after", "--before"}, func(f string) bool { return strings.HasPrefix(flag, f) })
}

func isFileOfCommit(arg string) bool {
	return !strings.HasPrefix(arg, "-") && strings.Contains(arg, ":")
}
